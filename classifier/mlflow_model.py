"""The deployed model: MLflow loads this file as code and predicts with the bundle beside it.

One row an article in, one row an article out; the columns of a row are those of a prediction record. Only `text` is
needed. Parameters: `topics` (comma separated; empty means all), `threshold` (-1 means the bundle's own for each topic)
and `explain` (adds the column `explanation`).
"""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from topic_stance.classifier.pipeline import Pipeline, load
from topic_stance.data.formats import NAMES, Fields
from topic_stance.data.readers import article_from
from topic_stance.data.records import Article, DataError, Prediction, TopicStanceError

BUNDLE = "bundle"
"""Name of the artifact that is the model's folder."""

_WARM_UP = 'Police arrested two men on Friday. "We will charge both men," prosecutor Ana Iglesias said. He left.'


class TopicStanceModel(PythonModel):
    """The pipeline of a bundle behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load and check the bundle; nothing in it is executed."""
        self.pipeline = load(Path(context.artifacts[BUNDLE]))
        # Compiles what is compiled at first use, which takes longer than a server waits for an answer.
        self.pipeline.predict_one(Article(id="", text=_WARM_UP))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """A row for each article, with the fields of a `Prediction` as columns."""
        try:
            return self._predict(model_input, params or {})
        except TopicStanceError as error:
            # MLflow answers this kind with the message alone and the status of a bad request.
            raise MlflowException.invalid_parameter_value(str(error)) from None

    def _predict(self, model_input: pd.DataFrame, params: dict[str, Any]) -> pd.DataFrame:
        pipeline = with_threshold(self.pipeline, float(params.get("threshold", -1.0)))
        wanted = _wanted_topics(pipeline, str(params.get("topics", "")))
        rows = []
        for number, record in enumerate(model_input.to_dict("records")):
            article = _article(record, number)
            if params.get("explain", False):
                rows.append(_explained(pipeline, article, wanted))
            else:
                rows.append(_row(pipeline.predict_one(article), wanted))
        return pd.DataFrame(rows, model_input.index, None if rows else list(Prediction.__struct_fields__))


def with_threshold(pipeline: Pipeline, threshold: float) -> Pipeline:
    """The pipeline with one threshold for every topic, or as it is where that is -1."""
    if threshold == -1.0:
        return pipeline
    if not 0.0 <= threshold <= 1.0:
        raise DataError(f"the parameter 'threshold' must be a probability, or -1 for the model's own: {threshold}")
    heads = pipeline.bundle.heads
    topics = heads.topics._replace(threshold=np.full(len(heads.topics.labels), threshold))
    # A copy keeps what was made of the bundle: a threshold changes none of it.
    changed = copy.copy(pipeline)
    changed.bundle = pipeline.bundle._replace(heads=heads._replace(topics=topics))
    return changed


def _wanted_topics(pipeline: Pipeline, topics: str) -> set[str]:
    known = pipeline.bundle.heads.topics.labels
    wanted = {topic.strip() for topic in topics.split(",") if topic.strip()} or set(known)
    if unknown := sorted(wanted - set(known)):
        raise DataError(f"the parameter 'topics' names {', '.join(unknown)}; the model knows {', '.join(known)}")
    return wanted


def _article(record: dict[str, Any], number: int) -> Article:
    """The article of a row, judged as one of a dump is; pandas fills a column that a row lacks with None or NaN."""
    given = {name: record[name] for name in NAMES if name in record and not _is_nan(record[name])}
    found = article_from(Fields(**given))
    if isinstance(found, str):
        raise DataError(f"row {number}: {found}")
    return found


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _row(prediction: Prediction, wanted: set[str]) -> dict[str, Any]:
    """The prediction as plain lists and dicts, with the wanted topics only."""
    row: dict[str, Any] = msgspec.to_builtins(prediction)
    row["topics"] = [topic for topic in row["topics"] if topic["label"] in wanted]
    for actor in row["actors"]:
        actor["stances"] = [stance for stance in actor["stances"] if stance["topic"] in wanted]
    return row


def _explained(pipeline: Pipeline, article: Article, wanted: set[str]) -> dict[str, Any]:
    from topic_stance.classifier.explain import explain_article

    explanation = explain_article(pipeline, article)
    row = _row(explanation.prediction, wanted)
    row["explanation"] = {
        "topics": {
            topic: [share._asdict() for share in shares]
            for topic, shares in explanation.topics.items()
            if topic in wanted
        },
        "stances": [
            {
                **actor._asdict(),
                "terms": [share._asdict() for share in actor.terms],
                "quotes": [quote._asdict() for quote in actor.quotes],
            }
            for actor in explanation.actors
            if actor.topic in wanted
        ],
    }
    return row


set_model(TopicStanceModel())
