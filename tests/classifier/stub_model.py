"""A model that predicts what a test asks for, in this process or in workers; and a command that runs it over a dump.

python stub_model.py MODEL INPUT OUTPUT PROCESSES [resume]
"""

import os
import signal
import sys
import time
from pathlib import Path

from topic_stance.classifier import batch, journal
from topic_stance.data.records import Actor, Article, Prediction, Quote, TopicScore, TopicStanceError


class StubModel:
    """Fails on a text with FAIL, dies on one with DIE while there is a file `die` beside it, is slow on SLOW."""

    def __init__(self, path: Path) -> None:
        if (path / "broken").exists():
            raise TopicStanceError(f"{path}: checksum of topics.safetensors does not fit")
        self._path = path
        if (path / "deadly").exists():
            os._exit(7)
        (path / f"{os.getpid()}.pid").touch()

    def predict(self, articles: list[Article]) -> list[Prediction]:
        return [self._predict(article) for article in articles]

    def _predict(self, article: Article) -> Prediction:
        if "FAIL" in article.text:
            raise ValueError("no way \ud800")
        if "DIE" in article.text and (self._path / "die").exists():
            os.kill(os.getpid(), signal.SIGKILL)  # as a machine that runs out of memory does
        if "SLOW" in article.text:
            time.sleep(0.001)
        quote = Quote([(0, 1)], None, (1, 2), "direct", 0)
        score = TopicScore("fraud", len(article.text) % 100 / 100, True)
        return Prediction(article.id, "stub", [score], [quote], [Actor(article.text[:9], "person", "", [], [])])


def make(folder: Path) -> Path:
    """A folder that looks like a bundle."""
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    return folder


def main() -> None:
    model, dump, output, processes, *resume = sys.argv[1:]
    journal._SECONDS = 0.0  # so that every chunk is a place to go on from
    batch.predict_dump(
        model, [dump], output, processes=int(processes), chunk_size=8, resume=bool(resume), loader=StubModel
    )


if __name__ == "__main__":
    main()
