"""Linear chains: decoding and posteriors against every path there is; the fit learns a pattern."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topic_stance.classifier.chain import LANES, emissions, likeliest, marginals, pack, viterbi
from topic_stance.classifier.features import TAGS
from topic_stance.classifier.quotes import FORBIDDEN, LINK_TAGS, chain_start, chain_transitions
from topic_stance.classifier.sums import BIAS
from topic_stance.training.chain import fit_chain


def chain(n: int, n_labels: int, seed: int, forbidden: bool):
    rng = np.random.default_rng(seed)
    scores = np.zeros((n, LANES), np.float32)
    scores[:, :n_labels] = rng.normal(0, 2, (n, n_labels))
    transitions = rng.normal(0, 2, (n_labels, n_labels)).astype(np.float32)
    start = rng.normal(0, 1, n_labels).astype(np.float32)
    if forbidden and n_labels > 1:
        transitions[0, n_labels - 1] = FORBIDDEN
        start[n_labels - 1] = FORBIDDEN
    return scores, transitions, start


def paths(scores, transitions, start):
    """Every label sequence with its score."""
    n, n_labels = len(scores), len(start)
    for path in product(range(n_labels), repeat=n):
        yield path, path_score(path, scores, transitions, start)


def path_score(path, scores, transitions, start) -> float:
    total = float(start[path[0]])
    total += sum(float(scores[i, y]) for i, y in enumerate(path))
    return total + sum(float(transitions[x, y]) for x, y in pairwise(path))


SMALL = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 10_000), st.booleans())


@settings(max_examples=60, deadline=None)
@given(SMALL)
def test_viterbi_finds_the_best_path(shape) -> None:
    scores, transitions, start = chain(*shape)
    found = viterbi(scores, transitions, start).tolist()
    best = max(score for _, score in paths(scores, transitions, start))
    assert path_score(found, scores, transitions, start) == pytest.approx(best, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(SMALL)
def test_marginals_are_shares_of_all_paths(shape) -> None:
    scores, transitions, start = chain(*shape)
    every = list(paths(scores, transitions, start))
    top = max(score for _, score in every)
    expected = np.zeros((shape[0], shape[1]))
    for path, score in every:
        for i, y in enumerate(path):
            expected[i, y] += np.exp(score - top)
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(marginals(scores, transitions, start), expected, atol=1e-5)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.sampled_from([TAGS, LINK_TAGS]), st.integers(0, 10_000), st.floats(0, 30))
def test_marginals_of_longer_chains(n: int, tags: tuple[str, ...], seed: int, span: float) -> None:
    """Beside sums of logarithms, which never run out of range; with transitions that cannot be, up to 60 nats apart."""
    rng = np.random.default_rng(seed)
    scores = np.zeros((n, LANES), np.float32)
    scores[:, : len(tags)] = rng.uniform(-span, span, (n, len(tags)))
    transitions = chain_transitions(tags) + rng.normal(0, 1, (len(tags), len(tags))).astype(np.float32)
    start = chain_start(tags)
    shares = scores[:, : len(tags)].astype(np.float64)
    before, after = np.empty_like(shares), np.zeros_like(shares)
    before[0] = start + shares[0]
    for i in range(1, n):
        before[i] = np.logaddexp.reduce(before[i - 1][:, None] + transitions, axis=0) + shares[i]
    for i in range(n - 2, -1, -1):
        after[i] = np.logaddexp.reduce(transitions + shares[i + 1] + after[i + 1], axis=1)
    expected = np.exp(before + after - np.logaddexp.reduce(before + after, axis=1)[:, None])
    np.testing.assert_allclose(marginals(scores, transitions, start), expected, atol=1e-5)


@given(st.integers(1, 20), st.integers(1, LANES), st.integers(0, 10_000))
def test_without_transitions_marginals_are_shares_of_each_token(n: int, n_labels: int, seed: int) -> None:
    scores = np.random.default_rng(seed).uniform(-40, 40, (n, LANES)).astype(np.float32)
    found = marginals(scores, np.zeros((n_labels, n_labels), np.float32), np.zeros(n_labels, np.float32))
    own = scores[:, :n_labels].astype(np.float64)
    expected = np.exp(own - own.max(1, keepdims=True))
    np.testing.assert_allclose(found, expected / expected.sum(1, keepdims=True), rtol=1e-4)


@given(st.integers(1, 40), st.integers(0, 10_000), st.sampled_from([100.0, 1e4, 1e30]))
def test_marginals_of_any_scores_are_numbers(n: int, seed: int, span: float) -> None:
    scores = np.random.default_rng(seed).uniform(-span, span, (n, LANES)).astype(np.float32)
    posterior = marginals(scores, chain_transitions(TAGS), chain_start(TAGS))
    assert np.isfinite(posterior).all()
    assert posterior.min() >= 0
    assert posterior.sum(1).max() <= 1 + 1e-9


def sound(labels: list[int]) -> bool:
    """Whether each inside goes on from its own kind of span: labels are outside, then begin and inside of each."""
    return all(y == 0 or y % 2 or x in (y, y - 1) for x, y in pairwise([0, *labels]))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 30), st.sampled_from([3, 5, 7]), st.integers(0, 10_000))
def test_the_likeliest_labels_are_well_formed(n: int, n_labels: int, seed: int) -> None:
    posterior = np.random.default_rng(seed).dirichlet(np.ones(n_labels), n).reshape(n, n_labels)
    found = likeliest(posterior)
    assert found.dtype == np.uint8
    labels, best = found.tolist(), posterior.argmax(1).tolist()
    assert sound(labels)
    for i, (label, top) in enumerate(zip(labels, best, strict=True)):
        assert label in (top, top - 1)
        changed = label != top
        inside_of_nothing = top > 0 and top % 2 == 0 and (i == 0 or labels[i - 1] not in (top, top - 1))
        assert changed == inside_of_nothing, "no more is changed than must be"


def test_of_equal_shares_the_first_label_is_taken() -> None:
    assert likeliest(np.full((3, 7), 1 / 7)).tolist() == [0, 0, 0]
    assert likeliest(np.array([[0.2, 0.4, 0.4], [0.2, 0.4, 0.4], [0.2, 0.3, 0.5]])).tolist() == [1, 1, 2]


def test_no_tokens_no_labels() -> None:
    scores, transitions, start = chain(3, 3, 0, False)
    assert viterbi(scores[:0], transitions, start).shape == (0,)
    assert marginals(scores[:0], transitions, start).shape == (0, 3)
    assert likeliest(marginals(scores[:0], transitions, start)).shape == (0,)


def test_a_long_chain_stays_finite_and_allowed() -> None:
    scores, transitions, start = chain(60_000, 4, 5, True)
    path = viterbi(scores, transitions, start)
    assert path[0] != 3
    assert not ((path[:-1] == 0) & (path[1:] == 3)).any()
    posterior = marginals(scores, transitions, start)
    assert np.isfinite(posterior).all()
    np.testing.assert_allclose(posterior.sum(1), 1)
    assert posterior[0, 3] == 0


@pytest.mark.parametrize("width", [1, 9, 200])
def test_emissions_are_sums_of_rows(width: int) -> None:
    """Of whole numbers of a byte the sums are exact, whatever their signs; labels that are not there have none."""
    rng = np.random.default_rng(width)
    weights = rng.integers(-127, 128, (64, 5)).astype(np.float32)
    weights[0] = 127
    packed = pack(weights * 0.25)
    features = rng.integers(0, 64, (30, width)).astype(np.uint32)
    assert packed.scale == pytest.approx(0.25)
    found = emissions(features, packed)
    np.testing.assert_allclose(found[:, :5], 0.25 * weights[features].sum(1), atol=1e-3)
    assert not found[:, 5:].any()


def test_packing_keeps_weights_to_a_step() -> None:
    weights = np.random.default_rng(2).normal(size=(256, 7)).astype(np.float32)
    packed = pack(weights)
    features = np.arange(256, dtype=np.uint32)[:, None]
    inner = np.abs(weights) < 127 * packed.scale
    assert np.abs(emissions(features, packed)[:, :7] - weights)[inner].max() <= packed.scale / 2 + 1e-6


@pytest.mark.parametrize("lanes", [8, 32])
def test_packed_rows_are_bytes(lanes: int) -> None:
    weights = np.random.default_rng(4).normal(size=(64, 7)).astype(np.float32)
    weights[3] = 0
    weights[5, :2] = -100, 50  # the largest is cut off
    packed = pack(weights, lanes)
    assert (packed.table.shape, packed.table.dtype) == ((64, lanes), np.uint8)
    assert packed.table.min() == packed.table[5, 0] == BIAS - 127, "a byte stands for -127 to 127"
    assert packed.scale * 127 < 100
    assert (packed.table[:, 7:] == BIAS).all()
    assert (packed.table[3] == BIAS).all()
    np.testing.assert_array_equal(pack(weights).table, packed.table[:, :8])
    nothing = pack(np.zeros((4, 7), np.float32), lanes)
    assert (nothing.table == BIAS).all()
    assert nothing.scale == 1


def toy(n_sequences: int = 60, seed: int = 3):
    """Sequences of three tokens a, b, c where b is labelled 1 after a, and 2 once 1 was given; else all is 0."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, 3, (n_sequences, 12))
    labels = np.zeros_like(tokens, dtype=np.uint8)
    labels[:, 1:][(tokens[:, 1:] == 1) & (tokens[:, :-1] == 0)] = 1
    labels[:, 1:][(labels[:, :-1] == 1) & (tokens[:, 1:] == 2)] = 2
    before = np.concatenate([np.full((n_sequences, 1), 3), tokens[:, :-1]], 1)
    features = np.stack([tokens, 3 + before, 7 + 4 * tokens + before], -1).reshape(-1, 3).astype(np.uint32)
    bounds = np.arange(0, features.shape[0] + 1, 12).astype(np.int64)
    return features, labels.reshape(-1), bounds


