"""Calibration and thresholds of topics, with texts that count more or less than one."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC

from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.data.records import LabelledArticle
from topic_stance.training.fit import read_article
from topic_stance.training.topics import TopicOptions, _separate, best_threshold, calibrate, fit_topics

RNG = np.random.default_rng(0)
WANTED = np.arange(4000) % 2 == 0
SCORES = RNG.normal(np.where(WANTED, 1.0, -1.0))


def probability(calibration: tuple[float, float]) -> np.ndarray:
    slope, intercept = calibration
    return 1 / (1 + np.exp(-(SCORES * slope + intercept)))


def test_a_weight_counts_as_that_many_texts() -> None:
    times = np.where(WANTED, 1, 3)
    weighted = calibrate(SCORES, WANTED, times.astype(float))
    repeated = calibrate(np.repeat(SCORES, times), np.repeat(WANTED, times))
    assert weighted == pytest.approx(repeated, abs=0.02)
    given = probability(weighted)
    assert best_threshold(given, WANTED, times.astype(float)) == best_threshold(
        np.repeat(given, times), np.repeat(WANTED, times)
    )


def test_equal_weights_change_nothing() -> None:
    assert calibrate(SCORES, WANTED, np.full(4000, 0.25)) == pytest.approx(calibrate(SCORES, WANTED))
    given = probability(calibrate(SCORES, WANTED))
    assert best_threshold(given, WANTED, np.ones(4000)) == best_threshold(given, WANTED)


def test_probabilities_are_of_the_expected_share(authored: list[LabelledArticle]) -> None:
    texts = [read_article(article, load_boilerplate()).topic_text() for article in authored[:80]]
    labels = [article.topics for article in authored[:80]]
    assert 0.3 < np.mean(["fraud" in given for given in labels]) < 0.7
    plain, rare = (fit_topics(texts, labels, ("fraud",), TopicOptions(prior=prior), 0) for prior in (None, 0.05))
    np.testing.assert_array_equal(plain.whole.coefficients, rare.whole.coefficients)

    def at_zero(calibration: np.ndarray) -> float:
        return float(1 / (1 + np.exp(-calibration[0, 1])))

    assert at_zero(rare.calibration) < 0.5 * at_zero(plain.calibration)


def test_a_threshold_is_not_taken_from_a_single_text() -> None:
    """One text more is right at 0.26 alone; between there and 0.55 a threshold may lie anywhere."""
    given = np.concatenate((np.linspace(0.0, 0.25, 50), [0.26], np.linspace(0.56, 0.8, 50)))
    wanted = np.arange(101) >= 50
    assert 0.35 < best_threshold(given, wanted) < 0.5


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
