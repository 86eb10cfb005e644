"""What a training run records, as an MLflow run with a child run for each head.

The heads are fitted twice. The *measured* model does not see the held-out articles and gives every figure of the run.
The *final* model is fitted on everything with the same configuration; it is what gets registered and used.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from topic_stance.classifier.bundle import Bundle
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import held_out
from topic_stance.data.records import DataError, LabelledArticle, Prediction

from .ablations import Bench, ablations, learning_curve
from .behaviour import Outcome, authored, check_behaviour
from .card import model_card, short_paths
from .config import RunConfig, allowed_name, flat
from .diagnostics import Diagnostics, diagnose, write_curve, write_diagnostics
from .errors import Error, Term, top_terms, worst_errors
from .evaluate import HEADLINES, Evaluation, score
from .fit import Corpus, Taxonomy, fit_bundle, read_corpus, read_taxonomy
from .pages import page
from .slices import Slice, slices
from .store import connect, speaking, use_experiment

CARD = "MODEL_CARD.md"
BUNDLE, MEASURED = "bundle", "measured"
"""Artifact folders of the final and of the measured model."""
HELD_OUT, LEARNED_FROM = "held_out.jsonl", "learned_from.json"
"""Artifacts: the held-out articles with their labels, and the ids of those that the measured model learned from."""
CONFIG = "config.json"

HEADS: dict[str, tuple[str, ...]] = {
    "topics": ("topic ",),
    "quotes": ("content ", "quote ", "source "),
    "actors": ("actor ",),
    "stance": ("stance ",),
}
"""Each head with the beginnings of the figures that are its own."""


@dataclass(frozen=True)
class TrainedRun:
    """What a training run has made."""

    run_id: str
    model_uri: str
    name: str
    """The name that predictions carry: `topic-stance/` and the bundle's digest."""
    evaluation: Evaluation
    seconds: float


@dataclass
class Stopwatch:
    """Seconds spent on each part, told when a part is done."""

    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def __call__(self, part: str) -> None:
        """Put the time since the last call down to a part."""
        now = time.perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._last
        self._last = now


@dataclass(frozen=True)
class _Measurement:
    corpus: Corpus
    left_out: list[LabelledArticle]
    bundle: Bundle
    predictions: list[Prediction]
    evaluation: Evaluation
    diagnostics: Diagnostics
    slices: list[Slice]
    behaviour: list[Outcome]


