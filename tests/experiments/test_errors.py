"""The table of errors by kind: each labelled quote is counted once, each false one too."""

from experiments.benchmarks.errors import count, source_kind, table
from topic_stance.classifier import Pipeline
from topic_stance.data.records import Actor, LabelledArticle, Prediction, Quote


def test_each_quote_is_counted_once(authored: list[LabelledArticle], shipped: Pipeline) -> None:
    article = authored[0]
    counts = count(article, shipped.predict_one(article.article()))
    kinds = ("direct", "indirect", "mixed")
    assert sum(counts[kind, "labelled"] for kind in kinds) == len(article.quotes or ())
    for kind in kinds:
        assert counts[kind, "labelled"] == sum(counts[kind, part] for part in ("found", "missed", "bounds"))
    assert table(counts).count("\n") == 8


def test_what_was_labelled_is_all_found(authored: list[LabelledArticle]) -> None:
    article = authored[1]
    names = [actor.name for actor in article.actors or ()]
    quotes = [Quote(q.content, q.cue, q.source, q.kind, names.index(q.actor)) for q in article.quotes or ()]
    actors = [Actor(name, "person", "", [], []) for name in names]
    extra = Quote([(0, 1)], None, None, "direct", None)
    counts = count(article, Prediction(article.id, "", [], [*quotes, extra], actors))
    assert sum(counts[kind, "found"] for kind in ("direct", "indirect", "mixed")) == len(quotes)
    assert counts["direct", "false"] == 1
    for kind in {source_kind(article, quote) for quote in article.quotes or ()}:
        assert counts[kind, "source"] == counts[kind, "actor"] == counts[kind, "found"]
