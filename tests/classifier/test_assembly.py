"""Assembly: which cues are believed, and how far contents go, with both passes' labels given by hand."""

import itertools

import numpy as np
import pytest
from assembling import TEXT, assembled, assembled_quotes
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from topic_stance.classifier import Pipeline
from topic_stance.classifier.assembly import divided
from topic_stance.classifier.quotes import DOUBTFUL, FoundQuote, cue_spans, doubtful_cues, found_quotes, quote_spans
from topic_stance.classifier.segment import tokenize

WARNED = {"warned": "that the old dam may break"}
FEARS = {"fears": "it will drown by spring"}


class TestDoubtfulCues:
    def test_one_is_believed_where_the_first_pass_is_sure_of_its_content(self, shipped: Pipeline) -> None:
        both = WARNED | FEARS
        for share, expected in ((0.9, list(both.items())), (0.7, list(WARNED.items()))):
            assert assembled(shipped, both, n_sure=1, content={FEARS["fears"]: share}) == expected

    def test_a_sure_one_is_always_believed(self, shipped: Pipeline) -> None:
        both = WARNED | FEARS
        assert assembled(shipped, both, n_sure=2, content={}) == list(both.items())

    def test_one_does_not_take_what_a_sure_cue_has(self, shipped: Pipeline) -> None:
        within = {"warned": "that the old dam may break, and the village fears it will drown by spring"} | FEARS
        for n_sure, expected in ((1, list(within.items())[:1]), (2, list(within.items()))):
            assert assembled(shipped, within, n_sure=n_sure, content={within["warned"]: 0.9}) == expected

    @pytest.mark.parametrize("surest", ["warned", "fears"])
    def test_of_two_cues_of_one_content_the_surer_one_has_it(self, shipped: Pipeline, surest: str) -> None:
        claims = dict.fromkeys(sorted(("warned", "fears"), key=lambda cue: cue != surest), "it will drown by spring")
        assert assembled(shipped, claims, n_sure=2, content={}) == [(surest, "it will drown by spring")]

    def test_it_does_not_keep_a_sentence_from_a_sure_cue(self, shipped: Pipeline) -> None:
        claims = {"warned": "Nobody came", "came": "Nobody"}
        assert assembled(shipped, claims, n_sure=1, content={}) == [("warned", "Nobody came")]
        assert ("warned", "Nobody came") not in assembled(shipped, claims, n_sure=2, content={})


class TestLengthening:
    def test_a_content_goes_on_to_the_next_mark(self, shipped: Pipeline) -> None:
        short = {"warned": "that the old dam"}
        assert assembled(shipped, short, n_sure=1, content={"that the old dam may break": 0.7}) == list(WARNED.items())

    def test_not_without_the_first_pass(self, shipped: Pipeline) -> None:
        short = {"warned": "that the old dam"}
        assert assembled(shipped, short, n_sure=1, content={"that the old dam may break": 0.5}) == list(short.items())

    def test_not_where_it_would_end_between_words(self, shipped: Pipeline) -> None:
        short = {"warned": "that the old dam"}
        assert assembled(shipped, short, n_sure=1, content={"that the old dam may": 0.7}) == list(short.items())

    def test_not_into_another_content_or_sentence(self, shipped: Pipeline) -> None:
        parts = {"warned": "that the old dam", "fears": "it will"}
        found = assembled(shipped, parts, n_sure=2, content={TEXT[TEXT.index("that") :]: 0.7})
        assert found == [("warned", "that the old dam"), ("fears", "it will drown by spring")]

    @pytest.mark.parametrize("short", ["that the", "that the old"])
    def test_one_that_breaks_off_within_a_phrase_goes_on_in_any_case(self, shipped: Pipeline, short: str) -> None:
        assert assembled(shipped, {"warned": short}, n_sure=1, content={}) == list(WARNED.items())

    def test_but_not_over_another_cue(self, shipped: Pipeline) -> None:
        text = "Mira Holt warned of the Eel Board says nobody."
        parts = {"warned": "the Eel", "says": "nobody"}
        assert assembled(shipped, parts, n_sure=2, content={}, text=text)[0] == ("warned", "the Eel Board")


