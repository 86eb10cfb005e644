"""All heads from a configuration: read the corpora, fit each head, make the bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

import msgspec

from topic_stance.classifier.bundle import FORMAT, Bundle, Heads, Manifest, TopicEntry, load_bundle, save_bundle
from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.classifier.context import context
from topic_stance.classifier.segment import tokenize
from topic_stance.data.corpus import read_marked
from topic_stance.data.files import read_toml
from topic_stance.data.public import articles, full_labels, polnear, topic_labels
from topic_stance.data.records import DataError, LabelledArticle

from .actors import fit_actors, rank_groups
from .config import RunConfig, check_topics_of_metrics
from .examples import Finder, all_examples
from .leanings import read_leanings
from .quotes import Example, fit_quotes, labelled_attributions
from .reading import read_article
from .stance import check_every_stance, fit_stance
from .tagger import read_tagger
from .topics import fit_topics
from .vectors import FeatureVectors, read_word_vectors, side_by_side
from .words import read_word_classes


@dataclass(frozen=True)
class Corpus:
    """Labelled articles: in full (quotes, actors, stances), by stances, by topic, and attributions of other texts.

    `passing`: articles by stances towards topics that they touch in passing; their topics are these.
    """

    full: list[LabelledArticle]
    stances: list[LabelledArticle]
    topics: list[LabelledArticle]
    attributed: list[Example]
    hashes: dict[str, str]
    authored: frozenset[str] = frozenset()
    """Ids of the articles that are no real news."""
    passing: Sequence[LabelledArticle] = ()

    def ids(self) -> set[str]:
        """Of all labelled articles, whatever their labels."""
        return {article.id for part in (self.full, self.stances, self.topics, self.passing) for article in part}

    def without(self, left_out: Sequence[bool]) -> Corpus:
        """The corpus without some of the fully labelled articles, and without any other labels of theirs."""
        return self.without_ids({article.id for article, out in zip(self.full, left_out, strict=True) if out})

    def without_ids(self, ids: Collection[str]) -> Corpus:
        """The corpus without the articles of these ids."""
        return Corpus(
            [article for article in self.full if article.id not in ids],
            [article for article in self.stances if article.id not in ids],
            [article for article in self.topics if article.id not in ids],
            self.attributed,
            self.hashes,
            self.authored,
            [article for article in self.passing if article.id not in ids],
        )


class Topic(msgspec.Struct, frozen=True):
    """What a topic is called, what it means, and the proposition towards which stances on it are taken."""

    label: str
    description: str
    proposition: str


@dataclass(frozen=True)
class Taxonomy:
    """Topics with their descriptions and propositions, in the order of the file."""

    entries: list[Topic]

    @property
    def labels(self) -> tuple[str, ...]:
        """Topic labels in the file's order."""
        return tuple(entry.label for entry in self.entries)


def read_taxonomy(path: Path | str | None = None) -> Taxonomy:
    """The taxonomy from a file, or the project's own; raises `DataError` where the file is none."""
    source = Path(path) if path else Path(str(resources.files("topic_stance.data"))) / "taxonomy.toml"
    try:
        entries = msgspec.convert(read_toml(source).get("topics", []), list[Topic])
    except msgspec.ValidationError as error:
        raise DataError(f"{source}: a topic needs label, description and proposition: {error}") from None
    if not entries:
        raise DataError(f"{source}: names no [[topics]]")
    labels = [entry.label for entry in entries]
    if len(set(labels)) < len(labels):
        raise DataError(f"{source}: a label stands there twice: {', '.join(labels)}")
    return Taxonomy(entries)


def read_corpus(config: RunConfig) -> Corpus:
    """Everything that the configuration names, with the SHA-256 of each source.

    Raises `DataError` where a file cannot be used, none is labelled in full, or a label or a metric is of no topic.
    """
    data = config.data
    topics = read_taxonomy(data.taxonomy).labels
    check_topics_of_metrics(config, topics)
    full: list[LabelledArticle] = []
    by_topic: list[LabelledArticle] = []
    hashes: dict[str, str] = {}
    for folder in filter(None, (data.authored, data.briefs)):
        full += read_marked(Path(folder))
        hashes[folder] = _digest(sorted(Path(folder).glob("*.txt")))
    authored = frozenset(article.id for article in full)
    texts = articles(Path(path) for path in data.articles)
    tables = [data.leanings] if data.leanings else []
    for path in tables + data.articles + data.full + data.stances + data.passing + data.topics:
        if not Path(path).is_file():
            raise DataError(f"{path}: no such file")
        hashes[path] = _digest([Path(path)])
    for path in data.full:
        full += full_labels(Path(path), texts)
    stances, passing = (
        [article for path in paths for article in full_labels(Path(path), texts)]
        for paths in (data.stances, data.passing)
    )
    for path in data.topics:
        by_topic += topic_labels(Path(path), texts)
    attributed = []
    if data.polnear:
        for text in polnear(Path(data.polnear)):
            attributed.append(Example(tokenize(text.text), text.attributions, data.polnear_weight))
        hashes[data.polnear] = _digest(sorted(Path(data.polnear).glob("*/*")))
    if not full:
        raise DataError(f"configuration {config.name!r} names no fully labelled articles")
    named = {article.id for article in by_topic}
    by_topic += [article for article in full if article.id not in named]
    _check_topics([*by_topic, *full, *stances, *passing], topics)
    return Corpus(full, stances, by_topic, _speech_only(attributed, full), hashes, authored, passing)


