"""What figures alone do not show: confusion tables, reliability, and their plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import STANCES, LabelledArticle, Prediction

from .evaluate import Count
from .matching import matched_actors

BINS = 10


@dataclass(frozen=True)
class Certainty:
    """Stated probabilities (n,) and whether what they were stated of was so (n,)."""

    probability: NDArray[np.float64]
    truth: NDArray[np.bool_]

    @classmethod
    def of(cls, statements: Iterable[Iterable[tuple[float, bool]]]) -> Certainty:
        """From what was stated in each article."""
        flat = [statement for article in statements for statement in article]
        return cls(np.array([p for p, _ in flat], np.float64), np.array([t for _, t in flat], np.bool_))

    def error(self) -> float:
        """Expected calibration error (Naeini et al. 2015) over bins of one width, 0 where nothing was stated."""
        return sum(b["n"] * abs(b["probability"] - b["share"]) for b in self.bins()) / max(1, len(self.truth))

    def bins(self) -> list[dict[str, float]]:
        """Mean probability, share that was so and size of every bin that holds something."""
        which = np.minimum((self.probability * BINS).astype(int), BINS - 1)
        return [
            {
                "probability": float(self.probability[which == b].mean()),
                "share": float(self.truth[which == b].mean()),
                "n": int((which == b).sum()),
            }
            for b in range(BINS)
            if (which == b).any()
        ]


@dataclass(frozen=True)
class Diagnostics:
    """Tables of counts and certainties of one evaluation."""

    topics: dict[str, dict[str, int]]
    """By topic: tp, fp, fn, tn, in articles."""
    stances: dict[str, dict[str, int]]
    """By labelled stance: predicted stance or `missing`, in (actor, topic) pairs."""
    certainty: dict[str, Certainty]
    """By topic, and `stance` for all stances together."""

    def average_precision(self) -> dict[str, float]:
        """Area under precision over recall, by topic that some article has."""
        from sklearn.metrics import average_precision_score

        topics = {name: self.certainty[name] for name in self.topics}
        return {
            name: float(average_precision_score(certainty.truth, certainty.probability))
            for name, certainty in topics.items()
            if certainty.truth.any()
        }

    def calibration(self) -> dict[str, float]:
        """Expected calibration error by topic, and of stances."""
        return {name: certainty.error() for name, certainty in self.certainty.items()}


def diagnose(
    gold: Sequence[LabelledArticle], predictions: Sequence[Prediction], counts: Sequence[Count], labels: Sequence[str]
) -> Diagnostics:
    """The diagnostics of predictions; `counts` are those of the evaluation."""
    certainty = {label: Certainty.of(topic_statements(gold, predictions, label)) for label in labels}
    topics = {}
    for label in labels:
        cells = {cell: sum(count["topic", label, cell] for count in counts) for cell in ("tp", "fp", "fn")}
        topics[label] = {**cells, "tn": len(gold) - sum(cells.values())}
    stances: dict[str, dict[str, int]] = {
        wanted: {given: sum(count["stance", wanted, given] for count in counts) for given in (*STANCES, "missing")}
        for wanted in STANCES
    }
    return Diagnostics(topics, stances, {**certainty, "stance": Certainty.of(stance_statements(gold, predictions))})


def topic_statements(
    gold: Sequence[LabelledArticle], predictions: Sequence[Prediction], label: str
) -> list[list[tuple[float, bool]]]:
    """By article, the probability stated of a topic and whether the article has it."""
    return [
        [(score.probability, label in article.topics) for score in prediction.topics if score.label == label]
        for article, prediction in zip(gold, predictions, strict=True)
    ]


def stance_statements(
    gold: Sequence[LabelledArticle], predictions: Sequence[Prediction]
) -> list[list[tuple[float, bool]]]:
    """By article, the probability of each predicted stance of a labelled actor, and whether it was labelled so."""
    found = []
    for article, prediction in zip(gold, predictions, strict=True):
        stated = []
        for wanted, given in matched_actors(article, prediction):
            for stance in given.stances if given else ():
                if stance.topic in wanted.stance:
                    stated.append((stance.probability, wanted.stance[stance.topic] == stance.label))
        found.append(stated)
    return found


def write_diagnostics(found: Diagnostics, folder: Path) -> None:
    """Confusion, reliability, and precision over recall, as JSON and as PNG."""
    import msgspec

    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "confusion_topics": found.topics,
        "confusion_stance": found.stances,
        "reliability_topics": {name: c.bins() for name, c in found.certainty.items() if name != "stance"},
        "reliability_stance": found.certainty["stance"].bins(),
        "precision_recall": {name: _precision_recall(found.certainty[name]) for name in found.topics},
    }
    for name, table in tables.items():
        (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n")
    labels = list(found.topics)
    _confusion_topics(found.topics).savefig(folder / "confusion_topics.png")
    _confusion_stance(found.stances).savefig(folder / "confusion_stance.png")
    _reliability({name: found.certainty[name] for name in labels}).savefig(folder / "reliability_topics.png")
    _reliability({"stance": found.certainty["stance"]}).savefig(folder / "reliability_stance.png")
    _precision_over_recall(found).savefig(folder / "precision_recall.png")


def write_curve(points: dict[int, dict[str, tuple[float, float, float]]], folder: Path) -> None:
    """Figures by number of articles, each with the ends of its interval, as PNG."""
    names = sorted({name for figures in points.values() for name in figures})
    figure, panels = _figure(3.2, 3.0, len(names))
    for panel, name in zip(panels, names, strict=True):
        shown = {n: figures[name] for n, figures in points.items() if name in figures}
        value, low, high = (np.array(column) for column in zip(*shown.values(), strict=True))
        panel.errorbar(list(shown), value, np.maximum([value - low, high - value], 0), marker="o", capsize=3)
        panel.set(title=name, xlabel="articles learned from", ylim=(0, 1))
        panel.set_xticks(list(shown))
    figure.savefig(folder / "learning_curve.png")


def _precision_recall(certainty: Certainty) -> list[dict[str, float]]:
    """Precision and recall at every probability that was stated; nothing where no article has the topic."""
    from sklearn.metrics import precision_recall_curve

    if not certainty.truth.any():
        return []
    precision, recall, threshold = precision_recall_curve(certainty.truth, certainty.probability)
    rows = zip(threshold.tolist(), precision.tolist(), recall.tolist(), strict=False)
    return [{"threshold": t, "precision": p, "recall": r} for t, p, r in rows]


def _figure(width: float, height: float, panels: int) -> tuple[Any, list[Any]]:
    """A figure of its own, without pyplot's global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * panels, height), dpi=110, layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _precision_over_recall(found: Diagnostics) -> Any:
    """A curve for each topic; the cross is where the model's own threshold puts it."""
    figure, panels = _figure(3.4, 3.4, len(found.topics))
    areas = found.average_precision()
    for panel, (name, cells) in zip(panels, found.topics.items(), strict=True):
        curve = [*_precision_recall(found.certainty[name]), {"precision": 1.0, "recall": 0.0}]
        panel.step([row["recall"] for row in curve], [row["precision"] for row in curve], where="post")
        if cells["tp"]:
            own = cells["tp"] / (cells["tp"] + cells["fn"]), cells["tp"] / (cells["tp"] + cells["fp"])
            panel.scatter(*own, 60, marker="x", color="C3", zorder=3)
        panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="recall", ylabel="precision")
        area = f"{areas[name]:.3f}" if name in areas else "none has it"
        panel.set_title(f"{name.replace('_', ' ')} (average {area})", fontsize=9)
    return figure


