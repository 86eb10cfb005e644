"""Search: a budget that holds, a study that goes on where it was ended, and a winner that can be trained again."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from topic_stance.data.records import DataError
from topic_stance.training.cli import main
from topic_stance.training.config import DataConfig, RunConfig, TrackingConfig, load_config, with_values
from topic_stance.training.fit import read_corpus
from topic_stance.training.search import DEFAULT_SPACE, _splits, evaluate_config, load_search, to_toml

pytestmark = pytest.mark.xdist_group("mlflow")

CONFIG = """
name = "small"
[data]
authored = "articles"
[topics]
folds = 2
[quotes]
buckets = 1024
epochs = 1
folds = 2
[stance]
folds = 2
[gate]
metrics = ["content F1", "topic macro-F1"]
[search]
splits = 1
[search.space]
"topics.c" = {low = 1.0, high = 100.0, log = true}
"quotes.cue_threshold" = {low = 0.2, high = 1.1}
"stance.least" = {choices = [1, 2]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    made = tmp_path_factory.mktemp("search")
    (made / "articles").mkdir()
    for path in sorted((root / "data" / "articles").glob("*.txt"))[::10]:
        shutil.copy(path, made / "articles")
    (made / "small.toml").write_text(CONFIG)
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)

    def run(*options: str) -> int:
        try:
            return main(["search", "--config", "small.toml", *options])
        finally:
            os.environ.pop("MLFLOW_TRACKING_URI", None)

    return run


def study(name: str) -> Any:
    import optuna

    return optuna.load_study(study_name="small", storage=f"sqlite:///{name}.db")


@pytest.fixture
def at_once(run: Callable[..., int], folder: Path) -> Any:
    """Four trials in one go; made by the first test that asks."""
    if not (folder / "once.db").exists():
        assert run("--trials", "4", "--storage", "sqlite:///once.db", "-o", "once.toml") == 0
    return study("once")


class TestSearch:
    def test_the_budget_and_the_configuration_as_it_was_first(self, at_once: Any) -> None:
        assert len(at_once.trials) == 4
        assert at_once.trials[0].params == {"topics.c": 3.0, "quotes.cue_threshold": 0.2, "stance.least": 2}

    def test_nothing_to_do_is_done_at_once(self, at_once: Any, run: Callable[..., int], capfd: Any) -> None:
        assert run("--trials", "4", "--storage", "sqlite:///once.db", "-o", "once.toml") == 0
        assert "best of 4 trials" in capfd.readouterr().out
        assert len(study("once").trials) == 4

    def test_nested_runs(self, at_once: Any, run: Callable[..., int]) -> None:
        from mlflow import MlflowClient

        client = MlflowClient("sqlite:///mlflow.db")
        experiment = client.get_experiment_by_name("topic-stance-search")
        runs = client.search_runs([experiment.experiment_id])
        parent = next(r for r in runs if r.info.run_id == at_once.user_attrs["mlflow run"])
        children = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        assert sorted(r.info.run_name for r in children) == [f"trial {k}" for k in range(4)]
        values = {int(r.info.run_name.split()[1]): r.data.metrics["value"] for r in children}
        assert values == {trial.number: trial.value for trial in at_once.trials}
        assert parent.data.metrics["best"] == max(values.values())
        assert {"topics.c", "stance.least"} <= set(children[0].data.params)

    def test_the_winner_is_a_configuration_that_gives_its_value_again(self, at_once: Any, folder: Path) -> None:
        config, options = load_config(Path("once.toml")), load_search(Path("small.toml"))
        assert {name: getattr(getattr(config, name.split(".")[0]), name.split(".")[1]) for name in options.space} == (
            at_once.best_trial.params
        )
        (metrics,) = evaluate_config(config, _splits(config, options, read_corpus(config)))
        assert sum(metrics.values()) / len(metrics) == at_once.best_value

    def test_ended_and_gone_on_with_it_finds_the_same(self, at_once: Any, run: Callable[..., int]) -> None:
        storage = ("--storage", "sqlite:///twice.db", "-o", "twice.toml")
        assert run("--trials", "2", *storage) == 0
        # As a killed search leaves it: a trial that nobody works on any more.
        left = study("twice").ask()
        assert run("--trials", "3", *storage) == 0
        found = study("twice")
        assert [trial.state.name for trial in found.trials] == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
        assert found.trials[left.number].number == 2
        assert [trial.params for trial in found.trials[:2]] == [trial.params for trial in at_once.trials[:2]]
        assert [trial.value for trial in found.trials[:2]] == [trial.value for trial in at_once.trials[:2]]

    def test_side_by_side(self, run: Callable[..., int], at_once: Any) -> None:
        assert run("--trials", "3", "--jobs", "2", "--storage", "sqlite:///jobs.db", "-o", "jobs.toml") == 0
        found = study("jobs")
        assert [trial.state.name for trial in found.trials] == ["COMPLETE"] * 3
        assert found.trials[0].value == at_once.trials[0].value

    def test_another_configuration_of_that_name(
        self, at_once: Any, run: Callable[..., int], folder: Path, capfd: Any
    ) -> None:
        (folder / "small.toml").write_text(CONFIG.replace("epochs = 1", "epochs = 2"))
        try:
            assert run("--trials", "9", "--storage", "sqlite:///once.db") == 2
        finally:
            (folder / "small.toml").write_text(CONFIG)
        assert "begun with another configuration" in capfd.readouterr().err
        assert len(study("once").trials) == 4

    def test_trials_that_fail_count(self, run: Callable[..., int], folder: Path, capfd: Any) -> None:
        # No label occurs so often, so that every fit is refused.
        (folder / "small.toml").write_text(CONFIG.replace("[topics]\nfolds = 2", "[topics]\nfolds = 20"))
        try:
            assert run("--trials", "2", "--storage", "sqlite:///fail.db", "-o", "fail.toml") == 2
        finally:
            (folder / "small.toml").write_text(CONFIG)
        error = capfd.readouterr().err
        assert "no trial of 'small' has a value: DataError: topic " in error
        assert [trial.state.name for trial in study("fail").trials] == ["FAIL", "FAIL"]
        assert not (folder / "fail.toml").exists()

    @pytest.mark.parametrize(
        ("output", "message"), [("small.toml", "would be written into the input"), ("none/x.toml", "is not a folder")]
    )
    def test_what_cannot_be_written_shows_at_once(
        self, run: Callable[..., int], folder: Path, capfd: Any, output: str, message: str
    ) -> None:
        before = (folder / "small.toml").read_text()
        assert run("--trials", "1", "--storage", "sqlite:///never.db", "-o", output) == 2
        assert message in capfd.readouterr().err
        assert (folder / "small.toml").read_text() == before
        assert not (folder / "never.db").exists()

    def test_a_store_that_cannot_be(self, run: Callable[..., int], capfd: Any) -> None:
        assert run("--trials", "1", "--storage", "sqlite:////no/such/folder/x.db") == 2
        error = capfd.readouterr().err
        assert "cannot be used to keep a study" in error
        assert "Traceback" not in error


