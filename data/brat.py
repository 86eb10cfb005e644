"""brat standoff: a folder with a `.txt` and a `.ann` an article, and a `.json` with what brat has no place for.

A quote is an event `Quote` with the roles Content, Cue and Source, its kind an attribute and its actor the note of
the event. brat marks no text across a line break, so that a span of several lines is written as several pieces.
The `.json` holds id, topics, actors and the rest; where there is none, the id is the file's name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from .corpus import quote_kind
from .files import decode, encode, read_file, read_text
from .records import KINDS, DataError, Kind, LabelledActor, LabelledArticle, LabelledQuote, Span
from .regions import Imported, checked

_CONFIGURATION = """[entities]
Content
Cue
Source
[events]
Quote\tContent+:Content, Cue?:Cue, Source?:Source
[relations]
<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>
[attributes]
Kind\tArg:Quote, Value:direct|indirect|mixed
"""


class _Rest(msgspec.Struct, omit_defaults=True):
    """An article but for its text and its quotes."""

    id: str
    topics: list[str] = []
    actors: list[LabelledActor] | None = None
    has_quotes: bool = True
    title: str = ""
    date: str = ""
    source: str = ""
    region: str = ""


class _Event(msgspec.Struct):
    line: int
    roles: dict[str, list[str]]
    kind: Kind | None = None
    actor: str = ""


def read_brat(folder: Path) -> Imported:
    """Every article of a folder, by file name; raises `DataError` for what is no brat standoff."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of brat standoff")
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise DataError(f"{folder}: holds no .txt file")
    return Imported([_read(path) for path in paths], [])


