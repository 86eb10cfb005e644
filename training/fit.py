"""All heads from a configuration: read the corpora, fit each head, make the bundle."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import msgspec

from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.bundle import FORMAT, Bundle, Heads, Manifest, TopicEntry, load_bundle, save_bundle
from topic_stance.classifier.cleaning import Boilerplate, body_tokens, judge_lines, kept_spans, load_boilerplate, prose
from topic_stance.classifier.context import Context, context
from topic_stance.classifier.quotes import FoundQuote, QuoteHead, quote_spans
from topic_stance.classifier.segment import Tokens, tokenize
from topic_stance.classifier.stance import actor_features
from topic_stance.classifier.topics import LEAD_REPEATS, LEAD_TOKENS, OPENING_TOKENS
from topic_stance.data.corpus import read_marked
from topic_stance.data.public import articles, full_labels, polnear, topic_labels
from topic_stance.data.records import STANCES, DataError, LabelledArticle

from .actors import fit_actors, found_quote, main_title, rank_groups
from .config import RunConfig
from .quotes import Example, fit_quotes, labelled_attributions
from .rewriting import negated
from .stance import StanceExample, fit_stance
from .tagger import read_tagger
from .topics import TopicText, fit_topics
from .vectors import read_word_vectors
from .words import read_word_classes


@dataclass(frozen=True)
class Corpus:
    """Labelled articles: in full (quotes, actors, stances), by stances, by topic, and attributions of other texts."""

    full: list[LabelledArticle]
    stances: list[LabelledArticle]
    topics: list[LabelledArticle]
    attributed: list[Example]
    hashes: dict[str, str]
    authored: frozenset[str] = frozenset()
    """Ids of the articles that are no real news."""

    def without(self, left_out: Sequence[bool]) -> Corpus:
        """The corpus without some of the fully labelled articles, and without their topics."""
        ids = {article.id for article, out in zip(self.full, left_out, strict=True) if out}
        return Corpus(
            [article for article in self.full if article.id not in ids],
            [article for article in self.stances if article.id not in ids],
            [article for article in self.topics if article.id not in ids],
            self.attributed,
            self.hashes,
            self.authored,
        )


@dataclass(frozen=True)
class ReadArticle:
    """An article as the heads see it."""

    article: LabelledArticle
    title: Tokens | None
    body: Tokens
    prose: Tokens
    """The body as quotes, actors and stances are read from it."""
    kept: list[tuple[int, int]]

    def topic_text(self) -> TopicText:
        """What the topic head learns from: token for token what `classifier/topics.py` makes when it predicts."""
        text = "\n".join(self.article.text[a:b] for a, b in self.kept)
        whole = f"{self.article.title}\n{text}" if self.article.title else text
        ends = tokenize(whole).end
        lead, opening = (whole[: ends[:n][-1]] if len(ends) else "" for n in (LEAD_TOKENS, OPENING_TOKENS))
        return TopicText(whole, "\n".join([*[lead] * LEAD_REPEATS, opening]))


@dataclass(frozen=True)
class Taxonomy:
    """The topics of `data/taxonomy.toml`."""

    entries: list[dict[str, Any]]

    @property
    def labels(self) -> tuple[str, ...]:
        """Topic labels in the file's order."""
        return tuple(entry["label"] for entry in self.entries)


def read_taxonomy(path: Path | str | None = None) -> Taxonomy:
    """The taxonomy from a file, or the project's own."""
    source = Path(path) if path else resources.files("topic_stance.data").joinpath("taxonomy.toml")
    try:
        entries = tomllib.loads(source.read_text(encoding="utf-8")).get("topics", [])
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{source}: not TOML: {error}") from None
    if not entries:
        raise DataError(f"{source}: names no [[topics]]")
    for entry in entries:
        if not {"label", "description", "proposition"} <= set(entry):
            raise DataError(f"{source}: a topic needs label, description and proposition: {entry}")
    labels = [entry["label"] for entry in entries]
    if len(set(labels)) < len(labels):
        raise DataError(f"{source}: a label stands there twice: {', '.join(labels)}")
    return Taxonomy(entries)


def read_corpus(config: RunConfig) -> Corpus:
    """Everything that the configuration names, with the SHA-256 of each source."""
    data = config.data
    full: list[LabelledArticle] = []
    by_topic: list[LabelledArticle] = []
    hashes: dict[str, str] = {}
    for folder in filter(None, (data.authored, data.briefs)):
        full += read_marked(Path(folder))
        hashes[folder] = _digest(sorted(Path(folder).glob("*.txt")))
    authored = frozenset(article.id for article in full)
    texts = articles(Path(path) for path in data.articles)
    for path in data.articles + data.full + data.stances + data.topics:
        if not Path(path).is_file():
            raise DataError(f"{path}: no such file; see data/labels/DATASHEET.md for where the articles come from")
        hashes[path] = _digest([Path(path)])
    for path in data.full:
        full += full_labels(Path(path), texts)
    stances = [article for path in data.stances for article in full_labels(Path(path), texts)]
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
    return Corpus(full, stances, by_topic, _speech_only(attributed, full), hashes, authored)


