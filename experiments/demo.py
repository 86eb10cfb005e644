"""Everything from nothing: a tracked training run, a champion, predictions of a sample dump, and a report to open.

``make demo`` runs it in the project's own environment. What it makes lies in `demo/`; run again, it adds a run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

FOLDER = Path("demo")
ARTICLES, ROWS = 24, 12
"""Articles of the sample dump, and how many of them are shown."""
COMMAND = Path(sys.executable).parent / "topic-stance"


def main() -> None:
    """Train, register, promote, predict, report."""
    FOLDER.mkdir(exist_ok=True)
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{FOLDER / 'mlflow.db'}")
    dump = write_dump(FOLDER / "sample.jsonl.gz")
    run("train", "--config", "experiments/demo.toml")
    champion = "models:/topic-stance@champion"
    predictions, report = FOLDER / "predictions.jsonl", FOLDER / "report.html"
    run("predict", str(dump), "--model", champion, "-o", str(predictions), "--overwrite")
    run("explain", str(dump), "--model", champion, "--html", str(report))
    print(table(predictions))
    print(f"\n{predictions}: one line an article\n{report}: open it in a browser\n\nNext:")
    print(f"  {COMMAND} ui --tracking-uri {os.environ['MLFLOW_TRACKING_URI']}    # the run, its plots and the registry")
    print(f"  {COMMAND} predict YOUR_ARTICLES.jsonl -o predictions.parquet    # with the shipped model")


def write_dump(path: Path) -> Path:
    """A sample dump: some of the authored articles as a scraper would have left them."""
    import gzip

    from topic_stance.data.corpus import read_marked

    articles = [labelled.article() for labelled in read_marked(Path("data/articles"))[:ARTICLES]]
    path.write_bytes(gzip.compress(b"".join(msgspec.json.encode(a) + b"\n" for a in articles), mtime=0))
    return path


def run(*arguments: str) -> None:
    """Run the project's own command and stop where it fails."""
    print("$ topic-stance", *arguments, flush=True)
    subprocess.run([COMMAND, *arguments], check=True)


def table(path: Path) -> str:
    """The first predictions as a short table."""
    from topic_stance.data.records import Prediction

    rows = [f"{'article':10s} {'topics':46s} quotes  who stands where"]
    for line in path.read_bytes().splitlines()[:ROWS]:
        prediction = msgspec.json.decode(line, type=Prediction)
        topics = ", ".join(topic.label for topic in prediction.topics if topic.assigned) or "–"
        stances = [f"{a.name}: {s.label}" for a in prediction.actors for s in a.stances[:1]]
        rows.append(f"{prediction.id:10s} {topics:46s} {len(prediction.quotes):6d}  {'; '.join(stances)[:70]}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
