"""How words lean: the project's table and other tables, as rows of features."""

from pathlib import Path

import numpy as np
import pytest

from topic_stance.classifier.segment import token_hash
from topic_stance.classifier.stance import cue_word, negated_word, said_word, source_word, title_word
from topic_stance.data.records import DataError
from topic_stance.training import rewriting
from topic_stance.training.leanings import read_leanings
from topic_stance.training.vectors import FeatureVectors

TOPICS = ("regional_relations", "fraud", "law_enforcement")
TABLE = """part	word	tides	moon
said	flood	18 1	4 4
said	ebb	1 18	4 4
cue	warned	9 3	2 2
cue	said	3 3	2 2
source	keeper	6 2	2 2
source	poet	2 6	2 2
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "leanings.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def row(found: FeatureVectors | None, key: int) -> np.ndarray:
    assert found is not None
    place = int(np.searchsorted(found.keys, np.uint64(key)))
    assert found.keys[place] == key
    return found.rows[place]


def test_a_word_leans_to_the_side_of_its_speakers(tmp_path: Path) -> None:
    found = read_leanings(("tides",), write(tmp_path, TABLE))
    flood, ebb = (row(found, said_word(token_hash(word))) for word in ("flood", "ebb"))
    assert flood[0] == -ebb[0] > 0
    assert flood[1] == ebb[1] == pytest.approx(0, abs=1e-6), "both take a side as often, which is the mean"


def test_a_negated_word_leans_the_other_way(tmp_path: Path) -> None:
    found = read_leanings(("tides", "moon"), write(tmp_path, TABLE))
    said, negated = (row(found, key(token_hash("flood"))) for key in (said_word, negated_word))
    np.testing.assert_array_equal(negated, said * [-1, -1, 1, 1])


def test_each_part_has_its_own_features(tmp_path: Path) -> None:
    found = read_leanings(("tides",), write(tmp_path, TABLE))
    assert row(found, cue_word(token_hash("warned")))[0] > row(found, cue_word(token_hash("said")))[0]
    for key in (source_word, title_word):
        assert row(found, key(token_hash("keeper")))[0] == -row(found, key(token_hash("poet")))[0] > 0
    assert found is not None
    assert found.keys.tolist() == sorted(found.keys.tolist())
    known = {said_word(token_hash(word)) for word in ("flood", "ebb")}
    assert set(found.keys[found.known].tolist()) == known, "what is said, beyond the reach of a negation"


def test_columns_are_those_of_the_topics_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    both, turned = read_leanings(("tides", "moon"), path), read_leanings(("moon", "stars", "tides"), path)
    assert both is not None
    assert turned is not None
    np.testing.assert_array_equal(both.rows, turned.rows[:, [1, 0, 3, 2]])
    assert read_leanings(("stars",), path) is None


@pytest.mark.parametrize("text", ["", "part\tword\n", "word\tpart\ttides\n", "said\tflood\t1 2\n"])
def test_another_table_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"leanings\.tsv:1: not a table of leanings"):
        read_leanings(("tides",), write(tmp_path, text))


@pytest.mark.parametrize(
    "line",
    ["", "said\tflood", "said\tflood\t1 2", "said\tflood\t1 2\t3", "said\tflood\t1 2\t3 -1", "sung\tflood\t1 2\t3 4",
     "said\t\t1 2\t3 4", "said\tflood\t11 10\t3 4", "said\tflood\t1 2\t3 x", "said\tflood\t1 2\t3 4\t5 6"],
)  # fmt: skip
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"leanings\.tsv:8: needs said, cue, source, a word, and for each topic two"):
        read_leanings(("tides",), write(tmp_path, TABLE + line + "\n"))


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_leanings(("tides",), tmp_path / "none.tsv")


def test_the_project_has_leanings_of_each_of_its_topics() -> None:
    found = read_leanings(TOPICS)
    assert found is not None
    assert found.rows.shape[1] == 2 * len(TOPICS)
    side = {word: row(found, said_word(token_hash(word)))[:3] for word in ("cooperation", "scam", "brutality", "table")}
    assert side["cooperation"][0] > side["table"][0]
    assert side["scam"][1] > side["table"][1]
    assert side["brutality"][2] < side["table"][2]


def test_words_of_another_gender_lean_alike() -> None:
    found = read_leanings(TOPICS)
    assert found is not None
    rows = dict(zip(found.keys.tolist(), found.rows.tolist(), strict=True))
    compared = 0
    for one, other in rewriting._OTHER_GENDER.items():
        for key in (said_word, cue_word, source_word):
            first, second = (rows.get(key(token_hash(word))) for word in (one, other))
            if first and second:
                assert first == second, (one, other)
                compared += 1
    assert compared > 40
