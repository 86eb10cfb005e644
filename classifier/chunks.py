"""A dump cut into chunks that are worth sending to a worker, from any place in it, with an eye on its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator

import msgspec

from topic_stance.data.readers import Format, Record, Reject, Source, find_sources, read_source
from topic_stance.data.records import DataError

from .journal import Position

_CHARACTERS = 1_000_000
"""A chunk that holds so many characters is full, however few articles they are."""

Check = Callable[[Record], Record | Reject]


class Chunk(msgspec.Struct):
    """Neighbours in the input, the position after them, and how many of them a check has turned into rejects."""

    items: list[Record | Reject]
    position: Position
    dropped: int = 0


class InputChanged(DataError):
    """A file is not what it was when a run began."""


class Dump:
    """All files of a dump, as they are when this is made. Raises `DataError` for a path that does not exist."""

    def __init__(self, inputs: Iterable[str | os.PathLike[str]], *, format: Format | None, limit: int) -> None:
        self._sources = list(find_sources(inputs, format=format))
        self._states = [_state(source) for source in self._sources]
        self._limit = limit

    @property
    def digest(self) -> str:
        """What tells this input from any other: the names, sizes and times of its files."""
        return hashlib.sha256(msgspec.json.encode(self._states)).hexdigest()

    @property
    def size(self) -> int | None:
        """Bytes to read, before decompression; `None` where standard input or a pipe is among them."""
        sizes = [size for _, size, _ in self._states]
        return None if -1 in sizes else sum(sizes)

    def size_before(self, position: Position) -> int:
        """Bytes of the files that stand wholly before `position`."""
        return sum(max(size, 0) for _, size, _ in self._states[: position.source])

    def chunks(
        self, start: Position, length: int, *, check: Check | None, on_bytes: Callable[[int], None] | None
    ) -> Iterator[Chunk]:
        """Chunks of at most `length` records, from `start` to the end.

        With `check`, which may turn a record into a reject and remember what it has seen, everything before `start` is
        read and checked again. Raises `DataError` where a file has vanished since the dump was made, `InputChanged`
        where it has changed.
        """
        items: list[Record | Reject] = []
        characters = dropped = 0
        for source in range(0 if check else start.source, len(self._sources)):
            for count, item in enumerate(self._read(source, on_bytes), start=1):
                checked = check(item) if check and isinstance(item, Record) else item
                position = Position(source, count)
                if position <= start:
                    continue
                items.append(checked)
                dropped += isinstance(item, Record) and isinstance(checked, Reject)
                if isinstance(checked, Record):
                    characters += len(checked.article.text)
                if len(items) >= length or characters >= _CHARACTERS:
                    yield Chunk(items, position, dropped)
                    items, characters, dropped = [], 0, 0
        if items:
            yield Chunk(items, Position(len(self._sources), 0), dropped)

    def _read(self, index: int, on_bytes: Callable[[int], None] | None) -> Iterator[Record | Reject]:
        source = self._sources[index]
        if isinstance(source, Reject):
            yield source
            return
        self._check_unchanged(index, source)
        yield from read_source(source, limit=self._limit, on_bytes=on_bytes)
        self._check_unchanged(index, source)

    def _check_unchanged(self, index: int, source: Source) -> None:
        now = _state(source)
        if now != self._states[index]:
            if now[1] < 0:  # it may come back, as on a disk that was away
                raise DataError(f"{source.name} has vanished since this run began")
            raise InputChanged(
                f"{source.name} has changed since this run began, which cannot be resumed: start it again"
            )


def _state(source: Source | Reject) -> tuple[str, int, int]:
    """Name, size and time of a file; size -1 where it has none."""
    if isinstance(source, Reject):
        return source.file, 0, 0
    try:
        state = None if source.path is None or not source.path.is_file() else source.path.stat()
    except OSError:
        state = None
    return (source.name, -1, 0) if state is None else (source.name, state.st_size, state.st_mtime_ns)
