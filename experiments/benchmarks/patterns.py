"""Patterns of how words lean: runs of words as runs of classes, which tell something of runs that no text has.

"deadly storms" and "melting glaciers" share no word, and are one pattern: two words that lean far to one side. A word's
class is how it leans (`Leans`), alone or with the part of speech that it has in its sentence; in some pairs one of the
two words stands for itself. These are the class n-grams of Brown et al. (1992), with classes that tell of a stance.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.hashing import MIX
from topic_stance.classifier.segment import WORD, Tokens
from topic_stance.classifier.tagger import N_TAGS
from topic_stance.data.records import DataError
from topic_stance.training.leanings import LENGTH, read_leanings

SIDES, ASIDES = (-0.9, -0.1, 0.7, 1.5), (-0.4, 0.5)
"""Where one class ends and the next begins: log odds of for to against and of neither to both, less the mean word's."""
_EDGE = -1
"""What stands before the first word and behind the last."""


class Leans(NamedTuple):
    """Classes of words by how they lean: five for the side, each in three for how many take none.

    words: (n_words,) uint64, keys of `said_word`, ascending; classes: (n_words,) int64, from 1 on.
    """

    words: NDArray[np.uint64]
    classes: NDArray[np.int64]

    def of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Classes of tokens (n_tokens,), given their hashes; 0 where nobody has said how a word leans."""
        keys = hashes * MIX  # as said_word has them
        place = np.searchsorted(self.words, keys) % len(self.words)
        return np.where(self.words[place] == keys, self.classes[place], 0)


def read_leans(topic: str, path: Path) -> Leans:
    """The classes of what is said, from a table of leanings that has the topic; raises DataError if it has not."""
    table = read_leanings((topic,), path)
    if table is None or not table.known.any():
        raise DataError(f"{path}: says of no word how it leans on {topic}")
    side, aside = table.rows[table.known].T / LENGTH
    classes = 1 + np.searchsorted(SIDES, side) * (len(ASIDES) + 1) + np.searchsorted(ASIDES, aside)
    return Leans(table.keys[table.known], classes)


def patterns(tokens: Tokens, tags: NDArray[np.int64], leans: Leans) -> NDArray[np.uint64]:
    """Keys of the patterns of a text's words; time and memory are linear in them.

    A pattern is of one word, of two side by side or with one between, or of three. tags: (n_tokens,), places in `TAGS`.
    """
    at = np.flatnonzero(tokens.flags & WORD)
    leaning = leans.of(tokens.hash[at])
    tagged = _with_edges(leaning * N_TAGS + tags[at])
    return np.concatenate(
        [
            runs(1, leaning, tokens.hash[at]),
            joined_keys(7, tagged),
            joined_keys(8, tagged[:-1], tagged[1:]),
            joined_keys(9, tagged[:-2], tagged[2:]),
        ]
    )


def runs(kind: int, classes: NDArray[np.int64], words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keys of runs of one to three classes, of two with one between, and of a word as it is beside a class.

    classes, words: (n_words,), words by their hashes. The keys are of six kinds, from `kind` on.
    """
    class_, word = _with_edges(classes), _with_edges(words.astype(np.int64))
    return np.concatenate(
        [
            joined_keys(kind, class_),
            joined_keys(kind + 1, class_[:-1], class_[1:]),
            joined_keys(kind + 2, class_[:-2], class_[1:-1], class_[2:]),
            joined_keys(kind + 3, class_[:-2], class_[2:]),
            joined_keys(kind + 4, word[:-1], class_[1:]),
            joined_keys(kind + 5, class_[:-1], word[1:]),
        ]
    )


def _with_edges(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([_EDGE], values, [_EDGE]))


def joined_keys(kind: int, *parts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Keys (n,) of the values that stand in the same place of each part."""
    keys = np.full(len(parts[0]), kind, np.uint64) * MIX  # far apart: small values would meet those of another kind
    for part in parts:
        keys = (keys * np.uint64(31) ^ part.view(np.uint64)) * MIX
    return keys
