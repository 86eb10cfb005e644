"""What several commands take: numbers, a model, a store. What is no number is refused with a message."""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """A whole number, at least 1."""
    return _whole(text, 1)


def seed(text: str) -> int:
    """A whole number, at least 0."""
    return _whole(text, 0)


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
