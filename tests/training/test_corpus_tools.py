"""`topic-stance corpus`: what it finds, where it says it is, and what comes out of it."""

import gzip
import hashlib
import json
import types
from pathlib import Path

import msgspec
import pytest

from topic_stance.data.exchange import import_articles
from topic_stance.data.records import Actor, Article, LabelledArticle, Prediction, Quote, Stance, TopicScore
from topic_stance.training import cli, corpus_tools
from topic_stance.training.corpus_suggest import suggest

MARKED = """+++
id = "{id}"
topics = ["fraud"]
style = "wire"
region = "Europe"

[[actors]]
name = "Ilka Storr"
type = "person"
stance = {{ fraud = "against" }}
+++
{lead}

<q a="Ilka Storr">"The ledgers of the {id} mill were never mine,"</q> <s>Ilka Storr</s> <c>said</c>.
"""
LEADS = (
    "Two millers met under the old bridge before dawn and counted what the river had left to them.",
    "Nobody in the valley would say which of the seven barges had carried the missing grain north.",
    "Rain fell for a week.",
)


def corpus(*arguments: object) -> int:
    return cli.main(["corpus", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    for number, lead in enumerate(LEADS):
        (made / f"{number}.txt").write_text(MARKED.format(id=f"mill{number}", lead=lead))
    return made


@pytest.fixture
def labelled(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    assert corpus("export", "--to", "jsonl", folder, "-o", path) == 0
    return path


def changed(path: Path, line: int, change) -> None:
    """Change one record of a JSONL file."""
    lines = path.read_bytes().splitlines()
    record = json.loads(lines[line - 1])
    change(record)
    lines[line - 1] = json.dumps(record).encode()
    path.write_bytes(b"\n".join(lines))


class TestCheck:
    def test_nothing_wrong(self, folder: Path, capsys) -> None:
        assert corpus("check", folder) == 0
        out, err = capsys.readouterr()
        rows = {tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in out.splitlines()}
        assert {
            ("articles", "", "3"),
            ("topics", "fraud", "3"),
            ("style", "wire", "3"),
            ("region", "Europe", "3"),
            ("stance on fraud", "against", "3 (100%)"),
            ("stance on fraud", "favor", "0 (0%)"),
            ("quotes", "direct", "3"),
        } <= rows
        assert err == "3 articles read, 0 problems\n"

    def test_every_bad_file_is_named(self, folder: Path, capsys) -> None:
        (folder / "0.txt").write_text("no front matter")
        (folder / "1.txt").write_text(MARKED.format(id="a", lead="x").replace("</s>", ""))
        (folder / "3.txt").write_text(MARKED.format(id="b", lead="x").replace('["fraud"]', "3"))
        (folder / "4.txt").write_bytes(b"+++\n\xff")
        assert corpus("check", folder) == 1
        out = capsys.readouterr().out.splitlines()
        assert out[0].startswith(f"{folder}/0.txt:1: must begin")
        assert out[1].startswith(f"{folder}/1.txt: <s> of quote 1 is never closed")
        assert out[2].startswith(f"{folder}/3.txt:")
        assert out[3].startswith(f"{folder}/4.txt: is not UTF-8")

    @pytest.mark.parametrize("mark", ["<q a='Ilka Storr'>", "<s n=2>", "< /q>", "<c"])
    def test_what_looks_like_a_mark(self, mark: str, folder: Path, capsys) -> None:
        (folder / "0.txt").write_text(MARKED.format(id="mill0", lead=f"One.\nTwo {mark} three."))
        assert corpus("check", folder) == 1
        assert f"{folder}/0.txt:13: looks like a mark and is none: {mark}" in capsys.readouterr().out

    def test_near_duplicates_and_ids(self, folder: Path, capsys) -> None:
        (folder / "3.txt").write_text((folder / "1.txt").read_text())
        assert corpus("check", folder) == 1
        out = capsys.readouterr().out.splitlines()
        assert out[0] == f"{folder}/3.txt:1: the id 'mill1' is taken by {folder}/1.txt:1"
        assert out[1] == f"{folder}/3.txt:1: is a near-duplicate of {folder}/1.txt:1"

    def test_the_second_article_of_a_file(self, folder: Path, capsys) -> None:
        first = (folder / "0.txt").read_text()
        (folder / "0.txt").write_text(first + (folder / "1.txt").read_text())
        assert corpus("check", folder) == 1
        line = first.count("\n") + 1
        assert f"{folder}/1.txt:1: the id 'mill1' is taken by {folder}/0.txt:{line}" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda r: r["quotes"][0].update(cue=[0, 9999]), "the cue at 0–9999 is out of the text"),
            (lambda r: r["quotes"][0].update(source=[4, 4]), "the source at 4–4 is empty"),
            (lambda r: r["quotes"][0].update(kind="mixed"), "is called mixed, its quotation marks make it direct"),
            (lambda r: r["quotes"][0].update(actor="Nobody"), "the actor 'Nobody' of a quote is not among"),
            (lambda r: r.update(quotes=[]), "the actor 'Ilka Storr' has no quote"),
            (lambda r: r["actors"][0].update(stance={}), "needs one stance for each topic"),
            (lambda r: r["actors"].append(r["actors"][0]), "the actor 'Ilka Storr' is listed 2 times"),
            (lambda r: r.update(topics=["fraud", "weather"]), "the topic 'weather' is not in the taxonomy"),
            (lambda r: r.update(topics=["fraud", "fraud"]), "a topic is given twice"),
            (lambda r: r["quotes"][0].update(kind="loud"), "not a labelled article: Invalid enum value 'loud'"),
            (lambda r: r.update(text=" "), "the text is empty"),
        ],
    )
    def test_labels(self, change, message: str, labelled: Path, capsys) -> None:
        changed(labelled, 2, change)
        assert corpus("check", labelled) == 1
        out = capsys.readouterr().out
        assert any(line.startswith(f"{labelled}:2: ") and message in line for line in out.splitlines()), out

    def test_labels_without_texts(self, labelled: Path, tmp_path: Path, capsys) -> None:
        records = [json.loads(line) for line in labelled.read_bytes().splitlines()]
        texts = tmp_path / "texts.jsonl"
        texts.write_text("".join(json.dumps({"id": r["id"], "text": r["text"]}) + "\n" for r in records))
        labels = tmp_path / "labels.jsonl"
        kept = ("id", "topics", "quotes", "actors")
        hashes = [hashlib.sha256(r["text"].encode()).hexdigest() for r in records]
        hashes[2] = "0" * 64
        labels.write_text(
            "".join(
                json.dumps({k: r[k] for k in kept} | {"text_sha256": digest}) + "\n"
                for r, digest in zip(records, hashes, strict=True)
            )
        )
        assert corpus("check", labels) == 1
        assert f"{labels}:1: labels without texts: name their articles with --articles" in capsys.readouterr().out
        changed(labels, 2, lambda record: record["quotes"][0].update(kind="indirect"))
        assert corpus("check", labels, "--articles", texts) == 1
        out = capsys.readouterr().out
        assert f"{labels}:2: the quote at" in out
        assert f"{labels}:3: article mill2 has another text than the one that was labelled" in out
        assert f"{labels}:1:" not in out

    def test_every_bad_line_is_named(self, labelled: Path, capsys) -> None:
        labelled.write_bytes(b"{\n" + labelled.read_bytes() + b"[" * 100_000 + b'\n{"id": "\xff"}')
        assert corpus("check", labelled) == 1
        out = capsys.readouterr().out
        assert [line.split(":")[1] for line in out.splitlines() if line.startswith(str(labelled))] == ["1", "5", "6"]

    @pytest.mark.parametrize("name", ["absent", "."])
    def test_nothing_there(self, name: str, tmp_path: Path, capsys) -> None:
        assert corpus("check", tmp_path / name) == 2
        assert capsys.readouterr().err.startswith(f"topic-stance: {tmp_path}")


