"""Files that others wrote: bytes, text, lines and the JSON in them, with the place in every message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from .decompress import read_blocks
from .records import DataError

T = TypeVar("T")


def read_file(path: Path) -> bytes:
    """The bytes of a file; raises `DataError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_text(path: Path) -> str:
    """The text of a file, its line ends as they are; raises `DataError` where it cannot be read or is not UTF-8."""
    try:
        return read_file(path).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8: {error}") from None


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, plain or compressed, that are not blank, with their numbers.

    Raises `DataError` where it cannot be read, after every whole line before that was given.
    """
    try:
        with path.open("rb") as stream:
            yield from ((number, line) for number, line in enumerate(_split(read_blocks(stream)), 1) if line.strip())
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except DataError as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def json_lines(path: Path, type: type[T], what: str) -> Iterator[tuple[str, T]]:
    """What the lines of a file of JSON Lines hold, each with its place.

    Raises `DataError` for a line that is not `what` it should be ("an article").
    """
    for number, line in lines(path):
        where = f"{path}:{number}"
        yield where, decode(line, type, f"{where}: not {what}")


def decode(data: bytes | msgspec.Raw | str, type: type[T], where: str) -> T:
    """JSON that others wrote, checked against a type; raises `DataError` with the place."""
    try:
        return msgspec.json.decode(data, type=type)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DataError(f"{where}: {error or 'nested too deeply'}") from None


def encode(value: object, where: str) -> bytes:
    """JSON; raises `DataError` where a text holds what UTF-8 cannot."""
    try:
        return msgspec.json.encode(value)
    except UnicodeError as error:
        raise DataError(f"{where}: cannot be written as UTF-8: {error}") from None


def _split(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of some blocks; a line over many blocks is put together once."""
    parts: list[bytes] = []
    for block in blocks:
        first, *others = block.split(b"\n")
        parts.append(first)
        for other in others:
            yield b"".join(parts)
            parts = [other]
    yield b"".join(parts)
