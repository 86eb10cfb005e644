"""Runs of batch prediction with a stand-in for the model, what they leave, and how to interrupt them."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.journal import Counts

sys.path.insert(0, str(Path(__file__).parent))  # workers must find the stand-in, too

import stub_model
from stub_model import StubModel

HARNESS = Path(stub_model.__file__)


def make_dump(path: Path, articles: int, *, extra: str = "") -> Path:
    """Articles with a record among them, now and then, that must be rejected."""
    noise = random.Random(3)
    with path.open("w") as file:
        for number in range(articles):
            words = " ".join(noise.choice(["port", "court", "envoy", "ship"]) for _ in range(noise.randint(1, 30)))
            text = None if number % 17 == 5 else f"Article {number}: {words} {extra}"
            file.write(json.dumps({"id": str(number), "text": text}) + "\n")
            if number % 29 == 3:
                file.write("not json\n")
    return path


def run(model: Path, dump: Path, output: Path, **options) -> Counts:
    options = {"processes": 1, "chunk_size": 8, "loader": StubModel, **options}
    return predict_dump(model, [dump], output, **options)


def results(output: Path) -> dict[str, bytes]:
    """Everything that a run has left beside its output."""
    return {path.name: path.read_bytes() for path in output.parent.glob(f"*{output.name}*") if path.is_file()}


def outside(output: Path) -> Path:
    output.parent.mkdir(exist_ok=True)
    return output


def interrupted(model: Path, dump: Path, output: Path, **options) -> None:
    """Leave the work folder of a run that was interrupted in its fourth chunk."""

    class Interrupting(StubModel):
        chunks = 0

        def predict(self, articles):
            self.chunks += 1
            if self.chunks == 4:
                raise KeyboardInterrupt
            return super().predict(articles)

    with pytest.raises(KeyboardInterrupt, match="run the same command with --resume"):
        run(model, dump, output, loader=Interrupting, **options)
    assert results(output) == {}


def start(
    model: Path, dump: Path, output: Path | str, *arguments: str, limit: int = 0, **options
) -> subprocess.Popen[str]:
    def limited() -> None:
        # A process that was started in the background may have passed on that it ignores interrupts.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, str(HARNESS), str(model), str(dump), str(output), *arguments]
    options = {"stdout": subprocess.DEVNULL, **options}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=limited, **options)


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true at all; the time only ends a test that fails."""
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def journal_size(output: Path) -> int:
    path = output.with_name(f"{output.name}.partial") / "journal"
    return path.stat().st_size if path.exists() else 0


def alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def not_me(path: Path) -> bool:
    return path.stem != str(os.getpid())
