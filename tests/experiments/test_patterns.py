"""Patterns of how words lean, with a table of invented words."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from experiments.benchmarks.patterns import Leans, patterns, read_leans
from topic_stance.classifier.hashing import MIX
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.tagger import N_TAGS
from topic_stance.data.records import DataError


@pytest.fixture
def leans(tmp_path: Path) -> Leans:
    path = tmp_path / "leanings.tsv"
    counts = {"flood": "18 1", "drought": "18 1", "hoax": "0 18", "swindle": "0 18", "committee": "1 1", "board": "1 1"}
    path.write_text(
        "\n".join(["part\tword\tdykes", *(f"said\t{word}\t{pair}" for word, pair in counts.items())]) + "\n"
    )
    return read_leans("dykes", path)


def keys(text: str, leans: Leans, tag: int = 0) -> NDArray[np.uint64]:
    tokens = tokenize(text)
    return patterns(tokens, np.full(len(tokens.hash), tag), leans)


def test_words_that_lean_alike_are_of_one_class(leans: Leans) -> None:
    tokens = tokenize("flood Drought hoax swindle committee board zebra")
    flood, drought, hoax, swindle, committee, board, unknown = leans.of(tokens.hash).tolist()
    assert flood == drought
    assert hoax == swindle
    assert committee == board
    assert len({flood, hoax, committee, unknown}) == 4
    assert unknown == 0


def test_other_words_that_lean_alike_make_the_same_patterns(leans: Leans) -> None:
    one, other = keys("flood hoax", leans), keys("drought swindle", leans)
    only = np.setdiff1d(one, other)
    assert len(only) == 2 * 3 - 2, "pairs with a word as it is, less those of an edge and a class"
    assert len(np.intersect1d(keys("hoax flood", leans), one)) < len(np.intersect1d(one, other))


def test_parts_of_speech_tell_patterns_apart(leans: Leans) -> None:
    assert len(np.setdiff1d(keys("flood hoax", leans, tag=1), keys("flood hoax", leans, tag=2))) == 2 + 3 + 2


def test_no_pattern_is_taken_for_another() -> None:
    one_each = Leans(np.sort(tokenize("a b c d").hash * MIX), np.arange(1, 16, 4))
    tokens = tokenize("a b c d " * 2)
    found = [patterns(tokens, np.full(len(tokens.hash), tag), one_each) for tag in range(N_TAGS)]
    of_a_class = 5 + 6 + 6 + 6 + 6 + 6  # alone, in twos, threes, across one, beside a word as it is
    assert len(np.unique(np.concatenate(found))) == of_a_class + (5 + 6 + 6) * N_TAGS - (N_TAGS - 1)


@pytest.mark.parametrize("text", ["", "…", "flood", "flood, hoax", "a flood of the board " * 50])
def test_as_many_patterns_as_words_allow(leans: Leans, text: str) -> None:
    n = len(text.replace("…", "").split())
    assert len(keys(text, leans)) == 2 * (n + 2) + 4 * (n + 1) + 3 * n


def test_a_table_of_another_topic(leans: Leans, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"leanings\.tsv: says of no word how it leans on weather"):
        read_leans("weather", tmp_path / "leanings.tsv")
