"""The commands `topic-stance corpus …`: check labelled articles, convert them, and suggest what to label next."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from topic_stance.data.records import DataError

from .arguments import OK, REFUSED, Added, Command, add_model, count, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topic_stance.data.records import Article, LabelledArticle

    from .arguments import Commands

FORMATS = ("jsonl", "label-studio", "brat", "prodigy")  # those of `data.exchange`, which is imported when it is needed


def add_corpus(commands: Commands) -> Added:
    """`corpus`: a group of four commands."""
    group = commands.add_parser("corpus", help="check, convert and grow a corpus of labelled articles")
    parts = group.add_subparsers(metavar="COMMAND", required=True)
    for add in (_add_check, _add_import, _add_export, _add_suggest):
        command, run = add(parts)
        command.set_defaults(run_part=run)
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return group, corpus


def corpus(arguments: argparse.Namespace) -> int:
    """Run the command of the group that was given."""
    run: Command = arguments.run_part
    return run(arguments)


def check(arguments: argparse.Namespace) -> int:
    """Report everything that is wrong, then the table; 1 where something is."""
    from topic_stance.data.public import articles

    from .corpus_check import corpus_problems, corpus_table, load_corpus
    from .fit import read_taxonomy

    loaded = load_corpus(arguments.inputs, articles(arguments.articles) if arguments.articles else None)
    problems = corpus_problems(loaded, read_taxonomy(arguments.taxonomy).labels, arguments.public, say)
    for problem in problems:
        print(problem)
    if problems:
        print()
    print(corpus_table(loaded.articles))
    say(f"{len(loaded.articles):,} articles read, {len(problems):,} problems")
    return REFUSED if problems else OK


def import_(arguments: argparse.Namespace) -> int:
    """Another tool's labels to the project's own JSONL; 1 where something was skipped."""
    from topic_stance.data.exchange import export_articles, import_articles
    from topic_stance.data.writers import check_writable

    check_writable({"labelled articles": arguments.output}, [arguments.input])
    found = import_articles(arguments.format, arguments.input)
    export_articles("jsonl", found.articles, arguments.output)
    for reason in found.skipped:
        say(f"{reason}: skipped")
    say(f"{arguments.output}: {len(found.articles):,} articles, {len(found.skipped):,} skipped")
    return REFUSED if found.skipped else OK


def export(arguments: argparse.Namespace) -> int:
    """Labelled articles, JSONL or inline-marked, to another tool's files."""
    from topic_stance.data.exchange import export_articles

    from .fit import read_taxonomy

    path: Path = arguments.input
    # A folder of brat standoff is new: there is nothing that it could be written over.
    output = None if arguments.format == "brat" else arguments.output
    _check_places("labelled articles", output, arguments.label_config, [path, *arguments.articles])
    labelled = _read(path, arguments.articles)
    export_articles(arguments.format, labelled, arguments.output)
    _write_config(arguments.label_config, read_taxonomy(arguments.taxonomy).labels)
    say(f"{arguments.output}: {len(labelled):,} articles")
    return OK


def suggest(arguments: argparse.Namespace) -> int:
    """The articles of a dump on which the model is least sure, as pre-labelled tasks; 1 where records were rejected."""
    from topic_stance.classifier.compiling import announce
    from topic_stance.classifier.pipeline import load
    from topic_stance.data.readers import Record, read
    from topic_stance.data.writers import replacing

    from .corpus_suggest import suggest, tasks
    from .models import find_model

    _check_places("tasks", arguments.output, arguments.label_config, arguments.inputs)
    rejected = 0

    def articles() -> Iterator[Article]:
        nonlocal rejected
        for item in read(arguments.inputs):
            if isinstance(item, Record):
                yield item.article
            else:
                rejected += 1

    announce()
    pipeline = load(find_model(arguments.model, arguments.tracking_uri))
    found = suggest(pipeline, articles(), arguments.n)
    with replacing(arguments.output) as file:
        file.write(tasks(found))
    _write_config(arguments.label_config, pipeline.bundle.heads.topics.labels)
    say(f"{arguments.output}: {len(found):,} articles to label, {rejected:,} records rejected")
    return REFUSED if rejected else OK


