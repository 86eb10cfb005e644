"""Batch: nothing lost, nothing doubled, whatever happens."""

import contextlib
import gc
import io
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

import msgspec
import pyarrow.parquet as pq
import pytest

from topic_stance.classifier import journal
from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.journal import Counts
from topic_stance.classifier.progress import Progress
from topic_stance.data import writers
from topic_stance.data.records import DataError, Prediction, TopicStanceError

sys.path.insert(0, str(Path(__file__).parent))  # workers must find the stub, too

import stub_model
from stub_model import StubModel

HARNESS = Path(stub_model.__file__)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return stub_model.make(tmp_path / "model")


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


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return make_dump(tmp_path / "dump.jsonl", 100)


def run(model: Path, dump: Path, output: Path, **options) -> Counts:
    options = {"processes": 1, "chunk_size": 8, "loader": StubModel, **options}
    return predict_dump(model, [dump], output, **options)


def results(output: Path) -> dict[str, bytes]:
    """Everything that a run has left beside its output."""
    return {path.name: path.read_bytes() for path in output.parent.glob(f"*{output.name}*") if path.is_file()}


def outside(output: Path) -> Path:
    output.parent.mkdir(exist_ok=True)
    return output


@pytest.fixture
def expected(model: Path, dump: Path, tmp_path: Path) -> dict[str, bytes]:
    output = outside(tmp_path / "expected" / "out.jsonl")
    run(model, dump, output)
    return results(output)


class TestResults:
    def test_order_counts_and_rejects(self, model: Path, dump: Path, tmp_path: Path) -> None:
        counts = run(model, dump, tmp_path / "out.jsonl")
        lines = [msgspec.json.decode(line, type=Prediction) for line in (tmp_path / "out.jsonl").open("rb")]
        rejects = [json.loads(line) for line in (tmp_path / "out.jsonl.rejects.jsonl").open()]
        assert [line.id for line in lines] == [str(number) for number in range(100) if number % 17 != 5]
        assert counts == Counts(104, len(lines), len(rejects))
        assert [reject["line"] for reject in rejects] == sorted(reject["line"] for reject in rejects)
        data = dump.read_bytes()
        assert {data[reject["offset"] :][:3] for reject in rejects} == {b"not", b'{"i'}
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "dump.jsonl",
            "model",
            "out.jsonl",
            "out.jsonl.rejects.jsonl",
        ]

    @pytest.mark.parametrize("options", [{"processes": 2}, {"processes": 2, "chunk_size": 1}, {"chunk_size": 1000}])
    def test_the_same_however_it_is_cut(self, model, dump, tmp_path: Path, expected, options) -> None:
        output = outside(tmp_path / "other" / "out.jsonl")
        run(model, dump, output, **options)
        assert results(output) == expected

    def test_parquet(self, model: Path, dump: Path, tmp_path: Path, expected) -> None:
        run(model, dump, tmp_path / "out.parquet")
        rows = msgspec.convert(pq.read_table(tmp_path / "out.parquet").to_pylist(), list[Prediction])
        assert b"".join(msgspec.json.encode(row) + b"\n" for row in rows) == expected["out.jsonl"]

    def test_a_failing_article_leaves_its_neighbours(self, model: Path, tmp_path: Path) -> None:
        dump = tmp_path / "dump.jsonl"
        dump.write_text("".join(json.dumps({"id": text, "text": text}) + "\n" for text in ("a", "FAIL", "b")))
        assert run(model, dump, tmp_path / "out.jsonl") == Counts(3, 2, 1)
        (reject,) = [json.loads(line) for line in (tmp_path / "out.jsonl.rejects.jsonl").open()]
        assert reject == {
            "file": str(dump),
            "line": 2,
            "offset": dump.read_text().index("\n") + 1,
            "id": "FAIL",
            "reason": "prediction failed: ValueError: no way \ufffd",
        }

    def test_no_rejects_no_file(self, model: Path, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.txt").write_text("fine")
        (tmp_path / "out.jsonl.rejects.jsonl").write_text("of an earlier run")
        assert run(model, tmp_path / "in", tmp_path / "out.jsonl") == Counts(1, 1, 0)
        assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()

    def test_empty_input(self, model: Path, tmp_path: Path) -> None:
        (tmp_path / "dump.jsonl").touch()
        assert run(model, tmp_path / "dump.jsonl", tmp_path / "out.jsonl", processes=2) == Counts()
        assert results(tmp_path / "out.jsonl") == {"out.jsonl": b""}

    def test_the_same_id_twice(self, model: Path, tmp_path: Path) -> None:
        (tmp_path / "dump.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}\n')
        run(model, tmp_path / "dump.jsonl", tmp_path / "out.jsonl")
        lines = [json.loads(line) for line in (tmp_path / "out.jsonl").open()]
        assert [(line["id"], line["actors"][0]["name"]) for line in lines] == [("1", "a"), ("1", "b")]

    def test_standard_output(self, model: Path, dump: Path, tmp_path: Path, capfdbinary, expected) -> None:
        (tmp_path / "rejects.jsonl").write_text("of an earlier run")
        run(model, dump, "-", rejects=tmp_path / "rejects.jsonl")
        assert capfdbinary.readouterr().out == expected["out.jsonl"]
        assert (tmp_path / "rejects.jsonl").read_bytes() == expected["out.jsonl.rejects.jsonl"]
        run(model, dump, "-")
        assert capfdbinary.readouterr().err.decode().startswith(f"topic-stance: {dump}:5: not JSON")
        (tmp_path / "a.txt").write_text("fine")
        run(model, tmp_path / "a.txt", "-", rejects=tmp_path / "rejects.jsonl")
        assert not (tmp_path / "rejects.jsonl").exists()

    def test_dedup(self, model: Path, tmp_path: Path) -> None:
        pytest.importorskip("datasketch")
        report = " ".join(f"word{number}" for number in range(200))
        copies = [("first", report), ("other", "Nothing of the kind."), ("second", report + " and one more")]
        dump = tmp_path / "dump.jsonl"
        dump.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in copies))
        assert run(model, dump, tmp_path / "out.jsonl", dedup=True) == Counts(3, 2, 1, 1)
        (reject,) = [json.loads(line) for line in (tmp_path / "out.jsonl.rejects.jsonl").open()]
        assert (reject["id"], reject["reason"]) == ("second", "near-duplicate of first")

    def test_dedup_counts_what_texts_of_one_template_share(self, model: Path, tmp_path: Path) -> None:
        # An estimate by 128 permutations takes some of the pairs, each 0.72 alike, for 0.8.
        pytest.importorskip("datasketch")
        shared = " ".join(f"word{number}" for number in range(200))
        own = [" ".join(f"n{article}x{number}" for number in range(38)) for article in range(150)]
        dump = tmp_path / "dump.jsonl"
        dump.write_text(
            "".join(json.dumps({"id": f"a{k}", "text": f"{shared} {text}"}) + "\n" for k, text in enumerate(own))
        )
        assert run(model, dump, tmp_path / "out.jsonl", dedup=True) == Counts(150, 150, 0, 0)


