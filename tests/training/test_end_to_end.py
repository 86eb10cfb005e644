"""From a run to a deployed model on a real MLflow server: train, compare, gate, promote, serve, roll back."""

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from topic_stance.classifier.bundle import load_bundle
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import read_marked
from topic_stance.training.cli import main
from topic_stance.training.registry import Registry

from .servers import mlflow_server, postgres, postgres_programs, postgres_user, served

pytestmark = pytest.mark.xdist_group("servers")

TEXT = 'Police arrested two men on Friday. "We will charge both men with fraud," prosecutor Ana Iglesias said.'


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server on an empty database."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        with mlflow_server(f"sqlite:///{folder / 'mlflow.db'}", folder) as address:
            yield address
        return
    pytest.importorskip("psycopg2", reason="no PostgreSQL driver: pip install 'topic-stance[postgres]'")
    programs, user = postgres_programs(), postgres_user()
    if programs is None or user is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    with postgres(programs, user) as database, mlflow_server(database, folder) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, root: Path, server: str) -> Path:
    """Articles, and configurations: one has learned little, one finds no cue, and one is as it should be."""
    from .conftest import CONFIG

    made = tmp_path_factory.mktemp("work")
    (made / "articles").mkdir()
    for path in sorted((root / "data" / "articles").glob("*.txt"))[::10]:
        shutil.copy(path, made / "articles")
    little = CONFIG.replace("[topics]", "[topics]\nmax_terms = 3").replace("epochs = 2", "epochs = 1")
    for name, config, threshold in (("first", little, 0.4), ("worse", CONFIG, 1.1), ("better", CONFIG, 0.4)):
        (made / f"{name}.toml").write_text(config.format(cue_threshold=threshold))
    lines = [msgspec.json.encode(article) + b"\n" for article in read_marked(made / "articles")]
    (made / "gold.jsonl").write_bytes(b"".join(lines))
    return made


@pytest.fixture
def run(folder: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A command of ours in that folder, on that server."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    return lambda *arguments: main(arguments)


def post(address: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"{address}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def refused(address: str, body: Any) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(address, body)
    return caught.value.code, caught.value.read().decode()


def test_from_a_run_to_a_deployed_model_and_back(
    run: Callable[..., int], folder: Path, server: str, capfd: Any, request: pytest.FixtureRequest
) -> None:
    registry = Registry(server)
    assert run("train", "--config", "first.toml") == 0
    assert registry.find("champion").number == "1"

    # A worse candidate is seen to be worse, and refused.
    assert run("train", "--config", "worse.toml", "--no-promote") == 0
    assert registry.find("candidate").number == "2"
    capfd.readouterr()
    assert run("compare", "champion", "candidate", "--gold", "gold.jsonl") == 0
    rows = capfd.readouterr().out.splitlines()
    assert next(row for row in rows if row.startswith("content F1")).endswith("*")
    assert run("promote", "candidate") == 1
    assert "FAILED  content F1" in capfd.readouterr().out
    assert registry.find("champion").number == "1"

    # A better one takes its place.
    assert run("train", "--config", "better.toml", "--no-promote") == 0
    assert run("promote", "candidate") == 0
    assert registry.find("champion").number == "3"

    # It answers as the pipeline does that was promoted. A served model compiles for half a minute before it answers, so
    # that one database has it served before the rollback and the other after it, and in this process otherwise.
    ways = [_answer_over_http, _answer_in_process]
    before, after = ways if "sqlite" in request.node.name else reversed(ways)
    served_names = [before(registry, server, folder)]
    assert run("rollback", "--why", "a test") == 0
    served_names.append(after(registry, server, folder))
    assert served_names == [load_bundle(registry.folder(number)).name for number in ("3", "1")]
    capfd.readouterr()
    assert run("history") == 0
    kinds = [row.split("UTC")[1].split(":")[0].strip() for row in capfd.readouterr().out.strip().splitlines()]
    assert kinds == ["promote", "promote", "rollback"]


def _answer_in_process(registry: Registry, server: str, folder: Path) -> str:
    import mlflow
    import pandas as pd

    model = mlflow.pyfunc.load_model("models:/topic-stance@champion")
    (prediction,) = model.predict(pd.DataFrame([{"id": "a", "text": TEXT}])).to_dict("records")
    return str(prediction["model"])


def _answer_over_http(registry: Registry, server: str, folder: Path) -> str:
    pipeline = Pipeline(load_bundle(registry.folder("champion")))
    with served("models:/topic-stance@champion", server, folder) as address:
        (prediction,) = post(address, {"dataframe_records": [{"id": "a", "text": TEXT}]})["predictions"]
        _check_requests(address)
    from topic_stance.data.records import Article

    assert prediction == msgspec.json.decode(msgspec.json.encode(pipeline.predict_one(Article("a", TEXT))))
    return str(prediction["model"])


def _check_requests(address: str) -> None:
    """Parameters through the signature, and what is refused."""
    body = {"dataframe_records": [{"text": TEXT}], "params": {"topics": "fraud", "threshold": 0.0, "explain": True}}
    (row,) = post(address, body)["predictions"]
    assert [(topic["label"], topic["assigned"]) for topic in row["topics"]] == [("fraud", True)]
    assert set(row["explanation"]["topics"]) == {"fraud"}
    wrong = [
        ({"dataframe_records": [{"body": TEXT}]}, "missing inputs ['text']"),
        ({"dataframe_records": [{"text": 3}]}, "text"),
        ({"dataframe_records": [{"text": TEXT}], "params": {"topics": "weather"}}, "names weather; the model knows"),
        ({"dataframe_records": [{"text": TEXT}], "params": {"threshold": "high"}}, "threshold"),
        ({"articles": []}, "dataframe_records"),
    ]
    for body, message in wrong:
        code, answer = refused(address, body)
        assert code == 400, answer
        assert message in answer
        assert "Traceback" not in answer


def test_a_server_that_is_gone_changes_nothing(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    """Commands on a server that was there a moment ago, and the database behind it."""
    from .conftest import CONFIG

    (tmp_path / "articles").mkdir()
    for path in sorted((root / "data" / "articles").glob("*.txt"))[::10]:
        shutil.copy(path, tmp_path / "articles")
    (tmp_path / "better.toml").write_text(CONFIG.format(cue_threshold=0.4))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    backend = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert main(["train", "--config", "better.toml", "--tracking-uri", backend]) == 0
    with mlflow_server(backend, tmp_path) as address:
        assert main(["history", "--tracking-uri", address]) == 0
    for command in (["promote", "candidate"], ["rollback"], ["history"], ["train", "--config", "better.toml"]):
        capfd.readouterr()
        assert main([*command, "--tracking-uri", address]) == 2
        error = capfd.readouterr().err
        assert "cannot be reached" in error
        assert "Traceback" not in error
    assert Registry(backend).find("champion").number == "1"
    os.environ.pop("MLFLOW_TRACKING_URI", None)
