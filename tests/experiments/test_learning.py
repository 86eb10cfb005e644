"""Learning curves: a curve is drawn from the articles as the heads see them, and knows what was learned."""

import re

import msgspec
import pytest

from experiments.benchmarks.learning import _examples, _table, stance_curve
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


def test_an_imported_article_may_tell_its_region(
    authored: list[LabelledArticle], capsys: pytest.CaptureFixture[str]
) -> None:
    real = [msgspec.structs.replace(article, id=f"real{k}", region="Europe") for k, article in enumerate(authored[:10])]
    reads = [read_article(article, load_boilerplate()) for article in [*authored[:6], *real]]
    _table(reads, {article.id for article in authored}, lambda train, test: f"of {len(test)}")
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == "authored 6: of 2 real 8: of 2 both 14: of 2".split()
