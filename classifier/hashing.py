"""What compiled code shares: constants of hashes, searches, and distances as the linear models see them."""

from __future__ import annotations

import numpy as np

from .jit import inlined, inner

MIX = np.uint64(0x9E3779B97F4A7C15)
"""By this the hash tables multiply a key."""
FNV_OFFSET, FNV_PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
"""Of FNV-1a, the hash of a token over its code points."""


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


@inlined
def first_slot(key, mask):  # type: ignore[no-untyped-def]
    """Where the search for a key begins in an open-addressing table; mask: its number of slots - 1, as uint64."""
    return (key * MIX >> np.uint64(20)) & mask


@inner
def among(few, value):  # type: ignore[no-untyped-def]
    """Whether a value is one of a few."""
    for other in few:
        if other == value:
            return True
    return False


@inner
def contains(ascending, value):  # type: ignore[no-untyped-def]
    """Whether a sorted array holds a value."""
    place = np.searchsorted(ascending, value)
    return place < len(ascending) and ascending[place] == value
