"""Stance: for every assigned topic, from the actor's own quotes alone."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS, predict

from topic_stance.classifier import Pipeline
from topic_stance.classifier.context import context
from topic_stance.classifier.lexicon import look_up
from topic_stance.classifier.quotes import FoundQuote, found_quotes, quote_spans
from topic_stance.classifier.segment import token_hash, tokenize
from topic_stance.classifier.stance import (
    CLASSES,
    CUED,
    SAID,
    SOURCE,
    RawFeatures,
    actor_features,
    cue_word,
    feature_table,
    find_stances,
    negated_word,
    said_word,
    source_word,
    stance_scores,
    title_word,
    vector,
)
from topic_stance.data.records import STANCES, Actor, Article, Prediction

LEAD = (
    "Prosecutors in Orrin charged nine officials of the port with fraud on Monday after detectives searched the "
    "customs house and arrested the harbour master, who is accused of bribery and of embezzling the fees of many boats."
)
QUILL = "“The fraud was real and whoever stole from the port must be punished,” said Mara Quill, the chief prosecutor."
FINCH = "“There was no fraud and these arrests are a disgrace,” said Odo Finch, a lawyer of the accused officials."
NO_TITLE = np.zeros((1, 2), np.int32)
"""One actor without a title."""


def article(*paragraphs: str) -> str:
    return "\n\n".join((LEAD, *paragraphs, "The court meets again in the spring, when the harbour master will appear."))


def actor(prediction: Prediction, name: str) -> Actor:
    (found,) = [actor for actor in prediction.actors if actor.name == name]
    return found


def stances(prediction: Prediction, name: str) -> dict[str, tuple[str, float]]:
    return {stance.topic: (stance.label, stance.probability) for stance in actor(prediction, name).stances}


def features(shipped: Pipeline, text: str, cue: tuple[int, int] | None = None) -> RawFeatures:
    """The features of one quote that is all of a text."""
    tokens = tokenize(text)
    quotes = shipped.bundle.heads.quotes
    where = context(tokens, quotes.words, quotes.tagger)
    return actor_features(tokens, where, quote_spans([FoundQuote([(0, len(tokens.start))], cue, None, "indirect")]))


class TestFeatures:
    @pytest.mark.parametrize(
        ("text", "word", "negated"),
        [
            ("it was not late; nine boats came", "boats", False),
            ("it was not late for any of the boats", "boats", True),
            ("not " + "so " * 39 + "late", "late", True),
            ("not " + "so " * 40 + "late", "late", False),
        ],
    )
    def test_a_negation_reaches_over_forty_words_of_its_clause(
        self, shipped: Pipeline, text: str, word: str, negated: bool
    ) -> None:
        keys = set(features(shipped, text).key.tolist())
        said, denied = said_word(token_hash(word)), negated_word(token_hash(word))
        assert (said in keys, denied in keys) == (not negated, negated)

    def test_no_pair_stands_over_the_end_of_a_clause(self, shipped: Pipeline) -> None:
        texts = ("boats sank; eels rose", "eels rose; boats sank")
        first, second = (set(features(shipped, text).key.tolist()) for text in texts)
        assert first == second

    def test_pairs_are_in_order(self, shipped: Pipeline) -> None:
        first, second = (set(features(shipped, text).key.tolist()) for text in ("boats eels", "eels boats"))
        assert first != second

    def test_a_cue_of_two_words_is_a_feature_of_its_own(self, shipped: Pipeline) -> None:
        raws = [features(shipped, text, (1, 3)) for text in ("he laid out it", "he out laid it")]
        first, second = (set(raw.key[raw.block == CUED].tolist()) for raw in raws)
        assert len(first - second) == len(second - first) == 1

    def test_the_class_of_a_word_may_be_negated(self, shipped: Pipeline) -> None:
        raws = [features(shipped, text) for text in ("taxes are not fair", "taxes are fair not")]
        first, second = (set(raw.key[raw.block == CLASSES].tolist()) for raw in raws)
        assert first != second

    def test_the_class_of_a_cue_is_a_feature_beside_its_word(self, shipped: Pipeline) -> None:
        raw = features(shipped, "he said it", (1, 2))
        assert (raw.block == CUED).sum() == 2

    def test_a_name_that_is_spoken_of_is_none(self, shipped: Pipeline) -> None:
        first, second = (features(shipped, f"he met {name} there").key for name in ("Sarah Tonk", "Robert Marr"))
        np.testing.assert_array_equal(first, second)

    def test_scores_grow_with_the_temperature(self, shipped: Pipeline) -> None:
        head = shipped.bundle.heads.stance
        raw = features(shipped, "the tax is a fraud")
        twice = stance_scores(raw, head._replace(temperature=2 * head.temperature))
        np.testing.assert_allclose(twice, 2 * stance_scores(raw, head), rtol=1e-5)


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
    quotes = found_quotes(shipped.analyse(first).quotes)
    assert quotes
    only = quote_spans(quotes[:1])
    head = shipped.bundle.heads.stance
    every = []
    for each in (first, second):
        _, body = shipped.read(each)
        where = shipped.analyse(each).where
        every.append(find_stances(body, where, only, np.zeros(1, np.int32), NO_TITLE, head.topics, head))
    assert every[0] == every[1]
    assert len(every[0][0]) == len(head.topics)


def test_without_quotes_there_are_no_features_but_scores(shipped: Pipeline) -> None:
    pipeline = shipped
    _, body = pipeline.read(Article("x", LEAD))
    analysis = pipeline.analyse(Article("x", LEAD))
    raw = actor_features(body, analysis.where, quote_spans([]))
    assert len(raw.key) == 0
    head = pipeline.bundle.heads.stance
    place, values = vector(raw, head)
    assert len(place) == len(values) == 0
    scores = stance_scores(raw, head)
    assert scores.shape == (len(head.topics), 3)
    assert np.isfinite(scores).all()
    (found,) = find_stances(body, analysis.where, quote_spans([]), np.zeros(0, np.int32), NO_TITLE, head.topics, head)
    assert [STANCES.index(stance.label) for stance in found] == scores.argmax(1).tolist()


def test_an_office_is_a_feature_and_a_nationality_is_none(shipped: Pipeline) -> None:
    text = "The French Chief Inspector Mara Quill met the press."
    _, body = shipped.read(Article("x", text))
    where = shipped.analyse(Article("x", text)).where
    titled = actor_features(body, where, quote_spans([]), (1, 4))
    assert titled.key.tolist() == [title_word(token_hash(word)) for word in ("Chief", "Inspector")]
    assert titled.token.tolist() == [2, 3]
    assert (titled.block == SOURCE).all()


@pytest.mark.parametrize(
    ("word", "key", "block"),
    [
        ("tide", said_word, SAID),
        ("safe", negated_word, SAID),
        ("warned", cue_word, CUED),
        ("keeper", source_word, SOURCE),
    ],
)
def test_the_keys_of_words_are_those_of_features(
    shipped: Pipeline, word: str, key: Callable[[int], int], block: int
) -> None:
    text = "a keeper warned the tide is not safe"
    _, body = shipped.read(Article("x", text))
    quotes = quote_spans([FoundQuote([(3, 8)], (2, 3), (0, 2), "indirect")])
    raw = actor_features(body, shipped.analyse(Article("x", text)).where, quotes)
    (place,) = np.flatnonzero(raw.key == np.uint64(key(token_hash(word))))
    assert raw.block[place] == block
    assert raw.token[place] == text.split().index(word)


def test_no_topic_no_stance(shipped: Pipeline) -> None:
    analysis = shipped.analyse(Article("x", QUILL))
    _, body = shipped.read(Article("x", QUILL))
    head = shipped.bundle.heads.stance
    known = (body, analysis.where, analysis.quotes, analysis.actors.speakers)
    assert analysis.actors.speakers.tolist() == [0]
    assert find_stances(*known, NO_TITLE, [], head) == [[]]
    (found,) = find_stances(*known, NO_TITLE, head.topics[::-1], head)
    assert [stance.topic for stance in found] == list(head.topics[::-1])


def test_no_actor_no_stance(shipped: Pipeline) -> None:
    analysis = shipped.analyse(Article("x", QUILL))
    _, body = shipped.read(Article("x", QUILL))
    head = shipped.bundle.heads.stance
    nobody = np.full(1, -1, np.int32)
    assert find_stances(body, analysis.where, analysis.quotes, nobody, NO_TITLE[:0], head.topics, head) == []


OFFICES = ("President", "Judge", "Senator", "Inspector", "Chancellor")
CROWD = (
    "President Quill denied that the raid was fair. Judge Finch said that the fraud was real and must be punished. "
    "Senator Tonk accused the police of a crime. Inspector Dobbs praised the arrests and warned that more thieves would "
    "be caught. “Nobody stole from the port and these arrests are a disgrace,” Chancellor Velm told reporters."
)


@settings(max_examples=60, deadline=None)
@given(SCRAPS, st.integers(0, 1000))
def test_the_stances_of_each_actor_are_those_of_its_quotes_alone(shipped: Pipeline, text: str, seed: int) -> None:
    """Whoever speaks, and in whatever order: all actors at once, or one after another by way of features and scores."""
    each = Article("x", f"{text}\n{CROWD}")
    _, body = shipped.read(each)
    analysis = shipped.analyse(each)
    head = shipped.bundle.heads.stance
    quotes = found_quotes(analysis.quotes)
    assert len(quotes) >= 4
    rng = np.random.default_rng(seed)
    n_actors = int(rng.integers(1, 5))
    speakers = rng.integers(-1, n_actors, len(quotes)).astype(np.int32)
    offices = np.flatnonzero(np.isin(body.hash, np.array([token_hash(word) for word in OFFICES], np.uint64)))
    begins = rng.choice(offices[-len(OFFICES) :], n_actors)
    titles = np.stack([begins, begins + rng.integers(0, 2, n_actors)], 1).astype(np.int32)
    together = find_stances(body, analysis.where, analysis.quotes, speakers, titles, head.topics, head)
    assert len(together) == n_actors
    for actor, stances in enumerate(together):
        own = quote_spans([quote for quote, speaker in zip(quotes, speakers, strict=True) if speaker == actor])
        begin, end = titles[actor].tolist()
        scores = stance_scores(actor_features(body, analysis.where, own, (begin, end)), head).astype(np.float64)
        shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        assert [stance.label for stance in stances] == [STANCES[k] for k in scores.argmax(1)]
        assert [stance.probability for stance in stances] == pytest.approx(shares.max(1), abs=1e-4)


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
        found.append(set(actor_features(body, where, quote_spans([quote])).key.tolist()))
    assert all(features == found[0] for features in found)


KEYS = st.lists(st.integers(1, (1 << 64) - 1), min_size=1, max_size=60, unique=True)


@given(KEYS, KEYS)
def test_every_feature_is_found_where_it_stands(known: list[int], others: list[int]) -> None:
    keys = np.sort(np.array(known, np.uint64))
    table = feature_table(keys)
    np.testing.assert_array_equal(table.keys, keys)
    found = [int(look_up(table.slots, table.places, key)) for key in keys]
    assert found == list(range(1, len(keys) + 1))
    for key in set(others) - set(known):
        assert look_up(table.slots, table.places, np.uint64(key)) == 0


@given(st.lists(st.integers(0, 11), max_size=40))
def test_each_block_of_a_vector_has_its_length(shipped: Pipeline, numbers: list[int]) -> None:
    """Every fourth feature is of one block; the last three are unknown to the head and left out."""
    head = shipped.bundle.heads.stance
    known = head.table.keys[:: len(head.table.keys) // 9][:9]
    keys = np.concatenate([known, known[:3] + np.uint64(1)])
    assert (head.table.keys[np.searchsorted(head.table.keys, keys[9:])] != keys[9:]).all()
    raw = RawFeatures(keys[numbers], np.array(numbers, np.uint8) % 4, np.full(len(numbers), -1, np.int32))
    place, values = vector(raw, head)
    found = [number for number in dict.fromkeys(numbers) if number < 9]
    assert head.table.keys[place].tolist() == keys[found].tolist()
    blocks = np.array(found, np.int64) % 4
    counts = np.array([numbers.count(number) for number in found])
    weights = (1 + np.log(np.maximum(counts, 1))) * head.idf[place]
    for block in set(blocks.tolist()):
        own = weights[blocks == block]
        expected = head.block_scale[block] * own / np.sqrt((own**2).sum())
        np.testing.assert_allclose(values[blocks == block], expected, rtol=1e-4)
