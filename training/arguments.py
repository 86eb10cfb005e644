"""What the commands share: types, exit codes, and arguments (numbers, a model, a store)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Command = Callable[[argparse.Namespace], int]
"""Runs a command and returns its exit code."""
Added = tuple[argparse.ArgumentParser, Command]
"""A command's arguments and its function."""

OK, REFUSED, FAILED, DRIFT, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 3, 130, 141
"""Exit codes; 1 where records were rejected, something was found wrong, a check failed or the gate refused."""


def say(message: str) -> None:
    """To standard error, beside what a command prints."""
    print(message, file=sys.stderr)


def count(text: str) -> int:
    """A whole number, at least 1."""
    return _whole(text, 1)


def seed(text: str) -> int:
    """A whole number, at least 0."""
    return _whole(text, 0)


def port(text: str) -> int:
    """The number of a port, 1 to 65535."""
    number = _whole(text, 1)
    if number > 65535:
        raise argparse.ArgumentTypeError("must be at most 65535")
    return number


def add_model(command: argparse.ArgumentParser) -> None:
    """`--model`, as `models.find_model` takes it, and the store that it may be in."""
    command.add_argument(
        "--model", metavar="MODEL", help="folder, MLflow URI, version or alias (default: the shipped model)"
    )
    add_store(command)


def add_store(command: argparse.ArgumentParser) -> None:
    """`--tracking-uri`, as `store.connect` takes it."""
    command.add_argument(
        "--tracking-uri", metavar="URI", help="MLflow store (default: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db here)"
    )


def _whole(text: str, least: int) -> int:
    if not (text.isdecimal() and int(text) >= least):
        raise argparse.ArgumentTypeError(f"must be a whole number, at least {least}")
    return int(text)
