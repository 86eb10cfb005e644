"""Bundles made to harm: doubled, huge or packed parts, paths, pickles, and any byte that is wrong."""

import gzip
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoiling import FILES, change_arrays, change_manifest, contents, put, refused, zip_of

from topic_stance.classifier import BundleError
from topic_stance.classifier.bundle import ARRAYS, MANIFEST, TERMS, load_bundle
from topic_stance.classifier.hashing import MIX


def test_a_key_that_stands_twice_in_the_manifest(tiny_folder: Path) -> None:
    raw = (tiny_folder / MANIFEST).read_text("utf-8").rstrip().removesuffix("}")
    (tiny_folder / MANIFEST).write_text(raw + ', "cue_threshold": 0.9}', "utf-8")
    refused(tiny_folder, MANIFEST, "duplicate")


def test_a_tensor_that_stands_twice(tiny_folder: Path) -> None:
    data = (tiny_folder / ARRAYS).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length].decode()
    entry = msgspec.json.encode(msgspec.json.decode(header)["topics.idf"]).decode()
    doubled = f'{header.rstrip().removesuffix("}")},"topics.idf":{entry}}}'.encode()
    put(tiny_folder, ARRAYS, len(doubled).to_bytes(8, "little") + doubled + data[8 + length :])
    refused(tiny_folder, ARRAYS)


@pytest.mark.parametrize(
    "path", ["../terms.txt", "/etc/passwd", "sub/terms.txt", "terms.txt/../terms.txt", "C:\\terms.txt"]
)
def test_a_path_in_place_of_a_name(tiny_folder: Path, path: str) -> None:
    (tiny_folder.parent / "terms.txt").write_bytes((tiny_folder / TERMS).read_bytes())
    change_manifest(tiny_folder, lambda raw: raw["files"].update({path: raw["files"].pop(TERMS)}))
    refused(tiny_folder, MANIFEST, "must list the files")


def test_more_terms_than_arrays_are_refused_before_any_is_looked_at(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untouched(terms: list[str]) -> None:
        raise AssertionError(f"{len(terms)} terms were put into tables")

    monkeypatch.setattr("topic_stance.classifier.bundle.term_tables", untouched)
    put(tiny_folder, TERMS, "".join(f"t{k}\n" for k in range(200_000)).encode())
    refused(tiny_folder, "topics.idf")


def test_a_huge_vocabulary(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topic_stance.classifier.bundle._MOST_TERMS", 1000)
    put(tiny_folder, TERMS, "".join(f"t{k}\n" for k in range(1001)).encode())
    refused(tiny_folder, TERMS, "more than the 1000")


def test_words_that_were_chosen_to_collide(tiny_folder: Path) -> None:
    """With the same place in the table; an odd factor modulo 2^64 has an inverse, so that they are easily found."""
    inverse = pow(int(MIX), -1, 1 << 64)
    hashes = np.array([(k + 1) * inverse % (1 << 64) for k in range(5000)], np.uint64)

    def collide(arrays: dict[str, Any]) -> None:
        arrays["quotes.words"], arrays["quotes.word_rows"] = hashes, np.zeros((len(hashes), 5), np.int16)

    change_arrays(tiny_folder, collide)
    refused(tiny_folder, "share a place")


@pytest.mark.parametrize("name", ["quotes.tag_transitions", "quotes.link_transitions"])
def test_transitions_whose_exponentials_overflow(tiny_folder: Path, name: str) -> None:
    change_arrays(tiny_folder, lambda arrays: arrays.update({name: np.full_like(arrays[name], 1e5)}))
    refused(tiny_folder, name, "beyond 50")


@pytest.mark.parametrize("name", FILES)
def test_a_huge_file_is_not_read(tiny_folder: Path, name: str) -> None:
    """As large as a disk on paper, and empty: reading it would end the process."""
    with (tiny_folder / name).open("r+b") as file:
        file.truncate(1 << 40)
    refused(tiny_folder, name, "more than the")


@pytest.mark.parametrize("pack", [gzip.compress, zip_of, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("name", [ARRAYS, TERMS])
def test_a_bomb_is_not_unpacked(tiny_folder: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    """A bundle's files are read as they are: what is compressed is no safetensors file and no text."""
    bomb = pack(b"\0" * (64 << 20))
    assert len(bomb) < 1 << 20
    put(tiny_folder, name, bomb)
    refused(tiny_folder)


def test_a_zip_in_place_of_a_folder(tiny_folder: Path) -> None:
    packed = tiny_folder.parent / "bundle.zip"
    packed.write_bytes(zip_of(b"\0" * (1 << 20)))
    refused(packed, "no such model folder")


@pytest.mark.parametrize("shape", [[1 << 40], [1 << 62, 4], [1 << 31, 1 << 31], [-1], [1.5], ["8"]])
def test_shapes_that_cannot_be(tiny_folder: Path, shape: list[object]) -> None:
    header = msgspec.json.encode({"topics.idf": {"dtype": "F64", "shape": shape, "data_offsets": [0, 8]}})
    put(tiny_folder, ARRAYS, len(header).to_bytes(8, "little") + header + b"\0" * 8)
    refused(tiny_folder, ARRAYS, "safetensors")


def test_tensors_that_share_bytes(tiny_folder: Path) -> None:
    entry = {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}
    header = msgspec.json.encode({"topics.idf": entry, "topics.bias": entry})
    put(tiny_folder, ARRAYS, len(header).to_bytes(8, "little") + header + b"\0" * 8)
    refused(tiny_folder, ARRAYS, "safetensors")


class Planted:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_planted_pickle_is_not_looked_at(tiny_folder: Path) -> None:
    trap = tiny_folder.parent / "executed"
    name = load_bundle(tiny_folder).name
    for planted in ("model.pkl", "python_model.pkl", "arrays.pkl", "__init__.py", "MLmodel"):
        (tiny_folder / planted).write_bytes(pickle.dumps(Planted(trap)))
    assert load_bundle(tiny_folder).name == name
    for spoiled in FILES:
        data = (tiny_folder / spoiled).read_bytes()
        if spoiled == MANIFEST:
            (tiny_folder / spoiled).write_bytes(pickle.dumps(Planted(trap)))
        else:
            put(tiny_folder, spoiled, pickle.dumps(Planted(trap)))
        refused(tiny_folder)
        if spoiled == MANIFEST:
            (tiny_folder / spoiled).write_bytes(data)
        else:
            put(tiny_folder, spoiled, data)
    assert not trap.exists()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255), st.booleans())
def test_whatever_byte_is_wrong_the_error_is_a_bundle_error(
    tiny_folder: Path, name: str, where: float, flip: int, head: bool
) -> None:
    before = contents(tiny_folder)
    data = bytearray(before[name])
    data[int(where * (min(len(data), 1500) if head else len(data)))] ^= flip
    try:
        if name == MANIFEST:
            (tiny_folder / name).write_bytes(data)
        else:
            put(tiny_folder, name, bytes(data))
        load_bundle(tiny_folder)  # a changed number may still be a number
    except BundleError as error:
        named = str(tiny_folder) in str(error)
    else:
        named = True
    finally:
        for file, old in before.items():
            (tiny_folder / file).write_bytes(old)
    assert named
