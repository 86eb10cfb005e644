"""A drift comparison as one page with its plots inside it: nothing is fetched, everything from outside is escaped."""

from __future__ import annotations

import base64
import io
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any

import numpy as np

from topic_stance.data.records import STANCES

from .monitor import FLOORS, Check, Drift, shared_actors
from .profiles import Profile

_SIDES = ("reference", "current")
_COLOURS = {"reference": "#8a96a3", "current": "#1f5fa8"}
_STANCE_COLOURS = {"favor": "#2f8f4e", "neutral": "#b5b9bd", "against": "#b5303c"}
_MOST_PANELS = 6
_MOST_PERIODS = 24
_FEWEST_SHOWN = 4
_MEANING = {
    "topic rate": "share of the articles that were assigned the topic",
    "confidence": "stated probabilities, as a whole",
    "quotes": "quotes found in an article",
    "stance mix": "favor, against, neutral among the stances towards a topic",
    "stance of actor": "favor, against, neutral among an actor's stances",
    "out of vocabulary": "share of an article's words that the model does not know",
    "terms": "distance between the terms of the articles, over what shuffled sides have",
}


def as_html(drift: Drift) -> str:
    """The page."""
    verdict = f'<p class="verdict {"bad" if drift.drifted else "good"}">{escape(drift.verdict)}</p>'
    sides = f"{drift.reference.n:,} reference articles, {drift.current.n:,} current articles"
    notes = "".join(f"<li>{escape(note)}</li>" for note in drift.notes)
    parts = [
        f"<h1>Drift report</h1>{verdict}<p>{escape(sides)}</p>",
        f'<ul class="notes">{notes}</ul>' if notes else "",
        "<h2>Checks</h2>",
        _checks(drift.checks),
        _topic_part(drift),
        _stance_part(drift),
        _term_part(drift),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Drift report</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def periods(days: Sequence[str]) -> dict[str, str]:
    """The period that each day belongs to: itself, its week, month or year, so that there are not too many."""
    known = sorted({day for day in days if _is_day(day)})
    if not known:
        return {}
    span = (date.fromisoformat(known[-1]) - date.fromisoformat(known[0])).days
    if span < _MOST_PERIODS:
        return {day: day for day in known}
    if span < 7 * _MOST_PERIODS:
        return {day: "{}-W{:02d}".format(*date.fromisoformat(day).isocalendar()[:2]) for day in known}
    if span < 31 * _MOST_PERIODS:
        return {day: day[:7] for day in known}
    return {day: day[:4] for day in known}


def mixes_over_time(drift: Drift, actor: str) -> dict[str, Counter[str]]:
    """An actor's stances by period; without dates the periods are the two sides."""
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    both = [(side, key, n) for side, p in _both(drift) for key, n in p.by_actor.items() if key[0] == actor]
    named = periods([day for _, (_, day, _), _ in both])
    for side, (_, day, label), n in both:
        table[named.get(day, "no date") if named else side][label] += n
    order = sorted(table) if named else _SIDES
    return {period: table[period] for period in order if table[period]}


def _both(drift: Drift) -> list[tuple[str, Profile]]:
    return list(zip(_SIDES, (drift.reference, drift.current), strict=True))


def _topics(drift: Drift) -> list[str]:
    return sorted(set(drift.reference.probability) | set(drift.current.probability))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _checks(checks: Sequence[Check]) -> str:
    head = "".join(
        f"<th>{name}</th>" for name in ("", "check", "of", "reference", "current", "effect", "drift from", "p")
    )
    rows = []
    for check in sorted(checks, key=lambda check: not check.drifted):
        mark = '<td class="bad">drift</td>' if check.drifted else '<td class="good">ok</td>'
        of = check.of.replace("_", " ")
        cells = (
            f'<td title="{escape(_MEANING[check.kind])}">{escape(check.kind)}</td><td>{escape(of)}</td>'
            f"<td>{escape(check.reference)}</td><td>{escape(check.current)}</td>"
        )
        numbers = f"<td>{check.effect:.3f}</td><td>{check.floor:.2f}</td><td>{_p(check.p)}</td>"
        rows.append(f"<tr>{mark}{cells}{numbers}</tr>")
    legend = "".join(f"<li><b>{escape(k)}</b>: {escape(_MEANING[k])}</li>" for k in FLOORS)
    return (
        f"<table><tr>{head}</tr>{''.join(rows)}</table>"
        f"<details><summary>What the checks are</summary><ul>{legend}</ul><p>A check drifts where its p-value, "
        "adjusted for the number of checks, is small and its effect is at least what counts as drift.</p></details>"
    )


def _p(value: float) -> str:
    return "&lt; 0.0001" if value < 1e-4 else f"{value:.4f}"


def _topic_part(drift: Drift) -> str:
    if not _topics(drift):
        return "<h2>Topics</h2><p>No prediction states a topic.</p>"
    rates = _image(_rates(drift), "Share of articles by topic on both sides, with 95% intervals")
    stated = _image(_probabilities(drift), "Distribution of the stated probabilities by topic on both sides")
    return f"<h2>Topics</h2>{rates}{stated}"


def _stance_part(drift: Drift) -> str:
    actors = shared_actors(drift.reference, drift.current, _FEWEST_SHOWN)[:_MOST_PANELS]
    if not actors:
        return "<h2>Stances</h2><p>No actor has stances enough on both sides.</p>"
    return "<h2>Stances of actors over time</h2>" + _image(
        _mixes(drift, actors), "Share of favor, neutral and against by actor and period"
    )


def _term_part(drift: Drift) -> str:
    if not drift.terms or drift.current.texts is None or drift.reference.texts is None:
        return ""
    unknown = drift.current.texts.unknown
    before = drift.reference.texts.unknown
    rows = "".join(
        f"<tr><td>{escape(word)}</td><td>{before[word]:,}</td><td>{n:,}</td></tr>"
        for word, n in unknown.most_common(15)
    )
    return (
        "<h2>Terms</h2>"
        + _image(_terms(drift), "Terms whose share of articles changed most")
        + "<h2>Words that the model does not know</h2>"
        + _image(_unknown(drift), "Share of unknown words by article on both sides")
        + f"<table><tr><th>word</th><th>in the reference</th><th>in the current texts</th></tr>{rows}</table>"
    )


def _image(figure: Any, text: str) -> str:
    made = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script that the plot's font lacks is still readable in the table.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(made, format="png", metadata={"Software": None})
    data = base64.b64encode(made.getvalue()).decode()
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{data}">'


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, list[Any]]:
    """A figure of its own, without pyplot's global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    return figure, panels


def _plain(text: str, most: int = 30) -> str:
    """Text for a plot: a dollar sign would begin a formula there."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return (shown if len(shown) <= most else shown[: most - 1] + "…").replace("$", r"\$")


