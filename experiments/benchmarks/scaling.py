"""Cost against size: time and memory of dumps of 1k to 100k articles, and time of one article of 1 kB to 10 MB.

    python -m experiments.benchmarks.scaling ../shared/data/articles/abp-6000.jsonl.gz --plot experiments/scaling.png
    python -m experiments.benchmarks.scaling ../shared/data/articles/abp-6000.jsonl.gz --spark 1 2

Dumps are the articles given, again and again with fresh ids, predicted by the command with two workers; memory is the
largest sum of the resident memory of all its processes (pages that they share count for each). With --spark: the rate
through Spark by number of workers, each a process with one core, after they have started.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import msgspec

from topic_stance.classifier.pipeline import Pipeline, load
from topic_stance.data.readers import Record, read
from topic_stance.data.records import Article

from .profile import median_seconds

COMMAND = [sys.executable, "-m", "topic_stance.training.cli", "predict"]


def write_dump(articles: Sequence[Article], n: int, path: Path) -> float:
    """Write `n` articles with fresh ids; return megabytes."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as out:
        for number, article in enumerate(islice(cycle(articles), n)):
            out.write(encode(msgspec.structs.replace(article, id=str(number))) + b"\n")
    return path.stat().st_size / 1e6


def watched(command: Sequence[str]) -> tuple[float, float]:
    """Seconds that a command takes, and the most megabytes that it and its children hold at once."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most = 0.0
    while process.poll() is None:
        most = max(most, sum(_resident(pid) for pid in _tree(process.pid)))
        time.sleep(0.05)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} failed")
    return time.perf_counter() - began, most


def one_article(
    pipeline: Pipeline, articles: Sequence[Article], sizes: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """Seconds of the processor for topics and for all of one article, by its length in bytes; medians."""
    material = "\n".join(article.text for article in articles).encode()
    found = {}
    for size in sizes:
        article = Article("a", material[:size].decode("utf-8", "ignore"))
        topics = median_seconds(lambda a=article: pipeline.predict_topics([a]), max(5, 100_000 // size))
        whole = median_seconds(lambda a=article: pipeline.predict([a]), max(1, 300_000 // size))
        found[size] = (topics, whole)
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("articles")
    parser.add_argument("--topics", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="sizes, topics alone")
    parser.add_argument("--whole", type=int, nargs="*", default=[1_000, 10_000], help="sizes, whole pipeline")
    parser.add_argument("--bytes", type=int, nargs="*", default=[10**k for k in range(3, 8)], help="one article")
    parser.add_argument("--spark", type=int, nargs="*", default=[], metavar="WORKERS")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args(argv)
    articles = [item.article for item in read([arguments.articles]) if isinstance(item, Record)]
    with tempfile.TemporaryDirectory() as folder:
        if arguments.spark:
            _spark(articles, arguments.spark, Path(folder))
            return
        dumps = {
            name: {n: _dump(articles, n, Path(folder), options) for n in sizes}
            for name, sizes, options in (
                ("topics alone", arguments.topics, ["--only", "topics"]),
                ("whole pipeline", arguments.whole, []),
            )
        }
    alone = one_article(load(), articles, arguments.bytes)
    for size, (topics, whole) in alone.items():
        print(f"one article of {size:9,} bytes: topics {topics * 1e3:9.3f} ms, all {whole * 1e3:10.2f} ms")
    if arguments.plot:
        _draw(dumps, alone, arguments.plot)


def _dump(articles: Sequence[Article], n: int, folder: Path, options: Sequence[str]) -> tuple[float, float]:
    source, target = folder / "dump.jsonl", folder / "out.jsonl"
    megabytes = write_dump(articles, n, source)
    seconds, memory = watched([*COMMAND, str(source), "-o", str(target), "--processes", "2", "--quiet", *options])
    name = "topics" if options else "all"
    rates = f"{n / seconds:7.0f} articles/s, {megabytes / seconds:6.1f} MB/s"
    print(f"{name:7s} of {n:7,} articles: {seconds:7.1f} s, {rates}, {memory:5.0f} MB", flush=True)
    return seconds, memory


def _spark(articles: Sequence[Article], workers: Sequence[int], folder: Path) -> None:
    source = folder / "dumps"
    source.mkdir()
    for part in range(2 * max(workers)):
        write_dump(articles, 1_000, source / f"{part}.jsonl")
    for only in ("topics", None):
        for count in workers:
            # A session for each, in a process of its own
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                n, seconds = pool.submit(spark_rate, count, only, str(source)).result()
            print(
                f"Spark, {only or 'all':6s} {count} workers: {n:6,} articles, {n / seconds:6.0f} articles/s", flush=True
            )


def spark_rate(workers: int, only: Literal["topics"] | None, source: str) -> tuple[int, float]:
    """Articles, and seconds that a cluster on this machine takes for them once its workers have started."""
    from topic_stance.classifier.pipeline import DEFAULT
    from topic_stance.classifier.spark import predict_frame, read_frame, session

    spark = session(f"local-cluster[{workers},1,1024]")
    frame = read_frame(spark, [source]).repartition(2 * workers).persist()
    frame.count()
    predict_frame(frame.limit(20 * workers).repartition(2 * workers), DEFAULT, only=only).all.count()
    began = time.perf_counter()
    n: int = predict_frame(frame, DEFAULT, only=only).all.count()
    seconds = time.perf_counter() - began
    spark.stop()
    return n, seconds


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))
    except OSError:  # it has just ended
        return


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * 4096 / 1e6


def _draw(dumps: dict[str, dict[int, tuple[float, float]]], alone: dict[int, tuple[float, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4))
    for name, points in dumps.items():
        left.loglog(list(points), [seconds for seconds, _ in points.values()], "o-", label=name)
        middle.semilogx(list(points), [memory for _, memory in points.values()], "o-", label=name)
    left.set(title="a dump, two workers", xlabel="articles", ylabel="seconds")
    middle.set(title="its memory", xlabel="articles", ylabel="MB", ylim=(0, 1100))
    middle.axhline(1024, color="grey", linestyle=":")
    for k, name in enumerate(("topics alone", "whole pipeline")):
        right.loglog(list(alone), [times[k] for times in alone.values()], "o-", label=name)
    right.set(title="one article", xlabel="bytes", ylabel="seconds")
    for axes in (left, middle, right):
        axes.legend()
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    main()
