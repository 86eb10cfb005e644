"""Quotes: who said what in small articles, and what holds of any text at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS, parts, predict

from topic_stance.classifier import Pipeline
from topic_stance.classifier.assembly import Spans
from topic_stance.classifier.cleaning import body_tokens, judge_lines, kept_spans, load_boilerplate
from topic_stance.classifier.columns import CUE_LEVEL
from topic_stance.classifier.context import context
from topic_stance.classifier.links import LINK_TEMPLATES, likelier, link_features, windows
from topic_stance.classifier.quotes import (
    LINK_TAGS,
    FoundQuote,
    find_attributions,
    find_quotes,
    find_spans,
    found_quotes,
    quote_spans,
)
from topic_stance.classifier.segment import tokenize
from topic_stance.data.records import KINDS

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
            "The port was shut on Monday. Mara Quill said Brussels “will never be able to shut this port again.”",
            (["Brussels “will never be able to shut this port again.”"], "said", "Mara Quill", "mixed"),
        ),
        ("The port was shut on Monday. “Shame,” Mara Quill said.", (["“Shame,”"], "said", "Mara Quill", "direct")),
        (
            "Two men were arrested for smuggling eels on Monday, according to Mara Quill.",
            (["Two men were arrested for smuggling eels on Monday"], "according to", "Mara Quill", "indirect"),
        ),
    ],
    ids=["direct", "straight", "indirect", "mixed", "one word outside", "one word inside", "according"],
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
    ("said", "kind"),
    [
        ("the fares are fair to all who live in Orrin", "indirect"),
        ("the fares are “fair” to all who live in Orrin", "indirect"),
        ("the fares are “quite fair” to all who live in Orrin", "mixed"),
        ("“the fares are fair to all who live in Orrin”", "direct"),
    ],
)
def test_the_kind_of_a_quote(shipped: Pipeline, said: str, kind: str) -> None:
    text = f"The port was shut. Mara Quill said that {said}."
    ((_, _, _, found, _),) = parts(text, predict(shipped, text))
    assert found == kind


@pytest.mark.parametrize(
    ("rest", "second"),
    [
        ("“a sham.”", ["“a sham.”"]),
        ("a “true” friend of the port.", []),
        ("“Eels at Noon.”", []),
    ],
)
def test_a_short_second_half_belongs_to_the_first(shipped: Pipeline, rest: str, second: list[str]) -> None:
    text = f"“It was,” said Quill, {rest} She left."
    ((content, *_),) = parts(text, predict(shipped, text))
    assert content == ["“It was,”", *second]


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


@pytest.mark.parametrize(
    "text",
    [
        "The port was shut. “Shame on them.” Nobody came.",
        "The film “We Shall Never Pay the Tax” was shown in Orrin.",
        "But that said, the tax is fair.",
    ],
)
def test_marks_or_a_cue_alone_make_no_quote(shipped: Pipeline, text: str) -> None:
    assert predict(shipped, text).quotes == []


def test_a_quotation_that_is_all_of_a_text_is_a_quote(shipped: Pipeline) -> None:
    text = "“We never pay the eel tax in the old port.”"
    assert parts(text, predict(shipped, text)) == [([text], None, None, "direct", None)]


@pytest.mark.parametrize(
    "text", ["Mara Quill did not say that the tax was unfair.", "The agreement said that the tax was unfair."]
)
def test_what_is_no_speech_is_an_attribution(shipped: Pipeline, text: str) -> None:
    tokens = tokenize(text)
    head = shipped.bundle.heads.quotes
    where = context(tokens, head.words, head.tagger)
    ((begin, end),) = (span for quote in found_quotes(find_attributions(tokens, where, head)) for span in quote.content)
    assert text[tokens.start[begin] : tokens.end[end - 1]].endswith("the tax was unfair")
    assert found_quotes(find_spans(tokens, where, head)) == []


def test_a_cue_may_stand_after_that(shipped: Pipeline) -> None:
    text = "A man like that said that the tax was unfair."
    ((content, cue, *_),) = parts(text, predict(shipped, text))
    assert (content, cue) == (["the tax was unfair"], "said")


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


def check_spans(quotes: Spans, n_tokens: int) -> None:
    """Assert what the later steps take for granted of the arrays of quotes."""
    n = len(quotes.kind)
    assert quotes.cue.shape == quotes.source.shape == (n, 2)
    assert quotes.content.shape == (quotes.bounds[-1], 2)
    assert (quotes.bounds[0], len(quotes.bounds)) == (0, n + 1)
    assert (np.diff(quotes.bounds) > 0).all(), "every quote has a content"
    assert [array.dtype.name for array in quotes] == ["int32", "int32", "int32", "int32", "uint8"]
    assert quotes.kind.max(initial=0) < len(KINDS)
    for spans in (quotes.content, quotes.cue, quotes.source):
        there = spans[(spans != -1).any(1)]
        assert there.min(initial=0) >= 0
        assert (there[:, 0] < there[:, 1]).all()
        assert there.max(initial=0) <= n_tokens
    firsts = quotes.content[quotes.bounds[:-1], 0]
    assert (np.diff(firsts) >= 0).all(), "quotes stand in text order"


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
    check_spans(quotes, len(body.start))
    assert len(found_quotes(quotes)) == len(quotes.kind)


@settings(max_examples=100, deadline=None)
@given(SCRAPS)
def test_the_arrays_of_quotes_are_sound(shipped: Pipeline, tiny: Pipeline, text: str) -> None:
    tokens = tokenize(text)
    for pipeline in (shipped, tiny):
        check_spans(find_quotes(tokens, pipeline.bundle.heads.quotes)[0], len(tokens.start))


SPANS = st.tuples(st.integers(0, 1 << 30), st.integers(1, 1000)).map(lambda pair: (pair[0], sum(pair)))
QUOTES = st.lists(
    st.builds(
        FoundQuote,
        st.lists(SPANS, min_size=1, max_size=4),
        st.none() | SPANS,
        st.none() | SPANS,
        st.sampled_from(KINDS),
    ),
    max_size=8,
)


@given(QUOTES)
def test_quotes_as_arrays_come_back(quotes: list[FoundQuote]) -> None:
    spans = quote_spans(quotes)
    n, n_spans = len(quotes), sum(len(quote.content) for quote in quotes)
    assert [array.shape for array in spans] == [(n_spans, 2), (n + 1,), (n, 2), (n, 2), (n,)]
    assert found_quotes(spans) == quotes


def same(first: Spans, second: Spans) -> bool:
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@settings(max_examples=100, deadline=None)
@given(SCRAPS)
def test_arrays_as_quotes_come_back(shipped: Pipeline, text: str) -> None:
    quotes, _ = find_quotes(tokenize(f"{text}\n{BOAT} said Mara Quill."), shipped.bundle.heads.quotes)
    assert same(quote_spans(found_quotes(quotes)), quotes)


@settings(max_examples=60, deadline=None)
@given(SCRAPS)
def test_quotes_are_found_again_in_the_same_context(shipped: Pipeline, text: str) -> None:
    """The passes write into the context's columns: a second run must not read what the first one left there."""
    tokens = tokenize(f"{text}\n{BOAT} said Mara Quill. Odo Finch, who denied it, said that the basin was his.")
    head = shipped.bundle.heads.quotes
    first, where = find_quotes(tokens, head)
    assert len(first.kind)
    assert same(find_spans(tokens, where, head), first)
    assert same(find_quotes(tokens, head)[0], first)


