"""Two tracked training runs on a few authored articles, shared by the tests of tracking and registry."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from topic_stance.training.cli import main

CONFIG = """
name = "small"
[data]
authored = "articles"
[quotes]
buckets = 1024
epochs = 2
folds = 2
cue_threshold = {cue_threshold}
[topics]
folds = 2
[stance]
folds = 2
[gate]
# To find no quotes is quicker than to find some.
slower = 20.0
# A model of two dozen articles fails the behavioural checks, so that they are off here.
behaviour = false
"""

MEASURED_TOO = """
[tracking]
learning_curve = [0.5]
[tracking.ablations]
"no cues, by threshold" = {"quotes.cue_threshold" = 1.1}
"""


@dataclass(frozen=True)
class Store:
    """A folder with `mlflow.db`, `mlruns`, the articles, two configurations and the bundle of the second run."""

    folder: Path

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    def __call__(self, *arguments: str) -> int:
        """Run a command in the folder, with its own store."""
        before = Path.cwd()
        # By its whole path: MLflow remembers a store by its URI, whatever folder a relative one meant before.
        os.environ["MLFLOW_TRACKING_URI"] = self.uri
        os.chdir(self.folder)
        try:
            return main(arguments)
        finally:
            os.chdir(before)
            # MLflow leaves the URI there, for processes that it starts.
            os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Store:
    """Version 1 finds no quotes and is champion for want of another; version 2 finds them and takes its place."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "articles").mkdir()
    for path in sorted((root / "data" / "articles").glob("*.txt"))[::10]:
        shutil.copy(path, folder / "articles")
    (folder / "worse.toml").write_text(CONFIG.format(cue_threshold=1.1))
    (folder / "better.toml").write_text(CONFIG.format(cue_threshold=0.4) + MEASURED_TOO)
    made = Store(folder)
    assert made("train", "--config", "worse.toml") == 0
    assert made("train", "--config", "better.toml", "--output", "out") == 0
    return made
