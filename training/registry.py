"""The registry: which version of a model is in use, since when and why, and the gate before it.

The alias `champion` names the version in use, `candidate` the newest one. Moving an alias is one call to MLflow, so it
points at the old version or at the new one and never at nothing. What is to happen is written down before the alias
moves, as a tag `champion.<time>` of the registered model that holds the previous version; `history` tells from the
chain of previous versions which of these came about. Of several promotions at once one goes first, see `claims`, and
the others are told that the champion has changed.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from topic_stance.classifier.bundle import load_bundle
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import read_labelled
from topic_stance.data.exchange import read_checked
from topic_stance.data.records import Article, LabelledArticle, TopicStanceError

from .behaviour import gate_check
from .claims import claimed
from .config import GateConfig, RunConfig
from .criteria import Behaviour, behaviour, calibration, speed
from .evaluate import score
from .gate import Criterion, Decision, judge
from .models import resolve_model
from .packaging import EXAMPLE
from .store import StoreError, connect, speaking, use_experiment
from .tracking import CONFIG, HELD_OUT, LEARNED_FROM, MEASURED

CHAMPION, CANDIDATE = "champion", "candidate"
MODEL = GateConfig().model
BEHAVIOUR: tuple[Behaviour, ...] = (gate_check,)
"""The behavioural checks that the gate asks of every model whose configuration does not set them aside."""
_EVENT, _GATE = "champion.", "gate."


@dataclass(frozen=True)
class Version:
    """A version of a registered model, and the run that made it."""

    model: str
    number: str
    run_id: str | None

    @property
    def uri(self) -> str:
        """As MLflow names it."""
        return f"models:/{self.model}/{self.number}"

    def __str__(self) -> str:
        return f"{self.model} version {self.number}"


@dataclass(frozen=True)
class Reign:
    """A time during which a version was champion."""

    version: str
    since: str
    kind: str
    """`promote`, `rollback`, or `other` where the alias was moved by other means than ours."""
    why: str
    previous: str | None

    def __str__(self) -> str:
        return f"version {self.version:>4}  since {self.since or 'unknown':20}  {self.kind}: {self.why}"


@dataclass(frozen=True)
class _Evidence:
    """What a version's run left for comparing it: a model that did not see the held-out articles, and those."""

    measured: Pipeline
    held_out: list[LabelledArticle]
    learned_from: set[str]


@dataclass(frozen=True)
class _Gold:
    """Labelled articles to judge by, and the name of the file that they are from."""

    name: str
    articles: list[LabelledArticle]


