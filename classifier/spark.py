"""The same predictions over a Spark DataFrame, for dumps beyond one machine.

Every row is predicted where it lies, by `mapInArrow`: nothing is shuffled, and a worker process loads the model once,
however many partitions it is given. What cannot be used comes out as a second table, with the reason. The workers need
this package and its dependencies; the model is sent to them.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from topic_stance.data.formats import NAMES, Fields, json_record, too_long, valid
from topic_stance.data.parquet import batch_fields
from topic_stance.data.readers import LIMIT, article_from, usual_id
from topic_stance.data.records import Article, DataError, Prediction, TopicStanceError
from topic_stance.data.writers import parquet_schema

from .batch import CHUNK, BundleModel
from .workers import failure

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession

_SHOWN = 500
_REFUSED = ("file", "reason", "record")
_LINES = (".jsonl", ".ndjson", ".json")
_CODECS = ("", ".gz", ".bz2")


class Tables(NamedTuple):
    """What comes out of a frame.

    predictions: the columns of `Prediction`. rejects: `file` (where Spark knows it), `id`, `reason` and the beginning
    of the record. all: both in one, laid down on the workers' disks so that nothing is predicted twice; `unpersist` it.
    """

    predictions: DataFrame
    rejects: DataFrame
    all: DataFrame


def predict_frame(frame: DataFrame, model_path: Path | str, *, only: Literal["topics"] | None = None) -> Tables:
    """Predict each row of a DataFrame with a column `text` and, where there are, the other columns of `Article`.

    A frame with the one column `value`, as `spark.read.text` gives it, is taken as a line of JSON a row. A column
    `file` is passed on to the rejects. Raises `DataError` for a frame with none of these.
    """
    from pyspark import StorageLevel
    from pyspark.sql.pandas.types import from_arrow_schema

    names = [name for name in (*Article.__struct_fields__, "value", "file") if name in frame.columns]
    if "text" not in names and "value" not in names:
        raise DataError(f"no column 'text' (nor 'value', with lines of JSON) among {', '.join(frame.columns)}")
    files = {path.name: path.read_bytes() for path in sorted(Path(model_path).iterdir()) if path.is_file()}
    sent = frame.sparkSession.sparkContext.broadcast(files)
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()
    step = partial(_predict_batches, sent, (digest, only == "topics"))
    done = frame.select(*names).mapInArrow(step, from_arrow_schema(_schema())).persist(StorageLevel.DISK_ONLY)
    return Tables(
        done.where("reason is null").drop(*_REFUSED),
        done.where("reason is not null").select("file", "id", "reason", "record"),
        done,
    )


def read_frame(spark: SparkSession, inputs: Sequence[str], format: str | None = None) -> DataFrame:
    """The rows of files or folders as Spark reads them: JSON Lines, CSV or Parquet, by name or by `format`.

    Raises `DataError` for other names, or for several formats at once.
    """
    from pyspark.sql.functions import col

    (kind, *others) = sorted({format or _kind(name) for name in inputs})
    if others:
        raise DataError(f"--spark reads one format at a time, not {kind} and {' and '.join(others)}")
    if kind == "parquet":
        frame = spark.read.parquet(*inputs)
    elif kind == "csv":
        frame = spark.read.csv(list(inputs), header=True, multiLine=True, escape='"')
    elif kind == "jsonl":
        # As text: lines are judged by the same code as anywhere else.
        frame = spark.read.text(list(inputs))
    else:
        raise DataError(f"--spark reads jsonl, csv and parquet, not {kind}")
    return frame.withColumn("file", col("_metadata.file_path"))


def session(master: str | None) -> SparkSession:
    """The Spark session of this process; `master` as Spark names it. Raises `TopicStanceError` without pyspark."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise TopicStanceError("--spark needs pyspark: pip install 'topic-stance[spark]'") from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers' Python, for which there must be this package
    builder = SparkSession.builder.appName("topic-stance").config("spark.ui.showConsoleProgress", "false")
    return (builder.master(master) if master else builder).getOrCreate()


