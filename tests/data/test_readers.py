"""Readers: every way in, and everything that can be wrong with what comes in."""

import gzip
import io
import json
import os
import random
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from topic_stance.data.formats import Fields
from topic_stance.data.readers import FORMATS, Record, Reject, Source, article_from, read, read_source
from topic_stance.data.records import Article, DataError, content_id

ARTICLES = [
    {"id": "a1", "text": "The mayor said: “We shall rebuild.”", "title": "Rebuild", "date": "2021-03-04"},
    {"id": "a2", "text": "Zwei Männer wurden verhaftet.", "source": "Abendblatt", "url": "https://example.org/2"},
    {"id": "a3", "text": "外交部发言人表示反对。 🙂", "views": [1, {"x": None}]},
]
JSONL = "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in ARTICLES).encode()


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read_bytes(folder: Path, name: str, content: bytes, **options: int) -> list[Record | Reject]:
    return list(read([write(folder, name, content)], **options))


def texts(items: list[Record | Reject]) -> list[str]:
    return [item.article.text if isinstance(item, Record) else f"! {item.reason}" for item in items]


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


PLAIN = {
    "dump.jsonl": JSONL,
    "dump.ndjson": JSONL.replace(b"\n", b"\r\n\r\n"),
    "bom.jsonl": b"\xef\xbb\xbf" + JSONL,
    "utf16.jsonl": JSONL.decode().encode("utf-16"),
    "lines.json": JSONL,
    "array.json": json.dumps(ARTICLES, indent=2).encode(),
    "dump.csv": ("id,text,x\n" + "".join(f'{a["id"]},"{a["text"]}",1\n' for a in ARTICLES)).encode(),
    "utf16.csv": ("id;TEXT\r\n" + "".join(f'{a["id"]};"{a["text"]}"\r\n' for a in ARTICLES)).encode("utf-16"),
    "dump.tsv": ("id\ttext\n" + "".join(f"{a['id']}\t{a['text']}\n" for a in ARTICLES)).encode(),
    "dump.parquet": parquet(pa.Table.from_pylist([{"id": a["id"], "text": a["text"]} for a in ARTICLES])),
}


