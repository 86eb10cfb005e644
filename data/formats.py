"""One function a file format: blocks of bytes in, `Item`s out, streaming.

An item is `(line, offset, found)`, where `found` is either the `Fields` of a record, as they stood in the file, or the
reason why there are none.
"""

from __future__ import annotations

import csv
import json
import logging
import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, BinaryIO, cast

import msgspec

from .records import DataError


class Fields(msgspec.Struct, gc=False):
    """The fields of a record that are read, of any type; all others are skipped without being decoded."""

    id: Any = None
    text: Any = None
    title: Any = None
    date: Any = None
    source: Any = None
    url: Any = None


Item = tuple[int, int, Fields | str]
Line = tuple[int, int, bytes | str]
"""Like `Item`, the bytes of one line in place of the fields."""

NAMES = Fields.__struct_fields__
"""Of the fields that are read."""
_decode = msgspec.json.Decoder(Fields).decode
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\r\n]*")
_BAD_BYTE = re.compile("[\udc80-\udcff]")  # what the error handler "surrogateescape" makes of bytes that are not UTF-8
_DOCUMENT = 100  # how many times longer than one record a JSON array of them may be, which is held in memory


def valid(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate, so that it can be written as UTF-8 and every offset stays."""
    return _SURROGATE.sub("\ufffd", text)


def read_jsonl(blocks: Iterable[bytes], limit: int) -> Iterator[Item]:
    """One record a line."""
    for line, offset, data in _lines(blocks, limit):
        if isinstance(data, str):
            yield line, offset, data
        elif data and not data.isspace():
            yield line, offset, json_record(data)


def read_json(blocks: Iterable[bytes], limit: int) -> Iterator[Item]:
    """An array of records, one record, or (what is often called so) one record a line."""
    blocks = _Held(blocks)
    if not _is_document(blocks, limit):
        yield from read_jsonl(blocks, limit)
        return
    data = _whole(blocks, _DOCUMENT * limit)
    if isinstance(data, str):
        yield 0, 0, f"{data} in one JSON document; write it as JSON Lines, one record a line"
        return
    try:
        parts = msgspec.json.decode(data, type=list[msgspec.Raw]) if data.lstrip().startswith(b"[") else [data]
    except (msgspec.MsgspecError, RecursionError):
        yield from _forgiving_array(data)
        return
    offset = 0
    for row, part in enumerate(map(bytes, parts), start=1):
        # Only white space and a comma stand between the elements, so that this finds the right one at once.
        offset = data.index(part, offset)
        yield row, offset, json_record(part)
        offset += len(part)


def read_csv(blocks: Iterable[bytes], limit: int) -> Iterator[Item]:
    """Rows under a header with a column `text`; separated by commas, semicolons or tabs, as the header shows.

    A row with a bad byte, with quotation marks that do not close or with more or fewer values than the header is
    rejected. Sets the field size limit of the `csv` module, which is one for the whole process.
    """
    csv.field_size_limit(limit)
    source = _CsvLines(_lines(blocks, limit))
    header = next(source, None)
    columns = None if header is None else _header(header)
    if columns is None:
        if header is not None or source.problem:
            yield 1, 0, source.problem or "no column 'text' in the header (the first line)"
        return
    names, delimiter = columns
    if problem := doubled(names):
        yield 1, 0, problem
        return
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.mark()
        found: Fields | str | None
        try:
            found = _row(names, next(rows))
        except StopIteration:
            if source.problem:
                yield source.line, source.offset, source.problem
            return
        except csv.Error as error:
            found = f"not CSV: {error}"
        if isinstance(found, str):
            found += source.extent()
        outcome = source.problem or found
        if outcome is not None:
            yield source.line, source.offset, outcome
            source.problem = None


def read_txt(blocks: Iterable[bytes], limit: int) -> Iterator[Item]:
    """One article a file."""
    data = _whole(blocks, limit)
    if isinstance(data, bytes) and 3 * data.count(0) > len(data):
        data = "text is mostly NULs: UTF-16 without a mark?"
    try:
        yield 1, 0, data if isinstance(data, str) else Fields(text=data.decode())
    except UnicodeDecodeError as error:
        yield 1, 0, f"text is not UTF-8 (byte {error.start})"


def read_html(blocks: Iterable[bytes], limit: int) -> Iterator[Item]:
    """One article a file, taken out of its page by trafilatura."""
    import trafilatura

    # It reports broken pages through `logging`; they are reported here already.
    logging.getLogger("trafilatura").addHandler(logging.NullHandler())
    data = _whole(blocks, limit)
    if isinstance(data, str):
        yield 1, 0, data
        return
    try:
        page = trafilatura.bare_extraction(data, with_metadata=True, include_comments=False)
    except Exception as error:  # a page must not stop the pages after it, whatever a parser makes of it
        yield 1, 0, f"HTML cannot be read: {type(error).__name__}: {error}"
        return
    if page is None or isinstance(page, dict) or not page.text:
        yield 1, 0, "no article text found in the HTML"
        return
    source = page.sitename or page.hostname
    yield 1, 0, _cleaned(Fields(text=page.text, title=page.title, date=page.date, source=source, url=page.url))


def spooled(blocks: Iterable[bytes]) -> BinaryIO:
    """A seekable temporary file with the content of `blocks`; deleted when closed."""
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (the caller closes it)
    file.writelines(blocks)
    file.seek(0)
    return file


def _lines(blocks: Iterable[bytes], limit: int) -> Iterator[Line]:
    """Lines without their ends. One that is too long is skipped, not held; where the data breaks off is the last."""
    line, offset = 1, 0
    held: list[bytes] = []
    size = 0
    try:
        for block in blocks:
            first, *rest = block.split(b"\n")
            size += len(first)
            if size <= limit:
                held.append(first)
            else:
                held.clear()
            for part in rest:
                yield line, offset, b"".join(held) if size <= limit else too_long(limit)
                line, offset = line + 1, offset + size + 1
                held, size = [part], len(part)
    except DataError as error:
        yield line, offset, str(error)
        return
    if size:
        yield line, offset, b"".join(held) if size <= limit else too_long(limit)


def _whole(blocks: Iterable[bytes], limit: int) -> bytes | str:
    """All of a file, or the reason why not."""
    held: list[bytes] = []
    size = 0
    try:
        for block in blocks:
            size += len(block)
            if size > limit:
                return too_long(limit)
            held.append(block)
    except DataError as error:
        return str(error)
    return b"".join(held)


def too_long(limit: int) -> str:
    """Why a record is not read."""
    return f"longer than {limit:,} bytes"


def json_record(data: bytes) -> Fields | str:
    """The fields of one record in JSON, or the reason why there are none."""
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _forgiving(data)


def _forgiving(data: bytes) -> Fields | str:
    """What the fast decoder refused, read once more by one that takes lone surrogates and raw control characters."""
    try:
        found, bad = _loads(data)
    except DataError as error:
        return str(error)
    return _from_object(found, bad)


def _forgiving_array(data: bytes) -> Iterator[Item]:
    """Element by element, so that nothing is lost of what stands before a place that is no JSON."""
    text, bad = _text(data)
    place = text.index("[") + 1
    for row in count(1):
        place = _after_space(text, place)
        if row == 1 and text[place : place + 1] == "]":
            return
        try:
            element, place = _DECODER.raw_decode(text, place)
        except (RecursionError, ValueError) as error:
            yield row, -1, f"{_no_json(error)}; this element and what follows it cannot be read"
            return
        yield row, -1, _from_object(element, bad)
        place = _after_space(text, place)
        if text[place : place + 1] == "]" and _after_space(text, place + 1) == len(text):
            return
        if text[place : place + 1] != ",":
            why = f'not JSON: expected "," or "]" (character {place + 1})'
            yield row + 1, -1, f"{why}; what follows cannot be read"
            return
        place += 1


def _after_space(text: str, place: int) -> int:
    """The first place from here on where no JSON white space stands."""
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _loads(data: bytes) -> tuple[object, bool]:
    """The JSON value, and whether bad bytes stand in it; whether they matter depends on the field that they are in.

    Raises `DataError` with the reason why it is none.
    """
    text, bad = _text(data)
    try:
        return json.loads(text, strict=False), bad
    except (RecursionError, ValueError) as error:
        raise DataError(_no_json(error)) from error


def _text(data: bytes) -> tuple[str, bool]:
    """JSON as text, bad bytes as surrogates, and whether there are any."""
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return text, _BAD_BYTE.search(text) is not None


def _no_json(error: RecursionError | ValueError) -> str:
    """Why a text is no JSON."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} (character {error.pos + 1})"
    return f"not JSON: {error}"  # an integer of thousands of digits


def _from_object(found: object, bad: bool) -> Fields | str:
    if not isinstance(found, dict):
        return "not a JSON object"
    values = {name: found[name] for name in NAMES if name in found}
    return from_bytes(values) if bad else _cleaned(Fields(**values))


def from_bytes(values: dict[str, Any]) -> Fields | str:
    """Fields out of strings that were decoded with "surrogateescape": no bad byte in `id` or `text`, others dropped."""
    bad = {name for name, value in values.items() if isinstance(value, str) and _BAD_BYTE.search(value)}
    for name in ("id", "text"):
        if name in bad:
            return f"{name} is not UTF-8"
    return _cleaned(Fields(**{name: value for name, value in values.items() if name not in bad}))


def _cleaned(fields: Fields) -> Fields:
    for name in NAMES:
        value = getattr(fields, name)
        if isinstance(value, str):
            setattr(fields, name, valid(value))
    return fields


class _Held:
    """Blocks of bytes of which the first can be looked at before they are given on."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._rest = iter(blocks)
        self._start = bytearray()
        self._first: int | None = None
        """The place of the first byte that is no white space."""
        self._failure: DataError | None = None
        self._ended = False

    def start(self, wanted: bytes, limit: int) -> bytes:
        """The blocks until, after white space at the beginning, `wanted` stands in them, or a limit is passed.

        Nothing that begins after the limit is given, so that the cuts between the blocks do not matter.
        """
        place, end = 0, limit + len(wanted)
        while self._first is None or self._start.find(wanted, max(place, self._first)) < 0:
            if self._ended or len(self._start) >= end:
                break
            place = max(0, len(self._start) - len(wanted))
            self._read()
        return bytes(self._start[:end])

    def whole(self, limit: int) -> bytes:
        """All blocks, or those until a limit is passed."""
        while not self._ended and len(self._start) <= limit:
            self._read()
        return bytes(self._start)

    def _read(self) -> None:
        try:
            block = next(self._rest, b"")
        except DataError as error:  # comes again where it belongs, after what stands before it
            self._failure, block = error, b""
        self._ended = not block
        blank = len(block) - len(block.lstrip())
        if self._first is None and blank < len(block):
            self._first = len(self._start) + blank
        self._start += block

    def __iter__(self) -> Iterator[bytes]:
        yield bytes(self._start)
        if self._failure is not None:
            raise self._failure
        yield from self._rest


def _is_document(blocks: _Held, limit: int) -> bool:
    """Whether JSON is one document: an array, or an object that does not end with the first line."""
    start = blocks.start(b"\n", limit).lstrip()
    if start.startswith(b"["):
        return True
    line, newline, _ = start.partition(b"\n")
    if not newline or _is_json(line):
        return False
    # A broken record in the first of several lines: the others begin with a brace, those of a document mostly do not.
    return b"\n{" not in blocks.start(b"\n{", limit) or _is_json(blocks.whole(limit))


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=Fields)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


class _CsvLines:
    """The lines of a CSV file for the `csv` module, with the place of the row that is being read."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._started = False
        self.line = self._last = 1
        self.offset = 0
        self.problem: str | None = None
        """Why the row that is being read cannot be used, whatever the `csv` module makes of it."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, offset, data = next(self._lines)
        self._last = line
        if not self._started:
            self._started, self.line, self.offset = True, line, offset
        if isinstance(data, str):
            self.problem, data = data, b""
        return data.decode("utf-8", "surrogateescape") + "\n"

    def extent(self) -> str:
        """Which lines the row takes up, where they are several: a mark that is not closed takes many with it."""
        return f" (lines {self.line} to {self._last})" if self._last > self.line else ""

    def mark(self) -> None:
        """A new row begins with the next line."""
        self._started = False


def _header(line: str) -> tuple[list[str], str] | None:
    """The names of the columns and what separates them, or `None` where none is called `text`."""
    for delimiter in ",;\t":
        try:
            names = [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter))]
        except csv.Error:
            continue
        if "text" in names:
            return names, delimiter
    return None


def doubled(names: Iterable[str]) -> str | None:
    """Why columns of these names cannot be told apart, if one that is read stands there twice."""
    seen: set[str] = set()
    for name in names:
        if name in NAMES and name in seen:
            return f"two columns {name!r}"
        seen.add(name)
    return None


def _row(names: list[str], values: list[str]) -> Fields | str | None:
    """The fields of a row; `None` for an empty line."""
    if not values:
        return None
    if len(values) != len(names):
        return f"{len(values)} values where the header has {len(names)}"
    return from_bytes({name: value for name, value in zip(names, values, strict=True) if name in NAMES})
