"""The speed benchmarks: both sides of a comparison do the same."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.benchmarks.peers import OurTopics, SklearnTopics
from experiments.benchmarks.profile import pipeline_profile
from experiments.benchmarks.scaling import watched, write_dump
from experiments.benchmarks.speed import steps
from experiments.benchmarks.throughput import medians
from topic_stance.classifier import Pipeline
from topic_stance.data.records import Article, LabelledArticle


@pytest.fixture(scope="module")
def articles(authored: list[LabelledArticle]) -> list[Article]:
    return [labelled.article() for labelled in authored[:30]]


@pytest.fixture(scope="module")
def peer(articles: list[Article]) -> SklearnTopics:
    return SklearnTopics([article.text for article in articles], 2_000)


def test_the_same_scores(articles: list[Article], peer: SklearnTopics) -> None:
    texts = [article.text for article in articles]
    assert len(peer.terms) == 2_000
    scores = peer.scores(texts)
    assert scores.shape == (30, 3)
    np.testing.assert_allclose(OurTopics(peer).scores(texts), scores, rtol=0, atol=1e-6)


def test_the_same_files(articles: list[Article], peer: SklearnTopics, tmp_path: Path) -> None:
    write_dump(articles, 50, tmp_path / "dump.jsonl")
    peer.file(tmp_path / "dump.jsonl", tmp_path / "peer.jsonl")
    OurTopics(peer).file(tmp_path / "dump.jsonl", tmp_path / "ours.jsonl")
    theirs, ours = ([json.loads(line) for line in (tmp_path / f"{name}.jsonl").open()] for name in ("peer", "ours"))
    assert [row["id"] for row in ours] == [row["id"] for row in theirs] == [str(k) for k in range(50)]
    for one, other in zip(ours, theirs, strict=True):
        for topic, wanted in zip(one["topics"], other["topics"], strict=True):
            assert topic["label"] == wanted["label"]
            assert topic["probability"] == pytest.approx(wanted["probability"], abs=1e-6)


def test_memory_is_that_of_all_processes() -> None:
    child = "x = bytearray(60_000_000); import time; time.sleep(1)"
    parent = f"import subprocess, sys; x = bytearray(60_000_000); subprocess.run([sys.executable, '-c', {child!r}])"
    _, megabytes = watched([sys.executable, "-c", parent])
    assert megabytes > 120


def test_runs_take_turns() -> None:
    seen: list[str] = []
    found = medians({name: lambda name=name: seen.append(name) for name in "ab"}, 2)
    assert seen == ["a", "b"] * 3
    assert set(found) == {"a", "b"}


def test_the_steps_make_what_the_pipeline_makes(articles: list[Article], shipped: Pipeline) -> None:
    found = {name: run() for name, run in steps(shipped, articles).items()}
    wanted = [shipped.analyse(article) for article in articles]
    assert any(len(analysis.quotes.kind) for analysis in wanted)
    rows = zip(wanted, found["quotes"], found["names, entities and speakers"], strict=True)
    for analysis, (tokens, quotes, where), actors in rows:
        np.testing.assert_array_equal(tokens.start, analysis.tokens.start)
        np.testing.assert_array_equal(where.tag, analysis.where.tag)
        for part, same in zip(quotes, analysis.quotes, strict=True):
            np.testing.assert_array_equal(part, same)
        assert actors.entities == analysis.actors.entities
        np.testing.assert_array_equal(actors.speakers, analysis.actors.speakers)


def test_the_shares_of_the_steps_make_the_whole(articles: list[Article], shipped: Pipeline) -> None:
    title, whole, *rows = pipeline_profile(articles, shipped).splitlines()
    assert title == "Whole pipeline, 30 articles"
    assert whole.endswith("100%")
    assert sum(int(row.split()[-1].rstrip("%")) for row in rows) == pytest.approx(100, abs=len(rows))
