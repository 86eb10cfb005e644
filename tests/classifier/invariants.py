"""What must hold of every prediction, and texts that try to break it."""

from hypothesis import strategies as st

from topic_stance.classifier import Pipeline
from topic_stance.classifier.actors import Actors, resolve_actors
from topic_stance.classifier.context import context
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.segment import tokenize
from topic_stance.data.records import ACTOR_TYPES, KINDS, STANCES, Article, Prediction, Span

PIECES = st.sampled_from(
    [
        "“", "”", '"', "'", "‘", "’", "«", "»", "„", "‟", "``", "''", "`", "\n", "\n\n", "\r\n", "\u2028", " ", ". ",
        ": ", "! ", "… ", " — ", "(", ")", ";", ", ", "Mara Quill", "Quill", "Mr. Odo Finch", "President Velm", "Orrin",
        "the Port Authority", "Ministry of Public Eels", "France", "Paris", "French", "U.S. Attorney J. B. Tonk", "NATO",
        "O'Brine", "Jean-Yves de la Tour", "渔业局", "İlker Σας", "he", "she", "they", "it", "who", "police", "the minister",
        "a spokeswoman", "said", " said ", " says that ", " according to ", " told reporters ", " denied ", " added, ",
        " accused ", " warned ", "that", "and", "of", "we shall never pay the eel tax", "no treaty was broken",
        "the men stole nine boats and were arrested", "it was fraud", "Advertisement", "By Mara Quill", "02:13",
        "Photo: x", "• a", "44", "🐟", "\x00", "\ud800", "\u0301", "a > b > c",
    ]
)  # fmt: skip
SCRAPS = st.one_of(
    st.lists(PIECES, max_size=40).map("".join),
    st.lists(PIECES, max_size=40).map(" ".join),
    st.text(st.characters(exclude_categories=()), max_size=60),
)


def check(text: str, prediction: Prediction, pipeline: Pipeline) -> None:
    """Assert all that is promised of a prediction for a text."""
    labels = list(pipeline.bundle.heads.topics.labels)
    assert [topic.label for topic in prediction.topics] == labels
    for topic, entry in zip(prediction.topics, pipeline.bundle.manifest.topics, strict=True):
        assert 0 <= topic.probability <= 1
        assert topic.assigned == (topic.probability >= entry.threshold)
    assigned = [topic.label for topic in prediction.topics if topic.assigned]
    speakers = []
    for quote in prediction.quotes:
        assert quote.content
        assert quote.kind in KINDS
        for span in (*quote.content, quote.cue, quote.source):
            if span is not None:
                check_span(text, span)
        for (_, end), (start, _) in zip(quote.content, quote.content[1:], strict=False):
            assert end <= start, f"contents overlap or stand out of order: {quote.content}"
        if quote.actor is not None:
            assert 0 <= quote.actor < len(prediction.actors)
            speakers.append(quote.actor)
    assert list(dict.fromkeys(speakers)) == list(range(len(prediction.actors))), "every actor speaks, in order"
    for actor in prediction.actors:
        assert actor.name.strip()
        assert actor.type in ACTOR_TYPES
        assert actor.mentions == sorted(set(actor.mentions))
        for span in actor.mentions:
            check_span(text, span)
        assert [stance.topic for stance in actor.stances] == assigned
        for stance in actor.stances:
            assert stance.label in STANCES
            assert 1 / 3 - 1e-3 <= stance.probability <= 1


def check_span(text: str, span: Span) -> None:
    start, end = span
    assert 0 <= start < end <= len(text)
    assert text[start:end].strip(), f"white space only: {span}"


def predict(pipeline: Pipeline, text: str, title: str = "") -> Prediction:
    """The prediction for a text, checked."""
    prediction = pipeline.predict_one(Article("x", text, title))
    check(text, prediction, pipeline)
    return prediction


def parts(text: str, prediction: Prediction) -> list[tuple[list[str], str | None, str | None, str, str | None]]:
    """Quotes in words: contents, cue, source, kind, name of the actor."""
    return [
        (
            [text[a:b] for a, b in quote.content],
            text[slice(*quote.cue)] if quote.cue else None,
            text[slice(*quote.source)] if quote.source else None,
            quote.kind,
            None if quote.actor is None else prediction.actors[quote.actor].name,
        )
        for quote in prediction.quotes
    ]


def resolved(pipeline: Pipeline, text: str, source: str) -> Actors:
    """The actor of one quote whose source is the last place where these words stand."""
    tokens = tokenize(text)
    heads = pipeline.bundle.heads
    where = context(tokens, heads.quotes.words, heads.quotes.tagger)
    at = text.rindex(source)
    span = (int((tokens.start < at).sum()), int((tokens.start < at + len(source)).sum()))
    quotes = quote_spans([FoundQuote([(0, 1)], None, span, "indirect")])
    return resolve_actors(text, tokens, where, quotes, heads.actors)
