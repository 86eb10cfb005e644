"""An MLflow server whose artifacts lie in a store that speaks S3: train, register, read back, promote."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from topic_stance.classifier.bundle import load_bundle
from topic_stance.training.cli import main
from topic_stance.training.registry import Registry

from .servers import mlflow_server, s3_server

boto3 = pytest.importorskip("boto3", reason="no client of S3 here: pip install 'topic-stance[s3]'")
pytest.importorskip("moto.server", reason="no S3 server to test with: pip install 'moto[server]'")

pytestmark = pytest.mark.xdist_group("servers")

TEXT = 'Police arrested two men on Friday. "We will charge both men with fraud," prosecutor Ana Iglesias said.'
BUCKET = "models"
WAYS = {
    "through the server": ["--artifacts-destination", f"s3://{BUCKET}/kept"],
    "by the client": ["--no-serve-artifacts", "--default-artifact-root", f"s3://{BUCKET}/kept"],
}


@dataclass(frozen=True)
class Place:
    """An MLflow server, and the store behind it."""

    server: str
    store: Any

    def objects(self) -> dict[str, bytes]:
        """What lies in the bucket, by key."""
        pages = self.store.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: self.store.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def empty(self) -> None:
        for key in self.objects():
            self.store.delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that knows of no server, store or key, and of no proxy on the way to the loopback."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MLFLOW_S3_", "MLFLOW_TRACKING_", "MLFLOW_REGISTRY_")):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return monkeypatch


@pytest.fixture(params=WAYS)
def place(request: pytest.FixtureRequest, tmp_path: Path, clean: pytest.MonkeyPatch) -> Iterator[Place]:
    """The server hands artifacts on to the bucket, or only names the bucket and the client goes there by itself."""
    with s3_server(tmp_path) as address:
        keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
        keys["MLFLOW_S3_ENDPOINT_URL"] = address
        store = _client(keys)
        store.create_bucket(Bucket=BUCKET)
        # Through the server, the client has no key and does not know where the store is.
        if request.param == "by the client":
            for name, value in keys.items():
                clean.setenv(name, value)
        with mlflow_server(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path, WAYS[request.param], **keys) as server:
            clean.setenv("MLFLOW_TRACKING_URI", server)
            yield Place(server, store)


def _client(keys: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=keys["MLFLOW_S3_ENDPOINT_URL"],
        region_name=keys["AWS_DEFAULT_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture
def run(place: Place, tmp_path: Path, root: Path, clean: pytest.MonkeyPatch) -> Callable[..., int]:
    """A command of ours on that server, in a folder with a few articles, a configuration and a text."""
    from .conftest import CONFIG

    folder = tmp_path / "work"
    (folder / "articles").mkdir(parents=True)
    for path in sorted((root / "data" / "articles").glob("*.txt"))[::10]:
        shutil.copy(path, folder / "articles")
    (folder / "small.toml").write_text(CONFIG.format(cue_threshold=0.4))
    (folder / "in.jsonl").write_text(json.dumps({"id": "a", "text": TEXT}) + "\n")
    clean.chdir(folder)
    return lambda *arguments: main(arguments)


def test_a_model_goes_to_the_bucket_and_comes_back(
    place: Place, run: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(place.server)
    assert run("train", "--config", "small.toml", "--output", "out") == 0
    assert registry.find("champion").number == "1"
    bundle = load_bundle("out")

    # Every file of the bundle lies in the bucket, and no artifact elsewhere.
    objects = place.objects()
    for path in Path("out").iterdir():
        found = [data for key, data in objects.items() if key.startswith("kept/") and key.endswith(f"/{path.name}")]
        assert path.read_bytes() in found, path.name
    assert not Path("mlruns").exists()
    assert not {"artifacts", "mlruns", "mlartifacts"} & {path.name for path in tmp_path.iterdir()}

    # Read back by its alias, it predicts as what was trained does.
    options = ["in.jsonl", "--processes", "1", "--quiet"]
    assert run("predict", *options, "--model", "models:/topic-stance@champion", "-o", "registered.jsonl") == 0
    assert run("predict", *options, "--model", "out", "-o", "trained.jsonl") == 0
    read = Path("registered.jsonl").read_bytes()
    assert read == Path("trained.jsonl").read_bytes()
    assert json.loads(read)["model"] == bundle.name

    # The gate of another registered model reads it from the bucket, and so does whoever asks for the copy.
    assert run("promote", "topic-stance@champion", "--to", "topic-stance-production") == 0
    copy = registry.find("topic-stance-production@champion")
    assert load_bundle(registry.folder(copy.uri)).name == bundle.name

    # What is not in the bucket any more is missed with a message.
    place.empty()
    capfd.readouterr()
    assert run("predict", *options, "--model", "models:/topic-stance@champion", "-o", "gone.jsonl") == 2
    error = capfd.readouterr().err
    assert "models:/topic-stance@champion" in error
    assert "Traceback" not in error
    assert not Path("gone.jsonl").exists()