def train(
    config: RunConfig,
    *,
    tracking_uri: str | None = None,
    source: Path | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> TrainedRun:
    """Fit, measure and record a model.

    Args:
        config: what to learn from, how, and where a copy of the bundle goes (`config.output`).
        tracking_uri: the MLflow store; see `store.connect`.
        source: the TOML file that the configuration came from, recorded as it stands.
        progress: is told what is being done.

    Raises:
        DataError: where the corpus cannot be read, or leaves nothing to learn from or to measure on.
        StoreError: where the store cannot be used.

    """
    began = time.perf_counter()
    if config.output and Path(config.output).exists() and not Path(config.output).is_dir():
        raise DataError(f"{config.output}: the model cannot be written there: it is not a folder")
    uri = connect(tracking_uri)
    import mlflow

    progress("reading the corpus")
    corpus, taxonomy = read_corpus(config), read_taxonomy(config.data.taxonomy)
    with speaking(uri):
        use_experiment(config.gate.model)
        with mlflow.start_run(run_name=config.name) as run, TemporaryDirectory() as scratch:
            folder = Path(scratch)
            _record_start(config, corpus, source)
            measured = _measure(config, corpus, taxonomy, folder / MEASURED, progress)
            progress(f"fitting the final model on all {len(corpus.full)} articles")
            watch = Stopwatch()
            bundle = fit_bundle(corpus, taxonomy, config, folder / BUNDLE, watch)
            card = _card(config, bundle, corpus, measured)
            (folder / BUNDLE / CARD).write_text(card, encoding="utf-8")
            if config.output:
                shutil.copytree(folder / BUNDLE, config.output, dirs_exist_ok=True)
            progress("recording")
            began_recording = time.perf_counter()
            _record_measurement(measured, folder)
            model_uri = _record_model(bundle, folder)
            _record_heads(config, measured.evaluation, watch)
            recording = time.perf_counter() - began_recording
            _record_more_models(Bench(config, measured.corpus, measured.left_out, taxonomy), measured, folder, progress)
            seconds = time.perf_counter() - began
            mlflow.log_metrics({"seconds": seconds, "seconds_recording": recording})
    return TrainedRun(run.info.run_id, model_uri, bundle.name, measured.evaluation, seconds)


def metric_name(figure: str) -> str:
    """A figure's name as MLflow allows it: `stance macro-F1` becomes `stance_macro_F1`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", figure).strip("_")


def metrics(evaluation: Evaluation) -> dict[str, float]:
    """Every figure by its metric name, with `_low` and `_high` where it has an interval; headlines come first."""
    found: dict[str, float] = {}
    for name, value in sorted(evaluation.figures.items(), key=lambda item: item[0] not in HEADLINES):
        key = metric_name(name.removesuffix(" P/R/F1"))
        if isinstance(value, tuple):
            found |= dict(zip((f"{key}_precision", f"{key}_recall", f"{key}_F1"), value, strict=True))
            key += "_F1"
        else:
            found[key] = value
        if name in evaluation.intervals:
            found[f"{key}_low"], found[f"{key}_high"] = evaluation.intervals[name]
    return found


def _measure(
    config: RunConfig, corpus: Corpus, taxonomy: Taxonomy, folder: Path, progress: Callable[[str], None]
) -> _Measurement:
    """Hold articles out, fit on the others, and score."""
    # Not the run's seed: models that were fitted with different seeds are compared on the same articles.
    out = held_out(corpus.full, config.data.held_out, seed=0)
    left_out = [article for article, chosen in zip(corpus.full, out, strict=True) if chosen]
    if not left_out or len(left_out) == len(out):
        raise DataError(
            f"held_out = {config.data.held_out} leaves {len(left_out)} of {len(out)} articles to measure on; "
            "it must leave some on both sides"
        )
    rest = corpus.without(out)
    progress(f"fitting on {len(rest.full)} articles, to measure on the other {len(left_out)}")
    bundle = fit_bundle(rest, taxonomy, config, folder)
    progress("measuring")
    pipeline = Pipeline(bundle)
    predictions = pipeline.predict(article.article() for article in left_out)
    evaluation = score(left_out, predictions)
    diagnostics = diagnose(left_out, predictions, evaluation.counts, taxonomy.labels)
    parts = slices(left_out, predictions)
    checked = check_behaviour(pipeline, authored())
    return _Measurement(rest, left_out, bundle, predictions, evaluation, diagnostics, parts, checked)


def _card(config: RunConfig, bundle: Bundle, corpus: Corpus, measured: _Measurement) -> str:
    calibration = measured.diagnostics.calibration()
    return model_card(config, bundle.manifest, corpus, measured.evaluation, calibration, measured.slices)


def _record_start(config: RunConfig, corpus: Corpus, source: Path | None) -> None:
    """What is known before anything is fitted: so a run that fails can be explained as well."""
    import mlflow

    mlflow.log_params(flat(config))
    names = short_paths(corpus.hashes)
    mlflow.log_params({allowed_name(f"data.sha256.{names[path]}"): digest for path, digest in corpus.hashes.items()})
    mlflow.set_tags(_git() | {"seed": str(config.seed)})
    mlflow.log_text(msgspec.json.format(msgspec.json.encode(config), indent=1).decode(), CONFIG)
    if source is not None:
        mlflow.log_artifact(str(source))
    mlflow.log_dict(_environment(), "environment.json")
    for path, digest in corpus.hashes.items():
        mlflow.log_input(_dataset(names[path], digest), context="training")


def _record_measurement(measured: _Measurement, folder: Path) -> None:
    import mlflow

    calibration = measured.diagnostics.calibration()
    mlflow.log_metrics(
        metrics(measured.evaluation)
        | {f"calibration_error_{name}": error for name, error in calibration.items()}
        | {f"average_precision_{name}": area for name, area in measured.diagnostics.average_precision().items()}
        | {f"behaviour_{metric_name(o.name)}": o.rate for o in measured.behaviour if o.rate is not None}
        | {"articles_held_out": len(measured.left_out), "articles_learned_from": len(measured.corpus.full)}
    )
    mlflow.log_text(measured.evaluation.table() + "\n", "evaluation.txt")
    lines = b"".join(msgspec.json.encode(article) + b"\n" for article in measured.left_out)
    (folder / HELD_OUT).write_bytes(lines)
    mlflow.log_artifact(str(folder / HELD_OUT))
    mlflow.log_input(_dataset(HELD_OUT, hashlib.sha256(lines).hexdigest()), context="evaluation")
    mlflow.log_text(msgspec.json.encode(sorted(measured.corpus.ids())).decode(), LEARNED_FROM)
    write_diagnostics(measured.diagnostics, folder / "diagnostics")
    mlflow.log_artifacts(str(folder / "diagnostics"), "diagnostics")
    mlflow.log_artifacts(str(folder / MEASURED), MEASURED)
    _record_table(worst_errors(measured.left_out, measured.predictions), Error, "worst_errors.json")
    _record_table(measured.behaviour, Outcome, "behaviour.json", ("rate", "passed"))
    _record_table(top_terms(Pipeline(measured.bundle), measured.left_out), Term, "top_terms.json")
    mlflow.log_dict({"slices": msgspec.to_builtins(measured.slices)}, "slices.json")


def _record_table(rows: Sequence[Any], kind: type, name: str, more: Sequence[str] = ()) -> None:
    """A table that MLflow's pages show as one; `more` are properties beside the fields."""
    import mlflow
    import pandas as pd

    columns = [*(field.name for field in fields(kind)), *more]
    mlflow.log_table(
        pd.DataFrame([[getattr(row, column) for column in columns] for row in rows], columns=columns), name
    )


def _record_model(bundle: Bundle, folder: Path) -> str:
    """The final model as files and as an MLflow model; returns its URI."""
    import mlflow

    from .packaging import log_model

    mlflow.log_artifacts(str(folder / BUNDLE), BUNDLE)
    mlflow.log_artifact(str(folder / BUNDLE / CARD))
    card = (folder / BUNDLE / CARD).read_text(encoding="utf-8")
    mlflow.log_text(page(card), "model_card.html")
    mlflow.set_tags(
        {
            "bundle": bundle.name,
            "models": f"figures: of {MEASURED}/, which did not see {HELD_OUT}; registered: {BUNDLE}/, fitted on all",
            "mlflow.note.content": card,
        }
    )
    return str(log_model(folder / BUNDLE).model_uri)


def _record_heads(config: RunConfig, evaluation: Evaluation, watch: Stopwatch) -> None:
    """A child run for each head, with its parameters, figures and seconds."""
    import mlflow

    parameters = flat(config)
    for head, beginnings in HEADS.items():
        own = Evaluation(
            evaluation.n_articles,
            {name: value for name, value in evaluation.figures.items() if name.startswith(beginnings)},
            evaluation.intervals,
            {},
            [],
        )
        with mlflow.start_run(run_name=head, nested=True):
            mlflow.log_params({key: value for key, value in parameters.items() if key.startswith(f"{head}.")})
            mlflow.log_metrics(metrics(own) | {"seconds": watch.seconds[head]})


def _record_more_models(bench: Bench, measured: _Measurement, folder: Path, progress: Callable[[str], None]) -> None:
    """The learning curve as metrics by step and as a plot, and a child run for each ablation."""
    import mlflow

    names = bench.config.gate.metrics
    curve: dict[int, dict[str, tuple[float, float, float]]] = {}
    for point in learning_curve(bench, measured.evaluation, progress):
        values, intervals = point.evaluation.scalars(), point.evaluation.intervals
        curve[point.n_articles] = {name: (values[name], *intervals[name]) for name in names if name in intervals}
        found = {f"learning_curve_{metric_name(name)}": value[0] for name, value in curve[point.n_articles].items()}
        mlflow.log_metrics(found, step=point.n_articles)
    if curve:
        write_curve(curve, folder)
        mlflow.log_artifact(str(folder / "learning_curve.png"), "diagnostics")
    for ablation in ablations(bench, measured.evaluation, progress):
        with mlflow.start_run(run_name=f"ablation: {ablation.name}", nested=True):
            mlflow.set_tag("ablation", ablation.name)
            mlflow.log_params(ablation.options)
            mlflow.log_metrics(metrics(ablation.evaluation))
            for lead in ablation.differences:
                key = f"lead_{metric_name(lead.name)}"
                mlflow.log_metrics({key: lead.second - lead.first, f"{key}_low": lead.low, f"{key}_high": lead.high})


def _dataset(name: str, digest: str) -> Any:
    """A dataset by name and digest; MLflow keeps 36 characters of a digest."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    source = CodeDatasetSource({"path": name, "sha256": digest})
    return MetaDataset(source, name=name, digest=digest[:32])  # type: ignore[abstract]


def _environment() -> dict[str, Any]:
    packages = {str(d.metadata["Name"]): d.version for d in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def _git() -> dict[str, str]:
    """Commit of the code that runs, and whether it was changed since; empty outside a repository."""
    commit = _git_output(("rev-parse", "HEAD"))
    if not commit:
        return {}
    dirty = bool(_git_output(("status", "--porcelain", "--untracked-files=no")))
    return {"mlflow.source.git.commit": commit, "git.commit": commit, "git.dirty": str(dirty).lower()}


def _git_output(arguments: Sequence[str]) -> str:
    try:
        command = ["git", "-C", str(Path(__file__).parent), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
