"""The GWSD benchmark on invented sentences, from its command line."""

from pathlib import Path
from typing import Any

import pytest

from experiments.benchmarks import gwsd
from topic_stance.data.records import DataError
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
    labels = ["favor", "against", "neutral"]
    assert gwsd.macro_f1(gwsd.pairs_of(labels, labels)) == 1.0
    assert gwsd.macro_f1(gwsd.pairs_of(["favor", "favor"], ["favor", "against"])) == pytest.approx(2 / 9)


def test_pieces_are_of_whole_words() -> None:
    one, two = set(gwsd.word_pieces("Warming").tolist()), set(gwsd.word_pieces("a warming").tolist())
    assert one < two
    assert len(gwsd.word_pieces("ab")) == 3 + 2 + 1
    assert len(gwsd.word_pieces("…")) == 0


def test_shares_and_what_is_known_of_words_are_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = tmp_path / "train.tsv"
    header = "guid\tsentence\tdisagree\tneutral\tagree\tstance"
    rows = [f"{k}\t{text}\t0.1\t0.2\t0.7\t{label}" for label, texts in ROWS.items() for k, text in enumerate(texts * 3)]
    train.write_text("\n".join([header, *rows]) + "\n")
    known = ["vectors", "leanings", "patterns", "semantics"]
    calls = []

    def fit(*given: Any) -> Any:
        calls.append(given)
        return fit_stance(*given)

    monkeypatch.setattr(gwsd, "fit_stance", fit)
    gwsd.main(["--train", str(train), "--test", str(train)])
    gwsd.main(["--train", str(train), "--test", str(train), "--without", "shares", "vectors"])
    gwsd.main(["--train", str(train), "--test", str(train), "--without", *known])
    (full, *_, both), (bare, *_, leanings), (plain, *_, nothing) = calls
    assert full[0].shares == (0.7, 0.1, 0.2)
    assert bare[0].shares is nothing is None
    for block in (gwsd.PATTERNS, *gwsd.SEMANTIC):
        assert [block in examples[0].raw.block for examples in (full, bare, plain)] == [True, True, False]
    assert leanings.rows.shape[1] == 2
    assert both.rows.shape[1] == 100 + 2
    assert both.known.sum() > 30_000, "words that no sentence has, too"


def test_rewritten_sentences_are_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = write_table(tmp_path / "train.tsv", 1)
    made = tmp_path / "made.tsv"
    made.write_text(f"{gwsd.sentence_key(ROWS['agree'][0])}\tWalls have to grow.\tRaise the walls.\n")
    calls = []

    def fit(*given: Any) -> Any:
        calls.append(given)
        return fit_stance(*given)

    monkeypatch.setattr(gwsd, "fit_stance", fit)
    monkeypatch.setattr(gwsd, "REWRITES", made)
    gwsd.main(["--train", str(train), "--test", str(train)])
    gwsd.main(["--train", str(train), "--test", str(train), "--without", "rewrites"])
    full, bare = (examples for examples, *_ in calls)
    assert [(e.label, e.weight, e.article, e.made) for e in full[6:]] == [("favor", gwsd.REWRITE_WEIGHT, 0, True)] * 2
    assert len(bare) == 6


def test_what_is_made_of_a_held_out_sentence_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = write_table(tmp_path / "train.tsv", 5)
    made = tmp_path / "made.tsv"
    made.write_text("".join(f"{gwsd.sentence_key(text)}\tIt is so.\n" for group in ROWS.values() for text in group))
    sizes = []

    def fit(examples: Any, *given: Any) -> Any:
        sizes.append((sum(not e.made for e in examples), sum(e.made for e in examples)))
        return fit_stance(examples, *given)

    monkeypatch.setattr(gwsd, "fit_stance", fit)
    monkeypatch.setattr(gwsd, "REWRITES", made)
    gwsd.main(["--train", str(train)])
    assert sizes == [(24, 24)] * 5


