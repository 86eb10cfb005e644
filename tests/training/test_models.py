"""From a name to a bundle: MLflow models from elsewhere are folders to read, never code to run."""

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from topic_stance.classifier.bundle import load_bundle
from topic_stance.data.records import TopicStanceError
from topic_stance.training.cli import main
from topic_stance.training.models import resolve_model
from topic_stance.training.registry import Registry

pytestmark = pytest.mark.xdist_group("mlflow")


class Planted:
    """Unpickled, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Path]:
    """A folder that is there when something was executed."""
    yield tmp_path / "executed"
    assert not (tmp_path / "executed").exists()


def planted(folder: Path, trap: Path) -> Path:
    """A logged model whose every hook would execute something, were it MLflow that loads it."""
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: evil\n    code: code\n    python_model: python_model.pkl\n"
    )
    (folder / "python_model.pkl").write_bytes(pickle.dumps(Planted(trap)))
    (folder / "code").mkdir()
    for name in ("evil.py", "sitecustomize.py", "conftest.py"):
        (folder / "code" / name).write_text(f"import os\nos.mkdir({str(trap)!r})\n")
    return folder


def test_a_logged_model_is_read_and_not_run(tiny_folder: Path, tmp_path: Path, trap: Path, capfd: Any) -> None:
    model = planted(tmp_path / "model", trap)
    shutil.copytree(tiny_folder, model / "artifacts" / "bundle")
    assert load_bundle(resolve_model(str(model))).name == load_bundle(tiny_folder).name
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "Police said so."}\n')
    assert main(["predict", str(tmp_path / "a.jsonl"), "--model", str(model), "--quiet", "--processes", "1"]) == 0
    assert main(["inspect", str(model)]) == 0
    assert "checksums and shapes fit" in capfd.readouterr().out


@pytest.mark.parametrize("bundles", [0, 2])
def test_a_model_without_one_bundle(tiny_folder: Path, tmp_path: Path, trap: Path, bundles: int) -> None:
    model = planted(tmp_path / "model", trap)
    for number in range(bundles):
        shutil.copytree(tiny_folder, model / str(number))
    with pytest.raises(TopicStanceError, match="several bundles" if bundles else "no bundle"):
        resolve_model(str(model))


def test_links_lead_nowhere(tiny_folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "bundle").symlink_to(tiny_folder)
    with pytest.raises(TopicStanceError, match="no bundle"):
        resolve_model(str(model))


def test_a_registered_model_that_is_a_pickle(store, tmp_path: Path, trap: Path, capfd: Any) -> None:
    """MLflow itself would unpickle it; our commands say that it is no bundle."""
    from mlflow import MlflowClient

    registry = Registry(store.uri)
    model = planted(tmp_path / "model", trap)
    client = MlflowClient(store.uri, store.uri)
    client.create_registered_model("elsewhere")
    client.create_model_version("elsewhere", source=str(model))
    assert store("inspect", "elsewhere/1") == 2
    assert "no bundle" in capfd.readouterr().err
    assert store("promote", "elsewhere/1") == 1
    assert "FAILED  bundle" in capfd.readouterr().out
    assert registry.champion("elsewhere") is None
