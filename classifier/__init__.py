"""Text in, labels out: ``load(path).predict(articles)``. Needs neither MLflow nor scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bundle import BundleError
    from .pipeline import Pipeline, load

__all__ = ["BundleError", "Pipeline", "load"]


def __getattr__(name: str) -> Any:
    """Compiled code is imported when it is first needed, so that reading a dump or an error message starts at once."""
    if name == "BundleError":
        from .bundle import BundleError

        return BundleError
    if name in ("Pipeline", "load"):
        from . import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
