"""Conversions: exact round trips for any labels, and messages instead of tracebacks for any file."""

import json
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topic_stance.data.exchange import EXCHANGE_FORMATS, export_articles, import_articles
from topic_stance.data.label_studio import label_config
from topic_stance.data.public import brat
from topic_stance.data.records import (
    ACTOR_TYPES,
    KINDS,
    STANCES,
    DataError,
    LabelledActor,
    LabelledArticle,
    LabelledQuote,
)

TEXT = 'The harbour office said:\n"Pay the fee,\n"or turn back." Ravel Osk 🚢 doubted it, he said.'


def article() -> LabelledArticle:
    quotes = [
        LabelledQuote([(25, 38), (39, 54)], (19, 23), (0, 18), "direct", "harbour office"),
        LabelledQuote([(67, 77)], (82, 86), (55, 64), "indirect", "Ravel Osk"),
        LabelledQuote([(67, 74)], None, (55, 64), "mixed", "Ravel Osk"),
    ]
    actors = [
        LabelledActor("harbour office", "organization", {"fraud": "favor"}),
        LabelledActor("Ravel Osk", "person", {"fraud": "against"}, ["Ravel Osk", "he"], "skipper"),
    ]
    return LabelledArticle("harbour/1", TEXT, ["fraud"], quotes, actors, "Fee", "2024-01-02", "The Quay", "Europe")


def written(format: str, articles: list[LabelledArticle], folder: Path) -> Path:
    path = folder / "out"
    export_articles(format, articles, path)
    return path


@pytest.mark.parametrize("format", EXCHANGE_FORMATS)
class TestEveryFormat:
    def test_round_trip(self, format: str, tmp_path: Path) -> None:
        some = [article(), LabelledArticle("b", "Rain.", []), LabelledArticle("a", "Sun.", ["fraud"], [], [])]
        found = import_articles(format, written(format, some, tmp_path))
        assert (found.articles, found.skipped) == (some, [])

    def test_the_same_bytes_again(self, format: str, tmp_path: Path) -> None:
        paths = [tmp_path / "1", tmp_path / "2"]
        for path in paths:
            export_articles(format, [article()], path)
        one, two = ([f.read_bytes() for f in sorted(p.iterdir())] if p.is_dir() else p.read_bytes() for p in paths)
        assert one == two

    @pytest.mark.parametrize("span", [(3, 3), (-1, 2), (5, 999), (7, 6), (18, 19)])
    def test_bad_offsets_are_not_written(self, format: str, span: tuple[int, int], tmp_path: Path) -> None:
        bad = article()
        bad.quotes[0].cue = span
        with pytest.raises(DataError, match="harbour/1: the cue at"):
            export_articles(format, [bad], tmp_path / "out")
        assert not list(tmp_path.iterdir())

    def test_an_actor_that_is_not_there(self, format: str, tmp_path: Path) -> None:
        bad = article()
        bad.actors.pop()
        with pytest.raises(DataError, match="'Ravel Osk' of a quote is not among the actors"):
            export_articles(format, [bad], tmp_path / "out")

    def test_no_such_file(self, format: str, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="absent"):
            import_articles(format, tmp_path / "absent")

    def test_no_folder_to_write_to(self, format: str, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="cannot be written"):
            export_articles(format, [article()], tmp_path / "absent" / "out")

    def test_a_lone_surrogate_is_a_message(self, format: str, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="UTF-8"):
            export_articles(format, [LabelledArticle("a", "x \ud800", [])], tmp_path / "out")
        assert not list(tmp_path.iterdir())


def message(format: str, path: Path) -> str:
    """The message of the error that a file gives, if it gives one."""
    try:
        import_articles(format, path)
    except DataError as error:
        return str(error)
    return ""


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
# Line breaks of every sort, characters outside the first plane, marks, JSON's and brat's own signs.
texts = st.text(
    st.sampled_from('ab .,"“”\n\r\t\u2028\x85é🚢;:\\#') | st.characters(exclude_categories=["Cs"]), max_size=60
)


@st.composite
def labelled(draw: st.DrawFn) -> LabelledArticle:
    text = draw(texts)
    topics = draw(st.lists(st.sampled_from(["fraud", "law_enforcement", "other one"]), unique=True))
    solid = [(a, b) for a in range(len(text)) for b in range(a + 1, len(text) + 1) if text[a:b].strip()]
    spans = st.sampled_from(solid) if solid else st.nothing()
    who = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    stances = st.fixed_dictionaries({topic: st.sampled_from(STANCES) for topic in topics})
    actors = [
        LabelledActor(name, draw(st.sampled_from(ACTOR_TYPES)), draw(stances), draw(st.lists(texts, max_size=2)))
        for name in who
    ]

    def content() -> list[tuple[int, int]]:
        chosen: list[tuple[int, int]] = []
        for span in sorted(draw(st.lists(spans, min_size=1, max_size=4))):
            if not chosen or span[0] >= chosen[-1][1]:
                chosen.append(span)
        return chosen

    part = st.none() | spans
    number = draw(st.integers(0, 4)) if solid else 0
    quotes = [
        LabelledQuote(content(), draw(part), draw(part), draw(st.sampled_from(KINDS)), draw(st.sampled_from(who)))
        for _ in range(number)
    ]
    fields = [draw(st.text(string.printable, max_size=5)) for _ in range(4)]
    shown = draw(st.booleans())
    return LabelledArticle(draw(names), text, topics, quotes if quotes or shown else None, actors, *fields)


