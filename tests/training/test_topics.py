"""Calibration and thresholds of topics, with texts that count more or less than one."""

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from scipy import sparse
from sklearn.svm import LinearSVC

from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.classifier.topics import probabilities
from topic_stance.data.records import LabelledArticle
from topic_stance.training.reading import read_article
from topic_stance.training.topics import TopicOptions, _separate, best_threshold, calibrate, fit_topics

RNG = np.random.default_rng(0)
WANTED = np.arange(4000) % 2 == 0
SCORES = RNG.normal(np.where(WANTED, 1.0, -1.0))


def probability(calibration: np.ndarray) -> np.ndarray:
    return probabilities(SCORES[:, None], calibration[None])[:, 0]


def test_a_weight_counts_as_that_many_texts() -> None:
    times = np.where(WANTED, 1, 3)
    weighted = calibrate(SCORES, WANTED, times.astype(float))
    repeated = calibrate(np.repeat(SCORES, times), np.repeat(WANTED, times))
    given = probability(weighted)
    np.testing.assert_allclose(given, probability(repeated), atol=0.01)
    assert best_threshold(given, times.astype(float)) == best_threshold(np.repeat(given, times))


def test_equal_weights_change_nothing() -> None:
    given = probability(calibrate(SCORES, WANTED))
    np.testing.assert_allclose(probability(calibrate(SCORES, WANTED, np.full(4000, 0.25))), given, atol=1e-4)
    assert best_threshold(given, np.ones(4000)) == best_threshold(given)


def test_probabilities_are_of_the_expected_share(authored: list[LabelledArticle]) -> None:
    texts = [read_article(article, load_boilerplate()).topic_text() for article in authored[:80]]
    labels = [article.topics for article in authored[:80]]
    assert 0.3 < np.mean(["fraud" in given for given in labels]) < 0.7
    plain, rare = (fit_topics(texts, labels, ("fraud",), TopicOptions(prior=prior), 0) for prior in (None, 0.05))
    np.testing.assert_array_equal(plain.whole.coefficients, rare.whole.coefficients)

    score = np.zeros((1, 1))
    assert probabilities(score, rare.calibration) < 0.5 * probabilities(score, plain.calibration)


def test_each_side_of_the_boundary_has_a_slope_of_its_own() -> None:
    """A tenth of what looks like the topic is not: however high the score, the share stays at nine tenths."""
    rng = np.random.default_rng(1)
    scores = rng.uniform(-3, 3, 20_000)
    share = np.where(scores > 0, 0.9, 0.9 / (1 + np.exp(-4 * scores)))
    found = calibrate(scores, rng.random(20_000) < share)
    at = probabilities(np.array([[-2.0], [1.0], [2.0], [3.0]]), found[None])[:, 0]
    assert at[0] < 0.01
    np.testing.assert_allclose(at[1:], 0.9, atol=0.05)


@drawn(st.lists(st.floats(-3, 3, width=32), min_size=4, max_size=40), st.integers(1, 39))
def test_a_higher_score_is_never_less_probable(scores: list[float], first: int) -> None:
    """Whatever the labels are, even turned round."""
    ordered = np.sort(np.array(scores))
    wanted = np.arange(len(ordered)) < min(first, len(ordered) - 1)
    found = probabilities(np.linspace(-1e4, 1e4, 401)[:, None], calibrate(ordered, wanted)[None])[:, 0]
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("shape", [(0.3, 3.0), (1.0, 1.0), (2.0, 0.5)])
def test_a_threshold_is_best_where_probabilities_are_right(shape: tuple[float, float]) -> None:
    rng = np.random.default_rng(2)
    probability = rng.beta(*shape, 200_000)
    wanted = rng.random(200_000) < probability

    def f1(threshold: float) -> float:
        found = probability >= threshold
        return float(2 * (found & wanted).sum() / (found.sum() + wanted.sum()))

    assert f1(best_threshold(probability)) > max(map(f1, np.linspace(0.05, 0.95, 91))) - 0.003


class TestContrast:
    WANTED = np.arange(40) % 2 == 0
    # Columns: in each wanted text, in as many texts of each kind, in each text.
    MATRIX = sparse.csr_matrix(np.stack([WANTED * 0.5, (np.arange(40) % 4 < 2) * 0.5, np.full(40, 0.5)], 1))

    def test_weights_are_those_of_the_texts_as_they_are(self) -> None:
        weights, bias = _separate(self.MATRIX, self.WANTED, np.ones(40), TopicOptions(contrast=1.0))
        scores = self.MATRIX @ weights + bias
        assert ((scores > 0) == self.WANTED).all()
        assert abs(weights[1:]).max() < 0.1 * weights[0]

    def test_without_it_a_plain_machine(self) -> None:
        weights, bias = _separate(self.MATRIX, self.WANTED, np.ones(40), TopicOptions(contrast=0.0, c=0.1))
        plain = LinearSVC(C=0.1, random_state=0).fit(self.MATRIX, self.WANTED)
        np.testing.assert_allclose(weights, plain.coef_[0])
        assert bias == pytest.approx(plain.intercept_[0])
