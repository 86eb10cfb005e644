"""What the gate looks at beside the figures: calibration, speed, and rates of behavioural checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import Article, LabelledArticle, Prediction

from .bootstrap import interval, on_resamples
from .diagnostics import Certainty, stance_statements, topic_statements
from .gate import Criterion

Statements = list[list[tuple[float, bool]]]
"""By article, stated probabilities and whether what they were stated of was so."""

REPETITIONS = 7
_MOST_TIMED = 100


@dataclass(frozen=True)
class Rate:
    """A behavioural check's outcome: the share of its `n` cases that a model got right, and the least that will do."""

    name: str
    value: float
    least: float
    n: int


Behaviour = Callable[[Pipeline], Iterable[Rate]]
"""A behavioural check: puts a model through cases of its own and says how many were right."""


def behaviour(pipeline: Pipeline, checks: Sequence[Behaviour]) -> list[Criterion]:
    """A criterion for every rate. These are asked of any model, be there a champion or not.

    A model that gives a check no case fails it: one that finds nothing has nothing that could change.
    """
    return [
        Criterion(
            rate.name,
            rate.n > 0 and rate.value >= rate.least,
            f"right in {rate.value:.3f} of {rate.n} cases, at least {rate.least:.3f}" if rate.n else "nothing to try",
        )
        for check in checks
        for rate in check(pipeline)
    ]


def calibration(
    articles: Sequence[LabelledArticle], before: Sequence[Prediction], after: Sequence[Prediction]
) -> list[Criterion]:
    """Expected calibration error of topics (mean over them) and of stances: not worse beyond noise.

    As for the figures, noise is a paired bootstrap over articles. Of topics those count that both models know; nothing
    is asked where nothing was stated.
    """
    labels = sorted({topic.label for p in before for topic in p.topics} & {t.label for p in after for t in p.topics})
    topics = [[topic_statements(articles, predictions, label) for label in labels] for predictions in (before, after)]
    stances = [[stance_statements(articles, predictions)] for predictions in (before, after)]
    found = [("calibration of topics", topics), ("calibration of stances", stances)]
    return [
        _not_worse(name, first, second)
        for name, (first, second) in found
        if all(any(statements) for side in (first, second) for statements in side)
    ]


def speed(
    first: Pipeline,
    second: Pipeline,
    articles: Sequence[Article],
    slower: float,
    clock: Callable[[], float] = time.process_time,
) -> Criterion:
    """The second model takes at most `slower` times as long as the first.

    Medians over repetitions that alternate, so that a machine that slows down meets both; processor time, so that
    others on it count less. Both run once before, which compiles what is to be compiled.
    """
    chosen = articles[:_MOST_TIMED]
    seconds: tuple[list[float], list[float]] = ([], [])
    for repetition in range(REPETITIONS + 1):
        order = (0, 1) if repetition % 2 else (1, 0)
        for which in order:
            began = clock()
            (first, second)[which].predict(chosen)
            if repetition:
                seconds[which].append(clock() - began)
    medians = median(seconds[0]), median(seconds[1])
    ratio = medians[1] / medians[0] if medians[0] > 0 else 1.0
    basis = f"median of {REPETITIONS} on {len(chosen)} articles"
    detail = f"{ratio:.2f} times the champion's time, at most {slower:.2f} ({basis})"
    return Criterion("speed", ratio <= slower, detail)


def _not_worse(name: str, first: list[Statements], second: list[Statements]) -> Criterion:
    n = len(first[0])
    errors = _error(first, np.arange(n)), _error(second, np.arange(n))
    low, high = interval(on_resamples(lambda chosen: _error(second, chosen) - _error(first, chosen), n))
    detail = f"error {errors[0]:.3f} → {errors[1]:.3f}, difference in [{low:+.3f}, {high:+.3f}]"
    return Criterion(name, low <= 0, detail)


def _error(sides: list[Statements], chosen: NDArray[np.int64]) -> float:
    """Mean expected calibration error of the chosen articles."""
    return float(np.mean([Certainty.of([statements[k] for k in chosen]).error() for statements in sides]))
