"""Search over a configuration's options with Optuna: parallel, resumable, and with a winner that is a configuration.

The articles that a training run holds out to measure on are left out of everything here. What is left is split again,
and the mean of the gate's metrics on those splits is what the search raises. So the winner's figures, when it is
trained, are still figures of articles that nothing was chosen by.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import held_out
from topic_stance.data.files import read_toml
from topic_stance.data.records import DataError, LabelledArticle, TopicStanceError

from .config import HEAD_SECTIONS, RunConfig, flat, with_values
from .evaluate import evaluate
from .fit import Corpus, fit_bundle, read_corpus, read_taxonomy
from .store import connect, speaking, use_experiment

_VALIDATION_SHARE = 0.25
_PARENT, _IDENTITY, _ERROR = "mlflow run", "identity", "error"


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an option is looked for: between two numbers, or among choices."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: list[bool | float | int | str] = []

    def holds(self, value: Any) -> bool:
        """Whether a value lies in it."""
        if self.choices:
            return value in self.choices
        return bool((self.low or 0) <= value <= (self.high or 0))


DEFAULT_SPACE = {
    "topics.c": Range(0.1, 30.0, log=True),
    "topics.ngrams": Range(choices=[1, 2]),
    "quotes.rate": Range(0.002, 0.05, log=True),
    "quotes.l2": Range(1e-6, 1e-3, log=True),
    "quotes.cue_threshold": Range(0.15, 0.6),
    "stance.c": Range(0.05, 20.0, log=True),
    "stance.least": Range(1, 4),
}


class SearchConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section `[search]` of a configuration file; a training run does not look at it."""

    space: dict[str, Range] = msgspec.field(default_factory=lambda: dict(DEFAULT_SPACE))
    """By option, as `topics.c`."""
    splits: int = 2
    """Each trial is fitted and measured on so many splits."""


@dataclass(frozen=True)
class Found:
    """What a search found."""

    config: RunConfig
    value: float
    number: int
    finished: int
    failed: int


@dataclass(frozen=True)
class _Outcome:
    """What a trial gave: the value on each split, or why there is none."""

    number: int
    values: list[float]
    metrics: dict[str, float]
    seconds: float
    error: str = ""

    @property
    def value(self) -> float:
        """What the search raises: the mean over the splits."""
        return sum(self.values) / len(self.values)


def load_search(path: Path) -> SearchConfig:
    """The section `[search]` of a configuration file, or the default one; raises `DataError` where it is wrong."""
    try:
        found = msgspec.convert(read_toml(path).get("search", {}), SearchConfig)
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: [search] cannot be read: {error}") from None
    for name, where in found.space.items():
        bounded = where.low is not None and where.high is not None and where.low < where.high
        if bounded == bool(where.choices) or (where.log and not (where.low or 0) > 0):
            raise DataError(f"{path}: [search.space] {name}: give low and high (above 0 with log), or choices")
    if found.splits < 1 or not found.space:
        raise DataError(f"{path}: [search] needs at least one split and one option to look for")
    return found


