"""`topic-stance predict --spark`: from files that Spark reads to two Parquet tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from topic_stance.data.records import DataError, TopicStanceError

from .arguments import OK, REFUSED
from .models import find_model


def predict_with_spark(arguments: argparse.Namespace) -> int:
    """Predict with Spark; a table is complete when Spark's `_SUCCESS` stands in its folder.

    Raises `TopicStanceError` for options that do not go with Spark, and where Spark fails.
    """
    from topic_stance.classifier.spark import predict_frame, read_frame, session

    output, rejects = _places(arguments)
    model = find_model(arguments.model, arguments.tracking_uri)
    spark = session(arguments.master)
    try:
        tables = predict_frame(read_frame(spark, arguments.inputs, arguments.format), model, only=arguments.only)
        mode = "overwrite" if arguments.overwrite else "errorifexists"
        tables.predictions.write.mode(mode).parquet(output)
        tables.rejects.write.mode(mode).parquet(rejects)
        predicted, rejected = (spark.read.parquet(place).count() for place in (output, rejects))
    except TopicStanceError:
        raise
    except Exception as error:  # of Spark's own kinds, with pages of Java in them
        raise TopicStanceError(f"Spark: {_reason(error)}") from error
    finally:
        spark.stop()
    if not arguments.quiet:
        text = f"{predicted + rejected:,} read, {predicted:,} predicted, {rejected:,} rejected"
        print(f"{text}: see {rejects}" if rejected else text, file=sys.stderr)
    return REFUSED if rejected else OK


def _reason(error: Exception) -> str:
    """The one line of Spark's account that says what it was: of an error in a worker the last one before its stack."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    named = [
        line
        for line in lines
        if line.partition(":")[0].endswith(("Error", "Exception")) and " " not in line.partition(":")[0]
    ]
    return (named or lines or [type(error).__name__])[0]


def _places(arguments: argparse.Namespace) -> tuple[str, str]:
    wrong = [name for name in ("resume", "dedup", "processes") if getattr(arguments, name)]
    if wrong:
        raise DataError(f"--spark does not go with --{' and --'.join(wrong)}")
    output: str = arguments.output
    if not output.endswith(".parquet"):
        raise DataError(f"--spark writes Parquet tables: -o must end with .parquet, not {Path(output).name!r}")
    rejects: str = arguments.rejects or f"{output}.rejects.parquet"
    return output, rejects
