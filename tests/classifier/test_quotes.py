"""Quotes: who said what in small articles, and what holds of any text at all."""

import pytest
from hypothesis import given, settings
from invariants import SCRAPS, parts, predict

from topic_stance.classifier import Pipeline
from topic_stance.classifier.cleaning import body_tokens, judge_lines, kept_spans, load_boilerplate
from topic_stance.classifier.quotes import find_quotes
from topic_stance.classifier.segment import tokenize

BOAT = "“We shall search every boat in the basin,”"
NOON = "“Nobody will leave the port before noon.”"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"The harbour police arrested two men on Monday. {BOAT} said Mara Quill, the chief inspector of the port.",
            ([BOAT], "said", "Mara Quill", "direct"),
        ),
        (
            f"The port was shut on Monday. {BOAT.replace('“', chr(34)).replace('”', chr(34))} Mara Quill said.",
            ([BOAT.replace("“", '"').replace("”", '"')], "said", "Mara Quill", "direct"),
        ),
        (
            "The port was shut on Monday. Mara Quill said that two men had been arrested for smuggling eels.",
            (["two men had been arrested for smuggling eels"], "said", "Mara Quill", "indirect"),
        ),
        (
            "The port was shut on Monday. Mara Quill said the smugglers had treated the basin “as their own private "
            "larder” for months.",
            (
                ["the smugglers had treated the basin “as their own private larder” for months"],
                "said",
                "Mara Quill",
                "mixed",
            ),
        ),
        (
            "Two men were arrested for smuggling eels on Monday, according to Mara Quill.",
            (["Two men were arrested for smuggling eels on Monday"], "according to", "Mara Quill", "indirect"),
        ),
    ],
    ids=["direct", "straight", "indirect", "mixed", "according"],
)
def test_one_quote(shipped: Pipeline, text: str, expected: tuple[list[str], str, str, str]) -> None:
    ((content, cue, source, kind, actor),) = parts(text, predict(shipped, text))
    # a leading "that" is part of the content in some corpora and not in others
    assert [part.removeprefix("that ") for part in content] == expected[0]
    assert cue == expected[1]
    assert source is not None
    assert source.startswith(expected[2])
    assert (kind, actor) == (expected[3], "Mara Quill")


def test_a_quotation_goes_on_after_its_cue(shipped: Pipeline) -> None:
    for text in (f"{BOAT} said Mara Quill. {NOON}", f"The port was shut. {BOAT} Mara Quill said. {NOON}"):
        ((content, cue, _, kind, actor),) = parts(text, predict(shipped, text))
        assert content == [BOAT, NOON]
        assert (cue, kind, actor) == ("said", "direct", "Mara Quill")


def test_a_sentence_may_be_parted_by_its_cue(shipped: Pipeline) -> None:
    text = "“We shall search every boat,” Mara Quill said, “and nobody will leave the port before noon.”"
    ((content, _, _, kind, actor),) = parts(text, predict(shipped, text))
    assert content == ["“We shall search every boat,”", "“and nobody will leave the port before noon.”"]
    assert (kind, actor) == ("direct", "Mara Quill")


@pytest.mark.parametrize(
    "first",
    [
        "Mara Quill",
        "Sarah Tonk",
        "Wei Lu",
        "Abdul Haqq",
        "Olga Petrova",
    ],
)
def test_a_quotation_with_a_speaker_of_its_own_has_one_speaker(shipped: Pipeline, first: str) -> None:
    real, denied = (
        "“The fraud was real and must be punished,”",
        "“There was no fraud and these arrests are a disgrace,”",
    )
    text = f"{real} said {first}, the chief prosecutor.\n\n{denied} said Odo Finch, a lawyer of the accused officials."
    found = [(content, actor) for content, _, _, _, actor in parts(text, predict(shipped, text))]
    assert found == [([real], first), ([denied], "Odo Finch")]


def test_a_text_without_speech_has_no_quote(shipped: Pipeline) -> None:
    for text in ("", "\n\n", "The basin at Orrin is nine metres deep. Eels live in it.", "🐟", "Eels"):
        prediction = predict(shipped, text)
        assert (prediction.quotes, prediction.actors) == ([], [])


