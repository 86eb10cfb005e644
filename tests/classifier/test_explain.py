"""Explanations: the terms that decided, named as text, and as HTML from which nothing of an article breaks out."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from invariants import SCRAPS

from topic_stance.classifier import Pipeline
from topic_stance.classifier.explain import as_html, as_text, explain_article, feature_names
from topic_stance.classifier.quotes import found_quotes, quote_spans
from topic_stance.classifier.stance import actor_features
from topic_stance.classifier.topics import decision_scores
from topic_stance.data.records import Article

TEXT = (
    "Prosecutors in Orrin charged nine officials of the port with fraud on Monday, and detectives arrested the harbour "
    "master, who is accused of bribery.\n\n“The fraud was real and whoever stole from the port must be punished,” said "
    "Mara Quill, the chief prosecutor.\n\n“There was no fraud,” said Odo Finch, a lawyer."
)
ARTICLE = Article("x1", TEXT, "Nine charged in Orrin")
HOSTILE = "<script>alert(\"1\")</script><img src=x onerror='y'>&amp;</textarea></style>"


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, set[str]] = {}
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def html(pipeline: Pipeline, *articles: Article) -> str:
    return as_html([(article, explain_article(pipeline, article)) for article in articles])


def test_the_prediction_is_the_pipelines(shipped: Pipeline) -> None:
    assert explain_article(shipped, ARTICLE).prediction == shipped.predict_one(ARTICLE)


def test_text_names_topics_actors_and_quotes(shipped: Pipeline) -> None:
    explanation = explain_article(shipped, ARTICLE)
    text = as_text(explanation, ARTICLE)
    lines = text.splitlines()
    assert lines[0] == "Nine charged in Orrin"
    for topic in explanation.prediction.topics:
        assert any(line.lstrip("●○ ").startswith(topic.label) for line in lines)
    assert "● fraud" in text
    assert "Mara Quill → fraud: " in text
    assert "Odo Finch → fraud: " in text
    assert "must be punished" in text
    assert as_text(explanation, Article("x1", TEXT)).startswith("x1\n")


def test_the_terms_of_a_topic_add_up_to_its_score(shipped: Pipeline) -> None:
    every = explain_article(shipped, ARTICLE, most=10_000).topics
    head = shipped.bundle.heads.topics
    scores = decision_scores(*shipped.read(ARTICLE), head)
    for k, label in enumerate(head.labels):
        assert sum(term.share for term in every[label]) + head.bias[k] == pytest.approx(scores[k], abs=1e-6)


def test_the_heaviest_terms_stand_first(shipped: Pipeline) -> None:
    explanation = explain_article(shipped, ARTICLE, most=3)
    for terms in (*explanation.topics.values(), *(actor.terms for actor in explanation.actors)):
        shares = [abs(term.share) for term in terms]
        assert len(shares) <= 3
        assert shares == sorted(shares, reverse=True)
    assert "fraud" in [term.term for term in explanation.topics["fraud"]]


def test_html_shows_what_was_found(shipped: Pipeline) -> None:
    page = Page(html(shipped, ARTICLE))
    assert {"html", "head", "body", "h1", "h2", "table", "article", "details"} <= set(page.tags)
    for part in ("Orrin", "Nine charged", "Mara Quill", "Odo Finch", "fraud", "law enforcement", "must be punished"):
        assert part in page.text
    assert {"q", "c", "s"} <= page.attributes["class"]
    assert TEXT in page.text, "the whole text stands there once"


@pytest.mark.parametrize(
    "article",
    [
        Article(HOSTILE, TEXT),
        Article("x", TEXT, HOSTILE),
        Article("x", f"{HOSTILE} {TEXT} {HOSTILE}", HOSTILE),
        Article("x", TEXT.replace("Mara Quill", f"Mara <b>Quill</b> {HOSTILE}")),
        Article("x", TEXT.replace("said", HOSTILE + " said")),
        Article("x", TEXT.replace("fraud", '" onmouseover="alert(1)" fraud')),
    ],
)
def test_nothing_of_an_article_becomes_html(shipped: Pipeline, article: Article) -> None:
    harmless, page = Page(html(shipped, ARTICLE)), Page(html(shipped, article))
    assert set(page.tags) <= set(harmless.tags)
    assert set(page.attributes) <= set(harmless.attributes)
    assert article.text in page.text
    assert (article.title or article.id) in page.text


def test_hostile_terms_of_a_model_are_escaped(tiny: Pipeline) -> None:
    heads = tiny.bundle.heads
    terms = [f'"><script>{k}</script>' for k in range(len(heads.topics.terms))]
    spoiled = heads._replace(topics=heads.topics._replace(terms=terms))
    pipeline = Pipeline(tiny.bundle._replace(heads=spoiled))
    raw = html(pipeline, ARTICLE)
    assert "<script" not in raw
    assert "script" not in Page(raw).tags
    assert "&lt;script&gt;" in raw


def test_no_article_no_rows(shipped: Pipeline) -> None:
    assert "article" not in Page(as_html([])).tags
    page = Page(html(shipped, Article("empty", "")))
    assert page.tags.count("article") == 1
    assert "table" not in page.tags


@settings(max_examples=40, deadline=None)
@given(SCRAPS, SCRAPS)
def test_any_article_can_be_explained(shipped: Pipeline, title: str, text: str) -> None:
    article = Article("x", f"{text}\n{TEXT}", title)
    explanation = explain_article(shipped, article)
    assert as_text(explanation, article)
    allowed = set(Page(html(shipped, ARTICLE)).tags)
    assert set(Page(as_html([(article, explanation)])).tags) <= allowed


SAID = Article(
    "x2",
    "Prosecutors in Orrin charged nine officials of the port with fraud on Monday after a raid.\n\n"
    "Mara Quill, a lawyer for the officials, denied that the raid was fair.\n\n"
    "“There was no fraud at the port,” said Odo Finch, the chief prosecutor.",
)


def names(pipeline: Pipeline) -> dict[str, set[str]]:
    """Every feature of every actor of `SAID` by name."""
    _, body = pipeline.read(SAID)
    analysis = pipeline.analyse(SAID)
    quotes = found_quotes(analysis.quotes)
    found = {}
    for number, entity in enumerate(analysis.actors.entities):
        own = [quote for quote, speaker in zip(quotes, analysis.actors.speakers, strict=True) if speaker == number]
        assert own
        raw = actor_features(body, analysis.where, quote_spans(own), entity.title_span)
        named = feature_names(SAID.text, body, raw, entity)
        assert set(named) == set(raw.key.tolist()), "every feature has a name"
        found[entity.text] = set(named.values())
    return found


def test_features_are_named_by_word_pair_and_kind(shipped: Pipeline) -> None:
    found = names(shipped)
    assert {"raid", "the raid", "raid was", "cue: denied", "source: lawyer"} <= found["Mara Quill"]
    assert {"There was", "was no", "not … fraud", "not … no fraud", "cue: said", "source: prosecutor"} <= found[
        "Odo Finch"
    ]
    assert "lawyer" not in found["Mara Quill"], "a source is not what was said"


def test_quotes_are_ranked_and_shared_out(shipped: Pipeline) -> None:
    text = SAID.text + " “We know of the fraud at the port and of the thief,” he added."
    explanation = explain_article(shipped, Article("x3", text), most=10_000)
    finch = [actor for actor in explanation.actors if actor.actor == "Odo Finch"]
    assert finch
    for actor in finch:
        shares = [quote.share for quote in actor.quotes]
        assert len(shares) == 2
        assert shares == sorted(shares, reverse=True)
        of_terms = sum(term.share for term in actor.terms)
        of_person = sum(term.share for term in actor.terms if term.term.startswith(("title: ",)))
        assert sum(shares) == pytest.approx(of_terms - of_person, abs=1e-5)


def test_a_page_shows_terms_and_quotes(shipped: Pipeline) -> None:
    explanation = explain_article(shipped, SAID)
    page = Page(as_html([(SAID, explanation)]))
    assert explanation.actors
    for actor in explanation.actors:
        assert all(term.term in page.text for term in actor.terms)
        assert all(quote.text in page.text for quote in actor.quotes)
    for terms in explanation.topics.values():
        assert all(f"{term.term} {term.share:+.2f}" in page.text for term in terms)