def search(
    config: RunConfig,
    options: SearchConfig,
    *,
    trials: int,
    jobs: int = 1,
    storage: str = "sqlite:///search.db",
    tracking_uri: str | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> Found:
    """Bring a study up to `trials` finished trials and return its best configuration.

    The study is kept under the configuration's name in `storage`; a search that was ended goes on where it was, and
    trials that were running then are run anew. One process at a time may work on a study: `jobs` is how many trials
    run side by side within it. Raises `DataError` where the space has what the configuration does not take, the study
    cannot be used or no trial has a value, `StoreError` where the store cannot.
    """
    _check_space(config, options)
    uri = connect(tracking_uri)
    corpus = read_corpus(config)
    with _keeping_study(storage):
        study = _study(config, options, corpus, storage)
        _give_up_running(study)
    splits = _splits(config, options, corpus)
    with speaking(uri):
        use_experiment(f"{config.gate.model}-search")
        with _parent_run(study, config):
            if not study.trials:
                _enqueue_present(study, config, options, progress)
            done = _finished(study)
            asked: dict[int, Any] = {}
            for outcome in _outcomes(study, asked, config, options, splits, trials - done, jobs):
                done += 1
                _record(study, asked.pop(outcome.number), outcome)
                progress(_line(outcome, done, trials))
            found = _winner(study, config)
            _record_winner(found)
    return found


def evaluate_config(config: RunConfig, splits: list[tuple[Corpus, list[LabelledArticle]]]) -> list[dict[str, float]]:
    """For each split, the gate's metrics of a model that was fitted on one side and measured on the other."""
    taxonomy = read_taxonomy(config.data.taxonomy)
    found = []
    for learned, measured in splits:
        with TemporaryDirectory() as scratch:
            pipeline = Pipeline(fit_bundle(learned, taxonomy, config, Path(scratch)))
        figures = evaluate(pipeline, measured).scalars()
        if missing := [name for name in config.gate.metrics if name not in figures]:
            raise DataError(f"the metric {missing[0]!r} cannot be measured on {len(measured)} articles")
        found.append({name: figures[name] for name in config.gate.metrics})
    return found


def to_toml(config: RunConfig) -> str:
    """A configuration as TOML that `config.load_config` reads back to the same."""
    rows: list[str] = []

    def write(path: list[str], table: dict[str, Any]) -> None:
        # Strings, numbers, booleans and lists of these are written as JSON writes them.
        plain = {key: value for key, value in table.items() if not isinstance(value, dict) and value is not None}
        if path and (plain or not table):
            rows.extend(["", f"[{'.'.join(path)}]"])
        rows.extend(f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items())
        for key, value in table.items():
            if isinstance(value, dict):
                write([*path, _key(key)], value)

    write([], msgspec.to_builtins(config))
    return "\n".join(rows) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _check_space(config: RunConfig, options: SearchConfig) -> None:
    """Raises `DataError` for an option that is none, and for a bound or a choice that the option does not take."""
    for name, where in options.space.items():
        whole = isinstance(_value(config, name), int)
        for value in where.choices or _bounds(where, whole):
            try:
                with_values(config, {name: value})
            except DataError as error:
                raise DataError(f"[search.space] {error}: the option does not take {value!r}") from None


def _bounds(where: Range, whole: bool) -> list[float | int]:
    """Both bounds; of an option of whole numbers those that are whole as such."""
    bounds = [float(where.low or 0), float(where.high or 0)]
    return [int(bound) if whole and bound.is_integer() else bound for bound in bounds]


def _study(config: RunConfig, options: SearchConfig, corpus: Corpus, storage: str) -> Any:
    """The study of this name, made where there is none; one of another configuration is an error."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(study_name=config.name, storage=storage, load_if_exists=True, direction="maximize")
    fixed = msgspec.structs.replace(config, output=None)
    identity = hashlib.sha256(msgspec.json.encode([fixed, options, corpus.hashes])).hexdigest()
    known = study.user_attrs.get(_IDENTITY)
    if known is None:
        study.set_user_attr(_IDENTITY, identity)
    elif known != identity:
        raise DataError(
            f"{storage}: the study {config.name!r} was begun with another configuration or other data; "
            "give the configuration another name, or name another --storage"
        )
    return study


def _give_up_running(study: Any) -> None:
    """Trials that a search which was ended has left running: they fail, and are not counted."""
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.enqueue_trial(trial.params, skip_if_exists=False)
        study.tell(trial.number, state=TrialState.FAIL)


def _enqueue_present(study: Any, config: RunConfig, options: SearchConfig, progress: Callable[[str], None]) -> None:
    """What the configuration says now is tried first: the winner is at least as good as that.

    A value that its space does not hold cannot be tried: the option is drawn from the space, and that is told.
    """
    now = {name: value for name in options.space if (value := _value(config, name)) is not None}
    inside = {name: value for name, value in now.items() if options.space[name].holds(value)}
    for name, value in now.items():
        if name not in inside:
            progress(f"{name} = {value} is not in its [search.space]: the configuration as it is now is not tried")
    study.enqueue_trial(inside, skip_if_exists=True)


def _finished(study: Any) -> int:
    """Trials that count: those with a value, and those that failed by themselves."""
    from optuna.trial import TrialState

    ended = study.get_trials(states=(TrialState.COMPLETE, TrialState.FAIL))
    return sum(trial.state == TrialState.COMPLETE or _ERROR in trial.user_attrs for trial in ended)


def _splits(config: RunConfig, options: SearchConfig, corpus: Corpus) -> list[tuple[Corpus, list[LabelledArticle]]]:
    rest = corpus.without(held_out(corpus.full, config.data.held_out, seed=0))
    splits = []
    for number in range(options.splits):
        out = held_out(rest.full, _VALIDATION_SHARE, seed=number + 1)
        measured = [article for article, chosen in zip(rest.full, out, strict=True) if chosen]
        if not measured or all(out):
            raise DataError(f"{len(rest.full)} articles are too few to search on")
        splits.append((rest.without(out), measured))
    return splits


def _outcomes(
    study: Any, asked: dict[int, Any], config: RunConfig, options: SearchConfig, splits: Any, most: int, jobs: int
) -> Iterator[_Outcome]:
    """Trials as they end. Each is asked for when a worker is free, so that it knows of those that ended before."""
    from joblib import Parallel, delayed

    def tasks() -> Iterator[Any]:
        for _ in range(most):
            trial = _ask(study, config.seed)
            asked[trial.number] = trial
            yield delayed(_run)(trial.number, with_values(config, _suggested(trial, config, options)), splits)

    parallel = Parallel(n_jobs=jobs, pre_dispatch=jobs, batch_size=1, return_as="generator_unordered")
    return iter(parallel(tasks()))


def _ask(study: Any, seed: int) -> Any:
    """A trial whose suggestions follow from the seed and the trials before it, whether or not the search was ended."""
    from optuna.samplers import TPESampler

    study.sampler = TPESampler(seed=seed + len(study.trials), n_startup_trials=8)
    return study.ask()


def _suggested(trial: Any, config: RunConfig, options: SearchConfig) -> dict[str, Any]:
    found = {}
    for name, where in sorted(options.space.items()):
        if where.choices:
            found[name] = trial.suggest_categorical(name, where.choices)
        elif isinstance(_value(config, name), int):
            found[name] = trial.suggest_int(name, *_bounds(where, whole=True), log=where.log)
        else:
            found[name] = trial.suggest_float(name, where.low, where.high, log=where.log)
    return found


def _value(config: RunConfig, name: str) -> Any:
    section, _, key = name.partition(".")
    # Nothing of the data: they are read once for all trials.
    known = section in HEAD_SECTIONS and hasattr(getattr(config, section), key)
    if not known:
        raise DataError(f"[search.space] {name}: no such option of {', '.join(HEAD_SECTIONS)}")
    return getattr(getattr(config, section), key)


def _run(number: int, config: RunConfig, splits: list[tuple[Corpus, list[LabelledArticle]]]) -> _Outcome:
    """One trial, in a worker: it knows neither of Optuna nor of MLflow."""
    began = time.perf_counter()
    try:
        by_split = evaluate_config(config, splits)
    except (TopicStanceError, ValueError, FloatingPointError) as error:
        return _Outcome(number, [], {}, time.perf_counter() - began, f"{type(error).__name__}: {error}")
    values = [sum(metrics.values()) / len(metrics) for metrics in by_split]
    means = {name: sum(metrics[name] for metrics in by_split) / len(by_split) for name in by_split[0]}
    return _Outcome(number, values, means, time.perf_counter() - began)


def _record(study: Any, trial: Any, outcome: _Outcome) -> None:
    """A trial's end in MLflow, then in the study: what the study counts was recorded."""
    import mlflow
    from optuna.trial import TrialState

    from .tracking import metric_name

    with mlflow.start_run(run_name=f"trial {trial.number}", nested=True):
        mlflow.log_params(trial.params)
        mlflow.log_metrics({metric_name(name): value for name, value in outcome.metrics.items()})
        mlflow.log_metric("seconds", outcome.seconds)
        if outcome.error:
            mlflow.set_tag(_ERROR, outcome.error)
        else:
            mlflow.log_metric("value", outcome.value)
    if outcome.error:
        trial.set_user_attr(_ERROR, outcome.error)
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, outcome.value)


