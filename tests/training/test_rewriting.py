"""Rewritten articles: labels move with the text, and what is put there is right English or nothing."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topic_stance.data.corpus import parse_marked
from topic_stance.data.records import LabelledArticle
from topic_stance.training import rewriting
from topic_stance.training.rewriting import edited, negations, rewritten

HEAD = """+++
id = "r1"
topics = ["fraud"]
[[actors]]
name = "Mara Quill"
type = "person"
stance = {{ fraud = "favor" }}
{more}+++
"""
OTHER = '[[actors]]\nname = "{name}"\ntype = "person"\nstance = {{ fraud = "neutral" }}\n'


def article(marked: str, *others: str) -> LabelledArticle:
    return parse_marked(HEAD.format(more="".join(OTHER.format(name=name) for name in others)) + marked, "r1")


def quoted(content: str, cue: str = "said") -> LabelledArticle:
    return article(f'<s>Mara Quill</s> <c>{cue}</c> <q a="Mara Quill">{content}</q> on Monday.')


@pytest.mark.parametrize(
    ("cue", "content", "negated"),
    [
        ("said", "“The thief must be punished.”", "Mara Quill said “The thief must not be punished.”"),
        ("said", "“The money is not gone.”", "Mara Quill said “The money is gone.”"),
        ("said", "the money isn’t gone", "Mara Quill said the money is gone"),
        ("said", "“We caught them.”", "Mara Quill said “It is not true that we caught them.”"),
        ("said", "“No fraud was found.”", "Mara Quill said “It is not true that no fraud was found.”"),
        ("said", "whoever was caught would pay", "Mara Quill said it is not true that whoever was caught would pay"),
        ("said", "“They are here. It was late.”", "Mara Quill said “They are not here. It was not late.”"),
        ("promised", "to catch the thief", "Mara Quill promised not to catch the thief"),
        ("urged", "the court to wait", "Mara Quill urged the court not to wait"),
        ("denied", "taking it", "Mara Quill admitted taking it"),
    ],
)
def test_a_negated_quote(cue: str, content: str, negated: str) -> None:
    plain = quoted(content, cue)
    turned = rewritten(plain, negations(plain, "Mara Quill"))
    assert turned.text == f"{negated} on Monday."
    (quote,) = turned.quotes or ()
    assert quote.cue is not None
    start = turned.text.index(turned.text[slice(*quote.cue)]) + quote.cue[1] - quote.cue[0] + 1
    assert quote.content == [(start, len(negated))], "the labels have moved"


@pytest.mark.parametrize(
    ("cue", "content"),
    [
        ("said", "“Why was it gone?”"),
        ("called", "it a swindle"),
        ("said", "“Fraud, pure and simple”"),
        ("said", "“And whoever was caught will pay.”"),
    ],
)
def test_what_cannot_be_negated_is_left_alone(cue: str, content: str) -> None:
    assert negations(quoted(content, cue), "Mara Quill") == []


@pytest.mark.parametrize("said", ["we know that it was late", "I know that it was late"])
def test_the_verb_of_a_clause_is_left_alone(said: str) -> None:
    plain = quoted(f"“{said[0].upper()}{said[1:]}.”")
    assert f"“It is not true that {said}.”" in rewritten(plain, negations(plain, "Mara Quill")).text


def test_all_quotes_are_negated_or_none() -> None:
    plain = article(
        '<q a="Mara Quill">“It is late.”</q> <s>Mara Quill</s> <c>said</c>. '
        '<q n="2" a="Mara Quill">“Why was it gone?”</q> <s n="2">she</s> <c n="2">said</c>.'
    )
    assert negations(plain, "Mara Quill") == []


def test_another_name_of_the_same_and_of_another_gender() -> None:
    plain = article(
        '<q a="Mara Quill">“We lost it,”</q> <c>said</c> <s>Mara Quill</s>. <q n="2" a="Mara Quill">It was late</q>, '
        '<s n="2">she</s> <c n="2">added</c>. Quill waits.'
    )
    same = rewritten(plain, rewriting.other_names(plain, random.Random(1), other_gender=False)).text
    other = rewritten(plain, rewriting.other_names(plain, random.Random(1), other_gender=True)).text
    for text in (same, other):
        assert "Quill" not in text
        assert "Mara" not in text
        surname = text.split(". ")[-1].split()[0]
        assert f" {surname}. " in text
    assert ", she added" in same
    assert ", he added" in other


def test_gender_stays_where_a_pronoun_may_be_anybodys() -> None:
    plain = article('<q a="Mara Quill">“Lost,”</q> <c>said</c> <s>Mara Quill</s>. <s n="2">She</s> <c n="2">urged</c> '
                    '<q n="2" a="Mara Quill">the court to wait</q>. Her dog waits.')  # fmt: skip
    assert rewriting.other_names(plain, random.Random(1), other_gender=False)
    assert rewriting.other_names(plain, random.Random(1), other_gender=True) == []


def test_names_that_two_share_stay() -> None:
    plain = article('<q a="Mara Quill">“No,”</q> <c>said</c> <s>Mara Quill</s>. <q n="2" a="Odo Quill">“Yes,”</q> '
                    '<c n="2">said</c> <s n="2">Odo Quill</s>.', "Odo Quill")  # fmt: skip
    assert rewriting.other_names(plain, random.Random(1), other_gender=False) == []


@pytest.mark.parametrize("name", ["Judge Finch", "Odo Lee Finch"])
def test_a_name_with_a_title_or_of_three_words_stays(name: str) -> None:
    plain = article(
        f'<q a="Mara Quill">“No,”</q> <c>said</c> <s>Mara Quill</s>. {name} left. '
        f'<s n="2">He</s> <c n="2">said</c> <q n="2" a="{name}">“Yes.”</q>',
        name,
    )
    assert name in rewritten(plain, rewriting.other_names(plain, random.Random(1), other_gender=False)).text


def test_a_pronoun_keeps_its_capital() -> None:
    plain = article('Mara Quill left. <s>She</s> <c>said</c> <q a="Mara Quill">“Lost.”</q>')
    assert ". He said" in rewritten(plain, rewriting.other_names(plain, random.Random(1), other_gender=True)).text


def test_who_is_not_named_in_full_keeps_the_name() -> None:
    plain = article(
        '<q a="Mara Quill">“No,”</q> <c>said</c> <s>Mara Quill</s>. <q n="2" a="Robert Finch">“Yes,”</q> '
        '<c n="2">said</c> <s n="2">Robert</s>.',
        "Robert Finch",
    )
    assert "said Robert." in rewritten(plain, rewriting.other_names(plain, random.Random(1), other_gender=False)).text


def test_a_new_given_name_is_not_in_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "_given_names", lambda: {"m": ["odo"], "f": ["mara", "ana"]})
    plain = article('<q a="Mara Quill">“Lost,”</q> <c>said</c> <s>Mara Quill</s>.')
    for seed in range(9):
        edits = rewriting.other_names(plain, random.Random(seed), other_gender=False)
        assert "said Ana " in rewritten(plain, edits).text


def test_another_nation_takes_capital_people_and_article_along() -> None:
    plain = article('<s>Mara Quill</s>, an Albanian in Tirana, <c>said</c> <q a="Mara Quill">Albania is kind</q>.')
    text = rewritten(plain, rewriting.other_nation(plain, random.Random(3))).text
    assert "Alban" not in text
    assert "Tirana" not in text
    assert ", an " not in text
    state, capital, people = next(row for row in rewriting._states() if row[0] in text)
    assert f"a {people} in {capital}" in text
    assert f"{state} is kind" in text


def test_another_nation_takes_no_vowel_after_its_article() -> None:
    plain = article('<s>Mara Quill</s>, an Albanian in Tirana, <c>said</c> <q a="Mara Quill">Albania is kind</q>.')
    for seed in range(99):
        text = rewritten(plain, rewriting.other_nation(plain, random.Random(seed))).text
        assert re.search(r"\ba [AEIOU]", text) is None


def test_a_nation_within_the_name_of_its_capital_is_not_one() -> None:
    plain = article('<s>Mara Quill</s> <c>said</c> <q a="Mara Quill">Mexico City is kind</q>.')
    text = rewritten(plain, rewriting.other_nation(plain, random.Random(3))).text
    assert any(text.strip() == f"Mara Quill said {capital} is kind." for _, capital, _ in rewriting._states())


def test_other_words_stand_within_the_marks() -> None:
    plain = article('<q a="Mara Quill">“We lost it,”</q> <c>said</c> <s>Mara Quill</s>.')
    text = rewritten(plain, rewriting.other_quotation(plain, "Mara Quill", ["It rains here"], random.Random(0))).text
    assert text.strip() == "“It rains here,” said Mara Quill."
    assert rewriting.other_quotation(plain, "Odo Finch", ["It rains here"], random.Random(0)) == []


def test_quotations_that_can_be_lent_name_nobody(authored: list[LabelledArticle]) -> None:
    said = rewriting.quotations(authored)
    assert len(said) > 20
    for text in said:
        assert not any(word[0].isupper() for word in text.split()[1:])


def test_of_a_quotation_in_two_parts_none_is_lent() -> None:
    whole = '<q a="Mara Quill">“It rains here and nobody goes,”</q> <c>said</c> <s>Mara Quill</s>'
    assert rewriting.quotations([article(f"{whole}.")]) == ["It rains here and nobody goes"]
    assert rewriting.quotations([article(f"{whole}, <q>“and all is well.”</q>")]) == []


def test_boilerplate_stands_in_lines_of_its_own() -> None:
    plain = article('<q a="Mara Quill">“Lost,”</q> <c>said</c> <s>Mara Quill</s>.\n\nIt rains.\n\nThe end.')
    edits = rewriting.boilerplate(plain, random.Random(0))
    assert len(edits) == 2
    lines = rewritten(plain, edits).text.split("\n\n")
    assert [line.strip() for line in lines if line in plain.text] == plain.text.strip().split("\n\n")[: len(lines)]
    assert len(lines) == 5


def test_no_more_than_three_lines_are_put_in() -> None:
    plain = article('<q a="Mara Quill">“Lost,”</q> <c>said</c> <s>Mara Quill</s>.' + "\n\nIt rains." * 9)
    assert len(rewriting.boilerplate(plain, random.Random(0))) == 3


def test_what_is_put_in_stands_before_its_offset() -> None:
    text, moved = edited("ab", [(1, 1, "xx")])
    assert (text, moved(0), moved(1), moved(2)) == ("axxb", 0, 3, 4)


@given(st.text(max_size=30), st.data())
def test_offsets_follow_what_they_pointed_at(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4, unique=True)))
    edits = [(a, b, data.draw(st.text(max_size=3))) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    after, moved = edited(text, edits)
    kept = [k for k in range(len(text)) if not any(a <= k < b for a, b, _ in edits)]
    assert all(after[moved(k + 1) - 1] == text[k] for k in kept if not any(a == k + 1 == b for a, b, _ in edits))
    assert moved(len(text)) == len(after)
