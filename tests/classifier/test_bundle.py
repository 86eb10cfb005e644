"""A model as a folder: it comes back as it was saved, the same bytes each time, and nothing wrong is ever loaded."""

import hashlib
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from spoiling import FILES, change_arrays, change_manifest, contents, put, refused

from topic_stance.classifier import BundleError, Pipeline, load
from topic_stance.classifier.bundle import ARRAYS, FORMAT, MANIFEST, TERMS, Heads, Manifest, load_bundle, save_bundle
from topic_stance.data.records import LabelledArticle, TopicStanceError

# What is saved comes back


def test_it_comes_back_as_it_was_saved(tiny_folder: Path, tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    articles = [article.article() for article in authored[:40]]
    assert load(tiny_folder).predict(articles) == tiny.predict(articles)
    assert load(str(tiny_folder)).predict(articles) == tiny.predict(articles)


def test_learned_arrays_come_back(tiny_folder: Path, tiny_heads: Heads) -> None:
    back = load_bundle(tiny_folder).heads
    assert back.topics.terms == tiny_heads.topics.terms
    for name in ("bias", "calibration", "threshold"):
        np.testing.assert_array_equal(getattr(back.topics, name), getattr(tiny_heads.topics, name), name)
    for part in ("whole", "opening"):
        for name in ("idf", "coefficients"):
            wanted, found = (getattr(getattr(heads.topics, part), name) for heads in (tiny_heads, back))
            np.testing.assert_array_equal(found, wanted, f"{part} {name}")
    np.testing.assert_array_equal(back.actors, tiny_heads.actors)
    for name in ("idf", "weights", "bias", "block_scale", "temperature"):
        np.testing.assert_array_equal(getattr(back.stance, name), getattr(tiny_heads.stance, name), name)
    for name in ("keys", "slots", "places"):
        np.testing.assert_array_equal(getattr(back.stance.table, name), getattr(tiny_heads.stance.table, name), name)
    for name in ("tag_weights", "relation_weights"):
        wanted, found = getattr(tiny_heads.quotes.tagger, name), getattr(back.quotes.tagger, name)
        np.testing.assert_array_equal(found, wanted, name)
    for name in ("tag_weights", "link_weights"):
        wanted, found = getattr(tiny_heads.quotes, name), getattr(back.quotes, name)
        np.testing.assert_array_equal(found.table, wanted.table, name)
        assert found.scale == wanted.scale


def test_loaded_rows_of_weights_lie_in_one_line_of_a_cache(tiny_folder: Path) -> None:
    head = load_bundle(tiny_folder).heads.quotes
    for table in (*head.tagger, head.tag_weights.table, head.link_weights.table):
        assert 64 % table.shape[1] == 0
        assert table.ctypes.data % 64 == 0


def test_saved_twice_the_bytes_are_the_same(tiny_folder: Path, tiny_heads: Heads, tiny_manifest: Manifest) -> None:
    again = tiny_folder.parent / "again" / "deeper"
    save_bundle(again, tiny_heads, tiny_manifest)
    assert contents(again) == contents(tiny_folder)
    assert sorted(contents(again)) == sorted(FILES)


def test_loaded_and_saved_again_it_predicts_the_same(
    tiny_folder: Path, tiny: Pipeline, authored: list[LabelledArticle]
) -> None:
    bundle = load_bundle(tiny_folder)
    save_bundle(tiny_folder.parent / "again", bundle.heads, bundle.manifest)
    again = load(tiny_folder.parent / "again")
    for article in authored[:20]:
        first, second = tiny.predict_one(article.article()), again.predict_one(article.article())
        second.model = first.model
        assert first == second


def test_saving_replaces_an_older_bundle(tiny_folder: Path, tiny_heads: Heads, tiny_manifest: Manifest) -> None:
    tiny_manifest.options = {"name": "another"}
    save_bundle(tiny_folder, tiny_heads, tiny_manifest)
    assert load_bundle(tiny_folder).manifest.options == {"name": "another"}


def test_predictions_carry_a_name_that_follows_from_the_manifest(tiny_folder: Path) -> None:
    name = load_bundle(tiny_folder).name
    assert name == load_bundle(tiny_folder).name
    assert name == "topic-stance/" + hashlib.sha256((tiny_folder / MANIFEST).read_bytes()).hexdigest()[:8]
    change_manifest(tiny_folder, lambda raw: raw["options"].update(x=1))
    assert load_bundle(tiny_folder).name != name


def test_it_may_be_moved_and_copied(tiny_folder: Path) -> None:
    name = load_bundle(tiny_folder).name
    moved = tiny_folder.parent / "mövéd here"
    shutil.copytree(tiny_folder, moved)
    shutil.rmtree(tiny_folder)
    assert load_bundle(moved).name == name


# What is refused


def test_a_bundle_error_is_one_of_the_family() -> None:
    assert issubclass(BundleError, TopicStanceError)


def test_no_folder(tmp_path: Path) -> None:
    refused(tmp_path / "none", "no such model folder")


def test_a_file_is_no_folder(tiny_folder: Path) -> None:
    refused(tiny_folder / TERMS, "no such model folder")


def test_an_empty_folder(tmp_path: Path) -> None:
    refused(tmp_path, MANIFEST)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(tiny_folder: Path, name: str) -> None:
    (tiny_folder / name).unlink()
    refused(tiny_folder, name)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_place_of_a_file(tiny_folder: Path, name: str) -> None:
    (tiny_folder / name).unlink()
    (tiny_folder / name).mkdir()
    refused(tiny_folder, name)


@pytest.mark.parametrize("name", FILES)
def test_a_symbolic_link(tiny_folder: Path, name: str) -> None:
    elsewhere = tiny_folder.parent / f"elsewhere-{name}"
    shutil.move(tiny_folder / name, elsewhere)
    (tiny_folder / name).symlink_to(elsewhere)
    refused(tiny_folder, name, "plain file")


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_is_not_waited_for(tiny_folder: Path, name: str) -> None:
    (tiny_folder / name).unlink()
    os.mkfifo(tiny_folder / name)
    refused(tiny_folder, name)


@pytest.mark.parametrize("name", [ARRAYS, TERMS])
@pytest.mark.parametrize("where", [0, 0.3, 0.99])
def test_a_changed_byte(tiny_folder: Path, name: str, where: float) -> None:
    data = bytearray((tiny_folder / name).read_bytes())
    data[int(where * len(data))] ^= 1
    (tiny_folder / name).write_bytes(data)
    refused(tiny_folder, name, "checksum")


@pytest.mark.parametrize("name", [ARRAYS, TERMS])
def test_a_wrong_checksum(tiny_folder: Path, name: str) -> None:
    change_manifest(tiny_folder, lambda raw: raw["files"].update({name: "0" * 64}))
    refused(tiny_folder, name, "checksum")


@pytest.mark.parametrize("number", [0, FORMAT + 1, -1, 10**15])
def test_another_format_version(tiny_folder: Path, number: int) -> None:
    change_manifest(tiny_folder, lambda raw: raw.update(format=number))
    assert "train it again" in refused(tiny_folder, MANIFEST, str(number))
    change_manifest(tiny_folder, lambda raw: raw["topics"][0].update(calibration=[1.0], shape="round"))
    assert "train it again" in refused(tiny_folder, MANIFEST, str(number)), "whatever else that format has"


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(loader="os.system"),
        lambda raw: raw["topics"][0].update(weight=1),
        lambda raw: raw.pop("format"),
        lambda raw: raw.pop("topics"),
        lambda raw: raw.update(format="1"),
        lambda raw: raw.update(cue_threshold=None),
        lambda raw: raw["topics"][0].update(threshold="high"),
        lambda raw: raw["topics"][0].update(calibration=[1.0]),
        lambda raw: raw["topics"][0].update(calibration=[1.0, 1e300, 0.0]),
        lambda raw: raw["topics"].clear(),
        lambda raw: raw["topics"].append(raw["topics"][0]),
        lambda raw: raw["files"].clear(),
        lambda raw: raw["files"].update({"model.pkl": "0" * 64}),
        lambda raw: raw["files"].update({"../terms.txt": raw["files"].pop("terms.txt")}),
        lambda raw: raw.update(files=["terms.txt"]),
    ],
)
def test_a_wrong_manifest(tiny_folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    change_manifest(tiny_folder, change)
    refused(tiny_folder, MANIFEST)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": NaN}', b"[" * 100_000, b'{"format":1e999}', b" " * (2 << 20)],
)  # fmt: skip
def test_no_manifest_at_all(tiny_folder: Path, data: bytes) -> None:
    (tiny_folder / MANIFEST).write_bytes(data)
    refused(tiny_folder, MANIFEST)


@pytest.mark.parametrize("name", ["quotes.tag_weights", "quotes.link_weights", "tagger.tag", "tagger.relation"])
@pytest.mark.parametrize("rows", [0, 1000, 3])
def test_bucket_counts_that_cannot_be(tiny_folder: Path, name: str, rows: int) -> None:
    change_arrays(
        tiny_folder, lambda arrays: arrays.update({name: np.resize(arrays[name], (rows, arrays[name].shape[1]))})
    )
    refused(tiny_folder, name, "power of two")


def test_a_topic_too_many_or_too_few(tiny_folder: Path) -> None:
    change_manifest(tiny_folder, lambda raw: raw["topics"].append({**raw["topics"][0], "label": "weather"}))
    refused(tiny_folder, "topics")
    change_manifest(tiny_folder, lambda raw: raw.update(topics=raw["topics"][:2]))
    refused(tiny_folder, "topics")


def test_terms_that_stand_twice(tiny_folder: Path) -> None:
    terms = (tiny_folder / TERMS).read_text("utf-8").split("\n")[:-1]
    put(tiny_folder, TERMS, ("\n".join([*terms[:-1], terms[0]]) + "\n").encode())
    refused(tiny_folder, TERMS, "duplicate")


@pytest.mark.parametrize("extra", [["a term more"], ["one"], []])
def test_terms_that_are_too_many_or_too_few(tiny_folder: Path, extra: list[str]) -> None:
    terms = (tiny_folder / TERMS).read_text("utf-8").split("\n")[:-1]
    put(tiny_folder, TERMS, ("\n".join([*(terms if extra else terms[:-1]), *extra]) + "\n").encode())
    refused(tiny_folder)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\n", b"\xed\xa0\x80\n"])
def test_terms_that_are_no_text(tiny_folder: Path, data: bytes) -> None:
    put(tiny_folder, TERMS, data)
    refused(tiny_folder)


def array_names() -> list[str]:
    return [
        "topics.idf", "topics.coefficients", "topics.opening_idf", "topics.opening_coefficients", "topics.bias",
        "quotes.words", "quotes.word_rows",
        "quotes.tag_transitions", "quotes.link_transitions", "quotes.tag_weights", "quotes.link_weights",
        "quotes.scales", "tagger.tag", "tagger.relation",
        "actors.weights", "stance.keys", "stance.idf", "stance.weights", "stance.bias", "stance.block_scale",
        "stance.temperature",
    ]  # fmt: skip


def test_the_arrays_are_those_that_these_tests_spoil(tiny_folder: Path) -> None:
    assert sorted(load_file(tiny_folder / ARRAYS)) == sorted(array_names())


@pytest.mark.parametrize("name", array_names())
def test_each_array_must_fit(tiny_folder: Path, name: str) -> None:
    whole = load_file(tiny_folder / ARRAYS)[name]
    other = np.float32 if whole.dtype != np.float32 else np.float64
    for wrong in (whole.astype(other), whole[..., None], whole.reshape(-1)[:0].reshape((0,) * whole.ndim)):
        change_arrays(tiny_folder, lambda arrays, wrong=wrong: arrays.update({name: wrong}))
        refused(tiny_folder)
    change_arrays(tiny_folder, lambda arrays: arrays.pop(name))
    refused(tiny_folder, ARRAYS, name, "missing")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["topics.idf", "quotes.scales", "actors.weights", "stance.temperature"])
