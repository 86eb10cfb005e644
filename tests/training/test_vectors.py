"""Vectors of words: the project's table, and how it is made."""

import json
from pathlib import Path

import numpy as np
import pytest

from topic_stance.classifier.segment import token_hash
from topic_stance.classifier.stance import said_word
from topic_stance.data.records import DataError
from topic_stance.training.vectors import (
    FeatureVectors,
    main,
    read_word_vectors,
    side_by_side,
    stacked,
    write_word_vectors,
)

PACKAGE = {
    "size": 5,
    "words": ["the", "eel", ",", "trout", "sea-bed", "gong"],
    "vectors": {
        "the": [0.0] * 100 + [0.0, 0],
        ",": [0.0] * 100 + [0.0, 2],
        "sea-bed": [0.0] * 100 + [0.0, 4],
        "eel": [3.0, 1.0, *[0.0] * 98, 3.2, 1],
        "trout": [3.0, 1.5, *[0.0] * 98, 3.4, 3],
        "gong": [-3.0, 0.5, *[0.0] * 98, 3.0, 5],
    },
}


def row(found: FeatureVectors, word: str) -> np.ndarray:
    key = said_word(token_hash(word))
    place = np.searchsorted(found.keys, np.uint64(key))
    assert found.keys[place] == key
    return found.rows[place]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.json"
    path.write_text(json.dumps(PACKAGE))
    return path


def test_own_table_knows_common_words() -> None:
    found = read_word_vectors(0.7)
    assert found.rows.shape == (30_000, 100)
    assert found.keys.tolist() == sorted(set(found.keys.tolist()))
    assert not found.known.any()
    assert read_word_vectors(0.7, known=True).known.all()
    assert np.linalg.norm(found.rows, axis=1) == pytest.approx(0.7, abs=1e-5)
    assert row(found, "treaty") @ row(found, "agreement") > row(found, "treaty") @ row(found, "bribe")


def test_written_words_are_read_again(package: Path, tmp_path: Path) -> None:
    assert write_word_vectors(package, tmp_path / "table") == 4, "words of letters only"
    found = read_word_vectors(2.0, tmp_path / "table")
    assert row(found, "eel") @ row(found, "trout") > 0 > row(found, "eel") @ row(found, "gong")
    wanted = np.array([2.5, 0.5])  # less the mean of all six, 0.5 and 0.5
    assert row(found, "eel")[:2] == pytest.approx(wanted * 2 / np.linalg.norm(wanted), abs=0.02)


def test_the_most_frequent_words_are_kept(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_word_vectors(package, tmp_path / "table", most=2) == 2
    wanted = sorted(said_word(token_hash(word)) for word in ("the", "eel"))
    assert read_word_vectors(1.0, tmp_path / "table").keys.tolist() == wanted
    main([str(package), "-o", str(tmp_path / "other")])
    assert "4 words" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", '{"words": ["a"]}', '{"words": [1], "vectors": {}}'])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(text)
    with pytest.raises(DataError, match="not the vectors of wink-embeddings"):
        write_word_vectors(tmp_path / "package.json", tmp_path / "table")
    with pytest.raises(DataError, match="cannot be read"):
        write_word_vectors(tmp_path / "nosuch", tmp_path / "table")


def table(keys: list[int], columns: int, value: float, *, known: bool) -> FeatureVectors:
    return FeatureVectors(
        np.array(keys, np.uint64), np.full((len(keys), columns), value, np.float32), np.full(len(keys), known)
    )


def test_tables_stand_side_by_side() -> None:
    joined = side_by_side(table([2, 5], 2, 1.0, known=False), None, table([1, 5], 1, 7.0, known=True))
    assert joined is not None
    assert joined.keys.tolist() == [1, 2, 5]
    assert joined.rows.tolist() == [[0, 0, 7], [1, 1, 0], [1, 1, 7]]
    assert joined.known.tolist() == [True, False, True]
    assert side_by_side(None, None) is None


def test_tables_are_stacked_in_the_order_of_their_keys() -> None:
    joined = stacked([table([2, 9], 1, 1.0, known=False), table([5, 1], 1, 7.0, known=True)])
    assert joined.keys.tolist() == [1, 2, 5, 9]
    assert joined.rows.ravel().tolist() == [7, 1, 7, 1]
    assert joined.known.tolist() == [True, False, True, False]
