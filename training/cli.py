"""The command `topic-stance`.

Each command is two small functions: `add_…`, which declares its arguments, and one that takes them and returns the exit
code. What is heavy is imported where it is needed, so that the command starts at once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from topic_stance.data.records import TopicStanceError

from .arguments import CLOSED_PIPE, FAILED, INTERRUPTED, OK, REFUSED, Added, Command, add_model, count
from .commands import ADDED
from .corpus_tools import add_corpus
from .explaining import INPUT_FORMATS, add_explain
from .monitoring import add_monitor
from .searching import add_search

if TYPE_CHECKING:
    from topic_stance.classifier.journal import Counts

    from .arguments import Commands


COLLECTED = (300_000, 50, 50)
"""Thresholds of the garbage collector: hundreds of thousands of objects come with the imports, and all of them stay."""


def command() -> None:
    """Run the command of this process, and end it with the exit code."""
    gc.set_threshold(*COLLECTED)
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a locale without the letters of an article
    code = main()
    if "mlflow" not in sys.modules:  # it has things to finish at the end
        # Python would take apart, for a tenth of a second, what the system drops at once.
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            code = CLOSED_PIPE
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        if "topic_stance.classifier.jit" in sys.modules:
            from topic_stance.classifier.jit import discard

            discard()
        os._exit(code)
    sys.exit(code)


def _open_closed_streams() -> None:
    """Python has `None` for a standard stream that is closed, as it can be for what runs unattended."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0; 1 where records were rejected, a check failed or the gate refused; 2 after a message about an error; 3 for drift
    (`monitor`); 130 when interrupted; 141 when the reader of its output is gone.
    """
    arguments = parser().parse_args(argv)
    run: Command = arguments.run
    try:
        return run(arguments)
    except BrokenPipeError:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except (Exception, KeyboardInterrupt) as error:
        if arguments.debug:
            import traceback

            traceback.print_exc()
        with contextlib.suppress(OSError):
            print(f"topic-stance: {_message(error)}", file=sys.stderr, flush=True)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED


def _message(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "interrupted"
    if isinstance(error, TopicStanceError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"this needs {error.name}: pip install 'topic-stance[train]'"
    if type(error).__module__.startswith("botocore."):  # an MLflow client with artifacts in a bucket goes there itself
        return f"the artifact store cannot be used: {error}: check the credentials and the endpoint of the bucket"
    return f"unexpected {type(error).__name__}: {error} (--debug shows where)"


def parser() -> argparse.ArgumentParser:
    """The arguments of every command; `run` is the function of the one that was given."""
    made = argparse.ArgumentParser(
        prog="topic-stance", description="Topics, quotes, actors and stances of news articles."
    )
    made.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    made.add_argument("--debug", action="store_true", help="show where an error comes from")
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    for add in COMMANDS:
        command, run = add(commands)
        command.set_defaults(run=run)
        # Also after the name of the command; absent there, it does not undo the one before it.
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return made


def add_predict(commands: Commands) -> Added:
    """`predict`: a dump in, predictions out."""
    command = commands.add_parser(
        "predict",
        help="predict the articles of files, folders or standard input",
        description="Predict every article of files and folders: .jsonl .json .csv .tsv .parquet .txt .html, plain, "
        ".gz or .zst. Exit code 1 says that some records were rejected.",
    )
    command.add_argument("inputs", nargs="+", metavar="FILE", help='file or folder; "-" is standard input')
    command.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="OUT",
        help=".jsonl, .jsonl.gz, .jsonl.zst or .parquet; appears when it is complete (default: standard output)",
    )
    add_model(command)
    command.add_argument("--rejects", metavar="PATH", help="where rejects go (default: OUT.rejects.jsonl)")
    command.add_argument("--processes", type=count, metavar="N", help="worker processes (default: one per processor)")
    leftover = command.add_mutually_exclusive_group()
    leftover.add_argument("--resume", action="store_true", help="go on with a run that ended early")
    leftover.add_argument("--overwrite", action="store_true", help="throw away what a run that ended early has left")
    command.add_argument(
        "--only", choices=["topics"], help="topics alone, many times faster; quotes and actors stay empty"
    )
    command.add_argument("--dedup", action="store_true", help="drop near-duplicates into the rejects")
    command.add_argument(
        "--format",
        choices=INPUT_FORMATS,
        help="what the input is, whatever it is called (default: by its name; standard input: jsonl)",
    )
    command.add_argument("--quiet", action="store_true", help="no progress and no summary")
    command.add_argument(
        "--spark", action="store_true", help="through Spark; OUT and OUT.rejects.parquet become tables"
    )
    command.add_argument("--master", metavar="URL", help="with --spark: the cluster (default: as Spark is configured)")
    return command, predict


def predict(arguments: argparse.Namespace) -> int:
    """Predict a dump."""
    if arguments.master and not arguments.spark:
        raise TopicStanceError("--master goes with --spark")
    if arguments.spark:
        from .spark import predict_with_spark

        return predict_with_spark(arguments)
    from topic_stance.classifier.batch import predict_dump
    from topic_stance.classifier.progress import Progress

    from .models import find_model

    # A bar and predictions on one terminal would write over each other.
    shown = not arguments.quiet and (arguments.output != "-" or not sys.stdout.isatty())
    counts = predict_dump(
        find_model(arguments.model, arguments.tracking_uri),
        arguments.inputs,
        arguments.output,
        processes=arguments.processes,
        rejects=arguments.rejects,
        resume=arguments.resume,
        overwrite=arguments.overwrite,
        dedup=arguments.dedup,
        only=arguments.only,
        format=arguments.format,
        progress=Progress(sys.stderr) if shown else None,
    )
    if not arguments.quiet:
        with contextlib.suppress(OSError):  # all is done; a log that cannot be written to does not undo it
            print(_summary(counts, arguments), file=sys.stderr, flush=True)
    return REFUSED if counts.rejected > counts.duplicates else OK


def _summary(counts: Counts, arguments: argparse.Namespace) -> str:
    text = f"{counts.read:,} read, {counts.predicted:,} predicted, {counts.rejected:,} rejected"
    if counts.duplicates:
        text += f" ({counts.duplicates:,} as near-duplicates)"
    place = arguments.rejects or (None if arguments.output == "-" else f"{arguments.output}.rejects.jsonl")
    return f"{text}: see {place}" if counts.rejected and place else text


COMMANDS: Sequence[Callable[[Commands], Added]] = (
    add_predict,
    add_explain,
    add_monitor,
    add_corpus,
    add_search,
    *ADDED,
)
"""To add a command, write its two functions and name the first here."""


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from importlib import metadata

        try:
            version = metadata.version("topic-stance")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        print(f"topic-stance {version}")
        parser.exit()


if __name__ == "__main__":
    command()
