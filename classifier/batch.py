"""A dump in, predictions out: in chunks, through worker processes, in input order, and never a record lost.

There is one output line for each record that was read, or one reject; what is done is kept, so that a run which was
ended in any way can be gone on with and comes to the same bytes (see `journal`).
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from functools import partial
from multiprocessing import current_process
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import msgspec

from topic_stance.data.readers import LIMIT, Format, Reject
from topic_stance.data.records import DataError, TopicStanceError
from topic_stance.data.writers import check_writable, output_kind

from .chunks import Chunk, Dump, InputChanged
from .compiling import announce
from .dedup import NearDuplicates
from .journal import Counts, Plan, Position, Work
from .progress import Progress
from .workers import Loader, Outcome, predict_here, predict_in_workers

CHUNK = 256
"""Articles that go to a worker at once; fewer where they are long."""


class BundleModel:
    """The model in a bundle folder; with `topics_only`, quotes and actors stay empty."""

    def __init__(self, path: Path, topics_only: bool = False, announced: bool = False) -> None:
        from .pipeline import load

        # One process is enough to say what all of them wait for.
        if announced and current_process().name in ("MainProcess", "SpawnProcess-1"):
            announce()
        pipeline = load(path)
        self.predict = pipeline.predict_topics if topics_only else pipeline.predict


def predict_dump(
    model_path: str | os.PathLike[str],
    inputs: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] = "-",
    *,
    processes: int | None = None,
    chunk_size: int = CHUNK,
    rejects: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    dedup: bool = False,
    only: Literal["topics"] | None = None,
    format: Format | None = None,
    limit: int = LIMIT,
    progress: Progress | None = None,
    loader: Loader | None = None,
) -> Counts:
    """Predict every article of `inputs` (files, folders, "-") with the bundle in `model_path` into `output`.

    `output` is JSON Lines, plain or compressed, or Parquet, by its name, and appears when it is complete; "-" is
    standard output. Rejects go to `rejects`; where none is given to `OUTPUT.rejects.jsonl`, or to standard error beside
    standard output. `processes` defaults to the number of processors; with 1, all is done in this process. `resume`
    goes on with a run that ended early, `overwrite` throws away what it left. `dedup` drops near-duplicates into the
    rejects. With `only`, quotes and actors are not looked for, and empty. `limit` is the longest record in bytes.
    `loader` makes another model from its path than the bundle's; other processes must be able to import it.
    `chunk_size`: articles that go to a worker at once. `format`: of the inputs, where names do not tell. `progress` is
    shown how far it is, and with it compiling is announced.

    Returns the counts, those of an earlier part of the run included. Raises `TopicStanceError` for whatever ends the
    run early, `KeyboardInterrupt` where somebody does; the message says whether it can be gone on with.
    """
    names = [os.fspath(name) for name in inputs]
    loader = loader or partial(BundleModel, topics_only=only == "topics", announced=progress is not None)
    output_kind(output)
    if resume and (os.fspath(output) == "-" or "-" in names):
        raise DataError("--resume only goes on from files into a file, not from standard input or into standard output")
    fingerprint = _fingerprint(Path(model_path))
    dump = Dump(names, format=format, limit=limit)
    check = NearDuplicates().check if dedup else None
    plan = Plan(_version(), fingerprint, dump.digest, dedup, only, format, limit)
    sink = _open_sink(os.fspath(output), rejects, plan, names, resume=resume, overwrite=overwrite)
    with _kept_on_failure(sink, resumable="-" not in names):
        if not sink.complete:
            before = 0 if dedup else dump.size_before(sink.position)
            if progress:
                progress.start(dump.size, sink.counts.read, before)
            chunks = dump.chunks(sink.position, chunk_size, check=check, on_bytes=progress.read if progress else None)
            results = _results(chunks, loader, Path(model_path), processes or _processors())
            with contextlib.closing(results):
                _drain(results, sink, progress)
        sink.finish()
    return sink.counts


class _Sink(Protocol):
    """Where results go: the work folder of an output file, or standard output."""

    @property
    def position(self) -> Position: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def complete(self) -> bool: ...
    def add(self, lines: bytes, rejects: list[Reject], position: Position, counts: Counts) -> None: ...
    def finish(self) -> None: ...
    def keep(self) -> str: ...
    def discard(self) -> str: ...


def _open_sink(
    output: str, rejects: str | os.PathLike[str] | None, plan: Plan, inputs: list[str], *, resume: bool, overwrite: bool
) -> _Sink:
    """The work folder of an output file, or standard output for "-"; neither may be one of the inputs."""
    beside = None if rejects is None else Path(rejects)
    if output == "-":
        check_writable({} if beside is None else {"rejects": beside}, inputs)
        return _Stream(beside)
    beside = beside or Path(f"{output}.rejects.jsonl")
    check_writable({"predictions": Path(output), "rejects": beside}, inputs)
    return Work(Path(output), beside, plan, resume=resume, overwrite=overwrite)


class _Stream:
    """Standard output, with rejects beside it in a file or on standard error; all of it goes out at once."""

    def __init__(self, rejects: Path | None) -> None:
        if getattr(sys.stdout, "name", None) == os.devnull:
            raise DataError("standard output is closed: use -o FILE")
        self.position, self.counts, self.complete = Position(), Counts(), False
        self._path = rejects
        self._rejects: BinaryIO | None = None

    def add(self, lines: bytes, rejects: list[Reject], position: Position, counts: Counts) -> None:
        """Write out what came of the input up to `position`."""
        try:
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DataError(f"standard output cannot be written: {error.strerror}") from error
        for reject in rejects:
            self._refuse(reject)
        self.counts = counts

    def finish(self) -> None:
        """Close the rejects; without any, those of an earlier run are removed."""
        if self._rejects:
            self._rejects.close()
        elif self._path:
            self._path.unlink(missing_ok=True)

    def keep(self) -> str:
        """Nothing can be kept."""
        return self.discard()

    def discard(self) -> str:
        """Close the rejects."""
        if self._rejects:
            self._rejects.close()
        return ""

    def _refuse(self, reject: Reject) -> None:
        if self._path is None:
            print(f"topic-stance: {reject}", file=sys.stderr)
            return
        self._rejects = self._rejects or self._path.open("wb")
        self._rejects.write(msgspec.json.encode(reject) + b"\n")


@contextlib.contextmanager
def _kept_on_failure(sink: _Sink, *, resumable: bool) -> Iterator[None]:
    """Whatever ends the run, what is done is kept where it is of use, and the message says so."""
    end = sink.keep if resumable else sink.discard
    try:
        yield
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(_sentence("interrupted", end())) from error
    except BrokenPipeError:  # whoever reads standard output has had enough
        end()
        raise
    except InputChanged:
        sink.discard()  # nothing could go on with it
        raise
    except (TopicStanceError, OSError) as error:
        raise TopicStanceError(_sentence(str(error), end())) from error
    except BaseException:
        end()
        raise


def _sentence(what: str, hint: str) -> str:
    return f"{what}; {hint}" if hint else what


def _results(
    chunks: Iterator[Chunk], loader: Loader, model_path: Path, processes: int
) -> Generator[tuple[Chunk, Outcome]]:
    """Outcomes in the order of the chunks; workers are only started where there is more than one chunk."""
    first = list(itertools.islice(chunks, 2)) if processes > 1 else []
    chunks = itertools.chain(first, chunks)
    if len(first) > 1:
        yield from predict_in_workers(chunks, loader, model_path, processes)
    else:
        yield from predict_here(chunks, loader, model_path)


def _drain(results: Iterable[tuple[Chunk, Outcome]], sink: _Sink, progress: Progress | None) -> None:
    counts = msgspec.structs.replace(sink.counts)
    try:
        for chunk, outcome in results:
            rejects = _rejects(chunk, outcome)
            counts.read += len(chunk.items)
            counts.rejected += len(rejects)
            counts.predicted = counts.read - counts.rejected
            counts.duplicates += chunk.dropped
            sink.add(outcome.lines, rejects, chunk.position, counts)
            if progress:
                progress.update(counts.read)
    finally:
        if progress:
            progress.close()


def _rejects(chunk: Chunk, outcome: Outcome) -> list[Reject]:
    """What was rejected by the reader and what the model failed on, in the order of the input."""
    rejects = []
    article = 0
    for item in chunk.items:
        if isinstance(item, Reject):
            rejects.append(item)
            continue
        if article in outcome.failures:
            reason = outcome.failures[article]
            rejects.append(Reject(item.file, item.line, item.offset, item.article.id, reason))
        article += 1
    return rejects


def _fingerprint(model_path: Path) -> str:
    """What tells this model from any other: its manifest holds the checksums of all of its files."""
    path = model_path / "manifest.json"
    if not path.is_file():
        raise DataError(f"{model_path}: no model there (a folder with a manifest.json)")
    try:
        with path.open("rb") as file:  # as much as `bundle` reads of it
            return hashlib.sha256(file.read(1 << 20)).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _version() -> str:
    from importlib import metadata  # takes longer than the rest of this module

    try:
        return metadata.version("topic-stance")
    except metadata.PackageNotFoundError:  # run from its sources
        return "0"


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
