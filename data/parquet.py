"""Rows of Parquet and of Arrow batches, a few at a time, however much a small file holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from .formats import NAMES, Fields, Item, doubled, from_bytes, too_long

_BATCH = 256  # rows that are read at once


def read_parquet(stream: BinaryIO, limit: int, on_rows: Callable[[float], None] | None = None) -> Iterator[Item]:
    """Rows of a table with a column `text`. `stream` must be seekable; `on_rows` is told the share that was read.

    Texts stay as the file's dictionary has them until they are looked at, row by row where they are long: a small
    file can name one long text many times.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        table = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
        names = [name for name in table.schema_arrow.names if name in NAMES]
        if problem := doubled(names) or (None if "text" in names else "no column 'text'"):
            yield 0, -1, problem
            return
        table = pq.ParquetFile(
            stream,
            metadata=table.metadata,
            pre_buffer=False,
            buffer_size=1 << 20,
            read_dictionary=_texts(table.schema_arrow),
        )
        for batch in table.iter_batches(batch_size=_BATCH, columns=names):
            for found in batch_fields(batch, limit):
                row += 1
                yield row, -1, found
            if on_rows is not None:
                on_rows(batch.num_rows / table.metadata.num_rows)
    except (pa.ArrowException, OSError, ValueError) as error:
        yield row + 1, -1, f"Parquet data is damaged: {error}"


def batch_fields(batch: Any, limit: int) -> Iterator[Fields | str]:
    """Of each row of an Arrow batch, whose columns are named as the fields are, its fields or why there are none.

    Raises `pyarrow.ArrowException` for a column `text` that cannot be read.
    """
    for part in _parts(batch, limit):
        if isinstance(part, str):
            yield part
            continue
        names = part.schema.names
        columns = [_values(name, column) for name, column in zip(names, part.columns, strict=True)]
        for values in zip(*columns, strict=True):
            yield from_bytes(dict(zip(names, values, strict=True)))


def _texts(schema: Any) -> list[str]:
    """The columns of a table that hold strings or bytes, and are read."""
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return [field.name for field in schema if field.name in NAMES and any(kind(field.type) for kind in kinds)]


def _parts(batch: Any, limit: int) -> Iterator[Any]:
    """A batch in slices that hold no more than a record may be long, and for each row that is longer the reason."""
    sizes = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        sizes += _sizes(column)
    begin = size = 0
    for row in range(batch.num_rows):
        if row > begin and size + sizes[row] > limit:
            yield batch.slice(begin, row - begin)
            begin, size = row, 0
        size += sizes[row]
        if size > limit:  # this row alone
            yield too_long(limit)
            begin, size = row + 1, 0
    if begin < batch.num_rows:
        yield batch.slice(begin)


def _sizes(column: Any) -> NDArray[np.int64]:
    """The bytes of each value of a column of strings or bytes; zeros for another."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = column.dictionary if pa.types.is_dictionary(column.type) else column
    try:
        lengths = pc.binary_length(words)
    except pa.ArrowException:
        return np.zeros(len(column), np.int64)
    if words is not column:
        lengths = lengths.take(column.indices)
    return np.array(lengths.fill_null(0).to_pylist(), np.int64)


def _values(name: str, column: Any) -> list[Any]:
    """A column as Python values, bytes of whatever text as `from_bytes` wants them."""
    import pyarrow as pa

    kind = column.type
    try:
        if pa.types.is_dictionary(kind):
            column, kind = column.dictionary_decode(), kind.value_type
        if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
            column = column.cast(pa.string())
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            # Strings are not checked when they are read, and one bad byte would spoil the whole column.
            column = column.cast(pa.large_binary())
        values = column.to_pylist()
    except (pa.ArrowException, ValueError, OverflowError):
        if name == "text":
            raise
        return [None] * len(column)
    if name == "id":
        values = [_readable(value) for value in values]
    return [value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value for value in values]


def _readable(value: Any) -> Any:
    """A UUID as its usual form, bytes that are no text as hexadecimal digits; other ids as they are."""
    if isinstance(value, UUID):
        return str(value)
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value.hex()
