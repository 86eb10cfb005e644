"""The command: its messages, its exit codes, and no traceback for anyone who did not ask for one."""

import contextlib
import io
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from topic_stance.training import (
    cli,
    registry,  # noqa: F401 - before a stand-in takes the place of what it imports
)
from topic_stance.training.models import resolve_model

PIPELINE = "topic_stance.classifier.pipeline"
ARTICLES = b'{"id": "a", "text": "Talks broke down."}\n{"id": "b", "text": "Talks went on."}\n'

# The command with a pipeline that repeats what it is given, as a program of its own.
PROGRAM = f"""
import sys, types
from topic_stance.data.records import Prediction

class Echo:
    def predict(self, articles):
        return [Prediction(article.id, article.text, [], [], []) for article in articles]

sys.modules[{PIPELINE!r}] = types.SimpleNamespace(load=lambda path: Echo(), Pipeline=Echo)
from topic_stance.training.cli import command
command()
"""


@pytest.fixture(autouse=True)
def pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    from topic_stance.data.records import Prediction

    class Echo:
        def predict(self, articles):
            if any(article.text == "BUG" for article in articles):
                raise KeyError("a bug")
            return [Prediction(article.id, article.text, [], [], []) for article in articles]

    def load(path: Path) -> Echo:
        if (path / "bug").exists():
            raise KeyError("a bug")
        return Echo()

    monkeypatch.setitem(sys.modules, PIPELINE, types.SimpleNamespace(load=load))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text("{}")
    return tmp_path / "model"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    (tmp_path / "dump.jsonl").write_bytes(ARTICLES)
    return tmp_path / "dump.jsonl"


def predict(*arguments: object) -> int:
    return cli.main(["predict", *map(str, arguments)])


