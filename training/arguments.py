"""Numbers on the command line; what is none is refused with a message."""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """A whole number, at least 1."""
    return _whole(text, 1)


def seed(text: str) -> int:
    """A whole number, at least 0."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not (text.isdecimal() and int(text) >= least):
        raise argparse.ArgumentTypeError(f"must be a whole number, at least {least}")
    return int(text)
