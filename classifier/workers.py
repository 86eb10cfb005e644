"""Chunks through a model, in this process or in others; what comes out is in the order of what goes in."""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

import msgspec

from topic_stance.data.formats import valid
from topic_stance.data.readers import Record
from topic_stance.data.records import Article, Prediction, TopicStanceError

from .chunks import Chunk

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

_AHEAD = 4  # chunks for each worker that may be done already behind one that takes long
_MOST_DEATHS = 10  # of workers in one run; with more, the articles are hardly to blame
_DEATH = (EOFError, OSError)  # what a pipe to a dead process raises
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

    An article that kills its worker is a failure. Raises what `loader` raises, and `TopicStanceError` where a worker
    dies before it has loaded the model, or too many do.
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
    A process that dies over a chunk is replaced, and the chunk done again an article at a time; until that is done,
    this process hears no other.
    """

    def __init__(self, loader: Loader, model_path: Path, processes: int) -> None:
        self._loader, self._model_path = loader, model_path
        self._processes: dict[Connection, SpawnProcess] = {}
        self._idle: list[Connection] = []
        self._busy: dict[Connection, _Job | None] = {}  # with `None`, it is still loading the model
        self._deaths = 0
        for _ in range(processes):
            self._busy[self._start()] = None

    def send(self, chunk: Chunk) -> _Job:
        """Give a chunk to the next worker that is free."""
        packed = _packer.encode(_articles(chunk))
        while not self._idle:
            self._receive()
        worker, job = self._idle.pop(), _Job(chunk)
        try:
            worker.send_bytes(packed)
            self._busy[worker] = job
        except OSError:
            self._redo(worker, job)
        return job

    def finish(self, job: _Job) -> tuple[Chunk, Outcome]:
        """Wait for what comes of a chunk."""
        while job.outcome is None:
            self._receive()
        return job.chunk, job.outcome

    def end(self) -> None:
        """End all workers, whatever they are at."""
        for process in self._processes.values():
            process.terminate()
        for connection, process in self._processes.items():
            process.join()
            connection.close()

    def _start(self) -> Connection:
        import multiprocessing

        context = multiprocessing.get_context("spawn")  # "fork" breaks the threads of the libraries in use
        with _interrupts_ignored():
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, self._loader, self._model_path), daemon=True)
            process.start()
            there.close()
        self._processes[here] = process
        return here

    def _receive(self) -> None:
        """Take what workers have to say, as soon as one of them has."""
        from multiprocessing.connection import wait

        for ready in wait(list(self._busy)):
            worker = cast("Connection", ready)
            job = self._busy.pop(worker)
            try:
                answer = _answer(worker)
            except _DEATH:
                if job is None:
                    self._fail_unloaded(worker)
                self._redo(worker, job)
                continue
            self._idle.append(worker)
            if job is not None:
                job.outcome = answer

    def _redo(self, dead: Connection, job: _Job) -> None:
        """Have the chunk of a dead worker done by another, an article at a time."""
        self._bury(dead)
        worker, job.outcome = self._each_alone(_articles(job.chunk))
        self._idle.append(worker)

    def _fail_unloaded(self, dead: Connection) -> NoReturn:
        """Raise `TopicStanceError` for a worker that has died before it had a model: another would as well."""
        raise TopicStanceError(
            f"a worker process has died ({self._bury(dead)}) before it had loaded the model: if it ran out of memory, "
            'fewer --processes need less; a script that calls predict_dump needs `if __name__ == "__main__":`'
        )

    def _each_alone(self, articles: list[Article]) -> tuple[Connection, Outcome]:
        """What comes of articles of which one may kill whoever predicts it, and a worker that is left."""
        worker = self._loaded()
        lines, failures = [], {}
        for index, article in enumerate(articles):
            try:
                worker.send_bytes(_packer.encode([article]))
                answer = cast("Outcome", _answer(worker))
            except _DEATH:
                failures[index] = f"prediction failed: its process died ({self._bury(worker)})"
                worker = self._loaded()
                continue
            lines.append(answer.lines)
            for reason in answer.failures.values():
                failures[index] = reason
        return worker, Outcome(b"".join(lines), failures)

    def _loaded(self) -> Connection:
        """A new worker, with the model loaded."""
        worker = self._start()
        try:
            _answer(worker)
        except _DEATH:
            self._fail_unloaded(worker)
        return worker

    def _bury(self, worker: Connection) -> str:
        """Put a dead worker away, and say how it ended; raises `TopicStanceError` where too many have."""
        process = self._processes.pop(worker)
        worker.close()
        process.join(1)
        process.kill()  # nothing is left of one that has ended
        process.join()
        code = process.exitcode or 0
        how = signal.strsignal(-code) or f"signal {-code}" if code < 0 else f"exit code {code}"
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            raise TopicStanceError(
                f"{self._deaths} worker processes have died (the last one: {how}); if they ran out of memory, fewer "
                "--processes need less"
            )
        return how


def _answer(worker: Connection) -> Outcome | None:
    """What a worker says next; raises what it could not load the model for, and `_DEATH` where it is dead."""
    answer: Outcome | Exception | None = worker.recv()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _serve(connection: Connection, loader: Loader, model_path: Path) -> None:
    """The life of a worker: it ends with the pipe, and so with the process at the other end, however that one ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, too, and ends this
    with contextlib.suppress(*_DEATH):
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
            failures[index] = valid(failure(error))
    return Outcome(b"".join(lines), failures)


def failure(error: Exception) -> str:
    """The reason of a reject whose article the model failed on."""
    return f"prediction failed: {type(error).__name__}: {error}"


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
