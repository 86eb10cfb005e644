"""Texts that would make careless code take the square of their length: the steps taken grow as the texts do.

Steps are calls of Python functions, of our own and of libraries, so that nothing depends on the clock. What is compiled
takes no such steps; it is given texts that would keep it busy for minutes if its work grew with the square.
"""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from topic_stance.classifier import Pipeline
from topic_stance.data.records import Article

TEXTS: dict[str, Callable[[int], str]] = {
    "all quotation marks": lambda n: "“" * n,
    "all straight marks": lambda n: '"' * n,
    "pairs of marks": lambda n: "“ ” " * n,
    "all capitals": lambda n: "THE PORT OF ORRIN SAID MARA QUILL PAYS " * (n // 8),
    "one endless sentence": lambda n: "the port and the basin said that " * (n // 7),
    "one endless word": lambda n: "a" * (4 * n),
    "names": lambda n: " ".join(f"Then Abel{k} Tonk{k} came." for k in range(n // 4)),
    "quotes of many": lambda n: " ".join(f"“We shall pay,” said Abel{k} Tonk{k}." for k in range(n // 8)),
    "quotes of one": lambda n: "“We shall pay,” said Mara Quill. " * (n // 8),
    "short lines": lambda n: "Photo: x\n" * (n // 3),
    "the same line": lambda n: "The port of Orrin stays shut.\n" * (n // 6),
    "combining characters": lambda n: "e\u0301 \u200d" * n,
}


def steps(call: Callable[[], Any]) -> int:
    """How many calls are made while `call` runs."""
    count = 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        call()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", TEXTS)
def test_steps_grow_as_the_text_does(shipped: Pipeline, name: str) -> None:
    shipped.predict([Article("warm", TEXTS[name](400))])
    once, twice, four = (
        steps(lambda n=n: shipped.predict([Article("a", TEXTS[name](n))])) for n in (2_000, 4_000, 8_000)
    )
    assert twice <= 2.2 * once + 500
    assert four <= 2.2 * twice + 500


@pytest.mark.parametrize("name", TEXTS)
def test_topics_alone_take_no_more_steps_for_longer_texts(shipped: Pipeline, name: str) -> None:
    short, long = [Article("a", TEXTS[name](400))], [Article("a", TEXTS[name](40_000))]
    shipped.predict_topics([*short, *long])
    assert steps(lambda: shipped.predict_topics(long)) <= steps(lambda: shipped.predict_topics(short)) + 20


@pytest.mark.parametrize("name", TEXTS)
def test_topics_of_large_texts(shipped: Pipeline, name: str) -> None:
    [prediction] = shipped.predict_topics([Article("a", TEXTS[name](1_000_000))])
    assert len(prediction.topics) == 3


def test_fifty_thousand_names(shipped: Pipeline) -> None:
    text = " ".join(f"Then Abel{k} Tonk{k} came." for k in range(50_000))
    [prediction] = shipped.predict([Article("a", f"{text} “We shall pay,” said Abel7 Tonk7.")])
    assert [actor.name for actor in prediction.actors] == ["Abel7 Tonk7"]


def test_steps_are_counted() -> None:
    def square(n: int) -> None:
        for _ in range(n):
            for _ in range(n):
                abs(n)

    assert steps(lambda: square(20)) > 3 * steps(lambda: square(10))
