"""Dumps in: JSON Lines, JSON, CSV, Parquet, text and HTML, plain or compressed, files, folders or standard input.

Everything streams: a file of any length is read in blocks, and each record comes out as a `Record` with an article or
as a `Reject` with the reason why there is none. Nothing is passed over in silence but blank lines, files of a folder
whose names begin with "." or "_", and links from a folder to one within it, where the files are read anyway.

What is forgiven is only what cannot be misread: a byte order mark, CRLF, numbers as ids, raw control characters in JSON
strings. An optional field of a wrong type is dropped; a missing id is derived from the text. Lone surrogates, which
JSON can write and UTF-8 cannot, become U+FFFD one for one, so that offsets stay.
"""

from __future__ import annotations

import math
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import msgspec

from .decompress import CODECS, Codec, read_blocks, utf8_blocks
from .formats import (
    Fields,
    Item,
    read_csv,
    read_html,
    read_json,
    read_jsonl,
    read_txt,
    spooled,
    valid,
)
from .parquet import read_parquet
from .records import Article, DataError, content_id

Format = Literal["jsonl", "json", "csv", "parquet", "txt", "html"]

FORMATS: tuple[Format, ...] = get_args(Format)

LIMIT = 10_000_000
"""The longest record that is read, in bytes: predicting takes up to 200 bytes of memory for each."""

_BY_SUFFIX: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".txt": "txt",
    ".html": "html",
    ".htm": "html",
}
_READERS: dict[Format, Callable[[Iterable[bytes], int], Iterator[Item]]] = {
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_csv,
    "txt": read_txt,
}


class Record(msgspec.Struct, gc=False):
    """An article and where it stood.

    `line` counts from 1 (rows in Parquet, elements in a JSON array). `offset` is that of the first byte in the
    decompressed file (of a UTF-16 file, in its UTF-8 form), -1 where there is none.
    """

    article: Article
    file: str
    line: int
    offset: int


class Reject(msgspec.Struct, gc=False):
    """What could not be read, where it stood, and why. `line` is 0 where a whole file is meant."""

    file: str
    line: int
    offset: int
    id: str | None
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class Source(msgspec.Struct, frozen=True):
    """One file to read; `path` is `None` for standard input, `stem` the id where a file is one article."""

    path: Path | None
    name: str
    stem: str
    format: Format
    codec: Codec | None


def read(
    paths: Iterable[str | os.PathLike[str]], *, format: Format | None = None, limit: int = LIMIT
) -> Iterator[Record | Reject]:
    """Every record of the files, folders and "-" (standard input, JSON Lines unless `format` says otherwise), in order.

    `format` overrides what the file names say. Records longer than `limit` bytes are rejected, without holding them.
    Raises `DataError` for a path that does not exist.
    """
    for source in find_sources(paths, format=format):
        if isinstance(source, Reject):
            yield source
        else:
            yield from read_source(source, limit=limit)


def find_sources(paths: Iterable[str | os.PathLike[str]], *, format: Format | None = None) -> Iterator[Source | Reject]:
    """The files that `read` would read, folders walked in sorted order; what is none of ours comes as a `Reject`.

    Raises `DataError` for a path that does not exist.
    """
    for name in paths:
        given = os.fspath(name)
        path = Path(given)
        if given == "-":
            yield Source(None, "<stdin>", "", format or "jsonl", None)
        elif path.is_dir():
            yield from _walk(path, format)
        elif path.exists():
            yield _source(path, None, format)
        else:
            raise DataError(f"{valid(given)}: no such file or folder")


def read_source(
    source: Source, *, limit: int = LIMIT, on_bytes: Callable[[int], None] | None = None
) -> Iterator[Record | Reject]:
    """Every record of one file. `on_bytes` is told how many bytes were read, as they are read."""
    name = source.name
    try:
        stream = sys.stdin.buffer if source.path is None else source.path.open("rb")
    except OSError as error:
        yield Reject(name, 0, -1, None, f"cannot be opened: {error.strerror or error}")
        return
    with nullcontext() if source.path is None else closing(stream):
        for line, offset, found in _items(source, stream, limit, on_bytes):
            article = found if isinstance(found, str) else article_from(found, source.stem)
            if isinstance(article, str):
                known = None if isinstance(found, str) else usual_id(found.id)
                yield Reject(name, line, offset, known, valid(article))
            else:
                yield Record(article, name, line, offset)