class TestFormats:
    @pytest.mark.parametrize("name", PLAIN)
    @pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
    def test_all_give_the_same_articles(self, tmp_path: Path, name: str, suffix: str) -> None:
        compress = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[suffix]
        found = read_bytes(tmp_path, name + suffix, compress(PLAIN[name]))
        assert texts(found) == [article["text"] for article in ARTICLES]
        assert [item.article.id for item in found if isinstance(item, Record)] == ["a1", "a2", "a3"]

    @pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
    def test_several_members_and_no_suffix(self, tmp_path: Path, compress) -> None:
        middle = len(JSONL) // 2
        data = compress(JSONL[:middle]) + compress(JSONL[middle:])
        assert len(read_bytes(tmp_path, "dump.jsonl", data)) == 3

    def test_optional_fields(self, tmp_path: Path) -> None:
        first, second, _ = read_bytes(tmp_path, "dump.jsonl", JSONL)
        assert isinstance(first, Record)
        assert isinstance(second, Record)
        assert (first.article.title, first.article.date) == ("Rebuild", "2021-03-04")
        assert (second.article.source, second.article.url) == ("Abendblatt", "https://example.org/2")

    def test_positions(self, tmp_path: Path) -> None:
        data = b"\n" + JSONL + b"  \n{]\n"
        found = read_bytes(tmp_path, "dump.jsonl", data)
        assert [item.line for item in found] == [2, 3, 4, 6]
        for item in found[:3]:
            assert json.loads(data[item.offset :].split(b"\n")[0])["id"] == item.article.id
        assert data[found[3].offset :] == b"{]\n"

    def test_positions_in_csv_with_line_breaks(self, tmp_path: Path) -> None:
        data = b'id,text\n1,"two\nlines"\n\n2,x\n'
        found = read_bytes(tmp_path, "dump.csv", data)
        assert texts(found) == ["two\nlines", "x"]
        assert [(item.line, data[item.offset : item.offset + 2]) for item in found] == [(2, b"1,"), (5, b"2,")]

    def test_positions_in_an_array(self, tmp_path: Path) -> None:
        data = b'[{"text": "same"} , {"text": "same"},\n 7]'
        found = read_bytes(tmp_path, "dump.json", data)
        assert texts(found) == ["same", "same", "! not a JSON object"]
        assert [(item.line, item.offset) for item in found] == [(1, 1), (2, 20), (3, 39)]

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            ('{"text": oops}, {"text": "c"}]', "! not JSON: Expecting value (character 32); this element and"),
            ('{"text": "c', "! not JSON: Unterminated string starting at (character 32); this element and"),
            ("", "! not JSON: Expecting value (character 23); this element and"),
            ("7] more", '! not JSON: expected "," or "]" (character 24)'),
        ],
    )
    def test_an_array_that_breaks_off(self, tmp_path: Path, end: str, reason: str) -> None:
        found = texts(read_bytes(tmp_path, "dump.json", ('[{"text":"a\tb"}, 3.0, ' + end).encode()))
        assert found[:2] == ["a\tb", "! not a JSON object"]
        assert found[-1].startswith(reason)

    def test_one_object_over_several_lines(self, tmp_path: Path) -> None:
        assert texts(read_bytes(tmp_path, "one.json", b'{\n "id": "x",\n "text": "y"\n}')) == ["y"]

    def test_text_files(self, tmp_path: Path) -> None:
        write(tmp_path, "in/b.txt", "Grüße\n".encode())
        write(tmp_path, "in/sub/a.v2.txt.gz", gzip.compress(b"deep"))
        found = list(read([tmp_path / "in"]))
        assert [(item.article.id, item.article.text) for item in found] == [("b", "Grüße\n"), ("sub/a.v2", "deep")]

    def test_html(self, tmp_path: Path) -> None:
        paragraph = "The minister rejected the accusation on Tuesday and said that the papers had been forged. "
        page = f"""<html><head><title>Papers forged, minister says</title>
            <meta property="og:site_name" content="The Harbour Post"><meta name="date" content="2022-05-06"></head>
            <body><nav>Home Sport Weather</nav><article><h1>Papers forged, minister says</h1>
            <p>{paragraph * 3}</p><p>{paragraph * 2}</p></article></body></html>"""
        write(tmp_path, "in/page.html", page.encode())
        write(tmp_path, "in/void.htm", b"<html></html>")
        record, reject = read([tmp_path / "in"])
        assert isinstance(record, Record)
        assert "papers had been forged" in record.article.text
        assert "Weather" not in record.article.text
        assert (record.article.id, record.article.title) == ("page", "Papers forged, minister says")
        assert (record.article.source, record.article.date) == ("The Harbour Post", "2022-05-06")
        assert texts([reject]) == ["! no article text found in the HTML"]

    @pytest.mark.parametrize(
        ("pieces", "expected"),
        [
            ([b'{"id": 1,', b'\n"text": "a"\n}'], ["a"]),
            ([b"   \n", b'[{"text": "a"},\n{"text": "b"}]'], ["a", "b"]),
            ([b'{"meta":\n{"a": 1},\n"text": "a"}'], ["a"]),
            ([b'{"text":', b' "a"}\n{"text": "b"}\n'], ["a", "b"]),
            ([b'{"text\n', b'{"text": "b"}\n{"text": "c"}'], ["! not JSON", "b", "c"]),
        ],
    )
    def test_json_is_the_same_however_it_comes(
        self, tmp_path: Path, pieces: list[bytes], expected: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = read_bytes(tmp_path, "x.json", b"".join(pieces))
        monkeypatch.setattr("topic_stance.data.readers.read_blocks", lambda *_: iter(pieces))
        for found in (whole, read_bytes(tmp_path, "x.json", b"")):
            assert [text.partition(":")[0] for text in texts(found)] == expected

    @pytest.mark.parametrize("compress", [bytes, gzip.compress])
    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch, compress) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(compress(JSONL))))
        assert len(list(read(["-"]))) == 3

    def test_standard_input_in_another_format(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one article")))
        (found,) = read(["-"], format="txt")
        assert isinstance(found, Record)
        assert found.article.id == content_id("one article")

    def test_a_named_pipe_is_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b'{"text": "a"}\n',))
        found = read([tmp_path / "pipe"])
        writer.start()
        try:
            assert texts(list(found)) == ["a"]
        finally:
            os.close(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK))  # a writer that nobody read ends
            writer.join()


