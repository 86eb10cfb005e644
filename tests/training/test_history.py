"""History: which promotions came about, told from what was written down and the alias."""

from topic_stance.training.registry import Reign, chained


def reigns(*versions: str) -> list[Reign]:
    return [Reign(v, "", "promote", "", p) for v, p in zip(versions, (None, *versions), strict=False)]


def test_in_order() -> None:
    events = reigns("1", "2", "3")
    assert chained(events, "3") == events


def test_without_a_promotion_that_was_killed() -> None:
    first, second = reigns("1", "2")
    killed = Reign("9", "", "promote", "", "1")
    assert chained([first, killed, second], "2") == [first, second]
    assert chained([first, second, killed], "2") == [first, second]


def test_with_an_alias_that_was_moved_by_hand() -> None:
    events = reigns("1", "2")
    *known, other = chained(events, "7")
    assert known == events
    assert (other.version, other.kind) == ("7", "other")


def test_of_no_champion() -> None:
    assert chained(reigns("1"), None) == []