def test_without_a_mark_or_a_likely_cue_nothing_is_looked_for(shipped: Pipeline) -> None:
    tokens = tokenize("The basin at Orrin is nine metres deep. Eels live in it.")
    quotes, where = find_quotes(tokens, shipped.bundle.heads.quotes)
    assert not where.quotation.any()
    assert not where.classes[:, CUE_LEVEL].any()
    assert same(quotes, quote_spans([]))
    assert len(where.tag) == len(tokens.start), "the context is there all the same"


@settings(max_examples=60, deadline=None)
@given(SCRAPS, st.integers(0, 1000))
def test_each_cue_is_read_by_itself(shipped: Pipeline, text: str, seed: int) -> None:
    """Windows share tokens, and the columns that say how these stand to a cue: each cue must write its own anew."""
    tokens = tokenize(f"{text} Mara Quill said that Odo Finch had said so.")
    where = find_quotes(tokens, shipped.bundle.heads.quotes)[1]
    rng = np.random.default_rng(seed)
    n = len(tokens.start)
    begins = np.unique(rng.integers(0, n, 5))
    cues = np.stack([begins, np.minimum(begins + rng.integers(1, 3, len(begins)), n)], 1).astype(np.int32)
    tagged = rng.integers(0, 7, n).astype(np.uint8)
    spans = windows(tokens, where, cues)
    assert (spans[:, 0] <= cues[:, 0]).all()
    assert (spans[:, 1] > cues[:, 0]).all()
    features, bounds = link_features(tokens, where, cues, spans, tagged, 1 << 16)
    assert features.shape == ((spans[:, 1] - spans[:, 0]).sum(), len(LINK_TEMPLATES))
    for k in rng.permutation(len(cues)).tolist():
        alone, _ = link_features(tokens, where, cues[k : k + 1], spans[k : k + 1], tagged, 1 << 16)
        np.testing.assert_array_equal(alone, features[bounds[k] : bounds[k + 1]])