def _winner(study: Any, config: RunConfig) -> Found:
    from optuna.trial import TrialState

    complete = study.get_trials(states=(TrialState.COMPLETE,))
    failed = [t for t in study.get_trials(states=(TrialState.FAIL,)) if _ERROR in t.user_attrs]
    if not complete:
        reason = f": {failed[-1].user_attrs[_ERROR]}" if failed else ""
        raise DataError(f"no trial of {config.name!r} has a value{reason}")
    best = study.best_trial
    chosen = msgspec.structs.replace(with_values(config, best.params), name=f"{config.name}-best")
    return Found(chosen, float(best.value), best.number, len(complete) + len(failed), len(failed))


def _record_winner(found: Found) -> None:
    import mlflow

    mlflow.log_metric("best", found.value)
    mlflow.log_text(to_toml(found.config), "best.toml")
    mlflow.set_tag("best trial", str(found.number))


@contextlib.contextmanager
def _parent_run(study: Any, config: RunConfig) -> Iterator[None]:
    """The run of the search, taken up again where the store still has it."""
    import mlflow
    from mlflow.exceptions import MlflowException

    known = study.user_attrs.get(_PARENT)
    try:
        known = mlflow.get_run(known).info.run_id if known else None
    except MlflowException:
        known = None
    with mlflow.start_run(run_id=known, run_name=None if known else f"search {config.name}") as run:
        if not known:
            mlflow.log_params(flat(config))
            study.set_user_attr(_PARENT, run.info.run_id)
        yield


@contextlib.contextmanager
def _keeping_study(storage: str) -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, ValueError, ImportError) as error:
        raise DataError(f"{storage}: cannot be used to keep a study: {str(error).splitlines()[0]}") from None


def _line(outcome: _Outcome, done: int, trials: int) -> str:
    what = outcome.error or " ".join(f"{value:.4f}" for value in outcome.values)
    return f"{done}/{trials}  trial {outcome.number}: {what}  ({outcome.seconds:.0f} s)"
