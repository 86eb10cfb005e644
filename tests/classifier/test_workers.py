"""Workers, disks and inputs that fail while a dump is predicted."""

import io
import json
import os
import signal
from pathlib import Path

import pytest
from runs import eventually, make_dump, outside, results, run, start
from stub_model import StubModel

from topic_stance.classifier.progress import Progress
from topic_stance.data.records import TopicStanceError


def test_articles_that_kill_their_worker(model: Path, tmp_path: Path) -> None:
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


def test_workers_killed_from_outside(model: Path, dump: Path, tmp_path: Path, expected) -> None:
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


def test_more_deaths_than_articles_can_be_blamed_for(model: Path, tmp_path: Path) -> None:
    dump = make_dump(tmp_path / "dump.jsonl", 100)
    with dump.open("a") as file:
        file.write('{"id": "last", "text": "DIE"}\n' * 12)
    output = outside(tmp_path / "new" / "out.jsonl")
    (model / "die").touch()
    with pytest.raises(TopicStanceError, match=r"11 worker processes have died \(.*Killed\).*with --resume to go on"):
        run(model, dump, output, processes=2)
    assert results(output) == {}
    (model / "die").unlink()
    assert run(model, dump, output, processes=2, resume=True).read == 116
    assert json.loads(output.read_bytes().splitlines()[-1])["id"] == "last"


def test_workers_that_die_before_they_have_the_model(model: Path, dump: Path, tmp_path: Path) -> None:
    (model / "deadly").touch()
    with pytest.raises(TopicStanceError, match=r"a worker process has died \(exit code 7\) before it had loaded"):
        run(model, dump, outside(tmp_path / "new" / "out.jsonl"), processes=2)


def test_a_worker_that_cannot_be_replaced(model: Path, tmp_path: Path) -> None:
    dump = make_dump(tmp_path / "dump.jsonl", 100)
    with dump.open("a") as file:
        file.write('{"id": "last", "text": "DIE"}\n')

    class Spoiling(Progress):
        def update(self, articles: int) -> None:
            (model / "deadly").touch()

    (model / "die").touch()
    with pytest.raises(TopicStanceError, match=r"\(exit code 7\) before it had loaded .*with --resume to go on"):
        run(model, dump, outside(tmp_path / "new" / "out.jsonl"), processes=2, progress=Spoiling(io.StringIO()))


def test_a_vanished_input(model: Path, tmp_path: Path) -> None:
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


def test_a_full_disk(model: Path, dump: Path, tmp_path: Path, expected) -> None:
    output = outside(tmp_path / "new" / "out.jsonl")
    process = start(model, dump, output, "1", limit=4_000)
    _, errors = process.communicate()
    assert process.returncode != 0
    assert "cannot be written: File too large; what is finished is kept" in errors
    assert results(output) == {}
    run(model, dump, output, resume=True)
    assert results(output) == expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_standard_output(model: Path, dump: Path) -> None:
    with open("/dev/full", "wb") as full:
        process = start(model, dump, "-", "1", stdout=full)
        _, errors = process.communicate()
    assert "standard output cannot be written: No space left on device" in errors


def test_an_interrupt(model: Path, tmp_path: Path) -> None:
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
