"""Figures: the same numbers and intervals as the stand-alone scorer, where that is at hand."""

import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topic_stance.classifier import Pipeline
from topic_stance.data.records import (
    STANCES,
    Actor,
    LabelledActor,
    LabelledArticle,
    LabelledQuote,
    Prediction,
    Quote,
    Stance,
    TopicScore,
)
from topic_stance.training.diagnostics import Certainty
from topic_stance.training.evaluate import HEADLINES, evaluate, match_quotes, prf, score
from topic_stance.training.gate import difference
from topic_stance.training.matching import normal_name, same_actor

TOPICS = ("fraud", "law_enforcement", "regional_relations")
NAMES = (
    "Mara Quill", "Quill", "Ms. Mara Quill", "Odo Finch", "Odo Wren", "The Port Authority", "Port Authority of Orrin",
    "Norway", "Norway’s government", "Sofía Peña", "Sofia Pena", "渔业局", "prosecutors", "the", "",
)  # fmt: skip


def span(rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(300)
    return start, start + rng.randrange(1, 60)


def gold_article(rng: random.Random, number: int) -> LabelledArticle:
    topics = [topic for topic in TOPICS if rng.random() < 0.5]
    if rng.random() < 0.15:
        return LabelledArticle(f"g{number}", "x" * 400, topics)
    names = rng.sample([name for name in NAMES if name not in ("", "the")], rng.randrange(1, 4))
    actors = [
        LabelledActor(
            name,
            rng.choice(["person", "organization", "state"]),
            {topic: rng.choice(STANCES) for topic in topics},
            rng.sample(NAMES, rng.randrange(2)),
        )
        for name in names
    ]
    quotes = [
        LabelledQuote(
            [span(rng) for _ in range(rng.randrange(1, 3))],
            span(rng) if rng.random() < 0.8 else None,
            span(rng) if rng.random() < 0.8 else None,
            "direct",
            rng.choice(names),
        )
        for _ in range(rng.randrange(5))
    ]
    return LabelledArticle(f"g{number}", "x" * 400, topics, quotes, actors)


def predicted(rng: random.Random, gold: LabelledArticle) -> Prediction:
    """Something near to the labels: spans moved, names and labels drawn anew at times."""
    scores = []
    for topic in TOPICS:
        assigned = (topic in gold.topics) != (rng.random() < 0.25)
        scores.append(TopicScore(topic, 0.9 if assigned else 0.1, assigned))
    names = [rng.choice(NAMES) if rng.random() < 0.3 else actor.name for actor in gold.actors or ()]
    actors = [
        Actor(name, "person", "", [], [Stance(s.label, rng.choice(STANCES), 0.5) for s in scores if s.assigned])
        for name in names
    ]
    quotes = []
    for quote in gold.quotes or ():
        if rng.random() < 0.8:
            quotes.append(
                Quote(
                    [(a + rng.randrange(4), b + rng.randrange(5, 9)) for a, b in quote.content],
                    None,
                    quote.source if rng.random() < 0.6 else span(rng),
                    "direct",
                    rng.randrange(len(actors)) if actors and rng.random() < 0.9 else None,
                )
            )
    if rng.random() < 0.3:
        quotes.append(Quote([span(rng)], None, None, "indirect", None))
    return Prediction(gold.id, "m", scores, quotes, actors)


def drawn(seed: int, n: int = 25) -> tuple[list[LabelledArticle], list[Prediction]]:
    rng = random.Random(seed)
    gold = [gold_article(rng, k) for k in range(n)]
    return gold, [predicted(rng, article) for article in gold]


@pytest.fixture
def scorer(root: Path) -> Path:
    path = root / ".." / "shared" / "score.py"
    if not path.is_file():
        pytest.skip("the stand-alone scorer (../shared/score.py) is not there to compare with")
    return path


def run(scorer: Path, folder: Path, gold: list[LabelledArticle], given_: list[Prediction], *flags: str) -> str:
    for name, rows in (("gold", gold), ("pred", given_)):
        (folder / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    command = [sys.executable, str(scorer), str(folder / "gold.jsonl"), str(folder / "pred.jsonl"), *flags]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_figures_are_those_of_the_scorer(scorer: Path, tmp_path: Path, seed: int) -> None:
    gold, given_ = drawn(seed)
    expected = json.loads(run(scorer, tmp_path, gold, given_, "--json"))
    own = score(gold, given_).figures
    assert list(own) == list(expected)
    for name, value in expected.items():
        assert own[name] == pytest.approx(tuple(value) if isinstance(value, list) else value, abs=1e-12), name


@pytest.mark.parametrize("seed", [3, 4])
def test_intervals_are_those_of_the_scorer(scorer: Path, tmp_path: Path, seed: int) -> None:
    gold, given_ = drawn(seed)
    expected = run(scorer, tmp_path, gold, given_).splitlines()
    own = score(gold, given_).table().splitlines()
    assert own[0] == f"{len(gold)} gold articles"
    assert own[1:] == expected[1:]
    assert any("[" in line for line in own)


def test_only_topics_are_scored_where_only_topics_were_labelled(scorer: Path, tmp_path: Path) -> None:
    gold, given_ = drawn(5)
    bare = [LabelledArticle(article.id, article.text, article.topics) for article in gold]
    expected = json.loads(run(scorer, tmp_path, bare, given_, "--json"))
    own = score(bare, given_).figures
    assert list(own) == list(expected)
    assert not any(name.startswith(("quote", "content", "stance")) for name in own)


def test_perfect_predictions_score_one() -> None:
    gold = [article for article in drawn(6, 40)[0] if not any(a.name == "渔业局" for a in article.actors or ())]
    perfect = []
    for article in gold:
        names = [actor.name for actor in article.actors or ()]
        perfect.append(
            Prediction(
                article.id,
                "m",
                [TopicScore(topic, 1.0, True) for topic in article.topics],
                [
                    Quote(list(q.content), q.cue, q.source, q.kind, names.index(q.actor))
                    for q in article.quotes or ()
                ],
                [
                    Actor(a.name, a.type, "", [], [Stance(t, label, 1.0) for t, label in a.stance.items()])
                    for a in article.actors or ()
                ],
            )
        )  # fmt: skip
    result = score(gold, perfect)
    for name in ("topic macro-F1", "topic micro-F1", "content F1", "quote F1", "source accuracy", "actor accuracy"):
        assert result.figures[name] == 1.0, name
        assert result.intervals[name] == (1.0, 1.0), name


def test_figures_worked_out_by_hand() -> None:
    gold = LabelledArticle(
        "a",
        "x" * 100,
        ["fraud"],
        [
            LabelledQuote([(0, 10)], None, (12, 20), "direct", "Ana Li"),
            LabelledQuote([(30, 40)], None, (42, 50), "direct", "Bo Li"),
            LabelledQuote([(60, 80)], None, None, "direct", "Harbour Board"),
        ],
        [
            LabelledActor("Ana Li", "person", {"fraud": "favor"}),
            LabelledActor("Bo Li", "person", {"fraud": "against"}),
            LabelledActor("Harbour Board", "organization", {"fraud": "neutral"}),
        ],
    )
    prediction = Prediction(
        "a",
        "m",
        [TopicScore("fraud", 0.9, True), TopicScore("eels", 0.8, True), TopicScore("law", 0.1, False)],
        [
            Quote([(0, 10)], None, (20, 25), "direct", 0),  # the source only touches the labelled one
            Quote([(30, 35)], None, (40, 43), "direct", 1),  # just half of the content
            Quote([(90, 95)], None, None, "direct", None),
        ],
        [  # "Li" is one of the two persons, not both
            Actor("Li", "person", "", [], [Stance("fraud", "favor", 0.9)]),
            Actor("Harbour Board", "organization", "", [], [Stance("fraud", "favor", 0.9)]),
        ],
    )
    third = 1 / 3
    assert score([gold], [prediction]).figures == {
        "topic eels P/R/F1": (0.0, 0.0, 0.0),
        "topic fraud P/R/F1": (1.0, 1.0, 1.0),
        "topic micro-F1": pytest.approx(2 * third),
        "topic macro-F1": 0.5,
        "content P/R/F1": (0.75, 0.375, 0.5),
        "content F1": 0.5,
        "quote P/R/F1": pytest.approx((2 * third, 2 * third, 2 * third)),
        "quote F1": pytest.approx(2 * third),
        "source accuracy": 0.5,
        "actor accuracy": pytest.approx(third),
        "stance favor P/R/F1": pytest.approx((0.5, 1.0, 2 * third)),
        "stance against P/R/F1": (0.0, 0.0, 0.0),
        "stance neutral P/R/F1": (0.0, 0.0, 0.0),
        "stance macro-F1": pytest.approx(2 * third / 3),
        "stance accuracy": pytest.approx(third),
        "stance pairs missing": pytest.approx(third),
    }


def test_quotes_are_matched_from_the_largest_overlap_down() -> None:
    """The third prediction shares more with the quote than the second, which comes first and would do as well."""
    wanted = [LabelledQuote([(0, 20)], None, None, "direct", "Ana Li")]
    gold = LabelledArticle("a", "x" * 60, [], wanted, [LabelledActor("Ana Li", "person", {})])
    given_ = [Quote([span], None, None, "direct", None) for span in ((50, 60), (0, 15), (0, 19))]
    assert match_quotes(gold, Prediction("a", "m", [], given_, [])) == {0: 2}
    assert match_quotes(gold, Prediction("a", "m", [], given_[:2], [])) == {0: 1}


def test_the_interval_leaves_a_fortieth_at_either_end() -> None:
    result = score(*drawn(7))
    for name in ("content F1", "stance macro-F1"):
        ranked = np.sort(result.resampled[name])
        assert result.intervals[name] == (ranked[5], ranked[194])


def test_every_headline_has_an_interval_around_it() -> None:
    result = score(*drawn(7))
    scalars = result.scalars()
    for name in HEADLINES:
        low, high = result.intervals[name]
        assert 0 <= low <= scalars[name] <= high <= 1
        assert len(result.resampled[name]) == 200
    assert score(*drawn(7)).intervals == result.intervals


def test_the_interval_of_a_rare_topic_is_of_the_resamples_that_have_it() -> None:
    gold = [LabelledArticle(str(k), "x", ["fraud"] if k == 0 else ["eels"]) for k in range(20)]
    right = [Prediction(g.id, "m", [TopicScore(t, 1.0, True) for t in g.topics], [], []) for g in gold]
    result = score(gold, right)
    assert result.intervals["topic fraud P/R/F1"] == (1.0, 1.0)
    assert 0 < np.isnan(result.resampled["topic fraud P/R/F1"]).sum() < 200
    assert difference(result, result, "topic fraud P/R/F1").high == 0


def test_the_interval_of_a_headline_is_of_the_resamples_that_have_an_article_in_full() -> None:
    quotes, actors = [LabelledQuote([(0, 9)], None, None, "direct", "Ana Li")], [LabelledActor("Ana Li", "person", {})]
    gold = [LabelledArticle("0", "x" * 20, ["eels"], quotes, actors)]
    gold += [LabelledArticle(str(k), "x" * 20, ["eels"]) for k in range(1, 20)]
    found = [Quote([(0, 9)], None, None, "direct", 0)], [Actor("Ana Li", "person", "", [], [])]
    result = score(gold, [Prediction(article.id, "m", [TopicScore("eels", 1.0, True)], *found) for article in gold])
    for name in ("content F1", "quote F1", "actor accuracy"):
        assert result.figures[name] == 1.0
        assert result.intervals[name] == (1.0, 1.0), name
    assert 0 < np.isnan(result.resampled["content F1"]).sum() < 200


def test_predictions_and_labels_must_be_as_many() -> None:
    gold, given_ = drawn(8)
    with pytest.raises(ValueError, match="shorter"):
        score(gold, given_[:-1])


def test_a_pipeline_is_evaluated_on_texts_alone(tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    gold = authored[:12]
    result = evaluate(tiny, gold)
    assert result.n_articles == 12
    assert result.figures == score(gold, tiny.predict(article.article() for article in gold)).figures


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((0, 3, 0), (0, 0, 0)),
        ((0, 0, 3), (0, 0, 0)),
        ((2, 0, 0), (1, 1, 1)),
        ((1, 1, 0), (0.5, 1, 2 / 3)),
        ((3, 1, 2), (0.75, 0.6, 2 / 3)),
    ],
)
def test_prf(counts: tuple[int, int, int], expected: tuple[float, float, float]) -> None:
    assert prf(*counts) == pytest.approx(expected)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_f1_lies_between_precision_and_recall(tp: int, fp: int, fn: int) -> None:
    precision, recall, f1 = prf(tp, fp, fn)
    assert min(precision, recall) - 1e-12 <= f1 <= max(precision, recall) + 1e-12


def test_calibration_error() -> None:
    half = np.full(10, 0.5)
    truth = np.arange(10) % 2 == 0
    assert Certainty(half, truth).error() == pytest.approx(0)
    assert Certainty(half, np.ones(10, bool)).error() == pytest.approx(0.5)
    assert Certainty(np.array([0.0, 1.0]), np.array([False, True])).error() == pytest.approx(0)
    assert Certainty(np.array([0.0, 1.0]), np.array([True, False])).error() == pytest.approx(1)
    assert Certainty.of([]).error() == 0
    # a third of the articles is wrong by 0.9, the others by 0.2
    assert Certainty(np.array([0.9, 0.2, 0.2]), np.zeros(3, bool)).error() == pytest.approx((0.9 + 0.4) / 3)


@pytest.mark.parametrize(
    ("name", "found", "same"),
    [
        ("Mara Quill", "Mara Quill", True),
        ("Mara Quill", "Inspector Mara Quill", True),
        ("Mara Quill", "Ms. Quill", True),
        ("Mara Quill", "QUILL", True),
        ("Mara Quill", "Quill's", True),
        ("Mara Quill", "Odo Quill", False),
        ("Mara Quill", "Mara", False),
        ("Mara Quill", "the harbour witch", True),
        ("Mara Quill", "", False),
        ("Mara Quill", "The", False),
        ("Sofía Peña", "Sofia Pena", True),
        ("President Odo Finch", "Odo Finch", True),
        ("渔业局", "渔业局", False),  # no Latin letter is left to compare
    ],
)
def test_same_actor(name: str, found: str, same: bool) -> None:
    assert same_actor(LabelledActor(name, "person", {}, ["harbour witch"]), found) is same


def test_a_last_name_is_enough_for_persons_only() -> None:
    assert not same_actor(LabelledActor("Orrin Port Authority", "organization", {}), "Authority")
    assert same_actor(LabelledActor("Orrin Port Authority", "organization", {}), "the Port Authority")


def test_three_words_of_five_are_most() -> None:
    port = LabelledActor("Orrin Port Police Union", "organization", {})
    assert same_actor(port, "Port Police Union Bay")
    assert not same_actor(port, "Port Police Union Bay Office")


@given(st.sampled_from(NAMES), st.sampled_from(["", "the ", "The ", "Mr. ", "President ", "Sen "]))
def test_leading_titles_do_not_count(name: str, title: str) -> None:
    if normal_name(name):
        assert normal_name(title + name) == normal_name(name)


def test_normal_names_are_fixed_points() -> None:
    for first, second in itertools.product(NAMES, repeat=2):
        once = normal_name(f"{first} {second}")
        assert normal_name(once) == once
