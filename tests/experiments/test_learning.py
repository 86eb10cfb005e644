"""Learning curves: a curve is drawn from the articles as the heads see them, and knows what was learned."""

import re

from experiments.benchmarks.learning import _examples, stance_curve
from topic_stance.classifier import Pipeline
from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.data.records import LabelledArticle
from topic_stance.training.fit import read_taxonomy
from topic_stance.training.reading import read_article


def test_more_is_known_of_what_was_learned(authored: list[LabelledArticle], shipped: Pipeline) -> None:
    labels, lexicon = read_taxonomy().labels, load_boilerplate()
    reads = [read_article(article, lexicon) for article in authored[:40]]
    examples = [_examples(read, shipped, labels, number) for number, read in enumerate(reads)]
    assert all(
        len(found) == sum(len(actor.stance) for actor in read.article.actors or ())
        for found, read in zip(examples, reads, strict=True)
    )
    seen, unseen = ([e for found in part for e in found] for part in (examples[:30], examples[30:]))
    known, other = (float(re.split(r"[ \[]", stance_curve(seen, test, labels))[0]) for test in (seen, unseen))
    assert known > 0.8
    assert known > other
