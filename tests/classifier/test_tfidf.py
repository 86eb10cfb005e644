"""TF-IDF and linear scores: the same numbers as scikit-learn's, on any text and any vocabulary."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from topic_stance.classifier import tfidf
from topic_stance.classifier.segment import join_tokens, repeat_lead, tokenize
from topic_stance.classifier.tfidf import (
    term_counts,
    term_tables,
    term_weights,
    text_scores,
    token_scores,
)
from topic_stance.classifier.topics import exact_case
from topic_stance.data.readers import Record, read

ARTICLES = Path(__file__).parents[3] / "shared" / "data" / "articles" / "abp-6000.jsonl.gz"

WORDS = st.sampled_from(
    "aa ab ba the The THE port Port pört PÖRT x İs İİ ΣΑΣ ας straße STRASSE _a 12 中文 中 don't e-mail ﬁsh ǅa 🙂".split()
)
SEPARATORS = st.sampled_from([" ", "  ", "\n", "\t", ". ", ", ", "\u2028", "\xa0", "-", "’", ""])
DOCUMENTS = st.one_of(
    st.lists(st.tuples(WORDS, SEPARATORS), max_size=25).map(lambda parts: "".join(a + b for a, b in parts)),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
)


def fitted(documents: list[str]) -> TfidfVectorizer:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    try:
        return vectorizer.fit(documents)
    except ValueError:  # not one word in all of them
        assume(False)
        raise


def assert_same_scores(vectorizer: TfidfVectorizer, documents: list[str], seed: int = 0) -> None:
    terms = vectorizer.get_feature_names_out().tolist()
    coefficients = np.random.default_rng(seed).normal(0, 3, (len(terms), 3))
    tables = term_tables(terms)
    expected = vectorizer.transform(documents) @ coefficients
    np.testing.assert_allclose(
        text_scores(documents, term_weights(tables, vectorizer.idf_, coefficients)), expected, rtol=0, atol=1e-6
    )
    for document, row in zip(documents, expected, strict=True):
        scores = token_scores(exact_case(tokenize(document)), term_weights(tables, vectorizer.idf_, coefficients))
        assert scores.dtype == np.float64
        np.testing.assert_allclose(scores, row, rtol=0, atol=1e-6, err_msg=repr(document))


@settings(max_examples=150, deadline=None)
@given(st.lists(DOCUMENTS, min_size=1, max_size=5), st.lists(DOCUMENTS, max_size=4), st.integers(0, 9))
@example(["İs it ΑΣ ΣΑΣ. ΑΣ\nΣ", "Port port pört"], ["ας σας i̇s"], 1)
@example(["aa bb aa bb"], ["", "aa", "bb aa bb"], 2)
def test_scores_are_scikit_learns(sample: list[str], more: list[str], seed: int) -> None:
    assert_same_scores(fitted(sample), sample + more, seed)


def test_a_word_may_stand_there_very_often() -> None:
    texts = ["ebb tide " * 700, *("ebb " * times for times in (255, 256, 257, 16_383, 16_384, 70_000))]
    vectorizer = fitted(["ebb tide flow", "tide ebb"])
    assert_same_scores(vectorizer, texts)
    for text in texts:
        assert_same_scores(vectorizer, [text, "tide flow"])


def test_a_large_vocabulary() -> None:
    rng = np.random.default_rng(4)
    documents = [" ".join(f"w{k}" for k in rng.zipf(1.3, 400) % 5000) for _ in range(20)]
    assert_same_scores(fitted(documents), documents)


@pytest.mark.parametrize("text", ["", " \n", "a b c", "…", "unheard of words"])
def test_a_text_without_known_terms_scores_nothing(text: str) -> None:
    tables = term_tables(["ebb", "ebb tide", "tide"])
    assert token_scores(tokenize(text), term_weights(tables, np.ones(3), np.ones((3, 2)))).tolist() == [0.0, 0.0]


def test_a_vocabulary_may_be_of_pairs_or_of_words_only() -> None:
    tokens = tokenize("Ebb tide, ebb tide")
    for terms, numbers, counts in (
        (["ebb tide"], [0], [2]),
        (["tide ebb", "flow"], [0], [1]),
        (["tide", "ebb"], [1, 0], [2, 2]),
        ([], [], []),
    ):
        found = term_counts(tokens, term_tables(terms))
        assert [array.tolist() for array in found] == [numbers, counts]


def test_term_counts_stand_in_the_order_of_first_occurrence() -> None:
    terms = ["ebb", "ebb tide", "flow", "tide", "tide ebb"]
    numbers, counts = term_counts(tokenize("tide ebb tide EBB, a tide"), term_tables(terms))
    # the one-letter word is no term and does not part the words beside it
    assert {terms[n]: c for n, c in zip(numbers.tolist(), counts.tolist(), strict=True)} == {
        "tide": 3,
        "ebb": 2,
        "tide ebb": 2,
        "ebb tide": 2,
    }
    assert [terms[n] for n in numbers.tolist()] == ["tide", "ebb", "tide ebb", "ebb tide"]


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS, DOCUMENTS, st.integers(0, 6), st.integers(0, 3))
def test_joined_and_repeated_tokens_score_as_the_text_that_they_stand_for(
    title: str, body: str, length: int, times: int
) -> None:
    assume(len(tokenize(title).start))
    vectorizer = fitted([f"{title}\n{body}\naa ab"])
    tables = term_tables(vectorizer.get_feature_names_out().tolist())
    coefficients = np.random.default_rng(0).normal(size=(tables.n_terms, 1))
    joined = exact_case(join_tokens(tokenize(title), tokenize(body)))
    whole = f"{title}\n{body}".lower()
    spans = tokenize(whole)
    lead = whole[: spans.end[:length][-1]] if length else ""
    text = "\n".join([*[lead] * times, whole])
    expected = (vectorizer.transform([text]) @ coefficients)[0]
    for scores in (
        token_scores(repeat_lead(joined, length, times), term_weights(tables, vectorizer.idf_, coefficients)),
        token_scores(joined, term_weights(tables, vectorizer.idf_, coefficients), length, times),
    ):
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("terms", [["ebb", "flow"], ["ebb flow"], ["ebb", "ebb flow"], ["ebb tide", "flow ebb"]])
def test_words_that_share_a_hash_are_refused(monkeypatch: pytest.MonkeyPatch, terms: list[str]) -> None:
    def same(text: str):
        tokens = tokenize(text)
        return tokens._replace(hash=np.full_like(tokens.hash, 7))

    monkeypatch.setattr(tfidf, "tokenize", same)
    with pytest.raises(ValueError, match="share a hash"):
        term_tables(terms)


@pytest.mark.parametrize("terms", [["a"], ["ebb", ""], ["ebb\nflow"], ["ebb, flow"], ["ebb flow tide"], ["…"]])
def test_what_is_no_term_is_refused(terms: list[str]) -> None:
    with pytest.raises(ValueError, match="a term is a word of two or more characters"):
        term_tables(terms)


@pytest.mark.parametrize("terms", [["ebb", "flow", "ebb"], ["ebb flow", "ebb", "ebb flow"]])
def test_a_term_that_stands_twice_is_refused(terms: list[str]) -> None:
    with pytest.raises(ValueError, match="stands there twice"):
        term_tables(terms)


def test_texts_do_not_depend_on_their_neighbours() -> None:
    rng = np.random.default_rng(5)
    texts = [" ".join(f"w{k}" for k in rng.integers(0, 90, size)) for size in rng.integers(0, 400, 200)]
    texts[70], texts[130] = "İs " + texts[70], "Ω" + texts[130]
    vectorizer = fitted(texts[:50])
    tables = term_tables(vectorizer.get_feature_names_out().tolist())
    weights = term_weights(tables, vectorizer.idf_, rng.normal(size=(tables.n_terms, 2)))
    alone = np.array([text_scores([text], weights)[0] for text in texts])
    assert (text_scores(texts, weights) == alone).all()


@pytest.mark.skipif(not ARTICLES.exists(), reason="the public articles are not at ../shared")
def test_real_articles() -> None:
    texts = [item.article.text for item in read([ARTICLES]) if isinstance(item, Record)][::20]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=50_000).fit(texts[::2])
    tables = term_tables(vectorizer.get_feature_names_out().tolist())
    coefficients = np.random.default_rng(0).normal(0, 3, (tables.n_terms, 3))
    scores = text_scores(texts, term_weights(tables, vectorizer.idf_, coefficients))
    np.testing.assert_allclose(scores, vectorizer.transform(texts) @ coefficients, rtol=0, atol=1e-6)
