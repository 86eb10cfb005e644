"""Parquet: types of columns, long rows, damage."""

import gzip
import io
import tracemalloc
import uuid
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from topic_stance.data.readers import Record, Reject, Source, read, read_source


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def read_bytes(folder: Path, name: str, content: bytes, **options: int) -> list[Record | Reject]:
    (folder / name).write_bytes(content)
    return list(read([folder / name], **options))


def texts(items: list[Record | Reject]) -> list[str]:
    return [item.article.text if isinstance(item, Record) else f"! {item.reason}" for item in items]


def test_parquet_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [7, 8, 9],
            "text": pa.array([b"ok", b"\xff", None], pa.binary()).view(pa.string()),
            "source": pa.array(["Post", "Post", None]).dictionary_encode(),
            "date": pa.array([0, 1, 2], pa.timestamp("ns")),
            "title": [[1], [2], [3]],
        }
    )
    found = read_bytes(tmp_path, "dump.parquet", parquet(table))
    assert texts(found) == ["ok", "! text is not UTF-8", "! no text"]
    assert isinstance(found[0], Record)
    assert (found[0].article.id, found[0].article.source, found[0].article.title) == ("7", "Post", "")
    assert found[0].article.date.startswith("1970-01-01")
    assert [(item.line, item.offset) for item in found] == [(1, -1), (2, -1), (3, -1)]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pa.array([Decimal(12345)], pa.decimal128(20, 0)), "12345"),
        (pa.array([b"\xff" * 16], pa.binary(16)), "ff" * 16),
        (pa.array([b"a7"], pa.binary()), "a7"),
    ],
)
def test_parquet_ids(tmp_path: Path, ids: pa.Array, expected: str) -> None:
    (found,) = read_bytes(tmp_path, "dump.parquet", parquet(pa.table({"id": ids, "text": ["x"]})))
    assert isinstance(found, Record)
    assert found.article.id == expected


def test_parquet_long_rows(tmp_path: Path) -> None:
    rows = ["a", "long " * 1_000, "b", None, "c" * 300, "long " * 1_000]
    for texts_ in (pa.array(rows), pa.array(rows).dictionary_encode(), pa.array(rows, pa.large_string())):
        found = read_bytes(tmp_path, "d.parquet", parquet(pa.table({"text": texts_})), limit=500)
        long = "! longer than 500 bytes"
        assert texts(found) == ["a", long, "b", "! no text", "c" * 300, long]
        assert [item.line for item in found] == [1, 2, 3, 4, 5, 6]


def test_parquet_with_one_long_text_many_times_takes_little(tmp_path: Path) -> None:
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), ["eel " * 500_000])
    (tmp_path / "d.parquet").write_bytes(parquet(pa.table({"text": repeated})))
    tracemalloc.start()
    assert sum(1 for _ in read([tmp_path / "d.parquet"])) == 200
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert pa.default_memory_pool().max_memory() < 200_000_000


def test_damaged_parquet(tmp_path: Path) -> None:
    data = bytearray(parquet(pa.table({"id": ["a1"], "text": ["Eels."]})))
    assert len(read_bytes(tmp_path, "short.parquet", bytes(data[:-9]))) == 1
    assert len(read_bytes(tmp_path, "no-text.parquet", parquet(pa.table({"body": ["x"]})))) == 1


def test_uuids_are_ids_and_views_are_texts(tmp_path: Path) -> None:
    key = uuid.UUID(int=7)
    ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([key.bytes, key.bytes], pa.binary(16)))
    views = pa.array([b"ok", b"\xff"], pa.binary_view()).view(pa.string_view())
    first, second = read_bytes(tmp_path, "dump.parquet", parquet(pa.table({"id": ids, "text": views})))
    assert isinstance(first, Record)
    assert (first.article.id, first.article.text) == (str(key), "ok")
    assert texts([second]) == ["! text is not UTF-8"]


def test_the_shares_that_are_told_add_up_to_the_size(tmp_path: Path) -> None:
    path = tmp_path / "dump.parquet"
    path.write_bytes(parquet(pa.table({"text": ["eel"] * 1_000})))
    told: list[int] = []
    assert len(list(read_source(Source(path, "dump", "", "parquet", None), on_bytes=told.append))) == 1_000
    assert len(told) == 4
    assert sum(told) == pytest.approx(path.stat().st_size, abs=4)


def test_a_full_disk_for_a_compressed_table_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(blocks: Iterable[bytes]) -> BinaryIO:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("topic_stance.data.readers.spooled", full)
    (found,) = read_bytes(tmp_path, "dump.parquet.gz", gzip.compress(b"PAR1"))
    assert texts([found]) == ["! [Errno 28] No space left on device"]