class TestFolders:
    def test_order_hidden_and_unknown(self, tmp_path: Path) -> None:
        for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden.txt", "_SUCCESS", ".git/x.txt", "notes.md"):
            write(tmp_path, name, name.encode())
        found = list(read([tmp_path]))
        assert texts(found)[:2] == ["a.txt", "b.txt"]
        assert texts(found)[3] == "sub/c.txt"
        assert texts(found)[2].startswith("! has no known suffix")

    def test_they_are_walked_in_order(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("b/x.txt", "a/x.txt", "c/x.txt", "_temporary/x.txt"):
            write(tmp_path, name, name.encode())
        walk = os.walk

        def backwards(*arguments: Any, **options: Any) -> Iterator[tuple[str, list[str], list[str]]]:
            for place, folders, files in walk(*arguments, **options):
                folders.sort(reverse=True)
                yield place, folders, files

        monkeypatch.setattr(os, "walk", backwards)
        assert texts(list(read([tmp_path]))) == ["a/x.txt", "b/x.txt", "c/x.txt"]

    def test_one_that_cannot_be_opened_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, "a/x.txt", b"x")
        scandir = os.scandir

        def closed(path: Any) -> Any:
            if str(path).endswith("a"):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", closed)
        assert texts(list(read([tmp_path]))) == ["! cannot be opened: Permission denied"]

    def test_links_out_are_not_followed(self, tmp_path: Path) -> None:
        write(tmp_path, "secret/s.txt", b"secret")
        write(tmp_path, "in/a.txt", b"a")
        (tmp_path / "in/file.txt").symlink_to(tmp_path / "secret/s.txt")
        (tmp_path / "in/folder").symlink_to(tmp_path / "secret")
        (tmp_path / "in/inside.txt").symlink_to("a.txt")
        (tmp_path / "in/loop").symlink_to(tmp_path / "in")
        (tmp_path / "in/_hidden").symlink_to(tmp_path / "secret")
        found = list(read([tmp_path / "in"]))
        out = "! is a link out of the folder; name it directly to read it"
        assert texts(found) == ["a", out, "a", out]
        assert [Path(item.file).name for item in found] == ["a.txt", "file.txt", "inside.txt", "folder"]

    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        write(tmp_path, "a.txt", b"a")
        (tmp_path / "b.txt").symlink_to("b.txt")
        found = texts(list(read([tmp_path])))
        assert found[0] == "a"
        assert found[1].startswith("! cannot be opened")

    def test_format_overrides_names(self, tmp_path: Path) -> None:
        assert len(list(read([write(tmp_path, "dump.log", JSONL)], format="jsonl"))) == 3

    def test_missing_path(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="no such file"):
            list(read([tmp_path / "nothing.jsonl"]))

    def test_vanished_file(self, tmp_path: Path) -> None:
        source = Source(tmp_path / "gone.txt", "gone.txt", "gone", "txt", None)
        assert texts(list(read_source(source))) == ["! cannot be opened: No such file or directory"]

    def test_pipes_in_folders_are_not_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.jsonl")
        assert texts(list(read([tmp_path]))) == ["! is not a regular file"]

    def test_broken_name(self, tmp_path: Path) -> None:
        path = Path(str(tmp_path), b"\xffbad.txt".decode("utf-8", "surrogateescape"))
        try:
            path.write_bytes(b"text")
        except OSError:
            pytest.skip("this file system wants names in UTF-8")
        (found,) = read([tmp_path])
        assert isinstance(found, Record)
        assert msgspec.json.encode(found)
        assert found.article.id == "\ufffdbad"


