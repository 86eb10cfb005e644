"""Texts written anew after labelled ones: the files of `data/rewrites/`, whose datasheet says what they are."""

from __future__ import annotations

from pathlib import Path

from .records import DataError

Rewritten = dict[tuple[str, ...], list[str]]
"""By what tells the original, the texts written after it."""


def read_rewritten(path: Path, n_keys: int) -> Rewritten:
    """A file of lines of `n_keys` fields that tell the original and one or more texts, tabs between.

    Raises `DataError` where it cannot be read, a field is empty or missing, or two lines tell the same original.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    found: Rewritten = {}
    for number, line in enumerate(lines, 1):
        fields = line.split("\t")
        key = tuple(fields[:n_keys])
        if len(fields) <= n_keys or not all(field.strip() for field in fields):
            raise DataError(f"{path}:{number}: needs {n_keys} of the original and texts after it, tabs between")
        if key in found:
            raise DataError(f"{path}:{number}: {' '.join(key)} stands there before")
        found[key] = fields[n_keys:]
    return found
