"""Compiled code: where it is kept, for whom, and for how long; what is made on the way."""

import ast
import atexit
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import NumbaError

from topic_stance.classifier import jit
from topic_stance.classifier.jit import Locator, borrowing, place, version


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, content in {
        "classifier/inner.py": "a = 1",
        "classifier/outer.py": "b = 2",
        "data/lexicons/words.txt": "ebb",
    }.items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "package"


class TestVersion:
    def test_is_another_after_any_change(self, package: Path) -> None:
        seen = {version(package)}
        for name in ("classifier/inner.py", "data/lexicons/words.txt"):
            path = package / name
            path.write_text(path.read_text() + "2")
            seen.add(version(package))
        path.rename(path.with_name("others.txt"))
        seen.add(version(package))
        (package / "classifier" / "more.py").touch()
        seen.add(version(package))
        assert len(seen) == 5

    def test_depends_on_nothing_else(self, package: Path) -> None:
        before = version(package)
        (package / "classifier" / "notes.md").touch()
        os.utime(package / "classifier" / "inner.py", (1, 1))
        assert version(package.rename(package.with_name("elsewhere"))) == before


class TestPlace:
    def test_the_newest_are_kept(self, tmp_path: Path) -> None:
        for age in range(1, 7):
            old = place(tmp_path, f"{age:016x}")
            assert old is not None
            (old / "code.nbi").touch()
            os.utime(old, (1_000_000 - age, 1_000_000 - age))
        other = tmp_path / "topic-stance" / "notes"
        other.mkdir()
        new = place(tmp_path, "f" * 16)
        assert new is not None
        left = {path.name for path in new.parent.iterdir()}
        assert left == {"f" * 16, *(f"{age:016x}" for age in (1, 2, 3)), "notes"}
        assert place(tmp_path, "f" * 16) == new

    def test_where_nothing_can_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert place(tmp_path / "file", "0" * 16) is None


