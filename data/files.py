"""Files that others wrote: bytes, text, TOML, lines and the JSON in them, with the place in every message."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .decompress import read_blocks
from .records import DataError

T = TypeVar("T")

_TOML_PLACE = re.compile(r"(.*) \(at line (\d+), (column \d+)\)", re.DOTALL)
"""How `tomllib` tells what is wrong, and where."""


def read_file(path: Path) -> bytes:
    """The bytes of a file; raises `DataError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a null character in the name
        raise DataError(f"{str(path)!r}: cannot be read: {error}") from None


def read_text(path: Path) -> str:
    """The text of a file, its line ends as they are; raises `DataError` where it cannot be read or is not UTF-8."""
    try:
        return read_file(path).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8: {error}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds; raises `DataError` where it cannot be read or is none."""
    return parse_toml(read_text(path), str(path))


def parse_toml(text: str, file: str, before: int = 0) -> dict[str, Any]:
    """What a piece of TOML holds that stands in a file after some lines; raises `DataError` with the line."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is no `TOMLDecodeError`
        if told := _TOML_PLACE.fullmatch(str(error)):
            what, line, column = told.groups()
            message = f"{file}:{before + int(line)}: not TOML: {what} ({column}); correct this line"
        else:
            message = f"{file}{f':{before + 1}' if before else ''}: not TOML: {error}; correct it"
        raise DataError(message) from None


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
