"""What tracking costs a training run, and how long the gate takes for 500 articles.

``python -m experiments.benchmarks.registry --config experiments/demo.toml`` trains with and without MLflow, in turn, on
an empty store, and then puts the last model through the gate against the first.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import held_out
from topic_stance.data.records import LabelledArticle
from topic_stance.training.config import RunConfig, load_config
from topic_stance.training.evaluate import score
from topic_stance.training.fit import fit_bundle, read_corpus, read_taxonomy
from topic_stance.training.registry import Registry
from topic_stance.training.store import connect
from topic_stance.training.tracking import train


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("experiments/demo.toml"))
    parser.add_argument("--repetitions", type=int, default=3, help="0: the gate alone")
    parser.add_argument("--articles", type=int, default=500)
    arguments = parser.parse_args()
    config = msgspec.structs.replace(load_config(arguments.config), output=None)
    with TemporaryDirectory() as scratch:
        store = f"sqlite:///{Path(scratch) / 'mlflow.db'}"
        connect(store)
        import mlflow

        mlflow.create_experiment(config.gate.model, artifact_location=Path(scratch).as_uri())
        if arguments.repetitions:
            print(overhead(config, store, arguments.repetitions))
        print(gate(config, store, Path(scratch), arguments.articles))


def overhead(config: RunConfig, store: str, repetitions: int) -> str:
    """Seconds of a run with tracking and of the same fits and measurements without, alternating."""
    # The first run makes the database and compiles what is to be compiled: it is not counted.
    train(config, tracking_uri=store)
    with_tracking, without = [], []
    for _ in range(repetitions):
        without.append(_seconds(lambda: bare(config)))
        with_tracking.append(_seconds(lambda: train(config, tracking_uri=store)))
    tracked, plain = median(with_tracking), median(without)
    return (
        f"a training run, medians of {repetitions}: {plain:.1f} s without tracking, {tracked:.1f} s with it: "
        f"{tracked / plain - 1:+.1%}"
    )


def bare(config: RunConfig) -> None:
    """What a run does where nobody records it: fit, measure, fit again."""
    corpus, taxonomy = read_corpus(config), read_taxonomy(config.data.taxonomy)
    out = held_out(corpus.full, config.data.held_out, seed=0)
    measured_on = [article for article, chosen in zip(corpus.full, out, strict=True) if chosen]
    with TemporaryDirectory() as scratch:
        bundle = fit_bundle(corpus.without(out), taxonomy, config, Path(scratch) / "measured")
        score(measured_on, Pipeline(bundle).predict(article.article() for article in measured_on))
        fit_bundle(corpus, taxonomy, config, Path(scratch) / "final")


def gate(config: RunConfig, store: str, folder: Path, n: int) -> str:
    """Seconds from a promotion's beginning to its decision."""
    registry = Registry(store, create=True)
    for seed in (0, 1):
        run = train(msgspec.structs.replace(config, seed=seed), tracking_uri=store)
        version = registry.register(run.run_id, run.model_uri, run.name, config.gate.model)
        if seed == 0:
            registry.promote(version)
    gold = write_gold(read_corpus(config).full, folder / "gold.jsonl", n)
    decision = []
    seconds = _seconds(lambda: decision.append(registry.promote(version, gold=gold)))
    outcome = "accepted" if decision[0].accepted else "refused"
    return f"the gate, {n} articles: {seconds:.1f} s to {len(decision[0].criteria)} criteria ({outcome})"


def write_gold(articles: Sequence[LabelledArticle], path: Path, n: int) -> Path:
    """So many labelled articles; where there are fewer, they come again under other ids."""
    chosen = [msgspec.structs.replace(articles[k % len(articles)], id=f"{k}") for k in range(n)]
    path.write_bytes(b"".join(msgspec.json.encode(article) + b"\n" for article in chosen))
    return path


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
