"""What kind of words a sentence has, and in which order: pairs and runs of semantic classes.

Each word has a class (evidence, harm, must, not, …), a feeling, a tone and a frame, as guessed by readers who saw it
alone (`data/gwsd/DATASHEET.md` lists them). "studies show that the oceans rise" and "data prove glaciers retreat" then
have the same evidence before the same nature. The features are counts, as those of words are: classes in the manner of
the General Inquirer (Stone et al. 1966), their runs those of Brown et al. (1992).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.segment import WORD, Tokens, token_hash
from topic_stance.data.records import DataError

from .patterns import joined_keys, runs

COLUMNS = ("class", "feeling", "tone", "frame")
CLASS, FEELING, TONE, FRAME = range(4)
UNKNOWN, NONE = ord("?"), ord("o")
"""The class of a word that is not in the table; its feeling, tone and frame are `NONE`."""
_TELL_NOTHING = [UNKNOWN, *map(ord, "ohs")]
"""Classes that make no pairs: of words not known, of grammar, of other descriptions and things."""
_NOT_IN_RUNS = list(map(ord, "ohsv"))
"""Classes that runs pass over: of grammar, of other descriptions, things and doings."""
N_SEMANTIC = 4
"""Blocks of features: pairs of classes; of the three others; runs of classes; pairs of class and frame at once."""


class Semantics(NamedTuple):
    """Words and their marks.

    words: (n_words,) uint64, hashes of tokens, ascending; marks: (n_words, 4) int64, code points of `COLUMNS`' letters.
    """

    words: NDArray[np.uint64]
    marks: NDArray[np.int64]

    def of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Marks of tokens (n_tokens, 4), given their hashes."""
        place = np.searchsorted(self.words, hashes) % len(self.words)
        known = self.words[place] == hashes
        return np.where(known[:, None], self.marks[place], [UNKNOWN, NONE, NONE, NONE])


def read_semantics(path: Path) -> Semantics:
    """The table of a file, a word and four letters a line, tabs between; raises DataError where it is none."""
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if header.split("\t") != ["word", *COLUMNS] or not lines:
        raise DataError(f"{path}:1: not a table of semantic classes: its columns must be word, {', '.join(COLUMNS)}")
    marks: dict[int, list[int]] = {}
    for number, line in enumerate(lines, 2):
        word, *letters = line.split("\t")
        if not word or len(letters) != len(COLUMNS) or any(len(letter) != 1 for letter in letters):
            raise DataError(f"{path}:{number}: needs a word and {len(COLUMNS)} letters, tabs between")
        marks[token_hash(word)] = list(map(ord, letters))
    words = np.array(sorted(marks), np.uint64)
    return Semantics(words, np.array([marks[word] for word in words.tolist()], np.int64))


def semantic_features(tokens: Tokens, semantics: Semantics) -> list[NDArray[np.uint64]]:
    """Keys of a text's features, an array for each block; memory is linear in its words, time that of sorting them."""
    words = tokens.hash[tokens.flags & WORD > 0]
    marks = semantics.of(words)
    classes = marks[:, CLASS]
    telling = marks[~np.isin(classes, _TELL_NOTHING)]
    others = [(column, marks[:, column]) for column in (FEELING, TONE, FRAME)]
    in_runs = ~np.isin(classes, _NOT_IN_RUNS)
    return [
        pairs_in_order(101, telling[:, CLASS]),
        np.concatenate([pairs_in_order(101 + column, of[of != NONE]) for column, of in others]),
        runs(106, classes[in_runs], words[in_runs]),
        pairs_in_order(105, telling[:, CLASS] << 8 | telling[:, FRAME]),
    ]


def pairs_in_order(kind: int, values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Keys of the pairs of values of which one stands somewhere before the other, each pair once."""
    found, first = np.unique(values, return_index=True)
    last = len(values) - 1 - np.unique(values[::-1], return_index=True)[1]
    before, behind = np.nonzero(first[:, None] < last)
    return joined_keys(kind, found[before], found[behind])
