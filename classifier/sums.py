"""The inner loops of the models over hashed features, sums of rows of bytes above all, as vector instructions.

Numba makes no vector code of a loop over so few numbers, so its instructions are given here (LLVM's, for any machine).
A row of the table is a bucket's weights for all labels, each a byte from 1 to 255 that stands for -127 to 127.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from .jit import borrowing

_tools: Any = cgutils  # it has no types
BIAS = 128
"""The byte of a weight of 0."""
MOST_ROWS = 256
"""So many bytes can be added in 16 bits."""


def _summer(lanes: int) -> Any:
    """A function of table, buckets, i, sums: sums[i] = table[buckets[:, i]].sum(0), for so many bytes a row.

    Contiguous: (n_buckets, lanes) uint8, (n_features, n_tokens) uint32, (at least n_tokens, lanes) uint16.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, buckets, sums = (
            context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 1, 3)
        )
        word = ir.IntType(64)
        i = context.cast(builder, arguments[2], signature.args[2], types.int64)
        n_features, n_tokens = _tools.unpack_tuple(builder, buckets.shape, 2)
        wide, narrow = ir.VectorType(ir.IntType(16), lanes), ir.VectorType(ir.IntType(8), lanes)
        total = _tools.alloca_once_value(builder, ir.Constant(wide, [0] * lanes))
        with _tools.for_range(builder, n_features) as loop:
            place = builder.add(builder.mul(loop.index, n_tokens), i)
            bucket = builder.zext(builder.load(builder.gep(buckets.data, [place])), word)
            row = builder.gep(table.data, [builder.mul(bucket, ir.Constant(word, lanes))])
            values = builder.load(builder.bitcast(row, narrow.as_pointer()), align=1)
            builder.store(builder.add(builder.load(total), builder.zext(values, wide)), total)
        target = builder.gep(sums.data, [builder.mul(i, ir.Constant(word, lanes))])
        builder.store(builder.load(total), builder.bitcast(target, wide.as_pointer()), align=2)
        return context.get_dummy_value()

    @intrinsic
    def sum_rows(typing_context: Any, table: Any, buckets: Any, i: Any, sums: Any) -> Any:
        return types.void(table, buckets, i, sums), generate

    return sum_rows


