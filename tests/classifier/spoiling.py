"""Bundles spoilt on purpose: files and arrays changed as someone would who knows the format."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save

from topic_stance.classifier import BundleError
from topic_stance.classifier.bundle import ARRAYS, MANIFEST, TERMS, load_bundle

FILES = (ARRAYS, MANIFEST, TERMS)


def zip_of(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x", data)
    return packed.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    raw = msgspec.json.decode((folder / MANIFEST).read_bytes())
    change(raw)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(raw))


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file and its checksum, as someone who knows the format would."""
    (folder / name).write_bytes(data)
    change_manifest(folder, lambda raw: raw["files"].update({name: hashlib.sha256(data).hexdigest()}))


def change_arrays(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    arrays = load_file(folder / ARRAYS)
    change(arrays)
    put(folder, ARRAYS, save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def refused(folder: Path, *parts: str) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    message = str(caught.value)
    for part in (str(folder), *parts):
        assert part in message, message
    assert "\n" not in message.strip()
    return message
