"""A training run's configuration: one typed object made from TOML and flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from topic_stance.data.files import read_toml
from topic_stance.data.records import DataError

from .evaluate import HEADLINES, TRIPLES, topic_triple
from .quotes import QuoteOptions
from .stance import StanceOptions
from .topics import TopicOptions

Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class DataConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What to learn from; paths are relative to the working directory."""

    taxonomy: str | None = None
    """The topics: a file like `data/taxonomy.toml`, which is taken where this is not given."""
    leanings: str | None = None
    """How words lean on the topics: a file like `data/lexicons/leanings.tsv`, which is taken where there is none."""
    authored: str | None = None
    """Folder of inline-marked articles."""
    briefs: str | None = None
    """Folder of short authored texts, many a file."""
    articles: list[str] = []
    """Public articles (JSONL, plain or gzip) on which the labels below are laid."""
    full: list[str] = []
    """Label files with quotes, actors and stances."""
    stances: list[str] = []
    """Label files with stances of actors whose quotes a model found: the stance head alone learns from them."""
    passing: list[str] = []
    """Files like those, with stances towards topics that the articles touch in passing and do not carry."""
    topics: list[str] = []
    """Label files with topics only."""
    polnear: str | None = None
    polnear_weight: float = 0.5
    held_out: Share = 0.2
    """Share of the fully labelled articles that the run is measured on; the final model learns from all."""


class GateConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where the model is registered, and by what a candidate must not be worse than the champion."""

    model: Annotated[str, msgspec.Meta(pattern="^[^/:]+$")] = "topic-stance"
    metrics: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "topic macro-F1",
        "content F1",
        "actor accuracy",
        "stance macro-F1",
    )
    """Figures on which it must not be worse beyond noise."""
    slower: Annotated[float, msgspec.Meta(gt=0)] = 1.2
    """At most so many times the champion's time on the same articles."""
    promote: bool = True
    behaviour: bool = True
    """Whether a candidate must pass the behavioural checks."""


class TrackingConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a run measures beside its own model; every share and every ablation is one more model to fit."""

    learning_curve: tuple[Share, ...] = ()
    """Shares of the articles, as 0.25 and 0.5."""
    ablations: dict[str, dict[str, Any]] = {}
    """By name, options and their values, as `topics.ngrams` = 1."""


_NOT_IN_NAMES = re.compile(r"[^\w/.: -]")
_TOPIC_TRIPLE = re.compile(topic_triple(".+"))


class RunConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One training run."""

    name: str
    data: DataConfig
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    output: str | None = None
    """Folder for the bundle; a temporary one where it is not given."""
    topics: TopicOptions = TopicOptions()
    quotes: QuoteOptions = QuoteOptions()
    stance: StanceOptions = StanceOptions()
    gate: GateConfig = GateConfig()
    tracking: TrackingConfig = TrackingConfig()


def load_config(path: Path) -> RunConfig:
    """The configuration in a TOML file; unknown keys and wrong types are errors that name the key."""
    raw = read_toml(path)
    # `search.load_search` reads this section; it has no part in a training run.
    raw.pop("search", None)
    try:
        config = msgspec.convert(raw, RunConfig)
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: {error}") from None
    # What is wrong in these would only show when all is trained.
    _check_metrics(config.gate.metrics, path)
    for name, values in config.tracking.ablations.items():
        try:
            with_values(config, values)
        except DataError as error:
            raise DataError(f"{path}: tracking.ablations.{name}: {error}") from None
    return config


def _check_metrics(metrics: Sequence[str], path: Path) -> None:
    """Raises `DataError` for what is no figure of an evaluation; which topics there are, the taxonomy says."""
    for name in metrics:
        if name not in (*HEADLINES, *TRIPLES) and not _TOPIC_TRIPLE.fullmatch(name):
            known = ", ".join((*HEADLINES, *TRIPLES, topic_triple("LABEL")))
            raise DataError(f"{path}: gate.metrics: {name!r} is no figure to compare models by; these are: {known}")


def check_topics_of_metrics(config: RunConfig, topics: Sequence[str]) -> None:
    """Raises `DataError` where the gate is to look at a topic that is not among these."""
    for name in config.gate.metrics:
        if _TOPIC_TRIPLE.fullmatch(name) and name not in map(topic_triple, topics):
            raise DataError(
                f"configuration {config.name!r}: gate.metrics: {name!r} is of no topic of the taxonomy "
                f"({', '.join(topics)}); correct it, or add the topic"
            )


HEAD_SECTIONS = ("topics", "quotes", "stance")
"""Sections with options of the heads."""
_MEASURED_ON = ("data.held_out", "data.taxonomy")


def with_values(config: RunConfig, values: dict[str, Any]) -> RunConfig:
    """The configuration with other options of the heads or the data, named as `topics.c`.

    Raises `DataError` for a name or a value that is none, and for what decides on which articles a model is measured.
    """
    raw = msgspec.to_builtins(config)
    for name, value in values.items():
        section, _, key = name.partition(".")
        if section not in ("data", *HEAD_SECTIONS) or key not in raw[section]:
            raise DataError(f"{name}: no such option of a configuration's data, topics, quotes or stance")
        if name in _MEASURED_ON:
            raise DataError(f"{name}: decides what is measured, which must stay as it is for figures to compare")
        raw[section][key] = value
    try:
        return msgspec.convert(raw, RunConfig)
    except msgspec.ValidationError as error:
        raise DataError(f"{', '.join(values)}: {error}") from None


def allowed_name(text: str) -> str:
    """A text as MLflow allows it for the name of a parameter."""
    return _NOT_IN_NAMES.sub("_", text)


def flat(config: RunConfig) -> dict[str, str]:
    """The configuration as `section.key` parameters, as a run records them: keys hold what MLflow allows in a name."""
    found: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}{key}.", inner)
        else:
            found[allowed_name(prefix[:-1])] = str(value)

    walk("", msgspec.to_builtins(config))
    return found
