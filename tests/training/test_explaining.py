"""`topic-stance explain`: every record is shown or told of, and nothing that is read is written over."""

import json
from pathlib import Path

import pytest

from topic_stance.data.readers import FORMATS
from topic_stance.training import cli, explaining

TEXT = "The scheme was a fraud, Mara Quill said on Monday. Abel Tonk denied that."


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.jsonl"
    path.write_text("".join(json.dumps({"id": f"a{number}", "text": TEXT}) + "\n" for number in range(3)))
    return path


def test_rejects_are_told_of(dump: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with dump.open("a") as file:
        file.write('{"id": "x"}\n')
    assert cli.main(["explain", str(dump)]) == 1
    out, err = capfd.readouterr()
    assert [line for line in out.splitlines() if line and line[0] != " "] == ["a0", "a1", "a2"]
    assert f"topic-stance: {dump}:4: no text\n" in err


def test_the_formats_are_those_of_the_readers() -> None:
    assert explaining.INPUT_FORMATS == FORMATS


def test_plain_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "article").write_text(TEXT)
    assert cli.main(["explain", str(tmp_path / "article"), "--format", "txt"]) == 0
    assert "fraud" in capfd.readouterr().out


def test_only_the_first_articles(
    dump: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explaining, "MOST_ARTICLES", 2)
    assert cli.main(["explain", str(dump)]) == 0
    out, err = capfd.readouterr()
    assert "a1" in out
    assert "a2" not in out
    assert "topic-stance: only the first 2 articles are shown\n" in err


def test_the_page_is_not_written_over_its_input(dump: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = dump.read_bytes()
    assert cli.main(["explain", str(dump), "--html", str(dump)]) == 2
    assert dump.read_bytes() == before
    assert "would be written into the input" in capfd.readouterr().err


def test_a_folder_that_is_not_there(dump: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(dump), "--html", str(tmp_path / "nowhere" / "page.html")]) == 2
    assert "nowhere is not a folder" in capfd.readouterr().err


def test_names_are_looked_up_where_they_are_needed_only() -> None:
    """What is named for one actor does not grow with the article: tokens of its features, not all."""
    import numpy as np

    from topic_stance.classifier.explain import feature_names
    from topic_stance.classifier.segment import tokenize
    from topic_stance.classifier.stance import RawFeatures

    class Counted(str):
        cuts = 0

        def __getitem__(self, place: object) -> str:
            Counted.cuts += 1
            return super().__getitem__(place)  # type: ignore[index]

    text = Counted("word " * 5_000)
    body = tokenize(text)
    Counted.cuts = 0
    feature_names(
        text, body, RawFeatures(np.zeros(3, np.uint64), np.zeros(3, np.uint8), np.arange(3, dtype=np.int32)), None
    )
    assert Counted.cuts <= 6


def test_a_title_does_not_steer_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.jsonl"
    path.write_text(json.dumps({"id": "a", "title": "\x1b[31mred\x1b]0;owned\x07", "text": TEXT}) + "\n")
    assert cli.main(["explain", str(path)]) == 0
    first, *others = capfd.readouterr().out.splitlines()
    assert first == " [31mred ]0;owned "
    assert all(line.isprintable() for line in others)
