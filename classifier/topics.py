"""Topics: one calibrated binary linear model a topic over one TF-IDF vocabulary, each with its own threshold.

News says what it is about at its start, so a word has two weights: one for the whole text, and one for its opening, in
which the lead, title and first words, counts `LEAD_REPEATS` times more. Both are TF-IDF vectors of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import TopicScore

from .segment import Tokens, join_tokens, repeat_lead, tokenize
from .tfidf import TermTables, TermWeights, term_weights, token_scores


class TermModel(NamedTuple):
    """A linear model over the TF-IDF vector of a text. idf: (n_terms,); coefficients: (n_terms, n_topics)."""

    idf: NDArray[np.float64]
    coefficients: NDArray[np.float64]


class TopicWeights(NamedTuple):
    """A head as its kernel wants it."""

    whole: TermWeights
    opening: TermWeights


class TopicHead(NamedTuple):
    """The learned part.

    whole, opening: what the terms weigh in the whole text and in its opening. bias: (n_topics,).
    calibration: (n_topics, 3), what turns a score into a probability (`log_odds`).
    threshold: (n_topics,), the probability from which on a topic is assigned.
    """

    labels: tuple[str, ...]
    terms: list[str]
    tables: TermTables
    whole: TermModel
    opening: TermModel
    bias: NDArray[np.float64]
    calibration: NDArray[np.float64]
    threshold: NDArray[np.float64]


_MARGIN = 2.0
"""At a score of one, where a support vector machine is content, p is then 0.88."""
OPENING_TOKENS = 320
LEAD_TOKENS = 90
LEAD_REPEATS = 4


def whole_tokens(title: Tokens | None, body: Tokens) -> Tokens:
    """Title and body as one text."""
    return exact_case(join_tokens(title, body))


def opening_tokens(whole: Tokens) -> Tokens:
    """The opening as the model sees it: the lead `LEAD_REPEATS` times, then the first `OPENING_TOKENS` tokens."""
    return repeat_lead(_beginning(whole), LEAD_TOKENS, LEAD_REPEATS)


def head_weights(head: TopicHead) -> TopicWeights:
    """The head as `decision_scores` wants it; made once for many articles."""
    return TopicWeights(*(term_weights(head.tables, *model) for model in (head.whole, head.opening)))


def decision_scores(
    title: Tokens | None, body: Tokens, head: TopicHead, weights: TopicWeights | None = None
) -> NDArray[np.float64]:
    """Uncalibrated scores (n_topics,) of a title and a body taken as one text. `weights`: those of the head."""
    return weighted_scores(whole_tokens(title, body), weights or head_weights(head)) + head.bias


def weighted_scores(whole: Tokens, weights: TopicWeights) -> NDArray[np.float64]:
    """The scores of `whole_tokens`, without biases."""
    opening = token_scores(_beginning(whole), weights.opening, LEAD_TOKENS, LEAD_REPEATS)
    return token_scores(whole, weights.whole) + opening


def _beginning(tokens: Tokens) -> Tokens:
    n = OPENING_TOKENS
    return tokens._replace(
        start=tokens.start[:n], end=tokens.end[:n], hash=tokens.hash[:n], flags=tokens.flags[:n], mark=tokens.mark[:n]
    )


def log_odds(scores: NDArray[np.float64], calibration: NDArray[np.float64]) -> NDArray[np.float64]:
    """Calibrated log-odds from `decision_scores`, (..., n_topics), by beta calibration (Kull et al. 2017).

    calibration: (n_topics, 3), a, b and c in a ln p - b ln(1 - p) + c, where p is the logistic function of `_MARGIN`
    scores: a slope for each side of the boundary, which a plain logistic (Platt 1999) does not have.
    """
    a, b, c = calibration.T
    odds: NDArray[np.float64] = b * np.logaddexp(0, _MARGIN * scores) - a * np.logaddexp(0, -_MARGIN * scores) + c
    return odds


def probabilities(scores: NDArray[np.float64], calibration: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from `decision_scores`, (..., n_topics)."""
    shares: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(log_odds(scores, calibration), -50, 50)))
    return shares


def assign_topics(scores: NDArray[np.float64], head: TopicHead) -> list[TopicScore]:
    """Every topic with its probability, from `decision_scores`; assigned where that reaches the topic's threshold."""
    given = zip(head.labels, probabilities(scores, head.calibration).tolist(), head.threshold.tolist(), strict=True)
    found = []
    for label, exact, threshold in given:
        probability = round(exact, 4)
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
