"""Chunks of a dump: short where articles are long, refused where a file changes."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.chunks import Dump
from topic_stance.classifier.journal import Position
from topic_stance.data.readers import Record, Reject
from topic_stance.data.records import DataError

sys.path.insert(0, str(Path(__file__).parent))

import stub_model
from stub_model import StubModel


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    model, dump = stub_model.make(tmp_path / "model"), tmp_path / "dump.jsonl"
    dump.write_text('{"text": "Eels."}\n' * 40)

    class Meddling(StubModel):
        def predict(self, articles: Any) -> Any:
            os.utime(dump, (1, 1))
            return super().predict(articles)

    with pytest.raises(DataError, match=r"has changed since this run began, which cannot be resumed: start it again$"):
        predict_dump(model, [dump], tmp_path / "out.jsonl", processes=1, chunk_size=8, loader=Meddling)
    assert not list(tmp_path.glob("out.jsonl*")), "nothing is left that could not be gone on with"


class TestDump:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[str]:
        for name, n in (("a", 1), ("b", 2), ("c", 3)):
            (tmp_path / f"{name}.jsonl").write_text('{"text": "Eels."}\n' * n)
        return [str(tmp_path / f"{name}.jsonl") for name in "abc"]

    def test_sizes(self, files: list[str]) -> None:
        dump = Dump(files, format=None, limit=1_000)
        assert dump.size == 6 * 18
        assert [dump.size_before(Position(k, 0)) for k in range(4)] == [0, 18, 54, 108]
        assert Dump([*files, "-"], format=None, limit=1_000).size is None

    def test_what_stands_before_the_start_is_not_read(self, files: list[str]) -> None:
        told: list[int] = []
        dump = Dump(files, format=None, limit=1_000)
        (chunk,) = dump.chunks(Position(1, 1), 9, check=None, on_bytes=told.append)
        assert len(chunk.items) == 4
        assert sum(told) == 36 + 54

    def test_what_a_check_has_dropped_is_counted_by_chunk(self, files: list[str]) -> None:
        """What the reader has rejected is not, whatever its reason."""
        Path(files[1]).write_text("not JSON\n" + '{"text": "Cod."}\n')

        def no_eels(record: Record) -> Record | Reject:
            return Reject("", 0, 0, None, "an eel") if record.article.text == "Eels." else record

        dump = Dump(files, format=None, limit=1_000)
        chunks = list(dump.chunks(Position(), 2, check=no_eels, on_bytes=None))
        assert [(len(chunk.items), chunk.dropped) for chunk in chunks] == [(2, 1), (2, 1), (2, 2)]
        (rest,) = dump.chunks(Position(2, 1), 9, check=no_eels, on_bytes=None)
        assert rest.dropped == 2

    def test_a_file_that_changed_before_it_is_read(self, files: list[str]) -> None:
        dump = Dump(files, format=None, limit=1_000)
        os.utime(files[0], (1, 1))
        with pytest.raises(DataError, match="has changed"):
            next(dump.chunks(Position(), 1, check=None, on_bytes=None))

    def test_a_long_article_ends_its_chunk_and_no_later_one(self, tmp_path: Path) -> None:
        texts = ["eel " * 300_000, "a", "b", "c"]
        (tmp_path / "d.jsonl").write_text("".join(f'{{"text": "{text}"}}\n' for text in texts))
        dump = Dump([str(tmp_path / "d.jsonl")], format=None, limit=10_000_000)
        assert [len(chunk.items) for chunk in dump.chunks(Position(), 9, check=None, on_bytes=None)] == [1, 3]
