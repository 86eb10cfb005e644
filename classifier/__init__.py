"""Text in, labels out: ``load(path).predict(articles)``. Needs neither MLflow nor scikit-learn."""

from .bundle import BundleError
from .pipeline import Pipeline, load

__all__ = ["BundleError", "Pipeline", "load"]
