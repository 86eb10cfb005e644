"""Behavioural checks: a model that does as it should passes, and one that was spoilt in one way is caught in that way."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from topic_stance.classifier import Pipeline
from topic_stance.data.records import (
    Actor,
    Article,
    LabelledActor,
    LabelledArticle,
    LabelledQuote,
    Prediction,
    Stance,
)
from topic_stance.training.behaviour import CHECKS, Outcome, authored, behaviour_table, check_behaviour, gate_check
from topic_stance.training.cli import main
from topic_stance.training.criteria import behaviour

NAMES, NATIONS, WORDS, LINES = (
    "other names change a stance",
    "other nations change a stance",
    "others' words change a stance",
    "boilerplate changes anything",
)
NEGATION = "negated quotes change a stance"


class Spoilt(Pipeline):
    """A model whose stances are turned by something that must not turn them."""

    def turns(self, article: Article, name: str) -> bool:
        raise NotImplementedError

    def predict_one(self, article: Article) -> Prediction:
        prediction = super().predict_one(article)
        for actor in prediction.actors:
            for stance in actor.stances:
                stance.label = "against" if self.turns(article, actor.name) else "favor"
        return prediction


class ByName(Spoilt):
    def turns(self, article: Article, name: str) -> bool:
        return sum(map(ord, name)) % 2 == 0


class ByNation(Spoilt):
    def turns(self, article: Article, name: str) -> bool:
        return sum(map(ord, article.text)) % 2 == 0


class ByLines(Pipeline):
    def predict_one(self, article: Article) -> Prediction:
        prediction = super().predict_one(article)
        prediction.topics[0].probability = round(article.text.count("\n") / 1000, 4)
        return prediction


class ByOwnWords(Pipeline):
    """A stance that turns with what its actor says, as it should, and with nothing else."""

    def predict_one(self, article: Article) -> Prediction:
        actors = []
        for said in re.finditer(r"“(.*?)” (\w+ \w+) said", article.text):
            label = "against" if said[1].startswith("No") else "favor"
            actors.append(Actor(said[2], "person", "", [said.span(2)], [Stance("fraud", label, 0.9)]))
        return Prediction(article.id, "m", [], [], actors)


def outcomes(pipeline: Pipeline, articles: Sequence[LabelledArticle], most: int = 20) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in check_behaviour(pipeline, articles, most)}


def test_nothing_but_negation_may_move_a_model(tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    found = outcomes(tiny, authored)
    assert list(found) == list(CHECKS)
    assert all(outcome.tried > 0 for outcome in found.values())
    assert found[LINES].passed
    assert all(outcome.threshold <= 0.02 for name, outcome in found.items() if name != NEGATION)


@pytest.mark.parametrize(
    ("spoilt", "caught"),
    [
        (ByName, {NAMES, "names of another gender change a stance"}),
        (ByNation, {NAMES, NATIONS, WORDS}),
        (ByLines, {LINES}),
    ],
)
def test_a_spoilt_model_is_caught(
    tiny: Pipeline, authored: list[LabelledArticle], spoilt: type[Pipeline], caught: set[str]
) -> None:
    found = outcomes(spoilt(tiny.bundle), authored)
    assert caught <= {name for name, outcome in found.items() if not outcome.passed}


def test_a_model_that_hears_no_negation_is_caught(tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    stance = tiny.bundle.heads.stance
    deaf = stance._replace(weights=np.zeros_like(stance.weights), bias=stance.bias + np.float32([9, 0, 0]))
    found = outcomes(Pipeline(tiny.bundle._replace(heads=tiny.bundle.heads._replace(stance=deaf))), authored)
    assert found[NEGATION].tried > 0
    assert found[NEGATION].changed == 0
    assert not found[NEGATION].passed


def test_every_time_the_same_is_asked(tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    assert check_behaviour(tiny, authored, 5) == check_behaviour(tiny, authored, 5)


def test_no_words_to_put_into_others_mouths(tiny: Pipeline) -> None:
    text = "“No way,” Odo Finch said."
    quote = LabelledQuote([(0, 9)], (20, 24), (10, 19), "direct", "Odo Finch")
    article = LabelledArticle(
        "a", text, ["fraud"], [quote], [LabelledActor("Odo Finch", "person", {"fraud": "against"})]
    )
    assert outcomes(tiny, [article])[WORDS].tried == 0


def test_the_actor_whose_words_were_replaced_is_no_case(tiny: Pipeline) -> None:
    """Of two persons in one article, and one in another, only the one whose words stay as they are is looked at."""
    texts = {
        "Mara Quill": "“No one should ever pay that toll again,” Mara Quill said. “It pays for all of us,” Odo Finch said.",
        "Lena Marsh": "“It is high time that we all paid that toll,” Lena Marsh said.",
    }
    articles = []
    for name, text in texts.items():
        quote = LabelledQuote([(0, text.index("”") + 1)], None, None, "direct", name)
        articles.append(LabelledArticle(name, text, ["fraud"], [quote], [LabelledActor(name, "person", {})]))
    assert outcomes(ByOwnWords(tiny.bundle), articles)[WORDS] == Outcome(WORDS, 1, 0, 0.02, False)


def test_outcomes_as_rates_and_rows() -> None:
    wanted, unwanted = Outcome("a", 10, 4, 0.5, True), Outcome("b", 50, 1, 0.02, False)
    assert (wanted.rate, wanted.passed, wanted.as_rate().value) == (0.4, False, 0.4)
    assert (unwanted.rate, unwanted.passed) == (0.02, True)
    assert unwanted.as_rate().value >= unwanted.as_rate().least
    rows = behaviour_table([wanted, unwanted]).splitlines()
    assert rows[1].endswith("0.400  at least 0.50  FAILED")
    assert rows[2].endswith("0.020  at most 0.02  passed")


@pytest.mark.parametrize("should_change", [True, False])
def test_where_there_is_nothing_to_try_nothing_is_passed(should_change: bool) -> None:
    outcome = Outcome("a", 0, 0, 0.1, should_change)
    assert (outcome.rate, outcome.passed, outcome.as_rate().n) == (None, None, 0)
    assert behaviour_table([outcome]).splitlines()[1].endswith("nothing to try")


class Silent(Pipeline):
    """A model that finds nothing."""

    def predict_one(self, article: Article) -> Prediction:
        return Prediction(article.id, "silent", [], [], [])


def test_the_gate_refuses_a_model_that_finds_nothing(
    tiny: Pipeline, authored: list[LabelledArticle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topic_stance.training.behaviour.authored", lambda: authored[:6])
    found = {criterion.name: criterion for criterion in behaviour(Silent(tiny.bundle), [gate_check])}
    assert list(found) == list(CHECKS)
    assert str(found[NAMES]) == f"FAILED  {NAMES}: nothing to try"
    assert not any(found[name].passed for name in (NAMES, NATIONS, WORDS))


def test_the_gate_asks_over_the_authored_corpus(tiny: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    few = authored()[:6]
    monkeypatch.setattr("topic_stance.training.behaviour.authored", lambda: few)
    assert [rate.name for rate in gate_check(tiny)] == list(CHECKS)


def test_the_command(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "few.jsonl"
    gold.write_bytes(b"".join(msgspec.json.encode(article) + b"\n" for article in authored()[:6]))
    code = main(["evaluate", "--behaviour", "--gold", str(gold), "--model", str(tiny_folder)])
    table = capsys.readouterr().out
    assert all(name in table for name in CHECKS)
    assert code == int("FAILED" in table)


def test_articles_with_nothing_to_check(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "topics.jsonl"
    gold.write_bytes(msgspec.json.encode(LabelledArticle("a", "Eels are late at the quay.", ["fraud"])))
    assert main(["evaluate", "--behaviour", "--gold", str(gold), "--model", str(tiny_folder)]) == 2
    assert "none of the articles has anything to check" in capsys.readouterr().err


def test_a_check_with_nothing_to_try_is_no_failure(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Outcome("a", 0, 0, 0.5, True), Outcome("b", 50, 0, 0.02, False)]
    monkeypatch.setattr("topic_stance.training.behaviour.check_behaviour", lambda *given: found)
    assert main(["evaluate", "--behaviour", "--model", str(tiny_folder)]) == 0
    assert "nothing to try" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--given", "quotes", "--behaviour"], "ask for one at a time"),
        (["--behaviour", "--json"], "--json cannot be combined"),
        (["--rivals", "x.toml"], "go with --given quotes"),
        (["--newsmtsc", "x.jsonl"], "go with --given quotes"),
    ],
)
def test_what_does_not_go_together(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--gold", "gold.jsonl", *options]) == 2
    assert message in capsys.readouterr().err


def test_evaluate_needs_something_to_measure_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate"]) == 2
    assert "needs --gold" in capsys.readouterr().err
