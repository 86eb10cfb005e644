"""The PolNeAR benchmark on an invented corpus: it runs from its command line, and its counts are right."""

from collections import Counter
from pathlib import Path

import pytest

from experiments.benchmarks import polnear
from topic_stance.data.public import Attribution

TEXT = "Mara Quill said the port would open soon. Nobody answered her.\n"


def write_part(folder: Path, names: str) -> Path:
    (folder / "text").mkdir(parents=True)
    (folder / "attributions").mkdir()
    for name in names:
        (folder / "text" / f"{name}.txt").write_text(TEXT)
        (folder / "attributions" / f"{name}_1.ann").write_text(
            "T1\tSource 0 10\tMara Quill\nT2\tCue 11 15\tsaid\nT3\tContent 16 40\tthe port would open soon\n"
            "E1\tAttribution:T2 Content:T3 Cue:T2 Source:T1\n"
        )
    return folder


def test_from_training_to_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = write_part(tmp_path / "train", "abcdefgh"), write_part(tmp_path / "test", "x")
    output = tmp_path / "out.jsonl"
    polnear.main(["--train", str(train), "--test", str(test), "--output", str(output)])
    table = capsys.readouterr().out
    assert "content  overlap P/R/F1 1.000 1.000 1.000   exact P/R/F1 1.000 1.000 1.000" in table
    assert '"id":"x"' in output.read_text()


def test_counts() -> None:
    wanted = [Attribution(content=[(16, 40)], cue=[(11, 15)], source=[(0, 10)])]
    given = [Attribution(content=[(16, 41)], cue=[], source=[(5, 10)])]
    counts = polnear.count(TEXT, wanted, given)
    expected = Counter({("content", "right"): 5, ("content", "given"): 6, ("content", "gold"): 5})
    assert {key: counts[key] for key in expected} == dict(expected)
    assert counts["content", "exact right"] == 1, "a full stop at the edge does not count"
    assert (counts["source", "right"], counts["source", "gold"], counts["source", "exact right"]) == (1, 2, 0)
    assert counts["cue", "given"] == 0
    assert counts["cue", "gold"] == 1
