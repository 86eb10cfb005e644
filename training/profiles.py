"""One side of a drift comparison: what its predictions and texts hold, counted article by article."""

from __future__ import annotations

import random
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.classifier.segment import WORD, tokenize
from topic_stance.classifier.tfidf import term_counts
from topic_stance.data.decompress import CODECS
from topic_stance.data.files import json_lines
from topic_stance.data.readers import Record, read
from topic_stance.data.records import Article, DataError

SAMPLE = 1000
"""Articles whose terms are kept for shuffling."""
_MOST_UNKNOWN = 200_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SUFFIXES = (".jsonl", ".ndjson", ".parquet")


class _Topic(msgspec.Struct):
    label: str
    probability: float
    assigned: bool


class _Stance(msgspec.Struct):
    topic: str
    label: str
    probability: float


class _Quote(msgspec.Struct):
    kind: str


class _Actor(msgspec.Struct):
    name: str
    stances: list[_Stance]


class Predicted(msgspec.Struct):
    """The part of a prediction that is looked at; the rest is not decoded."""

    id: str
    model: str
    topics: list[_Topic]
    quotes: list[_Quote]
    actors: list[_Actor]


@dataclass
class Texts:
    """Words of the texts against a model's vocabulary.

    document_frequency: (n_terms,) int64, articles that hold a term. unknown_share: by article, the share of its words
    that the vocabulary lacks. sample: for some articles, the numbers of their terms. unknown: how often a word that the
    vocabulary lacks occurs; of a long dump, rare ones are forgotten on the way.
    """

    terms: list[str]
    document_frequency: NDArray[np.int64]
    unknown_share: array[float] = field(default_factory=lambda: array("d"))
    sample: list[NDArray[np.int32]] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    dates: dict[str, str] = field(default_factory=dict)
    """Day by article id, where an article has a date that is one."""

    @property
    def n(self) -> int:
        """Articles read."""
        return len(self.unknown_share)


@dataclass
class Profile:
    """Counts over the predictions of one side."""

    n: int = 0
    models: set[str] = field(default_factory=set)
    assigned: Counter[str] = field(default_factory=Counter)
    """Articles by topic."""
    probability: defaultdict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("f")))
    """By topic, a probability for each article."""
    stance_probability: array[float] = field(default_factory=lambda: array("f"))
    quotes: array[float] = field(default_factory=lambda: array("f"))
    by_topic: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Stances by topic and label."""
    by_actor: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Stances by actor, day (empty where unknown) and label."""
    texts: Texts | None = None

    def add(self, predicted: Predicted) -> None:
        """Count one article."""
        self.n += 1
        self.models.add(predicted.model)
        day = self.texts.dates.get(predicted.id, "") if self.texts else ""
        for topic in predicted.topics:
            self.probability[topic.label].append(topic.probability)
            if topic.assigned:
                self.assigned[topic.label] += 1
        self.quotes.append(len(predicted.quotes))
        for actor in predicted.actors:
            for stance in actor.stances:
                self.stance_probability.append(stance.probability)
                self.by_topic[stance.topic, stance.label] += 1
                self.by_actor[actor.name, day, stance.label] += 1

    def mix(self, actor: str) -> Counter[str]:
        """An actor's stances by label."""
        found: Counter[str] = Counter()
        for (name, _, label), n in self.by_actor.items():
            if name == actor:
                found[label] += n
        return found

    def stances_of_actors(self) -> Counter[str]:
        """How many stances each actor has."""
        found: Counter[str] = Counter()
        for (name, _, _), n in self.by_actor.items():
            found[name] += n
        return found


def profile(predictions: Path, texts: Path | None, pipeline: Pipeline | None) -> Profile:
    """Predictions, and their texts where these are given, as a profile; `pipeline` has the vocabulary."""
    made = Profile(texts=read_texts(texts, pipeline) if texts and pipeline else None)
    for predicted in read_predictions(predictions):
        made.add(predicted)
    return made


def read_predictions(path: Path) -> Iterator[Predicted]:
    """The predictions of a .parquet or .jsonl file (.gz and .zst, too). Raises `DataError` where one is not to be used.

    A wrong line ends the reading: a comparison with half a file would be one with other articles.
    """
    name = path.name.lower()
    plain = name
    for suffix in CODECS:
        plain = plain.removesuffix(suffix)
    if not plain.endswith(_SUFFIXES) or (plain != name and plain.endswith(".parquet")):
        raise DataError(f"{path}: predictions are .parquet, .jsonl, .jsonl.gz or .jsonl.zst")
    if not path.is_file():
        raise DataError(f"{path}: no such file of predictions")
    if plain.endswith(".parquet"):
        return _from_parquet(path)
    return (predicted for _, predicted in json_lines(path, Predicted, "a prediction"))


def read_texts(path: Path, pipeline: Pipeline) -> Texts:
    """The articles of a dump against the vocabulary of a model; what cannot be read is passed over.

    Raises `DataError` where no article with words is left.
    """
    head = pipeline.bundle.heads.topics
    known = np.unique(tokenize("\n".join(head.terms)).hash)
    made = Texts(head.terms, np.zeros(len(head.terms), np.int64))
    rng = random.Random(0)
    for item in read([path]):
        if isinstance(item, Record):
            _add_text(made, item.article, pipeline, known, rng)
    if not made.n:
        raise DataError(f"{path}: holds no article with words in it")
    return made


def _add_text(made: Texts, article: Article, pipeline: Pipeline, known: NDArray[np.uint64], rng: random.Random) -> None:
    _, body = pipeline.read(article)
    if _DAY.match(article.date):
        made.dates[article.id] = article.date[:10]
    words = (body.flags & WORD != 0) & (body.end - body.start > 1)
    total = int(words.sum())
    if not total:
        return
    missing = np.flatnonzero(words & ~np.isin(body.hash, known))
    # Counted as they stand in the text, lower-cased: what a reader can look for.
    made.unknown.update(article.text[body.start[k] : body.end[k]].lower() for k in missing.tolist())
    if len(made.unknown) > _MOST_UNKNOWN:
        made.unknown = Counter(dict(made.unknown.most_common(_MOST_UNKNOWN // 2)))
    made.unknown_share.append(len(missing) / total)
    terms, _ = term_counts(body, pipeline.bundle.heads.topics.tables)
    made.document_frequency[terms] += 1
    # Reservoir sampling: each article so far is in the sample with the same chance.
    if len(made.sample) < SAMPLE:
        made.sample.append(terms)
    elif (place := rng.randrange(made.n)) < SAMPLE:
        made.sample[place] = terms


def _from_parquet(path: Path) -> Iterator[Predicted]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            wanted = list(Predicted.__struct_fields__)
            if missing := [name for name in wanted if name not in file.schema_arrow.names]:
                raise DataError(f"{path}: not a table of predictions: it has no column {missing[0]!r}")
            row = 0
            for batch in file.iter_batches(2000, columns=wanted):
                for record in batch.to_pylist():
                    row += 1
                    yield _converted(record, f"{path}, row {row}")
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _converted(record: dict[str, Any], where: str) -> Predicted:
    try:
        return msgspec.convert(record, Predicted)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: not a prediction: {error}") from None
