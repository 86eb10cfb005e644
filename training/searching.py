"""The command `topic-stance search`: better options for a configuration, found by Optuna."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import OK, Added, add_store, count, say

if TYPE_CHECKING:
    from .arguments import Commands


def add_search(commands: Commands) -> Added:
    """`search`: trials over a configuration's options."""
    command = commands.add_parser(
        "search",
        help="search for better options of a configuration",
        description="Try options of a configuration (its section [search.space], or a default one), as nested MLflow "
        "runs, until there are so many trials; run again, it goes on where it was. The winner is written as a "
        "configuration for `train`. The articles that `train` measures on are not looked at.",
    )
    command.add_argument("--config", required=True, type=Path, metavar="FILE", help="TOML; where the search starts")
    command.add_argument(
        "--trials", required=True, type=count, metavar="N", help="trials in all, earlier ones included"
    )
    command.add_argument("--jobs", type=count, default=1, metavar="N", help="trials side by side (default: 1)")
    command.add_argument(
        "--storage", default="sqlite:///search.db", metavar="URL", help="where the study is kept (default: %(default)s)"
    )
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the winner as TOML (default: NAME-best.toml, here)"
    )
    add_store(command)
    return command, run_search


def run_search(arguments: argparse.Namespace) -> int:
    """Search, and write the winner."""
    from topic_stance.classifier.compiling import announce
    from topic_stance.data.writers import check_writable, replacing

    from .config import load_config
    from .search import load_search, search, to_toml

    config, options = load_config(arguments.config), load_search(arguments.config)
    output = arguments.output or Path(f"{config.name}-best.toml")
    check_writable({"the winner": output}, [arguments.config])
    announce()
    found = search(
        config,
        options,
        trials=arguments.trials,
        jobs=arguments.jobs,
        storage=arguments.storage,
        tracking_uri=arguments.tracking_uri,
        progress=say,
    )
    with replacing(output) as file:
        file.write(to_toml(found.config).encode())
    failed = f", {found.failed} of them failed" if found.failed else ""
    print(f"best of {found.finished} trials{failed}: trial {found.number} with {found.value:.4f}")
    print(f"{output}: topic-stance train --config {output}")
    return OK
