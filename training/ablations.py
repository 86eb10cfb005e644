"""What a figure owes to the number of articles and to single options: more models, measured on the same articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import held_out
from topic_stance.data.records import DataError, LabelledArticle

from .config import RunConfig, with_values
from .evaluate import Evaluation, evaluate
from .fit import Corpus, Taxonomy, fit_bundle, read_corpus
from .gate import Difference, difference


@dataclass(frozen=True)
class Ablation:
    """The run's model with other options: its figures, and what it is ahead of the run's own model, by figure."""

    name: str
    options: dict[str, Any]
    evaluation: Evaluation
    differences: list[Difference]


@dataclass(frozen=True)
class Point:
    """A model of fewer articles."""

    n_articles: int
    evaluation: Evaluation


@dataclass(frozen=True)
class Bench:
    """What every further model of a run shares: the corpus that is learned from, and the articles measured on."""

    config: RunConfig
    corpus: Corpus
    measured_on: Sequence[LabelledArticle]
    taxonomy: Taxonomy

    def learned_from(self, config: RunConfig) -> Corpus:
        """The corpus, read anew where the configuration names other data, without the articles measured on."""
        if config.data == self.config.data:
            return self.corpus
        return read_corpus(config).without_ids({article.id for article in self.measured_on})

    def measure(self, config: RunConfig, corpus: Corpus) -> Evaluation:
        """Fit, predict and score."""
        with TemporaryDirectory() as scratch:
            pipeline = Pipeline(fit_bundle(corpus, self.taxonomy, config, Path(scratch)))
        return evaluate(pipeline, self.measured_on)


def learning_curve(bench: Bench, whole: Evaluation, progress: Callable[[str], None]) -> list[Point]:
    """Models of the configured shares of the articles, and the run's own; nothing where no share is configured.

    A share that is too small to fit a model on is left out.
    """
    points = []
    for share in sorted(bench.config.tracking.learning_curve):
        fewer = bench.corpus.without(held_out(bench.corpus.full, 1 - share, seed=1))
        progress(f"learning curve: fitting on {len(fewer.full)} articles")
        try:
            points.append(Point(len(fewer.full), bench.measure(bench.config, fewer)))
        except DataError as error:
            progress(f"learning curve: {len(fewer.full)} articles are too few: {error}")
    return [*points, Point(len(bench.corpus.full), whole)] if points else []


def ablations(bench: Bench, whole: Evaluation, progress: Callable[[str], None]) -> Iterator[Ablation]:
    """The configured ablations beside the run's own model, one by one, so that none is lost with a later one."""
    for name, options in bench.config.tracking.ablations.items():
        progress(f"ablation: {name}")
        config = with_values(bench.config, options)
        evaluation = bench.measure(config, bench.learned_from(config))
        shared = [metric for metric in bench.config.gate.metrics if metric in evaluation.resampled]
        leads = [difference(whole, evaluation, metric) for metric in shared if metric in whole.resampled]
        yield Ablation(name, options, evaluation, leads)