class TestRefused:
    def test_no_model(self, tmp_path: Path, dump: Path) -> None:
        with pytest.raises(DataError, match="no model there"):
            run(tmp_path / "nothing", dump, tmp_path / "out.jsonl")

    def test_no_input(self, tmp_path: Path, model: Path) -> None:
        with pytest.raises(DataError, match="no such file or folder"):
            run(model, tmp_path / "nothing", tmp_path / "out.jsonl")

    def test_no_folder_for_the_output(self, tmp_path: Path, model: Path, dump: Path) -> None:
        with pytest.raises(DataError, match="nowhere is not a folder"):
            run(model, dump, tmp_path / "nowhere" / "out.jsonl")

    @pytest.mark.parametrize("output", ["in/out.jsonl", "in/a.jsonl"])
    def test_output_among_the_inputs(self, tmp_path: Path, model: Path, output: str) -> None:
        (tmp_path / "in").mkdir()
        make_dump(tmp_path / "in" / "a.jsonl", 3)
        before = (tmp_path / "in" / "a.jsonl").read_bytes()
        with pytest.raises(DataError, match="would be written into the input"):
            run(model, tmp_path / "in", tmp_path / output)
        assert (tmp_path / "in" / "a.jsonl").read_bytes() == before

    def test_rejects_among_the_inputs(self, tmp_path: Path, model: Path) -> None:
        make_dump(tmp_path / "out.jsonl.rejects.jsonl", 3)
        before = (tmp_path / "out.jsonl.rejects.jsonl").read_bytes()
        with pytest.raises(DataError, match=r"rejects\.jsonl would be written into the input"):
            run(model, tmp_path / "out.jsonl.rejects.jsonl", tmp_path / "out.jsonl")
        assert (tmp_path / "out.jsonl.rejects.jsonl").read_bytes() == before

    @pytest.mark.parametrize(
        ("rejects", "message"),
        [
            ("out.jsonl", "predictions and rejects cannot go to one file"),
            ("folder/../out.jsonl", "predictions and rejects cannot go to one file"),
            ("folder", "is not a regular file"),
            ("nowhere/r.jsonl", "nowhere is not a folder"),
            ("-", "rejects cannot go to"),
        ],
    )
    def test_rejects_that_cannot_be_written(
        self, tmp_path: Path, model: Path, dump: Path, rejects: str, message: str
    ) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(DataError, match=message):
            run(model, dump, tmp_path / "out.jsonl", rejects=tmp_path / rejects)
        assert not (tmp_path / "out.jsonl").exists()

    def test_output_that_is_a_circle_of_links(self, tmp_path: Path, model: Path, dump: Path) -> None:
        (tmp_path / "out.jsonl").symlink_to("out.jsonl")
        run(model, dump, tmp_path / "out.jsonl")
        assert not (tmp_path / "out.jsonl").is_symlink()

    @pytest.mark.parametrize("processes", [1, 2])
    def test_broken_model(self, tmp_path: Path, model: Path, dump: Path, processes: int) -> None:
        (model / "broken").touch()
        with pytest.raises(TopicStanceError, match=r"checksum of topics.safetensors does not fit$"):
            run(model, dump, tmp_path / "out.jsonl", processes=processes)
        assert results(tmp_path / "out.jsonl") == {}
        assert not (tmp_path / "out.jsonl.partial").exists()


