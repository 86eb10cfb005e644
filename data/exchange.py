"""Labelled articles from and to the files of annotation tools; what one format writes, it reads back unchanged.

| format | is |
| --- | --- |
| `jsonl` | this project's own, one `LabelledArticle` a line |
| `label-studio` | JSON tasks with annotations |
| `brat` | a folder of standoff files |
| `prodigy` | JSON Lines with spans and relations |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from .brat import read_brat, write_brat
from .corpus import read_labelled
from .files import encode
from .label_studio import label_studio_bytes, read_label_studio
from .prodigy import prodigy_bytes, read_prodigy
from .records import LabelledArticle
from .regions import Imported, checked
from .writers import replacing

ExchangeFormat = Literal["jsonl", "label-studio", "brat", "prodigy"]

EXCHANGE_FORMATS: tuple[ExchangeFormat, ...] = get_args(ExchangeFormat)


def import_articles(format: ExchangeFormat, path: Path) -> Imported:
    """The labelled articles of a file or folder.

    Raises `DataError`, with file and place, for the first thing in it that cannot be used.
    """
    if format == "label-studio":
        return read_label_studio(path)
    if format == "prodigy":
        return read_prodigy(path)
    if format == "brat":
        return read_brat(path)
    return Imported(read_checked(path), [])


def read_checked(path: Path) -> list[LabelledArticle]:
    """The labelled articles of a JSONL file; raises `DataError`, with the article, for labels that cannot be used."""
    return [checked(article, f"{path}: {article.id}") for article in read_labelled(path)]


def export_articles(format: ExchangeFormat, articles: Sequence[LabelledArticle], path: Path) -> None:
    """Write labelled articles, complete or not at all.

    Raises `DataError` for labels that no reader could use, and where nothing can be written.
    """
    for article in articles:
        checked(article, article.id)
    if format == "brat":
        write_brat(articles, path)
        return
    data = _encoded(format, articles)
    with replacing(path) as file:
        file.write(data)


def _encoded(format: ExchangeFormat, articles: Sequence[LabelledArticle]) -> bytes:
    if format == "label-studio":
        return label_studio_bytes(articles)
    if format == "prodigy":
        return prodigy_bytes(articles)
    return b"".join(encode(article, article.id) + b"\n" for article in articles)