class TestPublicText:
    def public(self, tmp_path: Path, *texts: str) -> Path:
        path = tmp_path / "public.jsonl.gz"
        path.write_bytes(gzip.compress(b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)))
        return path

    def test_long_sentences_by_their_runs(self, folder: Path, tmp_path: Path, capsys) -> None:
        words = "which OF the seven barges\nhad carried the missing -- grain, north!"
        public = self.public(tmp_path, "", "Other.", f"Nobody here could tell {words} And so on.")
        assert corpus("check", folder, "--public", public) == 0  # eleven words
        public = self.public(tmp_path, "", "Other.", f"Nobody would say {words} And so on.")
        assert corpus("check", folder, "--public", public) == 1
        out, err = capsys.readouterr()
        assert f"{folder}/1.txt:12: shares words with {public}:3: Nobody in the valley would say which of" in out
        assert f"{public}:1: not compared: text is empty" in err

    def test_short_sentences_whole(self, folder: Path, tmp_path: Path, capsys) -> None:
        lead = "Quite short.\nThe mill wheel turned twice and then stopped. Seven words are not enough for this."
        (folder / "0.txt").write_text(MARKED.format(id="mill0", lead=lead))
        public = self.public(
            tmp_path, "So the mill wheel turned twice and then stopped, and seven words are not enough."
        )
        assert corpus("check", folder, "--public", public) == 1
        found = [line for line in capsys.readouterr().out.splitlines() if "shares" in line]
        assert found == [
            f"{folder}/0.txt:13: shares words with {public}:1: "
            "The mill wheel turned twice and then stopped. Seven words are not enou…"
        ]

    def test_several_paths(self, folder: Path, tmp_path: Path, capsys) -> None:
        (tmp_path / "b.txt").write_text("Nothing.")
        (tmp_path / "a.txt").write_text(LEADS[0])
        assert corpus("check", folder, "--public", tmp_path / "b.txt", tmp_path / "a.txt") == 1
        assert f"{folder}/0.txt:12: shares words with {tmp_path}/a.txt:1" in capsys.readouterr().out


