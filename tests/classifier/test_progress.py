"""Progress: a bar on a terminal, lines in a log, and nothing where neither can be written to."""

import contextlib
import io
import sys
from pathlib import Path
from typing import TextIO

import pytest

from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.progress import Progress

sys.path.insert(0, str(Path(__file__).parent))

import stub_model
from stub_model import StubModel


def run(folder: Path, out: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predict a small dump, and show a line for each chunk."""
    monkeypatch.setattr("topic_stance.classifier.progress._LINE_SECONDS", 0.0)
    model, dump = stub_model.make(folder / "model"), folder / "dump.jsonl"
    dump.write_text('{"text": "Eels."}\n' * 40)
    output = folder / "out.jsonl"
    predict_dump(model, [dump], output, processes=1, chunk_size=8, loader=StubModel, progress=Progress(out))


def test_lines_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.0, 5.0, 10.0, 11.0])
    monkeypatch.setattr("time.monotonic", lambda: next(moments))
    out = io.StringIO()
    progress = Progress(out)
    progress.start(4_000_000)
    progress.read(1_000_000)
    for articles in (100, 2_000, 2_100):
        progress.update(articles)
    progress.close()
    assert out.getvalue() == " 25%  2,000 articles  200/s  0:30 left\n"


def test_what_was_done_before_does_not_count_for_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4 MB, 2 were read by an earlier run; this one read 1 MB in 10 seconds, so that the last takes 10 more."""
    moments = iter([0.0, 0.0, 10.0])
    monkeypatch.setattr("time.monotonic", lambda: next(moments))
    out = io.StringIO()
    progress = Progress(out)
    progress.start(4_000_000, articles=2_000, skipped=2_000_000)
    progress.read(1_000_000)
    progress.update(3_000)
    assert out.getvalue() == " 75%  3,000 articles  100/s  0:10 left\n"


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    moments = iter([0.0, 0.0, 2.0])
    monkeypatch.setattr("time.monotonic", lambda: next(moments))
    out = Terminal()
    progress = Progress(out)
    progress.start(100)
    progress.read(50)
    progress.update(10)
    progress.close()
    assert "█" in out.getvalue()
    assert "10 articles  5/s  0:02 left" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_a_run_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    run(tmp_path, out, monkeypatch)
    assert "100%" in out.getvalue()
    assert "40 articles" in out.getvalue()


def test_a_log_that_is_full_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as out:
        run(tmp_path, out, monkeypatch)
        with contextlib.suppress(OSError):
            out.close()
    assert (tmp_path / "out.jsonl").exists()