def write_brat(articles: Sequence[LabelledArticle], folder: Path) -> None:
    """Write a new folder, complete or not at all; the file names begin with the article's number.

    Raises `DataError` where there is one already, or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: is there already; brat standoff needs a new folder")
    made = None
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        made.chmod(0o755)
        (made / "annotation.conf").write_text(_CONFIGURATION, encoding="utf-8")
        for number, article in enumerate(articles):
            _write(article, made / f"{number:06d}_{re.sub('[^A-Za-z0-9_-]', '_', article.id)[:80]}")
        os.replace(made, folder)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        if made is not None and made.exists():
            shutil.rmtree(made)


def _write(article: LabelledArticle, stem: Path) -> None:
    rest = _Rest(
        id=article.id,
        topics=article.topics,
        actors=article.actors,
        has_quotes=article.quotes is not None,
        title=article.title,
        date=article.date,
        source=article.source,
        region=article.region,
    )
    try:
        text, lines = article.text.encode(), "".join(_lines(article)).encode()
    except UnicodeError as error:
        raise DataError(f"{article.id}: cannot be written as UTF-8: {error}") from None
    stem.with_suffix(".txt").write_bytes(text)
    stem.with_suffix(".ann").write_bytes(lines)
    stem.with_suffix(".json").write_bytes(encode(rest, article.id) + b"\n")


def _lines(article: LabelledArticle) -> list[str]:
    lines = []
    count = 0

    def mark(type: str, span: Span) -> str:
        nonlocal count
        count += 1
        pieces = _pieces(span, article.text)
        place = ";".join(f"{a} {b}" for a, b in pieces)
        held = " ".join(" ".join(article.text[a:b].split()) for a, b in pieces)
        lines.append(f"T{count}\t{type} {place}\t{held}\n")
        return f"T{count}"

    for number, quote in enumerate(article.quotes or (), 1):
        trigger = mark("Quote", quote.content[0])
        roles = [f"Content{k if k > 1 else ''}:{mark('Content', span)}" for k, span in enumerate(quote.content, 1)]
        roles += [f"Cue:{mark('Cue', quote.cue)}"] if quote.cue else []
        roles += [f"Source:{mark('Source', quote.source)}"] if quote.source else []
        lines.append(f"E{number}\tQuote:{trigger} {' '.join(roles)}\n")
        lines.append(f"A{number}\tKind E{number} {quote.kind}\n")
        lines.append(f"#{number}\tAnnotatorNotes E{number}\t{_note(quote.actor)}\n")
    return lines


def _pieces(span: Span, text: str) -> list[Span]:
    """The span without the line breaks inside it; whole where it begins or ends with one."""
    start, end = span
    pieces = [(start + run.start(), start + run.end()) for run in re.finditer(r"[^\r\n]+", text[start:end])]
    return pieces if pieces and (pieces[0][0], pieces[-1][1]) == span else [span]


def _note(actor: str) -> str:
    """The name as it is, or as JSON where a line of text would not give it back."""
    plain = actor == " ".join(actor.split()) and actor.isprintable() and not actor.startswith('"')
    return actor if plain else json.dumps(actor)


def _read(path: Path) -> LabelledArticle:
    text = read_text(path)
    other = path.with_suffix(".json")
    rest = decode(read_file(other), _Rest, str(other)) if other.exists() else _Rest(path.stem)
    quotes = _Annotations(path.with_suffix(".ann"), text).quotes()
    article = LabelledArticle(
        id=rest.id,
        text=text,
        topics=rest.topics,
        quotes=quotes if quotes or rest.has_quotes else None,
        actors=rest.actors,
        title=rest.title,
        date=rest.date,
        source=rest.source,
        region=rest.region,
    )
    return checked(article, str(path))


class _Annotations:
    """What a `.ann` file says, line by line, and the quotes that it makes."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._marks: dict[str, list[Span]] = {}
        self._events: dict[str, _Event] = {}
        lines = [(number, line.rstrip("\r")) for number, line in enumerate(read_text(path).split("\n"), 1)]
        # Marks before events before what is said of events, in whatever order brat has written them.
        for first, read in (("T", self._mark), ("E", self._event), ("AM", self._attribute), ("#", self._name)):
            for number, line in lines:
                if line and line[0] in first:
                    read(number, line.split("\t"))

    def quotes(self) -> list[LabelledQuote]:
        """One quote an event, in the order of the events."""
        return [self._quote(event) for event in self._events.values() if event.roles["Content"]]

    def _fail(self, line: int, reason: str) -> NoReturn:
        raise DataError(f"{self._path}:{line}: {reason}")

    def _mark(self, line: int, fields: Sequence[str]) -> None:
        if len(fields) < 3:
            self._fail(line, "not brat standoff: needs a key, a type with offsets, and the text, with tabs between")
        where = fields[1].partition(" ")[2]
        try:
            pieces = [(int(a), int(b)) for a, b in (piece.split() for piece in where.split(";"))]
        except ValueError:
            self._fail(line, f"not brat standoff: these are no offsets: {where!r}")
        if any(not 0 <= a < b <= len(self._text) for a, b in pieces):
            self._fail(line, f"the offsets {where} are out of the text, which has {len(self._text)} characters")
        held = "".join(self._text[a:b] for a, b in pieces)
        if "".join(held.split()) != "".join("".join(fields[2:]).split()):
            self._fail(line, f"does not hold the text at {where}: {fields[2][:60]!r}")
        self._marks[fields[0]] = self._joined(sorted(pieces))

    def _joined(self, pieces: Sequence[Span]) -> list[Span]:
        """The pieces, those with only white space between made one again."""
        joined = [pieces[0]]
        for start, end in pieces[1:]:
            if not self._text[joined[-1][1] : start].strip():
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return joined

    def _event(self, line: int, fields: Sequence[str]) -> None:
        roles: dict[str, list[str]] = {"Content": [], "Cue": [], "Source": []}
        arguments = [argument.partition(":")[::2] for argument in " ".join(fields[1:]).split()]
        for role, key in arguments:
            if key not in self._marks:
                self._fail(line, f"names {key or role!r}, which is not there")
            roles.get(role.rstrip("0123456789"), []).append(key)
        if arguments and arguments[0][0] == "Quote" and not roles["Content"]:
            roles["Content"].append(arguments[0][1])
        self._events[fields[0]] = _Event(line, roles)

    def _attribute(self, line: int, fields: Sequence[str]) -> None:
        name, _, rest = " ".join(fields[1:]).partition(" ")
        key, _, value = rest.partition(" ")
        if name != "Kind":
            return
        kind = next((kind for kind in KINDS if kind == value), None)
        if kind is None or key not in self._events:
            self._fail(line, f"the kind of a quote is one of {', '.join(KINDS)}: {rest!r}")
        self._events[key].kind = kind

    def _name(self, line: int, fields: Sequence[str]) -> None:
        if len(fields) < 3 or (event := self._events.get(fields[1].rpartition(" ")[2])) is None:
            return  # a note on something else
        note = fields[2].strip()
        event.actor = decode(note, str, f"{self._path}:{line}") if note.startswith('"') else note

    def _quote(self, event: _Event) -> LabelledQuote:
        if not event.actor:
            self._fail(event.line, "the quote names no actor: write the name into its note")
        content = sorted(span for key in event.roles["Content"] for span in self._marks[key])
        return LabelledQuote(
            content=content,
            cue=self._one("Cue", event),
            source=self._one("Source", event),
            kind=event.kind or quote_kind(self._text[a:b] for a, b in content),
            actor=event.actor,
        )

    def _one(self, role: str, event: _Event) -> Span | None:
        spans = [span for key in event.roles[role] for span in self._marks[key]]
        if len(spans) > 1:
            self._fail(event.line, f"the quote has more than one {role.lower()}, or one of several pieces")
        return spans[0] if spans else None
