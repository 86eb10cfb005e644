"""Labelled articles: the inline-marked files of the authored corpus, JSONL, checks, and splits.

An inline-marked file is TOML front matter between ``+++`` lines, then the text as scraped, with ``<q>`` around the
content, ``<s>`` around the source and ``<c>`` around the cue of a quote; ``n`` numbers the quotes of the article, ``a``
names the actor. Offsets come out of the marks, so none can drift.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .files import json_lines, parse_toml, read_text
from .records import ACTOR_TYPES, STANCES, DataError, Kind, LabelledActor, LabelledArticle, LabelledQuote, Span

_TAG = re.compile(r"<(/?)([qsc])((?: [an]=\"[^\"<>]*\"){0,2})>")
_ATTRIBUTE = re.compile(r"([an])=\"([^\"]*)\"")
_QUOTATION_MARKS = '"“”„‟«»「」＂'
_TOKEN = re.compile(r"\w+|[^\w\s]")
_SCARE = 1
"""So many tokens in marks, at most, are a scare word."""
_NEAR = 0.6
"""Texts that share so much of their five-word shingles are near-duplicates."""


def read_marked(folder: Path) -> list[LabelledArticle]:
    """Every inline-marked article of a folder, by file name and place in the file.

    Raises `DataError` for a bad one, and where there is none.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of marked articles")
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise DataError(f"{folder}: holds no marked articles (.txt)")
    return [parse_marked(part, str(path), line) for path in paths for line, part in marked_parts(marked_text(path))]


def marked_parts(raw: str) -> list[tuple[int, str]]:
    """The marked articles of a file, which stand one after another, and how many lines are before each.

    Each begins with its front matter; so a line of ``+++`` cannot stand in a text.
    """
    lines = raw.split("\n")
    bars = [number for number, line in enumerate(lines) if line == "+++"]
    begins = [0, *bars[2::2]]
    return [(begin, "\n".join(lines[begin:end])) for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True)]


def marked_text(path: Path) -> str:
    """A file of marked articles, each line ended by ``\\n`` alone; raises `DataError` where it is no text."""
    return read_text(path).replace("\r\n", "\n").replace("\r", "\n")


def parse_marked(raw: str, where: str, before: int = 0) -> LabelledArticle:
    """One inline-marked article; errors name `where` and the line, counted from `before`."""
    if not raw.startswith("+++\n") or raw.count("+++\n") < 2:
        raise DataError(f"{where}:{before + 1}: must begin with TOML front matter between two +++ lines")
    file, where = where, f"{where}:{before + 1}" if before else where
    _, front, marked = raw.split("+++\n", 2)
    head = parse_toml(front, file, before + 1)
    _check_front_matter(head, where)
    text, quotes = _strip_marks(marked, file, before + front.count("\n") + 3)
    actors = [_actor(entry, head["topics"], where) for entry in head.get("actors", [])]
    names = {actor.name for actor in actors}
    for quote in quotes:
        if quote.actor not in names:
            raise DataError(f"{where}: the actor {quote.actor!r} of a quote is not in the front matter")
    silent = names - {quote.actor for quote in quotes}
    if silent:
        raise DataError(f"{where}: the actors {sorted(silent)} have no quote")
    return LabelledArticle(
        id=str(head["id"]),
        text=text,
        topics=list(head["topics"]),
        quotes=quotes,
        actors=actors,
        title=str(head.get("title", "")),
        date=str(head.get("date", "")),
        source=str(head.get("outlet", "")),
        region=str(head.get("region", "")),
    )


def read_labelled(path: Path) -> list[LabelledArticle]:
    """Labelled articles from JSONL, text included (`quotes` and `actors` may be absent).

    Raises `DataError` for a line that is none, and where there is no other.
    """
    found = [article for _, article in json_lines(path, LabelledArticle, "a labelled article")]
    if not found:
        raise DataError(f"{path}: holds no labelled article")
    return found