def _add_check(parts: Commands) -> Added:
    command = parts.add_parser(
        "check",
        help="check labelled articles and show their figures",
        description="Check inline-marked articles and labelled JSONL. Exit code 1 says that something was found.",
    )
    command.add_argument("inputs", nargs="+", type=Path, metavar="FOLDER_OR_FILE", help="marked articles, or JSONL")
    _add_taxonomy(command)
    _add_articles(command)
    command.add_argument(
        "--public",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH",
        help="public articles, as `predict` takes them, with which no sentence may be shared",
    )
    return command, check


def _add_import(parts: Commands) -> Added:
    command = parts.add_parser("import", help="another tool's labels to labelled JSONL")
    command.add_argument("--from", dest="format", required=True, choices=FORMATS, help="what the input is")
    command.add_argument("input", type=Path, metavar="IN", help="a file, or a folder of brat standoff")
    _add_output(command, "OUT.jsonl", "labelled articles")
    return command, import_


def _add_export(parts: Commands) -> Added:
    command = parts.add_parser("export", help="labelled articles to another tool's files")
    command.add_argument("--to", dest="format", required=True, choices=FORMATS, help="what the output is to be")
    command.add_argument("input", type=Path, metavar="IN", help="labelled JSONL, or a folder of marked articles")
    _add_output(command, "OUT", "a file, or for brat a new folder")
    _add_articles(command)
    _add_taxonomy(command)
    _add_config(command)
    return command, export


def _add_suggest(parts: Commands) -> Added:
    command = parts.add_parser("suggest", help="the articles most worth labelling, as pre-labelled Label Studio tasks")
    command.add_argument("inputs", nargs="+", metavar="DUMP", help='articles as `predict` takes them; "-" is stdin')
    command.add_argument("-n", type=count, default=100, metavar="N", help="how many articles (default: %(default)s)")
    add_model(command)
    _add_output(command, "TASKS.json", "Label Studio tasks")
    _add_config(command)
    return command, suggest


def _add_output(command: argparse.ArgumentParser, name: str, what: str) -> None:
    command.add_argument("-o", "--output", required=True, type=Path, metavar=name, help=what)


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--label-config", type=Path, metavar="XML", help="also write the Label Studio interface for the tasks"
    )


def _add_taxonomy(command: argparse.ArgumentParser) -> None:
    command.add_argument("--taxonomy", type=Path, metavar="FILE", help="topics there may be (default: the project's)")


def _add_articles(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--articles",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="articles (JSONL, plain or .gz) whose texts belong to labels without texts, as those of "
        "data/labels/full.jsonl",
    )


def _read(path: Path, texts: Sequence[Path]) -> list[LabelledArticle]:
    """The marked articles of a folder, or those of JSONL, laid on the `texts` where it holds none of its own."""
    from topic_stance.data.corpus import read_marked
    from topic_stance.data.public import articles, labelled_from

    if not path.is_dir():
        return labelled_from(path, articles(texts) if texts else None)
    if texts:
        raise DataError(f"{path}: marked articles hold their texts: leave out --articles")
    return read_marked(path)


def _check_places(what: str, output: Path | None, config: Path | None, inputs: Iterable[str | Path]) -> None:
    """Raise `DataError`, before the work, where the output or the interface cannot be written."""
    from topic_stance.data.writers import check_writable

    places = {what: output, "the interface": config}
    check_writable({name: place for name, place in places.items() if place}, inputs)


def _write_config(path: Path | None, topics: Sequence[str]) -> None:
    if path is not None:
        from topic_stance.data.label_studio import label_config
        from topic_stance.data.writers import replacing

        with replacing(path) as file:
            file.write(label_config(topics).encode())
