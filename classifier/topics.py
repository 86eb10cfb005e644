"""Topics: one calibrated binary linear model a topic over one TF-IDF vocabulary, each with its own threshold.

News says what it is about at its start, so title and first words are counted `LEAD_REPEATS` times more: the text that
the model sees is the lead, again and again, and then the whole.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import TopicScore

from .segment import Tokens, join_tokens, repeat_lead, tokenize
from .tfidf import TermTables, TermWeights, term_weights, token_scores


class TopicHead(NamedTuple):
    """The learned part.

    idf: (n_terms,); coefficients: (n_terms, n_topics); bias: (n_topics,).
    calibration: (n_topics, 2), slope and intercept of the logistic that turns a score into a probability (Platt 1999).
    threshold: (n_topics,), the probability from which on a topic is assigned.
    """

    labels: tuple[str, ...]
    terms: list[str]
    tables: TermTables
    idf: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    bias: NDArray[np.float64]
    calibration: NDArray[np.float64]
    threshold: NDArray[np.float64]


LEAD_TOKENS = 90
LEAD_REPEATS = 4


def topic_tokens(title: Tokens | None, body: Tokens) -> Tokens:
    """Title and body as the model sees them: the lead `LEAD_REPEATS` times, then the whole."""
    return repeat_lead(exact_case(join_tokens(title, body)), LEAD_TOKENS, LEAD_REPEATS)


def head_weights(head: TopicHead) -> TermWeights:
    """The head as `decision_scores` wants it; made once for many articles."""
    return term_weights(head.tables, head.idf, head.coefficients)


def decision_scores(
    title: Tokens | None, body: Tokens, head: TopicHead, weights: TermWeights | None = None
) -> NDArray[np.float64]:
    """Uncalibrated scores (n_topics,) of a title and a body taken as one text. `weights`: those of the head."""
    tokens = exact_case(join_tokens(title, body))
    return token_scores(tokens, weights or head_weights(head), LEAD_TOKENS, LEAD_REPEATS) + head.bias


def assign_topics(scores: NDArray[np.float64], head: TopicHead) -> list[TopicScore]:
    """Every topic with its probability, from `decision_scores`; assigned where that reaches the topic's threshold."""
    found = []
    given = zip(head.labels, scores.tolist(), head.calibration.tolist(), head.threshold.tolist(), strict=True)
    for label, score, (slope, intercept), threshold in given:
        probability = round(1.0 / (1.0 + math.exp(-min(max(slope * score + intercept, -50.0), 50.0))), 4)
        found.append(TopicScore(label, probability, probability >= threshold))
    return found


def exact_case(tokens: Tokens) -> Tokens:
    """The tokens again from the lower-cased text where a lower case has another length (İ), as scikit-learn sees it."""
    if not tokens.special:
        return tokens
    pieces = []
    points = tokens.points
    for k in range(len(tokens.lines) - 1):
        begin, end = tokens.start[tokens.lines[k]], tokens.end[tokens.lines[k + 1] - 1]
        pieces.append(points[begin:end].tobytes().decode("utf-32-le", "surrogatepass"))
    return tokenize("\n".join(pieces).lower())
