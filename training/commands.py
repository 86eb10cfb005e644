"""The commands that train, measure and manage models: `train`, `evaluate`, `compare`, `promote` and their kin.

Each is two small functions, as in `cli`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from topic_stance.data.records import DataError, TopicStanceError

from .arguments import OK, REFUSED, Added, add_model, add_store, port, say, seed

if TYPE_CHECKING:
    from topic_stance.classifier.pipeline import Pipeline
    from topic_stance.data.records import LabelledArticle

    from .arguments import Commands
    from .gate import Decision
    from .registry import Version


def add_train(commands: Commands) -> Added:
    """`train`: a run from a configuration to a registered model."""
    command = commands.add_parser(
        "train",
        help="train, measure and register a model",
        description="Train a model as an MLflow run, register it as the candidate, and make it the champion if it "
        "passes the gate.",
    )
    command.add_argument("--config", required=True, type=Path, metavar="FILE", help="TOML; see experiments/")
    command.add_argument("--seed", type=seed, metavar="N", help="instead of the configuration's")
    command.add_argument("--output", metavar="DIR", help="folder for the bundle, instead of the configuration's")
    command.add_argument(
        "--learning-curve", action="store_true", help="also measure models of a quarter and of half of the articles"
    )
    command.add_argument("--no-promote", action="store_true", help="register the candidate and leave it at that")
    add_store(command)
    return command, train


def train(arguments: argparse.Namespace) -> int:
    """Train, register, and promote if the gate agrees; a refusal is a result, not a failure."""
    import msgspec

    from topic_stance.classifier.compiling import announce

    from .config import load_config

    announce()
    config = load_config(arguments.config)
    if arguments.seed is not None:
        config = msgspec.structs.replace(config, seed=arguments.seed)
    if arguments.output is not None:
        config = msgspec.structs.replace(config, output=arguments.output)
    if arguments.learning_curve:
        shares = msgspec.structs.replace(config.tracking, learning_curve=(0.25, 0.5))
        config = msgspec.structs.replace(config, tracking=shares)

    from .registry import Registry
    from .tracking import train as run_training

    registry = Registry(arguments.tracking_uri, create=True)
    run = run_training(config, tracking_uri=arguments.tracking_uri, source=arguments.config, progress=say)
    print(run.evaluation.table())
    version = registry.register(run.run_id, run.model_uri, run.name, config.gate.model)
    print(f"\n{version} ({run.name}) is the candidate; run {run.run_id}, {run.seconds:.0f} s")
    if config.gate.promote and not arguments.no_promote:
        _tell(version, version.model, registry.promote(version))
    return OK


def add_evaluate(commands: Commands) -> Added:
    """`evaluate`: figures of a model on labelled articles."""
    command = commands.add_parser(
        "evaluate",
        help="measure a model on labelled articles",
        description="Print topic, quote, actor and stance figures with 95% bootstrap intervals. Exit code 1 says that "
        "a behavioural check failed (--behaviour).",
    )
    _add_gold(command, required=False)
    add_model(command)
    command.add_argument(
        "--behaviour", action="store_true", help="behavioural checks on --gold, or on the authored articles without it"
    )
    command.add_argument("--json", action="store_true", help="figures and intervals as JSON")
    command.add_argument("--given", choices=["quotes"], help="stance alone: quotes and actors are given as labelled")
    command.add_argument("--rivals", type=Path, metavar="CONFIG", help="with --given: rivals learn from its corpora")
    command.add_argument(
        "--newsmtsc", type=Path, metavar="FILE", help="with --given: one more rival, which learns from NewsMTSC"
    )
    return command, evaluate


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure a model."""
    from topic_stance.classifier.compiling import announce
    from topic_stance.classifier.pipeline import load
    from topic_stance.data.exchange import read_checked

    from .evaluate import evaluate as measure
    from .models import find_model

    _check_what_goes_together(arguments)
    gold = read_checked(arguments.gold) if arguments.gold else None
    announce()
    pipeline = load(find_model(arguments.model, arguments.tracking_uri))
    if gold is None or arguments.behaviour:
        return _evaluate_behaviour(pipeline, gold)
    if arguments.given:
        return _evaluate_given(pipeline, gold, arguments.rivals, arguments.newsmtsc)
    found = measure(pipeline, gold)
    if half := sum(article.quotes is not None and article.actors is None for article in gold):
        say(f"{half} articles have quotes and no actors: only their topics are measured")
    if arguments.json:
        written = {"articles": found.n_articles, "figures": found.figures, "intervals": found.intervals}
        print(json.dumps(written, indent=1))
    else:
        print(found.table())
    return OK


