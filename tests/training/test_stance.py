"""Fitting the stance head: shares of labels, and weights tied by vectors."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from topic_stance.classifier.stance import RawFeatures, StanceHead, stance_scores
from topic_stance.data.records import STANCES, DataError, StanceLabel
from topic_stance.training.stance import StanceExample, StanceOptions, fit_stance
from topic_stance.training.vectors import FeatureVectors

KEY: dict[StanceLabel, int] = {"favor": 10, "against": 20, "neutral": 30}
OPTIONS = StanceOptions(folds=2)


def raw(*keys: int) -> RawFeatures:
    return RawFeatures(np.array(keys, np.uint64), np.zeros(len(keys), np.uint8), np.full(len(keys), -1, np.int32))


def examples(**options: Any) -> list[StanceExample]:
    return [StanceExample(raw(key, 99), k % 2, label, k, **options) for k in range(20) for label, key in KEY.items()]


def label(head: StanceHead, *keys: int, topic: int = 0) -> str:
    return STANCES[int(stance_scores(raw(*keys), head)[topic].argmax())]


def test_what_is_said_decides() -> None:
    head = fit_stance(examples(), ("a", "b"), OPTIONS, 0)
    assert [label(head, key) for key in KEY.values()] == list(KEY)
    assert head.weights.shape == (4, 3, 3)


@pytest.mark.parametrize("missing", STANCES)
def test_a_stance_without_examples_is_named(missing: StanceLabel) -> None:
    some = [example for example in examples() if example.label != missing]
    with pytest.raises(DataError, match=f"has the stance {missing}; the stance head needs each of favor, against"):
        fit_stance(some, ("a", "b"), OPTIONS, 0)


def test_without_examples_every_stance_is_missing() -> None:
    with pytest.raises(DataError, match="has the stance favor or against or neutral"):
        fit_stance([], ("a", "b"), OPTIONS, 0)


def test_a_share_of_a_stance_is_an_example_of_it() -> None:
    unsure = [replace(e, label="against", shares=(0.5, 0.5, 0.0)) if e.label == "favor" else e for e in examples()]
    assert label(fit_stance(unsure, ("a", "b"), OPTIONS, 0), KEY["against"]) == "against"


def test_with_contrast_what_all_examples_have_weighs_next_to_nothing() -> None:
    plain, scaled = (
        fit_stance(examples(), ("a", "b"), msgspec.structs.replace(OPTIONS, contrast=power), 0).weights
        for power in (0.0, 1.0)
    )
    assert abs(scaled[3]).max() < 0.1 * abs(plain[3]).max(), "the feature 99"
    assert abs(scaled[:3]).max() > abs(plain[:3]).max()


def test_with_less_balance_a_rare_stance_is_less_likely() -> None:
    rare = [example for example in examples() if example.label != "favor" or example.article < 4]
    odds = []
    for balance in (0.0, 0.5, 1.0):
        head = fit_stance(rare, ("a", "b"), msgspec.structs.replace(OPTIONS, balance=balance), 0)
        favor, against, _ = stance_scores(raw(99), head)[0] / head.temperature[0]
        odds.append(favor - against)
    assert odds[0] < odds[1] - 0.2 < odds[2] - 0.4


def test_what_is_made_out_of_an_example_makes_its_words_no_less_rare() -> None:
    once = StanceExample(raw(10, 77), 0, "favor", 0)
    for more, known in ((replace(once, weight=0.5, made=True), False), (replace(once, article=1), True)):
        head = fit_stance([*examples(), once, more], ("a", "b"), OPTIONS, 0)
        assert (77 in head.table.keys) == known


def test_sure_shares_are_labels() -> None:
    sure = [
        StanceExample(e.raw, e.topic, e.label, e.article, shares=tuple(float(e.label == s) for s in STANCES))  # type: ignore[arg-type]
        for e in examples()
    ]
    first, second = fit_stance(examples(), ("a", "b"), OPTIONS, 0), fit_stance(sure, ("a", "b"), OPTIONS, 0)
    assert np.array_equal(first.weights, second.weights)


def test_shares_outweigh_the_label() -> None:
    doubted = [
        StanceExample(e.raw, e.topic, e.label, e.article, shares=(0.1, 0.8, 0.1) if e.label == "favor" else None)
        for e in examples()
    ]
    sure = [StanceExample(raw(50, 99), k % 2, "favor", 20 + k) for k in range(20)]
    assert label(fit_stance(doubted + sure, ("a", "b"), OPTIONS, 0), KEY["favor"]) == "against"
    assert label(fit_stance(examples() + sure, ("a", "b"), OPTIONS, 0), KEY["favor"]) == "favor"


def test_light_examples_give_way_and_made_ones_set_no_temperature() -> None:
    contrary = [
        StanceExample(e.raw, e.topic, "against", e.article, weight=0.01, made=True)
        for e in examples()
        if e.label == "favor"
    ]
    head = fit_stance(examples() + contrary, ("a", "b"), OPTIONS, 0)
    assert label(head, KEY["favor"]) == "favor"
    heavy = [StanceExample(e.raw, e.topic, e.label, e.article, weight=9.0, made=True) for e in contrary]
    assert label(fit_stance(examples() + heavy, ("a", "b"), OPTIONS, 0), KEY["favor"], 99) == "against"


def vectors_of(rows: dict[int, list[float]], *, known: bool = False) -> FeatureVectors:
    keys = sorted(rows)
    return FeatureVectors(
        np.array(keys, np.uint64),
        np.array([rows[key] for key in keys], np.float32),
        np.full(len(keys), known),
    )


def test_features_with_like_vectors_share_weight() -> None:
    like, other, rare_word = 3, 5, 7
    vectors = vectors_of({like: [1, 0], other: [0, 1], rare_word: [1, 0]})
    learned = [
        StanceExample(raw(key, 99), k % 2, label, k)
        for k in range(20)
        for key, label in ((like, "favor"), (other, "against"))
    ]
    rare = [StanceExample(raw(rare_word, 99), 0, "neutral", 20 + k) for k in range(2)]
    with_vectors, free = (fit_stance(learned + rare, ("a", "b"), OPTIONS, 0, given) for given in (vectors, None))
    of_rare = [stance_scores(raw(rare_word), head)[0] / head.temperature[0] for head in (with_vectors, free)]
    assert of_rare[0][0] - of_rare[0][1] > of_rare[1][0] - of_rare[1][1] + 0.01, (
        "it borrows from the word that it is like"
    )
    place = {int(key): k for k, key in enumerate(with_vectors.table.keys)}
    assert with_vectors.weights[place[rare_word]] != pytest.approx(with_vectors.weights[place[like]]), "and has its own"


@pytest.mark.parametrize("known", [True, False])
def test_a_known_feature_without_labels_weighs_by_its_vector(known: bool) -> None:
    like, other, unseen = 3, 5, 7
    vectors = vectors_of({like: [1, 0], other: [0, 1], unseen: [0.8, 0.6]}, known=known)
    learned = [
        StanceExample(raw(key, 99), 0, label, k)
        for k in range(20)
        for key, label in ((like, "favor"), (other, "against"), (77, "neutral"))
    ]
    head = fit_stance(learned, ("a",), OPTIONS, 0, vectors)
    assert (unseen in head.table.keys.tolist()) == known
    scores, of_none = (stance_scores(raw(key), head)[0] for key in (unseen, 123))
    if known:
        assert scores[0] > scores[1] > of_none[1]
    else:
        np.testing.assert_array_equal(scores, of_none)


@pytest.mark.parametrize("known", [True, False])
def test_a_known_feature_may_be_rare(known: bool) -> None:
    learned = [*examples(), StanceExample(raw(7, 99), 0, "favor", 20)]
    head = fit_stance(learned, ("a", "b"), OPTIONS, 0, vectors_of({7: [1, 0]}, known=known))
    assert (7 in head.table.keys.tolist()) == known


def test_a_feature_without_a_vector_takes_no_part() -> None:
    learned = [StanceExample(raw(9, 99 + k % 2), 0, label, k) for k, label in enumerate(STANCES * 8)]
    given, free = (fit_stance(learned, ("a",), OPTIONS, 0, some) for some in (vectors_of({3: [1, 1]}), None))
    assert given.weights == pytest.approx(free.weights, abs=1e-3)


def test_that_topics_in_passing_are_mostly_neutral_moves_no_stance_of_others() -> None:
    aside = [StanceExample(raw(99), k % 2, "neutral", 20 + k, 0.5, passing=True) for k in range(40)]
    taken = [replace(example, passing=False) for example in aside]
    plain, apart, together = (fit_stance([*examples(), *more], ("a", "b"), OPTIONS, 0) for more in ([], aside, taken))
    neutral = STANCES.index("neutral")
    scores = [stance_scores(raw(99), head)[0] for head in (plain, apart, together)]
    lead = [float(s[neutral] - np.delete(s, neutral).max()) for s in scores]
    assert 0 <= lead[1] - lead[0] < 0.7 * (lead[2] - lead[0])


def test_temperatures_are_not_fitted_on_topics_in_passing() -> None:
    wrong = [replace(e, label="neutral", weight=1e-6, passing=True) for e in examples() for _ in range(5)]
    plain, more = (fit_stance([*examples(), *aside], ("a", "b"), OPTIONS, 0) for aside in ([], wrong))
    assert np.allclose(plain.temperature, more.temperature, rtol=0.1)
