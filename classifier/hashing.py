"""What compiled code shares: the constant of the hash tables, distances as the linear models see them."""

from __future__ import annotations

import numpy as np

from .jit import inlined

MIX = np.uint64(0x9E3779B97F4A7C15)


@inlined
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
