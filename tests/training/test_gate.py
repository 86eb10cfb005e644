"""The gate: its rule on made-up evaluations, what it says, and what two models are compared by."""

from typing import Any

import numpy as np
import pytest

from topic_stance.data.records import (
    Actor,
    LabelledArticle,
    Prediction,
    Quote,
    Stance,
    StanceLabel,
    TopicScore,
    TopicStanceError,
)
from topic_stance.training.evaluate import Evaluation
from topic_stance.training.gate import Comparison, Criterion, Decision, Difference, compare, difference, judge


class TestRule:
    @staticmethod
    def evaluation(**figures: tuple[float, float]) -> Evaluation:
        """By name, a figure and the spread of its resamples."""
        spread = np.linspace(-1, 1, 200)
        values = {name: np.full(200, value) + width * spread for name, (value, width) in figures.items()}
        return Evaluation(10, {name: value for name, (value, _) in figures.items()}, {}, values, [])

    def judged(self, champion: Evaluation, candidate: Evaluation) -> dict[str, bool]:
        return {c.name: c.passed for c in judge(champion, candidate, ["a", "b"])}

    def test_better_on_one(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.6, 0.0), b=(0.5, 0.0)))
        assert found == {"a": True, "b": True, "better": True}

    def test_the_same(self) -> None:
        same = self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0))
        assert self.judged(same, same) == {"a": True, "b": True, "better": False}

    def test_worse_beyond_noise_on_one(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.9, 0.0), b=(0.45, 0.01)))
        assert found == {"a": True, "b": False, "better": True}

    def test_worse_within_noise_on_one(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.6, 0.0), b=(0.45, 0.1)))
        assert found == {"a": True, "b": True, "better": True}

    def test_loses_more_than_it_gains(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.51, 0.0), b=(0.45, 0.1)))
        assert found == {"a": True, "b": True, "better": False}

    def test_on_how_many_it_is_higher_is_told(self) -> None:
        first, second = self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.6, 0.0), b=(0.5, 0.0))
        assert judge(first, second, ["a", "b"])[-1].detail == "higher on 1 of 2 metrics, +0.0500 in the mean"

    def test_the_interval_leaves_a_fortieth_at_either_end(self) -> None:
        found = difference(self.evaluation(a=(0.0, 0.0)), self.evaluation(a=(0.0, 1.0)), "a")
        ranked = np.linspace(-1, 1, 200)
        assert (found.low, found.high) == (ranked[5], ranked[194])

    def test_a_metric_that_is_not_there(self) -> None:
        one = self.evaluation(a=(0.5, 0.0))
        with pytest.raises(TopicStanceError, match="'b' cannot be measured"):
            self.judged(one, one)


class TestDecision:
    @pytest.mark.parametrize(
        ("passed", "over", "why"),
        [
            ([True], None, "there was no champion"),
            ([True, False], None, "refused: b"),
            ([True], "3", "better than version 3 on x"),
            ([True, False], "3", "refused against version 3 on x: b"),
        ],
    )
    def test_why(self, passed: list[bool], over: str | None, why: str) -> None:
        criteria = [Criterion(name, good, "") for name, good in zip("ab", passed, strict=False)]
        assert Decision(criteria, over, "on x").why == why


class TestComparison:
    def test_a_loss_and_a_gain_beyond_noise_have_a_star(self) -> None:
        rows = [Difference("a", 0.5, 0.4, low, high) for low, high in ((-0.2, -0.1), (-0.2, 0.1), (0.1, 0.2))]
        assert [row.endswith("*") for row in Comparison(3, rows, {}).table().splitlines()[1:4]] == [True, False, True]

    def test_of_many_changed_articles_some_are_shown(self) -> None:
        rows = Comparison(3, [], {id: ["topics"] for id in "abc"}).table(most=2).splitlines()
        assert rows[1:] == ["3 articles are judged differently:", "  a: topics", "  b: topics", "  … and 1 more"]

    def test_probabilities_below_the_threshold_change_nothing(self) -> None:
        class Sure:
            def __init__(self, probability: float, assigned: bool) -> None:
                self.topics = [TopicScore("fraud", probability, assigned), TopicScore("eels", 0.9, True)]

            def predict(self, articles: Any) -> list[Prediction]:
                return [Prediction(article.id, "m", self.topics, [], []) for article in articles]

        gold = [LabelledArticle("a", "x", ["eels"])]
        assert compare(Sure(0.1, False), Sure(0.4, False), gold).changed == {}  # type: ignore[arg-type]
        assert compare(Sure(0.1, False), Sure(0.6, True), gold).changed == {"a": ["topics"]}  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("actor", "label", "changed"),
        [(0, "favor", []), (1, "favor", ["quotes"]), (0, "against", ["stances"])],
    )
    def test_who_said_it_and_what_is_thought_of_it_are_changes(
        self, actor: int, label: StanceLabel, changed: list[str]
    ) -> None:
        class Model:
            def __init__(self, actor: int, label: StanceLabel) -> None:
                self.quote = Quote([(0, 1)], None, None, "direct", actor)
                self.actors = [Actor(name, "person", "", [(0, 1)], [Stance("eels", label, 0.9)]) for name in "AB"]

            def predict(self, articles: Any) -> list[Prediction]:
                topics = [TopicScore("eels", 0.9, True)]
                return [Prediction(article.id, "m", topics, [self.quote], self.actors) for article in articles]

        models: Any = Model(0, "favor"), Model(actor, label)
        assert compare(*models, [LabelledArticle("a", "x", ["eels"])]).changed.get("a", []) == changed
