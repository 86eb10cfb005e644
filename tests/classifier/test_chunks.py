"""Chunks of a dump: short where articles are long, refused where a file changes."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.chunks import Dump
from topic_stance.classifier.journal import Position
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


def test_long_articles_make_short_chunks(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "eel " * size}) for size in (1, 1, 200_000, 200_000, 1, 1)]
    (tmp_path / "dump.jsonl").write_text("\n".join(lines))
    found = Dump([str(tmp_path / "dump.jsonl")], format=None, limit=10_000_000).chunks(
        Position(), 256, check=None, on_bytes=None
    )
    assert len(list(found)) > 1
