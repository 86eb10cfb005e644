"""Vectors of words: the project's table, and how it is made."""

import json
from pathlib import Path

import numpy as np
import pytest

from topic_stance.classifier.segment import token_hash
from topic_stance.data.records import DataError
from topic_stance.training.vectors import WordVectors, main, read_word_vectors, write_word_vectors

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


def row(found: WordVectors, word: str) -> np.ndarray:
    place = np.searchsorted(found.words, np.uint64(token_hash(word)))
    assert found.words[place] == token_hash(word)
    return found.rows[place]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.json"
    path.write_text(json.dumps(PACKAGE))
    return path


def test_own_table_knows_common_words() -> None:
    found = read_word_vectors(0.7)
    assert found.rows.shape == (30_000, 100)
    assert found.words.tolist() == sorted(set(found.words.tolist()))
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
    assert sorted(read_word_vectors(1.0, tmp_path / "table").words.tolist()) == sorted(map(token_hash, ("the", "eel")))
    main([str(package), "-o", str(tmp_path / "other")])
    assert "4 words" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", '{"words": ["a"]}', '{"words": [1], "vectors": {}}'])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(text)
    with pytest.raises(DataError, match="not the vectors of wink-embeddings"):
        write_word_vectors(tmp_path / "package.json", tmp_path / "table")
    with pytest.raises(DataError, match="cannot be read"):
        write_word_vectors(tmp_path / "nosuch", tmp_path / "table")