def real_path(path: str | os.PathLike[str]) -> Path:
    """The path without links; unlike `Path.resolve` it takes one that leads in a circle, as the missing file it is."""
    return Path(os.path.realpath(path))


def _walk(folder: Path, format: Format | None) -> Iterator[Source | Reject]:
    """Files before folders, each in sorted order. No link to a folder is followed, and one out of `folder` is told."""
    root = real_path(folder)

    def unreadable(error: OSError) -> None:
        failures.append(Reject(valid(str(error.filename)), 0, -1, None, f"cannot be opened: {error.strerror}"))

    def linked_out(path: Path) -> Reject | None:
        if not path.is_symlink() or real_path(path).is_relative_to(root):
            return None
        return Reject(valid(str(path)), 0, -1, None, "is a link out of the folder; name it directly to read it")

    failures: list[Reject] = []
    for place, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(files):
            path = Path(place, name)
            if name.startswith((".", "_")):
                continue
            yield linked_out(path) or _source(path, folder, format)
        yield from filter(None, (linked_out(Path(place, name)) for name in folders))
        yield from failures
        failures.clear()
    yield from failures


def _source(path: Path, folder: Path | None, format: Format | None) -> Source | Reject:
    """How to read a file, named itself or found in `folder`, by its name unless `format` says it."""
    name = valid(str(path))
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return Reject(name, 0, -1, None, f"cannot be opened: {error.strerror or error}")
    codec = CODECS.get(path.suffix.lower())
    bare = path.with_suffix("") if codec else path
    if not stat.S_ISREG(mode):
        if folder is not None or not stat.S_ISFIFO(mode):  # a pipe that was named, as a shell's <(…) does
            return Reject(name, 0, -1, None, "is not a regular file")
        format = format or _BY_SUFFIX.get(bare.suffix.lower(), "jsonl")
    known = format or _BY_SUFFIX.get(bare.suffix.lower())
    if known is None:
        return Reject(name, 0, -1, None, f"has no known suffix ({' '.join(_BY_SUFFIX)}, plain or {' '.join(CODECS)})")
    stem = ""
    if known in ("txt", "html"):
        relative = path.relative_to(folder).as_posix() if folder else path.name
        stem = valid(relative.removesuffix(path.suffix if codec else "").removesuffix(bare.suffix))
    return Source(path, name, stem, known, codec)


def _items(source: Source, stream: BinaryIO, limit: int, on_bytes: Callable[[int], None] | None) -> Iterator[Item]:
    if source.format == "parquet" and source.codec is None and stream.seekable():
        size = os.fstat(stream.fileno()).st_size
        return read_parquet(stream, limit, None if on_bytes is None else lambda share: on_bytes(round(share * size)))
    blocks = read_blocks(stream, source.codec, on_bytes)
    if source.format == "parquet":
        return _spooled_parquet(blocks, limit)
    if source.format == "html":
        return read_html(blocks, limit)  # pages name their encoding themselves
    return _READERS[source.format](utf8_blocks(blocks), limit)


def _spooled_parquet(blocks: Iterable[bytes], limit: int) -> Iterator[Item]:
    """Parquet is read from its end, so that what comes out of a pipe or a compressed file is laid down first."""
    try:
        with spooled(blocks) as file:
            yield from read_parquet(file, limit)
    except (DataError, OSError) as error:
        yield 0, -1, str(error)


def article_from(fields: Fields, stem: str = "") -> Article | str:
    """The article, or the reason why there is none. `stem` is its id where it has none of its own."""
    text = fields.text
    if type(text) is not str:
        return "no text" if text is None else f"text is {_kind(text)}, not a string"
    if not text or text.isspace():
        return "text is empty"
    return Article(
        usual_id(fields.id) or stem or content_id(text),
        text,
        _string(fields.title),
        _string(fields.date),
        _string(fields.source),
        _string(fields.url),
    )


def usual_id(value: Any) -> str | None:
    """An id as a string; `None` where there is none, or one that can only be a mistake."""
    if type(value) is str:
        return value or None
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        try:
            return str(value)
        except ValueError:  # an integer of thousands of digits
            return None
    return None


def _string(value: Any) -> str:
    return value if type(value) is str else ""


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "of another type"