def _confusion_topics(tables: dict[str, dict[str, int]]) -> Any:
    figure, panels = _figure(3.2, 3.2, len(tables))
    for panel, (label, cells) in zip(panels, tables.items(), strict=True):
        counts = np.array([[cells["tp"], cells["fn"]], [cells["fp"], cells["tn"]]])
        _heat(panel, counts, ["has topic", "has not"], ["assigned", "not"])
        panel.set_title(label.replace("_", " "))
    return figure


def _confusion_stance(table: dict[str, dict[str, int]]) -> Any:
    figure, (panel,) = _figure(5.0, 3.6, 1)
    counts = np.array([list(row.values()) for row in table.values()])
    _heat(panel, counts, list(table), list(next(iter(table.values()))))
    panel.set_title("stance: labelled (rows), predicted (columns)")
    return figure


def _heat(panel: Any, counts: NDArray[np.int64], rows: list[str], columns: list[str]) -> None:
    """Counts as a table, shaded by their share of the row."""
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    panel.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for i, j in np.ndindex(counts.shape):
        color = "white" if share[i, j] > 0.6 else "black"
        panel.text(j, i, f"{counts[i, j]}\n{share[i, j]:.0%}", ha="center", va="center", color=color)
    panel.set_xticks(range(len(columns)), columns)
    panel.set_yticks(range(len(rows)), rows)


def _reliability(certainties: dict[str, Certainty]) -> Any:
    """Observed share over stated probability; the area of a point is the number of statements in it."""
    figure, panels = _figure(3.4, 3.6, len(certainties))
    for panel, (name, certainty) in zip(panels, certainties.items(), strict=True):
        bins = certainty.bins()
        panel.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        panel.plot([b["probability"] for b in bins], [b["share"] for b in bins], color="C0", linewidth=1)
        largest = max((b["n"] for b in bins), default=1)
        areas = [200 * b["n"] / largest for b in bins]
        panel.scatter([b["probability"] for b in bins], [b["share"] for b in bins], areas)
        panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="stated probability", ylabel="share that was so")
        title = f"{name.replace('_', ' ')} (error {certainty.error():.3f}, n = {len(certainty.truth)})"
        panel.set_title(title, fontsize=9)
    return figure
