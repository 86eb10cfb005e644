"""The worst errors of made-up predictions, and the terms of a fitted model."""

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import Actor, LabelledActor, LabelledArticle, Prediction, Stance, TopicScore
from topic_stance.training.errors import MOST_ERRORS, MOST_TERMS, top_terms, worst_errors


def test_the_surest_comes_first_and_what_is_right_is_left_out() -> None:
    gold = [
        LabelledArticle(
            "a", "x", ["fraud"], [], [LabelledActor("Ana Iglesias", "person", {"fraud": "favor"})], title="A"
        ),
        LabelledArticle("b", "Police said\nso.", []),
    ]
    predictions = [
        Prediction(
            "a",
            "m",
            [TopicScore("fraud", 0.2, False), TopicScore("crime", 0.1, False)],
            [],
            [Actor("Ana Iglesias", "person", "", [], [Stance("fraud", "against", 0.6)])],
        ),
        Prediction("b", "m", [TopicScore("fraud", 0.9, True), TopicScore("crime", 0.4, False)], [], []),
    ]
    found = [(e.article, e.what, e.labelled, e.predicted, e.probability) for e in worst_errors(gold, predictions)]
    assert found == [
        ("b", "topic fraud", "no", "yes", 0.9),
        ("a", "topic fraud", "yes", "no", 0.8),
        ("a", "stance towards fraud of Ana Iglesias", "favor", "against", 0.6),
    ]
    assert [error.title for error in worst_errors(gold, predictions)] == ["Police said so.", "A", "A"]


def test_there_is_an_end() -> None:
    gold = [LabelledArticle(str(k), "x", []) for k in range(99)]
    predictions = [Prediction(str(k), "m", [TopicScore("fraud", 0.9, True)], [], []) for k in range(99)]
    assert len(worst_errors(gold, predictions)) == MOST_ERRORS


def test_top_terms(tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    terms = top_terms(tiny, authored[:3])
    fraud = [term.weight for term in terms if term.label == "topic fraud"]
    assert len(fraud) == 2 * MOST_TERMS
    assert fraud == sorted(fraud, reverse=True)
    assert fraud[0] > 0 > fraud[-1]
    stances = [term for term in terms if term.label.startswith("stance ")]
    assert stances
    assert all(term.weight > 0 for term in stances)
