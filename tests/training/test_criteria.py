"""Calibration, speed and behavioural rates as criteria of the gate, on made-up models."""

import random
from typing import Any

import pytest

from topic_stance.data.records import Actor, Article, LabelledActor, LabelledArticle, Prediction, Stance, TopicScore
from topic_stance.training.criteria import REPETITIONS, Rate, behaviour, calibration, speed

N = 200


def gold(seed: int = 0) -> list[LabelledArticle]:
    rng = random.Random(seed)
    return [
        LabelledArticle(
            str(k), "x", ["fraud"] * rng.choice([0, 1]), [], [LabelledActor("Ana", "person", {"fraud": "favor"})]
        )
        for k in range(N)
    ]


def predictions(articles: list[LabelledArticle], stated: float, *, stances: bool = True) -> list[Prediction]:
    """A topic is stated at the same probability everywhere; half of the articles have it."""
    return [
        Prediction(
            article.id,
            "m",
            [TopicScore("fraud", stated, stated > 0.5)],
            [],
            [Actor("Ana", "person", "", [], [Stance("fraud", "favor", 0.9)] if stances else [])],
        )
        for article in articles
    ]


class TestCalibration:
    def judged(self, before: float, after: float, **options: Any) -> dict[str, bool]:
        articles = gold()
        sides = predictions(articles, before), predictions(articles, after, **options)
        return {criterion.name: criterion.passed for criterion in calibration(articles, *sides)}

    def test_as_good(self) -> None:
        assert self.judged(0.5, 0.5) == {"calibration of topics": True, "calibration of stances": True}

    def test_better(self) -> None:
        assert self.judged(0.9, 0.5)["calibration of topics"]

    def test_worse_beyond_noise(self) -> None:
        assert not self.judged(0.5, 0.9)["calibration of topics"]

    def test_worse_within_noise(self) -> None:
        assert self.judged(0.5, 0.53)["calibration of topics"]

    def test_nothing_is_asked_of_what_was_not_stated(self) -> None:
        assert set(self.judged(0.5, 0.5, stances=False)) == {"calibration of topics"}

    def test_a_topic_of_one_side_alone_does_not_hide_the_others(self) -> None:
        articles = gold()
        before, after = predictions(articles, 0.5), predictions(articles, 0.9)
        for prediction in after:
            prediction.topics.append(TopicScore("eels", 0.1, False))
        assert not {c.name: c.passed for c in calibration(articles, before, after)}["calibration of topics"]

    def test_detail_names_both_errors(self) -> None:
        articles = [LabelledArticle(str(k), "x", ["fraud"]) for k in range(10)]
        (criterion,) = calibration(articles, predictions(articles, 0.9), predictions(articles, 0.7))
        assert criterion.detail.startswith("error 0.100 → 0.300, difference in [+0.200, +0.200]")

    def test_every_topic_counts(self) -> None:
        articles = gold()
        before, after = predictions(articles, 0.5), predictions(articles, 0.5)
        for side, stated in ((before, 0.0), (after, 0.5)):
            for prediction in side:
                prediction.topics.append(TopicScore("weather", stated, False))  # no article has it
        topics, _ = calibration(articles, before, after)
        assert not topics.passed
        assert topics.detail.startswith("error 0.0")

    def test_the_error_is_the_mean_over_topics(self) -> None:
        articles = [LabelledArticle(str(k), "x", ["fraud"]) for k in range(10)]
        found = predictions(articles, 0.9)
        for prediction in found:
            prediction.topics.append(TopicScore("weather", 0.3, False))
        (criterion,) = calibration(articles, found, found)
        assert criterion.detail.startswith("error 0.200 → 0.200")

    def test_both_sides_are_resampled_alike(self) -> None:
        articles = gold()
        found = predictions(articles, 0.5)
        for criterion in calibration(articles, found, found):
            assert criterion.detail.endswith("difference in [+0.000, +0.000]")


class Slow:
    """A model whose every prediction moves a clock."""

    def __init__(self, clock: list[float], seconds: list[float]) -> None:
        self.clock, self.seconds, self.calls = clock, seconds, 0

    def predict(self, articles: Any) -> list[Prediction]:
        self.clock[0] += self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1
        return []


class TestSpeed:
    def judged(self, first: list[float], second: list[float], slower: float = 1.2) -> Any:
        clock = [0.0]
        models: Any = Slow(clock, first), Slow(clock, second)
        criterion = speed(*models, [Article("a", "x")], slower, clock=lambda: clock[0])
        assert [model.calls for model in models] == [REPETITIONS + 1] * 2
        return criterion

    @pytest.mark.parametrize(("seconds", "passed"), [(1.0, True), (1.19, True), (1.21, False), (0.2, True)])
    def test_the_bound(self, seconds: float, passed: bool) -> None:
        assert self.judged([1.0], [seconds]).passed is passed

    def test_the_bound_itself_is_within(self) -> None:
        assert self.judged([2.0], [3.0], slower=1.5).passed
        assert not self.judged([2.0], [3.0], slower=1.499).passed

    def test_the_first_turn_does_not_count(self) -> None:
        # Seven of eight turns count: with the first, the median of the second model would lie above the bound.
        assert self.judged([1.0], [9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0]).passed

    def test_one_hiccup_and_compiling_do_not_count(self) -> None:
        assert self.judged([1.0], [50.0, 1.0, 9.0, 1.0]).passed

    def test_a_clock_that_is_too_coarse(self) -> None:
        assert self.judged([0.0], [0.0]).passed

    def test_they_take_turns(self) -> None:
        order: list[str] = []

        class Noted:
            def __init__(self, name: str) -> None:
                self.name = name

            def predict(self, articles: Any) -> None:
                order.append(self.name)

        models: Any = Noted("a"), Noted("b")
        speed(*models, [], 1.2)
        assert "".join(order[:8]) == "baabbaab"

    def test_a_hundred_articles_are_enough(self) -> None:
        seen: set[int] = set()

        class Counting:
            def predict(self, articles: Any) -> None:
                seen.add(len(articles))

        model: Any = Counting()
        speed(model, model, [Article("a", "x")] * 101, 1.2)
        assert seen == {100}

    def test_detail(self) -> None:
        assert self.judged([1.0], [1.5]).detail.startswith("1.50 times the champion's time, at most 1.20")


def test_behaviour_is_a_criterion_for_every_rate() -> None:
    def check(pipeline: Any) -> list[Rate]:
        return [Rate("names swapped", 0.97, 0.95, 40), Rate("negation", 0.5, 0.8, 10)]

    pipeline: Any = None
    found = behaviour(pipeline, [check])
    assert [(criterion.name, criterion.passed) for criterion in found] == [("names swapped", True), ("negation", False)]
    assert str(found[1]) == "FAILED  negation: right in 0.500 of 10 cases, at least 0.800"


def test_the_least_rate_itself_will_do() -> None:
    pipeline: Any = None
    assert behaviour(pipeline, [lambda _: [Rate("a", 0.9, 0.9, 10)]])[0].passed


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_without_a_case_nothing_is_right(value: float) -> None:
    pipeline: Any = None
    (found,) = behaviour(pipeline, [lambda _: [Rate("a", value, 0.0, 0)]])
    assert str(found) == "FAILED  a: nothing to try"
