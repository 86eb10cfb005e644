"""Formats: what stands at a limit, between two blocks or in a broken row."""

from collections.abc import Iterator

import pytest

from topic_stance.data.decompress import utf8_blocks
from topic_stance.data.formats import Item, read_csv, read_json, read_jsonl, read_txt

RECORD = b'{"text": "a"}'
MARK = b"\xef\xbb\xbf"


def texts(items: Iterator[Item]) -> list[str]:
    return [f"! {found}" if isinstance(found, str) else found.text for *_, found in items]


class TestLimit:
    def test_it_is_within(self) -> None:
        limit = len(RECORD)
        assert texts(read_txt([RECORD], limit)) == [RECORD.decode()]
        assert texts(read_jsonl([RECORD], limit)) == ["a"]
        assert texts(read_jsonl([RECORD + b"\n" + RECORD + b"\n"], limit)) == ["a", "a"]

    def test_a_document_may_be_longer_than_a_record(self) -> None:
        assert texts(read_json([b'[{"text": "a"}, {"text": "b"}]'], 20)) == ["a", "b"]

    def test_it_holds_for_a_csv_field_of_many_lines(self) -> None:
        first, *_ = texts(read_csv([b'id,text\n1,"' + b"x\n" * 20 + b'"\n2,b\n'], 30))
        assert first.startswith("! not CSV: field larger than field limit (30)")


class TestJson:
    def test_a_mark_may_stand_before_a_later_line(self) -> None:
        """As two files that were put together have it."""
        assert texts(read_jsonl([(MARK + RECORD + b"\n") * 2], 99)) == ["a", "a"]

    def test_an_array_may_not_end_with_a_comma(self) -> None:
        first, second = read_json([b'[{"text": "a\tb"},]'], 99)
        assert texts(iter([first])) == ["a\tb"]
        assert texts(iter([second]))[0].startswith("! not JSON: Expecting value")
        assert (first[:2], second[:2]) == ((1, -1), (2, -1))

    def test_a_document_in_utf16_may_come_byte_by_byte(self) -> None:
        blocks = utf8_blocks(bytes([byte]) for byte in '{\n"text": "a"\n}'.encode("utf-16"))
        assert texts(read_json(blocks, 99)) == ["a"]

    @pytest.mark.parametrize("first", [b'{"text\n', b'{"text": ' + b"x" * 21 + b"\n", b'{"text": ' + b"x" * 50 + b"\n"])
    @pytest.mark.parametrize("size", [1, 6, 7, 8, 30, 31, 32])
    def test_lines_are_told_from_a_document_wherever_the_blocks_are_cut(self, first: bytes, size: int) -> None:
        data = first + RECORD + b"\n" + RECORD
        found = texts(read_json((data[k : k + size] for k in range(0, len(data), size)), 30))
        assert [text.split()[0] for text in found] == ["!", "a", "a"]


class TestCsv:
    def test_spaces_and_capitals_in_the_header_do_not_count(self) -> None:
        assert texts(read_csv([b"id, Text \n1,a\n"], 99)) == ["a"]

    def test_a_row_with_too_many_values_is_rejected(self) -> None:
        data = b"id,text\n1,Yes, he said\n2,b\n"
        assert texts(read_csv([data], 99)) == ["! 3 values where the header has 2", "b"]