class TestPredict:
    def test_to_standard_output(self, model: Path, dump: Path, capfd) -> None:
        assert predict(dump, "--model", model) == 0
        out, err = capfd.readouterr()
        assert [json.loads(line)["id"] for line in out.splitlines()] == ["a", "b"]
        assert err == "2 read, 2 predicted, 0 rejected\n"

    def test_from_standard_input(self, model: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"id,text\n1,x\n")))
        assert predict("-", "--format", "csv", "--model", model, "--quiet") == 0
        assert json.loads(capfd.readouterr().out)["id"] == "1"

    def test_to_a_file_with_rejects(self, model: Path, dump: Path, tmp_path: Path, capfd) -> None:
        dump.write_bytes(ARTICLES + b"broken\n")
        output = tmp_path / "out.jsonl"
        assert predict(dump, "--model", model, "-o", output) == 1
        out, err = capfd.readouterr()
        assert out == ""
        assert err == f"3 read, 2 predicted, 1 rejected: see {output}.rejects.jsonl\n"
        assert len(output.read_bytes().splitlines()) == 2

    def test_rejects_elsewhere_and_quiet(self, model: Path, dump: Path, tmp_path: Path, capfd) -> None:
        dump.write_bytes(b"broken\n")
        rejects = tmp_path / "r.jsonl"
        assert predict(dump, "--model", model, "-o", tmp_path / "out.jsonl", "--rejects", rejects, "--quiet") == 1
        assert capfd.readouterr() == ("", "")
        assert json.loads(rejects.read_text())["line"] == 1

    def test_dropped_duplicates_are_no_failure(self, model: Path, dump: Path, capfd) -> None:
        pytest.importorskip("datasketch")
        dump.write_bytes(b'{"id": 1, "text": "the same again"}\n' * 3)
        assert predict(dump, "--model", model, "--dedup") == 0
        assert "3 read, 1 predicted, 2 rejected (2 as near-duplicates)" in capfd.readouterr().err

    def test_without_datasketch(self, model: Path, dump: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        monkeypatch.setitem(sys.modules, "datasketch", None)
        assert predict(dump, "--model", model, "--dedup") == 2
        assert "--dedup needs datasketch: pip install 'topic-stance[dedup]'" in capfd.readouterr().err

    def test_a_closed_pipe_is_quiet(self, model: Path, dump: Path) -> None:
        dump.write_bytes(ARTICLES * 20_000)
        command = [sys.executable, "-c", PROGRAM, "predict", str(dump), "--model", str(model), "--processes", "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 141

    @pytest.mark.parametrize(("name", "code"), [("dump.jsonl", 0), ("none.jsonl", 2)])
    def test_a_process_ends_with_all_of_its_output_and_its_code(
        self, model: Path, dump: Path, name: str, code: int
    ) -> None:
        dump.write_bytes(ARTICLES * 2_000)
        options = ["--model", str(model), "--quiet", "--processes", "1"]
        command = [sys.executable, "-c", PROGRAM, "predict", str(dump.parent / name), *options]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == code
        assert len(done.stdout.splitlines()) == (0 if code else 4_000)
        assert bool(done.stderr) == bool(code)


class TestMessages:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nothing.jsonl"], "nothing.jsonl: no such file or folder"),
            (["{dump}", "--model", "nothing"], "nothing: no such folder, and no registered model: "),
            (["{dump}", "-o", "out.xml"], "out.xml: the name of the output must end with one of .jsonl"),
            (["{dump}", "--resume"], "--resume only goes on from files into a file"),
        ],
    )
    def test_errors(self, model: Path, dump: Path, capfd, arguments: list[str], message: str) -> None:
        given = [argument.format(dump=dump) for argument in arguments]
        assert predict("--model", model, *given) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith(f"topic-stance: {message}")
        assert err.count("\n") == 1

    def test_traceback_only_on_request(self, model: Path, dump: Path, capfd) -> None:
        (model / "bug").touch()
        assert predict(dump, "--model", model) == 2
        assert capfd.readouterr().err == "topic-stance: unexpected KeyError: 'a bug' (--debug shows where)\n"
        assert predict(dump, "--model", model, "--debug") == 2
        assert "Traceback" in capfd.readouterr().err
        assert cli.main(["--debug", "predict", str(dump), "--model", str(model)]) == 2
        assert "Traceback" in capfd.readouterr().err

    def test_a_bucket_without_its_keys(self, dump: Path, model: Path, monkeypatch, capfd) -> None:
        missing = type("NoCredentialsError", (Exception,), {"__module__": "botocore.exceptions"})

        def load(path):
            raise missing("Unable to locate credentials")

        monkeypatch.setitem(sys.modules, PIPELINE, types.SimpleNamespace(load=load))
        assert predict(dump, "--model", model) == 2
        error = capfd.readouterr().err
        assert "the artifact store cannot be used: Unable to locate credentials" in error
        assert "unexpected" not in error

    def test_an_article_that_the_model_fails_on(self, model: Path, dump: Path, capfd) -> None:
        dump.write_bytes(ARTICLES + b'{"text": "BUG"}\n')
        assert predict(dump, "--model", model, "--quiet") == 1
        out, err = capfd.readouterr()
        assert len(out.splitlines()) == 2
        assert err == f"topic-stance: {dump}:3: prediction failed: KeyError: 'a bug'\n"

    def test_an_interrupt(self, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        def interrupted(*_: object) -> Path:
            raise KeyboardInterrupt

        monkeypatch.setattr("topic_stance.training.models.find_model", interrupted)
        assert predict("x") == 130
        assert capfd.readouterr().err == "topic-stance: interrupted\n"

    @pytest.mark.parametrize("arguments", [[], ["predict"], ["predict", "x", "--processes", "0"], ["what"]])
    def test_usage(self, arguments: list[str], capfd) -> None:
        with pytest.raises(SystemExit, match="2"):
            cli.main(arguments)
        assert "usage: topic-stance" in capfd.readouterr().err

    def test_version(self, capfd) -> None:
        with pytest.raises(SystemExit, match="0"):
            cli.main(["--version"])
        assert capfd.readouterr().out.startswith("topic-stance ")

    def test_nothing_heavy_before_it_is_needed(self) -> None:
        heavy = {"numpy", "numba", "pyarrow", "mlflow", "sklearn", "trafilatura", "multiprocessing"}
        code = f"import sys, topic_stance.training.cli; print({heavy} & sys.modules.keys())"
        assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


class TestResolveModel:
    def test_a_folder(self, model: Path) -> None:
        assert resolve_model(str(model)) == model

    def test_a_folder_around_it(self, model: Path, tmp_path: Path) -> None:
        assert resolve_model(str(tmp_path)) == model

    def test_the_shipped_one_by_default(self, monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
        monkeypatch.setattr("topic_stance.training.models._SHIPPED", model)
        assert resolve_model(None) == model

    @pytest.mark.parametrize("uri", ["models:/topic-stance@champion", "runs:/0123/model"])
    def test_a_uri(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uri: str) -> None:
        bundle = tmp_path / "artifacts" / "bundle"
        bundle.mkdir(parents=True)
        (bundle / "manifest.json").write_text("{}")
        asked = []

        def download(artifact_uri: str) -> str:
            asked.append(artifact_uri)
            return str(tmp_path)

        fake = types.SimpleNamespace(artifacts=types.SimpleNamespace(download_artifacts=download))
        monkeypatch.setitem(sys.modules, "mlflow", fake)
        monkeypatch.setattr("topic_stance.training.store.connect", lambda uri, create: uri)
        monkeypatch.setattr("topic_stance.training.store.speaking", lambda uri: contextlib.nullcontext())
        assert resolve_model(uri) == bundle
        assert asked == [uri]

    def test_without_mlflow(self, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        monkeypatch.setitem(sys.modules, "mlflow", None)
        assert predict("x", "--model", "models:/m@champion") == 2
        assert "needs MLflow: pip install 'topic-stance[train]'" in capfd.readouterr().err

    def test_a_mistyped_folder_without_mlflow(self, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        monkeypatch.setitem(sys.modules, "mlflow", None)
        assert predict("x", "--model", "bundel") == 2
        assert "bundel: no such folder, and no registered model" in capfd.readouterr().err


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-"])
def test_a_standard_stream_that_is_closed(model: Path, dump: Path, closed: str) -> None:
    output = dump.with_name("out.jsonl")
    options = ["--model", str(model), "-o", str(output), "--processes", "1"]
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", PROGRAM]
    done = subprocess.run([*command, "predict", str(dump), *options], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert output.exists()


def test_standard_error_that_is_full(model: Path, dump: Path) -> None:
    output = dump.with_name("out.jsonl")
    options = ["--model", str(model), "-o", str(output), "--processes", "1"]
    command = ["sh", "-c", 'exec "$@" 2>/dev/full', "sh", sys.executable, "-c", PROGRAM]
    assert subprocess.run([*command, "predict", str(dump), *options], check=False).returncode == 0
    assert output.exists()
    assert subprocess.run([*command, "predict", "nosuch.jsonl", *options], check=False).returncode == 2


def test_letters_that_the_locale_has_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Police arrested two men, Żaneta Ćwik said.", encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    program = [sys.executable, "-m", "topic_stance.training.cli", "explain", str(tmp_path / "a.txt")]
    done = subprocess.run(program, capture_output=True, check=False, env=os.environ | locale)
    assert done.returncode == 0, done.stderr
    assert rb"\u25cb fraud" in done.stdout


def test_a_standard_output_that_is_closed_cannot_take_predictions(model: Path, dump: Path) -> None:
    command = ["sh", "-c", 'exec "$@" 1>&-', "sh", sys.executable, "-c", PROGRAM, "predict", str(dump)]
    done = subprocess.run([*command, "--model", str(model)], capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("topic-stance: standard output is closed")


def test_a_master_without_spark(dump: Path, model: Path, capfd) -> None:
    assert predict(dump, "--model", model, "--master", "local[2]") == 2
    assert "--master goes with --spark" in capfd.readouterr().err


def test_a_package_that_is_not_there(dump: Path, model: Path, monkeypatch, capfd) -> None:
    def load(path):
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setitem(sys.modules, PIPELINE, types.SimpleNamespace(load=load))
    assert predict(dump, "--model", model) == 2
    assert "needs scipy: pip install 'topic-stance[train]'" in capfd.readouterr().err
