"""Files of texts that were written after labelled ones."""

import json
from pathlib import Path

import pytest

from topic_stance.data.records import DataError
from topic_stance.data.rewritten import read_rewritten


def test_texts_stand_by_their_original(tmp_path: Path) -> None:
    path = tmp_path / "made.tsv"
    path.write_text("a\tOla Quill\tEels are fine.\tWe like eels.\nb\tOla Quill\tNo eels.\n")
    assert read_rewritten(path, 2) == {
        ("a", "Ola Quill"): ["Eels are fine.", "We like eels."],
        ("b", "Ola Quill"): ["No eels."],
    }
    assert read_rewritten(path, 1)["b",] == ["Ola Quill", "No eels."]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a\tOla Quill", "needs 2 of the original and texts"),
        ("a\t\tNo eels.", "needs 2 of the original and texts"),
        ("a\tTom Ek\t ", "needs 2 of the original and texts"),
        ("a\tAna Li\tNo eels.", "a Ana Li stands there before"),
    ],
)
def test_lines_that_do_not_fit(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "made.tsv"
    path.write_text(f"a\tAna Li\tIt is so.\n{line}\n")
    with pytest.raises(DataError, match=rf"made\.tsv:2: {message}"):
        read_rewritten(path, 2)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_rewritten(tmp_path / "none.tsv", 1)


def test_every_text_is_written_after_a_labelled_actor(root: Path) -> None:
    labelled = set()
    for name in ("full", "stances"):
        for line in (root / "data" / "labels" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            labelled |= {(article["id"], actor["name"]) for actor in article["actors"] if actor["stance"]}
    found = read_rewritten(root / "data" / "rewrites" / "news.tsv", 2)
    assert set(found) <= labelled
    assert len(found) > 0.9 * len(labelled)
    texts = [text for group in found.values() for text in group]
    assert all(text == " ".join(text.split()) for text in texts)
    assert len(set(texts)) > 0.999 * len(texts)
