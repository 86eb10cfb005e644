"""Checks of labelled articles: marks, labels, ids, near-duplicates, sentences shared with public text; and a table.

Everything that is wrong is reported, file by file, with the line where it is known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.segment import SENTENCE, WORD, Tokens, tokenize
from topic_stance.data.corpus import marked_parts, marked_text, near_duplicate_groups, parse_marked, quote_kind
from topic_stance.data.files import lines
from topic_stance.data.public import NO_TEXTS, labelled, without_text
from topic_stance.data.readers import Record, read
from topic_stance.data.records import STANCES, Article, DataError, LabelledArticle
from topic_stance.data.regions import label_problems

SHORTEST = 8
"""Words of the shortest sentence that is compared with public text."""
NGRAM = 12
"""Words that two longer sentences must have in common, one after the other."""

_LIKE_A_MARK = re.compile(r"</?[qsc](?=[\s>/])[^>\n]{0,200}>?|<[/ ]+[qsc] *>")
_STYLE = re.compile(r"^style *= *[\"']([^\"'\n]*)[\"']", re.MULTILINE)
_PRIME = np.uint64(1099511628211)


@dataclass(frozen=True)
class Located:
    """An article and the line at which it begins. `first_line` is that at which a marked text begins, else 0."""

    article: LabelledArticle
    file: str
    line: int
    first_line: int = 0
    style: str = ""

    def where(self, offset: int | None = None) -> str:
        """File and line of the article, or of one of its characters."""
        if not self.first_line or offset is None:
            return f"{self.file}:{self.line}"
        return f"{self.file}:{self.first_line + self.article.text.count(chr(10), 0, offset)}"


class Loaded(NamedTuple):
    """The articles that could be read, and a message for each that could not."""

    articles: list[Located]
    problems: list[str]


def load_corpus(paths: Iterable[Path], texts: dict[str, Article] | None) -> Loaded:
    """Folders of inline-marked files, single ones, and labelled JSONL; raises `DataError` where a path is not there.

    texts: by id, those of labels that come without (`data/labels/full.jsonl`).
    """
    found = Loaded([], [])
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".txt", ".jsonl") and file.is_file())
            if not files:
                raise DataError(f"{path}: holds neither marked articles (.txt) nor labelled ones (.jsonl)")
        elif path.is_file():
            files = [path]
        else:
            raise DataError(f"{path}: no such file or folder")
        for file in files:
            if file.suffix == ".jsonl":
                _load_lines(file, found, texts)
            else:
                _load_marked(file, found)
    return found


def corpus_problems(
    loaded: Loaded, topics: Sequence[str], public: Sequence[str], warn: Callable[[str], None]
) -> list[str]:
    """Everything that is wrong with a corpus; `warn` is told of public records that could not be compared."""
    found = list(loaded.problems)
    for located in loaded.articles:
        found += [f"{located.where()}: {problem}" for problem in _article_problems(located.article, topics)]
    found += _same_ids(loaded.articles)
    found += _near_duplicates(loaded.articles)
    if public:
        found += shared_sentences(loaded.articles, public, warn)
    return found


def shared_sentences(articles: Sequence[Located], public: Sequence[str], warn: Callable[[str], None]) -> list[str]:
    """Sentences of `SHORTEST` words or more with words that public text has in the same order.

    Sentences shorter than `NGRAM` words are compared whole, longer ones by every run of that many. The public text is
    read once, article by article.
    """
    wanted = _Grams(articles)
    found: dict[tuple[int, int], str] = {}
    unread = 0
    for item in read(public):
        if not isinstance(item, Record):
            unread += 1
            if unread == 1:
                warn(f"{item.file}:{item.line}: not compared: {item.reason}")
            continue
        for place in wanted.in_text(item.article.text):
            found.setdefault(place, f"{item.file}:{item.line}")
    if unread > 1:
        warn(f"{unread:,} public records in all could not be compared")
    messages = []
    for (number, start), where in sorted(found.items()):
        located = articles[number]
        words = " ".join(located.article.text[start : start + 70].split())
        messages.append(f"{located.where(start)}: shares words with {where}: {words}…")
    return messages


def corpus_table(articles: Sequence[Located]) -> str:
    """Distributions and vocabulary figures, as a Markdown table."""
    plain = [located.article for located in articles]
    stances = Counter(
        (topic, label) for article in plain for actor in article.actors or () for topic, label in actor.stance.items()
    )
    rows: list[tuple[str, str, str]] = [("articles", "", f"{len(plain):,}")]
    rows += _counted("topics", (", ".join(sorted(article.topics)) or "none" for article in plain))
    rows += _counted("style", (located.style or "not given" for located in articles))
    rows += _counted("region", (article.region or "not given" for article in plain))
    for topic in sorted({topic for topic, _ in stances}):
        total = sum(stances[topic, label] for label in STANCES)
        rows += [(f"stance on {topic}", k, f"{stances[topic, k]:,} ({stances[topic, k] / total:.0%})") for k in STANCES]
    rows.append(("actors", "", f"{sum(len(article.actors or ()) for article in plain):,}"))
    rows += _counted("quotes", (quote.kind for article in plain for quote in article.quotes or ()))
    rows += _word_rows(plain)
    lines = [("figure", "of", "value"), ("---", "---", "---:"), *rows]
    widths = [max(len(row[k]) for row in lines) for k in range(3)]
    return "\n".join(f"| {a:{widths[0]}} | {b:{widths[1]}} | {c:>{widths[2]}} |" for a, b, c in lines)


def _load_marked(file: Path, found: Loaded) -> None:
    try:
        parts = marked_parts(marked_text(file))
    except DataError as error:
        found.problems.append(str(error))
        return
    for before, part in parts:
        try:
            article = parse_marked(part, str(file), before)
        except DataError as error:
            found.problems.append(str(error))
            continue
        head = part.split("+++\n", 2)[1]
        style = _STYLE.search(head)
        located = Located(article, str(file), before + 1, before + head.count("\n") + 3, style[1] if style else "")
        found.articles.append(located)
        for mark in _LIKE_A_MARK.finditer(article.text):
            found.problems.append(f"{located.where(mark.start())}: looks like a mark and is none: {mark[0]}")


def _load_lines(file: Path, found: Loaded, texts: dict[str, Article] | None) -> None:
    try:
        numbered = list(lines(file))
    except DataError as error:
        found.problems.append(str(error))
        return
    without = [number for number, line in numbered if without_text(line)]
    if without and texts is None:
        found.problems.append(f"{file}:{without[0]}: {NO_TEXTS}")
        return
    for number, line in numbered:
        try:
            found.articles.append(Located(labelled(line, texts, f"{file}:{number}"), str(file), number))
        except DataError as error:
            found.problems.append(str(error))


def _article_problems(article: LabelledArticle, topics: Sequence[str]) -> Iterator[str]:
    if not article.text.strip():
        yield "the text is empty"
    for topic in sorted(set(article.topics) - set(topics)):
        yield f"the topic {topic!r} is not in the taxonomy ({', '.join(topics)})"
    if len(set(article.topics)) != len(article.topics):
        yield f"a topic is given twice: {', '.join(article.topics)}"
    problems = list(label_problems(article))
    yield from problems
    quoted = {quote.actor for quote in article.quotes or ()}
    names = Counter(actor.name for actor in article.actors or ())
    yield from (f"the actor {name!r} is listed {n} times" for name, n in names.items() if n > 1)
    for actor in article.actors or ():
        if actor.name not in quoted:
            yield f"the actor {actor.name!r} has no quote"
        if set(actor.stance) != set(article.topics):
            yield f"the actor {actor.name!r} needs one stance for each topic and no other"
    if not problems:
        yield from _kind_problems(article)


def _kind_problems(article: LabelledArticle) -> Iterator[str]:
    for quote in article.quotes or ():
        kind = quote_kind(article.text[a:b] for a, b in quote.content)
        if kind != quote.kind:
            start, end = quote.content[0]
            yield f"the quote at {start}–{end} is called {quote.kind}, its quotation marks make it {kind}"


def _same_ids(articles: Sequence[Located]) -> Iterator[str]:
    first: dict[str, str] = {}
    for located in articles:
        earlier = first.setdefault(located.article.id, located.where())
        if earlier != located.where():
            yield f"{located.where()}: the id {located.article.id!r} is taken by {earlier}"


def _near_duplicates(articles: Sequence[Located]) -> Iterator[str]:
    groups = near_duplicate_groups([located.article.text for located in articles])
    for number, group in enumerate(groups):
        if group != number:
            yield f"{articles[number].where()}: is a near-duplicate of {articles[group].where()}"


class _Grams:
    """The word runs of a corpus by hash, to be looked up in other texts."""

    def __init__(self, articles: Sequence[Located]) -> None:
        """Places (article, offset of the sentence) by length and hash of a run."""
        self._places: dict[int, dict[int, set[tuple[int, int]]]] = {}
        for number, located in enumerate(articles):
            tokens = tokenize(located.article.text)
            words, starts = _words(tokens), _sentence_starts(tokens)
            bounds = [*np.flatnonzero(np.diff(starts, prepend=-1)).tolist(), len(words)]
            for a, b in pairwise(bounds):
                if b - a >= SHORTEST:
                    length = min(b - a, NGRAM)
                    known = self._places.setdefault(length, {})
                    for value in _rolling(words[a:b], length).tolist():
                        known.setdefault(value, set()).add((number, int(starts[a])))
        self._sorted = {n: np.array(sorted(known), np.uint64) for n, known in self._places.items()}

    def in_text(self, text: str) -> Iterator[tuple[int, int]]:
        """The places whose words `text` has; linear in its length."""
        words = _words(tokenize(text))
        for length, known in self._sorted.items():
            values = _rolling(words, length)
            spots = np.minimum(np.searchsorted(known, values), len(known) - 1)
            for value in values[known[spots] == values].tolist():
                yield from self._places[length][value]


def _words(tokens: Tokens) -> NDArray[np.uint64]:
    """Hashes of the lower-cased words: (n_words,)."""
    return tokens.hash[(tokens.flags & WORD) > 0]


def _sentence_starts(tokens: Tokens) -> NDArray[np.int64]:
    """For each word the offset at which its sentence begins: (n_words,)."""
    first = (tokens.flags & SENTENCE) > 0
    number = np.maximum(np.cumsum(first) - 1, 0)
    starts = tokens.start[first].astype(np.int64) if first.any() else np.zeros(1, np.int64)
    found: NDArray[np.int64] = starts[number[(tokens.flags & WORD) > 0]]
    return found


def _rolling(words: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """One hash for each run of `length` words: (max(0, n_words - length + 1),)."""
    count = max(0, len(words) - length + 1)
    value = np.zeros(count, np.uint64)
    for k in range(length):
        value = value * _PRIME ^ words[k : k + count]
    return value


def _counted(figure: str, values: Iterable[str]) -> list[tuple[str, str, str]]:
    counts = Counter(values)
    return [(figure, name, f"{counts[name]:,}") for name in sorted(counts)]


def _word_rows(articles: Sequence[LabelledArticle]) -> list[tuple[str, str, str]]:
    """Figures of the texts without numbers and marks, lower-cased."""
    lengths = []
    vocabulary: set[int] = set()
    for article in articles:
        words = _words(tokenize(article.text)).tolist()
        lengths.append(len(words))
        vocabulary.update(words)
    total = sum(lengths)
    per_article = f"{min(lengths)} / {np.median(lengths):.0f} / {max(lengths)}" if lengths else "–"
    return [
        ("words", "in all", f"{total:,}"),
        ("words", "an article (least / median / most)", per_article),
        ("vocabulary", "different words, lower-cased", f"{len(vocabulary):,}"),
        ("type-token ratio", "vocabulary / words", f"{len(vocabulary) / total:.3f}" if total else "–"),
    ]
