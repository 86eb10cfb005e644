"""The work folder of a run over a dump: what is done already, kept so that it can be gone on with after any end.

Predictions and rejects are appended to two files; a journal says, now and then, how much of them is valid and how much
of the input that is. A line of the journal is only written when what it speaks of is on the disk, so that whatever
comes after it can be cut off. At the end the two files are put in their final places.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from topic_stance.data.readers import Reject
from topic_stance.data.records import DataError
from topic_stance.data.writers import convert, move, output_kind, replacing, sync_folder

_SECONDS = 1.0  # between two lines of the journal: what is lost at most, against what syncing costs
_PREDICTIONS, _REJECTS, _JOURNAL = "predictions.jsonl", "rejects.jsonl", "journal"
_encode = msgspec.json.Encoder().encode


class Counts(msgspec.Struct):
    """How many records were read, predicted and rejected: `read == predicted + rejected`."""

    read: int = 0
    predicted: int = 0
    rejected: int = 0
    duplicates: int = 0
    """How many of the rejected ones are near-duplicates, dropped on request."""


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in the input: so many records of the source of this index have been taken."""

    source: int = 0
    items: int = 0


class Plan(msgspec.Struct):
    """What must be the same when a run goes on; digests of the model and of the inputs, else plain values."""

    version: str
    model: str
    inputs: str
    dedup: bool
    only: str | None
    format: str | None
    limit: int


class _Checkpoint(msgspec.Struct):
    position: Position
    counts: Counts
    predictions: int
    rejects: int
    complete: bool = False


