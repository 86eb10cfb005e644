"""The decorators of compiled functions, and where on the disk numba keeps what it compiled.

numba asks a function's own file whether compiled code is still right, not those of the functions compiled into it, and
keeps it beside the source, so that every copy of the project compiles anew. Here it lies in the user's cache, in a
folder named after numba and all sources: it is never out of date, and other checkouts, environments and deployed models
with the same sources find it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba

_settings: Any = numba.config


def compiled(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Compile a function; without the interpreter's lock, so that threads run side by side.

    What cannot be kept, as on a full disk, or was kept and is damaged, is compiled all the same.
    """
    if function is None:
        return partial(compiled, **options)
    made: Any = numba.njit(function, cache=True, nogil=True, **options)
    if _settings.DISABLE_JIT:
        return made
    # numba asks this guard as well, though its own lets such errors pass on Windows only.
    made._cache._guard_against_spurious_io_errors = partial(suppress, OSError, EOFError, pickle.UnpicklingError)
    return made


borrowing: Any = partial(compiled, _nrt=False)
"""Compiles a function that borrows the arrays it is given: it makes none, returns none, nor calls one that does. Then
references are not counted, which took half of the time where functions are given an article with all its arrays.
(`_nrt` is numba's, not in its documentation; an option that numba does not know is an error.)"""
maker: Any = partial(numba.njit, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Compiles a function that compiled code alone calls and that makes arrays. The way in from Python is left out: of a
function that is given an article with all its arrays that takes long to compile. What calls it is kept on the disk."""
inner: Any = partial(maker, _nrt=False)
"""The same for a function that borrows its arrays."""
inlined: Any = partial(numba.njit, inline="always")
"""Compiles a small function into each of those that call it."""

_HANDED_ON = "TOPIC_STANCE_COMPILED"
"""The variable by which workers find the place that their parent has made for itself."""
_handed_on: list[tuple[int, Path]] = []
"""Places that a process has made for itself, with its number: a copy of it (`os.fork`) must not remove them."""
_KEPT = 4
"""So many versions of the sources have their compiled code kept: the ones made last."""
_VERSION = re.compile(r"[0-9a-f]{16}")


def version(package: Path) -> str:
    """A name for all that compiled code is made of: numba, the sources in `classifier`, the word lists beside it."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted([*package.glob("classifier/*.py"), *package.glob("data/lexicons/*.txt")]):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def place(base: Path, name: str) -> Path | None:
    """The folder `name` of the project's in `base`, made if need be; `None` where nothing can be written.

    Where it is new, only the newest of those for other versions are kept.
    """
    found = base / "topic-stance" / name
    try:
        new = not found.exists()
        found.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=found).close()
        if new:
            versions = [entry for entry in found.parent.iterdir() if _VERSION.fullmatch(entry.name)]
            for old in sorted(versions, key=lambda entry: entry.stat().st_mtime)[:-_KEPT]:
                shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return None
    return found


def bases() -> list[Path]:
    """Where compiled code may be kept, best first: as numba was told, in the user's cache, beside the sources."""
    told = [os.environ.get(_HANDED_ON), _settings.CACHE_DIR, os.environ.get("XDG_CACHE_HOME")]
    with suppress(RuntimeError):  # nobody knows where home is
        told.append(str(Path.home() / ".cache"))
    return [*(Path(path) for path in told if path), Path(__file__).parent / "__pycache__"]


@cache
def folder() -> Path:
    """Where compiled code is kept: the first place that can be written to, or one for this process and its workers.

    That one begins with what another place has that can only be read, as in an image.
    """
    name = version(Path(__file__).parents[1])
    for base in bases():
        if found := place(base, name):
            return found
    base = Path(tempfile.mkdtemp(prefix="topic-stance-"))
    _handed_on.append((os.getpid(), base))
    atexit.register(discard)
    made = base / "topic-stance" / name
    for other in bases():
        with suppress(OSError):
            shutil.copytree(other / "topic-stance" / name, made)
            break
    made.mkdir(parents=True, exist_ok=True)
    os.environ[_HANDED_ON] = str(base)
    return made


def discard() -> None:
    """Remove the place that was made for this process alone, if there is one."""
    while _handed_on:
        owner, base = _handed_on.pop()
        if owner == os.getpid():
            shutil.rmtree(base, ignore_errors=True)
            os.environ.pop(_HANDED_ON, None)


class Locator:
    """Tells numba where the compiled code of a function is kept, and of what source it was made."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._file = file
        self._line = function.__code__.co_firstlineno
        # Files of different packages may share a name.
        self._path = folder() / Path(file).parent.name

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> Locator | None:
        """The place of a function of this project; `None` for others, which numba then keeps as it always does."""
        return cls(function, file) if function.__module__.startswith("topic_stance.") else None

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        self._path.mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        """The folder."""
        return str(self._path)

    def get_source_stamp(self) -> str:
        """What the function's own file holds: it need not be in `classifier`."""
        return _content(self._file)

    def get_disambiguator(self) -> str:
        """Tells functions of one name in one file apart."""
        return str(self._line)


@cache
def _content(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


_USUAL = "UserProvidedCacheLocator,InTreeCacheLocator,UserWideCacheLocator,IPythonCacheLocator,ZipCacheLocator"
_settings.CACHE_LOCATOR_CLASSES = f"{__name__}.Locator,{_settings.CACHE_LOCATOR_CLASSES or _USUAL}"
