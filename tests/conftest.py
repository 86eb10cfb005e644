"""What many tests share: the shipped model, and a tiny one that is fitted once a session."""

from pathlib import Path

import pytest
from hypothesis import settings

from topic_stance.classifier import Pipeline, load
from topic_stance.classifier.bundle import Bundle, Heads, Manifest, load_bundle, save_bundle
from topic_stance.data.corpus import read_marked
from topic_stance.data.records import LabelledArticle
from topic_stance.training.config import DataConfig, RunConfig
from topic_stance.training.fit import Corpus, fit_heads, make_manifest, read_taxonomy
from topic_stance.training.quotes import QuoteOptions
from topic_stance.training.stance import StanceOptions
from topic_stance.training.topics import TopicOptions

ROOT = Path(__file__).parent.parent

# No test depends on the clock: a first call may compile.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def authored() -> list[LabelledArticle]:
    """The authored corpus."""
    return read_marked(ROOT / "data" / "articles")


@pytest.fixture(scope="session")
def shipped() -> Pipeline:
    """The model that is shipped."""
    return load()


@pytest.fixture(scope="session")
def tiny_config() -> RunConfig:
    """Options for a model that is fitted in a second or two."""
    return RunConfig(
        name="tiny",
        data=DataConfig(authored="data/articles"),
        topics=TopicOptions(folds=2),
        quotes=QuoteOptions(buckets=1 << 10, epochs=2, folds=2),
        stance=StanceOptions(c=0.01, folds=2),
    )


@pytest.fixture(scope="session")
def tiny_corpus(authored: list[LabelledArticle]) -> Corpus:
    """Some twenty authored articles, every topic with and without among them."""
    few = authored[:24]
    return Corpus(few, [], few, [], {"data/articles": "0" * 64})


@pytest.fixture(scope="session")
def tiny_heads(tiny_corpus: Corpus, tiny_config: RunConfig) -> Heads:
    """The heads of the tiny model as they come out of the fit; treat them as read-only."""
    return fit_heads(tiny_corpus, read_taxonomy(), tiny_config)


@pytest.fixture
def tiny_manifest(tiny_heads: Heads, tiny_corpus: Corpus, tiny_config: RunConfig) -> Manifest:
    """A fresh manifest for the tiny heads."""
    return make_manifest(tiny_heads, tiny_corpus, read_taxonomy(), tiny_config)


@pytest.fixture
def tiny_folder(tmp_path: Path, tiny_heads: Heads, tiny_manifest: Manifest) -> Path:
    """A saved tiny bundle that a test may spoil."""
    folder = tmp_path / "bundle"
    save_bundle(folder, tiny_heads, tiny_manifest)
    return folder


@pytest.fixture(scope="session")
def tiny(
    tmp_path_factory: pytest.TempPathFactory, tiny_heads: Heads, tiny_corpus: Corpus, tiny_config: RunConfig
) -> Pipeline:
    """The tiny model as a pipeline."""
    folder = tmp_path_factory.mktemp("tiny")
    save_bundle(folder, tiny_heads, make_manifest(tiny_heads, tiny_corpus, read_taxonomy(), tiny_config))
    bundle: Bundle = load_bundle(folder)
    return Pipeline(bundle)
