"""A first run says that it compiles, once; the runs after it say nothing."""

import os
import subprocess
import sys
from pathlib import Path

from topic_stance.classifier.compiling import MESSAGE, forget_stale

PROGRAM = """
from topic_stance.classifier.compiling import announce
announce()
from topic_stance.classifier.segment import tokenize
print(len(tokenize("Ebb and tide").start))
tokenize("flow")
"""


def test_only_the_first_run_speaks(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    spoken = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment
        )
        assert done.stdout == "3\n"
        spoken.append(done.stderr)
    assert spoken == [f"topic-stance: {MESSAGE}\n", ""]


def test_compiled_code_is_forgotten_when_any_source_is_newer(tmp_path: Path) -> None:
    compiled = tmp_path / "__pycache__"
    compiled.mkdir()
    for path, age in (
        (tmp_path / "inner.py", 10),
        (tmp_path / "outer.py", 30),
        (compiled / "outer.work.nbi", 20),
        (compiled / "inner.work.nbi", 5),
        (compiled / "outer.pyc", 20),
    ):
        path.touch()
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    forget_stale(tmp_path)
    assert sorted(path.name for path in compiled.iterdir()) == ["inner.work.nbi", "outer.pyc"]


def test_nothing_compiled_yet_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "source.py").touch()
    forget_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["source.py"]
