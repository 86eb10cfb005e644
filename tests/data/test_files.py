"""Lines and the JSON in them: compressed or not, of any length, blank lines passed over, every error with its place."""

import gzip
from pathlib import Path

import msgspec
import pytest

from topic_stance.data.files import json_lines, lines, parse_toml, read_text, read_toml
from topic_stance.data.records import DataError


class Eel(msgspec.Struct):
    length: int


def test_lines_have_the_numbers_they_have_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\none\r\n \t\ntwo\n\nthree")
    assert list(lines(path)) == [(2, b"one\r"), (4, b"two"), (6, b"three")]
    path.write_bytes(b"")
    assert list(lines(path)) == []


def test_a_line_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    long = b"x" * 3_000_000
    path.write_bytes(long + b"\nend\n")
    assert list(lines(path)) == [(1, long), (2, b"end")]


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"length": 4}\n', mtime=0))
    assert [eel.length for _, eel in json_lines(path, Eel, "an eel")] == [4]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: cannot be read: gzip data ends too early"):
        list(json_lines(path, Eel, "an eel"))


def test_each_record_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"length": 4}\n\n{"length": "long"}\n')
    found = json_lines(path, Eel, "an eel")
    assert next(found) == (f"{path}:2", Eel(4))
    with pytest.raises(DataError, match=r"a\.jsonl:4: not an eel: Expected `int`"):
        next(found)


def test_text_keeps_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("eels\r\ncod\r\u2028".encode())
    assert read_text(path) == "eels\r\ncod\r\u2028"
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"a\.txt: is not UTF-8"):
        read_text(path)
    with pytest.raises(DataError, match=r"none\.txt: cannot be read: No such file"):
        read_text(tmp_path / "none.txt")


def test_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"eels = 4\r\ncod = 5\r\n")
    assert read_toml(path) == {"eels": 4, "cod": 5}
    path.write_text("eels = 4\ncod = five\n")
    with pytest.raises(DataError, match=r"a\.toml:2: not TOML: Invalid value \(column 7\); correct this line$"):
        read_toml(path)
    path.write_text("eels = ")
    with pytest.raises(DataError, match=r"a\.toml: not TOML: Invalid value \(at end of document\); correct it$"):
        read_toml(path)
    with pytest.raises(DataError, match=r"none\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "none.toml")


def test_toml_within_a_file_is_refused_with_the_line_of_the_file() -> None:
    assert parse_toml("eels = 4", "a.txt", 7) == {"eels": 4}
    with pytest.raises(DataError, match=r"^a\.txt:9: not TOML: Invalid value \(column 7\)"):
        parse_toml("eels = 4\ncod = five\n", "a.txt", 7)
    with pytest.raises(DataError, match=r"^a\.txt:8: not TOML: .*recursion"):
        parse_toml(f"eels = {'[' * 5000}", "a.txt", 7)


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(DataError, match=r"^'eels\\x00': cannot be read: embedded null byte"):
        read_toml(Path("eels\0"))
