"""Claims on a registered model: of several, one goes at a time, and one that was left behind is no obstacle."""

from typing import Any

import pytest

from topic_stance.training.claims import PREFIX, STALE, claimed
from topic_stance.training.store import StoreError


class Tags:
    """The part of MLflow's client that claims need."""

    def __init__(self, **tags: str) -> None:
        self.tags = tags

    def get_registered_model(self, model: str) -> Any:
        return self

    def set_registered_model_tag(self, model: str, key: str, value: str) -> None:
        self.tags[key] = value

    def delete_registered_model_tag(self, model: str, key: str) -> None:
        del self.tags[key]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def held(tags: Tags, clock: Clock, **options: Any) -> Any:
    return claimed(tags, "m", clock=clock, sleep=clock.sleep, **options)


def test_a_claim_is_there_and_gone() -> None:
    tags = Tags(other="x")
    with held(tags, Clock()):
        assert sum(key.startswith(PREFIX) for key in tags.tags) == 1
    assert tags.tags == {"other": "x"}


def test_it_goes_when_the_block_fails() -> None:
    tags = Tags()
    with pytest.raises(KeyError), held(tags, Clock()):
        raise KeyError
    assert tags.tags == {}


def test_two_at_once() -> None:
    tags, clock = Tags(), Clock()
    entered = False
    with held(tags, clock):
        with pytest.raises(StoreError, match="another promotion is under way"), held(tags, clock, patience=STALE / 2):
            entered = True
        assert not entered
    assert tags.tags == {}


def test_one_waits_for_the_other() -> None:
    tags, clock = Tags(**{f"{PREFIX}other": "1000.0"}), Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        tags.tags.pop(f"{PREFIX}other", None)

    with claimed(tags, "m", clock=clock, sleep=sleep):
        assert clock.now > 1000
        assert len(tags.tags) == 1


def test_one_that_a_killed_promotion_left_is_swept_away() -> None:
    tags, clock = Tags(**{f"{PREFIX}dead": str(1000 - STALE - 1), f"{PREFIX}odd": "x"}), Clock()
    with held(tags, clock):
        assert f"{PREFIX}dead" not in tags.tags
        assert clock.now == 1000
    assert tags.tags == {}


def test_a_fresh_one_is_waited_for_until_it_is_old() -> None:
    tags, clock = Tags(**{f"{PREFIX}killed": "999.0"}), Clock()
    with held(tags, clock):
        assert clock.now >= 999 + STALE
