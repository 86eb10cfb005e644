"""Figures by slice, on made-up articles of which every figure is known."""

from topic_stance.data.records import Actor, LabelledActor, LabelledArticle, LabelledQuote, Prediction, Quote, Stance
from topic_stance.data.records import TopicScore as Score
from topic_stance.training.slices import MOST, Slice, slices


def article(id: str, *, region: str = "", source: str = "", topics: tuple[str, ...] = ("fraud",)) -> LabelledArticle:
    """Ana is quoted directly, a ministry indirectly."""
    return LabelledArticle(
        id,
        "x" * 40,
        list(topics),
        [
            LabelledQuote([(0, 10)], None, (10, 13), "direct", "Ana"),
            LabelledQuote([(20, 30)], None, (30, 33), "indirect", "Ministry"),
        ],
        [
            LabelledActor("Ana", "person", {"fraud": "favor"}),
            LabelledActor("Ministry", "organization", {"fraud": "against"}),
        ],
        region=region,
        source=source,
    )


def prediction(id: str, *, topics: tuple[str, ...] = ("fraud",)) -> Prediction:
    """The direct quote is found, its actor and stance are right; the other is missed."""
    return Prediction(
        id,
        "m",
        [Score(topic, 0.9, True) for topic in topics],
        [Quote([(0, 10)], None, (10, 13), "direct", 0)],
        [Actor("Ana", "person", "", [], [Stance("fraud", "favor", 0.8)])],
    )


def found(gold: list[LabelledArticle], by: str) -> dict[str, Slice]:
    return {part.name: part for part in slices(gold, [prediction(a.id) for a in gold]) if part.by == by}


def test_by_quote_kind() -> None:
    kinds = found([article("a"), article("b")], "quote kind")
    assert {name: part.n for name, part in kinds.items()} == {"direct": 2, "indirect": 2}
    assert kinds["direct"].figures == {"quotes found": 1.0, "source accuracy": 1.0, "actor accuracy": 1.0}
    assert kinds["indirect"].figures == {"quotes found": 0.0, "source accuracy": 0.0, "actor accuracy": 0.0}


def test_no_accuracy_of_sources_where_no_source_is_labelled() -> None:
    bare = article("a")
    for quote in bare.quotes or ():
        quote.source = None
    assert found([bare], "quote kind")["direct"].figures == {"quotes found": 1.0, "actor accuracy": 1.0}


def test_by_actor_type() -> None:
    types = found([article("a")], "actor type")
    assert types["person"].figures == {"quotes found": 1.0, "actor accuracy": 1.0, "stance accuracy": 1.0}
    assert types["organization"].figures == {"quotes found": 0.0, "actor accuracy": 0.0, "stance accuracy": 0.0}
    assert set(types) == {"person", "organization"}


def test_by_topic_region_and_outlet() -> None:
    gold = [article("a", region="Asia", source="One"), article("b", region="Asia", topics=()), article("c")]
    assert {name: part.n for name, part in found(gold, "region").items()} == {"Asia": 2, "unknown": 1}
    assert {name: part.n for name, part in found(gold, "outlet").items()} == {"unknown": 2, "One": 1}
    topics = found(gold, "topic")
    assert topics["fraud"].figures["topic micro-F1"] == 1.0
    # Nothing can be found where there is nothing.
    assert "topic micro-F1" not in topics["none"].figures


def test_only_topics_are_labelled() -> None:
    (part,) = found([LabelledArticle("a", "x", ["fraud"])], "topic").values()
    assert part.figures == {"topic micro-F1": 1.0}


def test_the_largest_are_shown() -> None:
    gold = [article(str(k), region=f"r{min(k, 30)}") for k in range(40)]
    regions = found(gold, "region")
    assert len(regions) == MOST
    assert next(iter(regions)) == "r30"
