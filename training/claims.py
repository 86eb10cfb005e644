"""One promotion at a time: a claim on a registered model, kept as a tag of it.

MLflow has no compare-and-set. So whoever is to move an alias writes a claim, then looks for those of others: of two
that claim at once, at least one sees the other, withdraws, waits and tries again. A claim that a killed promotion has
left is passed over when it is older than any promotion takes between its claim and the move of the alias.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .store import StoreError

PREFIX = "claim."
STALE = 30.0
"""Seconds after which a claim counts as left behind."""


@contextmanager
def claimed(
    client: Any,
    model: str,
    *,
    patience: float = 2 * STALE,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[None]:
    """Hold the claim on a registered model for the block; raises `StoreError` where another holds it too long."""
    until = clock() + patience
    while True:
        mine = f"{PREFIX}{time.time_ns()}.{os.getpid()}.{random.randrange(1 << 30)}"
        client.set_registered_model_tag(model, mine, repr(clock()))
        try:
            if not _others(client, model, mine, clock()):
                yield
                return
        finally:
            client.delete_registered_model_tag(model, mine)
        if clock() > until:
            raise StoreError(f"{model}: another promotion is under way; try again when it has ended")
        sleep(random.uniform(0.05, 0.5))


def _others(client: Any, model: str, mine: str, now: float) -> list[str]:
    """Live claims of others; dead ones are swept away."""
    live = []
    for key, since in list(client.get_registered_model(model).tags.items()):
        if not key.startswith(PREFIX) or key == mine:
            continue
        if abs(now - _number(since)) < STALE:
            live.append(key)
        else:
            client.delete_registered_model_tag(model, key)
    return live


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
