"""Predictions out: JSON Lines, plain or compressed, or Parquet; complete or absent, never half.

A file is written under another name beside its place and moved there when all of it is on the disk.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import msgspec

from .readers import real_path
from .records import DataError, Prediction

if TYPE_CHECKING:
    import pyarrow as pa

OutputKind = Literal["jsonl", "gzip", "zstd", "parquet"]

_KINDS: dict[str, OutputKind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "gzip",
    ".ndjson.gz": "gzip",
    ".jsonl.zst": "zstd",
    ".ndjson.zst": "zstd",
    ".parquet": "parquet",
}
_ROWS = 10_000  # a row group of Parquet, or fewer where they are long
_BYTES = 16_000_000


def output_kind(path: str | os.PathLike[str]) -> OutputKind:
    """How a file of this name is written; "-" is standard output. Raises `DataError` for an unknown suffix."""
    name = os.fspath(path)
    if name == "-":
        return "jsonl"
    for suffix, kind in _KINDS.items():
        if name.lower().endswith(suffix):
            return kind
    raise DataError(f"{name}: the name of the output must end with one of {' '.join(_KINDS)}")


def check_writable(places: Mapping[str, Path], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Raise `DataError` where it shows beforehand that files cannot or must not be written.

    What is written must not be read, neither in this run nor in the next one, and no two things go to one place.
    places: by what goes there, as the messages call it.
    """
    sources = [real_path(name) for name in inputs if os.fspath(name) != "-"]
    taken: dict[Path, str] = {}
    for what, place in places.items():
        if place.name == "-":
            raise DataError(f'{what} cannot go to "-": name a file')
        real = real_path(place)
        for source in sources:
            if real.is_relative_to(source):
                raise DataError(f"{place} would be written into the input {source}: choose a place outside of it")
        if place.exists() and not place.is_file():
            raise DataError(f"{place}: cannot be written: is not a regular file")
        if not place.parent.is_dir():
            raise DataError(f"{place}: cannot be written: {place.parent} is not a folder")
        if real in taken:
            raise DataError(f"{place}: {taken[real]} and {what} cannot go to one file: name two")
        taken[real] = what


def write(predictions: Iterable[Prediction], path: str | os.PathLike[str]) -> None:
    """Write `predictions` in the format that the name of the file shows; "-" is standard output, as JSON Lines.

    Raises `DataError` where the file cannot be written; then whatever stood there before still does.
    """
    lines = map(msgspec.json.Encoder().encode, predictions)
    if os.fspath(path) == "-":
        for line in lines:
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
        return
    kind = output_kind(path)
    with replacing(Path(path)) as file:
        _write_lines((line + b"\n" for line in lines), file, kind)


def convert(part: Path, path: Path) -> None:
    """Put predictions, which stand in `part` as JSON Lines, into `path` in the format that its name shows.

    Raises `DataError` where the file cannot be written; then whatever stood there before still does.
    """
    with part.open("rb") as lines, replacing(path) as file:
        _write_lines(lines, file, output_kind(path))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end of the block, and is gone where the block fails.

    Raises `DataError` where it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        move(beside, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def move(source: Path, path: Path) -> None:
    """Move a file over `path`, so that it stays there even if the power fails."""
    os.replace(source, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    with contextlib.suppress(OSError):  # not every system lets one do so
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_lines(lines: Iterable[bytes], file: BinaryIO, kind: OutputKind) -> None:
    if kind == "parquet":
        _write_parquet(lines, file)
        return
    with _compressed(file, kind) as out:
        for line in lines:
            out.write(line)


def _compressed(file: BinaryIO, kind: OutputKind) -> contextlib.AbstractContextManager[BinaryIO]:
    """What to write into; the same bytes come out whenever and under whatever name they are written."""
    if kind == "gzip":
        opened = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)
        return cast("contextlib.AbstractContextManager[BinaryIO]", opened)
    if kind == "zstd":
        import zstandard

        writer = zstandard.ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False)
        return cast("contextlib.AbstractContextManager[BinaryIO]", writer)
    return contextlib.nullcontext(file)


def _write_parquet(lines: Iterable[bytes], file: BinaryIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = parquet_schema()
    decode = msgspec.json.Decoder().decode
    lines = iter(lines)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while rows := [decode(line) for line in _batch(lines)]:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _batch(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The next lines that are converted at once: so many, or so many bytes."""
    size = 0
    for line in islice(lines, _ROWS):
        yield line
        size += len(line)
        if size > _BYTES:
            return


def parquet_schema() -> pa.Schema:
    """The schema of predictions as a table: `Prediction`, its structs and lists nested as they are."""
    import pyarrow as pa

    span = pa.list_(pa.int64())
    topic = pa.struct({"label": pa.string(), "probability": pa.float64(), "assigned": pa.bool_()})
    quote = pa.struct(
        {"content": pa.list_(span), "cue": span, "source": span, "kind": pa.string(), "actor": pa.int64()}
    )
    stance = pa.struct({"topic": pa.string(), "label": pa.string(), "probability": pa.float64()})
    actor = pa.struct(
        {
            "name": pa.string(),
            "type": pa.string(),
            "description": pa.string(),
            "mentions": pa.list_(span),
            "stances": pa.list_(stance),
        }
    )
    columns = {"id": pa.string(), "model": pa.string()}
    lists = {"topics": pa.list_(topic), "quotes": pa.list_(quote), "actors": pa.list_(actor)}
    return pa.schema({**columns, **lists})