class TestSources:
    @pytest.mark.parametrize(
        ("text", "likely", "expected"),
        [
            ("Quill came, and Finch warned that the dam may break.", {"Quill": 0.3, "Finch": 0.4}, "Finch"),
            ("It rained. Mira Holt warned that the dam may break.", {"It": 0.4, "Mira Holt": 0.3}, "Mira Holt"),
            # a subject mostly stands before its verb
            ("Quill warned Finch that the dam may break.", {"Quill": 0.3, "Finch": 0.5}, "Quill"),
            # neither in the content nor in the cue
            ("Quill warned Finch that the dam may break.", {"Quill": 0.3, "the dam": 0.9}, "Quill"),
            ("Quill warned Finch that the dam may break.", {"Quill": 0.3, "warned": 0.8}, "Quill"),
            ("Quill warned Finch that the dam may break.", {"Quill": 0.01}, None),
        ],
    )
    def test_a_cue_without_one_has_the_likeliest_of_its_sentence(
        self, shipped: Pipeline, text: str, likely: dict[str, float], expected: str | None
    ) -> None:
        (quote,) = assembled_quotes(shipped, text, {"warned": "that the dam may break"}, 1, {}, likely)
        tokens = tokenize(text)
        source = quote.source and text[tokens.start[quote.source[0]] : tokens.end[quote.source[1] - 1]]
        assert source == expected


class TestWidening:
    @pytest.mark.parametrize("words", ["pay the tax", "We shall pay"])
    def test_a_content_within_marks_is_all_that_they_hold(self, shipped: Pipeline, words: str) -> None:
        text = "“We shall pay the tax,” Quill said."
        found = assembled(shipped, {"said": words}, n_sure=1, content={}, text=text)
        assert found == [("said", "“We shall pay the tax,”")]


@given(st.lists(st.floats(0, 1, width=32), max_size=30), st.floats(0.0625, 1.125, width=32), st.booleans())
def test_doubtful_cues_lie_outside_the_sure_ones(shares: list[float], threshold: float, asked: bool) -> None:
    posterior: NDArray[np.float32] = np.zeros((len(shares), 7), np.float32)
    posterior[:, 3] = shares
    n = len(posterior)
    unclaimed = np.arange(n + 1, dtype=np.int32) * asked
    found = doubtful_cues(posterior, threshold, unclaimed, np.zeros(n, np.int32), np.full(n, n, np.int32))
    assert (asked and threshold < 1) or not len(found)
    for begin, end in found.tolist():
        assert all(DOUBTFUL < share <= threshold for share in posterior[begin:end, 3].tolist())
    covered = [
        i for begin, end in [*cue_spans(posterior, threshold).tolist(), *found.tolist()] for i in range(begin, end)
    ]
    assert len(covered) == len(set(covered))


def test_a_doubtful_cue_asks_for_a_content_in_its_own_sentence() -> None:
    posterior: NDArray[np.float32] = np.zeros((6, 7), np.float32)
    posterior[[1, 4], 3] = 0.125
    start, end = np.array([0, 0, 0, 3, 3, 3], np.int32), np.array([3, 3, 3, 6, 6, 6], np.int32)
    for unclaimed, wanted in (([0, 0, 0, 0, 0, 0, 1], [[4, 5]]), ([0, 1, 1, 1, 1, 1, 1], [[1, 2]]), ([0] * 7, [])):
        assert doubtful_cues(posterior, 0.25, np.array(unclaimed, np.int32), start, end).tolist() == wanted


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=6), st.sets(st.integers(0, 40), max_size=8))
def test_contents_are_divided_where_text_was_left_out(places: list[tuple[int, int]], cuts: set[int]) -> None:
    quotes = quote_spans([FoundQuote([(a, a + n)], None, None, "indirect") for a, n in places])
    found = found_quotes(divided(quotes, np.array(sorted(cuts), np.int32)))
    assert len(found) == len(places)
    for (begin, n), quote in zip(places, found, strict=True):
        inside = [cut for cut in sorted(cuts) if begin < cut < begin + n]
        assert quote.content == list(itertools.pairwise([begin, *inside, begin + n]))
