"""Says to whoever waits that something is being compiled."""

from __future__ import annotations

import sys
from functools import cache

MESSAGE = "compiling for this machine, which is done once and takes a minute or two"


@cache
def announce() -> None:
    """From now on, say so once in standard error if anything has to be compiled in this process."""
    from numba.core import event

    class Listener(event.Listener):
        """Speaks at the first compilation that it hears of."""

        heard = False

        def on_start(self, event: object) -> None:
            if not self.heard:
                self.heard = True
                print(f"topic-stance: {MESSAGE}", file=sys.stderr, flush=True)

        def on_end(self, event: object) -> None:
            pass

    event.register("numba:run_pass", Listener())  # type: ignore[no-untyped-call]
