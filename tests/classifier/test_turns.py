"""Turns of interviews and debates that are printed as transcripts."""

import pytest
from invariants import parts, predict

from topic_stance.classifier import Pipeline

INTRODUCTION = "The mayor Sarah Velm spoke with Robert Marr on the radio about the harbour."
TURNS = [
    ("MARR", "Is the dam safe?"),
    ("VELM", "It is. I said so to the council, and I told them why."),
    ("MARR", "When was it built?"),
    ("VELM", "In 1931."),
]


def transcript(turns: list[tuple[str, str]], introduction: str = INTRODUCTION) -> str:
    return "\n\n".join([introduction, *(f"{speaker}: {words}" for speaker, words in turns)])


def found(pipeline: Pipeline, text: str) -> list[tuple[str | None, list[str], str | None]]:
    """The source, the contents and the actor of each quote."""
    return [(source, content, actor) for content, _, source, _, actor in parts(text, predict(pipeline, text))]


def test_each_turn_is_one_quote_of_whoever_speaks(shipped: Pipeline) -> None:
    names = {"MARR": "Robert Marr", "VELM": "Sarah Velm"}
    expected = [(speaker, [words], names[speaker]) for speaker, words in TURNS]
    assert found(shipped, transcript(TURNS)) == expected


def test_labels_in_full_and_in_small_letters(shipped: Pipeline) -> None:
    turns = [({"MARR": "Robert Marr", "VELM": "Sarah Velm"}[speaker], words) for speaker, words in TURNS]
    assert [actor for *_, actor in found(shipped, transcript(turns))] == [speaker for speaker, _ in turns]


def test_a_turn_has_no_cue(shipped: Pipeline) -> None:
    assert all(quote.cue is None for quote in predict(shipped, transcript(TURNS)).quotes)


@pytest.mark.parametrize(
    "turns",
    [
        [("Upside", "It holds."), ("Downside", "It leaks."), ("Upside", "It is cheap."), ("Downside", "It is old.")],
        [("Advertisement", "Buy eels.")] * 5,
        [("VELM", "The dam is safe.")] * 4,  # one alone: a list of posts or of points
        TURNS[:3],
        [("Marr", "53%"), ("Velm", "45%"), ("Marr", "50%"), ("Velm", "48%")],
        [("Robert Marr", "A lawyer."), ("Sarah Velm", "A mayor."), ("Peter Marr", "A boy."), ("Ana Velm", "A girl.")],
    ],
)
def test_what_only_looks_like_a_transcript(shipped: Pipeline, turns: list[tuple[str, str]]) -> None:
    sources = [source for source, *_ in found(shipped, transcript(turns))]
    assert not set(sources) & {"Upside", "Downside", "Advertisement"}
    assert all(quote.cue is not None for quote in predict(shipped, transcript(turns)).quotes)


def test_positions_are_no_talk(shipped: Pipeline) -> None:
    text = transcript([("Velm", "Cuts taxes."), ("Marr", "Cuts none.")]) + "\n\nHealth\n\n"
    text += transcript([("Velm", "Has no plan."), ("Marr", "Builds two hospitals.")], "")
    assert predict(shipped, text).quotes == []


def test_lines_of_colons_are_read(shipped: Pipeline) -> None:
    text = "\n".join([":", "VELM:", ": VELM", "MARR :", "VELM: :", "A. B: c"] * 20)
    assert predict(shipped, text).quotes == []