class TestLocator:
    def test_functions_of_others_are_not_ours(self) -> None:
        assert Locator.from_function(pytest.fixture, pytest.__file__) is None

    def test_is_in_the_users_cache(self, tmp_path: Path) -> None:
        assert compiled_files(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
        assert {path.name for path in tmp_path.iterdir()} == {"cache"}

    def test_is_where_numba_was_told(self, tmp_path: Path) -> None:
        folders = {"NUMBA_CACHE_DIR": str(tmp_path / "numba"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        assert compiled_files(tmp_path, **folders)
        assert {path.name for path in tmp_path.iterdir()} == {"numba"}


class TestFolder:
    def test_is_beside_the_sources_where_there_is_no_home(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path / "none"))
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        assert jit.bases()[-2:] == [tmp_path / "none" / ".cache", Path(jit.__file__).parent / "__pycache__"]

    def test_without_any_place_it_is_for_the_process(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "scratch").mkdir()
        monkeypatch.setattr(jit, "bases", lambda: [tmp_path / "file"])
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
        left: list[Callable[[], None]] = []
        monkeypatch.setattr(atexit, "register", left.append)
        monkeypatch.setattr(jit, "_handed_on", [])
        made = jit.folder.__wrapped__()
        assert made.parents[2] == tmp_path / "scratch"
        worker = [sys.executable, "-c", "from topic_stance.classifier import jit; print(jit.folder())"]
        assert subprocess.run(worker, capture_output=True, text=True, check=True).stdout == f"{made}\n"
        left[0]()
        assert not list((tmp_path / "scratch").iterdir()), "gone with the process"
        assert jit._HANDED_ON not in os.environ

    def test_what_can_only_be_read_is_not_compiled_again(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        known = tmp_path / "image" / "topic-stance" / version(Path(jit.__file__).parents[1])
        known.mkdir(parents=True)
        (known / "code.nbi").touch()
        monkeypatch.setattr(jit, "bases", lambda: [tmp_path / "none", tmp_path / "image"])
        monkeypatch.setattr(jit, "place", lambda base, name: None)
        monkeypatch.setattr(jit, "_handed_on", [])
        made = jit.folder.__wrapped__()
        assert [path.name for path in made.iterdir()] == ["code.nbi"]
        monkeypatch.setattr(os, "getpid", lambda: -1)
        jit.discard()
        assert made.exists(), "a copy of the process leaves it alone"
        monkeypatch.undo()
        shutil.rmtree(os.environ.pop(jit._HANDED_ON))
        assert known.exists()

    def test_the_first_that_can_be_written_to(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setattr(jit, "bases", lambda: [tmp_path / "file", tmp_path / "one", tmp_path / "two"])
        assert jit.folder.__wrapped__().parent == tmp_path / "one" / "topic-stance"


@pytest.mark.parametrize("spoilt", ["emptied", "full"])
def test_what_cannot_be_kept_is_compiled_all_the_same(tmp_path: Path, spoilt: str) -> None:
    files = compiled_files(tmp_path, NUMBA_CACHE_DIR=str(tmp_path))
    limits: Callable[[], None] | None = None
    if spoilt == "emptied":
        for path in [*files, *tmp_path.rglob("*.nbc")]:
            path.write_bytes(b"")
    else:
        shutil.rmtree(tmp_path / "topic-stance")
        limits = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1000, 1000))
    compiled_files(tmp_path, limits, NUMBA_CACHE_DIR=str(tmp_path))


_HELD = """
import gc, sys
from numba.core.runtime import rtsys
from topic_stance.classifier.pipeline import load
from topic_stance.data.readers import Record, read

pipeline = load()
articles = [item.article for item in read(sys.argv[1:]) if isinstance(item, Record)]
for _ in range(3):
    pipeline.predict(articles)
    pipeline.predict_topics(articles)
    gc.collect()
    now = rtsys.get_allocation_stats()
    print(now.mi_alloc > len(articles), now.mi_alloc - now.mi_free)
"""


def test_what_is_made_on_the_way_is_given_back() -> None:
    """Functions that count no references must keep no array: one more each time would fill the memory."""
    articles = sorted(map(str, Path(__file__).parents[2].joinpath("data", "articles").glob("a0*.txt")))
    done = subprocess.run(
        [sys.executable, "-c", _HELD, *articles],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NUMBA_NRT_STATS": "1"},
    )
    made, *again = done.stdout.splitlines()
    assert made.startswith("True "), "arrays were counted"
    assert again == [made, made]


def test_who_borrows_calls_nobody_who_makes() -> None:
    """numba does not see it: an array that is made and handed to one that counts no references stays for ever.

    A part of an array that such a function returns among other things could be gone before its reader.
    """
    kinds: dict[str, dict[str, ast.FunctionDef]] = {"borrows": {}, "makes": {}}
    root = Path(__file__).parents[2]
    for path in [*root.glob("classifier/*.py"), *root.glob("training/*.py")]:
        for part in ast.parse(path.read_text("utf-8")).body:
            if isinstance(part, ast.FunctionDef) and part.decorator_list:
                decorator = ast.unparse(part.decorator_list[0]).partition("(")[0]
                kind = {"inner": "borrows", "borrowing": "borrows", "maker": "makes", "compiled": "makes"}.get(
                    decorator
                )
                if kind:
                    kinds[kind][part.name] = part
    assert len(kinds["borrows"]) > 200, "they are found"
    assert len(kinds["makes"]) > 50, "they are found"
    for name, function in kinds["borrows"].items():
        for part in ast.walk(function):
            if isinstance(part, ast.Call):
                assert ast.unparse(part.func) not in kinds["makes"], f"{name} calls {ast.unparse(part.func)}"
            if isinstance(part, ast.Return) and part.value is not None:
                for value in part.value.elts if isinstance(part.value, ast.Tuple) else [part.value]:
                    slices = [of for of in ast.walk(value) if isinstance(of, ast.Slice)]
                    assert not (isinstance(value, ast.Subscript) and slices), f"{name} returns a part"


def test_who_borrows_makes_no_array() -> None:
    @borrowing
    def longest(spans):  # type: ignore[no-untyped-def]
        lengths = np.zeros(len(spans))
        lengths[:] = spans[:, 1] - spans[:, 0]
        return lengths.max()

    with pytest.raises(NumbaError, match="Only accept returning of array passed"):
        longest(np.zeros((3, 2)))


def test_without_compiling(tmp_path: Path) -> None:
    assert compiled_files(tmp_path, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_DISABLE_JIT="1") == []


def compiled_files(folder: Path, preexec_fn: Callable[[], None] | None = None, **environment: str) -> list[Path]:
    """What is left in a folder of a process that compiles."""
    program = "from topic_stance.classifier.segment import tokenize\nprint(len(tokenize('Ebb and tide').start))"
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=kept | environment,
        preexec_fn=preexec_fn,
    )
    assert done.stdout == "3\n"
    return list(folder.rglob("*.nbi"))
