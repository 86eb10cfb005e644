"""Noise of a figure: its values on resampled articles (Efron and Tibshirani 1993), and the middle 95% of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 200

Figure = Callable[[NDArray[np.int64]], float]
"""A figure of some articles, given by their numbers; one that is drawn twice stands there twice."""


def on_resamples(figure: Figure, n: int, times: int = RESAMPLES) -> NDArray[np.float64]:
    """A figure's values on resamples of `n` articles: (times,) float64. Every call draws the same resamples."""
    rng = np.random.default_rng(0)
    return np.array([figure(rng.integers(0, n, n)) for _ in range(times)])


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95% of a figure's values on resamples; those that are not a number are left out.

    Its ends are two of the values. That of `quantile_interval` differs a little; recorded figures are of either.
    """
    ranked = np.sort(values[~np.isnan(values)])
    tail = round(0.025 * len(ranked))
    return float(ranked[tail]), float(ranked[len(ranked) - 1 - tail])


def quantile_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The same by quantiles, whose ends lie between two of the values; each must be a number."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
