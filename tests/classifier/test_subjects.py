"""Sources that grammar or layout tells: antecedents of relative pronouns, subjects of cues, lines that sign."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS, parts, predict

from topic_stance.classifier import Pipeline
from topic_stance.classifier.context import context
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.subjects import with_sources


def source_of(pipeline: Pipeline, text: str, cue: str, source: str | None) -> str | None:
    """The words of the source of a quote whose cue and source (or none) are given, as grammar has it."""
    tokens = tokenize(text)
    quotes = pipeline.bundle.heads.quotes
    where = context(tokens, quotes.words, quotes.tagger)

    def span(words: str) -> tuple[int, int]:
        at = text.index(words)
        return int((tokens.start < at).sum()), int((tokens.start < at + len(words)).sum())

    last = (len(tokens.start) - 1, len(tokens.start))
    found = quote_spans([FoundQuote([last], span(cue), span(source) if source else None, "indirect")])
    begin, end = with_sources(found, tokens, where).source[0]
    return None if begin < 0 else text[tokens.start[begin] : tokens.end[end - 1]]


@pytest.mark.parametrize(
    ("text", "cue", "source", "phrase"),
    [
        ("The tax angered the growers of Orrin, who said it was unfair.", "said", "who", "the growers of Orrin"),
        ("They met Mara Quill, a former minister, who said it was unfair.", "said", "who", "Mara Quill, a former minister"),
        ("It follows a report that said the tax was unfair.", "said", "that", "a report"),
        ("It angered growers who were there and said it was unfair.", "said", "who were there", "growers"),
        ("It angered the three detained growers, who said it was unfair.", "said", "who", "the three detained growers"),
        ("Who said it was unfair?", "said", "Who", "Who"),
        ("The growers said that it was unfair.", "said", "The growers", "The growers"),
        ("The growers said that it was unfair.", "said", None, "The growers"),
        ("It was unfair, said the growers.", "said", None, "the growers"),
        ("It was said to be unfair.", "to be", None, None),
        ("It angered the Orrin-based growers, who said it was unfair.", "said", "who", "the Orrin-based growers"),
        ("They met Mara Quill, growers, who said it was unfair.", "said", "who", "growers"),
        ("It angered the growers, who also said it was unfair.", "said", "who also", "the growers"),
        ("It angered the growers, who also said it was unfair.", "said", ", who also", "the growers"),
        ("It angered the growers who said it was unfair.", "said", "growers who", "growers"),
        ("The growers — most of them — said it was unfair.", "said", "The growers —", "The growers"),
        ("Who said it was unfair, they asked.", "said", "Who", "Who"),
        ("About 45.5 percent of growers said it was unfair.", "said", "5 percent of growers", "45.5 percent of growers"),
        ("Mara Quill on Monday said it was unfair.", "said", "Mara Quill on Monday", "Mara Quill"),
        ("The Mail on Sunday said it was unfair.", "said", "The Mail on Sunday", "The Mail on Sunday"),
        ("It was late--Mara Quill said it was unfair.", "said", "Mara Quill", "Mara Quill"),
        ("It rained -Mara Quill said it was unfair.", "said", "-Mara Quill", "Mara Quill"),
        ("PEOPLE Magazine said it was unfair.", "said", "PEOPLE Magazine", "PEOPLE Magazine"),
        ("A report on Monday said it was unfair.", "said", "A report on Monday", "A report on Monday"),
        ("The all-but-certain heir said it was unfair.", "said", "certain heir", "The all-but-certain heir"),
        ("A 75-page letter said it was unfair.", "said", "page letter", "A 75-page letter"),
        ("The growers angrily said it was unfair.", "said", "The growers angrily", "The growers"),
        ("The growers to say it was unfair.", "say", "The growers to", "The growers"),
        ("Overall, growers said it was unfair.", "said", "Overall, growers", "growers"),
        ("• Growers said it was unfair.", "said", "• Growers", "Growers"),
        ("- Growers said it was unfair.", "said", "- Growers", "Growers"),
        ("CLOSE Growers said it was unfair.", "said", "CLOSE Growers", "Growers"),
        ("NATO Growers said it was unfair.", "said", "NATO Growers", "NATO Growers"),
        ("The growers, who had left, said so.", "said", ",", "The growers"),
        ("The growers, who had left, said so.", "said", None, "The growers"),
        ("The growers, though, said so.", "said", ",", None),
        ("Quill, the minister, said it was unfair.", "said", "Quill, the minister", "Quill, the minister"),
        ("Mara Quill, the minister, said it was unfair.", "said", "Mara Quill, the minister", "Mara Quill, the minister"),
    ],
)  # fmt: skip
def test_sources_that_grammar_tells(shipped: Pipeline, text: str, cue: str, source: str | None, phrase: str) -> None:
    assert source_of(shipped, text, cue, source) == phrase


@pytest.mark.parametrize(
    ("text", "source", "phrase"),
    [
        ("ORRIN: Growers on Monday said that it was unfair.", "ORRIN", "Growers on Monday"),
        ("ORRIN: Growers on Monday said that it was unfair.", "ORRIN: Growers", "Growers"),
        ("NEW ORRIN — Growers on Monday said that it was unfair.", "NEW ORRIN — Growers", "Growers"),
        ("ORRIN, N.V. — Growers said that it was unfair.", "N.V. — Growers", "Growers"),
        ("ORRIN, 9 May (EP) -- Growers said that it was unfair.", "ORRIN, 9 May (EP) -- Growers", "Growers"),
        ("ORRIN growers met – Growers said that it was unfair.", "Growers", "Growers"),
        ("ORRIN-led growers said that it was unfair.", "ORRIN-led growers", "ORRIN-led growers"),
        ("ORRIN -- Growers said that it was unfair.", "ORRIN -- Growers", "Growers"),
        ("ORRIN: It was unfair, he said.\nVELM: Growers said that it was unfair.", "VELM", "VELM"),
        ("It was quiet.\nNobody came.\nIt rained.\nORRIN: Growers on Monday said that it was unfair.", "ORRIN", "ORRIN"),
        ("The mayor came. The governor, for his part, said it was unfair.", "his part", "The governor"),
        ("The mayor came. Long, for his part, said it was unfair.", "for his part", "Long"),
        ("He had no part. His part said it was unfair.", "His part", "His part"),
    ],
)  # fmt: skip
def test_what_stands_before_a_speaker(shipped: Pipeline, text: str, source: str, phrase: str) -> None:
    cue = "said it" if "said it" in text else "said that"
    assert source_of(shipped, text, cue, source) == phrase


@pytest.mark.parametrize(
    ("text", "actor"),
    [
        ("“The tax is unfair to the growers of the old port.”\n\nMara Quill, Orrin Post\n\nThe port was shut.", "Mara Quill"),
        ("“The tax is unfair to the growers of the old port.”\n\nMara Quill went home, and all was well", None),
        ("“The tax is unfair to the growers of the old port.”\n\nOrrin Harbour\n\nThe port was shut.", None),
    ],
)  # fmt: skip
def test_a_line_signs_the_quotation_before_it(shipped: Pipeline, text: str, actor: str | None) -> None:
    whole = f"The council met in Orrin on Monday to talk about the tax.\n\n{text}"
    prediction = predict(shipped, whole)
    (quote,) = prediction.quotes
    assert (quote.source is not None) == (actor is not None)
    if actor:
        assert quote.actor is not None
        assert prediction.actors[quote.actor].name == actor


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("“The tax is unfair to the growers of the old port.”\n\nMara Quill, Bank of Orrin\n\nThe port was shut.",
         "Mara Quill, Bank of Orrin"),
        ("The tax rose. “The tax is unfair to the growers of the old port.”\n\nMara Quill, Orrin Post\n\nIt was shut.",
         None),
    ],
)  # fmt: skip
def test_all_of_a_line_signs_a_quotation_that_is_a_line(shipped: Pipeline, text: str, source: str | None) -> None:
    whole = f"The council met in Orrin on Monday to talk about the tax.\n\n{text}"
    ((_, _, found, _, _),) = parts(whole, predict(shipped, whole))
    assert found == source


def test_what_a_cue_has_as_content_is_not_its_subject_after_it(shipped: Pipeline) -> None:
    tokens = tokenize("On Monday, said the growers.")
    quotes = shipped.bundle.heads.quotes
    where = context(tokens, quotes.words, quotes.tagger)
    found = quote_spans([FoundQuote([(4, 6)], (3, 4), None, "indirect")])
    assert with_sources(found, tokens, where).source.tolist() == [[-1, -1]]


@settings(max_examples=100, deadline=None)
@given(SCRAPS, st.data())
def test_sources_stay_within_the_text(shipped: Pipeline, text: str, data: st.DataObject) -> None:
    tokens = tokenize(f"{text} The growers, who said it was unfair, left")
    n = len(tokens.start)
    quotes = shipped.bundle.heads.quotes
    where = context(tokens, quotes.words, quotes.tagger)
    found = []
    for _ in range(3):
        begin = data.draw(st.integers(0, n - 1))
        end = data.draw(st.integers(begin + 1, n))
        source = data.draw(st.sampled_from([None, (begin, end)]))
        found.append(FoundQuote([(begin, end)], (begin, end), source, "indirect"))
    spans = quote_spans(found)
    after = with_sources(spans, tokens, where)
    assert np.array_equal(after.content, spans.content)
    assert np.array_equal(after.cue, spans.cue)
    for begin, end in after.source:
        assert (begin, end) == (-1, -1) or 0 <= begin < end <= n
