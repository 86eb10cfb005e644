"""A model as a folder: ``manifest.json``, ``arrays.safetensors`` and ``terms.txt``; never a pickle.

The manifest holds the format version, the taxonomy, thresholds and calibration, checksums of the other files and what
the model was trained on. Loading reads these three names and nothing else, executes nothing, and refuses a bundle
whose checksum, shape, type or format version does not fit. The same heads give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from topic_stance.data.records import TopicStanceError

from .chain import LANES, Packed
from .context import word_table
from .features import TAGS
from .quotes import FORBIDDEN, LINK_TAGS, QuoteHead
from .ranking import N_RANK_BUCKETS
from .stance import N_BLOCKS, StanceHead, feature_table
from .sums import aligned
from .tagger import LANES as TAGGER_LANES
from .tagger import Tagger
from .tfidf import term_tables
from .topics import TermModel, TopicHead

FORMAT = 5
MANIFEST, ARRAYS, TERMS = "manifest.json", "arrays.safetensors", "terms.txt"
LARGEST_MANIFEST = 1 << 20
_LARGEST_FILE = {ARRAYS: 1 << 30, TERMS: 1 << 26}
_MOST_TERMS = 1 << 20
_MOST_BUCKETS = 1 << 22
_MOST_WORDS = 1 << 20
_LARGEST_TRANSITION = 50
_LARGEST_VALUE, _LEAST_POSITIVE = 1e5, 1e-9
_POSITIVE = frozenset({"quotes.scales", "stance.idf", "stance.temperature"})


class BundleError(TopicStanceError):
    """A model folder that cannot be used, and why."""


Parameter = Annotated[float, msgspec.Meta(ge=-_LARGEST_VALUE, le=_LARGEST_VALUE)]


class TopicEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One topic of the taxonomy with what turns its score into a label."""

    label: str
    description: str
    proposition: str
    threshold: float
    calibration: tuple[Parameter, Parameter, Parameter]


