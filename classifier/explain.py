"""Which terms and which quotes decided, as text and as HTML.

Every head is linear, so a decision is a sum: the terms shown are those with the largest share in it. What comes from
an article is escaped wherever it is put into HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import STANCES, Article, Prediction, Span

from .actors import Entity
from .pipeline import Analysis, Pipeline
from .quotes import FoundQuote, found_quotes, quote_spans
from .segment import Tokens
from .stance import CLASSES, CUED, SAID, SOURCE, RawFeatures, actor_features, cue_word, negated_word, title_word, vector
from .tfidf import term_counts
from .topics import TermModel, opening_tokens, whole_tokens


class TermShare(NamedTuple):
    """A term and what it adds to a score."""

    term: str
    share: float


class QuoteShare(NamedTuple):
    """What an actor is quoted as saying, shortened, and what its terms add to a score."""

    text: str
    share: float


class ActorExplanation(NamedTuple):
    """Why an actor was given a stance towards a topic: terms for the label against the mean of the others.

    terms: a word or a pair of words as said; those of other kinds say so (`cue: denied`, `source: lawyer`), and `not …`
    stands before what is said within the reach of a negation. quotes: the one that weighed most first.
    """

    actor: str
    topic: str
    label: str
    probability: float
    terms: list[TermShare]
    quotes: list[QuoteShare]


class Explanation(NamedTuple):
    """One article's prediction with the terms that decided it."""

    prediction: Prediction
    topics: dict[str, list[TermShare]]
    actors: list[ActorExplanation]


def explain_article(pipeline: Pipeline, article: Article, most: int = 8) -> Explanation:
    """The prediction for an article and, for each topic and each stance, the `most` terms that weighed most."""
    analysis = pipeline.analyse(article)
    prediction = pipeline.conclude(article, analysis)
    return Explanation(
        prediction,
        _topic_terms(pipeline, analysis.title, analysis.body, most),
        _stances(pipeline, article, analysis, prediction, most),
    )


def as_text(explanation: Explanation, article: Article) -> str:
    """The explanation for a terminal, which what comes from outside must not steer: no control characters."""
    prediction = explanation.prediction
    rows = [f"{article.title or article.id}"]
    for topic in prediction.topics:
        mark = "●" if topic.assigned else "○"
        terms = _terms_line(explanation.topics[topic.label])
        rows.append(f"  {mark} {topic.label} {topic.probability:.2f}: {terms}")
    for actor in explanation.actors:
        rows.append(
            f"  {actor.actor} → {actor.topic}: {actor.label} {actor.probability:.2f}: {_terms_line(actor.terms)}"
        )
        rows += [f"      {quote.share:+.2f}  {quote.text}" for quote in actor.quotes]
    return "\n".join(CONTROL.sub(" ", row) for row in rows)


def as_html(explained: list[tuple[Article, Explanation]]) -> str:
    """A page of articles with their quotes marked, topics, actors and stances; everything from outside is escaped."""
    articles = "\n".join(_article_html(article, explanation) for article, explanation in explained)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_HEADING}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style></head>\n<body><h1>{_HEADING}</h1>\n{articles}\n</body></html>\n"
    )


def _topic_terms(pipeline: Pipeline, title: Tokens | None, body: Tokens, most: int) -> dict[str, list[TermShare]]:
    head = pipeline.bundle.heads.topics
    whole = whole_tokens(title, body)
    parts = [_term_shares(*term_counts(whole, head.tables), head.whole)]
    parts.append(_term_shares(*term_counts(opening_tokens(whole), head.tables), head.opening))
    terms, place = np.unique(np.concatenate([terms for terms, _ in parts]), return_inverse=True)
    shares = np.zeros((len(terms), len(head.labels)))
    np.add.at(shares, place, np.concatenate([share for _, share in parts]))
    found = {}
    for k, label in enumerate(head.labels):
        order = np.argsort(-np.abs(shares[:, k]), kind="stable")[:most]
        found[label] = [TermShare(head.terms[terms[i]], float(shares[i, k])) for i in order]
    return found


