"""The whole line: an article's prediction depends on it alone, and needs nothing that only training needs."""

import subprocess
import sys
import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS, check, parts, predict

from topic_stance import classifier
from topic_stance.classifier import Pipeline
from topic_stance.data.records import Article, LabelledArticle, Prediction

TEXT = "Detectives arrested two men at the port. “We shall search every boat in the basin,” said Mara Quill."


def test_authored_articles_give_sound_predictions(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    found = shipped.predict(article.article() for article in authored)
    assert [prediction.id for prediction in found] == [article.id for article in authored]
    for article, prediction in zip(authored, found, strict=True):
        check(article.text, prediction, shipped)
    assert sum(len(prediction.quotes) for prediction in found) > 3 * len(authored)


def test_predictions_do_not_depend_on_their_neighbours(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    articles = [article.article() for article in authored[:30]]
    alone = [shipped.predict([article])[0] for article in articles]
    assert shipped.predict(articles) == alone
    assert shipped.predict(articles[::-1]) == alone[::-1]


@settings(max_examples=50, deadline=None)
@given(st.lists(SCRAPS, max_size=4))
def test_any_texts_do_not_depend_on_their_neighbours(shipped: Pipeline, texts: list[str]) -> None:
    articles = [Article(str(k), text) for k, text in enumerate(texts)]
    assert shipped.predict(articles) == [shipped.predict_one(article) for article in articles]


def test_threads_may_share_a_pipeline(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    articles = [article.article() for article in authored[:20]]
    expected = shipped.predict(articles)
    found: list[list[Prediction]] = []
    threads = [threading.Thread(target=lambda: found.append(shipped.predict(articles))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 3


@settings(max_examples=50, deadline=None)
@given(SCRAPS, SCRAPS)
def test_any_title(shipped: Pipeline, title: str, text: str) -> None:
    predict(shipped, f"{TEXT}\n{text}", title)


def test_a_title_is_read_for_topics_but_never_quoted(shipped: Pipeline) -> None:
    text = "The basin at Orrin was shut on Monday, and the ferries stayed at the quay for most of the day."
    title = "Police arrest nine in bribery and fraud raid: “They stole it all,” prosecutor says"
    with_title, without = predict(shipped, text, title), predict(shipped, text)
    assert with_title.quotes == without.quotes == []
    first = {topic.label: topic.probability for topic in with_title.topics}
    second = {topic.label: topic.probability for topic in without.topics}
    assert first["fraud"] > second["fraud"]
    assert first["law_enforcement"] > second["law_enforcement"]


def test_speakers_are_places_among_the_actors(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    """Actors stand by their first quote, and every one of them has a quote."""
    for labelled in authored[:40]:
        (entities, speakers), prediction = (
            shipped.analyse(labelled.article()).actors,
            shipped.predict_one(labelled.article()),
        )
        assert [None if k < 0 else k for k in speakers.tolist()] == [quote.actor for quote in prediction.quotes]
        assert [entity.text for entity in entities] == [actor.name for actor in prediction.actors]
        assert list(dict.fromkeys(k for k in speakers.tolist() if k >= 0)) == list(range(len(entities)))


def test_mentions_stand_once_in_text_order(shipped: Pipeline, authored: list[LabelledArticle]) -> None:
    for labelled in authored[:40]:
        analysis = shipped.analyse(labelled.article())
        n = len(analysis.tokens.start)
        for entity in analysis.actors.entities:
            assert entity.mentions == sorted(set(entity.mentions))
            assert all(0 <= begin < end <= n for begin, end in entity.mentions)


def test_a_promo_is_never_quoted(shipped: Pipeline) -> None:
    promo = " Ana Maria LeeOldham: ‘tax falls’ | Eels flee the bay MORE"
    text = f"Mayor Ana Lee{promo} said on Monday that Odo Lee{promo} would mend the sea wall at Orrin this spring."
    prediction = predict(shipped, text)
    ((contents, cue, source, _, actor),) = parts(text, prediction)
    assert contents == ["Odo Lee", "would mend the sea wall at Orrin this spring"]
    assert (cue, source, actor) == ("said", "Mayor Ana Lee", "Ana Lee")


@pytest.mark.parametrize(
    ("text", "source", "name"),
    [
        ("Sen. Ana Lee Ana Jo LeeEels flee the bay MORE (N-Orrin) said the tax will rise.", "Sen. Ana Lee", "Ana Lee"),
        (
            "Sens. Ana Lee Ana Jo LeeEels flee MORE (N-Orrin) and Robert Marr Robert MarrTax falls MORE said it will rain.",
            "Ana Lee Ana Jo LeeEels flee MORE (N-Orrin) and Robert Marr",
            "Ana Lee and Robert Marr",
        ),
        (
            "Rep. Ana Lee Ana Jo LeeEels flee MORE's former aide said the tax will rise.",
            "Rep. Ana Lee Ana Jo LeeEels flee MORE's former aide",
            "Rep. Ana Lee's former aide",
        ),
    ],
)
def test_a_promo_is_no_part_of_a_name(shipped: Pipeline, text: str, source: str, name: str) -> None:
    prediction = predict(shipped, f"It was late. {text}")
    assert [actor.name for actor in prediction.actors] == [name]
    begin, end = prediction.quotes[0].source or (0, 0)
    assert f"It was late. {text}"[begin:end] == source


def test_a_quote_may_have_no_speaker(shipped: Pipeline) -> None:
    prediction = predict(shipped, "“The gates of the old harbour will be shut again on Monday morning.”")
    assert [quote.actor for quote in prediction.quotes] == [None]
    assert prediction.actors == []


def test_an_analysis_without_quotes_has_no_speakers(shipped: Pipeline) -> None:
    actors = shipped.analyse(Article("x", "The basin at Orrin is nine metres deep. Eels live in it.")).actors
    assert actors.speakers.shape == (0,)
    assert actors.entities == []


def test_date_source_and_url_change_nothing(shipped: Pipeline) -> None:
    plain = shipped.predict_one(Article("x", TEXT))
    assert shipped.predict_one(Article("x", TEXT, "", "2021-03-04", "Quayside Press", "https://example.org")) == plain


def test_a_prediction_is_one_line_of_json(shipped: Pipeline) -> None:
    prediction = shipped.predict_one(Article("x", TEXT.replace(". ", ".\n")))
    line = msgspec.json.encode(prediction)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Prediction) == prediction
    assert set(msgspec.json.decode(line)) == {"id", "model", "topics", "quotes", "actors"}
    assert prediction.model == shipped.bundle.name


def test_an_article_may_be_very_long(shipped: Pipeline) -> None:
    # lines that differ in nothing but a number would be taken for one line that is repeated
    text = "\n".join(f"{TEXT} The tide at {'noon' if k % 2 else 'dusk'} was {k} feet high." for k in range(1_500))
    prediction = predict(shipped, text)
    assert [actor.name for actor in prediction.actors] == ["Mara Quill"]
    assert len(prediction.quotes) > 1_000


def test_no_articles_no_predictions(shipped: Pipeline) -> None:
    assert shipped.predict([]) == []
    assert shipped.predict(iter(())) == []


PREDICT = f"""
import sys
from topic_stance.classifier import load
from topic_stance.data.records import Article
(prediction,) = load().predict([Article("x", {TEXT!r})])
assert prediction.quotes and prediction.actors, prediction
print(*sorted(name for name in ("mlflow", "sklearn", "scipy", "pandas", "matplotlib", "datasketch", "pickle5")
    if name in sys.modules))
"""


def test_predicting_needs_neither_mlflow_nor_scikit_learn() -> None:
    done = subprocess.run([sys.executable, "-c", PREDICT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    loaded = done.stdout.split()
    assert "mlflow" not in loaded
    assert "sklearn" not in loaded


def test_importing_the_package_compiles_nothing() -> None:
    code = "import sys, topic_stance.classifier; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_package_says_what_it_has() -> None:
    for name in classifier.__all__:
        assert getattr(classifier, name).__name__ == name
    with pytest.raises(AttributeError, match="'nothing'"):
        classifier.nothing  # noqa: B018
