"""What a source names by its own words: whom, under which name and of what kind, whatever stands beside the name."""

import pytest
from invariants import predict, resolved

from topic_stance.classifier import Pipeline
from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.context import context
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.segment import tokenize


def test_punctuation_is_no_mention(shipped: Pipeline) -> None:
    actors = resolved(shipped, "Mara Quill met the press on Monday. & said the tax will rise.", "&")
    for entity in actors.entities:
        assert entity.name
        assert (8, 9) not in entity.mentions


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Mayor Sarah Tonk (N-Orrin) and Rep. Robert Marr", "Sarah Tonk and Robert Marr"),
        ("Sens. Sarah Tonk, N-Orrin, and Robert Marr, N-Velm", "Sarah Tonk and Robert Marr"),
        ("Sarah Tonk, a friend of trout and Robert Marr", "Sarah Tonk"),
        ("Sarah Tonk of the Institute of Eels and Trout", "Sarah Tonk"),
        ("the Institute of Eels and Trout", "Institute of Eels and Trout"),
        ("Sarah Tonk herself", "Sarah Tonk"),
        ("Tonk angrily", "Sarah Tonk"),
        ("an indictment filed in May by Sarah Tonk", "Sarah Tonk"),
        ("a letter sent on Monday by Robert Marr", "Robert Marr"),
        ("letters seen by Sarah Tonk", "letters seen by Sarah Tonk"),
        ("More than 2,000 ferrymen", "More than 2,000 ferrymen"),
    ],
)
def test_what_a_source_says_by_itself(shipped: Pipeline, source: str, name: str) -> None:
    text = f"Sarah Tonk met Robert Marr at the Institute of Eels and Trout on Monday. {source} said the tax will rise."
    actors = resolved(shipped, text, source)
    assert [entity.text for entity in actors.entities] == [name]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        # a body may own a part of its name, which a person's office does not make its own
        ("the Orrin Sheriff's Office", "Orrin Sheriff's Office"),
        ("the Velm Ferrymen and Teachers' Union", "Velm Ferrymen and Teachers' Union"),
        ("Sarah Tonk's Eel Office", "Eel Office"),
        ("Norway's Eel Ministry", "Eel Ministry"),
        ("the Food and Eel Commission", "Food and Eel Commission"),
        ("the Campaign for a Clean Harbour", "Campaign for a Clean Harbour"),
        ("the Orrin Sun-Times", "Orrin Sun-Times"),
        ("Al-Tonkiya", "Al-Tonkiya"),
        # whoever holds the office that a source begins with
        ("Chairman of the Joint Eel Chiefs Gen. Robert Marr", "Robert Marr"),
        ("Orrin Committee on Eels Chairman Robert Marr", "Robert Marr"),
        ("the paper's editor-in-chief Robert Marr", "Robert Marr"),
        ("the former head of the Eel Agency, Vice Adm. Robert Marr", "Robert Marr"),
        ("the Chair of the House of Eels Committee, Robert Marr", "Robert Marr"),
        ("A spokesman for Prime Minister Robert Marr", "A spokesman for Prime Minister Robert Marr"),
        ("A lawyer representing Robert Marr", "A lawyer representing Robert Marr"),
        ("a skipper named Robert Marr", "Robert Marr"),
        # of one person two offices or callings, of two persons one each
        ("trade and finance minister Robert Marr", "Robert Marr"),
        ("historian and journalist Robert Marr", "Robert Marr"),
        ("Health and Eel Services Secretary Robert Marr", "Robert Marr"),
        ("Orrin Energy and Eels Committee Chairman Robert Marr", "Robert Marr"),
        ("growers and Robert Marr", "growers and Robert Marr"),
        ("the president and Attorney General Robert Marr", "president and Attorney General Robert Marr"),
        ("Sarah Tonk and historian Robert Marr", "Sarah Tonk and Robert Marr"),
        # what comes after a last name, or before it
        ("Robert Marr Jr.", "Robert Marr Jr."),
        ("Robert Marr, Jr.", "Robert Marr, Jr."),
        ("Orrin, Md.", "Orrin"),
        ("Robert King III", "Robert King III"),
        ("President Abel al-Tonk", "Abel al-Tonk"),
        # a body's field, and the article of its name
        ("the Orrin Council on Eel Relations", "Orrin Council on Eel Relations"),
        ("the Select Committee on Eels", "Select Committee on Eels"),
        ("The Orrin Eel Times", "Orrin Eel Times"),
        ("WHO officials", "WHO officials"),
        # a month may be a name
        ("Prime Minister Theresa May", "Theresa May"),
        # the phrase before a comma and the name of what it describes
        ("his company, Orrin Eel Group", "Orrin Eel Group"),
        ("Abel Tonk, District Judge Robert Marr", "Robert Marr"),
        # two persons by what they are
        ("Eel envoy Sarah Tonk and Norway's port chief Robert Marr", "Sarah Tonk and Robert Marr"),
        # a possessive with nothing after it, and with something
        ("Robert Marr's", "Robert Marr"),
        ("Robert Marr's boat", "Robert Marr's boat"),
        ("Robert Marr waving the bill", "Robert Marr"),
        # a list is not the first in it
        ("Norway, Spain and the other states", "Norway, Spain and the other states"),
        ("Some Norwegians", "Some Norwegians"),
        # time, and what else belongs to no noun
        ("President Robert Marr Saturday", "Robert Marr"),
        ("the Marr administration late on Monday night", "Marr administration"),
        ("growers in 1947", "growers"),
        ("growers in recent days", "growers"),
        ("a letter sent on Monday", "a letter sent on Monday"),
        ("the growers have", "growers"),
        ("a move growers", "growers"),
        ("a dozen growers", "a dozen growers"),
    ],
)
def test_a_source_with_more_or_less_than_a_name(shipped: Pipeline, source: str, name: str) -> None:
    actors = resolved(shipped, f"It was quiet in Orrin, and {source} said the tax will rise.", source)
    assert [entity.text for entity in actors.entities] == [name]