def _term_shares(
    terms: NDArray[np.int32], counts: NDArray[np.int32], model: TermModel
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The terms and what each adds to the score of every topic, (n_terms, n_topics)."""
    values = (1.0 + np.log(np.maximum(counts, 1))) * model.idf[terms]
    norm = float(np.sqrt((values**2).sum())) or 1.0
    return terms, (values / norm)[:, None] * model.coefficients[terms]


def _stances(
    pipeline: Pipeline, article: Article, analysis: Analysis, prediction: Prediction, most: int
) -> list[ActorExplanation]:
    body = analysis.tokens
    head = pipeline.bundle.heads.stance
    quotes = found_quotes(analysis.quotes)
    found = []
    for number, (entity, actor) in enumerate(zip(analysis.actors.entities, prediction.actors, strict=True)):
        own = [quotes[k] for k in np.flatnonzero(analysis.actors.speakers == number)]
        raw = actor_features(body, analysis.where, quote_spans(own), entity.title_span)
        place, values = vector(raw, head)
        names = feature_names(article.text, body, raw, entity)
        of_quotes = [set(actor_features(body, analysis.where, quote_spans([quote])).key.tolist()) for quote in own]
        for stance in actor.stances:
            topic = head.topics.index(stance.topic)
            weights = head.weights[place, 0] + head.weights[place, topic + 1]
            label = STANCES.index(stance.label)
            shares = values * (weights[:, label] - (weights.sum(1) - weights[:, label]) / 2)
            by_key = dict(zip(head.table.keys[place].tolist(), shares.tolist(), strict=True))
            heaviest = sorted(by_key, key=lambda key: -abs(by_key[key]))[:most]
            terms = [TermShare(names[key], by_key[key]) for key in heaviest]
            weighed = [
                QuoteShare(_shortened(article.text, body, quote), share)
                for quote, share in zip(own, _quote_shares(of_quotes, by_key), strict=True)
            ]
            weighed = sorted(weighed, key=lambda quote: -quote.share)[:_MOST_QUOTES]
            found.append(ActorExplanation(actor.name, stance.topic, stance.label, stance.probability, terms, weighed))
    return found


def _quote_shares(of_quotes: list[set[int]], by_key: dict[int, float]) -> list[float]:
    """What each quote's features add to the score; one that several quotes have is divided among them."""
    times = Counter(key for keys in of_quotes for key in keys)
    return [sum(by_key.get(key, 0.0) / times[key] for key in sorted(keys)) for keys in of_quotes]


def feature_names(text: str, body: Tokens, raw: RawFeatures, entity: Entity | None) -> dict[int, str]:
    """By key, the words that each feature of an actor stands for, at the first place where it occurs."""

    def word(token: int) -> str:
        return text[body.start[token] : body.end[token]]

    found: dict[int, str] = {}
    last_key, last_token, before = -1, -1, -1
    for key, block, token in zip(raw.key.tolist(), raw.block.tolist(), raw.token.tolist(), strict=True):
        if token < 0:
            continue
        name = word(token)
        if block == SAID:
            # A word's own feature stands right before that of the pair which it ends.
            pair = token == last_token and key != last_key
            if not pair:
                before, last_token, last_key = last_token, token, key
            negated = last_key == negated_word(int(body.hash[token]))
            name = f"{'not … ' if negated else ''}{word(before) + ' ' if pair else ''}{name}"
        kind = "cue like {}" if block == CUED and key != cue_word(int(body.hash[token])) else _KINDS[block]
        found.setdefault(key, kind.format(name))
    for token in range(*entity.title_span) if entity is not None else ():
        found.setdefault(title_word(int(body.hash[token])), f"title: {word(token)}")
    return found


def _shortened(text: str, body: Tokens, quote: FoundQuote) -> str:
    parts = [text[body.start[a] : body.end[b - 1]] for a, b in quote.content]
    whole = " … ".join(" ".join(part.split()) for part in parts)
    return whole if len(whole) <= 160 else whole[:157] + "…"


def _article_html(article: Article, explanation: Explanation) -> str:
    prediction = explanation.prediction
    topics = "".join(
        f'<div class="why"><span class="topic{" on" if topic.assigned else ""}">'
        f"{escape(topic.label.replace('_', ' '))} {topic.probability:.2f}</span>"
        f"{escape(_terms_line(explanation.topics[topic.label]))}</div>"
        for topic in prediction.topics
    )
    actors = "".join(_actor_rows(explanation.actors))
    table = (
        "<table><tr><th>actor</th><th>topic</th><th>stance</th><th>terms and quotes that decided</th></tr>"
        + actors
        + "</table>"
        if actors
        else ""
    )
    title = escape(article.title or article.id)
    text = f"<details><summary>text with its quotes</summary>{_marked(article.text, prediction)}</details>"
    return f"<article><h2>{title}</h2>{topics}{table}{text}</article>"


def _actor_rows(actors: list[ActorExplanation]) -> list[str]:
    return [
        f"<tr><td>{escape(a.actor)}</td><td>{escape(a.topic.replace('_', ' '))}</td>"
        f'<td class="{escape(a.label)}">{escape(a.label)} {a.probability:.2f}</td>'
        f"<td>{escape(_terms_line(a.terms))}"
        + "".join(f'<div class="said">{quote.share:+.2f} {escape(quote.text)}</div>' for quote in a.quotes)
        + "</td></tr>"
        for a in actors
    ]


def _terms_line(terms: list[TermShare]) -> str:
    return ", ".join(f"{term} {share:+.2f}" for term, share in terms)


def _marked(text: str, prediction: Prediction) -> str:
    """The text, escaped, with contents, cues and sources in spans of their own; what overlaps is marked once."""
    marks: list[tuple[Span, str]] = []
    for quote in prediction.quotes:
        marks += [(span, "q") for span in quote.content]
        marks += [(quote.cue, "c")] if quote.cue else []
        marks += [(quote.source, "s")] if quote.source else []
    pieces, last = [], 0
    for (start, end), kind in sorted(marks):
        if start >= last:
            pieces.append(escape(text[last:start]) + f'<span class="{kind}">{escape(text[start:end])}</span>')
            last = end
    pieces.append(escape(text[last:]))
    return '<div class="text">' + "".join(pieces) + "</div>"


_HEADING = "Topics and stances"
_MOST_QUOTES = 3
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_KINDS = {SAID: "{}", CLASSES: "like {}", CUED: "cue: {}", SOURCE: "source: {}"}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
article{border:1px solid #ddd;border-radius:8px;padding:.5rem 1.25rem 1rem;margin:1.5rem 0}
h2{font-size:1.15rem;margin:.5rem 0}.topic{display:inline-block;border:1px solid #ccc;border-radius:1em;padding:0 .7em;
margin-right:.5em;color:#777;font-size:.9rem}.topic.on{background:#234;color:#fff;border-color:#234}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;padding:.25rem .5rem;border-top:1px solid #eee;vertical-align:top}
.favor{color:#17692f}.against{color:#a31621}.neutral{color:#666}.text{white-space:pre-wrap;margin-top:1rem}
.why{font-size:.9rem;margin:.3rem 0}
.said{color:#555;font-style:italic}.q{background:#fff3bf}.c{background:#d3f9d8}.s{background:#d0ebff}summary{cursor:pointer}
"""