def test_values_that_are_not_finite(tiny_folder: Path, name: str, value: float) -> None:
    change_arrays(tiny_folder, lambda arrays: arrays[name].reshape(-1).__setitem__(0, value))
    refused(tiny_folder, ARRAYS, name, "finite")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("quotes.tag_transitions", -1e30, "beyond"),
        ("quotes.scales", 1e300, "beyond"),
        ("stance.weights", 3e38, "beyond"),
        ("stance.idf", 0.0, "not positive"),
        ("stance.temperature", -1.0, "not positive"),
        ("quotes.scales", 0.0, "not positive"),
    ],
)
def test_values_that_cannot_be(tiny_folder: Path, name: str, value: float, said: str) -> None:
    change_arrays(tiny_folder, lambda arrays: arrays[name].reshape(-1).__setitem__(0, value))
    refused(tiny_folder, ARRAYS, name, said)


@pytest.mark.parametrize("change", [lambda words: words[:1] * np.uint64(0), lambda words: words[:2][[0, 0]]])
def test_words_that_cannot_be(tiny_folder: Path, change: Callable[[Any], Any]) -> None:
    def spoil(arrays: dict[str, Any]) -> None:
        wrong = change(arrays["quotes.words"])
        arrays["quotes.words"] = np.concatenate([wrong, arrays["quotes.words"][len(wrong) :]])

    change_arrays(tiny_folder, spoil)
    refused(tiny_folder, "words of the quote head")


def test_stance_keys_out_of_order(tiny_folder: Path) -> None:
    change_arrays(tiny_folder, lambda arrays: arrays.update({"stance.keys": arrays["stance.keys"][::-1]}))
    refused(tiny_folder, "not sorted")


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.999])
def test_truncated_arrays(tiny_folder: Path, share: float) -> None:
    data = (tiny_folder / ARRAYS).read_bytes()
    put(tiny_folder, ARRAYS, data[: int(share * len(data))])
    refused(tiny_folder, ARRAYS, "safetensors")


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 8 + b"{}",
        (1 << 40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (80).to_bytes(8, "little")
        + b'{"topics.idf":{"dtype":"F64","shape":[1099511627776],"data_offsets":[0,8]}}     ' * 2,
        pickle.dumps({"topics.idf": 1}),
    ],
)
def test_arrays_that_are_no_safetensors(tiny_folder: Path, data: bytes) -> None:
    put(tiny_folder, ARRAYS, data)
    refused(tiny_folder, ARRAYS)