@pytest.mark.parametrize("source", ["who was at the port on Monday", "a former minister"])
def test_what_stands_after_a_name_is_whom_it_names(shipped: Pipeline, source: str) -> None:
    text = f"Robert Marr, {source}, said the tax will rise."
    assert [entity.text for entity in resolved(shipped, text, source).entities] == ["Robert Marr"]


def test_nobody_is_two(shipped: Pipeline) -> None:
    source = "Mara Quill (N-Orrin) and Quill"
    actors = resolved(shipped, f"Mara Quill was at the port. Then {source} said the tax will rise.", source)
    assert [entity.text for entity in actors.entities] == ["Mara Quill"]


@pytest.mark.parametrize("source", ["he", "he this morning", "he, like the others,", "who was there"])
def test_a_pronoun_with_more_is_a_pronoun(shipped: Pipeline, source: str) -> None:
    text = f"Mr. Abel Tonk came to the port. On Monday {source} said the tax will rise."
    assert [entity.text for entity in resolved(shipped, text, source).entities] == ["Abel Tonk"]


@pytest.mark.parametrize("source", ["he and his wife", "her lawyer", "I.J. Marr"])
def test_what_only_begins_with_a_pronoun_is_somebody_else(shipped: Pipeline, source: str) -> None:
    text = f"Sarah Tonk came to the port. On Monday {source} said the tax will rise."
    assert [entity.text.split()[-1] for entity in resolved(shipped, text, source).entities] == [source.split()[-1]]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("a group of Orrin growers", "group"),
        ("a majority of the growers", "group"),
        ("a number of other groups", "group"),
        ("a series of angry posts", "document"),
        ("a pair of senators", "group"),
        ("a string of women", "group"),
        ("ICE officials and the Eel Office", "group"),
        ("the excerpts", "document"),
        ("the trade and industry ministry", "organization"),
        ("the Foreign and Commonwealth Office", "organization"),
        ("the host of the show", "person"),
        ("a variety of experts", "group"),
        ("CNN", "organization"),
        ("the Orrin Telegraph", "organization"),
        ("US", "state"),
        ("the Orrin military", "organization"),
        ("55% of the growers", "group"),
        ("Forty percent of the growers", "group"),
        ("House Democrats", "group"),
        ("the Union of Orrin Growers", "organization"),
        ("the group", "organization"),
    ],
)
def test_what_kind_of_actor_a_phrase_is(shipped: Pipeline, source: str, kind: str) -> None:
    text = f"It was quiet in Orrin, and {source} said the tax will rise."
    assert [entity.type for entity in resolved(shipped, text, source).entities] == [kind]


@pytest.mark.parametrize("between", [", R-Ky., ", " (D-N.Y.), "])
def test_a_party_and_a_state_are_nobody(shipped: Pipeline, between: str) -> None:
    text = f"Sen. Ana Li{between}who wrote that the tax will rise, was at home. “It will not,” said Ana Li D-Calif."
    prediction = predict(shipped, text)
    assert [actor.name for actor in prediction.actors] == ["Ana Li"]
    assert len(prediction.quotes) == 2


def test_a_source_may_begin_and_end_anywhere(shipped: Pipeline) -> None:
    """A learned span may begin within a name, end within another, or hold punctuation only."""
    text = "Then Jean Paul Marie Odile Quill and police, (who agreed) “the Port & the Ministry of Eels of Orrin” said."
    tokens = tokenize(text)
    heads = shipped.bundle.heads
    where = context(tokens, heads.quotes.words, heads.quotes.tagger)
    n = len(tokens.start)
    for begin in range(n):
        for end in range(begin + 1, n + 1):
            quote = FoundQuote([(0, 1)], None, (begin, end), "indirect")
            actors = resolve_actors(text, tokens, where, quote_spans([quote]), heads.actors)
            assert actors.speakers.tolist() in ([-1], [0])
            assert all(entity.name for entity in actors.entities)
