"""Writers: the same predictions in every format, and nothing half-written."""

import gzip
import io
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
import zstandard

from topic_stance.data.records import Actor, DataError, Prediction, Quote, Stance, TopicScore
from topic_stance.data.writers import check_writable, convert, output_kind, replacing, write

PREDICTIONS = [
    Prediction(
        "é1",
        "m/1",
        [TopicScore("fraud", 0.75, True)],
        [Quote([(0, 5), (9, 12)], None, (6, 8), "mixed", 0), Quote([(1, 2)], (3, 4), None, "direct", None)],
        [Actor("Ann Lee", "person", "", [(6, 8)], [Stance("fraud", "against", 0.5)])],
    ),
    Prediction("2", "m/1", [], [], []),
]
LINES = b"".join(msgspec.json.encode(prediction) + b"\n" for prediction in PREDICTIONS)


def content(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if path.suffix == ".zst" else data


@pytest.mark.parametrize("name", ["out.jsonl", "out.ndjson", "out.jsonl.gz", "out.jsonl.zst"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    write(PREDICTIONS, tmp_path / name)
    assert content(tmp_path / name) == LINES
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_parquet(tmp_path: Path) -> None:
    write(PREDICTIONS, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert msgspec.convert(rows, list[Prediction]) == PREDICTIONS


def test_long_rows_of_parquet_are_converted_a_few_at_a_time(tmp_path: Path) -> None:
    long = Prediction("1", "m" * 5_000_000, [], [], [])
    write([long] * 9, tmp_path / "out.parquet")
    table = pq.ParquetFile(tmp_path / "out.parquet")
    assert [table.metadata.row_group(k).num_rows for k in range(table.num_row_groups)] == [4, 4, 1]
    assert [len(model) for model in table.read()["model"].to_pylist()] == [5_000_000] * 9


def test_parquet_of_nothing(tmp_path: Path) -> None:
    write([], tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.parquet"])
def test_convert_gives_the_same_bytes_every_time(tmp_path: Path, name: str) -> None:
    (tmp_path / "part").write_bytes(LINES)
    write(PREDICTIONS, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    convert(tmp_path / "part", tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
    write(PREDICTIONS, "-")
    assert out.getvalue() == LINES


class TestCheckWritable:
    @pytest.mark.parametrize(
        ("places", "message"),
        [
            ({"the page": "-"}, 'the page cannot go to "-": name a file'),
            ({"the page": "a", "the checks": "b/../a"}, "the page and the checks cannot go to one file: name two"),
            ({"the page": "in.jsonl"}, "would be written into the input"),
            ({"the page": "b"}, "is not a regular file"),
            ({"the page": "nowhere/a"}, "nowhere is not a folder"),
        ],
    )
    def test_refused(self, tmp_path: Path, places: dict[str, str], message: str) -> None:
        (tmp_path / "b").mkdir()
        (tmp_path / "in.jsonl").touch()
        with pytest.raises(DataError, match=message):
            check_writable({name: tmp_path / place for name, place in places.items()}, [tmp_path / "in.jsonl", "-"])

    def test_taken(self, tmp_path: Path) -> None:
        (tmp_path / "a").touch()
        check_writable({"the page": tmp_path / "a", "the checks": tmp_path / "b"}, [tmp_path / "in.jsonl", "-"])


def test_unknown_suffix() -> None:
    with pytest.raises(DataError, match=r"out\.xml: the name of the output must end with one of"):
        output_kind("out.xml")


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.parquet"])
def test_what_stood_there_stays_where_writing_fails(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"before")

    def failing():
        yield PREDICTIONS[0]
        raise KeyError("halfway")

    with pytest.raises(KeyError):
        write(failing(), tmp_path / name)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"before"}


def test_errors_of_the_system_get_a_message(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written: No such file or directory"):
        write(PREDICTIONS, tmp_path / "nowhere" / "out.jsonl")
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(DataError, match="cannot be written"), replacing(tmp_path / "out.jsonl") as file:
        file.write(b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_gzip_holds_no_time_and_no_name(tmp_path: Path) -> None:
    write(PREDICTIONS, tmp_path / "out.jsonl.gz")
    flags_and_time = (tmp_path / "out.jsonl.gz").read_bytes()[3:8]
    assert flags_and_time == bytes(5)


def test_a_suffix_may_stand_in_capitals() -> None:
    assert output_kind("OUT.JSONL.GZ") == "gzip"


def test_what_is_moved_into_place_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def told(name: str) -> None:
        call = getattr(os, name)

        def telling(*arguments: Any) -> None:
            steps.append(name)
            call(*arguments)

        monkeypatch.setattr(os, name, telling)

    told("fsync")
    told("replace")
    write(PREDICTIONS, tmp_path / "out.jsonl")
    assert steps == ["fsync", "replace", "fsync"]


def test_standard_output_is_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(out)))  # type: ignore[type-var]
    write(PREDICTIONS, "-")
    assert out.getvalue() == LINES
