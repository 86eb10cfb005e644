"""Chunks through a model, in this process or in others; what comes out is in the order of what goes in."""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import msgspec

from topic_stance.data.formats import valid
from topic_stance.data.readers import Record
from topic_stance.data.records import Article, Prediction, TopicStanceError

from .chunks import Chunk

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

_AHEAD = 4  # chunks for each worker that may be done already behind one that takes long
_encoder = msgspec.json.Encoder()
_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(list[Article])


class Model(Protocol):
    """What predicts: one prediction an article, in their order."""

    def predict(self, articles: list[Article], /) -> Sequence[Prediction]:
        """Predict each of `articles`."""


Loader = Callable[[Path], Model]


class Outcome(msgspec.Struct):
    """Of one chunk: the predictions as lines of JSON, and by index of the article the reason why one is missing."""

    lines: bytes
    failures: dict[int, str]


def predict_here(chunks: Iterable[Chunk], loader: Loader, model_path: Path) -> Iterator[tuple[Chunk, Outcome]]:
    """Predict one chunk after the other in this process. The model is loaded when the first one comes."""
    model: Model | None = None
    for chunk in chunks:
        model = model or loader(model_path)
        yield chunk, _outcome(model, _articles(chunk))


def predict_in_workers(
    chunks: Iterable[Chunk], loader: Loader, model_path: Path, processes: int
) -> Iterator[tuple[Chunk, Outcome]]:
    """Predict chunks in `processes` others, a few chunks ahead of the one that is next in order.

    Raises what `loader` raises, and `TopicStanceError` where a worker dies.
    """
    jobs: deque[_Job] = deque()
    workers = _Workers(loader, model_path, processes)
    try:
        for chunk in chunks:
            jobs.append(workers.send(chunk))
            while jobs and (jobs[0].outcome or len(jobs) >= _AHEAD * processes):
                yield workers.finish(jobs.popleft())
        while jobs:
            yield workers.finish(jobs.popleft())
    finally:
        workers.end()


class _Job:
    """A chunk that a worker has, or has had."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.outcome: Outcome | None = None


class _Workers:
    """Processes with a pipe to each. A chunk is only sent to one that waits for it, so that no pipe ever fills up.

    There is no thread in this, as there is in the executors of the standard library: one that has to share this
    process with a busy reader would wait for its turn at every piece of a chunk.
    """

    def __init__(self, loader: Loader, model_path: Path, processes: int) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")  # "fork" breaks the threads of the libraries in use
        self._processes: list[SpawnProcess] = []
        self._idle: list[Connection] = []
        self._busy: dict[Connection, _Job | None] = {}  # with `None`, it is still loading the model
        with _interrupts_ignored():
            for _ in range(processes):
                here, there = context.Pipe()
                process = context.Process(target=_serve, args=(there, loader, model_path), daemon=True)
                process.start()
                there.close()
                self._processes.append(process)
                self._busy[here] = None

    def send(self, chunk: Chunk) -> _Job:
        """Give a chunk to the next worker that is free."""
        packed = _packer.encode(_articles(chunk))
        while not self._idle:
            self._receive()
        worker, job = self._idle.pop(), _Job(chunk)
        with _deaths_named():
            worker.send_bytes(packed)
        self._busy[worker] = job
        return job

    def finish(self, job: _Job) -> tuple[Chunk, Outcome]:
        """Wait for what comes of a chunk."""
        while job.outcome is None:
            self._receive()
        return job.chunk, job.outcome

    def end(self) -> None:
        """End all workers, whatever they are at."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        for connection in (*self._idle, *self._busy):
            connection.close()

    def _receive(self) -> None:
        """Take what workers have to say, as soon as one of them has."""
        from multiprocessing.connection import wait

        for ready in wait(list(self._busy)):
            worker = cast("Connection", ready)
            with _deaths_named():
                answer: Outcome | Exception | None = worker.recv()
            if isinstance(answer, Exception):
                raise answer
            job = self._busy.pop(worker)
            self._idle.append(worker)
            if job is not None:
                job.outcome = answer


def _serve(connection: Connection, loader: Loader, model_path: Path) -> None:
    """The life of a worker: it ends with the pipe, and so with the process at the other end, however that one ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, too, and ends this
    with contextlib.suppress(EOFError, OSError):
        try:
            model = loader(model_path)
        except Exception as error:
            connection.send(_sendable(error))
            return
        gc.freeze()  # what the model and its code are made of need not be looked through again and again
        connection.send(None)
        while True:
            connection.send(_outcome(model, _unpacker.decode(connection.recv_bytes())))


def _sendable(error: Exception) -> Exception:
    """Not every exception can be sent to another process."""
    import traceback

    if not isinstance(error, TopicStanceError):
        trace = traceback.format_exc()
        error = RuntimeError(f"{type(error).__name__}: {error}")
        error.add_note(trace)
    return error


@contextlib.contextmanager
def _deaths_named() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise TopicStanceError(
            "a worker process has died; if it ran out of memory, fewer --processes need less"
        ) from error


def _articles(chunk: Chunk) -> list[Article]:
    return [item.article for item in chunk.items if isinstance(item, Record)]


def _outcome(model: Model, articles: list[Article]) -> Outcome:
    try:
        return Outcome(_lines(model, articles), {})
    except Exception:
        return _one_by_one(model, articles)


def _one_by_one(model: Model, articles: list[Article]) -> Outcome:
    """An article that the model fails on must not take its neighbours with it."""
    lines, failures = [], {}
    for index, article in enumerate(articles):
        try:
            lines.append(_lines(model, [article]))
        except Exception as error:
            failures[index] = valid(f"prediction failed: {type(error).__name__}: {error}")
    return Outcome(b"".join(lines), failures)


def _lines(model: Model, articles: list[Article]) -> bytes:
    predictions = model.predict(articles)
    if len(predictions) != len(articles):
        raise ValueError(f"{len(predictions)} predictions of {len(articles)} articles")
    return _encoder.encode_lines(predictions)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """For the moment in which workers start: they inherit this, and are not hit before they can settle."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
