"""From what a user calls a model to the folder that it is in."""

from __future__ import annotations

from pathlib import Path

from topic_stance.data.records import TopicStanceError

_SHIPPED = Path(__file__).parent.parent / "classifier" / "default"
_URI = ("models:/", "runs:/", "mlflow-artifacts:/")


def resolve_model(name: str | None, tracking_uri: str | None = None) -> Path:
    """The bundle folder of a model: a path, an MLflow model URI, or `None` for the bundle that comes with the package.

    `tracking_uri` names the store of an MLflow URI; see `store.connect`.
    Raises `TopicStanceError` where there is none, or where MLflow is needed and not installed.
    """
    if name is not None and name.startswith(_URI):
        return _bundle_in(_downloaded(name, tracking_uri), name)
    return _bundle_in(_SHIPPED if name is None else Path(name), name or "the shipped model")


def find_model(name: str | None, tracking_uri: str | None) -> Path:
    """The bundle folder of a model by any name: as `resolve_model` takes it, or as `Registry.find` does.

    A path or no name needs no MLflow.
    """
    if name is None or name.startswith(_URI) or Path(name).exists():
        return resolve_model(name, tracking_uri)
    try:
        from .registry import Registry

        return Registry(tracking_uri).folder(name)
    except (TopicStanceError, ModuleNotFoundError) as error:
        raise TopicStanceError(f"{name}: no such folder, and no registered model: {error}") from error


def _downloaded(uri: str, tracking_uri: str | None) -> Path:
    from .store import StoreError, connect, speaking

    try:
        store = connect(tracking_uri, create=False)
    except StoreError as error:
        raise StoreError(f"{uri}: {error}") from error
    import mlflow

    try:
        with speaking(store):
            return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    except (StoreError, OSError) as error:
        raise StoreError(f"{uri}: no such model, as far as MLflow knows: {error}") from error


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
