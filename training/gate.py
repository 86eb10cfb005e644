"""Whether one model is better than another: a paired bootstrap on the same articles, and the rule of the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import LabelledArticle, Prediction, TopicStanceError

from .bootstrap import interval
from .evaluate import Evaluation, score


@dataclass(frozen=True)
class Difference:
    """A figure of two models, and the 95% interval of the second's lead over the first on paired resamples."""

    name: str
    first: float
    second: float
    low: float
    high: float

    def __str__(self) -> str:
        lead = f"{self.second - self.first:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"
        return f"{self.name:40s} {self.first:.3f} → {self.second:.3f}   {lead}"


@dataclass(frozen=True)
class Comparison:
    """Two models on the same articles. changed: by article id, what differs (topics, quotes, actors or stances)."""

    n_articles: int
    differences: list[Difference]
    changed: dict[str, list[str]]

    def table(self, most: int = 20) -> str:
        """The differences, starred where they are beyond noise, and the articles that the two judge differently."""
        rows = [f"{self.n_articles} gold articles: first → second, and the lead of the second with its 95% interval"]
        rows += [f"{d}{' *' if d.low > 0 or d.high < 0 else ''}" for d in self.differences]
        rows.append(f"{len(self.changed)} articles are judged differently" + (":" if self.changed else ""))
        rows += [f"  {id}: {', '.join(parts)}" for id, parts in list(self.changed.items())[:most]]
        if len(self.changed) > most:
            rows.append(f"  … and {len(self.changed) - most} more")
        return "\n".join(rows)


@dataclass(frozen=True)
class Criterion:
    """One thing that the gate looks at."""

    name: str
    passed: bool
    detail: str

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'FAILED'}  {self.name}: {self.detail}"


@dataclass(frozen=True)
class Decision:
    """What the gate decided, by which criteria, over which champion and on what."""

    criteria: list[Criterion]
    over: str | None
    """Version of the champion, `None` where there was none."""
    basis: str

    @property
    def accepted(self) -> bool:
        """Whether every criterion was met."""
        return all(criterion.passed for criterion in self.criteria)

    @property
    def why(self) -> str:
        """The decision in one line."""
        failed = ", ".join(criterion.name for criterion in self.criteria if not criterion.passed)
        if self.over is None:
            return f"refused: {failed}" if failed else "there was no champion"
        if failed:
            return f"refused against version {self.over} {self.basis}: {failed}"
        return f"better than version {self.over} {self.basis}"


def judge(champion: Evaluation, candidate: Evaluation, metrics: Sequence[str]) -> list[Criterion]:
    """The gate's rule, for evaluations on the same articles in the same order.

    A candidate passes when

    * on none of the named metrics it is worse beyond noise, that is, no 95% interval of a difference lies below zero
      (paired bootstrap over articles), and
    * the mean over all of them is higher: where noise hides what each metric says, a candidate that loses more than it
      gains stays out.
    """
    found = [difference(champion, candidate, name) for name in metrics]
    criteria = [
        Criterion(d.name, d.high >= 0, f"{d.first:.3f} → {d.second:.3f}, difference in [{d.low:+.3f}, {d.high:+.3f}]")
        for d in found
    ]
    leads = [d.second - d.first for d in found]
    higher = sum(lead > 0 for lead in leads)
    mean = sum(leads) / len(leads) if leads else 0.0
    detail = f"higher on {higher} of {len(leads)} metrics, {mean:+.4f} in the mean"
    return [*criteria, Criterion("better", mean > 0, detail)]


def difference(first: Evaluation, second: Evaluation, name: str) -> Difference:
    """A figure's difference. Both evaluations draw the same resamples, so values at one place belong together.

    Raises `TopicStanceError` where one of them does not have the figure.
    """
    if name not in first.resampled or name not in second.resampled:
        known = ", ".join(sorted(set(first.resampled) & set(second.resampled)))
        raise TopicStanceError(f"the metric {name!r} cannot be measured on these articles; those that can: {known}")
    low, high = interval(second.resampled[name] - first.resampled[name])
    return Difference(name, first.scalars()[name], second.scalars()[name], low, high)


def compare(first: Pipeline, second: Pipeline, gold: Sequence[LabelledArticle]) -> Comparison:
    """Two models on the same labelled articles."""
    before = first.predict(article.article() for article in gold)
    after = second.predict(article.article() for article in gold)
    scored, again = score(gold, before), score(gold, after)
    names = [name for name in scored.figures if name in scored.resampled and name in again.resampled]
    changed = {a.id: parts for a, b in zip(before, after, strict=True) if (parts := _changed(a, b))}
    return Comparison(len(gold), [difference(scored, again, name) for name in names], changed)


def _changed(before: Prediction, after: Prediction) -> list[str]:
    """What differs in a way that a reader would see: labels and spans, not probabilities."""
    seen = [
        {
            "topics": [topic.label for topic in p.topics if topic.assigned],
            "quotes": [(quote.content, quote.actor) for quote in p.quotes],
            "actors": [actor.name for actor in p.actors],
            "stances": [[(s.topic, s.label) for s in actor.stances] for actor in p.actors],
        }
        for p in (before, after)
    ]
    return [part for part in seen[0] if seen[0][part] != seen[1][part]]
