"""Attribution extraction on PolNeAR (Newell et al. 2018): train on one folder, score on another.

    python -m experiments.benchmarks.polnear --train ../shared/data/polnear/train --test ../shared/data/polnear/dev

All attributions count, not only speech, so that the rules of what is speech are left out; nothing but the training
folder and the word classes is learned from. Printed for content, source and cue: token overlap (micro, over the union
of spans) and exact spans, edges aside.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from topic_stance.classifier.context import context
from topic_stance.classifier.quotes import QuoteHead, find_attributions, found_quotes
from topic_stance.classifier.segment import tokenize
from topic_stance.data.public import AttributedText, Attribution, polnear
from topic_stance.data.records import Span
from topic_stance.training.quotes import Example, QuoteOptions, fit_quotes
from topic_stance.training.tagger import read_tagger
from topic_stance.training.words import read_word_classes

ROLES = ("content", "source", "cue")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_EDGE = " \n\t\"'“”‘’.,"


def predict(text: str, head: QuoteHead) -> list[Attribution]:
    """The attributions found in a text."""
    tokens = tokenize(text)

    def characters(spans: Iterable[tuple[int, int]]) -> list[Span]:
        return [(int(tokens.start[a]), int(tokens.end[b - 1])) for a, b in spans]

    return [
        Attribution(
            characters(quote.content),
            characters([quote.cue] if quote.cue else []),
            characters([quote.source] if quote.source else []),
        )
        for quote in found_quotes(find_attributions(tokens, context(tokens, head.words, head.tagger), head))
    ]


def count(text: str, wanted: Sequence[Attribution], given: Sequence[Attribution]) -> Counter[tuple[str, str]]:
    """Additive counts of one text: tokens and exact spans, right, predicted and gold."""
    counts: Counter[tuple[str, str]] = Counter()
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    for role in ROLES:
        gold = [getattr(attribution, role) for attribution in wanted]
        found = [getattr(attribution, role) for attribution in given]
        a, b = _covered(tokens, gold), _covered(tokens, found)
        counts[role, "right"] += len(a & b)
        counts[role, "given"] += len(b)
        counts[role, "gold"] += len(a)
        exact_a, exact_b = (Counter(t for spans in side if (t := _trimmed(text, spans))) for side in (gold, found))
        counts[role, "exact right"] += (exact_a & exact_b).total()
        counts[role, "exact given"] += exact_b.total()
        counts[role, "exact gold"] += exact_a.total()
    return counts


def table(counts: Counter[tuple[str, str]]) -> str:
    """Precision, recall and F1 of overlap and of exact spans, by role."""
    rows = []
    for role in ROLES:
        figures = []
        for kind in ("", "exact "):
            right, given, gold = (counts[role, kind + part] for part in ("right", "given", "gold"))
            precision, recall = right / max(1, given), right / max(1, gold)
            f1 = 2 * precision * recall / (precision + recall) if right else 0.0
            figures.append(f"{precision:.3f} {recall:.3f} {f1:.3f}")
        rows.append(f"{role:8s} overlap P/R/F1 {figures[0]}   exact P/R/F1 {figures[1]}")
    return "\n".join(rows)


def train(texts: Sequence[AttributedText], options: QuoteOptions, seed: int) -> QuoteHead:
    """The quote head from PolNeAR texts alone."""
    return fit_quotes(
        [Example(tokenize(t.text), t.attributions) for t in texts], read_word_classes(), read_tagger(), options, seed
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Train, predict, score, and write the predictions for any other scorer."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="write the predictions as JSONL")
    parser.add_argument("--epochs", type=int, default=QuoteOptions().epochs)
    parser.add_argument("--cue-threshold", type=float, default=0.25, help="chosen on its dev part")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    options = QuoteOptions(epochs=arguments.epochs, cue_threshold=arguments.cue_threshold)
    began = time.perf_counter()
    head = train(list(polnear(arguments.train)), options, arguments.seed)
    print(f"trained in {time.perf_counter() - began:.0f} s")
    total: Counter[tuple[str, str]] = Counter()
    lines = []
    for text in polnear(arguments.test):
        found = predict(text.text, head)
        total += count(text.text, text.attributions, found)
        lines.append(msgspec.json.encode({"id": text.id, "quotes": found}))
    print(table(total))
    if arguments.output:
        arguments.output.write_bytes(b"\n".join(lines) + b"\n")


def _covered(tokens: Sequence[Span], groups: Iterable[Sequence[Span]]) -> set[int]:
    spans = sorted(span for group in groups for span in group)
    covered = set()
    first = 0
    for start, end in spans:
        while first > 0 and tokens[first - 1][1] > start:
            first -= 1
        while first < len(tokens) and tokens[first][1] <= start:
            first += 1
        i = first
        while i < len(tokens) and tokens[i][0] < end:
            covered.add(i)
            i += 1
    return covered


def _trimmed(text: str, spans: Sequence[Span]) -> Span | None:
    """The outer bounds of spans without quotation marks and punctuation at the edges."""
    if not spans:
        return None
    start, end = min(a for a, _ in spans), max(b for _, b in spans)
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return start, end


if __name__ == "__main__":
    main()
