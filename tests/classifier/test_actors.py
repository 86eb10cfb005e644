"""Actors: each speaker once, under the fullest name, whatever a quote's source calls him, her or it."""

import numpy as np
import pytest
from hypothesis import given, settings
from invariants import SCRAPS, parts, predict, resolved

from topic_stance.classifier import Pipeline
from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.antecedents import MOST_CANDIDATES, list_candidates
from topic_stance.classifier.context import context
from topic_stance.classifier.lexicon import lexicon
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.scene import make_scene
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.sources import N_SOURCE, read_source

BOAT = "“We shall search every boat in the basin,”"


def actors(pipeline: Pipeline, text: str) -> list[str]:
    return [actor.name for actor in predict(pipeline, text).actors]


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        (f"Inspector Mara Quill came to the port on Monday. {BOAT} she said.", "she", "Mara Quill"),
        (f"Mr. Abel Tonk came to the port on Monday. {BOAT} he said.", "he", "Abel Tonk"),
        (f"Sarah Tonk and Mr. Robert Marr met on Monday. {BOAT} she said.", "she", "Sarah Tonk"),
    ],
)
def test_a_pronoun_is_whom_it_stands_for(shipped: Pipeline, text: str, pronoun: str, name: str) -> None:
    prediction = predict(shipped, text)
    ((_, _, source, _, actor),) = parts(text, prediction)
    assert source == pronoun
    assert actor == name
    (found,) = prediction.actors
    assert found.type == "person"
    place = text.index(f" {pronoun} said") + 1
    assert (place, place + len(pronoun)) in found.mentions


def test_a_pronoun_is_not_one_of_another_gender(shipped: Pipeline) -> None:
    text = f"Sarah Tonk met Robert Marr at the quay on Monday. {BOAT} he said. “Let them,” she said."
    assert [actor for *_, actor in parts(text, predict(shipped, text))] == ["Robert Marr", "Sarah Tonk"]


def test_the_fullest_name_is_taken(shipped: Pipeline) -> None:
    text = (
        f"Mara Quill came to the port on Monday. {BOAT} Quill said. Mr. Dobbs was at home. "
        "“Nobody leaves before noon,” Quill added."
    )
    prediction = predict(shipped, text)
    assert [actor.name for actor in prediction.actors] == ["Mara Quill"]
    assert [text[a:b] for a, b in prediction.actors[0].mentions] == ["Mara Quill", "Quill", "Quill"]


def test_the_fullest_name_may_come_later(shipped: Pipeline) -> None:
    text = f"{BOAT} Quill said on Monday. Mara Quill has led the harbour police since spring."
    assert actors(shipped, text) == ["Mara Quill"]


def test_a_word_from_the_middle_of_a_name(shipped: Pipeline) -> None:
    text = f"Juan Carlos Velmo Quiller came to the port on Monday. {BOAT} Velmo said."
    assert actors(shipped, text) == ["Juan Carlos Velmo Quiller"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Senator Mara Quill, Democrat of Vermont", "Mara Quill"),
        ("Representative Abel Tonk, Republican of New York", "Abel Tonk"),
        ("Sadiq Velm, Mayor of London", "Sadiq Velm"),
        ("Secretary of State Abel Tonk", "Abel Tonk"),
        ("Harbour Security Bureau (HSB) Director-General Anders Velm", "Anders Velm"),
        ("Ethics and Eel Commission chairman Anders Velm", "Anders Velm"),
        ("April Ryle", "April Ryle"),
        ("Legislator Anders Velm", "Anders Velm"),
        ("The officer, Supt. Mara Quill,", "Mara Quill"),
        ("Brig. Gen. Anders Velm", "Anders Velm"),
        ("His uncle, Kemal,", "Kemal"),
        ("Her husband Jaswinder", "Jaswinder"),
        ("The regional head of the Ministry of Eel Affairs Sergei Velm", "Sergei Velm"),
        ("The director of the Institute of Eels Sarah Velm", "Sarah Velm"),
        ("The director of the Institute of Eels Sarah Jane Velm", "Sarah Jane Velm"),
        ("The head of the Bank of Nova Orrin", "head of the Bank of Nova Orrin"),
        ("The head of the University of North Carolina Orrin", "head of the University of North Carolina Orrin"),
        ("U.S. special envoy for Norway Brian Velm", "Brian Velm"),
        ("Orrin CM Sarah Velm", "Sarah Velm"),
        ("rivals such as Sarah Velm", "rivals"),
        ("harbour critics including Sarah Velm", "harbour critics"),
    ],
)
def test_the_person_beside_an_office_or_a_body(shipped: Pipeline, source: str, name: str) -> None:
    assert actors(shipped, f"The port was shut. {BOAT} said {source}.") == [name]


