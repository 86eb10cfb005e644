"""A run: the same data, configuration and seed give the same bundle; what is wrong in a configuration is named."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest

from topic_stance.classifier import Pipeline
from topic_stance.classifier.bundle import Heads, Manifest, save_bundle
from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.classifier.segment import token_hash, tokenize
from topic_stance.classifier.stance import said_word
from topic_stance.classifier.topics import opening_tokens, whole_tokens
from topic_stance.data.exchange import export_articles
from topic_stance.data.records import STANCES, DataError, LabelledArticle, StanceLabel
from topic_stance.training.ablations import Bench
from topic_stance.training.card import data_section, short_paths
from topic_stance.training.config import DataConfig, RunConfig, TrackingConfig, flat, load_config, with_values
from topic_stance.training.fit import Corpus, fit_heads, make_manifest, read_corpus, read_taxonomy
from topic_stance.training.reading import read_article


def saved(folder: Path, heads: Heads, manifest: Manifest) -> dict[str, bytes]:
    save_bundle(folder, heads, manifest)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes(
    tmp_path: Path, tiny_heads: Heads, tiny_corpus: Corpus, tiny_config: RunConfig
) -> None:
    taxonomy = read_taxonomy()
    parts: list[str] = []
    again = fit_heads(tiny_corpus, taxonomy, tiny_config, parts.append)
    first = saved(tmp_path / "first", tiny_heads, make_manifest(tiny_heads, tiny_corpus, taxonomy, tiny_config))
    second = saved(tmp_path / "second", again, make_manifest(again, tiny_corpus, taxonomy, tiny_config))
    assert first == second
    assert parts == ["texts", "topics", "quotes", "actors", "stance"]


def test_the_manifest_says_what_was_learned_from(tiny: Pipeline, tiny_config: RunConfig) -> None:
    manifest = tiny.bundle.manifest
    taxonomy = read_taxonomy()
    assert tuple(topic.label for topic in manifest.topics) == taxonomy.labels
    assert [topic.proposition for topic in manifest.topics] == [entry.proposition for entry in taxonomy.entries]
    assert manifest.data == {"data/articles": "0" * 64}
    assert manifest.options["quotes"] == msgspec.to_builtins(tiny_config.quotes)
    assert "numpy" in manifest.versions


def test_what_the_topic_head_learns_from_is_what_it_predicts_from(authored: list[LabelledArticle]) -> None:
    lexicon = load_boilerplate()
    for article in authored[:40]:
        read = read_article(article, lexicon)
        learned = [tokenize(text).hash.tolist() for text in read.topic_text()]
        whole = whole_tokens(read.title, read.body)
        assert learned == [whole.hash.tolist(), opening_tokens(whole).hash.tolist()]


def test_a_topic_with_too_few_articles_is_named(
    tiny_corpus: Corpus, tiny_config: RunConfig, authored: list[LabelledArticle]
) -> None:
    few = [article for article in authored if "fraud" not in article.topics][:20]
    with pytest.raises(DataError, match=r"topic fraud: 0 of 20 articles carry it.*label more"):
        fit_heads(replace(tiny_corpus, full=few, topics=few), read_taxonomy(), tiny_config)


@pytest.mark.parametrize("missing", STANCES)
def test_a_stance_that_nobody_takes_is_named_before_anything_is_fitted(
    tiny_corpus: Corpus, tiny_config: RunConfig, missing: StanceLabel
) -> None:
    another: StanceLabel = "neutral" if missing == "favor" else "favor"
    few = [with_stances(article, {missing: another}) for article in tiny_corpus.full]
    parts: list[str] = []
    with pytest.raises(DataError, match=f"has the stance {missing}; the stance head needs each of"):
        fit_heads(replace(tiny_corpus, full=few, topics=few), read_taxonomy(), tiny_config, parts.append)
    assert not parts


def with_stances(article: LabelledArticle, others: dict[StanceLabel, StanceLabel]) -> LabelledArticle:
    """The article with some stances in place of others."""
    actors = [
        msgspec.structs.replace(actor, stance={topic: others.get(s, s) for topic, s in actor.stance.items()})
        for actor in article.actors or ()
    ]
    return msgspec.structs.replace(article, actors=actors)


def test_articles_may_be_left_out(tiny_corpus: Corpus) -> None:
    out = [k % 3 == 0 for k in range(len(tiny_corpus.full))]
    rest = replace(tiny_corpus, stances=tiny_corpus.full[:3], passing=tiny_corpus.full[:6]).without(out)
    assert [len(rest.stances), len(rest.passing)] == [2, 4]
    assert [a.id for a in rest.full] == [a.id for a, gone in zip(tiny_corpus.full, out, strict=True) if not gone]
    assert rest.topics == rest.full


CONFIG = """
name = "quay"
seed = 3
[data]
authored = "articles"
held_out = 0.25
[topics]
c = 2.5
[quotes]
buckets = 1024
[stance]
block_scale = [1.0, 2.0, 0.5]
[gate]
metrics = ["content F1"]
"""


def test_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(CONFIG)
    config = load_config(path)
    assert (config.name, config.seed, config.data.authored, config.topics.c) == ("quay", 3, "articles", 2.5)
    assert (config.quotes.buckets, config.quotes.folds) == (1024, RunConfig("x", DataConfig()).quotes.folds)
    recorded = flat(config)
    assert recorded["topics.c"] == "2.5"
    assert recorded["data.held_out"] == "0.25"
    assert all(isinstance(value, str) for value in recorded.values())
    tracking = TrackingConfig(ablations={"pairs, and more": {"topics.ngrams": 2}})
    named = msgspec.structs.replace(config, tracking=tracking)
    assert flat(named)["tracking.ablations.pairs_ and more.topics.ngrams"] == "2", "MLflow allows no comma"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("name = ", "nane = "), "nane"),
        (('name = "quay"\n', ""), "name"),
        (("seed = 3", 'seed = "three"'), r"\$\.seed"),
        (("[topics]\nc = 2.5", '[topics]\nc = "much"'), r"\$\.topics\.c"),
        (("held_out = 0.25", "heldout = 0.25"), "heldout"),
        (("buckets = 1024", "buckets = 10.5"), r"\$\.quotes\.buckets"),
        (("[gate]", "[gates]"), "gates"),
        (('metrics = ["content F1"]', "metrics = 3"), r"\$\.gate\.metrics"),
        (('metrics = ["content F1"]', "metrics = []"), r"\$\.gate\.metrics"),
        (
            ('metrics = ["content F1"]', 'metrics = ["content F1", "topic macroF1"]'),
            "gate.metrics: 'topic macroF1' is no figure .* topic macro-F1, .*topic LABEL P/R/F1",
        ),
        (("[gate]", "[gate]\nslower = -1.0"), r"\$\.gate\.slower"),
        (('authored = "articles"', "authored = 4"), r"\$\.data\.authored"),
        (("held_out = 0.25", "held_out = -0.2"), r"\$\.data\.held_out"),
        (("held_out = 0.25", "held_out = nan"), r"\$\.data\.held_out"),
        (("seed = 3", "seed = -1"), r"\$\.seed"),
        (("[gate]", '[gate]\nmodel = "a:b"'), r"\$\.gate\.model"),
        (("[gate]", "[tracking]\nlearning_curve = [2.0]\n[gate]"), r"\$\.tracking\.learning_curve"),
        (
            ("[gate]", '[tracking.ablations]\nx = {"topics.nothing" = 1}\n[gate]'),
            "tracking.ablations.x: topics.nothing",
        ),
    ],
)
def test_configuration_errors_name_the_file_and_the_key(tmp_path: Path, change: tuple[str, str], key: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(CONFIG.replace(*change))
    with pytest.raises(DataError, match=rf"run\.toml: .*{key}"):
        load_config(path)


def test_figures_of_topics_may_be_metrics(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "run.toml"
    names = ("topic fraud P/R/F1", "stance favor P/R/F1", "quote F1")
    path.write_text(CONFIG.replace('["content F1"]', str(list(names))))
    config = load_config(path)
    assert config.gate.metrics == names
    data = DataConfig(authored=str(root / "data" / "articles"))
    assert read_corpus(msgspec.structs.replace(config, data=data)).full


def test_a_metric_of_no_topic_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(CONFIG.replace("content F1", "topic eels P/R/F1"))
    with pytest.raises(DataError, match=r"'quay': gate\.metrics: 'topic eels P/R/F1' is of no topic .*\(regional_rel"):
        read_corpus(load_config(path))


@pytest.mark.parametrize("section", ["topics", "quotes", "stance"])
def test_an_unknown_option_of_a_head_is_named(tmp_path: Path, section: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(CONFIG.replace(f"[{section}]", f"[{section}]\nepocs = 3"))
    with pytest.raises(DataError, match="epocs"):
        load_config(path)


def test_configuration_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(DataError, match=r"bad\.toml: not TOML: Invalid value \(at end of document\); correct it"):
        load_config(tmp_path / "bad.toml")
    (tmp_path / "digits.toml").write_text(f"seed = {'1' * 5000}")
    with pytest.raises(DataError, match=r"digits\.toml: not TOML: Exceeds the limit"):
        load_config(tmp_path / "digits.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"bytes\.toml: is not UTF-8"):
        load_config(tmp_path / "bytes.toml")


def test_every_configuration_of_the_project_is_sound(root: Path) -> None:
    paths = sorted((root / "experiments").glob("*.toml"))
    assert paths
    for path in paths:
        load_config(path)


def test_a_corpus_is_read_as_configured(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    corpus = read_corpus(RunConfig("x", DataConfig(authored="data/articles")))
    assert corpus.full == corpus.topics
    assert list(corpus.hashes) == ["data/articles"]
    assert len(corpus.hashes["data/articles"]) == 64


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DataConfig(), "names no fully labelled articles"),
        (DataConfig(authored="none"), "none: no such folder"),
        (DataConfig(articles=["none.jsonl"]), r"none\.jsonl: no such file; .* see data/labels/DATASHEET\.md"),
        (DataConfig(full=["none.jsonl"]), r"none\.jsonl: no such file"),
        (DataConfig(stances=["none.jsonl"]), r"none\.jsonl: no such file"),
        (DataConfig(passing=["none.jsonl"]), r"none\.jsonl: no such file"),
        (DataConfig(topics=["none.tsv"]), r"none\.tsv: no such file"),
        (DataConfig(leanings="none.tsv"), r"none\.tsv: no such file$"),
        (DataConfig(polnear="none"), "none: not a PolNeAR part"),
    ],
)
def test_data_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: DataConfig, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        read_corpus(RunConfig("quay", data))


def test_a_taxonomy_needs_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.toml"
    path.write_text('[[topics]]\nlabel = "eels"\ndescription = "Eels."\n')
    with pytest.raises(DataError, match=r"taxonomy\.toml: a topic needs label, description and proposition"):
        read_taxonomy(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"taxonomy\.toml: names no"),
        ("= 1", r"taxonomy\.toml:1: not TOML: Invalid statement \(column 1\); correct this line"),
        ('[[topics]]\nlabel = "a"\ndescription = ""\nproposition = ""\n' * 2, "twice: a, a"),
        ('[[topics]]\nlabel = 3\ndescription = ""\nproposition = ""\n', "a topic needs .*`str`, got `int`"),
        ("topics = 3", "a topic needs .*got `int`"),
        ("topics = [1]", "a topic needs .*got `int`"),
        pytest.param(f"n = {'1' * 5000}", r"taxonomy\.toml: not TOML", id="digits"),
    ],
)
def test_a_taxonomy_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "taxonomy.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_taxonomy(path)
    with pytest.raises(DataError, match="nosuch: cannot be read"):
        read_taxonomy(tmp_path / "nosuch")


def test_short_authored_texts_are_no_real_news(root: Path) -> None:
    alone = read_corpus(RunConfig("x", DataConfig(authored=str(root / "data/articles"))))
    both = read_corpus(
        RunConfig("x", DataConfig(authored=str(root / "data/articles"), briefs=str(root / "data/briefs")))
    )
    assert len(both.full) > 5 * len(alone.full)
    assert both.authored == {article.id for article in both.full} > alone.authored
    assert set(both.hashes) - set(alone.hashes) == {str(root / "data/briefs")}


def test_stances_alone_and_in_passing_are_read_apart(root: Path, tmp_path: Path) -> None:
    text = "Eels are fish, Ann Tonk said."
    (tmp_path / "texts.jsonl").write_text(json.dumps({"id": "a", "text": text}) + "\n")
    quote = {"content": [[0, 13]], "cue": [24, 28], "source": [15, 23], "kind": "indirect", "actor": "Ann Tonk"}
    for name, topic in (("stances", "fraud"), ("passing", "law_enforcement")):
        actor = {"name": "Ann Tonk", "type": "person", "stance": {topic: "neutral"}}
        record = {"id": "a", "text_sha256": sha256(text.encode()).hexdigest(), "topics": [topic]}
        (tmp_path / name).write_text(json.dumps(record | {"quotes": [quote], "actors": [actor]}) + "\n")
    files = {name: [str(tmp_path / name)] for name in ("stances", "passing")}
    data = DataConfig(authored=str(root / "data/articles"), articles=[str(tmp_path / "texts.jsonl")], **files)  # type: ignore[arg-type]
    corpus = read_corpus(RunConfig("x", data))
    assert [article.topics for article in corpus.stances] == [["fraud"]]
    assert [article.topics for article in corpus.passing] == [["law_enforcement"]]
    assert "a" not in {article.id for article in corpus.topics}, "no label of topics"
    assert set(corpus.hashes) == {data.authored, *data.articles, *data.stances, *data.passing}


def test_what_was_exported_can_be_learned_from(root: Path, tmp_path: Path, authored: list[LabelledArticle]) -> None:
    export_articles("jsonl", authored[:3], tmp_path / "relabelled.jsonl")
    data = DataConfig(authored=str(root / "data/briefs"), full=[str(tmp_path / "relabelled.jsonl")])
    assert read_corpus(RunConfig("x", data)).full[-3:] == authored[:3]


@pytest.mark.parametrize("place", ["topics", "stance"])
def test_a_label_that_is_no_topic_is_refused(tmp_path: Path, authored: list[LabelledArticle], place: str) -> None:
    article = msgspec.to_builtins(authored[0])
    if place == "topics":
        article["topics"] = ["fruad"]
    else:
        article["actors"][0]["stance"] = {"fruad": "favor"}
    (tmp_path / "x.jsonl").write_bytes(msgspec.json.encode(article))
    with pytest.raises(DataError, match=f"article {authored[0].id}: the label 'fruad' is no topic of the taxonomy"):
        read_corpus(RunConfig("x", DataConfig(full=[str(tmp_path / "x.jsonl")])))


def test_an_ablation_of_data_reads_them_anew(root: Path, tmp_path: Path, authored: list[LabelledArticle]) -> None:
    export_articles("jsonl", authored[:9], tmp_path / "more.jsonl")
    config = RunConfig("x", DataConfig(authored=str(root / "data/briefs")))
    corpus = read_corpus(config)
    bench = Bench(config, corpus, authored[:4], read_taxonomy())
    assert bench.learned_from(with_values(config, {"topics.c": 2.0})) is corpus
    more = bench.learned_from(with_values(config, {"data.full": [str(tmp_path / "more.jsonl")]}))
    assert more.ids() - corpus.ids() == {article.id for article in authored[4:9]}, "none of those measured on"


def test_every_labelled_article_is_learned_from(tiny_corpus: Corpus, authored: list[LabelledArticle]) -> None:
    first, *_, second, third = authored
    corpus = replace(tiny_corpus, full=[], stances=[first], topics=[second], passing=[third])
    assert corpus.ids() == {first.id, second.id, third.id}
    assert corpus.without_ids({first.id, third.id}).ids() == {second.id}


def test_stances_in_passing_are_learned_from(tiny_corpus: Corpus, tiny_config: RunConfig, tiny_heads: Heads) -> None:
    more = replace(tiny_corpus, passing=tiny_corpus.full[:5])
    assert not np.array_equal(fit_heads(more, read_taxonomy(), tiny_config).stance.bias, tiny_heads.stance.bias)
    none = with_values(tiny_config, {"stance.passing": 0.0})
    np.testing.assert_array_equal(fit_heads(more, read_taxonomy(), none).stance.weights, tiny_heads.stance.weights)


@pytest.mark.parametrize("option", ["stance.vectors", "stance.leanings"])
def test_stances_share_weight(tiny_corpus: Corpus, tiny_config: RunConfig, tiny_heads: Heads, option: str) -> None:
    without = fit_heads(tiny_corpus, read_taxonomy(), with_values(tiny_config, {option: False})).stance
    full = tiny_heads.stance
    assert np.isin(without.table.keys, full.table.keys).all()
    place = np.searchsorted(full.table.keys, without.table.keys)
    assert not np.allclose(without.weights, full.weights[place], atol=1e-4)


def test_words_that_readers_know_are_features(tiny_corpus: Corpus, tiny_config: RunConfig, tiny_heads: Heads) -> None:
    without = fit_heads(tiny_corpus, read_taxonomy(), with_values(tiny_config, {"stance.leanings": False})).stance
    assert len(tiny_heads.stance.table.keys) > len(without.table.keys) + 5_000


def with_leanings(config: RunConfig, path: Path, table: str) -> RunConfig:
    path.write_text(table)
    return msgspec.structs.replace(config, data=msgspec.structs.replace(config.data, leanings=str(path)))


def test_another_table_of_leanings_takes_the_place_of_the_own(
    tmp_path: Path, tiny_corpus: Corpus, tiny_config: RunConfig, tiny_heads: Heads
) -> None:
    config = with_leanings(
        tiny_config, tmp_path / "few.tsv", "part\tword\tfraud\nsaid\tzzglimmer\t9 1\nsaid\tquay\t1 9\n"
    )
    keys = fit_heads(tiny_corpus, read_taxonomy(), config).stance.table.keys
    assert said_word(token_hash("zzglimmer")) in keys.tolist()
    assert len(keys) < len(tiny_heads.stance.table.keys) - 5_000


def test_the_card_names_the_table_of_leanings(tmp_path: Path, tiny_corpus: Corpus, tiny_config: RunConfig) -> None:
    path = tmp_path / "few.tsv"
    config = with_leanings(tiny_config, path, "part\tword\tfraud\nsaid\tquay\t1 9\n")
    of_own, of_others = (
        data_section(some, replace(tiny_corpus, hashes=hashes))
        for some, hashes in ((tiny_config, {}), (config, {str(path): "0" * 64}))
    )
    assert "`data/lexicons/leanings.tsv` | how words lean" in of_own
    assert "few.tsv` | how words lean on each topic" in of_others
    assert "data/lexicons/leanings.tsv" not in of_others


def test_sources_of_one_short_name_are_told_apart(tiny_corpus: Corpus, tiny_config: RunConfig) -> None:
    paths = ["/quay/a/labels/full.jsonl", "/quay/b/labels/full.jsonl", "../labels/full.jsonl", "labels/topics.tsv"]
    names = ["labels/full.jsonl", "labels/full.jsonl (2)", "labels/full.jsonl (3)", "labels/topics.tsv"]
    assert short_paths(paths) == dict(zip(paths, names, strict=True))
    section = data_section(tiny_config, replace(tiny_corpus, hashes={path: path for path in paths}))
    assert all(section.count(f"`{name}`") == 1 for name in names)


def test_leanings_on_other_topics_are_refused_before_anything_is_fitted(
    tmp_path: Path, tiny_corpus: Corpus, tiny_config: RunConfig
) -> None:
    config = with_leanings(tiny_config, tmp_path / "tides.tsv", "part\tword\ttides\nsaid\tquay\t1 9\n")
    parts: list[str] = []
    with pytest.raises(DataError, match=r"tides\.tsv:1: none of the topics regional_relations, fraud, law_enforcement"):
        fit_heads(tiny_corpus, read_taxonomy(), config, parts.append)
    assert not parts


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1, 2])
def test_a_prior_is_a_share(tiny_config: RunConfig, prior: float) -> None:
    with pytest.raises(DataError, match=r"topics\.prior"):
        with_values(tiny_config, {"topics.prior": prior})


def test_the_ablations_are_of_the_default_configuration(root: Path) -> None:
    ablations, default = (load_config(root / "experiments" / f"{name}.toml") for name in ("ablations", "default"))
    for section in ("data", "topics", "quotes", "stance", "seed"):
        assert getattr(ablations, section) == getattr(default, section), section
