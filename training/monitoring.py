"""The command `topic-stance monitor`: predictions of now against those of an earlier time."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topic_stance.data.records import DataError

from .arguments import DRIFT, OK, Added, add_model

if TYPE_CHECKING:
    from .arguments import Commands
    from .profiles import Profile


def add_monitor(commands: Commands) -> Added:
    """`monitor`: two files of predictions, and the texts they are of."""
    command = commands.add_parser(
        "monitor",
        help="compare predictions with those of an earlier time",
        description="Compare topic rates, probabilities, quotes and stances of two files of predictions and, with "
        "the texts that they are of, terms and words that the model does not know. Exit code 0: no drift, 3: drift, "
        "2: something could not be read.",
    )
    command.add_argument(
        "--reference", required=True, type=Path, metavar="FILE", help="predictions: .parquet or .jsonl"
    )
    command.add_argument("--current", required=True, type=Path, metavar="FILE", help="the same of the later time")
    command.add_argument(
        "--reference-texts", type=Path, metavar="DUMP", help="the articles that --reference was predicted from"
    )
    command.add_argument("--current-texts", type=Path, metavar="DUMP", help="the same for --current")
    add_model(command)
    command.add_argument("--html", type=Path, metavar="PATH", help="write a page with plots")
    command.add_argument("--json", type=Path, metavar="PATH", help="write the checks as JSON")
    command.add_argument(
        "--alpha",
        type=_share,
        default=0.01,
        metavar="P",
        help="a check whose adjusted p-value is below this counts as drift (default: %(default)s)",
    )
    command.add_argument(
        "--tolerance", type=_positive, default=1.0, metavar="X", help="multiplies every effect that counts as drift"
    )
    return command, run_monitor


def run_monitor(arguments: argparse.Namespace) -> int:
    """Compare, print, write, and say by the exit code whether anything drifted."""
    from topic_stance.data.writers import check_writable

    from .monitor import compare

    sides = (arguments.reference, arguments.reference_texts), (arguments.current, arguments.current_texts)
    if (arguments.reference_texts is None) != (arguments.current_texts is None):
        raise DataError("--reference-texts and --current-texts belong together: give both or neither")
    places = {"the page": arguments.html, "the checks": arguments.json}
    check_writable(
        {what: place for what, place in places.items() if place}, [path for side in sides for path in side if path]
    )
    reference, current = _profiles(sides, arguments)
    drift = compare(reference, current, alpha=arguments.alpha, tolerance=arguments.tolerance)
    print(drift.table())
    if arguments.html:
        from .monitor_report import as_html

        _write(arguments.html, as_html(drift).encode())
    if arguments.json:
        import msgspec

        found = {"drifted": len(drift.drifted), "notes": drift.notes, "checks": drift.checks, "terms": drift.terms}
        _write(arguments.json, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    return DRIFT if drift.drifted else OK


def _profiles(sides: Any, arguments: argparse.Namespace) -> tuple[Profile, Profile]:
    from .profiles import profile

    pipeline = None
    if sides[0][1] is not None:
        from topic_stance.classifier.compiling import announce
        from topic_stance.classifier.pipeline import load

        from .models import find_model

        announce()
        pipeline = load(find_model(arguments.model, arguments.tracking_uri))
    first, second = (profile(predictions, texts, pipeline) for predictions, texts in sides)
    return first, second


def _write(path: Path, data: bytes) -> None:
    from topic_stance.data.writers import replacing

    with replacing(path) as file:
        file.write(data)


def _number(text: str) -> float:
    """What is no number is not a number: no comparison holds of it."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _share(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return value
