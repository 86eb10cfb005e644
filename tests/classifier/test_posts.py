"""Posts that an article shows: each is one quote of the one who signs it."""

import pytest
from invariants import parts, predict

from topic_stance.classifier import Pipeline

BEFORE = "The port was shut on Monday, and nobody came.\n\n"


@pytest.mark.parametrize(
    ("line", "content", "source"),
    [
        ("We never pay the eel tax. — Ana Li (@anali) May 8, 2019", "We never pay the eel tax.", "Ana Li"),
        (
            "Finch says the dam may break. pic.orrin.example/x1 https://a.example/b — Orrin Post (@orrin) July 1, 2018",
            "Finch says the dam may break.",
            "Orrin Post",
        ),
        (
            "Skip Twitter post 2 by @anali We never pay — Ana J. Li☠ (@anali_) December 31, 2020 Report",
            "We never pay",
            "Ana J. Li",
        ),
        ("....and we never shall..... — Ana Li (@anali) May 8, 2019", "and we never shall", "Ana Li"),
        ("We do like the pic — Ana Li (@anali) May 8, 2019", "We do like the pic", "Ana Li"),
        ("“We never pay.” — Ana Li (@anali) May 8, 2019", "“We never pay.”", "Ana Li"),
    ],
)
def test_a_post_is_a_quote_of_whoever_signs_it(shipped: Pipeline, line: str, content: str, source: str) -> None:
    text = f"{BEFORE}{line}\n\nThat was all."
    kind = "direct" if content[0] == "“" else "indirect"
    assert parts(text, predict(shipped, text)) == [([content], None, source, kind, source)]


@pytest.mark.parametrize(
    "line",
    [
        "We never pay — Ana Li, May 8, 2019",
        "We never pay the tax — Ana Li (left) paid it on May 8, 2019",
        "We never pay Ana Li (@anali) May 8, 2019",
        "https://orrin.example/a — Ana Li (@anali) May 8, 2019",
        "— Ana Li (@anali) May 8, 2019",
        "We never pay — (@anali) May 8, 2019",
    ],
)
def test_other_lines_are_none(shipped: Pipeline, line: str) -> None:
    text = f"{BEFORE}{line}\n\nThat was all."
    assert predict(shipped, text).quotes == []


def test_posts_stand_among_the_other_quotes_in_text_order(shipped: Pipeline) -> None:
    text = (
        "“We never pay the eel tax,” said Mara Quill.\n\n"
        "Finch said that the tax is fair — Ana Li (@anali) May 8, 2019\n\n"
        "“It is time to go,” said Bo Tully."
    )
    found = [(content, source, actor) for content, _, source, _, actor in parts(text, predict(shipped, text))]
    assert found == [
        (["“We never pay the eel tax,”"], "Mara Quill", "Mara Quill"),
        (["Finch said that the tax is fair"], "Ana Li", "Ana Li"),
        (["“It is time to go,”"], "Bo Tully", "Bo Tully"),
    ]
