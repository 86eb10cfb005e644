"""What a training run leaves in a real MLflow store."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topic_stance.classifier.bundle import load_bundle
from topic_stance.data.corpus import read_labelled
from topic_stance.training.behaviour import CHECKS
from topic_stance.training.config import GateConfig, RunConfig
from topic_stance.training.fit import Corpus
from topic_stance.training.tracking import _record_start, metric_name

pytestmark = pytest.mark.xdist_group("mlflow")


@pytest.fixture(scope="module")
def client(store) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(store.uri)


@pytest.fixture(scope="module")
def runs(client) -> list[Any]:
    """Every run, newest first."""
    experiment = client.get_experiment_by_name(GateConfig().model)
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])


@pytest.fixture(scope="module")
def run(runs) -> Any:
    """The second training run."""
    return next(run for run in runs if "mlflow.parentRunId" not in run.data.tags)


@pytest.fixture(scope="module")
def artifacts(run) -> Path:
    return Path(run.info.artifact_uri.removeprefix("file://"))


class TestRun:
    def test_parameters_are_those_of_the_configuration(self, run) -> None:
        assert run.data.params["quotes.buckets"] == "1024"
        assert run.data.params["seed"] == "0"
        assert len(run.data.params["data.sha256.articles"]) == 64

    @pytest.mark.parametrize("figure", GateConfig().metrics)
    def test_named_metrics_have_intervals(self, run, figure: str) -> None:
        name = metric_name(figure)
        metrics = run.data.metrics
        assert metrics[f"{name}_low"] <= metrics[f"{name}_high"]
        assert 0 <= metrics[name] <= 1

    def test_labels_have_intervals(self, run) -> None:
        for label in ("topic_fraud", "stance_favor"):
            assert {f"{label}_{part}" for part in ("precision", "recall", "F1", "F1_low", "F1_high")} <= set(
                run.data.metrics
            )

    def test_calibration_error_for_each_topic(self, run) -> None:
        for name in ("fraud", "law_enforcement", "regional_relations", "stance"):
            assert 0 <= run.data.metrics[f"calibration_error_{name}"] <= 1

    def test_behaviour_as_metrics_and_as_a_table(self, run, artifacts: Path) -> None:
        table = json.loads((artifacts / "behaviour.json").read_text())
        assert [row[0] for row in table["data"]] == list(CHECKS)
        rate = table["columns"].index("rate")
        for row in table["data"]:
            assert run.data.metrics[f"behaviour_{metric_name(row[0])}"] == pytest.approx(row[rate])

    def test_a_child_for_each_head(self, run, runs) -> None:
        children = {r.info.run_name: r for r in runs if r.data.tags.get("mlflow.parentRunId") == run.info.run_id}
        assert set(children) == {"topics", "quotes", "actors", "stance", "ablation: no cues, by threshold"}
        ablation = children.pop("ablation: no cues, by threshold")
        assert all(child.data.metrics["seconds"] > 0 for child in children.values())
        assert "content_F1" in children["quotes"].data.metrics
        assert children["quotes"].data.params["quotes.buckets"] == "1024"
        assert ablation.data.params == {"quotes.cue_threshold": "1.1"}
        lost = run.data.metrics["content_F1"] - ablation.data.metrics["content_F1"]
        assert lost > 0
        lead = [ablation.data.metrics[f"lead_content_F1{end}"] for end in ("_low", "", "_high")]
        assert lead == sorted(lead)
        assert lead[1] == pytest.approx(-lost)

    def test_learning_curve(self, run, client, artifacts: Path) -> None:
        points = client.get_metric_history(run.info.run_id, "learning_curve_content_F1")
        assert [point.step for point in points] == [9, 19]
        assert points[-1].value == run.data.metrics["content_F1"]
        assert (artifacts / "diagnostics" / "learning_curve.png").read_bytes().startswith(b"\x89PNG")

    def test_tables_that_the_pages_show(self, artifacts: Path) -> None:
        errors = json.loads((artifacts / "worst_errors.json").read_text())
        assert errors["columns"] == ["article", "title", "what", "labelled", "predicted", "probability"]
        sure = [row[-1] for row in errors["data"]]
        assert sure == sorted(sure, reverse=True)
        assert sure
        labels = {row[0] for row in json.loads((artifacts / "top_terms.json").read_text())["data"]}
        assert {"topic fraud", "topic law_enforcement", "topic regional_relations"} <= labels
        assert any(label.startswith("stance ") for label in labels)

    def test_slices(self, artifacts: Path) -> None:
        found = json.loads((artifacts / "slices.json").read_text())["slices"]
        assert {part["by"] for part in found} == {"topic", "region", "outlet", "quote kind", "actor type"}
        assert sum(part["n"] for part in found if part["by"] == "region") == 5

    def test_average_precision(self, run) -> None:
        assert 0 < run.data.metrics["average_precision_fraud"] <= 1

    def test_the_card_as_a_page(self, artifacts: Path) -> None:
        page = (artifacts / "model_card.html").read_text()
        assert page.count("<table>") == 9
        assert "<td>content F1</td>" in page

    def test_datasets_with_digests(self, run) -> None:
        found = {d.dataset.name: d.dataset.digest for d in run.inputs.dataset_inputs}
        assert set(found) == {"articles", "held_out.jsonl"}
        assert found["articles"] == run.data.params["data.sha256.articles"][:32]

    def test_sources_of_one_short_name(
        self, monkeypatch: pytest.MonkeyPatch, tiny_corpus: Corpus, tiny_config: RunConfig
    ) -> None:
        params: dict[str, str] = {}
        datasets: list[tuple[str, str]] = []
        for name in ("set_tags", "log_text", "log_dict"):
            monkeypatch.setattr(f"mlflow.{name}", lambda *arguments: None)
        monkeypatch.setattr("mlflow.log_params", params.update)
        monkeypatch.setattr("mlflow.log_input", lambda one, context: datasets.append((one.name, one.digest)))
        hashes = {"/quay/a/labels/full.jsonl": "1" * 64, "/quay/b/labels/full.jsonl": "2" * 64}
        _record_start(tiny_config, replace(tiny_corpus, hashes=hashes), None)
        assert params["data.sha256.labels/full.jsonl"] == "1" * 64
        assert params["data.sha256.labels/full.jsonl _2_"] == "2" * 64
        assert datasets == [("labels/full.jsonl", "1" * 32), ("labels/full.jsonl (2)", "2" * 32)]

    def test_commit_and_environment(self, run, artifacts: Path) -> None:
        if (Path(__file__).parent / "../../.git").exists():
            assert len(run.data.tags["git.commit"]) == 40
            assert run.data.tags["git.dirty"] in ("true", "false")
        packages = json.loads((artifacts / "environment.json").read_text())["packages"]
        assert {"mlflow", "numpy"} <= set(packages)

    @pytest.mark.parametrize(
        "name", ["confusion_topics", "confusion_stance", "reliability_topics", "reliability_stance", "precision_recall"]
    )
    def test_plots_and_their_numbers(self, artifacts: Path, name: str) -> None:
        assert (artifacts / "diagnostics" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert json.loads((artifacts / "diagnostics" / f"{name}.json").read_text())

    def test_the_measured_model_did_not_see_the_held_out_articles(self, artifacts: Path) -> None:
        held_out = {article.id for article in read_labelled(artifacts / "held_out.jsonl")}
        learned = set(json.loads((artifacts / "learned_from.json").read_text()))
        assert len(held_out) == 5
        assert len(learned) == 19
        assert not held_out & learned
        assert load_bundle(artifacts / "measured").name != load_bundle(artifacts / "bundle").name

    def test_the_configuration_as_it_was(self, store, artifacts: Path) -> None:
        assert (artifacts / "better.toml").read_text() == (store.folder / "better.toml").read_text()
        assert json.loads((artifacts / "config.json").read_text())["output"] == "out"


class TestOutput:
    def test_is_the_bundle_of_the_run(self, store, artifacts: Path) -> None:
        for path in (artifacts / "bundle").iterdir():
            assert (store.folder / "out" / path.name).read_bytes() == path.read_bytes()

    def test_card_names_data_figures_and_limits(self, store) -> None:
        card = (store.folder / "out" / "MODEL_CARD.md").read_text()
        for part in (
            "`articles`",
            "`data/lexicons/word_vectors.safetensors` | vectors of words: GloVe",
            "`data/lexicons/leanings.tsv` | how words lean",
            "## Figures",
            "## Figures by slice",
            "| actor type |",
            "stance macro-F1",
            "## Limits",
            "held out",
        ):
            assert part in card

    def test_the_same_again_byte_for_byte(self, store) -> None:
        assert store("train", "--config", "better.toml", "--output", "again", "--no-promote") == 0
        for path in (store.folder / "out").iterdir():
            assert (store.folder / "again" / path.name).read_bytes() == path.read_bytes()


class TestErrors:
    def test_no_held_out_articles(self, store, capfd) -> None:
        text = (store.folder / "better.toml").read_text().replace("[data]", "[data]\nheld_out = 0.001")
        (store.folder / "none.toml").write_text(text)
        assert store("train", "--config", "none.toml") == 2
        error = capfd.readouterr().err
        assert "held_out = 0.001 leaves 0 of" in error
        assert "Traceback" not in error

    def test_no_configuration(self, store, capfd) -> None:
        assert store("train", "--config", "nosuch.toml") == 2
        assert "nosuch.toml: cannot be read" in capfd.readouterr().err

    def test_an_unreachable_server(self, store, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        assert store("train", "--config", "better.toml", "--tracking-uri", "http://127.0.0.1:9") == 2
        error = capfd.readouterr().err
        assert "http://127.0.0.1:9: the server cannot be reached" in error
        assert "Traceback" not in error

    def test_asking_leaves_no_database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        from topic_stance.training.cli import main

        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        assert main(["history"]) == 2
        assert "train a model first" in capfd.readouterr().err
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("figure", "name"), [("stance macro-F1", "stance_macro_F1"), ("topic fraud P/R/F1", "topic_fraud_P_R_F1")]
)
def test_metric_names_are_safe(figure: str, name: str) -> None:
    assert metric_name(figure) == name