def _rates(drift: Drift) -> Any:
    from scipy.stats import binomtest

    labels = _topics(drift)
    figure, (panel,) = _figure(8, 0.9 + 0.55 * len(labels))
    for k, (side, p) in enumerate(_both(drift)):
        shares = np.array([p.assigned[label] / p.n for label in labels])
        found = [binomtest(p.assigned[label], p.n).proportion_ci(method="wilson") for label in labels]
        low, high = (np.array(ends) for ends in zip(*((ci.low, ci.high) for ci in found), strict=True))
        error = np.maximum([shares - low, high - shares], 0)
        where = np.arange(len(labels)) + (k - 0.5) * 0.36
        panel.barh(where, shares, 0.34, xerr=error, label=side, color=_COLOURS[side], error_kw={"linewidth": 1})
    panel.set_yticks(range(len(labels)), [_plain(label.replace("_", " ")) for label in labels])
    panel.invert_yaxis()
    panel.xaxis.set_major_formatter("{x:.0%}")
    panel.set_xlabel("articles that were assigned the topic", fontsize=8)
    panel.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _probabilities(drift: Drift) -> Any:
    labels = _topics(drift)[:_MOST_PANELS]
    figure, panels = _figure(8, 2.4, 1, len(labels))
    for panel, label in zip(panels, labels, strict=True):
        for side, p in _both(drift):
            values = np.asarray(p.probability[label])
            weights = np.full(len(values), 1 / max(1, len(values)))
            kind = {"histtype": "stepfilled", "alpha": 0.55} if side == "reference" else {"histtype": "step"}
            panel.hist(values, np.linspace(0, 1, 21), weights=weights, label=side, color=_COLOURS[side], **kind)
        panel.set_title(_plain(label.replace("_", " ")), fontsize=9)
        panel.set_xlabel("stated probability", fontsize=8)
        # Most articles are about something else: on a plain axis their column alone would be seen.
        panel.set_yscale("log")
        panel.set_ylim(8e-4, 1.2)
        panel.set_yticks([1e-3, 1e-2, 1e-1, 1], ["0.1%", "1%", "10%", "100%"])
        panel.minorticks_off()
    panels[0].legend(fontsize=8, frameon=False)
    return figure


