"""Behavioural checks (after CheckList, Ribeiro et al. 2020): what must change a stance, and what must not.

Labelled articles are rewritten (`rewriting.py`) and predicted again. Where quotes are negated, most stances should
change; where others' names, nations or words change, hardly any may; where lines that are no text are added, nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import read_marked
from topic_stance.data.records import Actor, Article, LabelledArticle, Prediction, Span

from .criteria import Rate
from .given import stances_of
from .rewriting import (
    Edit,
    boilerplate,
    edited,
    negations,
    other_names,
    other_nation,
    other_quotation,
    quotations,
    rewritten,
)

ARTICLES = 150
"""So many articles, drawn at random, are enough for rates of some hundred cases."""


NEGATED, MOVED = 0.1, 0.02
"""At least so many stances change when what was said is negated, and at most so many when something else changes."""


@dataclass(frozen=True)
class Outcome:
    """How often the answer changed in the cases of one check, and how often it should at least or may at most."""

    name: str
    tried: int
    changed: int
    threshold: float
    should_change: bool

    @property
    def rate(self) -> float | None:
        """The share of cases in which the answer changed; `None` where there was nothing to try."""
        return self.changed / self.tried if self.tried else None

    @property
    def passed(self) -> bool | None:
        """Whether the rate is on the right side of the threshold; `None` where there is no rate."""
        if self.rate is None:
            return None
        return self.rate >= self.threshold if self.should_change else self.rate <= self.threshold

    def as_rate(self) -> Rate:
        """The share of cases that came out as they should, as the gate takes it."""
        right = self.changed if self.should_change else self.tried - self.changed
        least = self.threshold if self.should_change else 1 - self.threshold
        return Rate(self.name, right / max(1, self.tried), least, self.tried)


Case = tuple[object, object]
"""The answers before and after a rewriting."""
Cases = Callable[[Pipeline, Sequence[LabelledArticle], random.Random], Iterator[Case]]


def check_behaviour(pipeline: Pipeline, articles: Sequence[LabelledArticle], most: int = ARTICLES) -> list[Outcome]:
    """Every check on up to `most` of the articles."""
    some = random.Random(0).sample(list(articles), min(most, len(articles)))
    found = []
    for name, (cases, threshold, should_change) in CHECKS.items():
        pairs = list(cases(pipeline, some, random.Random(0)))
        changed = sum(before != after for before, after in pairs)
        found.append(Outcome(name, len(pairs), changed, threshold, should_change))
    return found


def behaviour_table(outcomes: Sequence[Outcome]) -> str:
    """One row a check."""
    rows = [f"{'behaviour':40s} {'tried':>6s} {'changed':>8s} {'rate':>7s}  threshold"]
    for outcome in outcomes:
        bound = f"at {'least' if outcome.should_change else 'most'} {outcome.threshold:.2f}"
        rate = "-" if outcome.rate is None else f"{outcome.rate:.3f}"
        verdict = "nothing to try" if outcome.passed is None else "passed" if outcome.passed else "FAILED"
        rows.append(f"{outcome.name:40s} {outcome.tried:6d} {outcome.changed:8d} {rate:>7s}  {bound}  {verdict}")
    return "\n".join(rows)


def gate_check(pipeline: Pipeline) -> list[Rate]:
    """The checks over the authored corpus, as the gate asks them."""
    return [outcome.as_rate() for outcome in check_behaviour(pipeline, authored())]


@cache
def authored() -> tuple[LabelledArticle, ...]:
    """The authored corpus as it stands beside the code."""
    return tuple(read_marked(Path(str(resources.files("topic_stance.data"))) / "articles"))


def _negated(pipeline: Pipeline, articles: Sequence[LabelledArticle], rng: random.Random) -> Iterator[Case]:
    """Stances of actors with all their quotes negated; those that were neutral take no position to turn."""
    for article in articles:
        edits = {a.name: found for a in article.actors or () if (found := negations(article, a.name))}
        if not edits:
            continue
        after = stances_of(pipeline, rewritten(article, [edit for own in edits.values() for edit in own]))
        for name, stances in stances_of(pipeline, article).items():
            if name in edits:
                yield from ((label, after[name][topic]) for topic, label in stances.items() if label != "neutral")


def _renamed(other_gender: bool) -> Cases:
    def cases(pipeline: Pipeline, articles: Sequence[LabelledArticle], rng: random.Random) -> Iterator[Case]:
        for article in articles:
            edits = other_names(article, rng, other_gender=other_gender)
            if edits:
                yield from _stance_cases(pipeline, article, edits)

    return cases


def _other_nations(pipeline: Pipeline, articles: Sequence[LabelledArticle], rng: random.Random) -> Iterator[Case]:
    for article in articles:
        edits = other_nation(article, rng)
        if edits:
            yield from _stance_cases(pipeline, article, edits)


def _others_say(pipeline: Pipeline, articles: Sequence[LabelledArticle], rng: random.Random) -> Iterator[Case]:
    """Stances of all actors but one, into whose direct quotations other words were put."""
    said = quotations(articles)
    if not said:
        return
    for article in articles:
        speakers = [a.name for a in article.actors or () if other_quotation(article, a.name, said, random.Random(0))]
        if speakers:
            speaker = rng.choice(speakers)
            yield from _stance_cases(pipeline, article, other_quotation(article, speaker, said, rng), speaker)


def _with_boilerplate(pipeline: Pipeline, articles: Sequence[LabelledArticle], rng: random.Random) -> Iterator[Case]:
    """Whole predictions, at the offsets of the longer text."""
    for article in articles:
        edits = boilerplate(article, rng)
        if edits:
            text, moved = edited(article.text, edits)
            before, after = pipeline.predict([_plain(article), _plain(article, text)])
            yield _at(before, moved), after


def _stance_cases(
    pipeline: Pipeline, article: LabelledArticle, edits: Sequence[Edit], but: str | None = None
) -> Iterator[Case]:
    """Stances before and after, from raw text, of actors found both times, on topics assigned both times.

    Actors are known again by where their mentions have gone.
    """
    text, moved = edited(article.text, edits)
    before, after = pipeline.predict([_plain(article), _plain(article, text)])
    for actor in before.actors:
        places = {(moved(start), moved(end)) for start, end in actor.mentions}
        same = max(after.actors, key=lambda other: len(places & set(other.mentions)), default=None)
        if same is None or not places & set(same.mentions) or actor.name == but:
            continue
        later = {stance.topic: stance.label for stance in same.stances}
        yield from ((s.label, later[s.topic]) for s in actor.stances if s.topic in later)


def _plain(article: LabelledArticle, text: str | None = None) -> Article:
    return Article(article.id, article.text if text is None else text, article.title)


def _at(prediction: Prediction, moved: Callable[[int], int]) -> Prediction:
    """The prediction with its offsets moved."""

    def span(old: Span) -> Span:
        return moved(old[0]), moved(old[1] - 1) + 1

    quotes = [
        msgspec.structs.replace(
            quote,
            content=[span(part) for part in quote.content],
            cue=span(quote.cue) if quote.cue else None,
            source=span(quote.source) if quote.source else None,
        )
        for quote in prediction.quotes
    ]
    actors: list[Actor] = [
        msgspec.structs.replace(actor, mentions=[span(mention) for mention in actor.mentions])
        for actor in prediction.actors
    ]
    return msgspec.structs.replace(prediction, quotes=quotes, actors=actors)


CHECKS: dict[str, tuple[Cases, float, bool]] = {
    "negated quotes change a stance": (_negated, NEGATED, True),
    "other names change a stance": (_renamed(False), MOVED, False),
    "names of another gender change a stance": (_renamed(True), MOVED, False),
    "other nations change a stance": (_other_nations, MOVED, False),
    "others' words change a stance": (_others_say, MOVED, False),
    "boilerplate changes anything": (_with_boilerplate, 0.0, False),
}
"""By name: the cases, the threshold of the rate of changes, and whether changes are wanted."""
