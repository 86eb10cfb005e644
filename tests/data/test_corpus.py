"""Labelled articles: marks come out as exact offsets, and what is wrong in a file is named with its place."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topic_stance.data.corpus import (
    held_out,
    near_duplicate_groups,
    parse_marked,
    quote_kind,
    read_labelled,
    read_marked,
)
from topic_stance.data.records import ACTOR_TYPES, KINDS, STANCES, DataError, LabelledArticle, LabelledQuote

HEAD = """+++
id = "x1"
title = "Eels counted"
topics = ["fraud"]
region = "Orrin"
outlet = "Quayside Press"
date = 2021-03-04

[[actors]]
name = "Mara Quill"
type = "person"
description = "inspector"
mentions = ["Quill", "she"]
stance = { fraud = "favor" }

[[actors]]
name = "Odo Finch"
type = "person"
stance = { fraud = "against" }
+++
"""
BODY = """Advertisement
<s>Mara Quill</s> <c>said</c>: <q a="Mara Quill">“The eels 🐟 were counted twice.”</q> <q>“Twice!”</q>

<s n="2"><s n="3">Odo Finch</s></s> <c n="2">denied</c> <q a="Odo Finch" n="2">it</q> and <c n="3">swore</c> <q n="3" \
a="Odo Finch">that “nobody in the whole port” had</q>. 3 < 4 <b>bold</b> <q
"""
GOOD = HEAD + BODY


def part(text: str, span: tuple[int, int] | None) -> str | None:
    return None if span is None else text[slice(*span)]


def test_marks_come_out_as_offsets() -> None:
    article = parse_marked(GOOD, "x1.txt")
    text = article.text
    assert text == (
        "Advertisement\nMara Quill said: “The eels 🐟 were counted twice.” “Twice!”\n\n"
        "Odo Finch denied it and swore that “nobody in the whole port” had. 3 < 4 <b>bold</b> <q\n"
    )
    quotes = [
        ([part(text, s) for s in q.content], part(text, q.cue), part(text, q.source), q.kind, q.actor)
        for q in article.quotes or ()
    ]
    assert quotes == [
        (["“The eels 🐟 were counted twice.”", "“Twice!”"], "said", "Mara Quill", "direct", "Mara Quill"),
        (["it"], "denied", "Odo Finch", "indirect", "Odo Finch"),
        (["that “nobody in the whole port” had"], "swore", "Odo Finch", "mixed", "Odo Finch"),
    ]
    assert (article.id, article.title, article.topics) == ("x1", "Eels counted", ["fraud"])
    assert (article.date, article.source, article.region) == ("2021-03-04", "Quayside Press", "Orrin")
    quill, finch = article.actors or ()
    assert (quill.mentions, quill.description, quill.stance) == (["Quill", "she"], "inspector", {"fraud": "favor"})
    assert (finch.mentions, finch.description, finch.stance) == ([], "", {"fraud": "against"})
    assert article.article().text == text


def test_an_article_may_have_no_quote() -> None:
    article = parse_marked('+++\nid = "x"\ntopics = []\n+++\nNothing was said.\n', "x.txt")
    assert (article.quotes, article.actors, article.topics) == ([], [], [])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "x1.txt:1: .*front matter"),
        ("No front matter.\n", "x1.txt:1: .*front matter"),
        ("+++\nid = 1\n", "x1.txt:1: .*front matter"),
        ("\n" + GOOD, "x1.txt:1: .*front matter"),
        (GOOD.replace('id = "x1"', "id = x1"), r"x1.txt:2: not TOML: Invalid value \(column 6\); correct this line"),
        (GOOD.replace('id = "x1"\n', ""), "x1.txt: .*lacks 'id'"),
        (GOOD.replace('topics = ["fraud"]\n', ""), "x1.txt: .*lacks 'topics'"),
        (GOOD.replace('name = "Mara Quill"\n', ""), "x1.txt: an actor needs a name"),
        (GOOD.replace('type = "person"\ndesc', 'type = "robot"\ndesc'), "x1.txt: an actor needs .* a type of person, "),
        (GOOD.replace('stance = { fraud = "favor" }\n', ""), "x1.txt: the actor 'Mara Quill' needs one stance"),
        pytest.param(
            GOOD.replace("region = ", f"n = {'1' * 5000}\nregion = "), "x1.txt:2: not TOML: Exceeds the limit", id="digits"
        ),
        (GOOD.replace('name = "Mara Quill"\n', "name = 3\n"), "x1.txt: an actor needs a name"),
        (GOOD.replace('{ fraud = "favor" }', '["fraud"]'), "x1.txt: the actor 'Mara Quill' needs one stance"),
        (GOOD.replace('"favor"', '["favor"]'), "x1.txt: the actor 'Mara Quill' needs one stance"),
        (GOOD.replace('["Quill", "she"]', "5"), "x1.txt: the mentions of the actor 'Mara Quill' must be"),
        (GOOD.replace('["Quill", "she"]', "[5]"), "x1.txt: the mentions of the actor 'Mara Quill' must be"),
        (GOOD.replace('"inspector"', "5"), "x1.txt: the description of the actor 'Mara Quill' must be"),
        (GOOD.replace('"favor"', '"for"'), "x1.txt: the actor 'Mara Quill' .* of favor, against, neutral"),
        (GOOD.replace('fraud = "favor"', 'weather = "favor"'), "x1.txt: the actor 'Mara Quill' needs one stance"),
        (GOOD.replace('name = "Odo Finch"', 'name = "Odo Wren"'), "x1.txt: the actor 'Odo Finch' .* not in the front"),
        (GOOD.replace("[[actors]]", '[[actors]]\nname = "Tess"\ntype = "group"\nstance.fraud = "favor"\n[[actors]]', 1),
         r"x1.txt: the actors \['Tess'\] have no quote"),
        (GOOD.replace('<q a="Mara Quill">', "<q>"), "x1.txt:22: the first <q> of quote 1 names no actor"),
        (GOOD.replace("said</c>", "said</q>"), "x1.txt:22: </q> closes no <q>"),
        (GOOD.replace("<c>said", "said"), "x1.txt:22: </c> closes no <c>"),
        (GOOD.replace("had</q>", "had"), "x1.txt: <q> of quote 3 is never closed"),
        (GOOD.replace("“Twice!”</q>", "“Twice!”</q> <c>added</c>"), "x1.txt:22: a second cue"),
        (GOOD.replace("<q>“Twice!”</q>", "<s>she</s>"), "x1.txt:22: a second source"),
        (GOOD.replace("<b>bold</b>", '<c n="4">lied</c>'), "x1.txt: quote 4 has no content"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(raw: str, message: str) -> None:
    assert raw != GOOD
    with pytest.raises(DataError, match=message):
        parse_marked(raw, "x1.txt")


def test_front_matter_of_a_later_article_is_named_with_its_line() -> None:
    with pytest.raises(DataError, match=r"^x1\.txt:42: not TOML: Invalid value \(column 6\)"):
        parse_marked(GOOD.replace('id = "x1"', "id = x1"), "x1.txt", before=40)


WORDS = st.sampled_from(
    ["eels", "“Twice”", "3 < 4", "\n", "\n\n", "🐟", "é", "<b>", "q>", "&amp;", " ", "+++", '"', "a=1"]
)


@settings(max_examples=150)
@given(st.lists(WORDS, min_size=1, max_size=30), st.data())
def test_random_marks_leave_the_text_as_it_was(pieces: list[str], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 6))
    edges = sorted(data.draw(st.lists(st.integers(0, len(pieces)), min_size=2 * n, max_size=2 * n)))
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    expected = []
    for number in range(n):
        start, end = edges[2 * number], edges[2 * number + 1]
        actor = data.draw(st.sampled_from(["Mara Quill", "Odo Finch"]))
        expected.append(("".join(pieces[:start]), "".join(pieces[start:end]), actor))
        tag = f'<q n="{number + 10}" a="{actor}">'
        if start == end:  # nothing between: both tags in one place, in this order
            closing.setdefault(start, []).append(tag + "</q>")
        else:
            opening.setdefault(start, []).append(tag)
            closing.setdefault(end, []).insert(0, "</q>")
    marked = "".join(
        "".join(closing.get(k, [])) + "".join(opening.get(k, [])) + (pieces[k] if k < len(pieces) else "")
        for k in range(len(pieces) + 1)
    )
    silent = {"Mara Quill", "Odo Finch"} - {actor for _, _, actor in expected}
    head = HEAD
    for name in silent:
        head = re.sub(rf'\[\[actors\]\]\nname = "{name}"\n(?:\w+ = .*\n)+\n?', "", head)
    article = parse_marked(head + marked, "x1.txt")
    text = "".join(pieces)
    assert article.text == text
    found = sorted((q.content[0][0], part(text, q.content[0]), q.actor) for q in article.quotes or ())
    assert found == sorted((len(before), content, actor) for before, content, actor in expected)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (["“The eels were counted twice.”"], "direct"),
        (["“Never,”", "“never.”"], "direct"),
        (['"The eels were counted twice."'], "direct"),
        (["“The eels” and “the cod”"], "mixed"),
        (["that “the eels” were counted twice"], "mixed"),
        (["that the “eels” were counted twice"], "indirect"),
        (["that “the eels were counted” twice"], "mixed"),
        (["that it was “eely.”"], "mixed"),
        (["that the „eels were counted“ twice"], "mixed"),
        (["that the «eels were counted» twice"], "mixed"),
        (["Orrin “will never shut the port”"], "mixed"),
        (["that the eels were counted"], "indirect"),
        (["“”"], "indirect"),
        ([], "indirect"),
    ],
)
def test_quote_kind(content: list[str], kind: str) -> None:
    assert quote_kind(content) == kind


def test_a_folder_is_read_by_file_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.txt").write_text(GOOD.replace('"x1"', f'"{name}"'), encoding="utf-8")
    (tmp_path / "DATASHEET.md").write_text("# not an article\n")
    assert [article.id for article in read_marked(tmp_path)] == ["a", "b"]
    (tmp_path / "b.txt").write_text("spoiled\n")
    with pytest.raises(DataError, match=r"b\.txt:1"):
        read_marked(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        read_marked(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: holds no marked articles"):
        read_marked(tmp_path / "empty")
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(DataError, match=r"a\.txt: cannot be read"):
        read_marked(tmp_path)


def test_a_file_may_hold_many_articles(tmp_path: Path) -> None:
    kinds = {"a": "group", "b": "state", "c": "document"}
    bodies = [GOOD.replace('"x1"', f'"{name}"').replace('"person"', f'"{kind}"') for name, kind in kinds.items()]
    (tmp_path / "many.txt").write_text("".join(bodies), encoding="utf-8")
    found = read_marked(tmp_path)
    assert {article.id: {actor.type for actor in article.actors or ()} for article in found} == {
        name: {kind} for name, kind in kinds.items()
    }


def test_marked_articles_with_line_ends_of_two_characters(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert read_marked(tmp_path) == [parse_marked(GOOD, "a.txt")]


def test_labelled_articles_from_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    article = parse_marked(GOOD, "x1.txt")
    path.write_bytes(msgspec.json.encode(article) + b'\n\n{"id": "t", "text": "Eels.", "topics": ["fraud"]}\n')
    first, second = read_labelled(path)
    assert first == article
    assert (second.id, second.quotes, second.actors) == ("t", None, None)
    for spoiled in (
        b'{"id": "t"}',
        b"{",
        b'{"id": "t", "text": "x", "topics": "fraud"}',
        b'"\xff"',
        b'{"x": ' + b"[" * 100_000,
    ):
        path.write_bytes(msgspec.json.encode(article) + b"\n" + spoiled + b"\n")
        with pytest.raises(DataError, match=r"gold\.jsonl:2: not a labelled article"):
            read_labelled(path)
    path.write_bytes(b"\n")
    with pytest.raises(DataError, match="holds no labelled article"):
        read_labelled(path)
    with pytest.raises(DataError, match=r"none\.jsonl: cannot be read"):
        read_labelled(tmp_path / "none.jsonl")


def words(first: int, last: int) -> str:
    return " ".join(f"word{k}" for k in range(first, last))


def test_near_duplicates_share_a_group() -> None:
    texts = [words(0, 300), words(1000, 1300), words(5, 300) + " more", "", words(0, 300).upper(), "eel", ""]
    groups = near_duplicate_groups(texts)
    assert groups[0] == groups[2] == groups[4]
    assert groups[3] == groups[6]
    assert len(set(groups)) == 4
    assert groups == near_duplicate_groups(texts)
    assert near_duplicate_groups([]) == []
    assert near_duplicate_groups(["\ud800 lone"]) == [0]


def test_a_text_that_is_near_to_two_others_joins_them() -> None:
    first, second, between = words(0, 300), words(80, 380), words(40, 340)
    assert near_duplicate_groups([first, second]) == [0, 1]
    assert near_duplicate_groups([second, between]) == [0, 0]
    assert near_duplicate_groups([first, second, between]) == [0, 0, 0]


def articles(texts: list[str]) -> list[LabelledArticle]:
    return [LabelledArticle(f"a{k}", text, []) for k, text in enumerate(texts)]


def test_near_duplicates_are_held_out_together() -> None:
    texts = [words(1000 * k, 1000 * k + 200) for k in range(60)]
    both = [text for k, text in enumerate(texts) for text in (text, f"{text} and more of {k}")]
    for seed in range(4):
        out = held_out(articles(both), 0.3, seed)
        assert out == held_out(articles(both), 0.3, seed)
        assert out[::2] == out[1::2]
        assert sum(out) == 36
    assert held_out(articles(both), 0.3, 0) != held_out(articles(both), 0.3, 1)


def test_what_is_held_out_stays_nearly_the_same_when_articles_are_added() -> None:
    every = articles([words(1000 * k, 1000 * k + 50) for k in range(110)])
    before, after = held_out(every[:100], 0.2, 0), held_out(every, 0.2, 0)
    assert sum(before) == 20
    assert sum(a != b for a, b in zip(before, after, strict=False)) <= 6


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (1.0, 10), (0.5, 5)])
def test_shares(share: float, expected: int) -> None:
    assert sum(held_out(articles([words(99 * k, 99 * k + 50) for k in range(10)]), share, 0)) == expected
    assert held_out([], share, 0) == []


# The authored corpus itself


def test_every_authored_article_is_sound(root: Path, authored: list[LabelledArticle]) -> None:
    files = sorted(path.stem for path in (root / "data" / "articles").glob("*.txt"))
    assert [article.id for article in authored] == files
    assert len(set(files)) == len(files)
    assert len({article.title for article in authored}) == len(authored)
    for article in authored:
        assert article.text.strip(), article.id
        assert len(set(article.topics)) == len(article.topics), article.id
        assert article.topics or not article.actors or not any(actor.stance for actor in article.actors), article.id
        names = {actor.name for actor in article.actors or ()}
        for actor in article.actors or ():
            assert actor.type in ACTOR_TYPES
            assert set(actor.stance.values()) <= set(STANCES)
        for quote in article.quotes or ():
            check_quote(quote, article, names)


def check_quote(quote: LabelledQuote, article: LabelledArticle, names: set[str]) -> None:
    where = f"{article.id}: {quote}"
    assert quote.actor in names, where
    assert quote.kind in KINDS, where
    for start, end in [*quote.content, *filter(None, (quote.cue, quote.source))]:
        span = article.text[start:end]
        assert span, where
        assert span == span.strip(), f"{where}: white space at the edge of {span!r}"
        assert not re.search(r"</?[qsc][ >]", span), where
    for (_, end), (start, _) in zip(quote.content, quote.content[1:], strict=False):
        assert end <= start, where


def test_no_mark_is_left_in_an_authored_text(authored: list[LabelledArticle]) -> None:
    for article in authored:
        assert not re.search(r"</?[qsc]( [an]=[^>]*)?>", article.text), article.id


def test_no_two_authored_articles_are_near_duplicates(authored: list[LabelledArticle]) -> None:
    groups = near_duplicate_groups([article.text for article in authored])
    assert groups == list(range(len(authored)))


def test_many_articles_in_one_file(tmp_path: Path) -> None:
    second = GOOD.replace('"x1"', '"x2"')
    (tmp_path / "many.txt").write_text(GOOD + second, encoding="utf-8")
    one, two = read_marked(tmp_path)
    assert (one.id, two.id) == ("x1", "x2")
    assert one.text.rstrip() == two.text.rstrip() == parse_marked(GOOD, "x1.txt").text.rstrip()
    assert [quote.content for quote in one.quotes or ()] == [quote.content for quote in two.quotes or ()]


def test_what_is_wrong_in_a_later_article_is_named_with_its_line_in_the_file(tmp_path: Path) -> None:
    lines = GOOD.count("\n")
    for spoilt, place in (
        (GOOD.replace("“Twice!”</q>", "“Twice!”</q> <c>added</c>"), lines + 22),
        ("+++\nid = 1\n", lines + 1),
        (GOOD.replace('type = "person"', 'type = "fish"', 1), lines + 1),
    ):
        (tmp_path / "many.txt").write_text(GOOD + spoilt, encoding="utf-8")
        with pytest.raises(DataError, match=rf"many.txt:{place}: "):
            read_marked(tmp_path)
