"""The model card that goes with a bundle, after Mitchell et al. (2019).

It holds no time, no path of a machine and no identifier of a run: the same training gives the same card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from itertools import chain, count
from pathlib import PurePosixPath

from topic_stance.classifier.bundle import Manifest

from .config import DataConfig, RunConfig
from .evaluate import Evaluation
from .fit import Corpus
from .slices import Slice

_LEXICONS = {
    "word_classes.tsv": "classes of words, learned from the contexts of 6,219 public news articles without labels",
    "tagger.safetensors": "a tagger of grammar, learned from spaCy's parses of 2,000 of those articles",
    "word_vectors.safetensors": "vectors of words: GloVe (Pennington, Socher and Manning 2014), public domain",
    "leanings.tsv": "how words lean on each topic, guessed by language-model readers who saw the words alone",
}


def model_card(
    config: RunConfig,
    manifest: Manifest,
    corpus: Corpus,
    measured: Evaluation,
    calibration: dict[str, float],
    slices: Sequence[Slice],
) -> str:
    """Markdown: what the model is, what it learned from, how well it does, and what it is not for."""
    sections = [
        f"# Model card: {config.gate.model}, configuration `{config.name}`",
        "Topics of a news article, who is quoted in it, and where every quoted actor stands. English text. Every head "
        "is linear; a model is arrays and text, and loading one runs none of its content.",
        _intended_use(),
        _taxonomy(manifest),
        data_section(config, corpus),
        _measured(config, measured),
        _sliced(slices),
        _calibration(calibration),
        _limits(measured),
        _origin(config, manifest),
    ]
    return "\n\n".join(sections) + "\n"


def _intended_use() -> str:
    return (
        "## Use\n\n"
        "For reading large numbers of articles: finding those about a topic, who speaks in them, and a first estimate "
        "of where each speaker stands. Look at the article before acting on a single prediction. Not for decisions "
        "about persons, and not evidence that somebody holds a view: a stance is what an article reports as said."
    )


def _taxonomy(manifest: Manifest) -> str:
    rows = [(t.label, t.description, t.proposition, f"{t.threshold:.3f}") for t in manifest.topics]
    return "## Topics\n\n" + _table(("topic", "what it covers", "proposition of the stance", "threshold"), rows)


def data_section(config: RunConfig, corpus: Corpus) -> str:
    """The part of the card that says what was learned from."""
    rows = []
    names = short_paths(corpus.hashes)
    for path, digest in corpus.hashes.items():
        rows.append((f"`{names[path]}`", _kind(path, config.data), f"`{digest[:16]}`"))
    lexicons = dict(_LEXICONS)
    if not config.stance.vectors:
        del lexicons["word_vectors.safetensors"]
    if config.data.leanings or not config.stance.leanings:
        del lexicons["leanings.tsv"]
    for name, what in lexicons.items():
        content = resources.files("topic_stance.data").joinpath("lexicons", name).read_bytes()
        rows.append((f"`data/lexicons/{name}`", what, f"`{hashlib.sha256(content).hexdigest()[:16]}`"))
    quotes = sum(len(article.quotes or ()) for article in corpus.full)
    actors = sum(len(article.actors or ()) for article in corpus.full)
    return (
        "## Data\n\n"
        + _table(("source", "what it is", "SHA-256 begins"), rows)
        + f"\n\n{len(corpus.full)} articles labelled in full ({quotes} quotes, {actors} actors), {len(corpus.topics)} "
        f"with topics, {len(corpus.attributed)} texts with attributions only. The bundle contains no article."
    )


def _kind(path: str, data: DataConfig) -> str:
    if path == data.authored:
        return "articles written for this project, labelled in full"
    if path == data.briefs:
        return "short texts written for this project, labelled in full"
    if path == data.leanings:
        return "how words lean on each topic, for the stance head"
    if path in data.articles:
        return "public news articles, the texts that labels refer to; see `data/labels/DATASHEET.md`"
    if path in data.full:
        return "labels of quotes, actors and stances on public articles"
    if path in data.stances:
        return "labels of stances on public articles, of actors whose quotes a model found"
    if path in data.passing:
        return "labels of stances on public articles, towards topics that they touch in passing"
    if path in data.topics:
        return "labels of topics on public articles"
    return f"PolNeAR (Newell et al. 2018), attributions of speech, weight {data.polnear_weight}"


def _measured(config: RunConfig, measured: Evaluation) -> str:
    rows = []
    for name, value in measured.figures.items():
        shown = " / ".join(f"{x:.3f}" for x in value) if isinstance(value, tuple) else f"{value:.3f}"
        low, high = measured.intervals.get(name, (None, None))
        rows.append((name, shown, "" if low is None else f"{low:.3f} to {high:.3f}"))
    return (
        "## Figures\n\n"
        f"Measured on {measured.n_articles} articles held out at random ({config.data.held_out:.0%}, near-duplicates "
        "on one side) by a model fitted on the others. The model in this folder was then fitted on all of them. "
        "Intervals: 95%, bootstrap over articles; for a triple, of its F1. Held-out articles come from the same "
        "sources as the others: articles from elsewhere are harder.\n\n" + _table(("figure", "value", "interval"), rows)
    )


def _sliced(slices: Sequence[Slice]) -> str:
    parts = [
        "## Figures by slice\n\n"
        "Of the same held-out articles. n counts articles, for quote kinds quotes, for actor types actors; a figure of "
        "a small slice says little. A dash: nothing was labelled for it."
    ]
    for by in dict.fromkeys(part.by for part in slices):
        own = [part for part in slices if part.by == by]
        names = list(dict.fromkeys(name for part in own for name in part.figures))
        rows = [
            (part.name, str(part.n), *(f"{part.figures[n]:.3f}" if n in part.figures else "–" for n in names))
            for part in own
        ]
        parts.append(_table((by, "n", *names), rows))
    return "\n\n".join(parts)


def _calibration(calibration: dict[str, float]) -> str:
    rows = [(name, f"{error:.3f}") for name, error in calibration.items()]
    return "## Expected calibration error\n\n" + _table(("probability of", "error"), rows)


def _limits(measured: Evaluation) -> str:
    return (
        "## Limits\n\n"
        "- English news prose only; social media, transcripts and translations were not looked at.\n"
        "- Topics are those above; an article on anything else gets probabilities all the same, mostly low.\n"
        "- A quote without a cue, a speaker who is named only in another article, irony, and a stance that is implied "
        "but not said are often missed.\n"
        "- A stance rests on an actor's quotes in one article; with one short quote it is hardly better than a guess.\n"
        f"- {measured.n_articles} held-out articles leave wide intervals: compare models by their difference on the "
        "same articles (`topic-stance compare`), not by these numbers.\n"
        "- Whose words the articles carry decides what was learned: outlets and regions that are rare in the data "
        "above are served worse."
    )


def _origin(config: RunConfig, manifest: Manifest) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))
    return f"## Made with\n\nSeed {config.seed}; {versions}. The manifest holds the whole configuration."


def short_paths(paths: Iterable[str]) -> dict[str, str]:
    """A short name for each path, no two alike: of those that would be, the later ones have a number."""
    names: dict[str, str] = {}
    for path in paths:
        short = _short_path(path)
        choices = chain([short], (f"{short} ({number})" for number in count(2)))
        names[path] = next(name for name in choices if name not in names.values())
    return names


def _short_path(path: str) -> str:
    """A path without the steps up that lead to it, or where it is absolute, its last two parts."""
    pure = PurePosixPath(path.replace("\\", "/"))
    parts = pure.parts[-2:] if pure.is_absolute() else [part for part in pure.parts if part != ".."]
    return "/".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows])


def _cell(text: str) -> str:
    """Text in a table: it may come from an article, and must neither end the cell nor be markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