class TestForgiven:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [("7", "7"), ("-1.5", "-1.5"), ('"x"', "x"), ("12345678901234567890123", "12345678901234567890123")],
    )
    def test_ids(self, tmp_path: Path, given: str, expected: str) -> None:
        (found,) = read_bytes(tmp_path, "d.jsonl", f'{{"id": {given}, "text": "t"}}'.encode())
        assert isinstance(found, Record)
        assert found.article.id == expected

    @pytest.mark.parametrize("given", ['"id": null,', "", '"id": [1],', '"id": "",', '"id": true,', '"id": NaN,'])
    def test_derived_ids(self, tmp_path: Path, given: str) -> None:
        (found,) = read_bytes(tmp_path, "d.jsonl", f'{{{given} "text": "t"}}'.encode())
        assert isinstance(found, Record)
        assert found.article.id == content_id("t")

    def test_an_id_comes_before_the_name_of_the_file(self) -> None:
        article = article_from(Fields(id="x", text="a"), "name")
        assert isinstance(article, Article)
        assert article.id == "x"

    def test_wrong_optional_fields_are_dropped(self, tmp_path: Path) -> None:
        (found,) = read_bytes(tmp_path, "d.jsonl", b'{"text": "t", "title": 5, "source": {"name": "x"}, "url": null}')
        assert isinstance(found, Record)
        assert (found.article.title, found.article.source, found.article.url) == ("", "", "")

    def test_lone_surrogates_keep_offsets(self, tmp_path: Path) -> None:
        line = rb'{"id": "\udc00", "text": "a\ud800b\udfff\ud83d\ude00c", "x": "\ud800"}'
        (found,) = read_bytes(tmp_path, "d.jsonl", line)
        assert isinstance(found, Record)
        assert found.article.text == "a\ufffdb\ufffd😀c"
        assert found.article.id == "\ufffd"

    def test_nuls_and_control_characters(self, tmp_path: Path) -> None:
        data = b'{"text": "a\\u0000b"}\n{"text": "a\x00\tb"}\n'
        assert texts(read_bytes(tmp_path, "d.jsonl", data)) == ["a\0b", "a\0\tb"]

    def test_bad_bytes_in_fields_that_are_not_needed(self, tmp_path: Path) -> None:
        data = b'{"text": "t", "x": "\xff"}\n{"text": "t", "title": "\xff"}\n'
        assert texts(read_bytes(tmp_path, "d.jsonl", data)) == ["t", "t"]