@pytest.mark.parametrize("when", ["In April", "Since last June"])
def test_a_month_before_a_name_is_no_part_of_it(shipped: Pipeline, when: str) -> None:
    assert actors(shipped, f"The port was shut. {when} Mara Quill said that every boat would be searched.") == [
        "Mara Quill"
    ]


def test_an_office_says_more_than_mr(shipped: Pipeline) -> None:
    text = f"President Anders Velm came to the port on Monday. {BOAT} Mr. Velm said."
    (actor,) = predict(shipped, text).actors
    assert actor.description == "President"


@pytest.mark.parametrize(
    ("source", "name", "title"),
    [
        ("Chief Inspector Mara Quill", "Mara Quill", "Chief Inspector"),
        ("President Anders Velm", "Anders Velm", "President"),
        ("Foreign Minister Qadir Sollo", "Qadir Sollo", "Foreign Minister"),
        ("Sen. Abel Tonk", "Abel Tonk", "Sen."),
        ("Mr. Abel Tonk", "Abel Tonk", ""),
    ],
)
def test_titles_are_taken_off_and_told(shipped: Pipeline, source: str, name: str, title: str) -> None:
    text = f"The port was shut. {BOAT} said {source} on Monday."
    (actor,) = predict(shipped, text).actors
    assert (actor.name, actor.type) == (name, "person")
    assert actor.description.rstrip(".") == title.rstrip(".")
    assert [text[a:b] for a, b in actor.mentions] == [source]


@pytest.mark.parametrize(("first", "second"), [("Jo", "John"), ("Christophe", "Christopher"), ("Robert", "Sarah")])
def test_given_names_that_only_begin_alike_are_two(shipped: Pipeline, first: str, second: str) -> None:
    text = f"{BOAT} {first} Marr said on Monday.\n\n“The fares will rise in the spring,” {second} Marr said."
    assert actors(shipped, text) == [f"{first} Marr", f"{second} Marr"]


@pytest.mark.parametrize("shared", ["Velmo", "Sarah"])
def test_a_word_of_two_names_is_neither(shipped: Pipeline, shared: str) -> None:
    names = ("Juan Velmo Quiller", "Pedro Velmo Ruiz") if shared == "Velmo" else ("Sarah Quiller", "Sarah Tonk")
    text = f"{names[0]} met {names[1]} at the port on Monday. {BOAT} {shared} said."
    assert not set(actors(shipped, text)) & set(names)


def test_who_is_only_named_in_a_quotation_is_not_he(shipped: Pipeline) -> None:
    text = f"Abel Tonk came to the port on Monday. “I have never met Mr. Robert Marr in my life.” {BOAT} he said."
    assert actors(shipped, text)[-1] == "Abel Tonk"


def test_they_is_a_body_rather_than_a_person(shipped: Pipeline) -> None:
    text = f"The Eel Board met in Orrin. Abel Tonk came, too. {BOAT} they said."
    assert actors(shipped, text) == ["Eel Board"]


