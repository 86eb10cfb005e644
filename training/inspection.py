"""What a model folder holds, told without loading it as a model: names, sizes, checksums, shapes, topics, data."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

from topic_stance.classifier.bundle import (
    ARRAYS,
    LARGEST_MANIFEST,
    MANIFEST,
    TERMS,
    BundleError,
    load_bundle,
    read_file,
)
from topic_stance.classifier.explain import CONTROL

_PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".npy", ".npz")
_LARGEST_HEADER = 1 << 24


class Report(NamedTuple):
    """What there is to say of a bundle, without control characters, and whether it can be used."""

    text: str
    usable: bool


def inspect(folder: Path) -> Report:
    """A report on a bundle. Files are read and hashed; nothing in them is executed."""
    verdict, usable = _verdict(folder)
    parts = ([str(folder)], _files(folder), _manifest(folder), _arrays(folder), [verdict])
    return Report("\n\n".join("\n".join(CONTROL.sub(" ", row) for row in part) for part in parts), usable)


def _files(folder: Path) -> list[str]:
    rows = ["files"]
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            rows.append(f"  {path.relative_to(folder)}  a link to {path.readlink()}: never followed")
        elif path.is_file():
            note = "" if path.name in (MANIFEST, ARRAYS, TERMS) else "  not part of the model, never read"
            if path.suffix.lower() in _PICKLES:
                note = "  may hold a pickle: not part of the model, never read"
            name, size = str(path.relative_to(folder)), path.stat().st_size
            rows.append(f"  {name:24s} {size:>12,} bytes  sha256 {_sha256(path)[:16]}…{note}")
    return rows


def _manifest(folder: Path) -> list[str]:
    try:
        manifest: dict[str, Any] = json.loads(read_file(folder / MANIFEST, LARGEST_MANIFEST))
        topics = [
            f"  {topic['label']:24s} threshold {topic['threshold']:.3f}  {topic['description']}"
            for topic in manifest["topics"]
        ]
        data = [f"  {name:48s} sha256 {digest[:16]}…" for name, digest in manifest.get("data", {}).items()]
        versions = [f"  {name} {version}" for name, version in manifest.get("versions", {}).items()]
        head = f"manifest of format {manifest.get('format')}"
    except (BundleError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        return [f"manifest: cannot be read: {type(error).__name__}: {error}"]
    return [head, "", "topics", *topics, "", "learned from", *data, "", "made with", *versions]


def _arrays(folder: Path) -> list[str]:
    """Names, types and shapes from the header of the safetensors file, which is JSON."""
    path = folder / ARRAYS
    if path.is_symlink() or not path.is_file():
        return [f"arrays: {ARRAYS} must be a plain file"]
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            if size > _LARGEST_HEADER:
                return [f"arrays: the header claims {size:,} bytes"]
            header = json.loads(file.read(size))
        rows = [
            f"  {name:32s} {entry['dtype']:>5s} {' x '.join(f'{n:,}' for n in entry['shape'])}"
            for name, entry in sorted(header.items())
            if name != "__metadata__"
        ]
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError, struct.error) as error:
        return [f"arrays: cannot be read: {type(error).__name__}: {error}"]
    return ["arrays", *rows]


def _verdict(folder: Path) -> tuple[str, bool]:
    try:
        bundle = load_bundle(folder)
    except BundleError as error:
        return f"refused: {error}", False
    terms = len(bundle.heads.topics.terms)
    return f"{bundle.name}: complete, its checksums and shapes fit; {terms:,} terms", True


def _sha256(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()