class Registry:
    """The registered models of one store."""

    def __init__(
        self, tracking_uri: str | None, *, create: bool = False, checks: Sequence[Behaviour] | None = None
    ) -> None:
        self._uri = connect(tracking_uri, create=create)
        self._checks = checks
        from mlflow import MlflowClient

        with speaking(self._uri):
            self._client = MlflowClient()

    def register(self, run_id: str, model_uri: str, bundle: str, model: str = MODEL) -> Version:
        """Make a new version of a run's model, tagged with the bundle's name, and name it the candidate."""
        self._create(model)
        with speaking(self._uri):
            made = self._client.create_model_version(
                model,
                source=model_uri,
                run_id=run_id,
                model_id=model_uri.removeprefix("models:/"),
                tags={"bundle": bundle},
            )
            self._client.set_registered_model_alias(model, CANDIDATE, made.version)
        return Version(model, str(made.version), run_id)

    def register_folder(self, folder: Path, model: str) -> Version:
        """A bundle from a folder as a new version; it has no run of training, so the gate needs `gold` to judge it."""
        import mlflow

        from .packaging import log_model

        bundle = load_bundle(folder)
        with speaking(self._uri):
            use_experiment(model)
            with mlflow.start_run(run_name=f"register {bundle.name}") as run:
                mlflow.set_tag("bundle", bundle.name)
                uri = str(log_model(folder).model_uri)
        return self.register(run.info.run_id, uri, bundle.name, model)

    def register_run(self, run_id: str, model: str) -> Version:
        """The model of an earlier training run as a new version; raises `StoreError` where there is none."""
        with speaking(self._uri):
            try:
                run = self._client.get_run(run_id)
            except Exception as error:
                raise _missing(error, f"no run {run_id!r}, and no folder of that name") from None
        made = run.outputs.model_outputs if run.outputs else []
        if not made:
            raise StoreError(f"the run {run_id!r} has no model")
        return self.register(run_id, f"models:/{made[-1].model_id}", run.data.tags.get("bundle", ""), model)

    def find(self, reference: str) -> Version:
        """A version by `7`, `candidate`, `NAME`, `NAME/7`, `NAME@alias` or a `models:/` URI; of NAME, its candidate.

        Raises `StoreError` where there is none.
        """
        text = reference.removeprefix("models:/")
        if text.isdecimal():
            return self._version(MODEL, text)
        if text in (CHAMPION, CANDIDATE):
            return self._aliased(MODEL, text)
        if "@" in text:
            return self._aliased(*text.split("@", 1))
        if "/" in text:
            return self._version(*text.split("/", 1))
        return self._aliased(text, CANDIDATE)

    def champion(self, model: str) -> Version | None:
        """The version in use, or None."""
        try:
            return self._aliased(model, CHAMPION)
        except _NotThere:
            return None

    def promote(self, version: Version, *, to: str | None = None, gold: Path | None = None) -> Decision:
        """Make a version the champion if it passes the gate; `to` is another registered model that gets a copy.

        Where there is no champion, any version passes whose bundle loads and that does as the behavioural checks ask;
        no articles are asked then, though `gold` is read first in any case.
        Otherwise see `gate.judge` and `criteria`; the articles are those of `gold`, or those that neither run learned
        from: the candidate's held-out articles, judged by the two *measured* models of the runs, because the registered
        ones were fitted on everything. Every criterion is kept as a tag of the version, whatever was decided.

        Raises `StoreError` where the version is the champion already or another became it in the meantime, where the
        champion cannot be loaded, and where articles to judge by are missing; `DataError` where `gold` cannot be used.
        """
        target = to or version.model
        before = self.champion(target)
        if before is not None and (before.model, before.number) == (version.model, version.number):
            raise StoreError(f"{version} is the champion already")
        decision = self._gate(version, before, _Gold(gold.name, read_checked(gold)) if gold else None)
        self._record(version, target, decision)
        if decision.accepted:
            crowned = self._copied(version, to) if to else version
            self._crown(crowned, before, "promote", decision.why)
        return decision

    def rollback(self, model: str, why: str) -> Version:
        """Make the champion before this one the champion again; again, the one before that.

        `why`: what history will say, or "" for the version that is left. Raises `StoreError` where there is no such
        champion, or it cannot be used any more.
        """
        current = self.champion(model)
        if current is None:
            raise StoreError(f"{model} has no champion to roll back from")
        earlier: list[str] = []
        for reign in self.history(model):
            earlier = earlier[:-1] if reign.kind == "rollback" else [*earlier, reign.version]
        if len(earlier) < 2:
            raise StoreError(f"{current} is the first champion of {model}: nothing to roll back to")
        target = self._version(model, earlier[-2])
        checked, _ = self._check_bundle(target)
        if not checked.passed:
            raise StoreError(f"{target} cannot be used any more: {checked.detail}")
        self._crown(target, current, "rollback", why or f"away from version {current.number}")
        return target

    def history(self, model: str) -> list[Reign]:
        """Every champion so far, first to last.

        An entry came about when the next one's previous version, or at the end the alias itself, says so; what was
        written down by a promotion that was killed before it moved the alias is left out. Raises `StoreError` where
        there is no such model.
        """
        with speaking(self._uri):
            try:
                tags = self._client.get_registered_model(model).tags
            except Exception as error:
                raise _missing(error, f"no registered model {model!r}") from None
        written = sorted((key, text) for key, text in tags.items() if key.startswith(_EVENT))
        events = [_reign(text) for _, text in written]
        current = self.champion(model)
        return chained(events, current.number if current else None)

    def folder(self, reference: str) -> Path:
        """The folder of the bundle of a version, by any name that `find` takes."""
        return resolve_model(self.find(reference).uri, self._uri)

    def learned_from(self, version: Version) -> set[str]:
        """Ids of the articles that a version was fitted on, as far as its run tells."""
        with TemporaryDirectory() as scratch:
            learned, held_out = (self._download(version, name, Path(scratch)) for name in (LEARNED_FROM, HELD_OUT))
            ids = _ids(learned) if learned else set()
            return ids | {article.id for article in read_labelled(held_out)} if held_out else ids

    def _gate(self, version: Version, champion: Version | None, gold: _Gold | None) -> Decision:
        over = champion.number if champion else None
        bundle, model = self._check_bundle(version)
        if model is None:
            return Decision([bundle], over, "by its bundle")
        options = self._options(version, model)
        checks = self._checks if self._checks is not None else BEHAVIOUR if options.behaviour else ()
        criteria = [bundle, *behaviour(model, checks)]
        if champion is None:
            return Decision(criteria, None, "by its bundle")
        if gold is not None:
            found, basis = self._on_gold(version, model, champion, gold, options)
        else:
            found, basis = self._on_held_out(version, champion, options)
        return Decision([*criteria, *found], over, basis)

    def _on_gold(
        self, version: Version, model: Pipeline, champion: Version, gold: _Gold, options: GateConfig
    ) -> tuple[list[Criterion], str]:
        """Criteria of the registered models on articles of a file, and the basis of the decision in words."""
        criteria = _judged(self._champions_model(champion), model, gold.articles, options)
        known = self.learned_from(champion) | self.learned_from(version)
        seen = sum(article.id in known for article in gold.articles)
        warning = f", {seen} of which they learned from" if seen else ""
        return criteria, f"on {len(gold.articles)} articles of {gold.name}{warning}"

    def _on_held_out(self, version: Version, champion: Version, options: GateConfig) -> tuple[list[Criterion], str]:
        """Criteria of the measured models on articles new to both, and the basis of the decision in words."""
        with TemporaryDirectory() as scratch:
            old = self._evidence(champion, Path(scratch) / "old")
            new = self._evidence(version, Path(scratch) / "new")
        articles = [article for article in new.held_out if article.id not in old.learned_from]
        enough = 2 * len(articles) >= len(new.held_out)
        advice = "" if enough else "; too few: name others with --gold"
        detail = f"{len(articles)} of {len(new.held_out)} held-out articles are new to the champion's measured model"
        criteria = [Criterion("articles", enough, detail + advice)]
        if enough:
            criteria += _judged(old.measured, new.measured, articles, options)
        return criteria, f"on {len(articles)} articles that neither learned from"

    def _champions_model(self, champion: Version) -> Pipeline:
        try:
            return Pipeline(load_bundle(resolve_model(champion.uri, self._uri)))
        except TopicStanceError as error:
            advice = f"roll back first; where there is no champion before it, delete its alias {CHAMPION!r} in MLflow"
            raise StoreError(f"the champion, {champion}, cannot be loaded ({error}): {advice}") from error

    def _check_bundle(self, version: Version) -> tuple[Criterion, Pipeline | None]:
        """Whether the bundle can be used at all: it loads, and predicts an article."""
        try:
            bundle = load_bundle(resolve_model(version.uri, self._uri))
        except TopicStanceError as error:
            return Criterion("bundle", False, str(error)), None
        model = Pipeline(bundle)
        model.predict_one(Article(**EXAMPLE))
        return Criterion("bundle", True, f"{bundle.name} loads, its checksums fit, and it predicts"), model

    def _record(self, version: Version, target: str, decision: Decision) -> None:
        """Every criterion, and the decision, as tags of the version; those of an earlier one on this target go."""
        beginning = _GATE if target == version.model else f"{_GATE}{_plain(target)}."
        tags = {f"{beginning}{_plain(criterion.name)}": str(criterion) for criterion in decision.criteria}
        outcome = "accepted" if decision.accepted else "refused"
        tags[f"{beginning}decision"] = f"{outcome} for {target}: {decision.why}"
        tags[f"{beginning}time"] = _now()
        with speaking(self._uri):
            for key in self._client.get_model_version(version.model, version.number).tags:
                if key.rpartition(".")[0] + "." == beginning and key not in tags:
                    self._client.delete_model_version_tag(version.model, version.number, key)
            for key, value in tags.items():
                self._client.set_model_version_tag(version.model, version.number, key, value)

    def _crown(self, version: Version, before: Version | None, kind: str, why: str) -> None:
        """With the claim on the model: see that nobody was faster, write down what is to happen, and move the alias."""
        model, previous = version.model, before.number if before else None
        with speaking(self._uri), claimed(self._client, model):
            now = self.champion(model)
            if (now.number if now else None) != previous:
                raise StoreError(f"{model}: {now} became champion in the meantime; run the gate against it")
            event = {"kind": kind, "version": version.number, "previous": previous, "why": why, "since": _now()}
            self._client.set_registered_model_tag(model, f"{_EVENT}{time.time_ns()}", json.dumps(event))
            self._client.set_registered_model_alias(model, CHAMPION, version.number)

    def _copied(self, version: Version, to: str) -> Version:
        """The version as one of another registered model, as MLflow advises for production."""
        with speaking(self._uri), redirect_stderr(io.StringIO()):
            made = self._client.copy_model_version(version.uri, to)
        return Version(to, str(made.version), version.run_id)

    def _create(self, model: str) -> None:
        from mlflow.exceptions import MlflowException

        with speaking(self._uri):
            try:
                self._client.create_registered_model(model)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise

    def _version(self, model: str, number: str) -> Version:
        with speaking(self._uri):
            try:
                found = self._client.get_model_version(model, number)
            except Exception as error:
                raise _missing(error, f"no version {number!r} of a registered model {model!r}") from None
        return Version(model, str(found.version), found.run_id)

    def _aliased(self, model: str, alias: str) -> Version:
        with speaking(self._uri):
            try:
                found = self._client.get_model_version_by_alias(model, alias)
            except Exception as error:
                raise _missing(error, f"no {alias} of a registered model {model!r}") from None
        return Version(model, str(found.version), found.run_id)

    def _options(self, version: Version, model: Pipeline) -> GateConfig:
        """What the candidate's configuration says of the gate: that of its run, or the one that its bundle holds."""
        with TemporaryDirectory() as scratch:
            path = self._download(version, CONFIG, Path(scratch))
            options = msgspec.json.decode(path.read_bytes()) if path else model.bundle.manifest.options
        try:
            return msgspec.convert(options, RunConfig).gate
        except msgspec.ValidationError:  # of another version of the project
            return GateConfig()

    def _evidence(self, version: Version, folder: Path) -> _Evidence:
        folder.mkdir()
        held_out, learned, measured = (self._download(version, a, folder) for a in (HELD_OUT, LEARNED_FROM, MEASURED))
        if held_out is None or learned is None or measured is None:
            raise StoreError(f"{version} has no run with a measured model; name labelled articles with --gold")
        return _Evidence(Pipeline(load_bundle(measured)), read_labelled(held_out), _ids(learned))

    def _download(self, version: Version, artifact: str, folder: Path) -> Path | None:
        """An artifact of the version's run, or None where there is none."""
        import mlflow

        if not version.run_id:
            return None
        with speaking(self._uri):
            if artifact not in {entry.path for entry in self._client.list_artifacts(version.run_id)}:
                return None
            return Path(
                mlflow.artifacts.download_artifacts(run_id=version.run_id, artifact_path=artifact, dst_path=str(folder))
            )


