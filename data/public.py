"""Loaders of public corpora from a path. Their texts stay where they are; nothing of them is copied into the project.

* PolNeAR (Newell et al. 2018, *An Attribution Relations Corpus for Political News*): brat standoff.
* Article-Bias-Prediction (Baly et al. 2020): articles, on which this project's own labels are laid.
* NewsMTSC (Hamborg and Donnay 2021): sentences with polarity towards a target.
* GWSD (Luo et al. 2020): opinion sentences on global warming with a stance.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from .files import decode, json_lines, lines, read_file, read_text
from .records import Article, DataError, LabelledActor, LabelledArticle, LabelledQuote, Span
from .regions import checked

NO_TEXTS = "labels without texts: name their articles with --articles"


class Attribution(msgspec.Struct):
    """One attribution as annotated: the spans of its content, cue and source, each in text order."""

    content: list[Span]
    cue: list[Span]
    source: list[Span]


class AttributedText(msgspec.Struct):
    """A text with all its attributions."""

    id: str
    text: str
    attributions: list[Attribution]


class Opinion(msgspec.Struct):
    """A sentence on global warming and its stance: ``disagree``, ``neutral`` or ``agree``.

    shares: how much of the annotators gave each of the three, in this order, where the file says it.
    """

    sentence: str
    stance: str
    shares: tuple[float, float, float] | None = None


class TargetPolarity(msgspec.Struct):
    """A sentence, a target in it, and how the author speaks of the target: -1, 0 or 1."""

    sentence: str
    target: Span
    polarity: int


def polnear(folder: Path) -> Iterator[AttributedText]:
    """Every text of a PolNeAR part (`folder/text`, `folder/attributions`) with its first annotation.

    Raises `DataError` where the folder is none, or a file of it cannot be used.
    """
    if not (folder / "text").is_dir():
        raise DataError(f"{folder}: not a PolNeAR part: it has no folder 'text'")
    annotations: dict[str, Path] = {}
    for path in sorted((folder / "attributions").glob("*.ann")):
        annotations.setdefault(path.stem.rpartition("_")[0], path)
    for path in sorted((folder / "text").glob("*.txt")):
        if path.stem in annotations:
            yield AttributedText(path.stem, read_text(path), brat(annotations[path.stem]))


def brat(path: Path) -> list[Attribution]:
    """The attributions of one brat standoff file (roles Content, Cue and Source of its events).

    Raises `DataError` where it is none.
    """
    spans: dict[str, list[Span]] = {}
    found = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        key, _, rest = line.partition("\t")
        try:
            if key.startswith("T"):
                where = rest.split("\t")[0].partition(" ")[2]
                spans[key] = [(int(a), int(b)) for a, b in (part.split() for part in where.split(";") if part)]
            elif key.startswith("E"):
                found.append(_event(rest, spans))
        except ValueError as error:
            raise DataError(f"{path}:{number}: not brat standoff: {error}") from None
    return found


def _event(text: str, spans: dict[str, list[Span]]) -> Attribution:
    roles: dict[str, list[Span]] = {"Content": [], "Cue": [], "Source": []}
    for argument in text.split():
        role, _, reference = argument.partition(":")
        role = re.sub(r"\d+$", "", role)
        if role in roles:
            roles[role] += spans.get(reference, [])
    return Attribution(sorted(roles["Content"]), sorted(roles["Cue"]), sorted(roles["Source"]))


def articles(paths: Iterable[Path]) -> dict[str, Article]:
    """Articles by id from JSONL files, plain or compressed; raises `DataError` where one cannot be read."""
    found: dict[str, Article] = {}
    for path in paths:
        if not path.is_file():
            raise DataError(
                f"{path}: no such file; the labels are laid on public articles that the project does not hold: "
                "see data/labels/DATASHEET.md for where to get them"
            )
        found |= {article.id: article for _, article in json_lines(path, Article, "an article")}
    return found


def labelled_from(path: Path, texts: dict[str, Article] | None) -> list[LabelledArticle]:
    """Labelled articles, in full or by topic, with their texts or laid on `texts`.

    Raises `DataError` for a line that is none or lacks its text, and where there is no other.
    """
    found = [labelled(line, texts, f"{path}:{number}") for number, line in lines(path)]
    if not found:
        raise DataError(f"{path}: holds no labelled article")
    return found


def labelled(line: bytes, texts: dict[str, Article] | None, where: str) -> LabelledArticle:
    """One line of JSONL, with its text or laid on one of `texts`; raises `DataError` where it is none."""
    if not without_text(line):
        return with_text(line, where)
    if texts is None:
        raise DataError(f"{where}: {NO_TEXTS}")
    return laid_on_text(line, texts, where)


class _FullLabels(msgspec.Struct):
    id: str
    text_sha256: str
    topics: list[str]
    quotes: list[LabelledQuote]
    actors: list[LabelledActor]


def full_labels(path: Path, texts: dict[str, Article]) -> list[LabelledArticle]:
    """Fully labelled articles: labels with offsets from `path`, laid on `texts` whose hash is checked.

    A line that holds its text, as `corpus import` writes it, needs none of `texts`. Raises `DataError` for a line that
    cannot be used.
    """
    return [laid_on_text(line, texts, f"{path}:{number}") for number, line in lines(path)]


def without_text(line: bytes) -> bool:
    """Whether a line of a file of labels holds the hash of its text in place of that."""
    return b'"text_sha256":' in line


def laid_on_text(line: bytes, texts: dict[str, Article], where: str) -> LabelledArticle:
    """One line of a file of labels; raises `DataError` where it is none, or holds no text and none is there for it."""
    if not without_text(line):
        return _in_full(with_text(line, where), where)
    labels = decode(line, _FullLabels, f"{where}: not a labelled article")
    article = texts.get(labels.id)
    if article is None:
        raise DataError(f"{where}: article {labels.id} is not among the articles given")
    if hashlib.sha256(article.text.encode()).hexdigest() != labels.text_sha256:
        raise DataError(f"{where}: article {labels.id} has another text than the one that was labelled")
    return LabelledArticle(
        id=labels.id,
        text=article.text,
        topics=labels.topics,
        quotes=labels.quotes,
        actors=labels.actors,
        title=article.title,
        date=article.date,
        source=article.source,
    )


def with_text(line: bytes, where: str) -> LabelledArticle:
    """A line that holds its text, in full or by topic; raises `DataError` where it is none."""
    return decode(line, LabelledArticle, f"{where}: not a labelled article")


def _in_full(found: LabelledArticle, where: str) -> LabelledArticle:
    if found.quotes is None or found.actors is None:
        raise DataError(f"{where}: article {found.id} is not labelled in full: it has no quotes or no actors")
    return checked(found, f"{where}: article {found.id}")


def topic_labels(path: Path, texts: dict[str, Article]) -> list[LabelledArticle]:
    """Topic-labelled articles from lines of ``id<TAB>label,label``, laid on `texts`.

    Raises `DataError` where the file cannot be read, or an article is not among them.
    """
    found = []
    for number, line in enumerate(read_file(path).decode("utf-8", "replace").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        article_id, _, labels = line.partition("\t")
        article = texts.get(article_id)
        if article is None:
            raise DataError(f"{path}:{number}: article {article_id} is not among the articles given")
        found.append(
            LabelledArticle(
                id=article_id,
                text=article.text,
                topics=[label.strip() for label in labels.split(",") if label.strip()],
                title=article.title,
                date=article.date,
                source=article.source,
            )
        )
    return found


class _Target(msgspec.Struct):
    polarity: float
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")


class _TargetSentence(msgspec.Struct):
    sentence_normalized: str
    targets: list[_Target]


def newsmtsc(path: Path) -> list[TargetPolarity]:
    """NewsMTSC sentences, one entry a target; its polarities 2 to 6 become -1, 0 and 1.

    Raises `DataError` for a line that is none.
    """
    found = []
    for _, row in json_lines(path, _TargetSentence, "a NewsMTSC sentence"):
        for target in row.targets:
            sign = (target.polarity > 4) - (target.polarity < 4)
            found.append(TargetPolarity(row.sentence_normalized, (target.start, target.end), sign))
    return found


def gwsd(path: Path) -> list[Opinion]:
    """The opinion sentences of a GWSD file; raises `DataError` where it is none."""
    text = read_file(path).decode("utf-8", "replace")
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t")
    columns = set(rows.fieldnames or ())
    if columns and not {"sentence", "stance"} <= columns:
        raise DataError(f"{path}:1: needs the columns 'sentence' and 'stance'")
    shared = {"disagree", "neutral", "agree"} <= columns
    found = []
    for row in rows:
        try:
            shares = (float(row["disagree"]), float(row["neutral"]), float(row["agree"])) if shared else None
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}:{rows.line_num}: the annotators' shares must be numbers: {error}") from None
        if row["stance"] not in ("disagree", "neutral", "agree"):
            raise DataError(f"{path}:{rows.line_num}: a stance is disagree, neutral or agree, not {row['stance']!r}")
        found.append(Opinion(row["sentence"], row["stance"], shares))
    return found
