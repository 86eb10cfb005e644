"""The registry on a real MLflow store: the gate, the aliases, and the history that explains them."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from topic_stance.data.corpus import read_marked
from topic_stance.data.records import TopicStanceError
from topic_stance.training.evaluate import Evaluation
from topic_stance.training.gate import judge
from topic_stance.training.registry import Registry, Reign, Version, _chained
from topic_stance.training.store import StoreError

pytestmark = pytest.mark.xdist_group("mlflow")
MODEL = "topic-stance"


@pytest.fixture
def registry(store, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Registry(store.uri)


@pytest.fixture(scope="module")
def gold(store) -> Path:
    path = store.folder / "gold.jsonl"
    articles = read_marked(store.folder / "articles")
    path.write_bytes(b"".join(msgspec.json.encode(article) + b"\n" for article in articles))
    return path


def tags(registry: Registry, version: str) -> dict[str, str]:
    return registry._client.get_model_version(MODEL, version).tags


class TestPromote:
    def test_the_first_for_want_of_another_and_a_better_one_over_it(self, registry: Registry) -> None:
        first, second = registry.history(MODEL)[:2]
        assert (first.version, first.why) == ("1", "there was no champion")
        assert (second.version, second.previous) == ("2", "1")
        assert second.why == "better than version 1 on 5 articles that neither learned from"
        assert registry.champion(MODEL) == registry.find("2")

    def test_criteria_are_tags(self, registry: Registry) -> None:
        found = tags(registry, "2")
        assert found["gate.content_F1"].startswith("passed")
        assert found["gate.decision"].startswith("accepted for topic-stance")

    def test_a_worse_one_is_refused(self, store, registry: Registry, capfd) -> None:
        assert store("promote", "1") == 1
        shown = capfd.readouterr().out
        assert "FAILED  content F1" in shown
        assert "stays out" in shown
        assert registry.find("champion").number == "2"
        assert tags(registry, "1")["gate.decision"].startswith("refused for topic-stance")

    def test_on_articles_of_a_file(self, store, gold: Path, capfd) -> None:
        assert store("promote", "1", "--gold", str(gold)) == 1
        assert "on 24 articles of gold.jsonl" in capfd.readouterr().out

    def test_the_champion_again(self, store, capfd) -> None:
        assert store("promote", "2") == 2
        assert "is the champion already" in capfd.readouterr().err

    def test_to_another_model(self, store, registry: Registry) -> None:
        assert store("promote", "topic-stance@champion", "--to", "production") == 0
        assert registry.find("production@champion").number == "1"
        assert registry.history("production")[0].why == "there was no champion"
        assert store("promote", "1", "--to", "production") == 1

    def test_a_champion_that_changed_meanwhile(self, registry: Registry) -> None:
        with pytest.raises(StoreError, match="in the meantime"):
            registry._crown(registry.find("1"), registry.find("1"), "promote", "too late")
        assert registry.find("champion").number == "2"
        assert [reign.version for reign in registry.history(MODEL)] == ["1", "2"]

    def test_a_spoilt_bundle(self, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topic_stance.training.registry.resolve_model", lambda uri, store: Path("nosuch"))
        decision = registry.promote(registry.find("1"))
        assert not decision.accepted
        assert [criterion.name for criterion in decision.criteria] == ["bundle"]


class TestRollback:
    def test_back_and_no_further(self, store, registry: Registry, capfd) -> None:
        assert store("rollback", "--why", "a test") == 0
        assert registry.find("champion").number == "1"
        assert store("rollback") == 2
        assert "nothing to roll back to" in capfd.readouterr().err
        assert store("history") == 0
        *_, last = capfd.readouterr().out.strip().splitlines()
        assert "version    1" in last
        assert "rollback: a test" in last
        assert store("promote", "2") == 0
        assert registry.find("champion").number == "2"

    def test_without_a_champion(self, store, capfd) -> None:
        assert store("rollback", "--name", "nosuch") == 2
        assert "no champion" in capfd.readouterr().err


class TestHistory:
    @staticmethod
    def reigns(*versions: str) -> list[Reign]:
        return [Reign(v, "", "promote", "", p) for v, p in zip(versions, (None, *versions), strict=False)]

    def test_in_order(self) -> None:
        events = self.reigns("1", "2", "3")
        assert _chained(events, "3") == events

    def test_without_a_promotion_that_was_killed(self) -> None:
        first, second = self.reigns("1", "2")
        killed = Reign("9", "", "promote", "", "1")
        assert _chained([first, killed, second], "2") == [first, second]
        assert _chained([first, second, killed], "2") == [first, second]

    def test_with_an_alias_that_was_moved_by_hand(self) -> None:
        events = self.reigns("1", "2")
        *known, other = _chained(events, "7")
        assert known == events
        assert (other.version, other.kind) == ("7", "other")

    def test_of_no_champion(self) -> None:
        assert _chained(self.reigns("1"), None) == []


class TestFind:
    @pytest.mark.parametrize("reference", ["1", "topic-stance/1", "models:/topic-stance/1"])
    def test_a_version(self, registry: Registry, reference: str) -> None:
        found = registry.find(reference)
        assert (found.model, found.number) == (MODEL, "1")

    @pytest.mark.parametrize("reference", ["nosuch", "99", "topic-stance@nosuch", "a/b", "models:/nosuch@champion"])
    def test_what_is_not_there(self, registry: Registry, reference: str) -> None:
        with pytest.raises(StoreError, match=r"^no "):
            registry.find(reference)

    def test_a_bundle_by_any_name(self, registry: Registry, store) -> None:
        assert registry.folder("models:/topic-stance@champion") == registry.folder("2")
        assert registry.folder(str(store.folder / "out")) == store.folder / "out"
        assert isinstance(registry.find("candidate"), Version)


class TestCommands:
    def test_evaluate(self, store, gold: Path, capfd) -> None:
        assert store("evaluate", "--model", "2", "--gold", str(gold)) == 0
        assert capfd.readouterr().out.startswith("24 gold articles\n")
        assert store("evaluate", "--model", "out", "--gold", str(gold), "--json") == 0
        assert json.loads(capfd.readouterr().out)["figures"]["content F1"] > 0.3

    def test_compare(self, store, gold: Path, capfd) -> None:
        assert store("compare", "1", "2", "--gold", str(gold)) == 0
        rows = capfd.readouterr().out.splitlines()
        assert next(row for row in rows if row.startswith("content F1")).endswith("*")
        assert any("articles are judged differently:" in row for row in rows)

    def test_inspect(self, store, capfd) -> None:
        assert store("inspect", "models:/topic-stance@champion") == 0
        shown = capfd.readouterr().out
        assert "quotes.tag_weights" in shown
        assert "checksums and shapes fit" in shown

    def test_inspect_a_spoilt_bundle(self, tiny_folder: Path, store, capfd) -> None:
        (tiny_folder / "terms.txt").write_bytes(b"changed\n")
        (tiny_folder / "planted.pkl").write_bytes(b"\x80\x04.")
        assert store("inspect", str(tiny_folder)) == 1
        shown = capfd.readouterr().out
        assert "refused: " in shown
        assert "may hold a pickle" in shown

    def test_predict_with_the_champion(self, store, gold: Path, capfd) -> None:
        assert store("predict", str(gold), "--model", "models:/topic-stance@champion", "--quiet") == 0
        assert len(capfd.readouterr().out.splitlines()) == 24

    def test_an_unknown_model(self, store, gold: Path, capfd) -> None:
        assert store("evaluate", "--model", "nosuch", "--gold", str(gold)) == 2
        assert "nosuch" in capfd.readouterr().err


class TestGate:
    """The rule itself, on made-up evaluations."""

    @staticmethod
    def evaluation(**figures: tuple[float, float]) -> Evaluation:
        """By name, a figure and the spread of its resamples."""
        spread = np.linspace(-1, 1, 200)
        values = {name: np.full(200, value) + width * spread for name, (value, width) in figures.items()}
        return Evaluation(10, {name: value for name, (value, _) in figures.items()}, {}, values, [])

    def judged(self, champion: Evaluation, candidate: Evaluation) -> dict[str, bool]:
        return {c.name: c.passed for c in judge(champion, candidate, ["a", "b"])}

    def test_better_on_one(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.6, 0.0), b=(0.5, 0.0)))
        assert found == {"a": True, "b": True, "better": True}

    def test_the_same(self) -> None:
        same = self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0))
        assert self.judged(same, same) == {"a": True, "b": True, "better": False}

    def test_worse_beyond_noise_on_one(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.9, 0.0), b=(0.45, 0.01)))
        assert found == {"a": True, "b": False, "better": True}

    def test_worse_within_noise_on_one(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.6, 0.0), b=(0.45, 0.1)))
        assert found == {"a": True, "b": True, "better": True}

    def test_loses_more_than_it_gains(self) -> None:
        found = self.judged(self.evaluation(a=(0.5, 0.0), b=(0.5, 0.0)), self.evaluation(a=(0.51, 0.0), b=(0.45, 0.1)))
        assert found == {"a": True, "b": True, "better": False}

    def test_a_metric_that_is_not_there(self) -> None:
        one = self.evaluation(a=(0.5, 0.0))
        with pytest.raises(TopicStanceError, match="'b' cannot be measured"):
            self.judged(one, one)