class _Numbered(msgspec.Struct):
    """What a manifest of any format has."""

    format: int


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What a bundle says of itself."""

    format: int
    topics: list[TopicEntry]
    cue_threshold: float
    files: dict[str, str]
    """SHA-256 by file name."""
    data: dict[str, str] = {}
    """What it was trained on: name and SHA-256."""
    versions: dict[str, str] = {}
    """Libraries that made it."""
    options: dict[str, Any] = {}
    """The configuration of the training run."""


class Heads(NamedTuple):
    """All that is learned."""

    topics: TopicHead
    quotes: QuoteHead
    actors: NDArray[np.float32]
    stance: StanceHead


class Bundle(NamedTuple):
    """A model in memory: its manifest, its heads, and the name that predictions carry."""

    manifest: Manifest
    heads: Heads
    name: str


def save_bundle(folder: Path, heads: Heads, manifest: Manifest) -> None:
    """Write a bundle; files of an older one are replaced. `manifest.files` is filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {ARRAYS: save_arrays(_arrays(heads)), TERMS: _terms_bytes(heads.topics.terms)}
    manifest.files = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    contents[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
    for name, data in contents.items():
        (folder / name).write_bytes(data)


def load_bundle(folder: Path | str) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: it is missing, tampered with, of another format, or its parts do not fit together.

    """
    folder = Path(folder)
    manifest, raw = _manifest(folder)
    arrays = _checked_arrays(_file(folder, ARRAYS, manifest), folder / ARRAYS)
    terms = _parse_terms(_file(folder, TERMS, manifest), folder / TERMS)
    try:
        heads = _heads(manifest, _Arrays(arrays), terms)
    except KeyError as error:
        raise BundleError(f"{folder / ARRAYS}: the array {error} is missing; the bundle is incomplete") from None
    except (ValueError, IndexError) as error:
        raise BundleError(f"{folder}: its parts do not fit together: {error}") from None
    return Bundle(manifest, heads, "topic-stance/" + hashlib.sha256(raw).hexdigest()[:8])


def _manifest(folder: Path) -> tuple[Manifest, bytes]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise BundleError(f"{folder}: no such model folder")
    if not path.is_file():
        raise BundleError(f"{folder}: not a model folder: it has no {MANIFEST}")
    raw = read_file(path, LARGEST_MANIFEST)
    try:
        number = msgspec.json.decode(raw, type=_Numbered).format  # before the rest, which other formats do not have
        if number != FORMAT:
            raise BundleError(f"{path}: format {number}, this version reads format {FORMAT}; train it again")
        manifest = msgspec.json.decode(raw, type=Manifest)
        _check_keys(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BundleError(f"{path}: not a manifest: {error}") from None
    if set(manifest.files) != {ARRAYS, TERMS}:
        raise BundleError(f"{path}: must list the files {ARRAYS} and {TERMS}, lists {sorted(manifest.files)}")
    if not manifest.topics or len({topic.label for topic in manifest.topics}) != len(manifest.topics):
        raise BundleError(f"{path}: its topics are missing or doubled")
    return manifest, raw


def _check_keys(data: bytes) -> None:
    """Raise `ValueError` where an object of a JSON text has a key twice: readers do not agree on which one counts."""

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("duplicate key")
        return found

    json.loads(data, object_pairs_hook=check)


def read_file(path: Path, largest: int) -> bytes:
    """A plain file of a bundle, no link; raises `BundleError` where it is none or larger than it may be."""
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"{path}: must be a plain file")
    if path.stat().st_size > largest:
        raise BundleError(f"{path}: {path.stat().st_size} bytes, more than the {largest} that a bundle may have")
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}") from None


def _file(folder: Path, name: str, manifest: Manifest) -> bytes:
    path = folder / name
    data = read_file(path, _LARGEST_FILE[name])
    if hashlib.sha256(data).hexdigest() != manifest.files[name]:
        raise BundleError(f"{path}: its checksum is not the manifest's: the file was changed or damaged")
    return data


def _checked_arrays(data: bytes, path: Path) -> dict[str, NDArray[Any]]:
    try:
        arrays = load_arrays(data)
        _check_keys(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(f"{path}: not a safetensors file: {error}") from None
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise BundleError(f"{path}: the array {name!r} holds values that are not finite")
        if array.dtype.kind == "f" and array.size and np.abs(array).max() > _LARGEST_VALUE:
            raise BundleError(f"{path}: the array {name!r} holds values beyond {_LARGEST_VALUE:g}")
        if name in _POSITIVE and array.size and array.min() < _LEAST_POSITIVE:
            raise BundleError(f"{path}: the array {name!r} holds values that are not positive")
    return arrays


def _terms_bytes(terms: list[str]) -> bytes:
    return ("\n".join(terms) + "\n").encode("utf-8")


def _parse_terms(data: bytes, path: Path) -> list[str]:
    try:
        terms = data.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise BundleError(f"{path}: not UTF-8: {error}") from None
    if len(terms) > _MOST_TERMS:
        raise BundleError(f"{path}: {len(terms)} terms, more than the {_MOST_TERMS} that a bundle may have")
    if len(set(terms)) != len(terms):
        raise BundleError(f"{path}: duplicate term")
    return terms


def _arrays(heads: Heads) -> dict[str, NDArray[Any]]:
    """Every learned array by name."""
    arrays: dict[str, NDArray[Any]] = {
        "topics.idf": heads.topics.whole.idf,
        "topics.coefficients": heads.topics.whole.coefficients,
        "topics.opening_idf": heads.topics.opening.idf,
        "topics.opening_coefficients": heads.topics.opening.coefficients,
        "topics.bias": heads.topics.bias,
        "quotes.words": heads.quotes.words.keys[heads.quotes.words.keys != 0],
        "quotes.word_rows": heads.quotes.words.rows[heads.quotes.words.keys != 0],
        "tagger.tag": heads.quotes.tagger.tag_weights,
        "tagger.relation": heads.quotes.tagger.relation_weights,
        "quotes.tag_weights": heads.quotes.tag_weights.table,
        "quotes.link_weights": heads.quotes.link_weights.table,
        "quotes.scales": np.array([heads.quotes.tag_weights.scale, heads.quotes.link_weights.scale]),
        "quotes.tag_transitions": heads.quotes.tag_transitions,
        "quotes.link_transitions": heads.quotes.link_transitions,
        "actors.weights": heads.actors,
        "stance.keys": heads.stance.table.keys,
        "stance.idf": heads.stance.idf,
        "stance.weights": heads.stance.weights,
        "stance.bias": heads.stance.bias,
        "stance.block_scale": heads.stance.block_scale,
        "stance.temperature": heads.stance.temperature,
    }
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


class _Arrays:
    """The arrays of a bundle, each checked as it is taken: `ValueError` for one that does not fit."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays

    def get(self, name: str, dtype: Any, *shape: int | None) -> NDArray[Any]:
        """An array of this type and shape; `None` for a size that may be any."""
        array = self._arrays[name]
        if (
            array.dtype != dtype
            or len(array.shape) != len(shape)
            or any(wanted is not None and wanted != size for wanted, size in zip(shape, array.shape, strict=True))
        ):
            raise ValueError(f"the array {name!r} is {array.dtype} {array.shape}, must be {np.dtype(dtype)} {shape}")
        return array

    def packed(self, name: str, lanes: int) -> NDArray[np.uint8]:
        """The weights of a chain or of the tagger: (a power of two, lanes) uint8."""
        weights = self.get(name, np.uint8, None, lanes)
        if not 0 < len(weights) <= _MOST_BUCKETS or len(weights) & (len(weights) - 1):
            raise ValueError(f"the array {name!r} has {len(weights)} rows, must have a power of two of them")
        return aligned(weights)

    def transitions(self, name: str, n: int) -> NDArray[np.float32]:
        """The transitions of a chain, (n, n) float32."""
        scores = self.get(name, np.float32, n, n)
        if (np.abs(scores[scores != FORBIDDEN]) > _LARGEST_TRANSITION).any():  # their exponentials are taken
            raise ValueError(f"the array {name!r} holds scores beyond {_LARGEST_TRANSITION}")
        return scores


def _heads(manifest: Manifest, arrays: _Arrays, terms: list[str]) -> Heads:
    scales = arrays.get("quotes.scales", np.float64, 2).tolist()
    topics = _topic_head(manifest, arrays, terms)
    quotes = _quote_head(manifest, arrays, scales)
    stance = _stance_head(topics.labels, arrays)
    return Heads(topics, quotes, arrays.get("actors.weights", np.float32, N_RANK_BUCKETS), stance)


def _topic_head(manifest: Manifest, arrays: _Arrays, terms: list[str]) -> TopicHead:
    n_topics = len(manifest.topics)
    # Before any work is done for the terms: there must be as many as the arrays say.
    idf = arrays.get("topics.idf", np.float64, len(terms))
    return TopicHead(
        tuple(topic.label for topic in manifest.topics),
        terms,
        term_tables(terms),
        TermModel(idf, arrays.get("topics.coefficients", np.float64, len(terms), n_topics)),
        TermModel(
            arrays.get("topics.opening_idf", np.float64, len(terms)),
            arrays.get("topics.opening_coefficients", np.float64, len(terms), n_topics),
        ),
        arrays.get("topics.bias", np.float64, n_topics),
        np.array([topic.calibration for topic in manifest.topics]),
        np.array([topic.threshold for topic in manifest.topics]),
    )


def _quote_head(manifest: Manifest, arrays: _Arrays, scales: list[float]) -> QuoteHead:
    hashes = arrays.get("quotes.words", np.uint64, None)
    if len(hashes) > _MOST_WORDS or (hashes == 0).any() or len(np.unique(hashes)) != len(hashes):
        raise ValueError(f"the words of the quote head are more than {_MOST_WORDS}, doubled, or hold a 0")
    words = word_table(hashes, arrays.get("quotes.word_rows", np.int16, len(hashes), 5))
    return QuoteHead(
        words,
        Tagger(arrays.packed("tagger.tag", TAGGER_LANES), arrays.packed("tagger.relation", TAGGER_LANES)),
        Packed(arrays.packed("quotes.tag_weights", LANES), scales[0]),
        arrays.transitions("quotes.tag_transitions", len(TAGS)),
        Packed(arrays.packed("quotes.link_weights", LANES), scales[1]),
        arrays.transitions("quotes.link_transitions", len(LINK_TAGS)),
        manifest.cue_threshold,
    )


def _stance_head(labels: tuple[str, ...], arrays: _Arrays) -> StanceHead:
    keys = arrays.get("stance.keys", np.uint64, None)
    if len(keys) == 0 or (keys[1:] <= keys[:-1]).any():
        raise ValueError("the keys of the stance head are not sorted")
    n_topics = len(labels)
    return StanceHead(
        labels,
        feature_table(keys),
        arrays.get("stance.idf", np.float32, len(keys)),
        arrays.get("stance.weights", np.float32, len(keys), 1 + n_topics, 3),
        arrays.get("stance.bias", np.float32, n_topics, 3),
        arrays.get("stance.block_scale", np.float32, N_BLOCKS),
        arrays.get("stance.temperature", np.float32, n_topics),
    )