class TestRejected:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b"not json", "not JSON: Expecting value (character 1)"),
            (b'{"id": "x", "text": "cut', "not JSON: Unterminated string"),
            (b"[1, 2]", "not a JSON object"),
            (b"null", "not a JSON object"),
            (b'{"id": "x"}', "no text"),
            (b'{"id": "x", "text": null}', "no text"),
            (b'{"id": "x", "text": 12}', "text is a number, not a string"),
            (b'{"id": "x", "text": ["a"]}', "text is a list, not a string"),
            (b'{"id": "x", "text": " \\n\\t"}', "text is empty"),
            (b'{"id": "x", "text": "caf\xe9"}', "text is not UTF-8"),
            (b'{"id": "x", "text": "\xed\xa0\x80"}', "text is not UTF-8"),
            (b'{"id": "x\xff", "text": "t"}', "id is not UTF-8"),
            (b'{"text": "t", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"text": "t", "id": ' + b"9" * 5_000 + b"}", "not JSON"),
            (b"\0" * 50, "not JSON"),
        ],
    )
    def test_lines(self, tmp_path: Path, line: bytes, reason: str) -> None:
        data = b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n'
        before, reject, after = read_bytes(tmp_path, "d.jsonl", data)
        assert texts([before, after]) == ["before", "after"]
        assert isinstance(reject, Reject)
        assert reject.reason.startswith(reason)
        assert (reject.line, reject.offset) == (2, 19)
        assert msgspec.json.encode(reject)

    def test_id_is_named_where_known(self, tmp_path: Path) -> None:
        (found,) = read_bytes(tmp_path, "d.jsonl", b'{"id": 5, "text": ""}')
        assert found.id == "5"

    def test_long_line_is_not_held(self, tmp_path: Path) -> None:
        path = tmp_path / "d.jsonl"
        with path.open("wb") as file:
            file.write(b'{"text": "before"}\n')
            file.seek(101_000_000)  # a hole: NULs that take no room on the disk
            file.write(b'\n{"text": "after"}')
        tracemalloc.start()
        try:
            found = list(read([path], limit=50_000_000))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert texts(found) == ["before", "! longer than 50,000,000 bytes", "after"]
        assert found[2].offset == 101_000_001
        assert peak < 60_000_000

    def test_long_last_line_and_long_file(self, tmp_path: Path) -> None:
        assert texts(read_bytes(tmp_path, "d.jsonl", b'{"text": "0123456789"}', limit=10)) == ["! longer than 10 bytes"]
        assert texts(read_bytes(tmp_path, "d.txt", b"0123456789", limit=9)) == ["! longer than 9 bytes"]

    @pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
    def test_truncated(self, tmp_path: Path, suffix: str, compress) -> None:
        noise = random.Random(5)
        rows = [{"id": str(row), "text": noise.randbytes(200).hex()} for row in range(2_000)]
        data = compress("".join(json.dumps(row) + "\n" for row in rows).encode())
        *records, reject = read_bytes(tmp_path, f"d.jsonl{suffix}", data[: len(data) * 2 // 3])
        assert 100 < len(records) < 2_000
        assert texts(records) == [row["text"] for row in rows[: len(records)]]
        assert isinstance(reject, Reject)
        assert "ends too early" in reject.reason
        assert reject.line == len(records) + 1

    @pytest.mark.parametrize("name", ["d.jsonl.gz", "d.txt.gz", "d.csv.zst", "d.json.gz", "d.html.gz", "d.parquet.zst"])
    @pytest.mark.parametrize("content", [b"", b"neither", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"])
    def test_broken_compression(self, tmp_path: Path, name: str, content: bytes) -> None:
        (found,) = read_bytes(tmp_path, name, content)
        assert isinstance(found, Reject)

    def test_empty_files(self, tmp_path: Path) -> None:
        assert read_bytes(tmp_path, "d.jsonl", b"") == []
        assert read_bytes(tmp_path, "d.csv", b"") == []
        assert texts(read_bytes(tmp_path, "d.txt", b"")) == ["! text is empty"]
        assert len(read_bytes(tmp_path, "d.parquet", b"")) == 1

    def test_csv_rows(self, tmp_path: Path) -> None:
        data = b'id,text,title\n1,a,t\n2,b\xff,t\n3,c,\xff\n4,d\n5,"e"e,t\n6,"open,t\n'
        assert texts(read_bytes(tmp_path, "d.csv", data)) == [
            "a",
            "! text is not UTF-8",
            "c",
            "! 2 values where the header has 3",
            "! not CSV: ',' expected after '\"'",
            "! not CSV: unexpected end of data",
        ]

    def test_csv_with_a_mark_that_swallows_rows(self, tmp_path: Path) -> None:
        data = b'id,text\n1,first\n2,"second\n3,third\n4,"fourth"\n5,fifth\n'
        assert texts(read_bytes(tmp_path, "d.csv", data)) == [
            "first",
            "! not CSV: ',' expected after '\"' (lines 3 to 5)",
            "fifth",
        ]

    def test_csv_without_text(self, tmp_path: Path) -> None:
        assert texts(read_bytes(tmp_path, "d.csv", b"id,body\n1,x\n")) == [
            "! no column 'text' in the header (the first line)"
        ]

    def test_csv_long_line(self, tmp_path: Path) -> None:
        data = b"id,text\n1," + b"x" * 5_000 + b"\n2,y\n"
        assert texts(read_bytes(tmp_path, "d.csv", data, limit=1_000)) == ["! longer than 1,000 bytes", "y"]

    @pytest.mark.parametrize("name", ["d.csv", "d.parquet"])
    def test_columns_of_one_name(self, tmp_path: Path, name: str) -> None:
        table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
        content = b"text,TEXT\na,b\n" if name == "d.csv" else parquet(table)
        assert texts(read_bytes(tmp_path, name, content)) == ["! two columns 'text'"]

    def test_utf16_without_a_mark(self, tmp_path: Path) -> None:
        found = read_bytes(tmp_path, "d.txt", "Talks broke down.".encode("utf-16-le"))
        assert texts(found) == ["! text is mostly NULs: UTF-16 without a mark?"]

    def test_utf16_cut(self, tmp_path: Path) -> None:
        found = read_bytes(tmp_path, "d.jsonl", JSONL.decode().encode("utf-16")[:-41])
        assert texts(found)[:2] == [article["text"] for article in ARTICLES[:2]]
        assert texts(found)[2].startswith("! UTF-16 ends in the middle")

    def test_mixed_encodings(self, tmp_path: Path) -> None:
        lines = [f'{{"text": "Größe {code}"}}'.encode(code) for code in ("utf-8", "latin-1", "cp1252", "utf-8")]
        found = read_bytes(tmp_path, "d.jsonl", b"\n".join(lines))
        assert texts(found) == ["Größe utf-8", "! text is not UTF-8", "! text is not UTF-8", "Größe utf-8"]


class TestFuzzed:
    def test_mutated_records(self, tmp_path: Path) -> None:
        """Ten thousand mutations: one item for each line that is not blank, and all of it can be written."""
        noise = random.Random(11)
        lines = [mutated(noise.choice(JSONL.splitlines()), noise) for _ in range(10_000)]
        data = b"\n".join(lines)
        found = read_bytes(tmp_path, "d.jsonl", data)
        expected = [number for number, line in enumerate(data.split(b"\n"), start=1) if line.strip(b" \t\r\v\f")]
        assert [item.line for item in found] == expected
        assert sum(isinstance(item, Record) for item in found) > 1_000
        msgspec.json.encode(found).decode()

    @settings(max_examples=150, deadline=None)
    @given(content=st.binary(max_size=300), name=st.sampled_from([f"d.{name}" for name in FORMATS if name != "html"]))
    def test_any_bytes(self, tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
        found = read_bytes(tmp_path_factory.getbasetemp(), name, content)
        msgspec.json.encode(found).decode()

    @settings(max_examples=150, deadline=None)
    @given(
        values=st.dictionaries(
            st.sampled_from(["id", "text", "title", "date", "source", "url", "other"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(st.characters())
            | st.lists(st.integers()),
        )
    )
    def test_any_object(self, tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]) -> None:
        (found,) = read_bytes(tmp_path_factory.getbasetemp(), "object.jsonl", json.dumps(values).encode())
        text = values.get("text")
        readable = isinstance(text, str) and bool(text.strip())
        assert isinstance(found, Record) == readable
        if isinstance(found, Record):
            # JSON has no way to tell two lone halves of a pair, side by side, from the pair.
            whole = str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            assert len(found.article.text) == len(whole)
        msgspec.json.encode(found).decode()


def mutated(line: bytes, noise: random.Random) -> bytes:
    data = bytearray(line)
    for _ in range(noise.randint(1, 3)):
        place = noise.randrange(len(data) + 1)
        match noise.randrange(4):
            case 0:
                data[place : place + noise.randint(1, 5)] = b""
            case 1:
                data[place:place] = noise.randbytes(noise.randint(1, 3))
            case 2:
                data[place:place] = noise.choice([b'"', b"\\", b"{", b"\\ud800", b"\0", b"\n", b"\xff", b"null", b"7"])
            case _:
                del data[place:]
    return bytes(data)