def test_father_and_son_of_one_name_are_two(shipped: Pipeline) -> None:
    text = (
        f"Robert Marr was at the quay with his son, Robert Marr Jr., on Monday. {BOAT} Robert Marr said.\n\n"
        "“The fares will rise in the spring,” Marr Jr. said."
    )
    assert actors(shipped, text) == ["Robert Marr", "Robert Marr Jr."]


def test_a_last_name_may_be_that_of_a_junior(shipped: Pipeline) -> None:
    text = f"Robert Marr Jr. was at the quay on Monday. {BOAT} Marr said."
    assert actors(shipped, text) == ["Robert Marr Jr."]


def test_a_nickname_is_part_of_the_name(shipped: Pipeline) -> None:
    for nickname in ("“Cod”", '"Cod"', "(Cod)"):
        text = f"Robert {nickname} Marr came to the quay on Monday. {BOAT} Marr said."
        assert actors(shipped, text) == ["Robert Cod Marr"]


def test_two_of_one_first_and_last_name_are_two(shipped: Pipeline) -> None:
    text = (
        f"Robert Abel Marr met Robert Anders Marr at the quay. {BOAT} Robert Abel Marr said.\n\n"
        "“The fares will rise in the spring,” Robert Anders Marr said."
    )
    assert actors(shipped, text) == ["Robert Abel Marr", "Robert Anders Marr"]
    assert actors(shipped, text.replace("Anders", "A.")) == ["Robert Abel Marr"]


def test_a_bureau_is_no_person(shipped: Pipeline) -> None:
    text = f"Sarah Tonk came to the port on Monday. {BOAT} Tonk said. The bureau said that the boats were safe."
    assert actors(shipped, text) == ["Sarah Tonk", "bureau"]


def test_two_of_one_last_name_are_two(shipped: Pipeline) -> None:
    text = (
        "Sarah Tonk runs the ferry and Robert Tonk runs the quay. “The fares will fall in the spring,” Sarah Tonk said."
        "\n\n“The fares will rise in the spring,” Robert Tonk said."
    )
    assert actors(shipped, text) == ["Sarah Tonk", "Robert Tonk"]


def test_a_government_is_called_by_its_country(shipped: Pipeline) -> None:
    text = (
        "France and Norway signed a treaty on cod. France said that the treaty would end the dispute between the two "
        "countries. “We are pleased with the text,” Paris said."
    )
    (actor,) = predict(shipped, text).actors
    assert (actor.name, actor.type) == ("France", "state")
    assert "Paris" in [text[a:b] for a, b in actor.mentions]


def test_an_organization_speaks_for_itself(shipped: Pipeline) -> None:
    text = "The Ministry of Fisheries said on Monday that the eel tax would be doubled in the spring."
    (actor,) = predict(shipped, text).actors
    assert actor.name.endswith("Ministry of Fisheries")
    assert actor.type == "organization"


def test_each_actor_stands_there_once(shipped: Pipeline) -> None:
    text = (
        f"{BOAT} said Mara Quill.\n\n“That is a lie,” said Odo Finch, a skipper.\n\n“It is not,” Quill said.\n\n"
        "“It is,” Finch replied.\n\nQuill said that the search would go on."
    )
    prediction = predict(shipped, text)
    assert [actor.name for actor in prediction.actors] == ["Mara Quill", "Odo Finch"]


@settings(max_examples=100, deadline=None)
@given(SCRAPS)
def test_any_text_and_a_quote_after_it(shipped: Pipeline, text: str) -> None:
    whole = f"{text}\n\n{BOAT} said Mara Quill, who leads the harbour police of the old port at Orrin."
    predict(shipped, whole)


