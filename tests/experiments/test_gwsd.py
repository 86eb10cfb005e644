"""The GWSD benchmark on invented sentences, from its command line."""

from pathlib import Path
from typing import Any

import pytest

from experiments.benchmarks import gwsd
from topic_stance.training.stance import fit_stance

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


def test_pieces_are_of_whole_words() -> None:
    one, two = set(gwsd.word_pieces("Warming").tolist()), set(gwsd.word_pieces("a warming").tolist())
    assert one < two
    assert len(gwsd.word_pieces("ab")) == 3 + 2 + 1
    assert len(gwsd.word_pieces("…")) == 0


def test_shares_and_vectors_are_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = tmp_path / "train.tsv"
    header = "guid\tsentence\tdisagree\tneutral\tagree\tstance"
    rows = [f"{k}\t{text}\t0.1\t0.2\t0.7\t{label}" for label, texts in ROWS.items() for k, text in enumerate(texts * 3)]
    train.write_text("\n".join([header, *rows]) + "\n")
    calls = []

    def fit(*given: Any) -> Any:
        calls.append(given)
        return fit_stance(*given)

    monkeypatch.setattr(gwsd, "fit_stance", fit)
    gwsd.main(["--train", str(train), "--test", str(train)])
    gwsd.main(["--train", str(train), "--test", str(train), "--without", "shares", "vectors"])
    (full, _, options, _, vectors), (bare, *_, nothing) = calls
    assert full[0].shares == (0.7, 0.1, 0.2)
    assert bare[0].shares is nothing is None
    assert len(vectors.words) == 30_000
    assert options.unseen_words


def test_five_folds_hold_every_sentence_out_once() -> None:
    held_out = [k for seen, left in gwsd.folds(11, 0) for k in left if k not in seen]
    assert sorted(held_out) == list(range(11))


def test_means_over_ways_to_fold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write_table(tmp_path / "train.tsv", 5)
    gwsd.main(["--train", str(train), "--seeds", "2", "--without", "shares", "classes", "pieces"])
    *rows, mean = capsys.readouterr().out.splitlines()
    assert [row.split("  ")[0] for row in rows] == ["stance head", "TF-IDF and logistic regression"] * 2
    assert mean.startswith("mean of 2: stance head 1.000")