def fitted(seed: int = 0, **options):
    features, labels, bounds = toy()
    transitions = np.zeros((3, 3), np.float32)
    transitions[0, 2] = FORBIDDEN
    start = np.array([0, 0, FORBIDDEN], np.float32)
    return fit_chain(features, labels, bounds, 32, transitions, start, seed=seed, **options), start


def decoded(features, bounds, weights, step, start):
    scores = emissions(features, pack(weights))
    return np.concatenate(
        [viterbi(scores[a:b], step, start) for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]
    )


def test_the_fit_learns_a_pattern() -> None:
    (weights, step), start = fitted(epochs=12)
    features, labels, bounds = toy(seed=99)
    assert set(labels.tolist()) == {0, 1, 2}
    assert (decoded(features, bounds, weights, step, start) == labels).mean() > 0.99
    assert step[0, 2] == FORBIDDEN, "what cannot be is not learned away"


def test_the_fit_makes_the_labels_likelier_with_each_epoch() -> None:
    features, labels, bounds = toy()
    losses = []
    for epochs in (1, 4, 12):
        (weights, step), start = fitted(epochs=epochs)
        scores = emissions(features, pack(weights))
        posterior = np.concatenate([marginals(scores[a : a + 12], step, start) for a in bounds[:-1].tolist()])
        losses.append(-np.log(posterior[np.arange(len(labels)), labels]).mean())
    assert losses == sorted(losses, reverse=True)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second, other = (fitted(seed, epochs=3)[0] for seed in (0, 0, 1))
    assert [a.tobytes() for a in first] == [a.tobytes() for a in second]
    assert first[0].tobytes() != other[0].tobytes()


def test_a_sequence_without_weight_teaches_nothing() -> None:
    features, labels, bounds = toy()
    wrong = np.concatenate([labels, np.zeros_like(labels)])
    both = np.concatenate([features, features])
    more = np.concatenate([bounds, bounds[1:] + bounds[-1]])
    weight = np.repeat(np.array([1, 0], np.float32), len(bounds) - 1)
    start = np.array([0, 0, FORBIDDEN], np.float32)
    weights, step = fit_chain(
        both, wrong, more, 32, np.zeros((3, 3), np.float32), start, epochs=12, l2=0.0, sample_weight=weight
    )
    assert (decoded(features, bounds, weights, step, start) == labels).mean() > 0.99


def test_empty_sequences_are_passed_over() -> None:
    features, labels, bounds = toy(4)
    gaps = np.sort(np.concatenate([bounds, bounds]))
    none = np.zeros((3, 3), np.float32)
    weights, _ = fit_chain(features, labels, gaps, 32, none, np.zeros(3, np.float32), epochs=2)
    assert np.isfinite(weights).all()
    assert np.abs(weights).max() > 0
