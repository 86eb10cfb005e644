"""Articles as the heads see them, in training as in prediction."""

from __future__ import annotations

from dataclasses import dataclass

from topic_stance.classifier.cleaning import Boilerplate, body_tokens, kept_spans, prose, read_lines
from topic_stance.classifier.segment import Tokens, tokenize
from topic_stance.classifier.topics import LEAD_REPEATS, LEAD_TOKENS, OPENING_TOKENS
from topic_stance.data.records import LabelledArticle

from .topics import TopicText


@dataclass(frozen=True)
class ReadArticle:
    """An article as the heads see it."""

    article: LabelledArticle
    title: Tokens | None
    body: Tokens
    prose: Tokens
    """The body as quotes, actors and stances are read from it."""
    kept: list[tuple[int, int]]

    def topic_text(self) -> TopicText:
        """What the topic head learns from: token for token what `classifier/topics.py` makes when it predicts."""
        text = "\n".join(self.article.text[a:b] for a, b in self.kept)
        whole = f"{self.article.title}\n{text}" if self.article.title else text
        ends = tokenize(whole).end
        lead, opening = (whole[: ends[:n][-1]] if len(ends) else "" for n in (LEAD_TOKENS, OPENING_TOKENS))
        return TopicText(whole, "\n".join([*[lead] * LEAD_REPEATS, opening]))


def read_article(article: LabelledArticle, lexicon: Boilerplate) -> ReadArticle:
    """An article as the heads see it, read as the pipeline does."""
    title, tokens, verdicts = read_lines(article.title, article.text, lexicon)
    body = body_tokens(tokens, verdicts)
    return ReadArticle(article, title, body, prose(body)[0], kept_spans(tokens, verdicts))
