"""What a person sees, in a real browser: the page of a run, the model card, the drift report.

The pictures stay in pytest's temporary folder; `SCREENS=folder` copies them to where they can be looked at.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import Article, LabelledArticle
from topic_stance.data.writers import write
from topic_stance.training.cli import main

from .servers import mlflow_server

pytestmark = pytest.mark.xdist_group("mlflow")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars"
).split()


@pytest.fixture
def browser(tmp_path: Path) -> Any:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")

    def visit(address: str, name: str, *, height: int = 2000, wait: int = 0) -> str:
        """Take a picture of a page and return its content as the browser has it after its scripts have run."""
        folder = Path(os.environ.get("SCREENS", tmp_path))
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / f"{name}.png"
        options = [f"--window-size=1400,{height}", f"--user-data-dir={tmp_path / name}", f"--screenshot={picture}"]
        # Scripts fetch for a while; the budget is virtual time, which passes at once when nothing is left to do.
        options += [f"--virtual-time-budget={wait}"] if wait else []
        content = _output([CHROMIUM, *FLAGS, *options, "--dump-dom", address])
        seen = _pixels(picture)
        assert seen.shape[:2] == (height, 1400)
        # A page that failed to load is one colour nearly everywhere.
        assert len(np.unique(seen.reshape(-1, seen.shape[2]), axis=0)) > 50
        return content

    return visit


def _output(command: list[str]) -> str:
    """What a process and its children print; all of them end with it."""
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        return started.communicate(timeout=120)[0].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)


def _pixels(picture: Path) -> Any:
    from matplotlib.image import imread

    return imread(picture)


@pytest.fixture(scope="module")
def server(store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLflow's pages on the store with two training runs."""
    with mlflow_server(store.uri, tmp_path_factory.mktemp("pages")) as address:
        yield address


def test_run_page(browser: Any, server: str, store) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(store.uri)
    experiment = client.get_experiment_by_name("topic-stance").experiment_id
    runs = client.search_runs([experiment], "attributes.run_name = 'small'")
    run = next(run for run in runs if "learning_curve_content_F1" in run.data.metrics)
    page = browser(f"{server}/#/experiments/{experiment}/runs/{run.info.run_id}", "run", wait=30_000)
    for part in ("Model card: topic-stance, configuration", "ablation: no cues", "topic_macro_F1", "quotes.buckets"):
        assert part in page


def test_model_card(browser: Any, store) -> None:
    card = max(store.folder.glob("mlruns/*/*/artifacts/model_card.html"), key=lambda path: path.stat().st_mtime)
    page = browser(card.as_uri(), "model_card", height=3400)
    assert "<h2>Figures by slice</h2>" in page


def test_drift_report(
    browser: Any, authored: list[LabelledArticle], tiny: Pipeline, tiny_folder: Path, tmp_path: Path
) -> None:
    import msgspec

    sides = []
    for side, chosen in (("reference", authored[:60]), ("current", authored[120:180])):
        articles: list[Article] = [labelled.article() for labelled in chosen]
        write(tiny.predict(articles), tmp_path / f"{side}.parquet")
        (tmp_path / f"{side}.jsonl").write_bytes(b"".join(msgspec.json.encode(a) + b"\n" for a in articles))
        sides += [f"--{side}={tmp_path / f'{side}.parquet'}", f"--{side}-texts={tmp_path / f'{side}.jsonl'}"]
    report = tmp_path / "drift.html"
    assert main(["monitor", *sides, "--model", str(tiny_folder), "--html", str(report)]) in (0, 3)
    page = browser(report.as_uri(), "drift", height=2600)
    assert page.count("<img ") >= 4
    # Nothing is fetched: a report can be sent to somebody.
    assert "http://" not in page
    assert "https://" not in page
