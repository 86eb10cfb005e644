"""Topics alone: the same as those of the whole pipeline, of any article and beside any others."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS

from topic_stance.classifier import Pipeline
from topic_stance.classifier.batch import predict_dump
from topic_stance.data.records import Article, LabelledArticle, Prediction
from topic_stance.training.cli import main
from topic_stance.training.fit import Corpus


def assert_same_topics(pipeline: Pipeline, articles: list[Article]) -> None:
    found = pipeline.predict_topics(articles)
    assert [(p.id, p.model, p.topics) for p in found] == [(p.id, p.model, p.topics) for p in pipeline.predict(articles)]
    assert not any(p.quotes or p.actors for p in found)


def test_authored_articles(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    articles = [labelled.article() for labelled in authored[:60]]
    assert any(topic.assigned for p in shipped.predict_topics(articles) for topic in p.topics)
    assert_same_topics(shipped, articles)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SCRAPS, SCRAPS), max_size=6))
def test_any_articles(tiny: Pipeline, texts: list[tuple[str, str]]) -> None:
    assert_same_topics(tiny, [Article(str(k), text, title) for k, (title, text) in enumerate(texts)])


def test_a_lead_that_ends_within_the_title_or_a_line(tiny: Pipeline) -> None:
    title = "Police seize the port and arrest two men for fraud. " * 6
    lines = ["The ministers met in Paris on Monday and signed the treaty with the neighbours."] * 3
    texts = ["", "\n".join(lines), "\n".join(["Photo: x", *lines, "Advertisement"] * 3), "İlker said so.\n" + lines[0]]
    assert_same_topics(tiny, [Article("a", text, head) for text in texts for head in ("", title, title * 3, "İ")])


@pytest.mark.parametrize("processes", [1, 2])
def test_a_dump(tiny: Pipeline, tiny_folder: Path, tiny_corpus: Corpus, tmp_path: Path, processes: int) -> None:
    articles = [labelled.article() for labelled in tiny_corpus.full]
    (tmp_path / "dump.jsonl").write_bytes(b"".join(msgspec.json.encode(a) + b"\n" for a in articles))
    output = tmp_path / "out.jsonl"
    options = {"only": "topics", "processes": processes, "chunk_size": 5}
    assert predict_dump(tiny_folder, [tmp_path / "dump.jsonl"], output, **options).predicted == len(articles)
    lines = [msgspec.json.decode(line, type=Prediction) for line in output.open("rb")]
    assert lines == tiny.predict_topics(articles)


def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text('"The port stays shut," said Ana Iglesias. Police arrested nine men.')
    assert main(["predict", str(tmp_path / "a.txt"), "--quiet"]) == 0
    assert main(["predict", str(tmp_path / "a.txt"), "--quiet", "--only", "topics"]) == 0
    whole, only = (msgspec.json.decode(line, type=Prediction) for line in capfd.readouterr().out.splitlines())
    assert whole.quotes
    assert only == Prediction(whole.id, whole.model, whole.topics, [], [])
