"""Whether predictions, and the texts they are of, still look like those of an earlier time.

Two sides are compared, *reference* and *current*. Each is read once, article by article, into a `Profile` of counts.
`compare` then asks one question a check: topic rates (chi-squared, Fisher's exact test where counts are small), stated
probabilities and quotes an article (Kolmogorov and Smirnov), stance mixes (chi-squared), words out of the vocabulary
(Mann and Whitney), terms (Jensen and Shannon's distance against shuffled sides). With enough articles any difference is
significant, and with few articles any difference is large: a check drifts only where both its p-value, adjusted for
the number of checks (Benjamini and Hochberg 1995), and its effect say so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import STANCES, DataError

from .profiles import Profile, Texts

ALPHA = 0.01
"""Also the default of `topic-stance monitor`, which starts without importing this."""
FLOORS = {
    "topic rate": 0.2,
    "confidence": 0.1,
    "quotes": 0.1,
    "stance mix": 0.1,
    "stance of actor": 0.2,
    "out of vocabulary": 0.02,
    "terms": 0.05,
}
"""Least effect that counts as drift: Cohen's h, distance of distributions, Cramér's V, share of words, distance."""
MOST_TERMS = 12
"""So many terms that rose are told, and so many that fell."""
MOST_ACTORS = 20
FEWEST_STANCES = 20
"""An actor is looked at where each side has so many of its stances."""
_SHUFFLES = 299


@dataclass(frozen=True)
class Check:
    """One question: what both sides show, how far apart they are, and whether that is drift."""

    kind: str
    of: str
    reference: str
    current: str
    effect: float
    floor: float
    p: float
    """Adjusted for the number of checks."""
    drifted: bool

    def __str__(self) -> str:
        mark = "DRIFT" if self.drifted else "  ok "
        sides = f"{self.reference} → {self.current}"
        p = f"{self.p:.4f}" if self.p >= 1e-4 else "< 0.0001"
        return f"{mark}  {self.kind:18s} {self.of:28.28s} {sides:48s} effect {self.effect:.3f}  p {p}"


@dataclass(frozen=True)
class TermChange:
    """A term of the vocabulary: share of the articles that hold it on both sides, and how surprising that is."""

    term: str
    reference: float
    current: float
    z: float


@dataclass(frozen=True)
class Drift:
    """What a comparison found; `terms`: what rose most, then what fell most."""

    reference: Profile
    current: Profile
    checks: list[Check]
    terms: list[TermChange]
    notes: list[str]

    @property
    def drifted(self) -> list[Check]:
        """The checks that say drift."""
        return [check for check in self.checks if check.drifted]

    @property
    def verdict(self) -> str:
        """The outcome in a few words."""
        if self.drifted:
            return f"{len(self.drifted)} of {len(self.checks)} checks drifted"
        return f"no drift in {len(self.checks)} check{'s' if len(self.checks) != 1 else ''}"

    def table(self) -> str:
        """What `topic-stance monitor` prints."""
        sides = f"{self.reference.n:,} articles → {self.current.n:,} articles"
        rows = [f"note: {note}" for note in self.notes] + [str(check) for check in self.checks]
        return "\n".join([sides, *rows, self.verdict])


@dataclass(frozen=True)
class _Finding:
    kind: str
    of: str
    reference: str
    current: str
    effect: float
    p: float


def compare(reference: Profile, current: Profile, *, alpha: float = ALPHA, tolerance: float = 1.0) -> Drift:
    """Every check of two profiles; `tolerance` multiplies the effects that count as drift.

    Raises `DataError` where a side holds no predictions.
    """
    if not reference.n or not current.n:
        raise DataError(f"the {'current' if reference.n else 'reference'} side holds no predictions")
    found = [*_predicted(reference, current), *_stances(reference, current)]
    terms: list[TermChange] = []
    if reference.texts and current.texts:
        found += _texts(reference.texts, current.texts)
        terms = changed_terms(reference.texts, current.texts)
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control([finding.p for finding in found])
    checks = []
    for finding, p in zip(found, adjusted.tolist(), strict=True):
        floor = FLOORS[finding.kind] * tolerance
        sides = (finding.kind, finding.of, finding.reference, finding.current)
        checks.append(Check(*sides, finding.effect, floor, p, p < alpha and finding.effect >= floor))
    return Drift(reference, current, checks, terms, _notes(reference, current))


def changed_terms(reference: Texts, current: Texts) -> list[TermChange]:
    """The terms whose share of articles rose most, then those that fell most, by the z of two proportions."""
    before, after = reference.document_frequency, current.document_frequency
    share = (before + after) / (reference.n + current.n)
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-12) * (1 / reference.n + 1 / current.n))
    z = (after / current.n - before / reference.n) / spread
    order = np.argsort(-z, kind="stable")
    chosen = [*(k for k in order[:MOST_TERMS] if z[k] > 0), *(k for k in order[::-1][:MOST_TERMS] if z[k] < 0)]
    return [
        TermChange(reference.terms[k], float(before[k] / reference.n), float(after[k] / current.n), float(z[k]))
        for k in chosen
    ]


def _predicted(reference: Profile, current: Profile) -> Iterator[_Finding]:
    for label in sorted(set(reference.probability) | set(current.probability)):
        first, second = reference.assigned[label], current.assigned[label]
        shares = first / reference.n, second / current.n
        effect = abs(2 * math.asin(math.sqrt(shares[1])) - 2 * math.asin(math.sqrt(shares[0])))
        table = [[first, reference.n - first], [second, current.n - second]]
        yield _Finding("topic rate", label, f"{shares[0]:.1%}", f"{shares[1]:.1%}", effect, _p_of_counts(table))
        yield from _distributions("confidence", label, reference.probability[label], current.probability[label])
    yield from _distributions("confidence", "stance", reference.stance_probability, current.stance_probability)
    yield from _distributions("quotes", "quotes an article", reference.quotes, current.quotes)


def _distributions(kind: str, of: str, first: Sequence[float], second: Sequence[float]) -> Iterator[_Finding]:
    """Two samples of numbers; nothing where one side has none."""
    from scipy.stats import ks_2samp

    if len(first) and len(second):
        with np.errstate(divide="ignore"):
            distance = ks_2samp(np.asarray(first), np.asarray(second), method="asymp")
        means = f"mean {np.mean(first):.3f}", f"mean {np.mean(second):.3f}"
        # Of one number on each side the test has no p-value.
        p = 1.0 if math.isnan(distance.pvalue) else float(distance.pvalue)
        yield _Finding(kind, of, *means, float(distance.statistic), p)


def _stances(reference: Profile, current: Profile) -> Iterator[_Finding]:
    topics = sorted({key[0] for key in (*reference.by_topic, *current.by_topic)})
    for topic in topics:
        rows = [[side.by_topic[topic, label] for label in STANCES] for side in (reference, current)]
        yield from _mixes("stance mix", topic, rows)
    for actor in shared_actors(reference, current):
        rows = [[side.mix(actor)[label] for label in STANCES] for side in (reference, current)]
        yield from _mixes("stance of actor", actor, rows)


def shared_actors(reference: Profile, current: Profile, fewest: int = FEWEST_STANCES) -> list[str]:
    """Actors with stances enough on both sides, those with most first."""
    first, second = reference.stances_of_actors(), current.stances_of_actors()
    smaller = Counter({actor: min(n, second[actor]) for actor, n in first.items()})
    ranked = sorted(smaller.items(), key=lambda item: (-item[1], item[0]))
    return [actor for actor, n in ranked[:MOST_ACTORS] if n >= fewest]


def _mixes(kind: str, of: str, rows: list[list[int]]) -> Iterator[_Finding]:
    """Counts of stances on both sides; nothing where a side has too few to say anything."""
    totals = [sum(row) for row in rows]
    if min(totals) < FEWEST_STANCES:
        return
    # Of two rows, Cramér's V is the root of chi-squared over the number of stances.
    table = np.array([column for column in np.array(rows).T if column.any()]).T
    chi2, p = _chi2(table)
    labels = STANCES.index("favor"), STANCES.index("against")
    shown = [", ".join(f"{row[k] / sum(row):.0%} {STANCES[k]}" for k in labels) for row in rows]
    yield _Finding(kind, of, shown[0], shown[1], math.sqrt(chi2 / sum(totals)), p)


def _texts(reference: Texts, current: Texts) -> Iterator[_Finding]:
    from scipy.stats import mannwhitneyu

    means = float(np.mean(reference.unknown_share)), float(np.mean(current.unknown_share))
    p = float(mannwhitneyu(reference.unknown_share, current.unknown_share).pvalue)
    shown = f"{means[0]:.1%}", f"{means[1]:.1%}"
    # Equal shares in all articles leave nothing to rank.
    yield _Finding("out of vocabulary", "words", *shown, abs(means[1] - means[0]), 1.0 if math.isnan(p) else p)
    distance, expected, p = _term_distance(reference, current)
    yield _Finding(
        "terms", "vocabulary", f"{expected:.3f} by chance", f"{distance:.3f}", max(0.0, distance - expected), p
    )


def _term_distance(reference: Texts, current: Texts) -> tuple[float, float, float]:
    """Jensen and Shannon's distance between the terms of two samples, what it is when the articles are shuffled, and p.

    Few articles are far apart by chance alone: only what goes beyond that is an effect. The p-value is that of a normal
    law with the mean and spread of the shuffled distances, so that a small one does not need as many shuffles.
    """
    from scipy.sparse import csr_array
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import norm

    rows = [*reference.sample, *current.sample]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    columns = np.concatenate(rows) if rows else np.zeros(0, np.int32)
    matrix = csr_array((np.ones(len(columns)), columns, starts), shape=(len(rows), len(reference.terms)))
    side = np.arange(len(rows)) < len(reference.sample)
    whole = np.asarray(matrix.sum(axis=0)).ravel()
    if not whole.any():
        return 0.0, 0.0, 1.0

    def distance(first: NDArray[np.bool_]) -> float:
        one = first.astype(float) @ matrix
        value = float(jensenshannon(one, whole - one, base=2))
        return 0.0 if math.isnan(value) else value

    rng = np.random.default_rng(0)
    shuffled = np.array([distance(rng.permutation(side)) for _ in range(_SHUFFLES)])
    observed, expected, spread = distance(side), float(shuffled.mean()), float(shuffled.std())
    p = float(norm.sf((observed - expected) / spread)) if spread > 0 else 1.0
    return observed, expected, p


def _p_of_counts(table: list[list[int]]) -> float:
    """Two shares: chi-squared, or Fisher's exact test where an expected count is below five."""
    from scipy.stats import fisher_exact
    from scipy.stats.contingency import expected_freq

    if expected_freq(table).min() < 5:
        return float(fisher_exact(table).pvalue)
    return _chi2(table)[1]


def _chi2(table: Any) -> tuple[float, float]:
    from scipy.stats import chi2_contingency

    found = chi2_contingency(table, correction=False)
    return float(found.statistic), float(found.pvalue)


def _notes(reference: Profile, current: Profile) -> list[str]:
    notes = []
    models = sorted(reference.models | current.models)
    if len(models) > 1:
        notes.append(
            f"predicted by different models ({', '.join(models)}): what differs may be the model, not the news"
        )
    for name, side in (("reference", reference), ("current", current)):
        if side.n < 50:
            notes.append(f"the {name} side has {side.n} articles: only large changes can be noticed")
    if not (reference.texts and current.texts):
        notes.append("no texts on both sides: terms and words out of the vocabulary were not compared")
    return notes