def fit_heads(
    corpus: Corpus, taxonomy: Taxonomy, config: RunConfig, done: Callable[[str], None] = lambda part: None
) -> Heads:
    """Fit every head on a corpus; the same corpus, configuration and seed give the same heads.

    `done` is called with the name of each part when it is finished: texts, then the heads.
    """
    lexicon = load_boilerplate()
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
    actors = fit_actors(groups, seed=config.seed)
    done("actors")
    with_stances = [read_article(article, lexicon) for article in corpus.stances]
    contexts += [context(read.prose, quotes.words, quotes.tagger) for read in with_stances]
    pairs = [
        example
        for k, (read, where) in enumerate(zip(full + with_stances, contexts, strict=True))
        for example in stance_examples(read, where, actors, taxonomy.labels, k)
    ]
    if config.stance.negated:
        pairs += _negated_examples(full + with_stances, quotes, actors, taxonomy.labels, config.stance.negated)
    vectors = read_word_vectors(config.stance.vector_scale) if config.stance.vectors else None
    stance = fit_stance(pairs, taxonomy.labels, config.stance, config.seed, vectors)
    done("stance")
    return Heads(topics, quotes, actors, stance)


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


def read_article(article: LabelledArticle, lexicon: Boilerplate) -> ReadArticle:
    """An article as the heads see it, read as the pipeline does."""
    title = tokenize(article.title) if article.title else None
    tokens = tokenize(article.text)
    verdicts = judge_lines(tokens, lexicon, title)
    body = body_tokens(tokens, verdicts)
    return ReadArticle(article, title, body, prose(body)[0], kept_spans(tokens, verdicts))


def stance_examples(
    read: ReadArticle, where: Context, ranking: Any, topics: tuple[str, ...], number: int
) -> list[StanceExample]:
    """The labelled (actor, topic) pairs of one article, quotes as labelled, actors as the resolver names them."""
    by_actor: dict[str, list[FoundQuote]] = {}
    for quote in read.article.quotes or ():
        found = found_quote(quote.content, quote.cue, quote.source, read.prose)
        if found is not None:
            by_actor.setdefault(quote.actor, []).append(found)
    every: list[FoundQuote] = []
    own: dict[str, slice] = {}
    for name, quotes in by_actor.items():
        own[name] = slice(len(every), len(every) + len(quotes))
        every += quotes
    resolved = resolve_actors(read.article.text, read.prose, where, quote_spans(every), ranking)
    examples = []
    for actor in read.article.actors or ():
        if actor.name not in own:
            continue
        title = main_title(resolved, own[actor.name])
        raw = actor_features(read.prose, where, quote_spans(by_actor[actor.name]), title)
        examples += [
            StanceExample(raw, topics.index(topic), label, number)
            for topic, label in actor.stance.items()
            if topic in topics and label in STANCES
        ]
    return examples


def _negated_examples(
    articles: Sequence[ReadArticle], quotes: QuoteHead, ranking: Any, topics: tuple[str, ...], weight: float
) -> list[StanceExample]:
    """Examples of what the actors would have said had they said the contrary."""
    lexicon = load_boilerplate()
    made: list[StanceExample] = []
    for number, original in enumerate(articles):
        article = negated(original.article)
        if article is not None:
            read = read_article(article, lexicon)
            where = context(read.prose, quotes.words, quotes.tagger)
            found = stance_examples(read, where, ranking, topics, number)
            made += [replace(example, weight=weight, made=True) for example in found]
    return made


def make_manifest(heads: Heads, corpus: Corpus, taxonomy: Taxonomy, config: RunConfig) -> Manifest:
    """What the bundle says of itself."""
    entries = []
    for k, entry in enumerate(taxonomy.entries):
        slope, intercept = heads.topics.calibration[k].tolist()
        described = (entry["label"], entry["description"], entry["proposition"])
        entries.append(TopicEntry(*described, float(heads.topics.threshold[k]), (slope, intercept)))
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
        h for word, n in cue_words.items() if n > 1 and word not in _FUNCTION for h in tokenize(word).hash.tolist()
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


_FUNCTION = frozenset(
    "to of the in has have had was is are were a an that be been for on by not will would as at with and he she".split()
)


def _digest(paths: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
