"""How unevenly a feature is spread over two kinds of examples: the scale that linear models see it with.

A linear model that is fitted with a penalty on its weights gives more to features of a larger scale. Scaled by the log
ratios of naive Bayes, those that tell the kinds apart are cheap (NB-SVM, Wang and Manning 2012). They take the whole
ratio; here it is a power of it below one, which is better where examples are many (RESULTS.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMOOTHING = 0.1
"""Examples that every feature is counted in beside those where it is."""
_LEAST = 1e-3
"""Of the mean scale: a feature that is spread evenly keeps so much."""


def contrast_scale(
    matrix: Any, share: NDArray[np.floating[Any]], weight: NDArray[np.float64], power: float
) -> NDArray[np.float64]:
    """The scale of each column: its absolute log ratio, of a mean square of one, to a power; ones for a power of 0.

    matrix: sparse, (n_examples, n_columns), a feature is there where it is not 0; share: how much each example is of
    the first kind, 0 to 1; weight: how much it counts.
    """
    there = matrix.astype(bool)
    parts = []
    for of_kind in (share, 1 - share):
        counts = _SMOOTHING + there.T @ (weight * of_kind)
        parts.append(counts / counts.sum())
    ratio = np.abs(np.log(parts[0] / parts[1]))
    mean = np.sqrt(np.mean(ratio**2)) or 1.0  # nothing is there anywhere
    scale: NDArray[np.float64] = np.maximum(ratio / mean, _LEAST) ** power
    return scale
