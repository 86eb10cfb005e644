"""Topics of many articles at once, and nothing else of them: tokens, cleaning and scores in one compiled loop.

It is the way of `pipeline` up to the topics, with the same functions in it and the same numbers out of it; what is
saved is the way through Python between them, several times an article.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import Article

from .cleaning import CREDITS, Boilerplate, Verdict, body_tokens, line_verdicts, read_lines, words_hash
from .jit import compiled
from .segment import CLASSES, LOWERS, learn_point, token_arrays
from .tfidf import LOGS, empty_counts, long_words, touch_terms, weigh
from .topics import LEAD_REPEATS, LEAD_TOKENS, OPENING_TOKENS, TopicWeights, weighted_scores, whole_tokens

_BODY = int(Verdict.BODY)
_CHUNK = 16
"""Articles that one call takes: few enough for their code points to stay in the processor's cache."""


def article_scores(articles: Sequence[Article], lexicon: Boilerplate, weights: TopicWeights) -> NDArray[np.float64]:
    """What `topics.decision_scores` gives for each article, without biases: (n_articles, n_topics)."""
    whole, opening = weights
    table, pairs, _, _ = whole.tables
    scores = np.zeros((len(articles), whole.rows.shape[1] - 1))
    longest = max((len(article.title) + len(article.text) for article in articles), default=0)
    counts = empty_counts(whole, longest + LEAD_TOKENS * LEAD_REPEATS)
    for first in range(0, len(articles), _CHUNK):
        chunk = articles[first : first + _CHUNK]
        texts = [text for article in chunk for text in (article.title, article.text)]
        points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        ends = np.cumsum([len(text) for text in texts])
        place = 0
        while place < len(chunk):
            place, state = _article_scores(
                points, ends, place, CLASSES, LOWERS, lexicon.whole, lexicon.beginning, CREDITS, table,
                pairs, whole.rows, whole.scale, opening.rows, opening.scale, LOGS, counts,
                scores[first : first + _CHUNK],
            )  # fmt: skip
            if state < 0:
                learn_point(-state - 1)
            elif state > 0:
                scores[first + place] = _exact_scores(chunk[place], lexicon, weights)
                place += 1
    return scores


def _exact_scores(article: Article, lexicon: Boilerplate, weights: TopicWeights) -> NDArray[np.float64]:
    """The scores of an article with characters whose lower case has another length."""
    title, tokens, verdicts = read_lines(article.title, article.text, lexicon)
    return weighted_scores(whole_tokens(title, body_tokens(tokens, verdicts)), weights)


@compiled
def _article_scores(  # type: ignore[no-untyped-def]
    points, ends, place, classes, lowers, known, beginning, credits, table, pairs, rows, scale, opening_rows,
    opening_scale, logs, counts, scores,
):  # fmt: skip
    """Scores of the articles from `place` on. Returns where it ended, and a state of `token_arrays` other than 0 there.

    points: titles and texts in turn; ends: (2 * n_articles,), where each ends.
    """
    for k in range(place, len(ends) // 2):
        begin = ends[2 * k - 1] if k > 0 else 0
        middle, end = ends[2 * k], ends[2 * k + 1]
        t_start, t_end, t_hash, t_flags, _, _, t_state = token_arrays(points[begin:middle], classes, lowers)
        text = points[middle:end]
        start, stop, hashes, flags, _, lines, state = token_arrays(text, classes, lowers)
        if t_state != 0 or state != 0:
            return k, t_state if t_state < 0 or state == 0 else state
        headline = words_hash(t_hash, t_flags)
        verdicts = line_verdicts(text, start, hashes, flags, lines, known, beginning, headline, credits)
        words = np.empty(len(t_hash) + len(hashes), np.uint64)
        places = np.empty(len(words), np.int32)
        n = long_words(t_start, t_end, t_hash, t_flags, 0, words, places, 0)
        seen = len(t_hash)
        for line in range(len(verdicts)):
            if verdicts[line] == _BODY:
                a, b = lines[line], lines[line + 1]
                n = long_words(start[a:b], stop[a:b], hashes[a:b], flags[a:b], seen, words, places, n)
                seen += b - a
        touched = touch_terms(words, n, 0, 0, table, pairs, counts)
        weigh(touched, len(touched), rows, scale, logs, counts, np.empty(len(touched)), scores[k])
        n, n_lead = np.searchsorted(places[:n], OPENING_TOKENS), np.searchsorted(places[:n], LEAD_TOKENS)
        touched = touch_terms(words, n, n_lead, LEAD_REPEATS, table, pairs, counts)
        weigh(touched, len(touched), opening_rows, opening_scale, logs, counts, np.empty(len(touched)), scores[k])
    return len(ends) // 2, 0
