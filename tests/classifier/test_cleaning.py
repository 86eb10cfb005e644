"""Lines of scraped text: each kind of boilerplate is told from the body, and the body keeps its offsets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topic_stance.classifier.cleaning import Verdict, body_tokens, judge_lines, kept_spans, load_boilerplate, prose
from topic_stance.classifier.segment import tokenize
from topic_stance.data.records import LabelledArticle

LEXICON = load_boilerplate()
PARAGRAPH = (
    "The dredging of the old basin at Orrin began on Tuesday after a delay of eleven weeks, and the port said that "
    "the first barges would leave before the end of the month."
)
LONG = "The board of Orrin met " + "the growers and the crews " * 6 + "on Monday and left."
SECOND = (
    "“By then we shall all be swimming to work,” said the foreman, who has asked for a footbridge since the spring."
)


def judged(text: str, title: str = "") -> list[tuple[str, Verdict]]:
    tokens = tokenize(text)
    verdicts = judge_lines(tokens, LEXICON, tokenize(title) if title else None)
    lines = [line for line in text.splitlines() if line.strip()]
    return [(line, Verdict(verdict)) for line, verdict in zip(lines, verdicts, strict=True)]


def verdict_on(line: str, *, before: str = PARAGRAPH, after: str = SECOND, title: str = "") -> Verdict:
    found = [v for text, v in judged("\n".join(part for part in (before, line, after) if part), title) if text == line]
    return found[-1]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Advertisement", Verdict.PHRASE),
        ("SHARE THIS ARTICLE", Verdict.PHRASE),
        ("Read more: Mussel prices climb again in Orrin", Verdict.PHRASE),
        ("Comments (214)", Verdict.PHRASE),
        ("The basin at dusk. (Photo: Tess Arbor/Quayside Press)", Verdict.CREDIT),
        ("Cranes idle on Monday, image: Tess Arbor", Verdict.CREDIT),
        ("Home > Regions > Orrin", Verdict.NAVIGATION),
        ("News | Weather | Tides | Jobs", Verdict.NAVIGATION),
        ("By Tess Arbor", Verdict.BYLINE),
        ("By Tess Arbor and Odo Finch, Quayside Press", Verdict.BYLINE),
        ("1,204", Verdict.NUMBER),
        ("* * *", Verdict.NUMBER),
        ("02:13", Verdict.TIME_CODE),
        (PARAGRAPH, Verdict.BODY),
        ("Nobody came.", Verdict.BODY),
        ("02:13:44", Verdict.NUMBER),
        # looks like boilerplate
        ("Eels > Trout", Verdict.BODY),
        ("By noon nobody was left", Verdict.BODY),
        ("By Monday, Orrin was shut.", Verdict.BODY),
        ("By Ana Lee (Orrin.)", Verdict.BODY),
        ("Read more " + "of the eels and the trout in the old basin at Orrin " * 4 + "today.", Verdict.BODY),
        ("A photo: it was taken by nobody in the old port, and the crews of the boats were at home.", Verdict.BODY),
    ],
)
def test_each_kind_of_line(line: str, verdict: Verdict) -> None:
    assert verdict_on(line, before="The quay was shut all day.") == verdict


def test_case_digits_and_punctuation_of_a_phrase_do_not_count() -> None:
    for line in ("advertisement", "ADVERTISEMENT:", "— Advertisement 12 —"):
        assert verdict_on(line) == Verdict.PHRASE


def test_a_player_shows_a_title_after_its_time_code_twice() -> None:
    text = f"02:13\nThe lights are back on\nThe lights are back on\n{PARAGRAPH}"
    assert [verdict for _, verdict in judged(text)] == [
        Verdict.TIME_CODE,
        Verdict.VIDEO_TITLE,
        Verdict.VIDEO_TITLE,
        Verdict.BODY,
    ]


def test_a_line_that_stands_twice_is_kept_once() -> None:
    text = f"{PARAGRAPH}\nThe basin is to be dredged.\nThe basin is to be dredged.\n{SECOND}"
    assert [verdict for _, verdict in judged(text)] == [Verdict.BODY, Verdict.BODY, Verdict.REPEATED, Verdict.BODY]


@pytest.mark.parametrize(
    ("lines", "verdicts"),
    [
        # a line that stands twice, but is long, short, or has another number
        ([LONG, LONG], "BODY BODY"),
        ([PARAGRAPH, "Nobody came.", "Nobody came."], "BODY BODY BODY"),
        ([PARAGRAPH, "Nine boats: 3 of 10", "Nine boats: 4 of 10"], "BODY BODY BODY"),
        # no end mark, or one within a bracket
        ([LONG[:-1], "Nobody came."], "BODY BODY"),
        (["Nobody came (again.)", "Nobody left."], "BODY BODY"),
        # a short sentence is no paragraph
        (["Nobody came.", "• Ferry fares are to rise", PARAGRAPH], "BODY TEASER BODY"),
    ],
)
def test_what_a_line_is_beside_others(lines: list[str], verdicts: str) -> None:
    assert [verdict.name for _, verdict in judged("\n".join(lines))] == verdicts.split()


def test_bullets_are_teasers_before_the_first_paragraph_only() -> None:
    assert verdict_on("• Ferry fares are to rise", before="") == Verdict.TEASER
    assert verdict_on("• Ferry fares are to rise") == Verdict.BODY


def test_the_headline_is_told_apart() -> None:
    title = "Dredgers reach Orrin"
    assert verdict_on("DREDGERS REACH ORRIN!", before="", title=title) == Verdict.HEADLINE
    assert verdict_on("Dredgers reach Orrin", title=title) == Verdict.HEADLINE, "wherever it stands"
    assert verdict_on("Dredgers reach Orrin", before="") == Verdict.HEADLINE, "a short line before the first paragraph"
    assert verdict_on("Dredgers reach Orrin") == Verdict.BODY, "a line between paragraphs may be part of a list"


@pytest.mark.parametrize(
    "line",
    [
        "“Read the tide tables before you sail,” the pilot said.",
        "“By all means,” said Tess Arbor.",
        "“We asked for a photo: we got a bill,” Odo Finch said.",
        '"No," she said.',
        "“Share what you have,” he told the crews, “and share it today.”",
    ],
)
def test_a_line_with_a_quote_is_body(line: str) -> None:
    assert verdict_on(line) == Verdict.BODY


def test_no_labelled_quote_is_dropped(authored: list[LabelledArticle]) -> None:
    dropped = set()
    for article in authored:
        tokens = tokenize(article.text)
        verdicts = judge_lines(tokens, LEXICON, tokenize(article.title) if article.title else None)
        kept = {i for a, b in kept_spans(tokens, verdicts) for i in range(a, b)}
        for quote in article.quotes or ():
            for start, end in quote.content:
                if any(i not in kept and not article.text[i].isspace() for i in range(start, end)):
                    dropped.add(article.id)
    assert not dropped


def test_the_body_keeps_its_offsets() -> None:
    text = f"Advertisement\n{PARAGRAPH}\n  Share this article\r\n\r\n\t{SECOND}\n44\n"
    tokens = tokenize(text)
    verdicts = judge_lines(tokens, LEXICON)
    body = body_tokens(tokens, verdicts)
    assert [text[a:b] for a, b in kept_spans(tokens, verdicts)] == [PARAGRAPH, SECOND]
    assert len(body.lines) == 3
    inside = [k for k in range(len(tokens.start)) if text[tokens.start[k] :].split()[0] and _in_body(tokens, k, text)]
    assert body.start.tolist() == tokens.start[inside].tolist()
    assert body.hash.tolist() == tokens.hash[inside].tolist()


def _in_body(tokens, k: int, text: str) -> bool:
    place = int(tokens.start[k])
    return any(a <= place < a + len(part) for part in (PARAGRAPH, SECOND) for a in [text.index(part)])


def test_a_text_of_short_lines_only_is_all_body() -> None:
    assert [verdict for _, verdict in judged("Basin shut\nFerries late\nTide high")] == [Verdict.BODY] * 3


def test_a_text_of_boilerplate_only_has_no_body() -> None:
    text = "Advertisement\nShare this article\n44\nBy Tess Arbor"
    tokens = tokenize(text)
    verdicts = judge_lines(tokens, LEXICON)
    assert Verdict.BODY not in verdicts.tolist()
    assert len(body_tokens(tokens, verdicts).start) == 0
    assert kept_spans(tokens, verdicts) == []


LINES = st.lists(
    st.sampled_from(
        [
            PARAGRAPH,
            SECOND,
            "Advertisement",
            "02:13",
            "Basin shut",
            "By Tess Arbor",
            "•",
            "44",
            "",
            "Photo: x",
            "a > b > c",
        ]
    )
    | st.text(max_size=12)
)


@given(LINES, st.sampled_from(["", "Basin shut", "Σ İ", "44"]))
def test_any_lines_get_one_verdict_each(lines: list[str], title: str) -> None:
    text = "\n".join(lines)
    tokens = tokenize(text)
    verdicts = judge_lines(tokens, LEXICON, tokenize(title) if title else None)
    assert len(verdicts) == len(tokens.lines) - 1
    assert {Verdict(v) for v in verdicts.tolist()} <= set(Verdict)
    body = body_tokens(tokens, verdicts)
    kept = kept_spans(tokens, verdicts)
    assert len(kept) == len(body.lines) - 1
    assert all(any(a <= start < b for a, b in kept) for start in body.start.tolist())
    assert body.lines[-1] == len(body.start)


def left_after_promos(text: str) -> str:
    found, cuts = prose(tokenize(text))
    assert len(cuts) == len(set(cuts.tolist()))
    return " ".join(text[a:b] for a, b in zip(found.start.tolist(), found.end.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "Mayor Ana Lee Ana Maria LeeOldham: tax falls Eels flee the bay MORE said it would rain.",
            "Mayor Ana Lee said it would rain .",
        ),
        (
            "Ana Lee Ana (Annie) Lee2030 race: who runs | A day at sea MORE (N.Y.) and Odo Finch Odo FinchTen boats MORE met.",
            "Ana Lee ( N . Y . ) and Odo Finch met .",
        ),
        ("Ana Lee wanted MORE and got it.", "Ana Lee wanted MORE and got it ."),
        ("Ana Lee Ana LeeOldham tax falls more.", "Ana Lee Ana LeeOldham tax falls more ."),
        ("Ana Lee said LeeOldham shut MORE.", "Ana Lee said LeeOldham shut MORE ."),
        ("Ana Lee Ana LeeOldham tax falls\nMORE of it came.", "Ana Lee Ana LeeOldham tax falls MORE of it came ."),
        ("Odo Odo3 boats MORE met.", "Odo met ."),
        ("Al AlFalls MORE met.", "Al AlFalls MORE met ."),
        ("Ana Lee MORE LeeOldham MORE met.", "Ana Lee MORE LeeOldham MORE met ."),
        ("MORE", "MORE"),
        ("", ""),
        # links to other articles
        ("It rained.\nEels flee the bay, says Ana Lee Read more\nIt was late.", "It rained . It was late ."),
        ("It rained.\nTAX FALLS, SAYS ANA LEE\nIt was late.", "It rained . It was late ."),
        (
            "It rained.\nTAX FALLS IN A BAY\nEELS FLEE A BAY TODAY",
            "It rained . TAX FALLS IN A BAY EELS FLEE A BAY TODAY",
        ),
        (
            "It rained.\n“TAX FALLS, SAYS ANA LEE”\nIt was late.",
            "It rained . “ TAX FALLS , SAYS ANA LEE ” It was late .",
        ),
        (
            'It rained.\n"TAX FALLS, SAYS ANA LEE"\nIt was late.',
            'It rained . " TAX FALLS , SAYS ANA LEE " It was late .',
        ),
        (f"It rained.\n{'eels ' * 40}Read more\nIt was late.", f"It rained . {'eels ' * 40}It was late ."),
        ("It rained.\nTAX FALLS AND RISES\nIt was late.", "It rained . TAX FALLS AND RISES It was late ."),
        ("It rained.\nMore:Eels flee, says Ana Lee\nIt was late.", "It rained . It was late ."),
        ("It rained.\n‘They flee’:Eels leave, says Ana Lee\nIt was late.", "It rained . It was late ."),
        ("It rained.\nMore:Eels flee.\nIt was late.", "It rained . More : Eels flee . It was late ."),
        ("It rained.\nMore: Eels flee\nIt was late.", "It rained . More : Eels flee It was late ."),
        ("It rained.\nAt 6:30 eels flee\nIt was late.", "It rained . At 6 : 30 eels flee It was late ."),
        ("TAX FALLS, SAYS ANA LEE", "TAX FALLS , SAYS ANA LEE"),
        (
            "It rained.\n“Eels flee,” said Ana Lee. Read more\nIt was late.",
            "It rained . “ Eels flee , ” said Ana Lee . It was late .",
        ),
        (
            "It rained.\n‘TAX FALLS AGAIN,’ SAYS ANA LEE\nIt was late.",
            "It rained . ‘ TAX FALLS AGAIN , ’ SAYS ANA LEE It was late .",
        ),
        ("“It rained.”\nANA LEE, HEAD OF EELS\nIt was late.", "“ It rained . ” ANA LEE , HEAD OF EELS It was late ."),
        ("It rained.\nRead more\nIt was late.", "It rained . Read more It was late ."),
    ],
)
def test_promos_within_a_line_are_left_out(text: str, left: str) -> None:
    assert left_after_promos(text) == left


@given(st.lists(st.sampled_from(["Ana ", "Lee ", "LeeOldham ", "MORE ", "“", ". ", "\n", "said ", "İ"])))
def test_prose_is_part_of_the_body(words: list[str]) -> None:
    body = tokenize("".join(words))
    found, cuts = prose(body)
    assert set(found.start.tolist()) <= set(body.start.tolist())
    assert len(found.lines) <= len(body.lines)
    assert (np.diff(found.lines) > 0).all()
    assert found.lines[-1] == len(found.start)
    gone = np.flatnonzero(~np.isin(body.start, found.start))
    assert len(cuts) == (len(gone) > 0) + (np.diff(gone) > 1).sum()
    again, none = prose(found)
    assert len(none) == 0 or len(again.start) < len(found.start)
