"""Pairs and runs of semantic classes, with a table of invented words."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.benchmarks.semantics import (
    N_SEMANTIC,
    Semantics,
    pairs_in_order,
    read_semantics,
    semantic_features,
)
from topic_stance.classifier.segment import tokenize
from topic_stance.data.records import DataError

HEADER = "word\tclass\tfeeling\ttone\tframe"
ROWS = [
    "studies\tE\to\ts\tv",
    "data\tE\to\ts\tv",
    "prove\tz\tt\to\tv",
    "show\tz\tt\to\tv",
    "the\to\to\to\to",
    "seas\tN\to\to\ti",
    "floods\tN\tf\tl\ti",
]
PAIRS, OTHERS, RUNS, WITH_FRAME = range(N_SEMANTIC)


@pytest.fixture(scope="module")
def semantics(tmp_path_factory: pytest.TempPathFactory) -> Semantics:
    path = tmp_path_factory.mktemp("table") / "semantics.tsv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n")
    return read_semantics(path)


def found(text: str, semantics: Semantics, block: int) -> set[int]:
    return set(semantic_features(tokenize(text), semantics)[block].tolist())


def test_marks_of_words(semantics: Semantics) -> None:
    marks = semantics.of(tokenize("Floods zebra").hash)
    assert ["".join(map(chr, row)) for row in marks.tolist()] == ["Nfli", "?ooo"]


@pytest.mark.parametrize("block", [PAIRS, OTHERS, WITH_FRAME])
def test_other_words_of_the_same_classes_make_the_same_pairs(semantics: Semantics, block: int) -> None:
    one, other = found("studies show the seas", semantics, block), found("data prove seas zebra", semantics, block)
    assert one == other != set()
    assert one != found("seas show the studies", semantics, block)


def test_pairs_of_classes_at_any_distance(semantics: Semantics) -> None:
    near, far = found("data show seas", semantics, PAIRS), found("data show the the zebra the seas", semantics, PAIRS)
    assert len(near) == 3
    assert near == far


def test_feelings_make_other_pairs_than_tones_and_frames(semantics: Semantics) -> None:
    assert len(found("data show floods", semantics, OTHERS)) == 1 + 1 + 2
    assert len(found("data show seas", semantics, OTHERS)) == 2, "the frames' alone"


def test_a_feeling_is_not_taken_for_a_tone_or_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "semantics.tsv"
    path.write_text("\n".join([HEADER, "grief\ts\tp\to\to", "rant\ts\to\tp\to", "march\ts\to\to\tp"]) + "\n")
    table = read_semantics(path)
    keys = [found(f"{word} {word}", table, OTHERS) for word in ("grief", "rant", "march")]
    assert [len(of_word) for of_word in keys] == [1, 1, 1]
    assert len(set.union(*keys)) == 3


def test_a_frame_tells_pairs_apart(tmp_path: Path) -> None:
    path = tmp_path / "semantics.tsv"
    path.write_text("\n".join([HEADER, *ROWS, "rivers\tN\to\to\tg"]) + "\n")
    table = read_semantics(path)
    assert found("data show rivers", table, PAIRS) == found("data show seas", table, PAIRS)
    assert len(found("data show rivers", table, WITH_FRAME) & found("data show seas", table, WITH_FRAME)) == 1


def test_runs_pass_over_grammar_and_know_words(semantics: Semantics) -> None:
    runs = found("data show seas", semantics, RUNS)
    assert runs == found("the data the show the seas", semantics, RUNS)
    assert len(runs) == 5 - 1 + 4 + 3 + 3 + 2 * 4, "both edges are one run of one class"
    assert runs - found("studies prove seas", semantics, RUNS) != set()
    assert len(runs & found("studies prove seas", semantics, RUNS)) == 4 + 4 + 3 + 3 + 4


def test_no_block_has_a_key_of_another(semantics: Semantics) -> None:
    blocks = semantic_features(tokenize("data show floods, studies prove the seas " * 2), semantics)
    together = np.concatenate([np.unique(block) for block in blocks])
    assert len(np.unique(together)) == len(together)


@pytest.mark.parametrize("text", ["", "…", "the", "zebra"])
def test_a_text_that_tells_nothing(semantics: Semantics, text: str) -> None:
    pairs, others, runs, with_frame = semantic_features(tokenize(text), semantics)
    assert len(pairs) == len(others) == len(with_frame) == 0
    assert len(runs) > 0, "the edges"


@given(st.lists(st.integers(0, 5), max_size=12))
def test_pairs_in_order_are_those_of_all_places(values: list[int]) -> None:
    wanted = {
        pair for i, a in enumerate(values) for b in values[i + 1 :] for pair in pairs_in_order(1, np.array([a, b]))
    }
    keys = pairs_in_order(1, np.array(values, np.int64))
    assert len(keys) == len(wanted)
    assert set(keys) == wanted


def test_pairs_take_memory_by_kinds_of_words_not_by_their_number(semantics: Semantics) -> None:
    short, long = (semantic_features(tokenize("data show the seas " * n), semantics) for n in (2, 2000))
    assert sorted(short[PAIRS].tolist()) == sorted(long[PAIRS].tolist())


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["word\tclass"], r"semantics\.tsv:1: not a table of semantic classes"),
        ([HEADER], r"semantics\.tsv:1: not a table of semantic classes"),
        ([HEADER, *ROWS, "sea\tN\to\to"], r"semantics\.tsv:9: needs a word and 4 letters"),
        ([HEADER, "sea\tN\to\to\tii"], r"semantics\.tsv:2: needs a word and 4 letters"),
        ([HEADER, "\tN\to\to\ti"], r"semantics\.tsv:2: needs a word and 4 letters"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, lines: list[str], told: str) -> None:
    path = tmp_path / "semantics.tsv"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=told):
        read_semantics(path)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_semantics(tmp_path / "none.tsv")
