"""Stance: for every assigned topic, from the actor's own quotes alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import predict

from topic_stance.classifier import Pipeline
from topic_stance.classifier.actors import Entity
from topic_stance.classifier.quotes import FoundQuote
from topic_stance.classifier.stance import actor_features, find_stances, stance_scores, vector
from topic_stance.data.records import Actor, Article, Prediction

LEAD = (
    "Prosecutors in Orrin charged nine officials of the port with fraud on Monday after detectives searched the "
    "customs house and arrested the harbour master, who is accused of bribery and of embezzling the fees of many boats."
)
QUILL = "“The fraud was real and whoever stole from the port must be punished,” said Mara Quill, the chief prosecutor."
FINCH = "“There was no fraud and these arrests are a disgrace,” said Odo Finch, a lawyer of the accused officials."


def article(*paragraphs: str) -> str:
    return "\n\n".join((LEAD, *paragraphs, "The court meets again in the spring, when the harbour master will appear."))


def actor(prediction: Prediction, name: str) -> Actor:
    (found,) = [actor for actor in prediction.actors if actor.name == name]
    return found


def stances(prediction: Prediction, name: str) -> dict[str, tuple[str, float]]:
    return {stance.topic: (stance.label, stance.probability) for stance in actor(prediction, name).stances}


def test_every_actor_has_a_stance_on_every_assigned_topic(shipped: Pipeline) -> None:
    prediction = predict(shipped, article(QUILL, FINCH))
    assigned = {topic.label for topic in prediction.topics if topic.assigned}
    assert {"fraud", "law_enforcement"} <= assigned
    for name in ("Mara Quill", "Odo Finch"):
        assert set(stances(prediction, name)) == assigned


def test_those_who_disagree_are_not_given_one_stance(shipped: Pipeline) -> None:
    prediction = predict(shipped, article(QUILL, FINCH))
    assert stances(prediction, "Mara Quill")["fraud"][0] == "favor"
    assert stances(prediction, "Odo Finch")["fraud"][0] == "against"


OTHERS = [
    FINCH,
    "“The whole case is a swindle and I shall sue,” said Odo Finch, a lawyer of the accused officials.",
    "Odo Finch, a lawyer of the accused officials, praised the police and said that the arrests were overdue.",
    "Odo Finch, a lawyer of the accused officials, did not want to comment.",
]


@pytest.mark.parametrize("other", OTHERS[1:])
def test_a_stance_does_not_change_with_the_quotes_of_another(shipped: Pipeline, other: str) -> None:
    before, after = (predict(shipped, article(QUILL, text)) for text in (OTHERS[0], other))
    first, second = stances(before, "Mara Quill"), stances(after, "Mara Quill")
    shared = set(first) & set(second)
    assert "fraud" in shared
    assert {topic: first[topic] for topic in shared} == {topic: second[topic] for topic in shared}


NOISE = ["Advertisement", "Share this article", "Read more: Eels vanish from Orrin", "02:13", "By Tess Arbor", "44", ""]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(NOISE)), max_size=6))
def test_boilerplate_changes_nothing(shipped: Pipeline, noise: list[tuple[int, str]]) -> None:
    lines = [LEAD, QUILL, FINCH]
    for place, line in noise:
        lines.insert(place, line)
    plain, noisy = predict(shipped, "\n".join([LEAD, QUILL, FINCH])), predict(shipped, "\n".join(lines))
    assert noisy.topics == plain.topics
    assert [(a.name, a.type, a.stances) for a in noisy.actors] == [(a.name, a.type, a.stances) for a in plain.actors]
    assert [q.kind for q in noisy.quotes] == [q.kind for q in plain.quotes]


@pytest.mark.parametrize("name", ["Sarah Tonk", "Abdul Haqq", "Wei Lu", "Olga Petrova"])
def test_the_name_of_a_person_is_no_feature(shipped: Pipeline, name: str) -> None:
    """The same quotes, token by token, under another name."""
    first, second = (Article("x", article(QUILL.replace("Mara Quill", other), FINCH)) for other in ("Mara Quill", name))
    quotes = shipped.analyse(first).quotes
    assert quotes
    head = shipped.bundle.heads.stance
    every = []
    for each in (first, second):
        _, body = shipped.read(each)
        every.append(find_stances(body, shipped.analyse(each).where, quotes[:1], None, head.topics, head))
    assert every[0] == every[1]


def test_without_quotes_there_are_no_features_but_scores(shipped: Pipeline) -> None:
    pipeline = shipped
    _, body = pipeline.read(Article("x", LEAD))
    analysis = pipeline.analyse(Article("x", LEAD))
    raw = actor_features(body, analysis.where, [], None)
    assert len(raw.key) == 0
    head = pipeline.bundle.heads.stance
    place, values = vector(raw, head)
    assert len(place) == len(values) == 0
    scores = stance_scores(raw, head)
    assert scores.shape == (len(head.topics), 3)
    assert np.isfinite(scores).all()
    titled = actor_features(body, analysis.where, [], Entity(("Mara", "Quill"), "person", title=("Chief", "Inspector")))
    assert len(titled.key) == 2


def test_no_topic_no_stance(shipped: Pipeline) -> None:
    analysis = shipped.analyse(Article("x", QUILL))
    _, body = shipped.read(Article("x", QUILL))
    assert find_stances(body, analysis.where, analysis.quotes, None, [], shipped.bundle.heads.stance) == []
    every = shipped.bundle.heads.stance.topics
    found = find_stances(body, analysis.where, analysis.quotes, None, every[::-1], shipped.bundle.heads.stance)
    assert [stance.topic for stance in found] == list(every[::-1])


def test_saying_it_again_changes_no_direction(shipped: Pipeline) -> None:
    """Counts are sublinear and blocks have one length, so a repeated quote weighs little more than a single one."""
    once = predict(shipped, article(QUILL))
    again = predict(shipped, article(*[QUILL] * 2, *["The port is open.", QUILL] * 3))
    assert stances(once, "Mara Quill")["fraud"][0] == stances(again, "Mara Quill")["fraud"][0]


@pytest.mark.parametrize(
    "place", ["{} said that the police should be reformed.", "On Monday {} said that it was wrong."]
)
def test_a_name_or_a_nationality_is_no_feature(shipped: Pipeline, place: str) -> None:
    """Wherever it stands: the first word of a sentence has a capital whatever it is."""
    found = []
    for name in ("Robert Miller", "Obama", "Trump", "German", "Quill"):
        text = place.format(name)
        _, body = shipped.read(Article("x", text))
        where = shipped.analyse(Article("x", text)).where
        begin = int(np.searchsorted(body.start, text.index(name)))
        source = (begin, begin + len(name.split()))
        quote = FoundQuote([(source[1] + 1, len(body.start))], (source[1], source[1] + 1), source, "indirect")
        found.append(set(actor_features(body, where, [quote], None).key.tolist()))
    assert all(features == found[0] for features in found)
