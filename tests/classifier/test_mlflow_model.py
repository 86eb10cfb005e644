"""The deployed model: logged to a real MLflow store, loaded from there, and loaded where this project is not."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from topic_stance.classifier.bundle import save_bundle
from topic_stance.classifier.explain import QuoteShare
from topic_stance.data.records import content_id
from topic_stance.training.fit import make_manifest, read_taxonomy
from topic_stance.training.packaging import REQUIRED, log_model
from topic_stance.training.store import connect

pytestmark = pytest.mark.xdist_group("mlflow")

# Run where neither the project nor its editable install is in sight.
STRANGER = """
import sys
sys.meta_path = [f for f in sys.meta_path if "editable" not in str(getattr(f, "__module__", f)).lower()]
sys.path_hooks = [f for f in sys.path_hooks if "editable" not in str(getattr(f, "__module__", f)).lower()]
import mlflow
loaded = mlflow.pyfunc.load_model(sys.argv[1])
import topic_stance.classifier
assert topic_stance.classifier.__file__.startswith(sys.argv[1]), topic_stance.classifier.__file__
print(loaded.metadata.signature.inputs.input_names())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_heads, tiny_corpus, tiny_config) -> Iterator[Path]:
    """The logged model as a folder."""
    import mlflow

    where = tmp_path_factory.mktemp("model")
    save_bundle(where / "bundle", tiny_heads, make_manifest(tiny_heads, tiny_corpus, read_taxonomy(), tiny_config))
    before = Path.cwd()
    os.chdir(where)
    try:
        connect(f"sqlite:///{where / 'mlflow.db'}")
        mlflow.set_experiment("deployed")
        with mlflow.start_run():
            made = log_model(where / "bundle")
        yield Path(mlflow.artifacts.download_artifacts(made.model_uri))
    finally:
        os.chdir(before)
        os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    import mlflow

    return mlflow.pyfunc.load_model(str(folder))


@pytest.fixture(scope="module")
def frame(tiny_corpus) -> pd.DataFrame:
    articles = [labelled.article() for labelled in tiny_corpus.full[:4]]
    return pd.DataFrame([msgspec.structs.asdict(article) for article in articles])


class TestPrediction:
    def test_is_the_pipelines(self, model: Any, frame: pd.DataFrame, tiny, tiny_corpus) -> None:
        wanted = tiny.predict(labelled.article() for labelled in tiny_corpus.full[:4])
        assert model.predict(frame).to_dict("records") == [msgspec.to_builtins(p) for p in wanted]

    def test_is_json(self, model: Any, frame: pd.DataFrame) -> None:
        records = json.loads(json.dumps(model.predict(frame).to_dict("records")))
        assert any(record["quotes"] for record in records)

    def test_needs_only_a_text(self, model: Any) -> None:
        (row,) = model.predict(pd.DataFrame({"text": ["Police arrested two men."]})).to_dict("records")
        assert row["id"] == content_id("Police arrested two men.")

    def test_fields_may_be_missing_in_some_rows(self, model: Any) -> None:
        rows = model.predict(pd.DataFrame({"text": ["One.", "Two."], "id": ["a", None], "title": [None, "T"]}))
        assert rows["id"].tolist() == ["a", content_id("Two.")]

    def test_an_id_may_be_a_number(self, model: Any) -> None:
        rows = model.predict(pd.DataFrame({"text": ["One.", "Two."], "id": ["a", 7]}))
        assert rows["id"].tolist() == ["a", "7"]

    def test_keeps_the_index(self, model: Any, frame: pd.DataFrame) -> None:
        chosen = frame[frame.index % 2 == 1]
        assert model.predict(chosen).index.tolist() == chosen.index.tolist()
        assert chosen.join(model.predict(chosen), rsuffix="_found")["id_found"].tolist() == chosen["id"].tolist()

    def test_of_no_rows(self, model: Any, frame: pd.DataFrame) -> None:
        assert list(model.predict(frame[:0]).columns) == ["id", "model", "topics", "quotes", "actors"]