class TestConvert:
    @pytest.mark.parametrize("format", corpus_tools.FORMATS)
    def test_there_and_back(self, format: str, labelled: Path, tmp_path: Path) -> None:
        assert corpus("export", "--to", format, labelled, "-o", tmp_path / "out") == 0
        assert corpus("import", "--from", format, tmp_path / "out", "-o", tmp_path / "back.jsonl") == 0
        assert (tmp_path / "back.jsonl").read_bytes() == labelled.read_bytes()

    def test_labels_and_the_texts_that_they_are_laid_on(self, labelled: Path, tmp_path: Path, capsys) -> None:
        records = [json.loads(line) for line in labelled.read_bytes().splitlines()]
        texts, labels = tmp_path / "texts.jsonl", tmp_path / "labels.jsonl"
        texts.write_text("".join(json.dumps({"id": r["id"], "text": r["text"]}) + "\n" for r in records))
        for record in records[1:]:
            record["text_sha256"] = hashlib.sha256(record.pop("text").encode()).hexdigest()
        del records[0]["quotes"], records[0]["actors"]
        labels.write_text("".join(json.dumps(record) + "\n" for record in records))
        out = tmp_path / "out.jsonl"
        assert corpus("export", "--to", "jsonl", labels, "-o", out) == 2
        assert f"{labels}:2: labels without texts: name their articles with --articles" in capsys.readouterr().err
        assert corpus("export", "--to", "jsonl", labels, "--articles", texts, "-o", out) == 0
        first, *others = [json.loads(line) for line in out.read_bytes().splitlines()]
        assert "quotes" not in first
        whole = [json.loads(line) for line in labelled.read_bytes().splitlines()]
        assert [(r["text"], r["quotes"]) for r in others] == [(r["text"], r["quotes"]) for r in whole[1:]]

    def test_a_folder_without_articles(self, tmp_path: Path, capsys) -> None:
        (tmp_path / "empty").mkdir()
        assert corpus("export", "--to", "jsonl", tmp_path / "empty", "-o", tmp_path / "out.jsonl") == 2
        assert "empty: holds no marked articles" in capsys.readouterr().err
        assert not (tmp_path / "out.jsonl").exists()

    def test_a_folder_needs_no_texts(self, folder: Path, tmp_path: Path, capsys) -> None:
        options = ["--articles", tmp_path / "none.jsonl", "-o", tmp_path / "out.jsonl"]
        assert corpus("export", "--to", "jsonl", folder, *options) == 2
        assert "leave out --articles" in capsys.readouterr().err

    def test_the_formats_are_all_there(self) -> None:
        from topic_stance.data.exchange import EXCHANGE_FORMATS

        assert corpus_tools.FORMATS == EXCHANGE_FORMATS

    def test_skipped_tasks_are_said(self, tmp_path: Path, capsys) -> None:
        (tmp_path / "in.jsonl").write_text('{"text": "a"}\n{"text": "b", "answer": "reject"}\n')
        assert corpus("import", "--from", "prodigy", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl") == 1
        assert "in.jsonl:2: was answered 'reject': skipped" in capsys.readouterr().err

    def test_a_bad_file_is_a_message(self, tmp_path: Path, capsys) -> None:
        (tmp_path / "in.json").write_text('[{"data": {}}]')
        assert corpus("import", "--from", "label-studio", tmp_path / "in.json", "-o", tmp_path / "out.jsonl") == 2
        err = capsys.readouterr().err
        assert err == f"topic-stance: {tmp_path}/in.json: task 1: Object missing required field `text` - at `$.data`\n"
        assert not (tmp_path / "out.jsonl").exists()


class TestOutputs:
    """What cannot be written is told before the work, and nothing that is read is written over."""

    @pytest.mark.parametrize(
        ("output", "message"), [("labelled.jsonl", "would be written into the input"), ("none/x", "is not a folder")]
    )
    @pytest.mark.parametrize("command", [("export", "--to", "prodigy"), ("import", "--from", "jsonl"), ("suggest",)])
    def test_the_output(
        self, command: tuple[str, ...], output: str, message: str, labelled: Path, tmp_path: Path, monkeypatch, capsys
    ) -> None:
        monkeypatch.setattr("topic_stance.classifier.pipeline.load", lambda path: pytest.fail("began to predict"))
        before = labelled.read_bytes()
        assert corpus(*command, labelled, "-o", tmp_path / output) == 2
        assert message in capsys.readouterr().err
        assert labelled.read_bytes() == before

    def test_the_articles_of_labels(self, labelled: Path, tmp_path: Path, capsys) -> None:
        texts = tmp_path / "texts.jsonl"
        texts.write_bytes(labelled.read_bytes())
        assert corpus("export", "--to", "jsonl", labelled, "--articles", texts, "-o", texts) == 2
        assert "would be written into the input" in capsys.readouterr().err

    @pytest.mark.parametrize("command", [("export", "--to", "label-studio"), ("suggest",)])
    def test_the_interface(self, command: tuple[str, ...], labelled: Path, tmp_path: Path, capsys) -> None:
        out = tmp_path / "out.json"
        assert corpus(*command, labelled, "-o", out, "--label-config", out) == 2
        assert "the interface cannot go to one file" in capsys.readouterr().err
        assert not out.exists()


class Sure:
    """A model whose probabilities are in the text: fraud, then border, thresholds 0.5 and 0.2."""

    bundle = types.SimpleNamespace(
        heads=types.SimpleNamespace(
            topics=types.SimpleNamespace(
                labels=("fraud", "border"), threshold=types.SimpleNamespace(tolist=lambda: [0.5, 0.2])
            )
        )
    )

    def predict(self, articles: list[Article]) -> list[Prediction]:
        return [self._predict(article) for article in articles]

    def _predict(self, article: Article) -> Prediction:
        fraud, border = map(float, article.text.split()[:2])
        topics = [TopicScore("fraud", fraud, fraud >= 0.5), TopicScore("border", border, border >= 0.2)]
        quotes = [Quote([(0, 3)], None, (4, 7), "indirect", 0), Quote([(4, 7)], None, None, "indirect", None)]
        actors = [Actor("A", "person", "", [(0, 3), (4, 7), (0, 3)], [Stance("fraud", "favor", 0.9)])]
        return Prediction(article.id, "sure/1", topics, quotes, actors)


def dump(*pairs: tuple[float, float]) -> list[Article]:
    return [Article(f"{k}", f"{a:.2f} {b:.2f} {chr(97 + k) * 40} {chr(98 + k) * 30}") for k, (a, b) in enumerate(pairs)]


class TestSuggest:
    def test_the_least_sure_of_each_topic_in_turn(self) -> None:
        some = dump((0.9, 0.9), (0.51, 0.9), (0.9, 0.23), (0.52, 0.9), (0.9, 0.1), (0.0, 0.0))
        found = suggest(Sure(), some, 4)
        assert [s.article.id for s in found] == ["1", "2", "3", "4"]
        assert [round(s.margin, 2) for s in found] == [0.01, 0.03, 0.02, 0.1]

    def test_fewer_than_wanted(self) -> None:
        assert len(suggest(Sure(), dump((0.1, 0.1), (0.2, 0.2)), 9)) == 2
        assert suggest(Sure(), [], 9) == []

    def test_near_duplicates_once(self) -> None:
        texts = [f"0.51 0.90 {LEADS[0]} {LEADS[1]}"] * 3 + [f"0.70 0.90 {LEADS[2]}"]
        some = [Article(str(k), text) for k, text in enumerate(texts)]
        assert [s.article.id for s in suggest(Sure(), some, 2)] == ["0", "3"]

    def test_many(self) -> None:
        some = [Article(str(k), f"{k / 1000} 0.9 {k} " + f"w{k} " * 9) for k in range(1000)]
        assert {s.article.id for s in suggest(Sure(), some, 3) if s.prediction.topics[0].probability < 0.6} >= {"500"}

    def test_command(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
        model = tmp_path / "model"
        model.mkdir()
        (model / "manifest.json").write_text("{}")
        monkeypatch.setattr("topic_stance.classifier.pipeline.load", lambda path: Sure())
        lines = [msgspec.json.encode(article) for article in dump((0.51, 0.9), (0.9, 0.21), (0.0, 0.9))]
        (tmp_path / "dump.jsonl").write_bytes(b"\n".join([*lines, b"{"]))
        out, view = tmp_path / "tasks.json", tmp_path / "view.xml"
        options = ["-n", 2, "-o", out, "--model", model, "--label-config", view]
        assert corpus("suggest", tmp_path / "dump.jsonl", *options) == 1
        assert capsys.readouterr().err == f"{out}: 2 articles to label, 1 records rejected\n"
        assert 'value="border"' in view.read_text()
        made = json.loads(out.read_text())
        assert [task["data"]["id"] for task in made] == ["0", "1"]
        guess = made[0]["predictions"][0]
        assert (guess["model_version"], guess["score"]) == ("sure/1", 0.01)
        # Accepted as it is, but for the quote of nobody, a suggestion is a labelled article.
        results = [r for r in guess["result"] if not r.get("id", "").startswith("quote1")]
        out.write_text(json.dumps([{"data": made[0]["data"], "annotations": [{"result": results}]}]))
        (article,) = import_articles("label-studio", out).articles
        assert isinstance(article, LabelledArticle)
        assert article.topics == ["fraud", "border"]
        assert article.quotes[0].actor == article.actors[0].name == "A"
        assert article.actors[0].mentions == [article.text[0:3], article.text[4:7]]