class TestConfiguration:
    def test_comes_back_from_toml(self, folder: Path, tmp_path: Path) -> None:
        config = load_config(folder / "small.toml")
        changed = with_values(config, {"stance.c": 0.125, "quotes.epochs": 7})
        changed = msgspec.structs.replace(changed, tracking=TrackingConfig(ablations={'é "x"': {"topics.c": 1.0}}))
        (tmp_path / "again.toml").write_text(to_toml(changed))
        assert load_config(tmp_path / "again.toml") == changed

    @pytest.mark.parametrize("name", ["default.toml", "demo.toml"])
    def test_the_projects_own_come_back(self, root: Path, tmp_path: Path, name: str) -> None:
        config = load_config(root / "experiments" / name)
        (tmp_path / name).write_text(to_toml(config))
        assert load_config(tmp_path / name) == config

    def test_without_a_section_there_is_a_default(self, root: Path) -> None:
        options = load_search(root / "experiments" / "demo.toml")
        config = load_config(root / "experiments" / "demo.toml")
        lowest = {name: where.choices[0] if where.choices else where.low for name, where in options.space.items()}
        assert with_values(config, lowest).topics.c == 0.1

    @pytest.mark.parametrize(
        ("section", "message"),
        [
            ('"topics.c" = {low = 3.0, high = 1.0}', "topics.c: give low and high"),
            ('"topics.c" = {low = 0.0, high = 1.0, log = true}', "topics.c: give low and high"),
            ('"topics.c" = {low = 1.0, high = 2.0, choices = [1]}', "topics.c: give low and high"),
            ('"topics.c" = {lowest = 1.0}', "lowest"),
            pytest.param(f"n = {'1' * 5000}", r"x\.toml: not TOML: Exceeds the limit", id="digits"),
        ],
    )
    def test_a_space_that_makes_no_sense(self, tmp_path: Path, section: str, message: str) -> None:
        (tmp_path / "x.toml").write_text(f"[search.space]\n{section}\n")
        with pytest.raises(DataError, match=message):
            load_search(tmp_path / "x.toml")

    @pytest.mark.parametrize("name", ["topics.nosuch", "nosuch.c", "name.c", "gate.slower"])
    def test_an_option_that_is_not_there(self, folder: Path, name: str) -> None:
        with pytest.raises(DataError, match="no such option"):
            with_values(load_config(folder / "small.toml"), {name: 1})

    def test_what_is_measured_stays(self, folder: Path) -> None:
        with pytest.raises(DataError, match=r"data\.held_out: decides what is measured"):
            with_values(load_config(folder / "small.toml"), {"data.held_out": 0.5})

    @pytest.mark.parametrize("name", ["data.polnear_weight", "gate.slower", "topics.nosuch"])
    def test_only_heads_are_searched(self, folder: Path, run: Callable[..., int], capfd: Any, name: str) -> None:
        text = (folder / "small.toml").read_text().partition("[search")[0].replace('"small"', f'"{name}"')
        (folder / "other.toml").write_text(f'{text}\n[search.space]\n"{name}" = {{low = 0.1, high = 0.9}}\n')
        assert run("--config", "other.toml", "--trials", "1") == 2
        assert f"[search.space] {name}: no such option" in capfd.readouterr().err

    @pytest.mark.parametrize(
        ("space", "message"),
        [
            ('"stance.least" = {low = 1.6, high = 2.4}', "stance.least: Expected `int`.*the option does not take 1.6"),
            ('"stance.vectors" = {low = 0, high = 1}', "stance.vectors: Expected `bool`.*does not take 0"),
            ('"stance.vectors" = {choices = [0, 1]}', "stance.vectors: Expected `bool`.*does not take 0"),
            ('"stance.balance" = {low = 0.5, high = 2.0}', "stance.balance: Expected `float` <= 1.0.*not take 2.0"),
            ('"topics.c" = {choices = [1.0, "much"]}', "topics.c: Expected `float`.*does not take 'much'"),
        ],
    )
    def test_a_space_with_what_an_option_does_not_take(
        self, folder: Path, run: Callable[..., int], capfd: Any, space: str, message: str
    ) -> None:
        text = CONFIG.partition("[search")[0].replace('"small"', '"refused"')
        (folder / "refused.toml").write_text(f"{text}\n[search.space]\n{space}\n")
        assert run("--config", "refused.toml", "--trials", "1", "--storage", "sqlite:///refused.db") == 2
        assert re.search(r"\[search\.space\] " + message, capfd.readouterr().err)
        assert not (folder / "refused.db").exists()

    def test_a_present_value_that_is_not_in_the_space(self, folder: Path, run: Callable[..., int], capfd: Any) -> None:
        space = (
            '[search]\nsplits = 1\n[search.space]\n"stance.least" = {choices = [3, 4]}\n'
            '"topics.c" = {low = 10.0, high = 20.0}\n"quotes.cue_threshold" = {low = 0.1, high = 0.3}\n'
            '"stance.leanings" = {choices = [false, true]}\n'
        )
        text = CONFIG.partition("[search")[0].replace('"small"', '"outside"')
        (folder / "outside.toml").write_text(f"{text}\n{space}")
        assert run("--config", "outside.toml", "--trials", "1", "--storage", "sqlite:///outside.db") == 0
        told = capfd.readouterr().err
        assert "stance.least = 2 is not in its [search.space]" in told
        assert "topics.c = 3.0 is not in its [search.space]" in told
        assert "quotes.cue_threshold" not in told

        import optuna

        (trial,) = optuna.load_study(study_name="outside", storage="sqlite:///outside.db").trials
        assert trial.params["stance.least"] in (3, 4)
        assert 10 <= trial.params["topics.c"] <= 20
        assert trial.params["quotes.cue_threshold"] == 0.2
        assert trial.params["stance.leanings"] is True

    def test_an_option_without_a_value_of_its_own(self, folder: Path, run: Callable[..., int]) -> None:
        text = (folder / "small.toml").read_text().partition("[search")[0].replace('"small"', '"prior"')
        space = '[search]\nsplits = 1\n[search.space]\n"topics.prior" = {low = 0.1, high = 0.5}\n'
        (folder / "prior.toml").write_text(f"{text}\n{space}")
        assert run("--config", "prior.toml", "--trials", "1") == 0


def test_the_default_space_has_the_defaults_in_it() -> None:
    options = msgspec.to_builtins(RunConfig("x", DataConfig()))
    for name, space in DEFAULT_SPACE.items():
        section, _, key = name.partition(".")
        value = options[section][key]
        assert value in space.choices or (space.low or 0) <= value <= (space.high or 0), name
