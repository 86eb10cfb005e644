"""The word lists as one table, and the open addressing that other tables share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topic_stance.classifier.hashing import MIX
from topic_stance.classifier.lexicon import (
    DEMONYM,
    HE,
    MAX_PROBES,
    NOUN_SHIFT,
    PRONOUN_SHIFT,
    SHE,
    SHE_KIND,
    TITLE,
    TYPES,
    lexicon,
    look_up,
    phrase_hashes,
    put,
    titles,
)
from topic_stance.classifier.segment import token_hash


def bits(word: str) -> int:
    known = lexicon()
    return int(look_up(known.keys, known.bits, np.uint64(phrase_hashes([word])[word])))


def test_what_words_are() -> None:
    assert bits("minister") & TITLE
    assert "minister" in titles()
    assert bits("norwegian") & DEMONYM
    assert bits("robert") & (HE | SHE) == HE
    assert bits("she") >> PRONOUN_SHIFT & 15 == SHE_KIND + 1
    assert TYPES[bits("ministry") >> NOUN_SHIFT & 7] == "organization"
    assert bits("zxqvy") == 0


@pytest.mark.parametrize("word", ["Norwegians", "ministers", "sheriffs"])
def test_several_are_a_group(word: str) -> None:
    assert TYPES[bits(word) >> NOUN_SHIFT & 7] == "group"


def test_a_title_is_no_group() -> None:
    assert bits("Mrs") >> NOUN_SHIFT & 7 == 0


@pytest.mark.parametrize(("one", "other"), [("Britain", "United Kingdom"), ("U.S.", "United States"), ("US", "U.S.")])
def test_names_of_one_state(one: str, other: str) -> None:
    known = lexicon()
    first, second = (look_up(known.keys, known.state, np.uint64(phrase_hashes([name])[name])) for name in (one, other))
    assert first == second > 0
    capital = look_up(known.keys, known.state, np.uint64(phrase_hashes(["Oslo"])["Oslo"]))
    assert capital & 1 == 0, "a capital's name is not the state's own"


def test_one_word_has_its_tokens_hash() -> None:
    assert phrase_hashes(["Minister"])["Minister"] == token_hash("minister")
    assert len(set(phrase_hashes(["vice-president", "Vice President"]).values())) == 1


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(1, 2**64 - 1), st.integers(1, 2**31 - 1), max_size=30), st.integers(0, 2**64 - 1))
def test_a_table_gives_back_what_was_put(entries: dict[int, int], stranger: int) -> None:
    keys, values = np.zeros(64, np.uint64), np.zeros(64, np.int32)
    put(keys, values, np.uint64(0), np.int32(7))  # no key: it leaves no trace
    for key, value in entries.items():
        put(keys, values, np.uint64(key), np.int32(value))
    for key, value in entries.items():
        assert look_up(keys, values, np.uint64(key)) == value
    assert look_up(keys, values, np.uint64(stranger)) == entries.get(stranger, 0)


def test_keys_that_meet_in_one_slot_are_forgotten() -> None:
    """Whoever writes a text chooses its words, and may choose ten thousand that begin their search at the same slot."""
    size, count = 1 << 15, MAX_PROBES + 50
    inverse = pow(int(MIX), -1, 1 << 64)  # of the multiplication: slot 7 for all, and keys of their own
    chosen = [np.uint64((((k + 1) << 44) | (7 << 20)) * inverse % (1 << 64)) for k in range(count)]
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for k, key in enumerate(chosen):
        put(keys, values, key, np.int32(k + 1))
    assert np.count_nonzero(keys) == MAX_PROBES
    assert look_up(keys, values, chosen[0]) == 1
    assert look_up(keys, values, chosen[-1]) == 0
