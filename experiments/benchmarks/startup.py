"""From a fresh process to the prediction of one short article: the command, and scikit-learn with a pickled pipeline.

    python -m experiments.benchmarks.startup

The peer imports scikit-learn, unpickles a vectorizer and three linear models, as many bytes as the shipped bundle has
or as many terms, and predicts the topics of the same article; the command predicts quotes and actors as well.
Medians over alternating repetitions, with the largest resident memory of each.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ARTICLE = (
    'Police arrested two men in Lisbon on Monday for fraud. "We shall not rest until every euro is back," said Ana '
    "Iglesias, the Justice Minister. She accused the bank of hiding its losses."
)
SHIPPED = Path(__file__).parents[2] / "classifier" / "default"
PEER = """
import pickle, sys
import sklearn
vectorizer, heads = pickle.load(open(sys.argv[1], "rb"))
matrix = vectorizer.transform([open(sys.argv[2]).read()])
print([head.predict_proba(matrix).tolist() for head in heads])
"""


# As `pip install .` leaves it: SciPy, coverage and cffi come with training and tests, and numba imports what is there.
OURS = """
import sys
sys.modules["scipy"] = sys.modules["coverage"] = sys.modules["cffi"] = None
from topic_stance.training.cli import command
command()
"""


def pickled_peer(path: Path, size: int) -> int:
    """Write a scikit-learn pipeline with the terms and weights of the shipped topic head; return how many terms.

    Pairs of its terms are added until the pickle has `size` bytes.
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from topic_stance.classifier.bundle import load_bundle
    from topic_stance.classifier.pipeline import DEFAULT

    learned = load_bundle(DEFAULT).heads.topics
    terms, (idf, coefficients) = learned.terms, learned.whole
    shift = 0
    while True:
        vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, vocabulary={term: k for k, term in enumerate(terms)}
        )
        vectorizer.idf_ = idf
        heads = []
        for k in range(len(learned.labels)):
            head = LogisticRegression()
            head.coef_, head.intercept_ = coefficients[:, k][None], learned.bias[k : k + 1]
            head.classes_ = np.array([0, 1])
            heads.append(head)
        data = pickle.dumps((vectorizer, heads))
        if len(data) >= size:
            path.write_bytes(data)
            return len(terms)
        shift += 1
        terms = terms + [f"{a} {b}" for a, b in zip(learned.terms, learned.terms[shift:], strict=False)]
        more = len(terms) - len(idf)
        idf, coefficients = np.append(idf, idf[:more]), np.append(coefficients, coefficients[:more], axis=0)


def run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and megabytes of resident memory that a command takes, with bytecode on the disk as packages have it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repetitions", type=int, default=9)
    repetitions = parser.parse_args(argv).repetitions
    bundle = sum(path.stat().st_size for path in SHIPPED.iterdir() if path.suffix != ".md")
    with tempfile.TemporaryDirectory() as folder:
        article, small, large = (Path(folder, name) for name in ("article.txt", "small.pickle", "large.pickle"))
        article.write_text(ARTICLE)
        # In another process: what this one has in memory would count as its children's.
        with ProcessPoolExecutor(1) as pool:
            n_small, n_large = pool.map(pickled_peer, (small, large), (0, bundle))
        peer = [sys.executable, "-c", PEER]
        ours = [sys.executable, "-c", OURS, "predict", str(article), "--quiet"]
        commands = {
            f"scikit-learn, as many bytes ({n_large} terms)": [*peer, str(large), str(article)],
            f"scikit-learn, as many terms ({n_small})": [*peer, str(small), str(article)],
            "topic-stance predict": ours,
            "topic-stance predict --only topics": [*ours, "--only", "topics"],
            "topic-stance predict, SciPy installed": [sys.executable, "-m", "topic_stance.training.cli", *ours[3:]],
        }
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for repetition in range(repetitions + 1):
            for name, command in commands.items():
                one = run(command)
                if repetition:  # the first round compiles and fills the disk's cache
                    measured[name].append(one)
        first = None
        for name, runs in measured.items():
            seconds = statistics.median(one[0] for one in runs)
            first = first or seconds
            memory = statistics.median(one[1] for one in runs)
            print(f"{name:40s} {seconds:6.2f} s {memory:6.0f} MB {seconds / first:8.2f} of scikit-learn's time")


if __name__ == "__main__":
    main()