def test_what_is_likelier_than_not_is_taken() -> None:
    o, begin, inside, begin_source, inside_source = np.eye(5)
    doubtful = 0.45 * o + 0.3 * inside + 0.25 * begin
    posterior = np.array(
        [
            0.9 * begin_source + 0.1 * o,
            0.6 * inside_source + 0.4 * o,
            0.6 * begin_source + 0.4 * o,
            0.45 * begin_source + 0.4 * o + 0.15 * begin,
            o,
            doubtful,
            doubtful,
            0.8 * begin + 0.2 * o,
            0.5 * begin + 0.5 * o,
            0.9 * inside_source + 0.1 * o,
        ]
    )
    labels = np.zeros(len(posterior), np.uint8)
    likelier(posterior, labels)
    assert [LINK_TAGS[label] for label in labels.tolist()] == [
        "B-source", "I-source", "B-source", "B-source", "O", "B-content", "I-content", "B-content", "O", "B-source"
    ]  # fmt: skip


def test_a_quotation_over_paragraphs_is_one_quote(shipped: Pipeline) -> None:
    text = (
        "The port was shut on Monday. Mara Quill told Rourke: “You are a danger to the port.\n\n"
        "“You showed no remorse.\n\n“You will pay for it.”"
    )
    ((content, _, _, kind, actor),) = parts(text, predict(shipped, text))
    assert (len(content), kind, actor) == (3, "direct", "Mara Quill")


@pytest.mark.parametrize(
    ("text", "content", "cue"),
    [
        ("Quill insisted on Sunday that the tax was fair.", "the tax was fair", "insisted"),
        ("Quill pointed out that trade was down.", "trade was down", "pointed out"),
        ("Quill said that man was a thief.", "that man was a thief", "said"),
        ("Quill said: “We never pay the eel tax.”", "“We never pay the eel tax.”", "said"),
        ("“We never pay the eel tax,” Quill said Monday.", "“We never pay the eel tax,”", "said"),
        ("“We never pay the eel tax,” Quill said yesterday.", "“We never pay the eel tax,”", "said"),
    ],
)
def test_where_contents_begin_and_cues_end(shipped: Pipeline, text: str, content: str, cue: str) -> None:
    assert [(said, by) for said, by, *_ in parts(text, predict(shipped, text))] == [([content], cue)]
