"""A first run says that it compiles, once; the runs after it say nothing."""

import os
import subprocess
import sys
from pathlib import Path

from topic_stance.classifier.compiling import MESSAGE

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
