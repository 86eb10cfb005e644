"""A topic is data: one more of them in a taxonomy, with labels, is learned and predicted by the same code."""

import json
import os
import shutil
from pathlib import Path

import pytest

from topic_stance.classifier.bundle import load_bundle
from topic_stance.data.records import STANCES
from topic_stance.training.cli import main
from topic_stance.training.corpus_tools import OK

pytestmark = pytest.mark.xdist_group("mlflow")

TOPIC = """
[[topics]]
label = "water_sharing"
description = "Sharing the water of rivers, wells and reservoirs in a drought."
proposition = "the water should be shared"
"""
CONFIG = """
name = "four"
[data]
taxonomy = "taxonomy.toml"
authored = "articles"
held_out = 0.25
[quotes]
buckets = 1024
epochs = 2
folds = 2
[topics]
folds = 2
[stance]
folds = 2
"""
PLACES = "Orrin Tallow Merrow Quay Saltby Fenwick Dunmere Hollis Ashby Carrow Penrith Wexley".split()
MARKED = """+++
id = "w{k}"
title = "Wells run low in {place}"
topics = ["water_sharing"]
[[actors]]
name = "Mara {place}son"
type = "person"
stance = {{ water_sharing = "favor" }}
[[actors]]
name = "Odo {place}field"
type = "person"
stance = {{ water_sharing = "against" }}
+++
The drought has emptied the wells of {place}, and the reservoir above the town holds water for {k} weeks.

<q a="Mara {place}son">“Everyone must share the reservoir, and we welcome the pipeline to our neighbours,”</q> \
<c>said</c> <s>Mara {place}son</s>.

<q n="2" a="Odo {place}field">“Nobody gets a drop from my well, and I oppose every pipeline and every ration,”</q> \
<c n="2">said</c> <s n="2">Odo {place}field</s>.

Farmers measured the irrigation canals again on day {k} of the drought.
"""
NEW = (
    "The drought has emptied the wells of Brindle, and the reservoir above the town holds little water.\n\n"
    "“Everyone must share the reservoir, and we welcome the pipeline,” said Mara Quill.\n\n"
    "“Nobody gets a drop from my well, and I oppose every ration,” said Odo Finch.\n\n"
    "Farmers measured the irrigation canals again."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A project's folder with its own taxonomy, its articles among authored ones, and the bundle trained on them."""
    made = tmp_path_factory.mktemp("four")
    (made / "taxonomy.toml").write_text((root / "data" / "taxonomy.toml").read_text() + TOPIC)
    (made / "articles").mkdir()
    for path in sorted((root / "data" / "articles").glob("*.txt"))[::12]:
        shutil.copy(path, made / "articles")
    for k, place in enumerate(PLACES, 3):
        (made / "articles" / f"w{k:02d}.txt").write_text(MARKED.format(k=k, place=place))
    (made / "four.toml").write_text(CONFIG)
    before = Path.cwd()
    os.chdir(made)
    try:
        # A store by its whole path: MLflow keeps the relative one of other tests.
        uri = f"sqlite:///{made / 'mlflow.db'}"
        assert main(["train", "--config", "four.toml", "--output", "out", "--no-promote", "--tracking-uri", uri]) == OK
    finally:
        os.chdir(before)
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    return made


def test_the_bundle_knows_the_topic(folder: Path) -> None:
    bundle = load_bundle(folder / "out")
    assert [topic.label for topic in bundle.manifest.topics][3:] == ["water_sharing"]
    assert bundle.manifest.topics[3].proposition == "the water should be shared"
    assert bundle.heads.stance.topics[3] == "water_sharing"


def test_topic_and_stances_are_predicted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump = folder / "new.jsonl"
    dump.write_text(json.dumps({"id": "n", "title": "Wells run low in Brindle", "text": NEW}))
    assert main(["predict", str(dump), "--model", str(folder / "out"), "--quiet", "--processes", "1"]) == OK
    (line,) = capsys.readouterr().out.splitlines()
    prediction = json.loads(line)
    assert "water_sharing" in [topic["label"] for topic in prediction["topics"] if topic["assigned"]]
    stances = {
        a["name"]: s["label"] for a in prediction["actors"] for s in a["stances"] if s["topic"] == "water_sharing"
    }
    assert set(stances.values()) <= set(STANCES)
    assert (stances["Mara Quill"], stances["Odo Finch"]) == ("favor", "against")


def test_the_corpus_is_checked_against_the_taxonomy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["corpus", "check", str(folder / "articles" / "w03.txt")]
    main(check)
    assert "water_sharing" in capsys.readouterr().out.partition("\n\n")[0]
    assert main([*check, "--taxonomy", str(folder / "taxonomy.toml")]) == OK