def _kind(name: str) -> str:
    """The format of a file by its name, or of a folder by the names in it."""
    path = Path(name)
    if path.is_dir() and path.suffix != ".parquet":
        inside = sorted(child.name for child in path.iterdir() if not child.name.startswith((".", "_")))
        if not inside:
            raise DataError(f"{name}: nothing in there")
        return _kind(inside[0])
    for kind, suffixes in (("jsonl", _LINES), ("csv", (".csv",)), ("parquet", (".parquet",))):
        if name.lower().endswith(tuple(suffix + codec for suffix in suffixes for codec in _CODECS)):
            return kind
    raise DataError(f"{name}: --spark reads {' '.join(_LINES)} .csv .parquet, plain, .gz or .bz2; --format says which")


def _schema() -> pa.Schema:
    import pyarrow as pa

    schema = parquet_schema()
    for name in _REFUSED:
        schema = schema.append(pa.field(name, pa.string()))
    return schema


_loaded: dict[tuple[str, bool], BundleModel] = {}
"""The models of a worker process by digest, and whether topics are all that is asked for."""


def _model(sent: Broadcast[dict[str, bytes]], key: tuple[str, bool]) -> BundleModel:
    """The model, loaded when the first rows of this process come."""
    if key not in _loaded:
        with tempfile.TemporaryDirectory() as folder:
            for name, data in sent.value.items():
                Path(folder, name).write_bytes(data)
            _loaded[key] = BundleModel(Path(folder), key[1])
    return _loaded[key]


def _predict_batches(
    sent: Broadcast[dict[str, bytes]], key: tuple[str, bool], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """What `mapInArrow` calls for each partition."""
    import pyarrow as pa

    schema = _schema()
    for batch in batches:
        for first in range(0, batch.num_rows, CHUNK):
            rows = batch.slice(first, CHUNK)
            yield pa.RecordBatch.from_pylist(list(_predicted(rows, _model(sent, key))), schema)


def _predicted(batch: pa.RecordBatch, model: BundleModel) -> Iterator[dict[str, Any]]:
    """A row of `_schema` for each row that is no blank line, in order."""
    fields = list(_fields(batch))
    articles = [found if found is None or isinstance(found, str) else article_from(found) for found in fields]
    made = iter(_predictions([article for article in articles if isinstance(article, Article)], model))
    for row, article in enumerate(articles):
        if article is None:
            continue
        found = article if isinstance(article, str) else next(made)
        if isinstance(found, Prediction):
            yield msgspec.to_builtins(found)
        else:
            yield _refused(batch.slice(row, 1), article, fields[row], found)


def _fields(batch: pa.RecordBatch) -> Iterator[Fields | str | None]:
    """Of each row the fields, or why there are none; `None` for a blank line. As the files of `predict` are read."""
    import pyarrow as pa

    if "value" not in batch.schema.names:
        yield from batch_fields(batch.select([name for name in batch.schema.names if name in NAMES]), LIMIT)
        return
    for line in batch.column("value").cast(pa.binary()).to_pylist():
        if not line or line.isspace():
            yield None
        else:
            yield json_record(line) if len(line) <= LIMIT else too_long(LIMIT)


def _refused(row: pa.RecordBatch, article: Article | str, fields: Fields | str | None, why: str) -> dict[str, Any]:
    """A reject of `_schema`: the id where it is known, the file, the reason, and how the row begins."""
    shown = {name: _beginning(column) for name, column in zip(row.schema.names, row.columns, strict=True)}
    file = shown.pop("file", None)
    known = None
    if isinstance(article, Article):
        known = article.id
    elif isinstance(fields, Fields):
        known = usual_id(fields.id)
    return {
        "id": known,
        "file": file,
        "reason": valid(why),
        "record": valid(shown["value"] if "value" in shown else str(shown))[:_SHOWN],
    }


def _beginning(column: pa.Array) -> Any:
    """The one value of a column, cut where it is long."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        column = column.cast(pa.binary())
    (value,) = column.to_pylist()
    return value[:_SHOWN].decode("utf-8", "replace") if isinstance(value, bytes) else value


def _predictions(articles: list[Article], model: BundleModel) -> list[Prediction | str]:
    """A prediction for each article, or the reason why there is none."""
    try:
        return list(model.predict(articles))
    except Exception as error:
        if len(articles) == 1:
            return [failure(error)]
        # An article that the model fails on must not take its neighbours with it.
        return [one for article in articles for one in _predictions([article], model)]
