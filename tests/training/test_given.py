"""Stance alone: the pairs that are judged, the rivals, and the command."""

import json
from pathlib import Path

import msgspec
import pytest

from topic_stance.classifier import Pipeline
from topic_stance.data.records import STANCES, LabelledArticle
from topic_stance.training import given
from topic_stance.training.cli import main


def test_every_labelled_pair_is_judged(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    some = authored[:12]
    pairs = given.stance_given_quotes(shipped, some)
    wanted = [
        (k, topic, label) for k, a in enumerate(some) for x in a.actors or () for topic, label in x.stance.items()
    ]
    assert sorted(pair[:3] for pair in pairs) == sorted(wanted)
    assert {pair[3] for pair in pairs} <= set(STANCES)


def test_two_actors_of_one_name(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    article = authored[0]
    first = (article.actors or [])[0]
    again = msgspec.structs.replace(first, stance={"eels": "favor"})
    twice = msgspec.structs.replace(article, actors=[again, first])
    topics = [pair[1] for pair in given.stance_given_quotes(shipped, [twice])]
    assert topics == ["eels", *first.stance]


def test_the_shipped_model_beats_a_constant(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    pairs = given.stance_given_quotes(shipped, authored[:40])
    rivals = given.rivals(authored[40:80], authored[:40])
    assert given.macro_f1(pairs) > given.macro_f1(rivals["always neutral"])
    assert set(rivals) == {"always neutral", "majority per topic", "TF-IDF of the quotes", "TF-IDF of the article"}
    assert all(len(found) == len(pairs) for found in rivals.values())


def test_macro_f1_and_interval() -> None:
    right = [(k, "fraud", label, label) for k, label in enumerate(STANCES)]
    assert given.macro_f1(right) == 1.0
    low, high = given.pairs_interval(right * 20)
    assert 0 <= low <= high <= 1.0


def test_the_command(tmp_path: Path, authored: list[LabelledArticle], capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_bytes(b"".join(msgspec.json.encode(article) + b"\n" for article in authored[:6]))
    assert main(["evaluate", "--gold", str(gold), "--given", "quotes"]) == 0
    assert "stance head" in capsys.readouterr().out


def test_articles_without_stances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "topics.jsonl"
    gold.write_bytes(msgspec.json.encode(LabelledArticle("a", "Eels are late at the quay.", ["fraud"])))
    assert main(["evaluate", "--gold", str(gold), "--given", "quotes"]) == 2
    assert "none of the articles has an actor with a stance" in capsys.readouterr().err


def test_explain_writes_text_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump, page = tmp_path / "dump.jsonl", tmp_path / "page.html"
    text = "Prosecutor Mara Quill said the fraud at the port <b>must</b> be punished. Police arrested two officials."
    dump.write_text(json.dumps({"id": "a", "title": "Fraud at the port", "text": text}) + "\nnot a record\n")
    assert main(["explain", str(dump)]) == 1, "a record was rejected"
    assert "Mara Quill" in capsys.readouterr().out
    assert main(["explain", str(dump), "--html", str(page)]) == 1
    written = page.read_text()
    assert "&lt;b&gt;" in written
    assert "<b>" not in written