@pytest.mark.parametrize("line", ["no key\tIt is so.", "0123456789abcdef", "0123456789abcdefa\tIt is so."])
def test_rewritten_sentences_without_a_key(tmp_path: Path, line: str) -> None:
    path = tmp_path / "made.tsv"
    path.write_text(f"0123456789abcdef\tIt is so.\n{line}\n")
    with pytest.raises(DataError, match=r"made\.tsv:2: needs a key"):
        gwsd.read_rewrites(path)


def test_the_shipped_rewritten_sentences() -> None:
    found = gwsd.read_rewrites(gwsd.REWRITES)
    assert {len(group) for group in found.values()} == {7}
    assert all(sentence.strip() == sentence != "" for group in found.values() for sentence in group)


def test_a_missing_file_of_rewritten_sentences(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        gwsd.read_rewrites(tmp_path / "none.tsv")


def test_pairs_are_of_words_that_stand_apart() -> None:
    (three,) = gwsd.features(["the sea rises"], pieces=False)
    (two,) = gwsd.features(["the sea"], pieces=False)
    assert (three.block == gwsd.PAIRS).sum() == 1
    assert (two.block == gwsd.PAIRS).sum() == 0
    (long,) = gwsd.features(["the sea soon rises by one more foot"], pieces=False)
    assert (long.block == gwsd.PAIRS).sum() == 6 + 5 + 4 + 3
    (other,) = gwsd.features(["the lake rises"], pieces=False)
    assert other.key[other.block == gwsd.PAIRS].tolist() == three.key[three.block == gwsd.PAIRS].tolist()


def test_words_that_lean_alike_share_patterns() -> None:
    leans = gwsd.read_leans(gwsd.TOPIC, gwsd.LEANINGS)
    storms, glaciers = leans.of(gwsd.tokenize("deadly storms").hash), leans.of(gwsd.tokenize("melting glaciers").hash)
    assert storms.tolist() == glaciers.tolist()
    assert storms.min() > 0


def test_patterns_of_leanings_stand_in_a_block_of_their_own() -> None:
    leans = gwsd.read_leans(gwsd.TOPIC, gwsd.LEANINGS)
    (without,) = gwsd.features(["the sea rises"])
    (raw,) = gwsd.features(["the sea rises"], leans=leans)
    assert (raw.block[: len(without.block)] == without.block).all()
    assert (raw.block[len(without.block) :] == gwsd.PATTERNS).all()
    assert len(raw.block) == len(without.block) + 2 * 5 + 4 * 4 + 3 * 3


def test_semantic_classes_stand_in_blocks_of_their_own() -> None:
    (without,) = gwsd.features(["studies warn that the seas rise"])
    (raw,) = gwsd.features(["studies warn that the seas rise"], semantics=gwsd.read_semantics(gwsd.SEMANTICS))
    assert (raw.block[: len(without.block)] == without.block).all()
    assert set(raw.block[len(without.block) :].tolist()) == set(gwsd.SEMANTIC)
    assert len(gwsd.SCALE) == gwsd.SEMANTIC[-1] + 1


def test_the_shipped_classes() -> None:
    semantics = gwsd.read_semantics(gwsd.SEMANTICS)
    marks = semantics.of(gwsd.tokenize("hurricane catastrophic hoax must").hash)
    assert "".join(map(chr, marks[:, 0])) == "Djxb"
    letters = [
        "SEGLVKXFWOTDNYAHPMZBQCudcykfarvbmznxjigelpwohs",
        "fsacdhptbko",
        "snbpcmlyo",
        "wiaghtcfrmlnvudpebkqxo",
    ]
    for column, allowed in enumerate(letters):
        assert set(map(chr, semantics.marks[:, column].tolist())) <= set(allowed)


def test_five_folds_hold_every_sentence_out_once() -> None:
    held_out = [k for seen, left in gwsd.folds(11, 0) for k in left if k not in seen]
    assert sorted(held_out) == list(range(11))


def test_means_over_ways_to_fold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write_table(tmp_path / "train.tsv", 5)
    gwsd.main(["--train", str(train), "--seeds", "2", "--without", "shares", "classes", "pieces"])
    *rows, mean = capsys.readouterr().out.splitlines()
    assert [row.split("  ")[0] for row in rows] == ["stance head", "TF-IDF and logistic regression"] * 2
    assert mean.startswith("mean of 2: stance head 1.000")