def _check_what_goes_together(arguments: argparse.Namespace) -> None:
    if arguments.gold is None and (arguments.given or not arguments.behaviour):
        raise TopicStanceError("evaluate needs --gold FILE, the labelled articles to measure on")
    if arguments.given and arguments.behaviour:
        raise TopicStanceError("--given and --behaviour are two tables: ask for one at a time")
    if arguments.json and (arguments.given or arguments.behaviour):
        raise TopicStanceError("--json cannot be combined with --given or --behaviour")
    if not arguments.given and (arguments.rivals or arguments.newsmtsc):
        raise TopicStanceError("--rivals and --newsmtsc go with --given quotes")


def _evaluate_given(
    pipeline: Pipeline, gold: list[LabelledArticle], config: Path | None, polarities: Path | None
) -> int:
    """Stance given the labelled quotes, beside plain rivals."""
    from . import given, polarity

    results = {"stance head": given.stance_given_quotes(pipeline, gold)}
    if config is not None:
        from .config import load_config
        from .fit import read_corpus

        results |= given.rivals(read_corpus(load_config(config)).full, gold)
    try:
        results["sentiment lexicon (VADER)"] = polarity.lexicon_pairs(gold)
    except TopicStanceError as error:
        say(f"left out: {error}")
    if polarities is not None:
        results["polarity learned from NewsMTSC"] = polarity.newsmtsc_pairs(polarities, gold)
    print(given.table(results))
    return OK


def _evaluate_behaviour(pipeline: Pipeline, gold: list[LabelledArticle] | None) -> int:
    """The behavioural checks; exit code 1 says that one failed."""
    from .behaviour import authored, behaviour_table, check_behaviour

    outcomes = check_behaviour(pipeline, gold or authored())
    if not any(outcome.tried for outcome in outcomes):
        raise DataError("none of the articles has anything to check: label quotes and stances, or take another model")
    print(behaviour_table(outcomes))
    return REFUSED if any(outcome.passed is False for outcome in outcomes) else OK


def add_compare(commands: Commands) -> Added:
    """`compare`: two models on the same labelled articles."""
    command = commands.add_parser(
        "compare",
        help="compare two models on labelled articles",
        description="Print every figure of both models, the difference with its 95% interval (paired bootstrap; a star "
        "marks what is beyond noise), and the articles that they judge differently.",
    )
    command.add_argument("first", metavar="A", help="folder, MLflow URI, version or alias")
    command.add_argument("second", metavar="B", help="the same of the other one")
    _add_gold(command, required=True)
    add_store(command)
    return command, compare


def compare(arguments: argparse.Namespace) -> int:
    """Compare two models."""
    from topic_stance.classifier.compiling import announce
    from topic_stance.classifier.pipeline import load
    from topic_stance.data.exchange import read_checked

    from .gate import compare as compare_pipelines
    from .models import find_model

    gold = read_checked(arguments.gold)
    announce()
    names = (arguments.first, arguments.second)
    first, second = (load(find_model(name, arguments.tracking_uri)) for name in names)
    print(compare_pipelines(first, second, gold).table())
    learned = set().union(*(_learned_from(name, arguments.tracking_uri) for name in names))
    if seen := sum(article.id in learned for article in gold):
        say(f"{seen} of these articles are ones that a model learned from: its figures are too high")
    return OK


def add_register(commands: Commands) -> Added:
    """`register`: a model that is there already."""
    command = commands.add_parser(
        "register",
        help="make a version of an earlier run's model, or of a bundle folder",
        description="The version becomes the candidate. One that comes from a folder has no held-out articles: promote "
        "it with --gold.",
    )
    command.add_argument("model", metavar="RUN_OR_FOLDER", help="id of a training run, or a bundle's folder")
    _add_name(command)
    add_store(command)
    return command, register


def register(arguments: argparse.Namespace) -> int:
    """Register and say as what."""
    from .registry import Registry

    folder = Path(arguments.model)
    registry = Registry(arguments.tracking_uri, create=folder.is_dir())
    if folder.is_dir():
        version = registry.register_folder(folder, arguments.name)
    else:
        version = registry.register_run(arguments.model, arguments.name)
    print(f"{version} is the candidate")
    return OK


def add_promote(commands: Commands) -> Added:
    """`promote`: a version through the gate."""
    command = commands.add_parser(
        "promote",
        help="make a version the champion if it passes the gate",
        description="Without --gold, the candidate and the champion are judged on the candidate's held-out articles "
        "that neither run learned from. Exit code 1 says that the gate refused.",
    )
    command.add_argument(
        "version", metavar="NAME_OR_VERSION", help="7, candidate, NAME (its candidate), NAME/7 or NAME@alias"
    )
    _add_gold(command, required=False)
    command.add_argument("--to", metavar="OTHER", help="copy it into this registered model and promote it there")
    add_store(command)
    return command, promote


