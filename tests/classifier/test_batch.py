"""Batch: nothing lost, nothing doubled, whatever happens."""

import contextlib
import gc
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from runs import alive, eventually, interrupted, journal_size, make_dump, not_me, outside, results, run, start
from stub_model import StubModel

from topic_stance.classifier import journal
from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.journal import Counts
from topic_stance.data import writers
from topic_stance.data.records import DataError, Prediction, TopicStanceError


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
