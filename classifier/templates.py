"""Hashed features of tokens, made from tables of templates.

What is known of the tokens stands in columns of numbers. A template names up to four of them, each at a token so many
places away: ``word-1 word`` is a word together with the one before it. Its feature is a bucket number: the values times
odd factors, summed and mixed (multiply-shift hashing, Dietzfelbinger et al. 1997). The work goes template by template
over a block of tokens, so that it is vector arithmetic on neighbouring numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .jit import borrowing, inlined

PAD = 3
"""Zeros before the first and after the last token in each column: how far a template may look."""
BLOCK = 128
"""So many tokens' features are made at a time: they stay in the first cache."""
MOST_ARGUMENTS = 4
_ARGUMENT = re.compile(r"([a-z_]+)([+-]\d)?")
_FACTOR = np.uint32(0x9E3779B1)
_SEED = np.uint32(0x85EBCA77)


def templates(text: str, names: Sequence[str]) -> NDArray[np.int64]:
    """The table of the templates in `text`, one a line: (n_templates, 1 + 3 * `MOST_ARGUMENTS`).

    A row holds how many arguments there are, then the column of each (its number in `names`), its shift and its factor.
    """
    lines = [line.split() for line in text.strip().splitlines()]
    if not all(lines):
        raise ValueError("a template without arguments: an empty line between others")
    # Straight from the bit generator, whose stream is the same in every version of NumPy: bundles depend on it.
    raw = np.random.PCG64(len(lines)).random_raw(len(lines) * MOST_ARGUMENTS // 2)
    factors = (raw.astype("<u8").view("<u4") | 1).reshape(len(lines), MOST_ARGUMENTS)
    table = np.zeros((len(lines), 1 + 3 * MOST_ARGUMENTS), np.int64)
    for k, arguments in enumerate(lines):
        table[k, 0] = len(arguments)
        for a, argument in enumerate(arguments):
            match = _ARGUMENT.fullmatch(argument)
            shift = int(match[2] or 0) if match else PAD + 1
            if match is None or a >= MOST_ARGUMENTS or abs(shift) > PAD or match[1] not in names:
                raise ValueError(f"not an argument of a template: {argument!r} in {lines[k]}")
            table[k, 1 + 3 * a : 4 + 3 * a] = names.index(match[1]), shift, factors[k, a]
    return table


@inlined
def _bucket(value, mask):  # type: ignore[no-untyped-def]
    value = np.uint32(np.uint32(value ^ (value >> np.uint32(15))) * _FACTOR)
    return np.uint32(value ^ (value >> np.uint32(16))) & mask


@borrowing
def fill_buckets(columns, table, first, last, mask, out):  # type: ignore[no-untyped-def]
    """Features of the tokens from `first` to before `last`, one row of `out` for each template.

    columns: (n_columns, n_tokens + 2 * `PAD`) uint32; mask: the number of buckets (a power of two) less one;
    out: (n_templates, at least last - first) uint32.
    """
    n = last - first
    for k in range(len(table)):
        row = table[k]
        seed = np.uint32(k + 1) * _SEED
        to = out[k]
        low = first + PAD + row[2]
        a, u = columns[row[1], low : low + n], np.uint32(row[3])
        if row[0] == 1:
            for i in range(n):
                to[i] = _bucket(np.uint32(a[i] * u + seed), mask)
            continue
        low = first + PAD + row[5]
        b, v = columns[row[4], low : low + n], np.uint32(row[6])
        if row[0] == 2:
            for i in range(n):
                to[i] = _bucket(np.uint32(a[i] * u + b[i] * v + seed), mask)
            continue
        low = first + PAD + row[8]
        c, w = columns[row[7], low : low + n], np.uint32(row[9])
        if row[0] == 3:
            for i in range(n):
                to[i] = _bucket(np.uint32(a[i] * u + b[i] * v + c[i] * w + seed), mask)
            continue
        low = first + PAD + row[11]
        d, x = columns[row[10], low : low + n], np.uint32(row[12])
        for i in range(n):
            to[i] = _bucket(np.uint32(a[i] * u + b[i] * v + c[i] * w + d[i] * x + seed), mask)


def all_buckets(columns: NDArray[np.uint32], table: NDArray[np.int64], n_buckets: int) -> NDArray[np.uint32]:
    """Features of every token: (n_tokens, n_templates) uint32; `n_buckets` is a power of two."""
    n = columns.shape[1] - 2 * PAD
    out = np.empty((len(table), n), np.uint32)
    fill_buckets(columns, table, 0, n, np.uint32(n_buckets - 1), out)
    return np.ascontiguousarray(out.T)