class TestParameters:
    def test_topics(self, model: Any, frame: pd.DataFrame) -> None:
        rows = model.predict(frame, params={"topics": "fraud", "threshold": 0.0}).to_dict("records")
        assert {topic["label"] for row in rows for topic in row["topics"]} == {"fraud"}
        stances = [stance["topic"] for row in rows for actor in row["actors"] for stance in actor["stances"]]
        assert stances
        assert set(stances) == {"fraud"}

    def test_threshold(self, model: Any, frame: pd.DataFrame) -> None:
        for threshold, assigned in ((0.0, {True}), (1.0, {False})):
            rows = model.predict(frame, params={"threshold": threshold}).to_dict("records")
            assert {topic["assigned"] for row in rows for topic in row["topics"]} == assigned

    def test_explain(self, model: Any, frame: pd.DataFrame) -> None:
        rows = model.predict(frame, params={"explain": True, "topics": "fraud"}).to_dict("records")
        assert all(set(row["explanation"]["topics"]) == {"fraud"} for row in rows)
        assert json.dumps(rows)
        quotes = [quote for row in rows for stance in row["explanation"]["stances"] for quote in stance["quotes"]]
        assert quotes
        assert {tuple(quote) for quote in quotes} == {QuoteShare._fields}

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"topics": "weather"}, "names weather; the model knows"),
            ({"threshold": 1.5}, "must be a probability"),
            ({"threshold": -7.0}, "must be a probability"),
            ({"threshold": float("nan")}, "must be a probability"),
        ],
    )
    def test_wrong_values(self, model: Any, frame: pd.DataFrame, params: dict[str, Any], message: str) -> None:
        from mlflow.exceptions import MlflowException

        with pytest.raises(MlflowException, match=message):
            model.predict(frame, params=params)


class TestWrongInput:
    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"body": ["x"]}, "missing inputs"),
            ({"text": [3]}, "Incompatible input types for column text"),
            ({"text": ["x", None]}, "row 1: no text"),
            ({"text": ["x", ""]}, "row 1: text is empty"),
            ({"text": ["  "]}, "row 0: text is empty"),
        ],
    )
    def test_is_refused_with_a_message(self, model: Any, columns: dict[str, Any], message: str) -> None:
        from mlflow.exceptions import MlflowException

        with pytest.raises(MlflowException, match=message):
            model.predict(pd.DataFrame(columns))


class TestFolder:
    def test_holds_no_pickle(self, folder: Path) -> None:
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert not [path for path in files if path.suffix in (".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pyc")]
        # A pickle of protocol 2 or later begins so, whatever its name.
        assert not [
            path for path in files if path.read_bytes()[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
        ]

    def test_holds_the_code_and_nothing_to_learn_from(self, folder: Path) -> None:
        code = folder / "code" / "topic_stance"
        assert {path.name for path in code.iterdir()} == {"data", "classifier"}
        assert (code / "data" / "lexicons" / "boilerplate.txt").is_file()
        assert [path.name for path in (code / "data").iterdir() if path.is_dir()] == ["lexicons"]
        assert not (code / "classifier" / "default").exists()
        assert len(list(folder.rglob("manifest.json"))) == 1

    def test_requirements_are_pinned(self, folder: Path) -> None:
        lines = (folder / "requirements.txt").read_text().splitlines()
        assert {line.partition("==")[0] for line in lines} == set(REQUIRED)
        assert all("==" in line for line in lines)

    def test_loads_where_the_project_is_not(self, folder: Path, tmp_path: Path) -> None:
        elsewhere = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, "-P", "-c", STRANGER, str(elsewhere)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "text" in done.stdout


class TestImage:
    """What `mlflow models generate-dockerfile` makes, and `build-docker` builds from."""

    @pytest.fixture(scope="class")
    def made(self, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        where = tmp_path_factory.mktemp("image")
        command = [sys.executable, "-m", "mlflow", "models", "generate-dockerfile", "-m", str(folder)]
        options = ["--output-directory", str(where / "made"), "--env-manager", "local"]
        subprocess.run([*command, *options], check=True, capture_output=True, cwd=where)
        return where / "made"

    @pytest.fixture(scope="class")
    def copied(self, made: Path) -> Path:
        """The model that goes into the image."""
        (found,) = made.rglob("MLmodel")
        return found.parent

    def test_recipe(self, made: Path, copied: Path) -> None:
        recipe = (made / "Dockerfile").read_text()
        assert f"COPY {copied.relative_to(made)} /opt/ml/model" in recipe
        assert f"mlflow=={metadata.version('mlflow')}" in recipe
        assert "_install_pyfunc_deps('/opt/ml/model'" in recipe

    def test_holds_the_whole_model(self, copied: Path, folder: Path) -> None:
        files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
        assert len(files) > 20
        for path in files:
            assert (copied / path).read_bytes() == (folder / path).read_bytes()

    def test_loads_from_there(self, copied: Path, model: Any, frame: pd.DataFrame) -> None:
        import mlflow

        again = mlflow.pyfunc.load_model(str(copied))
        assert again.predict(frame).equals(model.predict(frame))


def test_only_the_deployed_model_imports_mlflow(root: Path) -> None:
    guilty = [
        p.name
        for p in (root / "classifier").glob("*.py")
        if "import mlflow" in p.read_text() or "from mlflow" in p.read_text()
    ]
    assert guilty == ["mlflow_model.py"]