LARGE = {
    "names": " ".join(f"Then Abel{k} Tonk{k} came." for k in range(20_000)),
    "names apart": " ".join(f"then came A{'xyz'[k % 3] * (k % 7)} T{'onk' * (k % 5)}a" for k in range(20_000)),
    "one name": "then Mara Quill came and " * 20_000,
    "one run": "Mara " * 20_000,
    "one last name": " ".join(f"then came A{chr(97 + k % 26)}{k % 997} Tonk and" for k in range(8_000)),
    "a last name on its own": "then came Sarah Tonk and Robert Tonk and " + "then Tonk came and " * 20_000,
    "initials": "then came A. B. C. D. E. F. and " * 8_000,
    "offices": "then came the Ministry of Eels of Orrin of France and " * 8_000,
    "speakers": " ".join(f"Then “we shall pay the tax,” said Abel{k} Tonk{k}." for k in range(2_000)),
    "pronouns": "Mara Quill came. " + "“We shall pay the tax,” she said. " * 3_000,
    "descriptions": " ".join(f"“We shall pay the tax,” said a skipper from quay {k}." for k in range(2_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_texts_are_read(shipped: Pipeline, name: str) -> None:
    """Each would take minutes if the work grew with the square of the number of names."""
    prediction = predict(shipped, LARGE[name])
    if name in ("speakers", "pronouns"):
        assert len(prediction.quotes) > 1_000
        assert prediction.actors


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # an abbreviation in brackets is another form of the name before it
        (f"The Orrin Eel Growers Union (OEGU) met on Monday. {BOAT} the OEGU said.", "Orrin Eel Growers Union"),
        # so is one of the first letters
        (f"The Harbour Police Council met on Monday. {BOAT} the HPC said.", "Harbour Police Council"),
        # a hyphen does not hide a title
        (f"Nothing moved on Monday. {BOAT} said Secretary-General Abel Tonk.", "Abel Tonk"),
        # a letter is its author's word
        (f"Abel Tonk wrote on Monday. {BOAT} said a letter from Abel Tonk.", "Abel Tonk"),
        (f"Abel Tonk wrote on Monday. {BOAT} Tonk's letter said.", "Abel Tonk"),
        # a state has one name, also where its capital stands for it
        (f"PARIS was quiet and France was calm. {BOAT} Paris said.", "France"),
    ],
)
def test_other_forms_of_a_name(shipped: Pipeline, text: str, name: str) -> None:
    assert actors(shipped, text) == [name]


def test_a_title_ends_with_its_line(shipped: Pipeline) -> None:
    text = f"The port was shut on Monday, the police said.\nEconomy\nPresident Abel Tonk was there. {BOAT} Tonk said."
    found = {actor.name: actor.description for actor in predict(shipped, text).actors}
    assert found["Abel Tonk"] == "President"


def test_without_quotes_there_are_no_actors(shipped: Pipeline) -> None:
    tokens = tokenize("Mara Quill was at the port.")
    heads = shipped.bundle.heads
    where = context(tokens, heads.quotes.words, heads.quotes.tagger)
    actors = resolve_actors("Mara Quill was at the port.", tokens, where, quote_spans([]), heads.actors)
    assert actors.entities == []
    assert actors.speakers.shape == (0,)


@pytest.mark.parametrize(
    ("full", "source", "name"),
    [
        # the last name is also a word, a month, a state
        ("Robert Short", "Short", "Robert Short"),
        ("Prime Minister Theresa May", "May", "Theresa May"),
        ("Robert Jordan", "Jordan", "Robert Jordan"),
        ("Mr. Robert Tonk", "TONK", "Robert Tonk"),
        # the family's name comes first
        ("Jiang Wen", "Jiang", "Jiang Wen"),
        ("Jiang Wen", "Ms. Jiang", "Jiang Wen"),
        ("Qadir al-Sollo", "Sollo", "Qadir al-Sollo"),
        ("President Qadir al-Sollo", "Mr. Sollo", "Qadir al-Sollo"),
        # bodies
        ("The Orrin Eel Times", "The Times", "Orrin Eel Times"),
        ("the Orrin Supreme Court", "the Court", "Orrin Supreme Court"),
    ],
)
def test_a_short_form_is_whom_it_stands_for(shipped: Pipeline, full: str, source: str, name: str) -> None:
    text = f"On Monday {full} came to the port. It was quiet. Then {source} said the tax will rise."
    assert [entity.text for entity in resolved(shipped, text, source).entities] == [name]


@pytest.mark.parametrize(
    ("other", "source", "name"),
    [
        ("Robert Jordan and Sarah Jordan", "Jordan", "Jordan"),
        ("the White House", "the House", "House"),
        ("the Orrin Forest", "Orrin", "Orrin"),
        ("Jiang WEN", "Jiang", "Jiang"),
    ],
)
def test_a_word_of_another_name_is_not_that_name(shipped: Pipeline, other: str, source: str, name: str) -> None:
    text = f"On Monday {other} had no news. Then {source} said the tax will rise."
    assert [entity.text for entity in resolved(shipped, text, source).entities] == [name]


def test_a_state_is_no_person_who_is_named_later(shipped: Pipeline) -> None:
    text = "On Monday Jordan said the tax will rise. Robert Jordan was at home."
    assert [(actor.name, actor.type) for actor in predict(shipped, text).actors] == [("Jordan", "state")]


def test_that_said_is_no_quote(shipped: Pipeline) -> None:
    text = "The tax will rise by a third. That said, the growers will still come to the port on Monday."
    assert predict(shipped, text).quotes == []
    (quote,) = predict(shipped, text.replace("That said,", "That growers' union said")).quotes
    assert quote.actor is not None


def test_a_name_ends_before_a_verb_in_capitals(shipped: Pipeline) -> None:
    (actor,) = predict(shipped, "Abel Tonk Says The Growers Will Come To The Port").actors
    assert actor.name == "Abel Tonk"


def test_a_name_is_a_subject_where_any_of_its_words_is(shipped: Pipeline) -> None:
    text = "Senator Sarah Tonk met Robert Marr. She said the tax will rise."
    tokens = tokenize(text)
    heads = shipped.bundle.heads
    where = context(tokens, heads.quotes.words, heads.quotes.tagger)
    she = int(np.searchsorted(tokens.start, text.index("She")))
    quotes = quote_spans([FoundQuote([(she + 2, she + 6)], (she + 1, she + 2), (she, she + 1), "indirect")])
    scene = make_scene(tokens, where, quotes, lexicon())
    source = np.zeros(N_SOURCE, np.int32)
    read_source(scene, 0, source)
    list_candidates(scene, 0, source, np.zeros(MOST_CANDIDATES, np.int32))
    assert scene.recent[scene.of_name, 3].tolist() == [1, 0]


@pytest.mark.parametrize(
    "speakers",
    [
        ("the Lindqvist campaign", "the Okafor campaign"),
        ("the Tonk administration", "the Marr administration"),
        ("the state department", "the justice department"),
        ("Norwegian officials", "Swedish officials"),
    ],
)
def test_bodies_of_one_noun_and_other_names_are_two(shipped: Pipeline, speakers: tuple[str, str]) -> None:
    first, second = speakers
    text = f"{BOAT} {first} said on Monday. “Nobody leaves before noon,” {second} said later."
    assert actors(shipped, text) == [speaker.removeprefix("the ") for speaker in speakers]


def test_a_department_is_no_other_body(shipped: Pipeline) -> None:
    text = f"The White House said the port was shut. {BOAT} the justice department said on Monday."
    assert actors(shipped, text) == ["White House", "justice department"]


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("The Tonk Company", "the Orrin-based company"),
        ("Tonk Motor Company", "the car company"),
        ("The company", "the Orrin-based company"),
    ],
)
def test_a_body_may_be_described_anew(shipped: Pipeline, name: str, description: str) -> None:
    text = f"{BOAT} {name} said on Monday. “Nobody leaves before noon,” {description} said later."
    assert actors(shipped, text) == [name.removeprefix("The ")]