class Crash(BaseException):
    """The end of the process, as far as a test can have it without ending itself."""


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Let the run die in its `step`th access to the disk, and let nothing be done after; returns whether it has died.

    Every second time it dies in the middle of a write, not before it.
    """
    taken = 0

    def dying(call: Callable, halfway: Callable | None = None) -> Callable:
        def stepping(*arguments, **options):
            nonlocal taken
            taken += 1
            if taken == step and halfway and step % 2:
                halfway(*arguments)
            if taken >= step:
                raise Crash
            return call(*arguments, **options)

        return stepping

    write = journal._write
    monkeypatch.setattr(journal, "_write", dying(write, lambda file, data: write(file, data[: len(data) // 2])))
    monkeypatch.setattr(journal, "_lock", lambda *_: None)
    monkeypatch.setattr(os, "fsync", dying(os.fsync))
    monkeypatch.setattr(os, "replace", dying(os.replace))
    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))
    monkeypatch.setattr(Path, "rmdir", dying(Path.rmdir))
    monkeypatch.setattr(writers, "sync_folder", lambda _: None)
    monkeypatch.setattr(journal, "sync_folder", lambda _: None)
    return lambda: taken >= step


class TestResume:
    @pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_after_an_end_at_every_access_to_the_disk(
        self, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        dump = make_dump(tmp_path / "dump.jsonl", 30)
        wanted = outside(tmp_path / "wanted" / name)
        run(model, dump, wanted)
        monkeypatch.setattr(journal, "_SECONDS", 0.0)
        for step in range(1, 1_000):
            output = outside(tmp_path / f"after-{step}" / name)
            with monkeypatch.context() as patch:
                died = stop_at(step, patch)
                with contextlib.suppress(Crash):
                    run(model, dump, output)
                if not died():
                    break
            gc.collect()
            run(model, dump, output, resume=True)
            assert results(output) == results(wanted)
            assert not list(output.parent.glob("*.partial"))
        assert step > 20

    def test_after_twenty_kills(self, model: Path, tmp_path: Path) -> None:
        dump = make_dump(tmp_path / "dump.jsonl", 8_000, extra="SLOW")
        wanted = outside(tmp_path / "wanted" / "out.jsonl")
        run(model, dump, wanted, chunk_size=500, processes=2)
        output = outside(tmp_path / "killed" / "out.jsonl")
        noise = random.Random(7)
        for kill in range(20):
            before = journal_size(output)
            process = start(model, dump, output, str(1 + kill % 2), "resume")
            if kill % 4:  # the others are killed while they start
                assert eventually(lambda before=before: journal_size(output) > before)
            time.sleep(noise.uniform(0, 0.1 if kill % 4 else 0.5))
            assert process.poll() is None
            process.kill()
            process.communicate()
            assert results(output) == {}
        assert journal_size(output) > 0
        process = start(model, dump, output, "2", "resume")
        assert process.wait() == 0
        assert results(output) == results(wanted)
        assert not list(output.parent.glob("*.partial"))
        assert eventually(lambda: not any(alive(int(path.stem)) for path in model.glob("*.pid") if not_me(path)))

    def test_a_leftover_is_refused_or_overwritten(self, model: Path, dump: Path, tmp_path: Path, expected) -> None:
        output = outside(tmp_path / "new" / "out.jsonl")
        interrupted(model, dump, output)
        with pytest.raises(DataError, match="continue it with --resume, or start over with --overwrite"):
            run(model, dump, output)
        run(model, dump, output, overwrite=True)
        assert results(output) == expected

    def test_goes_on_in_the_middle(self, model: Path, dump: Path, tmp_path: Path, expected) -> None:
        output = outside(tmp_path / "new" / "out.jsonl")
        interrupted(model, dump, output)
        seen = []

        class Watching(StubModel):
            def predict(self, articles):
                seen.extend(articles)
                return super().predict(articles)

        run(model, dump, output, resume=True, loader=Watching)
        assert results(output) == expected
        assert 0 < len(seen) < 80

    def test_dedup_remembers(self, model: Path, tmp_path: Path) -> None:
        pytest.importorskip("datasketch")
        dump = tmp_path / "dump.jsonl"
        dump.write_text("".join(json.dumps({"text": f"word{number % 20} " * 9}) + "\n" for number in range(60)))
        output = outside(tmp_path / "new" / "out.jsonl")
        interrupted(model, dump, output, dedup=True)
        assert run(model, dump, output, resume=True, dedup=True) == Counts(60, 20, 40, 40)

    @pytest.mark.parametrize("change", ["input", "model", "limit"])
    def test_refuses_other_circumstances(self, model: Path, dump: Path, tmp_path: Path, change: str) -> None:
        output = outside(tmp_path / "new" / "out.jsonl")
        interrupted(model, dump, output)
        options = {}
        if change == "input":
            os.utime(dump, (1, 1))
        elif change == "model":
            (model / "manifest.json").write_text('{"version": 2}')
        else:
            options["limit"] = 5
        with pytest.raises(DataError, match=f"belongs to a run with a different {change}"):
            run(model, dump, output, resume=True, **options)
        assert (tmp_path / "new" / "out.jsonl.partial").exists()

    def test_refuses_a_damaged_folder(self, model: Path, dump: Path, tmp_path: Path) -> None:
        output = outside(tmp_path / "new" / "out.jsonl")
        interrupted(model, dump, output)
        (tmp_path / "new" / "out.jsonl.partial" / "predictions.jsonl").write_bytes(b"")
        with pytest.raises(DataError, match="is damaged: start over with --overwrite"):
            run(model, dump, output, resume=True)

    def test_two_at_once(self, model: Path, dump: Path, tmp_path: Path) -> None:
        output = outside(tmp_path / "new" / "out.jsonl")
        plan = journal.Plan("", "", "", False, None, None, 1)
        first = journal.Work(output, Path("rejects"), plan, resume=False, overwrite=False)
        with pytest.raises(DataError, match="in use by another run"):
            journal.Work(output, Path("rejects"), plan, resume=True, overwrite=False)
        first.discard()

    @pytest.mark.parametrize(("inputs", "output"), [(["-"], "out.jsonl"), (["x"], "-")])
    def test_not_with_pipes(self, model: Path, inputs: list[str], output: str) -> None:
        with pytest.raises(DataError, match="--resume only goes on from files into a file"):
            predict_dump(model, inputs, output, resume=True, loader=StubModel)


class TestFaults:
    def test_articles_that_kill_their_worker(self, model: Path, tmp_path: Path) -> None:
        dump = make_dump(tmp_path / "dump.jsonl", 100)
        with dump.open("a") as file:
            file.write('{"id": "DIE", "text": "DIE"}\n{"id": "FAIL", "text": "FAIL"}\n')
            file.write('{"id": "again", "text": "DIE"}\n{"id": "last", "text": "well"}\n')
        (model / "die").touch()
        output = outside(tmp_path / "new" / "out.jsonl")
        counts = run(model, dump, output, processes=2)
        assert (counts.read, counts.rejected) == (108, 13)
        assert json.loads(output.read_bytes().splitlines()[-1])["id"] == "last"
        rejects = [json.loads(line) for line in Path(f"{output}.rejects.jsonl").read_bytes().splitlines()]
        assert [(reject["id"], reject["reason"].split("(")[0]) for reject in rejects[-3:]] == [
            ("DIE", "prediction failed: its process died "),
            ("FAIL", "prediction failed: ValueError: no way \ufffd"),
            ("again", "prediction failed: its process died "),
        ]
        assert rejects[-1]["reason"].endswith("(Killed)")
        (model / "die").unlink()
        others = outside(tmp_path / "others" / "out.jsonl")
        run(model, dump, others, processes=2)
        lines = others.read_bytes().splitlines(keepends=True)
        assert output.read_bytes() == b"".join(line for line in lines if b"DIE" not in line)

    def test_workers_killed_from_outside(self, model: Path, dump: Path, tmp_path: Path, expected) -> None:
        class Killing(Progress):
            killed = 0

            def update(self, articles: int) -> None:
                for path in model.glob("*.pid"):
                    if self.killed < 4 and int(path.stem) != os.getpid():
                        path.unlink()
                        os.kill(int(path.stem), signal.SIGKILL)
                        self.killed += 1

        killing = Killing(io.StringIO())
        output = outside(tmp_path / "new" / "out.jsonl")
        run(model, dump, output, processes=2, progress=killing)
        assert killing.killed >= 3
        assert results(output) == expected

    def test_more_deaths_than_articles_can_be_blamed_for(self, model: Path, tmp_path: Path) -> None:
        dump = make_dump(tmp_path / "dump.jsonl", 100)
        with dump.open("a") as file:
            file.write('{"id": "last", "text": "DIE"}\n' * 12)
        output = outside(tmp_path / "new" / "out.jsonl")
        (model / "die").touch()
        with pytest.raises(
            TopicStanceError, match=r"11 worker processes have died \(.*Killed\).*with --resume to go on"
        ):
            run(model, dump, output, processes=2)
        assert results(output) == {}
        (model / "die").unlink()
        assert run(model, dump, output, processes=2, resume=True).read == 116
        assert json.loads(output.read_bytes().splitlines()[-1])["id"] == "last"

    def test_workers_that_die_before_they_have_the_model(self, model: Path, dump: Path, tmp_path: Path) -> None:
        (model / "deadly").touch()
        with pytest.raises(TopicStanceError, match=r"a worker process has died \(exit code 7\) before it had loaded"):
            run(model, dump, outside(tmp_path / "new" / "out.jsonl"), processes=2)

    def test_a_vanished_input(self, model: Path, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        make_dump(tmp_path / "in" / "a.jsonl", 40)
        second = make_dump(tmp_path / "in" / "b.jsonl", 40)
        moved = tmp_path / "moved"

        class Vanishing(StubModel):
            def predict(self, articles):
                if second.exists():
                    second.rename(moved)
                return super().predict(articles)

        output = outside(tmp_path / "new" / "out.jsonl")
        with pytest.raises(TopicStanceError, match=r"b\.jsonl has vanished since this run began; .* --resume"):
            run(model, tmp_path / "in", output, loader=Vanishing)
        assert results(output) == {}
        moved.rename(second)
        assert run(model, tmp_path / "in", output, resume=True).read == 84

    def test_a_full_disk(self, model: Path, dump: Path, tmp_path: Path, expected) -> None:
        output = outside(tmp_path / "new" / "out.jsonl")
        process = start(model, dump, output, "1", limit=4_000)
        _, errors = process.communicate()
        assert process.returncode != 0
        assert "cannot be written: File too large; what is finished is kept" in errors
        assert results(output) == {}
        run(model, dump, output, resume=True)
        assert results(output) == expected

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_standard_output(self, model: Path, dump: Path) -> None:
        with open("/dev/full", "wb") as full:
            process = start(model, dump, "-", "1", stdout=full)
            _, errors = process.communicate()
        assert "standard output cannot be written: No space left on device" in errors

    def test_an_interrupt(self, model: Path, tmp_path: Path) -> None:
        dump = make_dump(tmp_path / "dump.jsonl", 1_000, extra="SLOW")
        output = outside(tmp_path / "new" / "out.jsonl")
        process = start(model, dump, output, "2", start_new_session=True)
        assert eventually((output.parent / "out.jsonl.partial" / "predictions.jsonl").exists)
        assert eventually(lambda: (output.parent / "out.jsonl.partial" / "predictions.jsonl").stat().st_size > 0)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate()
        assert errors.count("Traceback") <= 2  # only of the parent, which has no command line around it here
        assert "SpawnProcess" not in errors
        assert "KeyboardInterrupt: interrupted; what is finished is kept" in errors
        run(model, dump, output, resume=True, processes=2)
        wanted = outside(tmp_path / "wanted" / "out.jsonl")
        run(model, dump, wanted, processes=2)
        assert results(output) == results(wanted)


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
