"""Compiled code on the disk: says when it is being made, to whoever waits; forgets what was made of older sources."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TextIO

MESSAGE = "compiling for this machine, which is done once and takes up to a minute"


@cache
def announce(out: TextIO | None = None) -> None:
    """From now on, say so once in `out` (standard error) if anything has to be compiled in this process."""
    from numba.core import event

    class Listener(event.Listener):
        """Speaks at the first compilation that it hears of."""

        heard = False

        def on_start(self, event: object) -> None:
            if not self.heard:
                self.heard = True
                print(f"topic-stance: {MESSAGE}", file=out or sys.stderr, flush=True)

        def on_end(self, event: object) -> None:
            pass

    event.register("numba:run_pass", Listener())  # type: ignore[no-untyped-call]


def forget_stale(folder: Path) -> None:
    """Remove the index of compiled code that is older than any source in the folder.

    numba looks at the file of a function alone, not at those of the functions compiled into it: after a change there it
    would go on with the old code.
    """
    newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
    with suppress(OSError):  # nothing compiled yet, or not ours to remove: then numba keeps it elsewhere
        for entry in os.scandir(folder / "__pycache__"):
            if entry.name.endswith(".nbi") and entry.stat().st_mtime < newest:
                os.unlink(entry.path)