@pytest.mark.parametrize("format", EXCHANGE_FORMATS)
@settings(max_examples=60, deadline=None)
@given(st.lists(labelled(), min_size=1, max_size=3))
def test_any_labels_come_back(format: str, some: list[LabelledArticle]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(format, some, Path(folder))
        assert import_articles(format, path).articles == some


@pytest.mark.parametrize("format", ["jsonl", "label-studio", "prodigy"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_are_messages(format: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(format, [article()], Path(folder))
        whole = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(whole)
        assert str(path) in (message(format, path) or str(path))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_standoff_is_a_message(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written("brat", [article()], Path(folder))
        file = data.draw(st.sampled_from(sorted(path.iterdir())))
        whole = bytearray(file.read_bytes())
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.sampled_from(b'\n\t :;0T"\xff'))
        file.write_bytes(whole)
        assert str(path) in (message("brat", path) or str(path))


class TestLabelStudio:
    def read(self, tmp_path: Path, change) -> list[LabelledArticle]:
        path = written("label-studio", [article()], tmp_path)
        tasks = json.loads(path.read_bytes())
        change(tasks[0])
        path.write_text(json.dumps(tasks))
        return import_articles("label-studio", path).articles

    def test_offsets_in_utf16_units(self, tmp_path: Path) -> None:
        def shift(task) -> None:
            for result in task["annotations"][0]["result"]:
                value = result.get("value", {})
                for key in ("start", "end"):
                    if value.get(key, 0) > TEXT.index("🚢"):
                        value[key] += 1

        assert self.read(tmp_path, shift) == [article()]

    def test_one_unit_for_all_regions(self, tmp_path: Path) -> None:
        """The word stands twice, so that by itself it would be found at its place in the other unit."""
        text = "🚢🚢🚢no no, said Ana Ek."
        (wanted,) = [LabelledQuote([(3, 5)], (10, 14), (15, 21), "indirect", "Ana Ek")]
        whole = LabelledArticle("a", text, [], [wanted], [LabelledActor("Ana Ek", "person", {})])
        path = written("label-studio", [whole], tmp_path)
        tasks = json.loads(path.read_bytes())
        for result in tasks[0]["annotations"][0]["result"]:
            for key in {"start", "end"} & set(result.get("value", {})):
                result["value"][key] += 3
        path.write_text(json.dumps(tasks))
        assert import_articles("label-studio", path).articles == [whole]

    def test_a_text_that_is_elsewhere(self, tmp_path: Path) -> None:
        def change(task) -> None:
            task["annotations"][0]["result"][0]["value"]["text"] = "Something else"

        with pytest.raises(DataError, match=r"task 1: region 'quote0-content0' does not hold the text at 25–38"):
            self.read(tmp_path, change)

    def test_relations_have_no_direction(self, tmp_path: Path) -> None:
        def change(task) -> None:
            for result in task["annotations"][0]["result"]:
                if result["type"] == "relation":
                    result["from_id"], result["to_id"] = result["to_id"], result["from_id"]

        assert self.read(tmp_path, change) == [article()]

    def test_the_kind_follows_the_marks_where_nobody_said_it(self, tmp_path: Path) -> None:
        def change(task) -> None:
            results = task["annotations"][0]["result"]
            results[:] = [result for result in results if result.get("from_name") != "kind"]

        assert [quote.kind for quote in self.read(tmp_path, change)[0].quotes] == ["direct", "indirect", "indirect"]

    def test_one_source_of_two_quotes(self, tmp_path: Path) -> None:
        def change(task) -> None:
            results = task["annotations"][0]["result"]
            results[:] = [result for result in results if result.get("id") != "quote2-source"]
            next(r for r in results if r.get("to_id") == "quote2-source")["to_id"] = "quote1-source"

        assert self.read(tmp_path, change) == [article()]

    @pytest.mark.parametrize(
        ("name", "message"),
        [("actor", "the quote at 25–38 names no actor"), ("relation", "linked to no content")],
    )
    def test_what_was_forgotten(self, name: str, message: str, tmp_path: Path) -> None:
        def change(task) -> None:
            results = task["annotations"][0]["result"]
            results[:] = [r for r in results if r.get("from_name") != name and r["type"] != name]

        with pytest.raises(DataError, match=message):
            self.read(tmp_path, change)

    def test_tasks_without_annotation_are_skipped(self, tmp_path: Path) -> None:
        path = tmp_path / "tasks.json"
        path.write_text(json.dumps([{"data": {"text": "Rain."}, "annotations": [{"was_cancelled": True}]}]))
        assert import_articles("label-studio", path) == ([], [f"{path}: task 1: has no annotation"])

    def test_the_last_annotation_or_the_ground_truth(self, tmp_path: Path) -> None:
        def topics(name: str) -> dict:
            return {"result": [{"from_name": "topics", "type": "choices", "value": {"choices": [name]}}]}

        path = tmp_path / "tasks.json"
        given = [topics("one"), topics("two")]
        path.write_text(json.dumps([{"data": {"text": "Rain."}, "annotations": given}]))
        assert import_articles("label-studio", path).articles[0].topics == ["two"]
        given[0]["ground_truth"] = True
        path.write_text(json.dumps([{"data": {"text": "Rain."}, "annotations": given}]))
        assert import_articles("label-studio", path).articles[0].topics == ["one"]

    def test_the_interface_is_xml(self) -> None:
        from xml.etree import ElementTree

        view = ElementTree.fromstring(label_config(['a "b" <c>']))
        assert view.find("Choices/Choice").get("value") == 'a "b" <c>'


class TestBrat:
    def test_the_other_reader_agrees(self, tmp_path: Path) -> None:
        (path,) = written("brat", [article()], tmp_path).glob("*.ann")
        first = brat(path)[0]
        assert (first.content, first.cue, first.source) == ([(25, 38), (39, 54)], [(19, 23)], [(0, 18)])

    def test_a_folder_from_elsewhere(self, tmp_path: Path) -> None:
        (tmp_path / "n.txt").write_text("Rain, says Ola.")
        marks = ["E1\tQuote:T1 Source:T2", "#1\tAnnotatorNotes E1\tOla", "T1\tQuote 0 4\tRain", "T2\tSource 11 14\tOla"]
        (tmp_path / "n.ann").write_text("\r\n".join(marks), newline="")
        quote = LabelledQuote([(0, 4)], None, (11, 14), "indirect", "Ola")
        assert import_articles("brat", tmp_path).articles == [LabelledArticle("n", "Rain, says Ola.", [], [quote])]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("T1\tCue 0 x\tRain", "these are no offsets"),
            ("T1\tCue 0 99\tRain", "out of the text"),
            ("T1\tCue 0 4\tSnow", "does not hold the text at 0 4: 'Snow'"),
            ("T1\tCue 0 4", "needs a key"),
            ("E1\tQuote:T9", "names 'T9', which is not there"),
            ("A1\tKind E1 direct", "the kind of a quote"),
        ],
    )
    def test_errors_name_the_line(self, line: str, message: str, tmp_path: Path) -> None:
        (tmp_path / "n.txt").write_text("Rain.")
        (tmp_path / "n.ann").write_text(f"\n{line}\n")
        with pytest.raises(DataError, match=rf"n\.ann:2: .*{message}"):
            import_articles("brat", tmp_path)

    def test_files_that_are_there_stay(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("x")
        with pytest.raises(DataError, match="is there already"):
            export_articles("brat", [article()], tmp_path)

    def test_ids_name_no_other_folder(self, tmp_path: Path) -> None:
        out = written("brat", [LabelledArticle("../../x", "Rain.", [])], tmp_path)
        assert {path.name for path in out.glob("*.txt")} == {"000000_______x.txt"}


class TestProdigy:
    def test_tokens_and_spans_meet(self, tmp_path: Path) -> None:
        task = json.loads(written("prodigy", [article()], tmp_path).read_bytes())
        for span in task["spans"]:
            assert task["tokens"][span["token_start"]]["start"] == span["start"]
            assert task["tokens"][span["token_end"]]["end"] == span["end"]

    def test_spans_without_ids(self, tmp_path: Path) -> None:
        source = {"start": 11, "end": 14, "label": "SOURCE"}
        content = {"start": 0, "end": 4, "label": "Content", "actor": "Ola"}
        task = {"text": "Rain, says Ola.", "spans": [content, source]}
        task["relations"] = [{"head_span": source, "child_span": content, "label": "of"}]
        path = tmp_path / "tasks.jsonl"
        path.write_text(json.dumps(task) + "\n" + json.dumps({"text": "x", "answer": "ignore"}))
        found = import_articles("prodigy", path)
        assert found.articles[0].quotes == [LabelledQuote([(0, 4)], None, (11, 14), "indirect", "Ola")]
        assert found.skipped == [f"{path}:2: was answered 'ignore'"]

    def test_errors_name_the_line(self, tmp_path: Path) -> None:
        path = tmp_path / "tasks.jsonl"
        path.write_text('{"text": "a"}\n{"text": "a", "spans": [{"start": 0, "end": 1, "label": "LOC"}]}\n')
        with pytest.raises(DataError, match=r"tasks\.jsonl:2: the label 'LOC' is none of content, cue, source"):
            import_articles("prodigy", path)
