"""How words lean: of twenty speakers who use a word on a topic, how many are for its proposition and how many against.

The numbers are guesses of readers who saw the words alone, no text and no label (`data/lexicons/DATASHEET.md`), so they
tell of words that few labels have. Under a negation for and against change places. A table has a line for each word,
tabs between its fields: the part it is of (`said`, `cue`, `source`), the word, and for each topic that the header names
two numbers, for and against, a blank between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.segment import token_hash
from topic_stance.classifier.stance import cue_word, negated_word, said_word, source_word, title_word
from topic_stance.data.records import DataError

from .vectors import FeatureVectors, stacked

SPEAKERS = 20
_PARTS = {"said": (said_word,), "cue": (cue_word,), "source": (source_word, title_word)}
"""The features that a word of a part makes."""
LENGTH = 0.4
"""What one unit of log odds counts; twice or three times as much is no better for GWSD (RESULTS.md)."""


def read_leanings(topics: Sequence[str], path: Path | None = None) -> FeatureVectors | None:
    """The leanings of a file, or the project's own; none where it has none of the topics.

    A row has two columns for each topic that the file has: the log odds of for to against and of neither to both, less
    those of the part's mean word. What is said is known even where no example has it. Raises `DataError` where the file
    is no such table.
    """
    source = path or resources.files("topic_stance.data").joinpath("lexicons/leanings.tsv")
    try:
        header, *lines = source.read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, UnicodeError) as error:
        raise DataError(f"{source}: cannot be read: {error}") from None
    named = header.split("\t")
    if named[:2] != ["part", "word"] or len(named) < 3:
        raise DataError(f"{source}:1: not a table of leanings: its columns must be part, word, and topics")
    words: dict[str, list[int]] = {part: [] for part in _PARTS}
    counts: dict[str, list[NDArray[np.int64]]] = {part: [] for part in _PARTS}
    for number, line in enumerate(lines, 2):
        part, word, pairs = _read(line, len(named) - 2, f"{source}:{number}")
        words[part].append(token_hash(word))
        counts[part].append(pairs)
    columns = [named.index(topic) - 2 for topic in topics if topic in named[2:]]
    if not columns:
        return None
    return stacked([_of_part(part, words[part], np.array(counts[part])[:, columns]) for part in _PARTS if words[part]])


def _read(line: str, n_topics: int, place: str) -> tuple[str, str, NDArray[np.int64]]:
    """Part, word, and for and against of each topic: (n_topics, 2)."""
    fields = line.split("\t")
    try:
        part, word, *pairs = fields
        counts = np.array([[int(n) for n in pair.split(" ")] for pair in pairs]).reshape(n_topics, 2)
        if part not in _PARTS or not word or counts.min() < 0 or counts.sum(1).max() > SPEAKERS:
            raise ValueError
    except ValueError:
        raise DataError(
            f"{place}: needs {', '.join(_PARTS)}, a word, and for each topic two numbers, {SPEAKERS} at most together"
        ) from None
    return part, word, counts


def _of_part(part: str, words: list[int], counts: NDArray[np.int64]) -> FeatureVectors:
    """Rows of a part's features. words: hashes; counts: (n_words, n_topics, 2)."""
    favor, against = counts[..., 0] + 1.0, counts[..., 1] + 1.0
    neither = SPEAKERS + 1.0 - counts.sum(2)
    side, aside = np.log(favor / against), np.log(neither / np.sqrt(favor * against))
    side, aside = (LENGTH * (odds - odds.mean(0)) for odds in (side, aside))
    tables = [_table(key, words, np.hstack((side, aside)), known=part == "said") for key in _PARTS[part]]
    if part == "said":
        tables.append(_table(negated_word, words, np.hstack((-side, aside)), known=False))
    return stacked(tables)


def _table(key: Callable[[int], int], words: list[int], rows: NDArray[np.float64], *, known: bool) -> FeatureVectors:
    keys, first = np.unique(np.array([key(word) for word in words], np.uint64), return_index=True)
    return FeatureVectors(keys, rows[first].astype(np.float32), np.full(len(keys), known))