def near_duplicate_groups(texts: Sequence[str]) -> list[int]:
    """A group number for each text; near-duplicates (MinHash over five-word shingles) share theirs."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=_NEAR, num_perm=128)
    group = list(range(len(texts)))
    for k, text in enumerate(texts):
        words = text.lower().split()
        shingles = {" ".join(words[i : i + 5]).encode("utf-8", "replace") for i in range(max(1, len(words) - 4))}
        sketch = MinHash(num_perm=128)
        sketch.update_batch(shingles)
        for other in index.query(sketch):
            first, second = sorted((_root(group, k), _root(group, other)))
            group[second] = first
        index.insert(k, sketch)
    return [_root(group, k) for k in range(len(texts))]


def _root(group: list[int], member: int) -> int:
    """The first text of a group; the chain that leads to it is shortened on the way."""
    while group[member] != member:
        group[member] = group[group[member]]
        member = group[member]
    return member


def held_out(articles: Sequence[LabelledArticle], share: float, seed: int) -> list[bool]:
    """Which articles to hold out: about `share` of them, near-duplicates on the same side.

    The choice follows from the ids, so that it stays nearly the same when articles are added, and models from before
    and after can be compared on articles that neither has seen.
    """
    groups = near_duplicate_groups([article.text for article in articles])

    def rank(group: int) -> bytes:
        return hashlib.sha256(f"{seed} {articles[group].id}".encode("utf-8", "surrogatepass")).digest()

    order = sorted(set(groups), key=rank)
    chosen = set(order[: round(share * len(order))])
    return [group in chosen for group in groups]


def quote_kind(content: Iterable[str]) -> Kind:
    """Direct, indirect or mixed, by the double quotation marks inside a content's spans, as predictions have it.

    A word in marks without a comma or full stop of its own is a scare word, which does not make a content mixed.
    """
    quoted = scare = outside = 0
    for span in content:
        for k, part in enumerate(re.split(f"[{_QUOTATION_MARKS}]", span)):
            tokens = _TOKEN.findall(part)
            words = sum(token[0].isalnum() for token in tokens)
            if k % 2 == 0:
                outside += words
            elif len(tokens) > _SCARE:
                quoted += words
            else:
                scare += words
    if outside == 0 and quoted + scare:
        return "direct"
    return "mixed" if quoted else "indirect"


def _check_front_matter(head: dict[str, Any], where: str) -> None:
    for key in ("id", "topics"):
        if key not in head:
            raise DataError(f"{where}: the front matter lacks {key!r}")
    topics, actors = head["topics"], head.get("actors", [])
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise DataError(f"{where}: 'topics' must be a list of labels, is {topics!r}")
    if not isinstance(actors, list) or not all(isinstance(actor, dict) for actor in actors):
        raise DataError(f"{where}: actors must be [[actors]] tables")


def _actor(entry: dict[str, Any], topics: Sequence[str], where: str) -> LabelledActor:
    name, kind, stance = entry.get("name"), entry.get("type"), entry.get("stance", {})
    if not isinstance(name, str) or not name or kind not in ACTOR_TYPES:
        raise DataError(f"{where}: an actor needs a name and a type of {', '.join(ACTOR_TYPES)}: {entry}")
    if not isinstance(stance, dict) or set(stance) != set(topics) or any(x not in STANCES for x in stance.values()):
        raise DataError(f"{where}: the actor {name!r} needs one stance of {', '.join(STANCES)} for each topic")
    mentions, description = entry.get("mentions", []), entry.get("description", "")
    if not isinstance(mentions, list) or not all(isinstance(mention, str) for mention in mentions):
        raise DataError(f"{where}: the mentions of the actor {name!r} must be a list of texts, are {mentions!r}")
    if not isinstance(description, str):
        raise DataError(f"{where}: the description of the actor {name!r} must be a text, is {description!r}")
    return LabelledActor(name=name, type=kind, stance=stance, mentions=mentions, description=description)


class _Marks:
    """The spans of one quote while the text is read."""

    def __init__(self) -> None:
        self.content: list[Span] = []
        self.cue: Span | None = None
        self.source: Span | None = None
        self.actor: str | None = None


def _strip_marks(marked: str, where: str, first_line: int) -> tuple[str, list[LabelledQuote]]:
    """The text without its marks, and the quotes that they make."""
    pieces: list[str] = []
    length = last = 0
    opened: list[tuple[str, str, int]] = []
    quotes: dict[str, _Marks] = {}
    for tag in _TAG.finditer(marked):
        piece = marked[last : tag.start()]
        pieces.append(piece)
        length += len(piece)
        last = tag.end()
        line = first_line + marked.count("\n", 0, tag.start())
        if not tag[1]:
            attributes = dict(_ATTRIBUTE.findall(tag[3]))
            number = attributes.get("n", "1")
            quote = quotes.setdefault(number, _Marks())
            if tag[2] == "q" and quote.actor is None:
                if "a" not in attributes:
                    raise DataError(f"{where}:{line}: the first <q> of quote {number} names no actor (a=…)")
                quote.actor = attributes["a"]
            opened.append((tag[2], number, length))
        else:
            if not opened or opened[-1][0] != tag[2]:
                raise DataError(f"{where}:{line}: </{tag[2]}> closes no <{tag[2]}>")
            kind, number, start = opened.pop()
            _close(quotes[number], kind, (start, length), f"{where}:{line}")
    if opened:
        raise DataError(f"{where}: <{opened[-1][0]}> of quote {opened[-1][1]} is never closed")
    pieces.append(marked[last:])
    text = "".join(pieces)
    return text, [_finished(number, marks, text, where) for number, marks in quotes.items()]


def _close(quote: _Marks, kind: str, span: Span, where: str) -> None:
    if kind == "q":
        quote.content.append(span)
    elif kind == "c":
        if quote.cue is not None:
            raise DataError(f"{where}: a second cue for the same quote")
        quote.cue = span
    else:
        if quote.source is not None:
            raise DataError(f"{where}: a second source for the same quote")
        quote.source = span


def _finished(number: str, marks: _Marks, text: str, where: str) -> LabelledQuote:
    if not marks.content or marks.actor is None:
        raise DataError(f"{where}: quote {number} has no content")
    content = sorted(marks.content)
    kind = quote_kind(text[a:b] for a, b in content)
    return LabelledQuote(content=content, cue=marks.cue, source=marks.source, kind=kind, actor=marks.actor)
