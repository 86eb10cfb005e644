"""The GWSD benchmark on invented sentences, from its command line."""

from pathlib import Path

import pytest

from experiments.benchmarks import gwsd

ROWS = {
    "agree": ["Sea walls must rise with the sea.", "The glaciers melt and we must act."],
    "disagree": ["The glaciers are fine and nobody must act.", "The sea does not rise at all."],
    "neutral": ["The glaciers were measured in May.", "A sea wall is made of stone."],
}


def write_table(path: Path, times: int) -> Path:
    rows = [f"{k}\t{sentence}\t{label}" for k in range(times) for label, group in ROWS.items() for sentence in group]
    path.write_text("\n".join(["guid\tsentence\tstance", *rows]) + "\n")
    return path


def test_a_held_out_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = write_table(tmp_path / "train.tsv", 5), write_table(tmp_path / "test.tsv", 1)
    gwsd.main(["--train", str(train), "--test", str(test)])
    ours, peer = capsys.readouterr().out.splitlines()
    assert ours.startswith("stance head")
    assert "macro-F1 1.000" in ours
    assert "macro-F1" in peer


def test_macro_f1() -> None:
    assert gwsd.macro_f1(["favor", "against", "neutral"], ["favor", "against", "neutral"]) == 1.0
    assert gwsd.macro_f1(["favor", "favor"], ["favor", "against"]) == pytest.approx(2 / 9)
