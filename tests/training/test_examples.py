"""Examples of stances: one of each labelled pair, with the quotes as labelled and as they are found."""

import msgspec
import numpy as np
import pytest

from topic_stance.classifier import Pipeline
from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.data.records import LabelledArticle
from topic_stance.training.examples import Finder, all_examples, found_examples, stance_examples
from topic_stance.training.fit import read_taxonomy
from topic_stance.training.reading import ReadArticle, read_article
from topic_stance.training.stance import StanceOptions

TOPICS = read_taxonomy().labels


@pytest.fixture(scope="module")
def finder(shipped: Pipeline) -> Finder:
    return Finder(shipped.bundle.heads.quotes, shipped.bundle.heads.actors)


@pytest.fixture(scope="module")
def reads(authored: list[LabelledArticle]) -> list[ReadArticle]:
    lexicon = load_boilerplate()
    return [read_article(article, lexicon) for article in authored[:12]]


def test_every_labelled_pair_of_a_known_topic_is_an_example(finder: Finder, reads: list[ReadArticle]) -> None:
    for number, read in enumerate(reads):
        pairs = [(topic, label) for actor in read.article.actors or () for topic, label in actor.stance.items()]
        where = finder.context(read)
        found = stance_examples(read, where, finder, TOPICS, number)
        assert [(TOPICS[example.topic], example.label) for example in found] == pairs
        assert {example.article for example in found} <= {number}
        fewer = stance_examples(read, where, finder, ("fraud",), number)
        assert [example.label for example in fewer] == [label for topic, label in pairs if topic == "fraud"]


def test_found_quotes_make_examples_of_the_actors_that_are_found(finder: Finder, reads: list[ReadArticle]) -> None:
    """The model has learned these articles: it finds most of their actors, and many with the very words as labelled."""
    n_given = n_found = n_same = 0
    for number, read in enumerate(reads):
        where = finder.context(read)
        given = stance_examples(read, where, finder, TOPICS, number)
        found = found_examples(read, where, finder, TOPICS, number)
        labelled = [(example.topic, example.label) for example in given]
        assert len(found) <= len(given)
        for example in found:
            labelled.remove((example.topic, example.label))
        n_given += len(given)
        n_found += len(found)
        n_same += sum(any(np.array_equal(a.raw.key, b.raw.key) for b in given) for a in found)
    assert n_found > 0.7 * n_given
    assert 0.2 * n_found < n_same < n_found


def test_no_actor_is_found_twice(finder: Finder, reads: list[ReadArticle]) -> None:
    """Two labelled actors may have names alike: each of those that are found is one of them."""
    read = reads[0]
    twice = msgspec.structs.replace(read.article, actors=[*(read.article.actors or ()), *(read.article.actors or ())])
    where = finder.context(read)
    once = found_examples(read, where, finder, TOPICS, 0)
    again = found_examples(ReadArticle(twice, read.title, read.body, read.prose, read.kept), where, finder, TOPICS, 0)
    assert once
    assert len(again) == len(once)


@pytest.mark.parametrize("found", [0.0, 0.5])
def test_what_is_made_is_marked_and_weighted(finder: Finder, reads: list[ReadArticle], found: float) -> None:
    examples = all_examples(reads, [], finder, TOPICS, StanceOptions(found=found))
    given = [example for example in examples if not example.made]
    assert {example.weight for example in given} == {1.0}
    assert {example.weight for example in examples if example.made} == {found} - {0.0}
    assert len(given) == sum(len(actor.stance) for read in reads for actor in read.article.actors or ())


def test_topics_touched_in_passing_count_less_and_stay_with_their_article(
    finder: Finder, reads: list[ReadArticle]
) -> None:
    options = StanceOptions(found=0.5, passing=0.2)
    examples = all_examples(reads[:4], reads[2:6], finder, TOPICS, options)
    own = [example for example in examples if not example.passing]
    assert [e.weight for e in own] == [e.weight for e in all_examples(reads[:4], [], finder, TOPICS, options)]
    passing = [example for example in examples if example.passing]
    assert {example.weight for example in passing if not example.made} == {0.2}
    assert {example.weight for example in passing if example.made} == {0.1}
    # Two of the articles are among both.
    assert {example.article for example in own} == {0, 1, 2, 3}
    assert {example.article for example in passing} == {2, 3, 4, 5}
    assert not any(e.passing for e in all_examples(reads[:4], reads[2:6], finder, TOPICS, StanceOptions(passing=0.0)))
