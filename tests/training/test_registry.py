"""The registry on a real MLflow store: the gate, the aliases, and the history that explains them."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import msgspec
import pytest

from topic_stance.classifier.bundle import load_bundle
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import read_marked
from topic_stance.data.records import DataError, TopicStanceError
from topic_stance.training import registry as registry_module
from topic_stance.training.claims import claimed
from topic_stance.training.criteria import Rate
from topic_stance.training.models import find_model
from topic_stance.training.registry import Registry, Version
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


def client(store) -> Any:
    """MLflow's own client, for what the registry does not tell."""
    from mlflow import MlflowClient

    return MlflowClient(store.uri, store.uri)


def with_client(store, client: Any) -> Registry:
    """A registry that reaches the store through a client of the test's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlflow.MlflowClient", lambda: client)
        return Registry(store.uri)


def tags(store, version: str) -> dict[str, str]:
    return client(store).get_model_version(MODEL, version).tags


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Pipeline]:
    """The models that the gate's own behavioural checks were asked of; here these check nothing."""
    models: list[Pipeline] = []
    monkeypatch.setattr("topic_stance.training.registry.BEHAVIOUR", (lambda model: models.append(model) or [],))
    return models


class TestPromote:
    def test_the_first_for_want_of_another_and_a_better_one_over_it(self, registry: Registry) -> None:
        first, second = registry.history(MODEL)[:2]
        assert (first.version, first.why) == ("1", "there was no champion")
        assert (second.version, second.previous) == ("2", "1")
        assert second.why == "better than version 1 on 5 articles that neither learned from"
        assert registry.champion(MODEL) == registry.find("2")

    def test_criteria_are_tags(self, store, registry: Registry) -> None:
        found = tags(store, "2")
        assert found["gate.content_F1"].startswith("passed")
        assert found["gate.decision"].startswith("accepted for topic-stance")

    def test_a_worse_one_is_refused(self, store, registry: Registry, capfd) -> None:
        assert store("promote", "1") == 1
        shown = capfd.readouterr().out
        assert "FAILED  content F1" in shown
        assert "stays out" in shown
        assert registry.find("champion").number == "2"
        assert tags(store, "1")["gate.decision"].startswith("refused for topic-stance")

    def test_on_articles_of_a_file(self, store, gold: Path, capfd) -> None:
        assert store("promote", "1", "--gold", str(gold)) == 1
        assert "on 24 articles of gold.jsonl, 24 of which they learned from" in capfd.readouterr().out

    def test_articles_that_cannot_be_used_are_told_before_anything_is_done(
        self, store, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry_module, "load_bundle", lambda path: pytest.fail("the bundle was loaded first"))
        for target in (MODEL, "empty"):  # with a champion, and without one
            with pytest.raises(DataError, match=r"nosuch\.jsonl: "):
                registry.promote(registry.find("1"), to=target, gold=tmp_path / "nosuch.jsonl")
        assert store("promote", "1", "--to", "empty", "--gold", str(tmp_path / "nosuch.jsonl")) == 2
        assert registry.champion("empty") is None

    def test_without_a_champion_articles_are_not_asked(self, store, gold: Path, capfd) -> None:
        assert store("promote", "1", "--to", "first", "--gold", str(gold)) == 0
        assert f"no champion to compare with: the articles of {gold} were not asked" in capfd.readouterr().err
        assert store("promote", "2", "--to", "first", "--gold", str(gold)) in (0, 1)
        assert "were not asked" not in capfd.readouterr().err

    def test_the_champion_again(self, store, capfd) -> None:
        assert store("promote", "2") == 2
        assert "is the champion already" in capfd.readouterr().err

    def test_to_another_model(self, store, registry: Registry) -> None:
        assert store("promote", "topic-stance@champion", "--to", "production") == 0
        assert registry.find("production@champion").number == "1"
        assert registry.history("production")[0].why == "there was no champion"
        assert store("promote", "1", "--to", "production") == 1

    @pytest.mark.parametrize("first", ["new", "old"])
    def test_a_champion_that_changed_meanwhile(self, store, registry: Registry, first: str) -> None:
        """Another version is promoted while this one is in the gate, over a champion and for want of one."""
        target = f"overtaken-{first}"
        if first == "old":
            registry.promote(registry.find("1"), to=target)
        faster = registry.register_run(registry.find("2").run_id or "", target)

        def meanwhile(pipeline: Pipeline) -> list[Rate]:
            assert registry.promote(faster).accepted
            return []

        reigns = [reign.version for reign in registry.history(target)]
        with pytest.raises(StoreError, match=f"{faster} became champion in the meantime"):
            Registry(store.uri, checks=[meanwhile]).promote(registry.find("2"), to=target)
        assert registry.champion(target) == faster
        assert [reign.version for reign in registry.history(target)] == [*reigns, faster.number]

    def test_a_spoilt_bundle(self, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topic_stance.training.registry.resolve_model", lambda uri, store: Path("nosuch"))
        decision = registry.promote(registry.find("1"))
        assert not decision.accepted
        assert [criterion.name for criterion in decision.criteria] == ["bundle"]

    def test_a_spoilt_champion_is_named(self, registry: Registry, gold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        champion, other = registry.find("2"), registry.find("1")
        sound = registry_module.resolve_model

        def spoilt(uri: str | None, tracking_uri: str | None = None) -> Path:
            if uri == champion.uri:
                raise TopicStanceError("checksum of topics.safetensors does not fit")
            return sound(uri, tracking_uri)

        monkeypatch.setattr(registry_module, "resolve_model", spoilt)
        with pytest.raises(
            StoreError, match=r"the champion, .*version 2, cannot be loaded \(checksum.*delete its alias"
        ):
            registry.promote(other, gold=gold)

    def test_every_kind_of_criterion(self, store) -> None:
        found = tags(store, "2")
        assert {"gate.bundle", "gate.articles", "gate.better", "gate.calibration_of_topics", "gate.speed"} <= set(found)
        assert "times the champion's time" in found["gate.speed"]

    def test_tags_of_an_earlier_decision_go(self, store, registry: Registry) -> None:
        for key in ("gate.once", "gate.production.once"):
            client(store).set_model_version_tag(MODEL, "1", key, "passed")
        registry.promote(registry.find("1"))
        found = tags(store, "1")
        assert "gate.once" not in found
        assert "gate.production.once" in found

    def test_a_decision_on_another_model_has_tags_of_its_own(self, store) -> None:
        found = tags(store, "2")
        assert found["gate.decision"].startswith("accepted for topic-stance: ")
        assert found["gate.production.decision"].startswith("accepted for production: ")

    def test_behavioural_checks(self, store) -> None:
        def check(pipeline: Pipeline) -> list[Rate]:
            return [Rate("made up", 0.5, 0.9, 10)]

        registry = Registry(store.uri, checks=[check])
        decision = registry.promote(registry.find("1"), to="strict")
        assert not decision.accepted
        assert decision.why == "refused: made up"
        assert registry.champion("strict") is None
        assert tags(store, "1")["gate.strict.made_up"].startswith("FAILED")

    def test_the_configuration_may_set_them_aside(
        self, registry: Registry, tiny_folder: Path, asked: list[Pipeline]
    ) -> None:
        assert registry.promote(registry.find("1"), to="aside").accepted
        assert not asked
        assert registry.promote(registry.register_folder(tiny_folder, "not-aside")).accepted
        assert len(asked) == 1


class Killed(BaseException):
    """What stands in for SIGKILL: nothing that happens afterwards reaches the store."""


class Dying:
    """A client whose `nth` call and all later ones do not happen."""

    def __init__(self, client: Any, nth: int) -> None:
        self.client, self.left = client, nth

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Killed
            return getattr(self.client, name)(*arguments, **options)

        return call


class TestFaults:
    """The alias names the old champion or the new one, whatever happens, and history tells which."""

    @pytest.fixture
    def target(self, registry: Registry, request: pytest.FixtureRequest) -> str:
        """A registered model of the test's own, with a champion."""
        name = f"faults-{request.node.name.partition('[')[0]}"
        registry.promote(registry.find("1"), to=name)
        assert registry.find(f"{name}@champion").number == "1"
        return name

    def test_killed_at_any_call(self, store, registry: Registry, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topic_stance.training.claims.STALE", 0.0)
        survived = []
        for nth in range(100):
            candidate = registry.find("2")
            dying = with_client(store, Dying(client(store), nth))
            before = registry.champion(target)
            try:
                dying.promote(candidate, to=target)
            except Killed:
                survived.append(nth)
            now = registry.champion(target)
            assert now is not None
            assert load_bundle(registry.folder(now.uri)).name
            assert registry.history(target)[-1].version == now.number
            assert [reign.kind for reign in registry.history(target)] == ["promote"] * len(registry.history(target))
            if now != before:
                break
        assert len(survived) > 10
        assert now.number != "1"

    def test_two_at_once(self, store, registry: Registry, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both have passed the gate against the same champion; the second comes while the first moves the alias."""
        monkeypatch.setattr("topic_stance.training.registry.claimed", partial(claimed, patience=0.0))
        first, second = (registry.register_run(registry.find("2").run_id or "", target) for _ in range(2))
        answers = []

        def interrupted(*arguments: Any) -> None:
            with pytest.raises(StoreError, match="another promotion is under way"):
                registry.promote(second)
            answers.append(1)
            move(*arguments)

        interrupting = client(store)
        move = interrupting.set_registered_model_alias
        monkeypatch.setattr(interrupting, "set_registered_model_alias", interrupted)
        assert with_client(store, interrupting).promote(first).accepted
        assert answers == [1]
        assert registry.champion(target) == first
        assert [reign.version for reign in registry.history(target)] == ["1", first.number]

    def test_many_at_once(self, store, registry: Registry, target: str) -> None:
        """Threads against one store: one wins, the others are told so, and history has no gap."""
        versions = [registry.register_run(registry.find("2").run_id or "", target) for _ in range(4)]
        in_the_gate = Barrier(len(versions), timeout=60)

        def all_there(pipeline: Pipeline) -> list[Rate]:
            in_the_gate.wait()
            return []

        def attempt(version: Version) -> str:
            try:
                Registry(store.uri, checks=[all_there]).promote(version)
            except StoreError as error:
                return str(error)
            return "won"

        with ThreadPoolExecutor(len(versions)) as pool:
            outcomes = list(pool.map(attempt, versions))
        winners = [version for version, outcome in zip(versions, outcomes, strict=True) if outcome == "won"]
        assert len(winners) == 1
        assert all("in the meantime" in outcome for outcome in outcomes if outcome != "won")
        assert registry.champion(target) == winners[0]
        assert [reign.version for reign in registry.history(target)] == ["1", winners[0].number]
        assert not [key for key in client(store).get_registered_model(target).tags if key.startswith("claim.")]

    def test_a_promotion_that_is_really_killed(self, registry: Registry, target: str, store) -> None:
        """SIGKILL between what is written down and the move of the alias."""
        script = (
            "import os, signal, sys\n"
            "from topic_stance.training.registry import Registry\n"
            "from topic_stance.training.store import connect\n"
            "connect(sys.argv[1])\n"
            "from mlflow import MlflowClient\n"
            "MlflowClient.set_registered_model_alias = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
            "registry = Registry(sys.argv[1])\n"
            "registry.promote(registry.find('2'), to=sys.argv[2])\n"
        )
        done = subprocess.run([sys.executable, "-c", script, store.uri, target], cwd=store.folder, check=False)
        assert done.returncode == -signal.SIGKILL
        assert registry.find(f"{target}@champion").number == "1"
        assert [reign.version for reign in registry.history(target)] == ["1"]
        assert any(key.startswith("claim.") for key in client(store).get_registered_model(target).tags)

    def test_a_server_that_goes_away(
        self, store, registry: Registry, target: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from mlflow.exceptions import MlflowException

        def gone(*arguments: Any) -> None:
            raise MlflowException("API request to endpoint failed with exception Max retries exceeded")

        candidate = registry.find("2")
        broken = client(store)
        monkeypatch.setattr(broken, "set_registered_model_alias", gone)
        with pytest.raises(StoreError, match="the server cannot be reached"):
            with_client(store, broken).promote(candidate, to=target)
        assert registry.find(f"{target}@champion").number == "1"
        assert registry.promote(candidate, to=target).accepted
        assert registry.find(f"{target}@champion").number != "1"


class TestRegister:
    def test_a_run_again(self, registry: Registry, store, capfd) -> None:
        run_id = registry.find("2").run_id
        assert run_id is not None
        assert store("register", run_id, "--name", "again") == 0
        assert "again version 1 is the candidate" in capfd.readouterr().out
        assert registry.find("again").run_id == run_id
        assert load_bundle(registry.folder("models:/again/1")).name == load_bundle(registry.folder("2")).name

    def test_a_folder(self, registry: Registry, store, gold: Path, capfd, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topic_stance.training.registry.BEHAVIOUR", ())
        assert store("register", "out", "--name", "folder") == 0
        assert load_bundle(registry.folder("folder")).name == load_bundle(store.folder / "out").name
        assert store("promote", "folder") == 0
        assert store("register", "out", "--name", "folder") == 0
        assert store("promote", "folder") == 2
        assert "name labelled articles with --gold" in capfd.readouterr().err
        assert store("promote", "folder", "--gold", str(gold)) == 1

    def test_a_folder_keeps_what_its_configuration_says_of_the_gate(
        self, registry: Registry, store, asked: list[Pipeline]
    ) -> None:
        assert registry.promote(registry.register_folder(store.folder / "out", "settings")).accepted
        assert not asked

    def test_what_a_configuration_of_another_version_says_is_passed_over(
        self, registry: Registry, store, tmp_path: Path, asked: list[Pipeline]
    ) -> None:
        folder = shutil.copytree(store.folder / "out", tmp_path / "out")
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["options"]["no_longer_an_option"] = 1
        (folder / "manifest.json").write_text(json.dumps(manifest))
        assert registry.promote(registry.register_folder(folder, "other-options")).accepted
        assert len(asked) == 1

    def test_what_is_not_there(self, store, capfd) -> None:
        assert store("register", "nosuch") == 2
        assert "no run 'nosuch'" in capfd.readouterr().err

    def test_a_folder_that_is_no_bundle(self, store, capfd) -> None:
        assert store("register", "articles", "--name", "nothing") == 2
        assert "not a model folder" in capfd.readouterr().err


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
        assert find_model("topic-stance/2", store.uri) == registry.folder("2")
        assert find_model("models:/topic-stance@champion", store.uri) == registry.folder("2")
        assert find_model(str(store.folder / "out"), "sqlite:///nosuch.db") == store.folder / "out"
        assert isinstance(registry.find("candidate"), Version)

    @pytest.mark.parametrize("name", ["nosuch", "topic-stance/99", "topic-stance@nosuch"])
    def test_a_name_that_nobody_has(self, store, name: str) -> None:
        with pytest.raises(TopicStanceError, match=rf"^{name}: no such folder, and no registered model: no "):
            find_model(name, store.uri)


class TestCommands:
    def test_predict(self, store, registry: Registry, capfd) -> None:
        (store.folder / "a.jsonl").write_text('{"id": "a", "text": "Police said so."}')
        assert store("predict", "a.jsonl", "--model", "topic-stance@champion", "--quiet") == 0
        champion = load_bundle(registry.folder("champion")).name
        assert json.loads(capfd.readouterr().out)["model"] == champion
        assert store("explain", "a.jsonl", "--model", "champion") == 0
        assert store("corpus", "suggest", "a.jsonl", "--model", "champion", "-o", "tasks.json") == 0

    def test_evaluate(self, store, gold: Path, capfd) -> None:
        assert store("evaluate", "--model", "2", "--gold", str(gold)) == 0
        assert capfd.readouterr().out.startswith("24 gold articles\n")
        assert store("evaluate", "--model", "out", "--gold", str(gold), "--json") == 0
        assert json.loads(capfd.readouterr().out)["figures"]["content F1"] > 0.3

    def test_quotes_without_actors_are_not_passed_over(self, store, gold: Path, capfd) -> None:
        article = json.loads(gold.read_text().splitlines()[0])
        del article["actors"]
        half = gold.with_name("half.jsonl")
        half.write_text(json.dumps(article) + "\n")
        assert store("evaluate", "--model", "2", "--gold", str(half)) == 0
        assert "1 articles have quotes and no actors" in capfd.readouterr().err

    def test_gold_that_cannot_be_used(self, store, gold: Path, capfd) -> None:
        article = json.loads(gold.read_text().splitlines()[0])
        article["quotes"][0]["content"] = [[0, 1_000_000_000]]
        spoilt = gold.with_name("spoilt.jsonl")
        spoilt.write_text(json.dumps(article) + "\n")
        for command in (["evaluate"], ["compare", "1", "2"], ["promote", "1"]):
            assert store(*command, "--gold", str(spoilt)) == 2
            assert f"spoilt.jsonl: {article['id']}: the content" in capfd.readouterr().err

    def test_compare(self, store, gold: Path, capfd) -> None:
        assert store("compare", "1", "2", "--gold", str(gold)) == 0
        shown = capfd.readouterr()
        assert "24 of these articles are ones that a model learned from" in shown.err
        rows = shown.out.splitlines()
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

    def test_inspect_what_would_steer_a_terminal_or_hang(self, tiny_folder: Path, store, capfd) -> None:
        manifest = json.loads((tiny_folder / "manifest.json").read_text())
        manifest["topics"][0]["description"] = "\x1b[2J\nrefused: no"
        (tiny_folder / "manifest.json").write_text(json.dumps(manifest))
        assert store("inspect", str(tiny_folder)) == 0
        assert "\x1b" not in capfd.readouterr().out
        for name in ("arrays.safetensors", "manifest.json"):
            (tiny_folder / name).unlink()
            os.mkfifo(tiny_folder / name)
            assert store("inspect", str(tiny_folder)) == 1
            assert "must be a plain file" in capfd.readouterr().out

    def test_predict_with_the_champion(self, store, gold: Path, capfd) -> None:
        assert store("predict", str(gold), "--model", "models:/topic-stance@champion", "--quiet") == 0
        assert len(capfd.readouterr().out.splitlines()) == 24

    def test_an_unknown_model(self, store, gold: Path, capfd) -> None:
        assert store("evaluate", "--model", "nosuch", "--gold", str(gold)) == 2
        assert "nosuch" in capfd.readouterr().err
