"""Near-duplicates: the same agency report in several outlets, an article in its second edition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.readers import Record, Reject
from topic_stance.data.records import TopicStanceError

if TYPE_CHECKING:
    from datasketch import MinHashLSH

THRESHOLD = 0.8
"""Jaccard similarity of the sets of word triples from which two texts are near-duplicates."""

_PERMUTATIONS = 128
_WORDS = 3
_WORD = re.compile(r"\w+")


class NearDuplicates:
    """Remembers every text that it has let pass, 4 bytes a word and 1 kB each, and finds those that come again.

    Raises `TopicStanceError` where datasketch is not installed.
    """

    def __init__(self) -> None:
        try:
            from datasketch import MinHashLSH
        except ImportError as error:
            raise TopicStanceError("--dedup needs datasketch: pip install 'topic-stance[dedup]'") from error
        self._index: MinHashLSH = MinHashLSH(threshold=THRESHOLD, num_perm=_PERMUTATIONS)
        self._kept: list[tuple[str, NDArray[np.uint32]]] = []

    def check(self, record: Record) -> Record | Reject:
        """The record, or a reject that names the earlier article which it is nearly a copy of."""
        from datasketch import MinHash

        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        shingles = _shingles(record.article.text)
        sketch.update_batch(shingles)
        digests = np.unique(np.array([crc32(shingle) for shingle in shingles], np.uint32))
        for key in sorted(self._index.query(sketch)):
            earlier, kept = self._kept[key]
            # Counted, not estimated: among the many texts of one template some estimates are too high.
            if _jaccard(digests, kept) >= THRESHOLD:
                reason = f"near-duplicate of {earlier}"
                return Reject(record.file, record.line, record.offset, record.article.id, reason)
        self._index.insert(len(self._kept), sketch)
        self._kept.append((record.article.id, digests))
        return record


def _jaccard(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """What two sets have in common, of what either has; sorted arrays."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def _shingles(text: str) -> list[bytes]:
    """The set of word triples, in lower case; the text itself where it has fewer words."""
    words = _WORD.findall(text.lower())
    triples = {" ".join(words[start : start + _WORDS]) for start in range(len(words) - _WORDS + 1)}
    return [shingle.encode() for shingle in sorted(triples or {" ".join(words) or text})]
