"""Spark: the same rows as on one machine, rejects beside them, on a cluster of two workers."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from topic_stance.classifier import Pipeline
from topic_stance.classifier.batch import predict_dump
from topic_stance.data.readers import LIMIT
from topic_stance.data.records import DataError, Prediction
from topic_stance.training.cli import main
from topic_stance.training.fit import Corpus

pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'topic-stance[spark]')")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

from topic_stance.classifier.spark import predict_frame, read_frame, session

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]
BROKEN = [b"not json", b'{"id": "n", "text": 7}', b'{"id": "b", "text": "\xff"}', b"[1]", b'{"text": " "}']


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    made = session("local-cluster[2,1,1024]")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, tiny_heads, tiny_corpus, tiny_config) -> Path:
    from topic_stance.classifier.bundle import save_bundle
    from topic_stance.training.fit import make_manifest, read_taxonomy

    folder = tmp_path_factory.mktemp("spark") / "bundle"
    save_bundle(folder, tiny_heads, make_manifest(tiny_heads, tiny_corpus, read_taxonomy(), tiny_config))
    return folder


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory, tiny_corpus: Corpus) -> Path:
    path = tmp_path_factory.mktemp("dump") / "dump.jsonl"
    lines = [msgspec.json.encode(labelled.article()) for labelled in tiny_corpus.full]
    path.write_bytes(b"\n".join([*lines[:9], *BROKEN, b"", *lines[9:]]) + b"\n")
    return path


def rows(frame: Any) -> list[Prediction]:
    return msgspec.convert([row.asDict(recursive=True) for row in frame.collect()], list[Prediction])


def by_id(predictions: list[Prediction]) -> list[Prediction]:
    return sorted(predictions, key=lambda prediction: prediction.id)


def on_one_machine(bundle: Path, dump: Path, folder: Path) -> tuple[list[Prediction], list[dict[str, Any]]]:
    predict_dump(bundle, [dump], folder / "out.jsonl", processes=1)
    lines = [msgspec.json.decode(line, type=Prediction) for line in (folder / "out.jsonl").open("rb")]
    return lines, [json.loads(line) for line in (folder / "out.jsonl.rejects.jsonl").open()]


def test_the_same_rows_as_on_one_machine(spark: Any, bundle: Path, dump: Path, tmp_path: Path) -> None:
    wanted, refused = on_one_machine(bundle, dump, tmp_path)
    frame = read_frame(spark, [str(dump)]).repartition(4)
    tables = predict_frame(frame, bundle)
    assert by_id(rows(tables.predictions)) == by_id(wanted)
    rejects = [row.asDict() for row in tables.rejects.collect()]
    assert sorted((r["id"] or "", r["reason"]) for r in rejects) == sorted(
        (r["id"] or "", r["reason"]) for r in refused
    )
    assert len(refused) == len(BROKEN)
    assert {r["file"] for r in rejects} == {dump.as_uri().replace("///", "/")} or {r["file"] for r in rejects} == {
        dump.as_uri()
    }
    assert {r["record"] for r in rejects} == {line.decode(errors="replace") for line in BROKEN}
    tables.all.unpersist()


def test_a_frame_with_columns_and_no_ids(spark: Any, bundle: Path, tiny: Pipeline, tiny_corpus: Corpus) -> None:
    articles = [labelled.article() for labelled in tiny_corpus.full[:6]]
    frame = spark.createDataFrame([(a.title, a.text) for a in articles] + [("none", None)], "title string, text string")
    tables = predict_frame(frame, bundle, only="topics")
    given = rows(tables.predictions)
    assert [p.topics for p in given] == [p.topics for p in tiny.predict_topics(articles)]
    assert len({p.id for p in given}) == 6
    assert [row["reason"] for row in tables.rejects.collect()] == ["no text"]
    tables.all.unpersist()


def test_a_table_is_read_as_on_one_machine(spark: Any, bundle: Path, tiny_corpus: Corpus, tmp_path: Path) -> None:
    texts = [labelled.text.encode() for labelled in tiny_corpus.full[:3]]
    texts += [b"Ana Iglesias said \xff so.", b"said " * (LIMIT // 5 + 1), None, b" "]
    table = pa.table(
        {
            "id": pa.array([Decimal(n) / 4 for n in range(len(texts))], pa.decimal128(10, 2)),
            "text": pa.array(texts, pa.binary()),
            "date": pa.array([date(2019, 5, 8 + n) for n in range(len(texts))]),
        }
    )
    source = tmp_path / "rows.parquet"
    pq.write_table(table, source)
    wanted, refused = on_one_machine(bundle, source, tmp_path)
    assert [p.id for p in wanted] == ["0.00", "0.25", "0.50"]
    tables = predict_frame(read_frame(spark, [str(source)]), bundle)
    assert by_id(rows(tables.predictions)) == by_id(wanted)
    rejects = [row.asDict() for row in tables.rejects.collect()]
    assert sorted((r["id"] or "", r["reason"]) for r in rejects) == sorted(
        (r["id"] or "", r["reason"]) for r in refused
    )
    assert len(rejects) == 4
    assert all(len(r["record"]) <= 500 and "text" in r["record"] for r in rejects)
    tables.all.unpersist()


def test_a_line_that_is_too_long(spark: Any, bundle: Path) -> None:
    line = json.dumps({"id": "long", "text": "said " * (LIMIT // 5)})
    tables = predict_frame(spark.createDataFrame([(line,)], "value string"), bundle)
    (row,) = tables.rejects.collect()
    assert (row["id"], row["reason"]) == (None, "longer than 10,000,000 bytes")
    assert row["record"] == line[:500]
    tables.all.unpersist()


def test_a_frame_without_texts_is_refused(spark: Any, bundle: Path) -> None:
    with pytest.raises(DataError, match="no column 'text'"):
        predict_frame(spark.createDataFrame([(1,)], "number int"), bundle)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["a.html"], "--spark reads .jsonl"),
        (["a.jsonl", "b.parquet"], "one format at a time"),
        (["a.txt"], "reads .jsonl"),
    ],
)
def test_inputs_that_are_refused(spark: Any, inputs: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_frame(spark, inputs)


def test_the_model_as_a_udf(spark: Any, bundle: Path, tiny: Pipeline, tiny_corpus: Corpus, tmp_path: Path) -> None:
    import mlflow
    from pyspark.sql.functions import struct

    from topic_stance.training.packaging import log_model
    from topic_stance.training.store import connect

    connect(f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.set_experiment("udf")
    with mlflow.start_run():
        uri = log_model(bundle).model_uri
    topics = "array<struct<label string, probability double, assigned boolean>>"
    predict = mlflow.pyfunc.spark_udf(spark, uri, result_type=f"id string, topics {topics}", env_manager="local")
    articles = [labelled.article() for labelled in tiny_corpus.full[:4]]
    frame = spark.createDataFrame([(a.id, a.text, a.title) for a in articles], "id string, text string, title string")
    found = [
        row["p"].asDict(recursive=True)
        for row in frame.select(predict(struct("id", "text", "title")).alias("p")).collect()
    ]
    assert found == [{"id": p.id, "topics": msgspec.to_builtins(p.topics)} for p in tiny.predict(articles)]


def test_the_command(spark: Any, dump: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr("topic_stance.classifier.spark.session", lambda master: spark)
    monkeypatch.setattr(type(spark), "stop", lambda self: None)
    output = tmp_path / "out.parquet"
    arguments = ["predict", str(dump), "-o", str(output), "--spark", "--only", "topics"]
    assert main(arguments) == 1
    assert f"29 read, 24 predicted, 5 rejected: see {output}.rejects.parquet" in capfd.readouterr().err
    assert len(rows(spark.read.parquet(str(output)))) == 24
    assert main(arguments) == 2
    assert "already exists" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dedup"], "does not go with --dedup"),
        (["-o", "out.jsonl"], "-o must end with .parquet"),
        ([], "must end with"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "a.jsonl", "--spark", *options]) == 2
    assert message in capfd.readouterr().err
