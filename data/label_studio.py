"""Label Studio's JSON: a list of tasks, each with `data` and annotations (or predictions) of labelled regions.

The regions are labelled content, cue and source and linked by relations; kind and actor stand on the first content
region of a quote, topics are choices, and each actor is one JSON object in a text area. `label_config` is the labelling
interface that goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from .files import decode, encode, read_file
from .records import KINDS, DataError, Kind, LabelledActor, LabelledArticle, Span
from .regions import (
    LABELS,
    About,
    Imported,
    Label,
    Region,
    about,
    checked,
    described,
    quotes_from,
    regions_of,
)


class _Value(msgspec.Struct):
    start: int | None = None
    end: int | None = None
    text: str | list[str] = ""
    labels: list[str] = []
    choices: list[str] = []


class _Result(msgspec.Struct):
    type: str
    id: str = ""
    from_name: str = ""
    value: _Value = msgspec.field(default_factory=_Value)
    from_id: str = ""
    to_id: str = ""


class _Annotation(msgspec.Struct):
    result: list[_Result] = []
    was_cancelled: bool = False
    ground_truth: bool = False


class _Data(About, kw_only=True):
    text: str


class _Task(msgspec.Struct):
    data: _Data
    annotations: list[_Annotation] = []


def read_label_studio(path: Path) -> Imported:
    """The annotated tasks of an export; of several annotations the one called ground truth counts, or the last.

    Raises `DataError` for a task that cannot be used.
    """
    found = Imported([], [])
    for number, raw in enumerate(decode(read_file(path), list[msgspec.Raw], str(path)), 1):
        where = f"{path}: task {number}"
        task = decode(raw, _Task, where)
        given = [annotation for annotation in task.annotations if not annotation.was_cancelled]
        if given:
            chosen = next((annotation for annotation in given if annotation.ground_truth), given[-1])
            found.articles.append(checked(_article(task.data, chosen.result, where), where))
        else:
            found.skipped.append(f"{where}: has no annotation")
    return found


def label_studio_bytes(articles: Iterable[LabelledArticle]) -> bytes:
    """Tasks with one finished annotation each."""
    tasks = [
        encode({"data": task_data(article), "annotations": [{"result": task_result(article)}]}, article.id)
        for article in articles
    ]
    return b"[" + b",\n".join(tasks) + b"]\n"


def task_data(article: LabelledArticle) -> dict[str, Any]:
    """What a task shows of an article, and what it tells about it."""
    return {"id": article.id, "text": article.text} | msgspec.structs.asdict(about(article))


def task_result(article: LabelledArticle) -> list[dict[str, Any]]:
    """The labels of an article as the result of an annotation or a prediction."""
    regions, links = regions_of(article.quotes or ())
    results = [result for region in regions for result in _region_results(region, article.text)]
    results += [
        {"type": "relation", "from_id": head, "to_id": part, "direction": "right", "labels": []} for head, part in links
    ]
    results.append(_whole("topics", "choices", {"choices": article.topics}))
    if article.actors is not None:
        lines = [encode(actor, article.id).decode() for actor in article.actors]
        results.append(_whole("actors", "textarea", {"text": lines}))
    return results


def label_config(topics: Sequence[str]) -> str:
    """The labelling interface (XML) for tasks as they are written here."""
    labels = "".join(f"<Label value={quoteattr(label)}/>" for label in LABELS)
    kinds = "".join(f"<Choice value={quoteattr(kind)}/>" for kind in KINDS)
    choices = "".join(f"<Choice value={quoteattr(topic)}/>" for topic in topics)
    per_quote = 'toName="text" perRegion="true" whenTagName="quotes" whenLabelValue="content"'
    return "\n".join(
        (
            "<View>",
            '  <Header value="$title"/>',
            f'  <Choices name="topics" toName="text" choice="multiple">{choices}</Choices>',
            f'  <Labels name="quotes" toName="text">{labels}</Labels>',
            '  <Text name="text" value="$text" granularity="word"/>',
            f'  <Choices name="kind" {per_quote}>{kinds}</Choices>',
            f'  <TextArea name="actor" {per_quote} maxSubmissions="1" editable="true"/>',
            '  <TextArea name="actors" toName="text" editable="true"',
            '    placeholder=\'{"name": "…", "type": "person", "stance": {"fraud": "neutral"}}\'/>',
            "</View>\n",
        )
    )


def _region_results(region: Region, text: str) -> list[dict[str, Any]]:
    start, end = region.span
    place = {"start": start, "end": end, "text": text[start:end]}

    def result(name: str, type: str, value: dict[str, Any]) -> dict[str, Any]:
        return {"id": region.key, "from_name": name, "to_name": "text", "type": type, "value": place | value}

    found = [result("quotes", "labels", {"labels": [region.label]})]
    if region.kind:
        found.append(result("kind", "choices", {"choices": [region.kind]}))
    if region.actor:
        found.append(result("actor", "textarea", {"text": [region.actor]}))
    return found


def _whole(name: str, type: str, value: dict[str, Any]) -> dict[str, Any]:
    """A result on the whole task."""
    return {"id": name, "from_name": name, "to_name": "text", "type": type, "value": value}


def _article(data: _Data, results: Sequence[_Result], where: str) -> LabelledArticle:
    regions = _regions(data.text, results, where)
    links = [(result.from_id, result.to_id) for result in results if result.type == "relation"]
    quotes = quotes_from(regions, links, data.text, where)
    topics = [choice for result in results if result.from_name == "topics" for choice in result.value.choices]
    return described(data, data.text, topics, quotes, _actors(results, where))


def _actors(results: Sequence[_Result], where: str) -> list[LabelledActor]:
    lines = [line for result in results if result.from_name == "actors" for line in _lines(result.value.text)]
    return [decode(line, LabelledActor, f"{where}: actor {number}") for number, line in enumerate(lines, 1)]


def _regions(text: str, results: Sequence[_Result], where: str) -> list[Region]:
    kinds: dict[str, Kind] = {}
    actors: dict[str, str] = {}
    for result in results:
        if result.from_name == "kind" and result.value.choices:
            kinds[result.id] = _kind(result.value.choices[0], where)
        elif result.from_name == "actor":
            actors[result.id] = "\n".join(_lines(result.value.text))
    found = [result for result in results if result.type == "labels"]
    return [
        Region(result.id, _label(result, where), span, kinds.get(result.id), actors.get(result.id))
        for result, span in zip(found, _spans(found, text, where), strict=True)
    ]


def _lines(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _kind(name: str, where: str) -> Kind:
    for kind in KINDS:
        if kind == name:
            return kind
    raise DataError(f"{where}: the kind {name!r} is none of {', '.join(KINDS)}")


def _label(result: _Result, where: str) -> Label:
    for label in LABELS:
        if result.value.labels == [label]:
            return label
    raise DataError(f"{where}: region {result.id!r} needs one label of {', '.join(LABELS)}: {result.value.labels}")


def _spans(regions: Sequence[_Result], text: str, where: str) -> list[Span]:
    """The offsets of a task's regions, which some versions count in UTF-16 units: the texts that all hold decide."""
    given = [_offsets(result, where) for result in regions]
    wrong = [k for k, span in enumerate(given) if not _holds(span, regions[k], text)]
    if not wrong:
        return given
    place = [k for k, character in enumerate(text) for _ in range(1 + (ord(character) > 0xFFFF))]
    place.append(len(text))
    moved = [(place[min(start, len(place) - 1)], place[min(end, len(place) - 1)]) for start, end in given]
    if all(_holds(span, result, text) for span, result in zip(moved, regions, strict=True)):
        return moved
    first, (start, end) = regions[wrong[0]], given[wrong[0]]
    raise DataError(
        f"{where}: region {first.id!r} does not hold the text at {start}–{end}: {str(first.value.text)[:60]!r}"
    )


def _offsets(result: _Result, where: str) -> Span:
    start, end = result.value.start, result.value.end
    if start is None or end is None or not 0 <= start <= end:
        raise DataError(f"{where}: region {result.id!r} has no offsets, or none that can be")
    return start, end


def _holds(span: Span, result: _Result, text: str) -> bool:
    held = result.value.text
    return not isinstance(held, str) or not held or _same(text[slice(*span)], held)


def _same(text: str, held: str) -> bool:
    """Whether two texts agree but for white space, which the tool writes in its own way."""
    return "".join(text.split()) == "".join(held.replace("\\n", "\n").split()) or text == held