def _best_of_32() -> Any:
    """A function of sums, i, low, high: the first of the greatest of sums[i, low:high], counted from `low`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums = context.make_array(signature.args[0])(context, builder, arguments[0])
        word, wide = ir.IntType(64), ir.VectorType(ir.IntType(32), 32)
        i, low, high = (
            context.cast(builder, value, kind, types.int64)
            for value, kind in zip(arguments[1:], signature.args[1:], strict=True)
        )
        row = builder.gep(sums.data, [builder.mul(i, ir.Constant(word, 32))])
        narrow = ir.VectorType(ir.IntType(16), 32)
        values = builder.zext(builder.load(builder.bitcast(row, narrow.as_pointer()), align=2), wide)
        lanes = ir.Constant(wide, list(range(32)))

        # The greatest of (sum, 31 - lane): of equal sums the first lane.
        keys = builder.or_(builder.shl(values, ir.Constant(wide, [5] * 32)), ir.Constant(wide, list(range(31, -1, -1))))
        inside = builder.and_(
            builder.icmp_unsigned(">=", lanes, _spread(builder, builder.trunc(low, ir.IntType(32)), wide)),
            builder.icmp_unsigned("<", lanes, _spread(builder, builder.trunc(high, ir.IntType(32)), wide)),
        )
        keys = builder.select(inside, keys, ir.Constant(wide, [0] * 32))
        kind = ir.FunctionType(ir.IntType(32), [wide])
        greatest = _tools.get_or_insert_function(builder.module, kind, "llvm.vector.reduce.umax.v32i32")
        lane = builder.zext(builder.and_(builder.call(greatest, [keys]), ir.Constant(ir.IntType(32), 31)), word)
        return builder.sub(builder.sub(ir.Constant(word, 31), lane), low)

    @intrinsic
    def best_of_32(typing_context: Any, sums: Any, i: Any, low: Any, high: Any) -> Any:
        return types.int64(sums, i, low, high), generate

    return best_of_32


def _step_of_8() -> Any:
    """A function of rows, source, target, matrix, factors: rows[target] = (rows[source] @ matrix) * factors[target].

    rows: (n, 8) float64; matrix: (8, 8) float64; factors: (n, 8) float32, all contiguous.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, matrix, factors = (
            context.make_array(signature.args[k])(context, builder, arguments[k]).data for k in (0, 3, 4)
        )
        source, target = (
            builder.mul(context.cast(builder, arguments[k], signature.args[k], types.int64), _word(8)) for k in (1, 2)
        )
        wide = ir.VectorType(ir.DoubleType(), 8)

        parts = []
        for x in range(8):
            value = builder.load(builder.gep(rows, [builder.add(source, _word(x))]))
            row = builder.load(_vector(builder, matrix, _word(8 * x), wide), align=8)
            parts.append(builder.fmul(_spread(builder, value, wide), row))
        while len(parts) > 1:  # in pairs, so that additions need not wait for each other
            parts = [builder.fadd(a, b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
        factor = builder.load(_vector(builder, factors, target, ir.VectorType(ir.FloatType(), 8)), align=4)
        product = builder.fmul(parts[0], builder.fpext(factor, wide))
        builder.store(product, _vector(builder, rows, target, wide), align=8)
        return context.get_dummy_value()

    @intrinsic
    def step_of_8(typing_context: Any, rows: Any, source: Any, target: Any, matrix: Any, factors: Any) -> Any:
        return types.void(rows, source, target, matrix, factors), generate

    return step_of_8


def _best_step_of_8() -> Any:
    """A function of best, moves, scores, back, i, a step of Viterbi's algorithm for 8 labels.

    back[i] becomes for each label the one before it on the best path so far, `best` the scores of these paths less that
    of label 0, which keeps a long text within float32's precision. best: (8,) float32; moves: (8, 8) float32, from row
    to column; scores: (n, 8) float32; back: (n, 8) uint8, all contiguous.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        best, moves, scores, back = (
            context.make_array(signature.args[k])(context, builder, arguments[k]).data for k in range(4)
        )
        place = builder.mul(context.cast(builder, arguments[4], signature.args[4], types.int64), _word(8))
        wide, narrow = ir.VectorType(ir.FloatType(), 8), ir.VectorType(ir.IntType(8), 8)

        pairs = []  # the score of coming from a label, and that label
        for x in range(8):
            row = builder.load(_vector(builder, moves, _word(8 * x), wide), align=4)
            before = _spread(builder, builder.load(builder.gep(best, [_word(x)])), wide)
            pairs.append((builder.fadd(before, row), ir.Constant(narrow, [x] * 8)))
        while len(pairs) > 1:  # of equal scores the first label's
            matches = zip(pairs[::2], pairs[1::2], strict=True)
            pairs = []
            for (score, label), (other, other_label) in matches:
                better = builder.fcmp_ordered(">", other, score)
                pairs.append((builder.select(better, other, score), builder.select(better, other_label, label)))
        total = builder.fadd(pairs[0][0], builder.load(_vector(builder, scores, place, wide), align=4))
        shifted = builder.fsub(total, _spread(builder, builder.extract_element(total, _ZERO), wide))
        builder.store(shifted, _vector(builder, best, _word(0), wide), align=4)
        builder.store(pairs[0][1], _vector(builder, back, place, narrow), align=1)
        return context.get_dummy_value()

    @intrinsic
    def best_step_of_8(typing_context: Any, best: Any, moves: Any, scores: Any, back: Any, i: Any) -> Any:
        return types.void(best, moves, scores, back, i), generate

    return best_step_of_8


def _word(value: int) -> Any:
    return ir.Constant(ir.IntType(64), value)


def _vector(builder: Any, data: Any, place: Any, kind: Any) -> Any:
    """A pointer to the vector that begins at a place of some data."""
    return builder.bitcast(builder.gep(data, [place]), kind.as_pointer())


def _spread(builder: Any, value: Any, wide: Any) -> Any:
    """A value in every lane of a vector."""
    one = builder.insert_element(ir.Constant(wide, ir.Undefined), value, _ZERO)
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), wide.count), [0] * wide.count))


_ZERO = ir.Constant(ir.IntType(32), 0)
step_of_8 = _step_of_8()
best_of_32 = _best_of_32()
best_step_of_8 = _best_step_of_8()
_sum_8, _sum_32 = _summer(8), _summer(32)


@borrowing
def sums_of_8(table, buckets, n, sums):  # type: ignore[no-untyped-def]
    """For the first n tokens the sum of their rows, written to `sums`.

    table: (n_buckets, 8) uint8; buckets: (n_features, at least n) uint32; sums: (at least n, 8) uint16.
    """
    for i in range(n):
        _sum_8(table, buckets, i, sums)


@borrowing
def sums_of_32(table, buckets, n, sums):  # type: ignore[no-untyped-def]
    """The same for rows of 32 bytes."""
    for i in range(n):
        _sum_32(table, buckets, i, sums)


def aligned(table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy whose rows, of 8 or 32 bytes, never lie across two lines of a cache."""
    room = np.empty(table.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    copy = room[start : start + table.nbytes].reshape(table.shape)
    copy[:] = table
    return copy