def promote(arguments: argparse.Namespace) -> int:
    """Put a version through the gate."""
    from topic_stance.classifier.compiling import announce

    from .registry import Registry

    announce()
    registry = Registry(arguments.tracking_uri)
    version = registry.find(arguments.version)
    decision = registry.promote(version, to=arguments.to, gold=arguments.gold)
    if arguments.gold and decision.over is None:
        say(f"there was no champion to compare with: the articles of {arguments.gold} were not asked")
    _tell(version, arguments.to or version.model, decision)
    return OK if decision.accepted else REFUSED


def add_rollback(commands: Commands) -> Added:
    """`rollback`: the champion before this one."""
    command = commands.add_parser("rollback", help="make the champion before this one the champion again")
    command.add_argument("--why", default="", metavar="TEXT", help="what history will say")
    _add_name(command)
    add_store(command)
    return command, rollback


def rollback(arguments: argparse.Namespace) -> int:
    """Roll back one step."""
    from .registry import Registry

    print(f"{Registry(arguments.tracking_uri).rollback(arguments.name, arguments.why)} is the champion again")
    return OK


def add_history(commands: Commands) -> Added:
    """`history`: every champion."""
    command = commands.add_parser("history", help="show who was champion since when and why")
    _add_name(command)
    add_store(command)
    return command, history


def history(arguments: argparse.Namespace) -> int:
    """Print the champions, first to last."""
    from .registry import Registry

    reigns = Registry(arguments.tracking_uri).history(arguments.name)
    print("\n".join(map(str, reigns)) if reigns else f"{arguments.name} has no champion yet")
    return OK


def add_inspect(commands: Commands) -> Added:
    """`inspect`: what a model holds."""
    command = commands.add_parser(
        "inspect",
        help="show what a model holds, executing nothing",
        description="List files, checksums, arrays with their shapes, topics and data, and say whether it loads.",
    )
    command.add_argument("model", metavar="MODEL", nargs="?", help="folder, MLflow URI, version or alias")
    add_store(command)
    return command, inspect


def inspect(arguments: argparse.Namespace) -> int:
    """Print the report; exit code 1 says that the model would be refused."""
    from .inspection import inspect as report_on
    from .models import find_model

    report = report_on(find_model(arguments.model, arguments.tracking_uri))
    print(report.text)
    return OK if report.usable else REFUSED


def add_ui(commands: Commands) -> Added:
    """`ui`: MLflow's pages."""
    command = commands.add_parser("ui", help="serve MLflow's pages on the embedded store")
    command.add_argument("--port", type=port, default=5000, metavar="N", help="where to serve (default: %(default)s)")
    add_store(command)
    return command, ui


def ui(arguments: argparse.Namespace) -> NoReturn:
    """Serve MLflow's pages until interrupted."""
    from .store import connect

    uri = connect(arguments.tracking_uri, create=False)
    if uri.startswith(("http://", "https://")):
        raise TopicStanceError(f"{uri} is a server already: open it in a browser")
    print(f"http://127.0.0.1:{arguments.port}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
    options = ["--backend-store-uri", uri, "--host", "127.0.0.1", "--port", str(arguments.port)]
    # In place of this process, so that whatever ends it ends the server.
    os.execv(sys.executable, [sys.executable, "-m", "mlflow", "ui", *options])


def _learned_from(name: str, tracking_uri: str | None) -> set[str]:
    """Ids of the articles that a model was fitted on, where the registry knows."""
    if Path(name).exists():
        return set()
    from .registry import Registry
    from .store import StoreError

    registry = Registry(tracking_uri)
    try:
        return registry.learned_from(registry.find(name))
    except StoreError:  # a run's model, or one by its own id: none of the registry's
        return set()


def _tell(version: Version, target: str, decision: Decision) -> None:
    for criterion in decision.criteria:
        print(f"  {criterion}")
    outcome = f"is now the champion of {target}" if decision.accepted else f"stays out of {target}"
    print(f"{version} {outcome}: {decision.why}")


def _add_gold(command: argparse.ArgumentParser, *, required: bool) -> None:
    command.add_argument("--gold", required=required, type=Path, metavar="FILE", help="labelled articles, JSONL")


def _add_name(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", default="topic-stance", help="registered model (default: %(default)s)")


ADDED = (
    add_train,
    add_evaluate,
    add_compare,
    add_register,
    add_promote,
    add_rollback,
    add_history,
    add_inspect,
    add_ui,
)
"""What `cli` registers."""