def _check_topics(labelled: Sequence[LabelledArticle], known: Sequence[str]) -> None:
    """A label that is no topic would count as none of them, without a word: raises `DataError` for the first."""
    for article in labelled:
        for label in (*article.topics, *(label for actor in article.actors or () for label in actor.stance)):
            if label not in known:
                raise DataError(
                    f"article {article.id}: the label {label!r} is no topic of the taxonomy ({', '.join(known)}); "
                    "correct it, take it out, or add the topic"
                )


def fit_heads(
    corpus: Corpus, taxonomy: Taxonomy, config: RunConfig, done: Callable[[str], None] = lambda part: None
) -> Heads:
    """Fit every head on a corpus; the same corpus, configuration and seed give the same heads.

    `done` is called with the name of each part when it is finished: texts, then the heads. Raises `DataError` for a
    topic or a stance with too few labels.
    """
    check_every_stance(_labelled_stances(corpus))
    lexicon = load_boilerplate()
    vectors = _known_of_words(config, taxonomy.labels)
    full = [read_article(article, lexicon) for article in corpus.full]
    by_topic = [read_article(article, lexicon) for article in corpus.topics]
    done("texts")
    topics = fit_topics(
        [read.topic_text() for read in by_topic],
        [read.article.topics for read in by_topic],
        taxonomy.labels,
        config.topics,
        config.seed,
        [read.article.id in corpus.authored for read in by_topic],
    )
    done("topics")
    examples = [Example(read.prose, labelled_attributions(read.article)) for read in full] + corpus.attributed
    quotes = fit_quotes(examples, read_word_classes(), read_tagger(), config.quotes, config.seed)
    done("quotes")
    contexts = [context(read.prose, quotes.words, quotes.tagger) for read in full]
    groups = [
        g for read, where in zip(full, contexts, strict=True) for g in rank_groups(read.article, read.prose, where)
    ]
    actors = fit_actors(groups, config.seed)
    done("actors")
    with_stances = full + [read_article(article, lexicon) for article in corpus.stances]
    passing = [read_article(article, lexicon) for article in corpus.passing]
    pairs = all_examples(with_stances, passing, Finder(quotes, actors), taxonomy.labels, config.stance)
    stance = fit_stance(pairs, taxonomy.labels, config.stance, config.seed, vectors)
    done("stance")
    return Heads(topics, quotes, actors, stance)


def _labelled_stances(corpus: Corpus) -> set[str]:
    """The stances that some actor has, so that it is told at once where one is missing."""
    labelled = (*corpus.full, *corpus.stances, *corpus.passing)
    return {label for article in labelled for actor in article.actors or () for label in actor.stance.values()}


def _known_of_words(config: RunConfig, topics: Sequence[str]) -> FeatureVectors | None:
    options, path = config.stance, config.data.leanings
    leanings = read_leanings(topics, Path(path) if path else None) if options.leanings else None
    if path and options.leanings and leanings is None:
        raise DataError(f"{path}:1: none of the topics {', '.join(topics)}; its columns must be part, word, and topics")
    return side_by_side(read_word_vectors(options.vector_scale) if options.vectors else None, leanings)


def fit_bundle(
    corpus: Corpus,
    taxonomy: Taxonomy,
    config: RunConfig,
    folder: Path,
    done: Callable[[str], None] = lambda part: None,
) -> Bundle:
    """Fit, save, and load again, so that what is measured is what is used."""
    from threadpoolctl import threadpool_limits

    # One thread: sums in another order would be another model, and on small matrices more threads are slower.
    with threadpool_limits(1):
        heads = fit_heads(corpus, taxonomy, config, done)
    save_bundle(folder, heads, make_manifest(heads, corpus, taxonomy, config))
    return load_bundle(folder)


def make_manifest(heads: Heads, corpus: Corpus, taxonomy: Taxonomy, config: RunConfig) -> Manifest:
    """What the bundle says of itself."""
    entries = []
    for k, entry in enumerate(taxonomy.entries):
        a, b, c = heads.topics.calibration[k].tolist()
        described = (entry.label, entry.description, entry.proposition)
        entries.append(TopicEntry(*described, float(heads.topics.threshold[k]), (a, b, c)))
    options = msgspec.to_builtins(config)
    # Where a bundle goes and what is measured beside it have no part in what it is.
    for name in ("output", "tracking"):
        options.pop(name, None)
    return Manifest(
        FORMAT,
        entries,
        config.quotes.cue_threshold,
        {},
        corpus.hashes,
        {name: metadata.version(name) for name in ("numba", "numpy", "scikit-learn", "scipy")},
        options,
    )


def _speech_only(attributed: list[Example], full: Sequence[LabelledArticle]) -> list[Example]:
    """Attributions whose cue holds a word that is a cue of the labelled speech acts: thought and plans drop out."""
    cue_words: dict[str, int] = {}
    texts = [(article.text, quote.cue) for article in full for quote in article.quotes or () if quote.cue]
    for text, cue in texts:
        for word in text[slice(*cue)].lower().split():
            cue_words[word] = cue_words.get(word, 0) + 1
    known = {
        h
        for word, n in cue_words.items()
        if n > 1 and word not in _FUNCTION_WORDS
        for h in tokenize(word).hash.tolist()
    }
    kept = []
    for example in attributed:
        tokens = example.tokens
        speech = []
        for attribution in example.attributions:
            hashes = {int(h) for a, b in attribution.cue for h in tokens.hash[(tokens.start >= a) & (tokens.end <= b)]}
            if attribution.source and hashes & known:
                speech.append(attribution)
        kept.append(Example(tokens, speech, example.weight))
    return kept


_FUNCTION_WORDS = frozenset(
    "to of the in has have had was is are were a an that be been for on by not will would as at with and he she".split()
)


def _digest(paths: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