def chained(events: list[Reign], current: str | None) -> list[Reign]:
    """The events that came about, walking back from the version that the alias names now."""
    found: list[Reign] = []
    rest = list(events)
    expected = current
    while expected is not None:
        places = [k for k, event in enumerate(rest) if event.version == expected]
        if places:
            event = rest[places[-1]]
            rest = rest[: places[-1]]
        else:
            # Nothing of ours moved the alias there; what we did before that stands.
            event = Reign(expected, "", "other", "set by other means", rest[-1].version if rest else None)
        found.append(event)
        expected = event.previous
    return found[::-1]


class _NotThere(StoreError):
    """A model, version or alias that the registry does not have."""


def _missing(error: Exception, message: str) -> Exception:
    """A message in place of MLflow's, where the error says that something does not exist; other errors as they are."""
    code = getattr(error, "error_code", None)
    return _NotThere(message) if code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE") else error


def _ids(learned: Path) -> set[str]:
    return set(msgspec.json.decode(learned.read_bytes(), type=list[str]))


def _judged(
    first: Pipeline, second: Pipeline, articles: Sequence[LabelledArticle], options: GateConfig
) -> list[Criterion]:
    texts = [article.article() for article in articles]
    before, after = first.predict(texts), second.predict(texts)
    return [
        *judge(score(articles, before), score(articles, after), options.metrics),
        *calibration(articles, before, after),
        speed(first, second, texts, options.slower),
    ]


def _reign(text: str) -> Reign:
    event: dict[str, Any] = json.loads(text)
    return Reign(event["version"], event["since"], event["kind"], event["why"], event["previous"])


def _plain(name: str) -> str:
    """A name as a part of a tag's key."""
    return re.sub("[^A-Za-z0-9]+", "_", name)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
