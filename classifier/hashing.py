"""Mixing functions and the buckets of features: of the chains and the tagger, whose features are made alike."""

from __future__ import annotations

import numpy as np
from numba import njit

MIX = np.uint64(0x9E3779B97F4A7C15)


@njit(inline="always")
def bucket(template, a, b, mask):  # type: ignore[no-untyped-def]
    """The bucket of a feature: its template and two values; mask is the number of buckets (a power of two) less one."""
    value = (np.uint64(a) * MIX) ^ (np.uint64(b) + np.uint64(0x632BE59BD9B4E019) * np.uint64(template + 1))
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.uint32((value ^ (value >> np.uint64(32))) & mask)


@njit(inline="always")
def near(distance):  # type: ignore[no-untyped-def]
    """A distance in tokens as one of few steps."""
    if distance < 5:
        return distance
    if distance < 8:
        return 5
    if distance < 12:
        return 6
    if distance < 20:
        return 7
    if distance < 35:
        return 8
    return 9
