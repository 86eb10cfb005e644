"""Vectors of words from the company that they keep."""

import numpy as np
import pytest

from topic_stance.classifier.segment import Tokens, token_hash, tokenize
from topic_stance.training.vectors import WordVectors, word_vectors

PAIRS = [("eels", "swim"), ("otters", "swim"), ("bells", "ring"), ("gongs", "ring")]
TEXTS = [
    tokenize(" ".join([f"The {who} {do} in the {place} today."] * 3))
    for who, do in PAIRS
    for place in "harbour river tower".split()
]


def vectors(texts: list[Tokens]) -> WordVectors:
    found = word_vectors(texts, size=4, length=0.7, least=2)
    assert found is not None
    return found


def test_words_in_like_company_are_alike() -> None:
    found = vectors(TEXTS)
    row = {word: found.rows[np.searchsorted(found.words, np.uint64(token_hash(word)))] for word, _ in PAIRS}
    assert row["eels"] @ row["otters"] > row["eels"] @ row["bells"]


def test_sorted_and_of_one_length() -> None:
    found = vectors(TEXTS)
    assert found.words.tolist() == sorted(found.words.tolist())
    assert np.linalg.norm(found.rows, axis=1) == pytest.approx(0.7, abs=1e-5)


def test_rare_words_have_none() -> None:
    found = vectors([*TEXTS, tokenize("A lone heron.")])
    assert token_hash("heron") not in found.words.tolist()
    assert token_hash("eels") in found.words.tolist()


def test_the_same_texts_give_the_same_vectors() -> None:
    one, two = (vectors(TEXTS) for _ in range(2))
    assert one.rows.tobytes() == two.rows.tobytes()


@pytest.mark.parametrize("texts", [[], ["Once."], ["The port is shut today. " * 9]])
def test_too_little_text_gives_none(texts: list[str]) -> None:
    assert word_vectors([tokenize(text) for text in texts], size=100, length=0.7) is None
