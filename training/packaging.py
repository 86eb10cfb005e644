"""A bundle as an MLflow model: logged from code, with its code, pinned requirements, a signature and an example."""

from __future__ import annotations

import shutil
from importlib import metadata, resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import topic_stance.classifier
import topic_stance.data

REQUIRED = ("mlflow", "msgspec", "numba", "numpy", "pandas", "safetensors")
"""What predicting needs, each pinned to the version that the model was made with."""

EXAMPLE = {
    "id": "example",
    "title": "Ministers sign trade pact",
    "text": 'The two countries signed a trade agreement on Monday. "This pact brings our nations closer," '
    "Foreign Minister Ana Duarte said.",
}
_NOT_CODE = shutil.ignore_patterns("__pycache__", "articles", "briefs", "labels", "gwsd", "default", "*.md")


def log_model(bundle: Path, name: str = "model") -> Any:
    """Log a bundle as a model of the active run; returns MLflow's description of it."""
    import mlflow

    script = resources.files("topic_stance.classifier").joinpath("mlflow_model.py")
    with TemporaryDirectory() as scratch:
        return mlflow.pyfunc.log_model(
            name=name,
            python_model=str(script),
            artifacts={"bundle": str(bundle)},
            code_paths=[str(lay_out_code(Path(scratch)))],
            pip_requirements=[f"{package}=={metadata.version(package)}" for package in REQUIRED],
            signature=signature(),
            input_example=_example(),
        )


def lay_out_code(folder: Path) -> Path:
    """Copy the packages that predicting needs into `folder/topic_stance`, without articles, labels and bundles."""
    root = folder / "topic_stance"
    for package in (topic_stance.data, topic_stance.classifier):
        source = Path(next(iter(package.__path__)))
        shutil.copytree(source, root / source.name, ignore=_NOT_CODE)
    return root


def signature() -> Any:
    """Columns in, columns out, and the parameters with their defaults."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, Array, ColSpec, DataType, Object, ParamSchema, ParamSpec, Property, Schema

    string, integer, number, boolean = DataType.string, DataType.long, DataType.double, DataType.boolean
    optional = ("id", "title", "date", "source", "url")
    spans = Array(Array(integer))

    anything: Any = AnyType()  # type: ignore[no-untyped-call]

    def record(**fields: Any) -> Any:
        return Object([Property(name, kind) for name, kind in fields.items()])

    quote = record(content=spans, cue=anything, source=anything, kind=string, actor=anything)
    stance = record(topic=string, label=string, probability=number)
    actor = record(name=string, type=string, description=string, mentions=spans, stances=Array(stance))
    return ModelSignature(
        inputs=Schema([ColSpec(string, "text"), *(ColSpec(string, name, required=False) for name in optional)]),
        outputs=Schema(
            [
                ColSpec(string, "id"),
                ColSpec(string, "model"),
                ColSpec(Array(record(label=string, probability=number, assigned=boolean)), "topics"),
                ColSpec(Array(quote), "quotes"),
                ColSpec(Array(actor), "actors"),
                ColSpec(anything, "explanation", required=False),
            ]
        ),
        params=ParamSchema(
            [
                ParamSpec("topics", string, ""),
                ParamSpec("explain", boolean, False),
                ParamSpec("threshold", number, -1.0),
            ]
        ),
    )


def _example() -> Any:
    import pandas as pd

    return pd.DataFrame([EXAMPLE])