class Work:
    """The work folder of one output, `OUTPUT.partial`. Raises `DataError` where it cannot be written."""

    def __init__(self, output: Path, rejects: Path, plan: Plan, *, resume: bool, overwrite: bool) -> None:
        """Begin, or go on where an earlier run with the same plan ended.

        Raises `DataError` for a leftover that is not to be gone on with, or cannot be.
        """
        self.folder = output.with_name(f"{output.name}.partial")
        self._output, self._rejects_output = output, rejects
        if self.folder.exists() and not resume and not overwrite:
            raise DataError(
                f"{self.folder} holds the beginning of an earlier run: continue it with --resume, or start over with "
                "--overwrite"
            )
        with self._writing():
            self.folder.mkdir(exist_ok=True)
            self._journal = self._open(_JOURNAL)
            _lock(self._journal, self.folder)
            self._done = self._begin(plan) if overwrite else self._go_on(plan) or self._begin(plan)
            self._saved = time.monotonic()
            self._predictions, self._rejects = self._open(_PREDICTIONS), self._open(_REJECTS)
            self._cut(self._predictions, self._done.predictions)
            self._cut(self._rejects, self._done.rejects)

    @property
    def position(self) -> Position:
        """Where to go on reading."""
        return self._done.position

    @property
    def counts(self) -> Counts:
        """What is done already."""
        return msgspec.structs.replace(self._done.counts)

    @property
    def complete(self) -> bool:
        """Whether only `finish` is left to be done."""
        return self._done.complete

    def add(self, lines: bytes, rejects: list[Reject], position: Position, counts: Counts) -> None:
        """Append what came out of the input up to `position`."""
        refused = b"".join(_encode(reject) + b"\n" for reject in rejects)
        with self._writing():
            _write(self._predictions, lines)
            _write(self._rejects, refused)
            done = self._done
            self._done = _Checkpoint(
                position, msgspec.structs.replace(counts), done.predictions + len(lines), done.rejects + len(refused)
            )
            if time.monotonic() - self._saved > _SECONDS:
                self._save()

    def finish(self) -> None:
        """Put the output and, where there are any, the rejects in their places, and remove the folder.

        Without rejects, those of an earlier run into the same output are removed. Raises `DataError` where the output
        cannot be written.
        """
        with self._writing():
            if not self._done.complete:
                self._done.complete = True
                self._save()
            self._place()
        self.discard()

    def keep(self) -> str:
        """End before the end; return what to tell the user about going on, "" where nothing was done yet."""
        if self._predictions.closed:  # the end came after the output had been put in its place
            return ""
        if not self._done.counts.read:
            return self.discard()
        with contextlib.suppress(OSError):  # the disk may be full, and the last line of the journal still holds
            self._save()
        self._close()
        return f"what is finished is kept in {self.folder}: run the same command with --resume to go on"

    def discard(self) -> str:
        """Remove the folder, the journal last: without it, what is left could not be told from a fresh start."""
        self._close()
        with contextlib.suppress(OSError):
            for name in (_PREDICTIONS, _REJECTS, _JOURNAL):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.rmdir()
            sync_folder(self.folder.parent)
        return ""

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(f"{self.folder}: cannot be written: {error.strerror or error}") from error

    def _close(self) -> None:
        for file in (self._predictions, self._rejects, self._journal):
            file.close()

    def _open(self, name: str) -> BinaryIO:
        # Unbuffered: what a write returns from is in the hands of the system, and survives the process.
        return (self.folder / name).open("ab", buffering=0)

    def _begin(self, plan: Plan) -> _Checkpoint:
        self._journal.truncate(0)
        self._append(plan)
        sync_folder(self.folder.parent)
        return _Checkpoint(Position(), Counts(), 0, 0)

    def _go_on(self, plan: Plan) -> _Checkpoint | None:
        """The last line of the journal that was written to its end; `None` where not even a plan was."""
        lines = (self.folder / _JOURNAL).read_bytes().split(b"\n")[:-1]
        if not lines:
            return None
        try:
            earlier = msgspec.json.decode(lines[0], type=Plan)
        except msgspec.MsgspecError as error:
            raise DataError(f"{self.folder} is damaged: start over with --overwrite") from error
        other = [name for name in Plan.__struct_fields__ if getattr(earlier, name) != getattr(plan, name)]
        if other:
            raise DataError(
                f"{self.folder} belongs to a run with a different {' and '.join(other)}: give what it was begun with, "
                "or start over with --overwrite"
            )
        valid, last = len(lines[0]) + 1, _Checkpoint(Position(), Counts(), 0, 0)
        with contextlib.suppress(msgspec.MsgspecError):
            for line in lines[1:]:
                last = msgspec.json.decode(line, type=_Checkpoint)
                valid += len(line) + 1
        self._journal.truncate(valid)
        return last

    def _save(self) -> None:
        for file in (self._predictions, self._rejects):
            os.fsync(file.fileno())
        self._append(self._done)
        self._saved = time.monotonic()

    def _append(self, line: Plan | _Checkpoint) -> None:
        _write(self._journal, _encode(line) + b"\n")
        os.fsync(self._journal.fileno())

    def _cut(self, file: BinaryIO, size: int) -> None:
        """Cut off what came after the last line of the journal."""
        there = os.fstat(file.fileno()).st_size
        if there > size:
            file.truncate(size)
        elif there < size and not (self.complete and there == 0):
            raise DataError(f"{self.folder} is damaged: start over with --overwrite")

    def _place(self) -> None:
        """Put both files in their places. One that is empty, and was not, has been put there before the last end."""
        predictions, rejects = (Path(self.folder, name) for name in (_PREDICTIONS, _REJECTS))
        if not self._done.rejects:
            self._rejects_output.unlink(missing_ok=True)
        elif rejects.stat().st_size:
            with rejects.open("rb") as lines, replacing(self._rejects_output) as file:
                shutil.copyfileobj(lines, file)
        if self._done.predictions and not predictions.stat().st_size:
            return
        if output_kind(self._output) == "jsonl":
            move(predictions, self._output)
        else:
            convert(predictions, self._output)


def _write(file: BinaryIO, data: bytes) -> None:
    """Write all of `data`; a write without a buffer may take a part of it only."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _lock(file: BinaryIO, folder: Path) -> None:
    """Keep a second run out for as long as this one lives."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataError(f"{folder} is in use by another run") from error
