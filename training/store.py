"""Where runs and models are kept: MLflow, quiet, on an embedded SQLite store unless something else is named."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topic_stance.data.records import TopicStanceError

DEFAULT_URI = "sqlite:///mlflow.db"
"""Relative to the working directory, as are the artifacts in `./mlruns`."""

_SQLITE = "sqlite:///"
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # With MLflow's own seven retries a server that is not there is noticed after minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "GIT_PYTHON_REFRESH": "quiet",
}


class StoreError(TopicStanceError):
    """The tracking server or the registry cannot be used, and why."""


def connect(tracking_uri: str | None, *, create: bool = True) -> str:
    """Import MLflow, quiet it, and point it at a store: as given, else `MLFLOW_TRACKING_URI`, else `DEFAULT_URI`.

    Returns the URI in use. What the caller has set in the environment stays as it is. Without `create`, an SQLite store
    that is not there is an error: whoever only asks should not leave an empty database behind.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import mlflow
    except ImportError as error:
        raise StoreError("needs MLflow: pip install 'topic-stance[train]'") from error
    for name in ("mlflow", "alembic", "git"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
    if not create and uri.startswith(_SQLITE) and not Path(uri.removeprefix(_SQLITE)).is_file():
        raise StoreError(f"no MLflow store at {uri}: train a model first, or name another store with --tracking-uri")
    with speaking(uri):
        # MLflow leaves both URIs in the environment: one that an earlier call has left is not the caller's wish.
        follows = mlflow.get_registry_uri() == mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(uri)
        if follows or not os.environ.get("MLFLOW_REGISTRY_URI"):
            mlflow.set_registry_uri(uri)
    return uri


def use_experiment(name: str) -> None:
    """Make an experiment the active one; MLflow's pages show it as one of training, not of language models."""
    import mlflow

    mlflow.set_experiment(name)
    mlflow.set_experiment_tag("mlflow.experimentKind", "custom_model_development")


@contextmanager
def speaking(uri: str) -> Iterator[None]:
    """Turn what goes wrong between us and the store into a message that names the store."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except MlflowException as error:
        # MLflow's own words for this are a long chain of the exceptions of others.
        unreachable = "Max retries exceeded" in str(error) or "failed with exception" in str(error)
        what = "the server cannot be reached" if unreachable else _first_line(error)
        raise StoreError(f"{_shown(uri)}: {what}") from error
    except (RequestException, SQLAlchemyError) as error:
        raise StoreError(f"{_shown(uri)}: cannot be reached: {_first_line(error)}") from error
    except ImportError as error:
        raise StoreError(f"a library is missing: {error}; with {_shown(uri)} as the store") from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _shown(uri: str) -> str:
    """The URI without a password."""
    scheme, found, rest = uri.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if found and "@" in rest else uri
