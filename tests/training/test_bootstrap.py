"""Resampling: the same resamples on every call, and the middle of what they give."""

import numpy as np
import pytest

from topic_stance.training.bootstrap import RESAMPLES, interval, on_resamples, quantile_interval

VALUES = np.arange(50) / 50


def test_a_resample_is_of_as_many_articles_as_there_are() -> None:
    drawn: list[list[int]] = []
    on_resamples(lambda chosen: drawn.append(chosen.tolist()) or 0.0, 7)
    assert len(drawn) == RESAMPLES
    assert all(len(numbers) == 7 and set(numbers) <= set(range(7)) for numbers in drawn)
    assert len({tuple(numbers) for numbers in drawn}) > 100


def test_two_figures_are_of_the_same_resamples() -> None:
    first, second = (on_resamples(lambda chosen, by=by: by * float(VALUES[chosen].mean()), 50) for by in (1.0, 2.0))
    assert second == pytest.approx(2 * first)


def test_more_resamples_begin_with_the_same() -> None:
    few, many = (on_resamples(lambda chosen: float(VALUES[chosen].mean()), 50, times) for times in (20, 500))
    assert many.shape == (500,)
    assert few.tolist() == many[:20].tolist()


def test_an_interval_is_of_values_that_were_drawn() -> None:
    values = np.concatenate([[np.nan] * 10, np.arange(200.0)])
    assert interval(values) == (5.0, 194.0)


def test_an_interval_by_quantiles_ends_between_them() -> None:
    assert quantile_interval(np.arange(200.0)) == pytest.approx((4.975, 194.025))