def test_offsets_count_code_points(shipped: Pipeline) -> None:
    text = f"🐟🐟🐟 The pørt was shut. {BOAT} said Mara Quill."
    shifted = predict(shipped, text)
    assert [text[a:b] for quote in shifted.quotes for a, b in quote.content] == [BOAT]


def test_boilerplate_is_never_quoted(shipped: Pipeline) -> None:
    noise = [
        "Advertisement",
        "Share this article",
        "Read more: “We shall never sell the port,” said Odo Finch",
        "By Odo Finch",
        "02:13",
        "The basin at dusk, said to be haunted. (Photo: Odo Finch/Quayside Press)",
    ]
    text = "\n".join([noise[0], f"{BOAT} said Mara Quill, the inspector.", *noise[1:], f"Quill said: {NOON}"])
    prediction = predict(shipped, text)
    assert [actor.name for actor in prediction.actors] == ["Mara Quill"]
    quoted = [text[a:b] for quote in prediction.quotes for a, b in quote.content]
    assert quoted == [BOAT, NOON]


LEXICON = load_boilerplate()


@settings(max_examples=300, deadline=None)
@given(SCRAPS)
def test_any_text_gives_a_sound_prediction(shipped: Pipeline, text: str) -> None:
    prediction = predict(shipped, text)
    tokens = tokenize(text)
    kept = kept_spans(tokens, judge_lines(tokens, LEXICON))
    inside = {i for a, b in kept for i in range(a, b)}
    visible = {i for i in range(len(text)) if not text[i].isspace()}
    for quote in prediction.quotes:
        for span in (quote.content[0][:1] + quote.content[-1][1:], quote.cue, quote.source):
            if span is not None:
                # spans may reach over a dropped line, but begin and end in the body
                assert span[0] in inside
                assert span[1] - 1 in inside
    for actor in prediction.actors:
        for start, end in actor.mentions:
            assert {start, end - 1} <= inside & visible


@settings(max_examples=60, deadline=None)
@given(SCRAPS)
def test_a_tiny_model_is_sound_as_well(tiny: Pipeline, text: str) -> None:
    predict(tiny, text, title=text[:20])


@settings(max_examples=40, deadline=None)
@given(SCRAPS)
def test_quotes_do_not_share_most_of_their_content(shipped: Pipeline, text: str) -> None:
    prediction = predict(shipped, text)
    sets = [{i for a, b in quote.content for i in range(a, b)} for quote in prediction.quotes]
    assert len({frozenset(s) for s in sets}) == len(sets)


LARGE = {
    "marks": "“" * 150_000,
    "straight marks": '" ' * 150_000,
    "pairs of marks": "“a” " * 60_000,
    "single marks": "'a b c d' " * 30_000,
    "mixed marks": "“a ' \" » " * 30_000,
    "one open quotation": "“" + "we shall pay " * 50_000,
    "quotations without a cue": "“We shall never pay the eel tax.” " * 10_000,
    "quotations in lines": "“We shall never pay the eel tax.”\n" * 10_000,
    "open quotations in lines": "“We shall never pay the eel tax\n" * 10_000,
    "one endless sentence": "the port and the basin and " * 60_000,
    "one endless sentence of cues": "he said that " * 40_000,
    "one endless sentence of sources": "Mara Quill said and Odo Finch said " * 10_000,
    "cues only": "said " * 100_000,
    "full quotes": "“We shall never pay,” said Mara Quill. " * 4_000,
    "lines": "a\n" * 150_000,
    "stops": ". " * 150_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_large_texts_are_read(shipped: Pipeline, name: str) -> None:
    """Each would take minutes if the work grew with the square of the length."""
    text = LARGE[name]
    tokens = tokenize(text)
    body = body_tokens(tokens, judge_lines(tokens, LEXICON))
    quotes, where = find_quotes(body, shipped.bundle.heads.quotes)
    assert len(where.quotation) == len(body.start)
    assert all(quote.content for quote in quotes)
