"""Tokens, lines and sentences: equal to Python's own `re`, `str.splitlines` and scikit-learn's tokens on any text."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from topic_stance.classifier.segment import (
    ALLCAPS,
    APOSTROPHE,
    CAPITAL,
    CLASSES,
    LINE,
    LOWERS,
    MARK_CLOSE,
    MARK_OPEN,
    MARK_STRAIGHT,
    NUMBER,
    SENTENCE,
    SPACED,
    WORD,
    Tokens,
    hash_words,
    join_tokens,
    repeat_lead,
    token_hash,
    tokenize,
)

ODD = "aZé_9 .,'’\"“”\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029\xa0\u200b\u0301\x00İΣςßǅ²½٣中🙂𝔘\ud800\udfff\ue000"
TEXTS = st.one_of(
    st.text(st.sampled_from(ODD)),
    st.text(st.characters(exclude_categories=())),  # lone surrogates and unassigned code points included
)
sklearn_tokens = TfidfVectorizer().build_tokenizer()


def words(text: str, tokens: Tokens) -> list[str]:
    return [text[a:b] for a, b in zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)]


def sentences(text: str) -> list[str]:
    """The first token of every sentence."""
    tokens = tokenize(text)
    return [word for word, flag in zip(words(text, tokens), tokens.flags, strict=True) if flag & SENTENCE]


@given(TEXTS)
@example("")
@example("\ud800")
@example("a\x00b \U0010ffff")
@example("İstanbul ΟΔΟΣ ΣΑΣ")
def test_tokens_are_those_of_re(text: str) -> None:
    tokens = tokenize(text)
    spans = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
    assert list(zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)) == spans
    assert words(text, tokens) == re.findall(r"\w+|[^\w\s]", text)
    assert len(tokens.points) == len(text)


@given(TEXTS)
def test_every_array_has_one_entry_a_token(text: str) -> None:
    tokens = tokenize(text)
    assert len({len(a) for a in (tokens.start, tokens.end, tokens.hash, tokens.flags, tokens.mark)}) == 1


@given(TEXTS)
def test_long_word_tokens_are_scikit_learns(text: str) -> None:
    tokens = tokenize(text)
    if tokens.special:
        assert any(len(c.lower()) > 1 or c == "Σ" for c in text)
        return
    lower = text.lower()
    own = [
        lower[a:b]
        for a, b, flag in zip(tokens.start.tolist(), tokens.end.tolist(), tokens.flags, strict=True)
        if flag & WORD and b - a > 1
    ]
    assert own == sklearn_tokens(lower)


@given(TEXTS)
@example("a\x1cb\x85c\u2028d\re\r\nf\vg\fh")
@example("\n\n \n")
def test_lines_are_those_of_splitlines(text: str) -> None:
    tokens = tokenize(text)
    all_words = words(text, tokens)
    own = [all_words[a:b] for a, b in zip(tokens.lines.tolist(), tokens.lines[1:].tolist(), strict=False)]
    assert own == [found for line in text.splitlines() if (found := re.findall(r"\w+|[^\w\s]", line))]
    begins = [k for k, flag in enumerate(tokens.flags) if flag & LINE]
    assert begins == tokens.lines[:-1].tolist()
    assert all(tokens.flags[k] & SENTENCE and tokens.flags[k] & SPACED for k in begins)


@given(TEXTS)
def test_hashes_are_of_the_lower_cased_token(text: str) -> None:
    tokens = tokenize(text)
    if not tokens.special:
        assert tokens.hash.tolist() == [token_hash(word) for word in words(text, tokens)]


@given(TEXTS)
@example("")
@example("a bb 中文 c'dd\ud800ee")
def test_words_of_bytes_are_the_long_words_of_the_tokens(text: str) -> None:
    tokens = tokenize(text)
    data = np.frombuffer(text.encode("utf-8", "surrogatepass") + b"\n", np.uint8)
    hashes = np.zeros(len(data) // 2 + 2, np.uint64)
    n = hash_words(data, 0, len(data) - 1, CLASSES, LOWERS, hashes)
    if tokens.special:
        assert n == -1
    else:
        long = (tokens.flags & WORD != 0) & (tokens.end - tokens.start > 1)
        assert hashes[:n].tolist() == tokens.hash[long].tolist()


@given(TEXTS)
def test_special_says_that_a_lower_case_is_not_one_fixed_character(text: str) -> None:
    assert tokenize(text).special == any(len(c.lower()) != 1 or c == "Σ" for c in text if not c.isspace())


@pytest.mark.parametrize("word", ["harbour", "HARBOUR", "Łódź", "straße", "12", "—", "中文", "🙂"])
def test_token_hash_takes_no_notice_of_case(word: str) -> None:
    assert int(tokenize(word).hash[0]) == token_hash(word) == token_hash(word.lower())


def test_flags_tell_what_a_word_looks_like() -> None:
    text = "Dredgers of the PORT moved 14 tons, X-rayed"
    tokens = tokenize(text)
    flags = dict(zip(words(text, tokens), tokens.flags.tolist(), strict=True))
    assert flags["Dredgers"] & CAPITAL
    assert not flags["Dredgers"] & ALLCAPS
    assert flags["PORT"] & ALLCAPS
    assert flags["14"] & NUMBER
    assert not flags["14"] & CAPITAL
    assert not flags["X"] & ALLCAPS, "one letter is not all capitals"
    assert not flags[","] & (WORD | SPACED)
    assert flags["of"] & SPACED
    assert not flags["rayed"] & SPACED


def test_marks_tell_quotation_marks_from_apostrophes() -> None:
    text = "“Don’t,” she'd say. \"No.\" «Oui» O'Brine"
    tokens = tokenize(text)
    marks = list(zip(words(text, tokens), tokens.mark.tolist(), strict=True))
    assert [mark for word, mark in marks if word in "“«"] == [MARK_OPEN, MARK_OPEN]
    assert [mark for word, mark in marks if word in "”»"] == [MARK_CLOSE, MARK_CLOSE]
    assert [mark for word, mark in marks if word == '"'] == [MARK_STRAIGHT, MARK_STRAIGHT]
    assert [mark for word, mark in marks if word in "'’"] == [APOSTROPHE] * 3


@pytest.mark.parametrize("text", ["„Ja“, sagt er.", "„Ja”, sagt er.", "»Ja«, sagt er.", "« Oui », dit-il.", "(«Oui»)"])
def test_marks_of_other_languages(text: str) -> None:
    tokens = tokenize(text)
    assert [m for m in tokens.mark.tolist() if m] == [MARK_OPEN, MARK_CLOSE]


def test_a_low_mark_is_closed_in_its_line() -> None:
    assert [m for m in tokenize("„Ja\n“No”").mark.tolist() if m] == [MARK_OPEN, MARK_OPEN, MARK_CLOSE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The crane fell. Nobody was hurt! Why? Rust.", ["The", "Nobody", "Why", "Rust"]),
        ("Mr. Abel Tonk and Dr. Ilse Marr came. They left.", ["Mr", "They"]),
        ("Gov. Tonk met Sen. Marr on Jan. 4 in Orrin.", ["Gov"]),
        ("Then J. Tonk and R. Q. Marr spoke.", ["Then"]),
        ("“Stop the crane!” The foreman ran.", ["“", "The"]),
        ('"It fell." "We saw it."', ['"', '"']),
        ("It fell (again.) Then it stood.", ["It", "Then"]),
        ("The pier, approx. two miles long, fell.", ["The"]),
        ("It cost 4.5 million. 12 men paid.", ["It", "12"]),
        ("Version 2.Next came rust.", ["Version"]),
        ("No stop here\nBut a new line", ["No", "But"]),
        ("He waited… Nothing came.", ["He", "Nothing"]),
        ("The dam broke.Nobody saw it.", ["The", "Nobody"]),
        ("He said “it broke.”Nobody saw it.", ["He", "Nobody"]),
        ('It broke."We saw it," he said.', ["It", '"', "We"]),
        ("“Did it break?”Nobody asked.", ["“"]),
        ("Write to Eels.Com or eels.com, at the U.S.Navy, in e.g.Oslo.", ["Write"]),
        ("It broke. “We saw it,” he said.", ["It", "“"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(TEXTS, TEXTS)
def test_joined_tokens_are_those_of_the_joined_text(first: str, second: str) -> None:
    joined = join_tokens(tokenize(first), tokenize(second))
    if len(tokenize(first).start) == 0:
        assert joined.start.tolist() == tokenize(second).start.tolist()
        return
    expected = tokenize(f"{first}\n{second}")
    for name in ("points", "start", "end", "hash", "lines"):
        assert getattr(joined, name).tolist() == getattr(expected, name).tolist(), name
    assert join_tokens(None, expected) is expected


@given(TEXTS, st.integers(0, 5), st.integers(0, 3))
def test_a_repeated_lead_stands_before_the_whole(text: str, length: int, times: int) -> None:
    tokens = tokenize(text)
    hashes = tokens.hash.tolist()
    repeated = repeat_lead(tokens, length, times)
    assert repeated.hash.tolist() == hashes[:length] * times + hashes
    assert words(text, repeated) == words(text, tokens)[:length] * times + words(text, tokens)


def test_a_long_text_is_tokenized() -> None:
    text = "“" * 50_000 + "Abel. " * 50_000 + "x" * 500_000 + "\n" * 100_000
    assert len(tokenize(text).start) == 150_001


@pytest.mark.parametrize(
    ("text", "firsts"),
    [
        ("It lies in the U.S. Mr. Quill left.", ["It", "Mr"]),
        ("He went to Orrin, D.C. The dam broke.", ["He", "The"]),
        ("The U.S. Navy came.", ["The"]),
        ("It closed at 6 p.m. Monday. He left.", ["It", "He"]),
        ("It closed at 6 p.m. ET. He left.", ["It", "He"]),
        ("It closed at 6 p.m. Nobody left.", ["It", "Nobody"]),
        ("It closed at 6 p.m. NATO left.", ["It", "NATO"]),
        ("It closed at 6 p.m. May left.", ["It", "May"]),
        ("It closed ... WATCH this.", ["It", "WATCH"]),
    ],
)
def test_a_full_stop_that_closes_an_abbreviation(text: str, firsts: list[str]) -> None:
    assert sentences(text) == firsts
