"""Rivals that read polarity: the lexicon, NewsMTSC, and their rows in the table."""

import json
import sys
from pathlib import Path

import msgspec
import pytest

from topic_stance.data.corpus import parse_marked
from topic_stance.data.records import DataError, LabelledArticle, TopicStanceError
from topic_stance.training import polarity
from topic_stance.training.cli import main

HEAD = """+++
id = "p1"
topics = ["fraud"]
[[actors]]
name = "Mara Quill"
type = "person"
stance = { fraud = "favor" }
[[actors]]
name = "Odo Finch"
type = "person"
stance = { fraud = "against" }
+++
"""
TEXT = (
    '<s>Mara Quill</s> <c>said</c> <q a="Mara Quill">it was a wonderful and happy success</q>. '
    '<s n="2">Odo Finch</s> <c n="2">said</c> <q n="2" a="Odo Finch">it was a terrible, evil disaster</q>.'
)


@pytest.fixture
def gold() -> list[LabelledArticle]:
    return [parse_marked(HEAD + TEXT, "p1")]


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    texts = {6.0: "a wonderful happy success", 2.0: "a terrible evil disaster", 4.0: "the table has legs"}
    rows = [
        {"sentence_normalized": text, "targets": [{"polarity": value, "from": 0, "to": 1}]}
        for value, text in texts.items()
    ]
    path = tmp_path / "sentences.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows * 3))
    return path


def test_the_lexicon(gold: list[LabelledArticle]) -> None:
    pytest.importorskip("vaderSentiment")
    assert [pair[3] for pair in polarity.lexicon_pairs(gold)] == ["favor", "against"]


def test_without_the_lexicon_a_message(gold: list[LabelledArticle], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    with pytest.raises(TopicStanceError, match="pip install vaderSentiment"):
        polarity.lexicon_pairs(gold)


def test_newsmtsc(gold: list[LabelledArticle], sentences: Path) -> None:
    pairs = polarity.newsmtsc_pairs(sentences, gold)
    assert pairs == [(0, "fraud", "favor", "favor"), (0, "fraud", "against", "against")]


def test_one_polarity_teaches_nothing(gold: list[LabelledArticle], tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"sentence_normalized": "x", "targets": [{"polarity": 4.0, "from": 0, "to": 1}]}))
    with pytest.raises(DataError, match="fewer than two"):
        polarity.newsmtsc_pairs(path, gold)


def test_rows_of_the_table(
    gold: list[LabelledArticle],
    sentences: Path,
    tiny_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(msgspec.json.encode(gold[0]))
    command = ["evaluate", "--gold", str(path), "--given", "quotes", "--model", str(tiny_folder)]
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    assert main([*command, "--newsmtsc", str(sentences)]) == 0
    shown = capsys.readouterr()
    assert "polarity learned from NewsMTSC           0.667" in shown.out
    assert "left out: the sentiment lexicon" in shown.err
    assert main([*command, "--newsmtsc", str(tmp_path / "nosuch")]) == 2
