"""From what a user calls a model to the folder that it is in."""

from __future__ import annotations

from pathlib import Path

from topic_stance.data.records import TopicStanceError

_SHIPPED = Path(__file__).parent.parent / "classifier" / "default"
_URI = ("models:/", "runs:/", "mlflow-artifacts:/")


def resolve_model(name: str | None) -> Path:
    """The bundle folder of a model: a path, an MLflow model URI, or `None` for the bundle that comes with the package.

    Raises `TopicStanceError` where there is none, or where MLflow is needed and not installed.
    """
    if name is not None and name.startswith(_URI):
        return _bundle_in(_downloaded(name), name)
    return _bundle_in(_SHIPPED if name is None else Path(name), name or "the shipped model")


def _downloaded(uri: str) -> Path:
    try:
        import mlflow
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise TopicStanceError(f"{uri} needs MLflow: pip install 'topic-stance[train]'") from error
    try:
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    except (MlflowException, OSError) as error:
        raise TopicStanceError(f"{uri}: no such model, as far as MLflow knows: {error}") from error


def _bundle_in(folder: Path, name: str) -> Path:
    """The folder with a manifest, which in a logged model stands somewhere below."""
    if not folder.is_dir():
        raise TopicStanceError(f"{name}: no such folder; a model is a folder with a manifest.json, or an MLflow URI")
    if (folder / "manifest.json").is_file():
        return folder
    found = sorted(folder.rglob("manifest.json"))
    if len(found) != 1:
        raise TopicStanceError(f"{name}: {'several bundles' if found else 'no bundle (no manifest.json)'} in {folder}")
    return found[0].parent
