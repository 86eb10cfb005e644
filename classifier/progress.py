"""How far a run is: a bar on a terminal, a plain line now and then in a log, or nothing."""

from __future__ import annotations

import contextlib
import shutil
import time
from typing import TextIO

_BAR_SECONDS = 0.2
_LINE_SECONDS = 10.0


class Progress:
    """Writes articles, rate and time left to `out`; the time is reckoned from the bytes that were read.

    Where `out` cannot be written to any more (the log is full, its reader gone) it falls silent: no run ends for it.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._terminal = out.isatty()
        self._total: int | None = None
        self._bytes = self._skipped_bytes = 0
        self._articles = self._skipped_articles = 0
        self._began = self._shown = time.monotonic()

    def start(self, total: int | None, articles: int = 0, skipped: int = 0) -> None:
        """Begin: `total` bytes to read (`None`: not known), so many articles and bytes of them done before."""
        self._total = total
        self._articles = self._skipped_articles = articles
        self._bytes = self._skipped_bytes = skipped
        self._began = self._shown = time.monotonic()

    def read(self, size: int) -> None:
        """So many more bytes were read."""
        self._bytes += size

    def update(self, articles: int) -> None:
        """So many articles are done altogether."""
        self._articles = articles
        now = time.monotonic()
        if now - self._shown >= (_BAR_SECONDS if self._terminal else _LINE_SECONDS):
            self._shown = now
            self._show(now)

    def close(self) -> None:
        """Clear the bar away."""
        if self._terminal:
            self._write("\r\x1b[K")

    def _show(self, now: float) -> None:
        seconds = now - self._began
        rate = (self._articles - self._skipped_articles) / seconds
        parts = [f"{self._articles:,} articles", f"{rate:,.0f}/s"]
        if self._total:
            share = min(self._bytes / self._total, 1.0)
            fresh = self._bytes - self._skipped_bytes
            if fresh > 0:
                parts.append(f"{_clock((self._total - self._bytes) / fresh * seconds)} left")
            parts.insert(0, f"{share:4.0%}")
            if self._terminal:
                width = max(10, min(40, shutil.get_terminal_size().columns - 50))
                parts.insert(0, ("█" * round(share * width)).ljust(width, "░"))
        text = "  ".join(parts)
        self._write(f"\r{text}\x1b[K" if self._terminal else f"{text}\n")

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the latter where it was closed
            self._out.write(text)
            self._out.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
