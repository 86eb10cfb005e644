"""What looks like a report of speech and is none gives no quote; what only looks so gives one."""

import pytest
from invariants import predict

from topic_stance.classifier import Pipeline


def cues(pipeline: Pipeline, text: str) -> list[str]:
    """The cues of the quotes that are found."""
    return [text[slice(*quote.cue)] if quote.cue else "" for quote in predict(pipeline, text).quotes]


@pytest.mark.parametrize(
    "text",
    [
        "Quill did not say that the dam may break.",
        "Quill didn’t say that the dam may break.",
        "Quill has not yet publicly said that the dam may break.",
        "Quill never said that the dam may break.",
        "Quill left without saying that the dam may break.",
        "The minister refused to call for a new dam.",
        "Quill failed to call for a new dam.",
        "Quill is likely to call for a new dam.",
        "Quill should publicly declare that the dam may break.",
    ],
)
def test_what_is_not_said(shipped: Pipeline, text: str) -> None:
    assert cues(shipped, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Quill not only said that the dam may break.",
        "AT&T said that the dam may break.",
        "Quill, who was not there, said that the dam may break.",
        "It will not hold, and Quill said that the dam may break.",
    ],
)
def test_what_is_said_beside_a_negation(shipped: Pipeline, text: str) -> None:
    assert cues(shipped, text) == ["said"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Analysts worry that the dam may break.", []),
        ("Quill plans to hold a hearing on whether the mayor should have to go.", []),
        ("Quill sees the dam as a danger to the town.", []),
        ("Analysts who worry about it warned that the dam may break.", ["warned"]),
    ],
)
def test_what_is_thought(shipped: Pipeline, text: str, expected: list[str]) -> None:
    assert cues(shipped, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The jury was told that he stole the boat.", []),
        ("The ministry was warned that the dam may break.", []),
        ("It was widely reported that the dam may break.", []),
        ("The dam was described as unsafe.", []),
        ("That said, the dam may break.", []),
        ("Quill told the jury that he stole the boat.", ["told"]),
        ("The jury was told on Monday by Quill that he stole the boat.", ["told"]),
    ],
)
def test_a_passive_without_an_agent(shipped: Pipeline, text: str, expected: list[str]) -> None:
    assert cues(shipped, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The results suggest that the dam may break.", []),
        ("The move underscored that the dam may break.", []),
        ("The frequency of those failures suggests that the dam may break.", []),
        ("The report said that the dam may break.", ["said"]),
        ("Ms. Price said that the dam may break.", ["said"]),
        ("An adviser on prices said that the dam may break.", ["said"]),
    ],
)
def test_what_things_say(shipped: Pipeline, text: str, expected: list[str]) -> None:
    assert cues(shipped, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No one said that the dam may break.", []),
        ("Nobody said that it may. Quill warned that the dam may break.", ["warned"]),
        ("I said that the dam may break.", []),
        ("We asked whether it may. Quill said that the dam may break.", ["said"]),
        ("One engineer said that the dam may break.", ["said"]),
        ("You said that the dam may break.", []),
    ],
)
def test_what_nobody_or_the_writer_says(shipped: Pipeline, text: str, expected: list[str]) -> None:
    assert cues(shipped, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A study found that the dam may break.", []),
        ("Two polls released on Monday suggested that voters want a new dam.", []),
        ("The study said that the dam may break.", ["said"]),
        ("According to a poll, voters want a new dam.", ["According to"]),
        ("The inspector suggested that the dam may break.", ["suggested"]),
        ("The U.S. Geological Survey confirmed that the quake was strong.", ["confirmed"]),
        ("The study’s author, Mara Quill, suggested that the dam may break.", ["suggested"]),
        ("“Our lab was raided,” the researchers confirmed.", ["confirmed"]),
    ],
)
def test_what_a_study_finds(shipped: Pipeline, text: str, expected: list[str]) -> None:
    assert cues(shipped, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor bought a boat said to be the oldest on the lake.", []),
        ("“The dam may break,” said an engineer who asked to remain anonymous in a report on the lake.", ["said"]),
        ("Quill asked the town to be patient with the engineers.", ["asked"]),
    ],
)
def test_what_is_said_to_be_and_who_is_not_named(shipped: Pipeline, text: str, expected: list[str]) -> None:
    assert cues(shipped, text) == expected