def _mixes(drift: Drift, actors: Sequence[str]) -> Any:
    columns = min(3, len(actors))
    rows = -(-len(actors) // columns)
    figure, panels = _figure(8, 2.5 * rows, rows, columns)
    for panel in panels[len(actors) :]:
        panel.set_visible(False)
    for panel, actor in zip(panels, actors, strict=False):
        mixes = mixes_over_time(drift, actor)
        totals = np.array([sum(mix.values()) for mix in mixes.values()])
        base = np.zeros(len(mixes))
        for label in ("favor", "neutral", "against"):
            shares = np.array([mix[label] for mix in mixes.values()]) / totals
            panel.bar(range(len(mixes)), shares, 0.85, base, label=label, color=_STANCE_COLOURS[label])
            base += shares
        step = -(-len(mixes) // 8)
        names = [_plain(period) for period in mixes]
        panel.set_xticks(range(0, len(mixes), step), names[::step], rotation=45 if len(mixes) > 2 else 0)
        panel.set_ylim(0, 1)
        panel.yaxis.set_major_formatter("{x:.0%}")
        panel.set_title(f"{_plain(actor, 26)} ({totals.sum()})", fontsize=9)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(STANCES), fontsize=8, frameon=False)
    return figure


def _terms(drift: Drift) -> Any:
    """Each term with its share of the articles on both sides and a line between them."""
    terms = sorted(drift.terms, key=lambda term: -term.z)
    figure, (panel,) = _figure(8, 0.9 + 0.2 * len(terms))
    for k, term in enumerate(terms):
        panel.plot([term.reference, term.current], [k, k], color="0.75", linewidth=1.5, zorder=1)
    for side in _SIDES:
        panel.scatter(
            [getattr(t, side) for t in terms], range(len(terms)), 22, color=_COLOURS[side], label=side, zorder=2
        )
    panel.set_yticks(range(len(terms)), [_plain(term.term) for term in terms])
    panel.invert_yaxis()
    panel.xaxis.set_major_formatter("{x:.0%}")
    panel.set_xlabel("articles that hold the term", fontsize=8)
    panel.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _unknown(drift: Drift) -> Any:
    figure, (panel,) = _figure(8, 2.2)
    shares = {side: np.asarray(p.texts.unknown_share) for side, p in _both(drift) if p.texts}
    edges = np.linspace(0, max(0.1, *(float(values.max()) for values in shares.values())), 31)
    for side, values in shares.items():
        kind = {"histtype": "stepfilled", "alpha": 0.55} if side == "reference" else {"histtype": "step"}
        panel.hist(
            values, edges, weights=np.full(len(values), 1 / len(values)), label=side, color=_COLOURS[side], **kind
        )
    panel.xaxis.set_major_formatter("{x:.0%}")
    panel.yaxis.set_major_formatter("{x:.0%}")
    panel.set_xlabel("words of an article that the model does not know", fontsize=8)
    panel.set_ylabel("articles", fontsize=8)
    panel.legend(fontsize=8, frameon=False)
    return figure


_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{margin-bottom:.25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
.verdict{display:inline-block;margin:.25rem 0;padding:.2rem .8rem;border-radius:1rem;font-weight:600}
.verdict.bad{background:#fbe3e4}.verdict.good{background:#e2f4e7}.bad{color:#a31621;font-weight:600}.good{color:#17692f}
.notes{color:#7a5b00;background:#fff8e1;border-radius:6px;padding:.5rem 1rem .5rem 2rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;padding:.25rem .6rem;border-top:1px solid #eee;vertical-align:top}
th,td:last-child{white-space:nowrap}th{color:#666;font-weight:500}
tr td:nth-child(n+4){font-variant-numeric:tabular-nums}
img{max-width:100%;display:block;margin:.75rem 0}summary{cursor:pointer;color:#555;margin-top:.5rem}
"""
