"""Loaders of public corpora, on tiny invented files in their formats."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from topic_stance.data.public import (
    Attribution,
    Opinion,
    articles,
    brat,
    full_labels,
    gwsd,
    labelled_from,
    newsmtsc,
    polnear,
    topic_labels,
)
from topic_stance.data.records import Article, DataError

TEXT = "Mara Quill said the eels, “all of them”, were counted. Finch denied it."
ANN = """\
T1\tSource-span 0 10\tMara Quill
T2\tCue-span 11 15\tsaid
T3\tContent-span 16 25;41 54\tthe eels, were counted.
T4\tSource-span 55 60\tFinch
T5\tCue-span 61 67\tdenied
T6\tContent-span 68 70\tit
A1\tNested E1
E1\tAttribution:T3 Source:T1 Cue:T2 Content:T3
E2\tAttribution:T6 Content:T6 Source:T4 Cue:T5 Source2:T1
#1\tAnnotatorNotes E1\ta note
"""


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_brat_roles(tmp_path: Path) -> None:
    assert brat(write(tmp_path / "a.ann", ANN)) == [
        Attribution([(16, 25), (41, 54)], [(11, 15)], [(0, 10)]),
        Attribution([(68, 70)], [(61, 67)], [(0, 10), (55, 60)]),
    ]
    assert brat(write(tmp_path / "b.ann", "")) == []


@pytest.mark.parametrize("line", ["T9\tCue-span x 15\tsaid", "T9\tCue-span 15\tsaid"])
def test_brat_errors_name_the_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataError, match=r"a\.ann:2: not brat standoff"):
        brat(write(tmp_path / "a.ann", f"T1\tCue-span 1 2\tx\n{line}\n"))


def test_brat_lines_end_where_a_line_feed_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ann", "T1\tContent-span 0 9\tCod.\u2028Eels\r\nE1\tAttribution:T1 Content:T1\r\n")
    assert brat(path) == [Attribution([(0, 9)], [], [])]


def test_polnear_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.ann: is not UTF-8"):
        brat(write(tmp_path / "a.ann", b"\xff"))
    write(tmp_path / "text" / "quay_1.txt", b"\xff")
    write(tmp_path / "attributions" / "quay_1_a.ann", ANN)
    with pytest.raises(DataError, match=r"quay_1\.txt: is not UTF-8"):
        list(polnear(tmp_path))


def test_polnear_takes_the_first_annotation_and_keeps_the_text_exact(tmp_path: Path) -> None:
    text = TEXT.replace(". ", ".\r\n")  # offsets count line ends as they are
    write(tmp_path / "text" / "quay_1.txt", text)
    write(tmp_path / "text" / "bare_2.txt", "Nobody annotated this.")
    write(tmp_path / "attributions" / "quay_1_b.ann", "")
    write(tmp_path / "attributions" / "quay_1_a.ann", ANN)
    (found,) = polnear(tmp_path)
    assert (found.id, found.text) == ("quay_1", text)
    assert [text[a:b] for a, b in found.attributions[0].cue] == ["said"]
    with pytest.raises(DataError, match="no folder 'text'"):
        next(iter(polnear(tmp_path / "text")))


def test_articles_plain_and_gzip(tmp_path: Path) -> None:
    one = json.dumps({"id": "a", "text": TEXT, "title": "Eels", "views": 3}) + "\n"
    two = json.dumps({"id": "b", "text": "Cod."}) + "\n"
    plain = write(tmp_path / "one.jsonl", one)
    packed = write(tmp_path / "two.jsonl.gz", gzip.compress(two.encode()))
    assert articles([plain, packed]) == {"a": Article("a", TEXT, "Eels"), "b": Article("b", "Cod.")}
    assert articles([]) == {}


def test_a_missing_file_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl: no such file.*data/labels/DATASHEET\.md"):
        articles([tmp_path / "none.jsonl"])


@pytest.mark.parametrize(
    "line", [b'{"id": "\xff", "text": ""}', b'{"id": "a", "x": ' + b"[" * 100_000], ids=["bytes", "depth"]
)
def test_a_line_that_is_no_article(tmp_path: Path, line: bytes) -> None:
    path = write(tmp_path / "a.jsonl", b"\n" + line)
    with pytest.raises(DataError, match=r"a\.jsonl:2: not an article"):
        articles([path])


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT.encode() * 9, mtime=0))
    packed[10] = 0xFF  # the first byte of the stream: a block of a kind that there is not
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: cannot be read"):
        articles([write(tmp_path / "a.jsonl.gz", bytes(packed))])


TEXTS = {"a": Article("a", TEXT, "Eels", "2021-03-04", "Quayside Press")}


def labels(**changes: object) -> str:
    record = {
        "id": "a",
        "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "topics": ["fraud"],
        "quotes": [
            {"content": [[16, 54]], "cue": [11, 15], "source": [0, 10], "kind": "mixed", "actor": "Mara Quill"},
        ],
        "actors": [{"name": "Mara Quill", "type": "person", "stance": {"fraud": "favor"}}],
    }
    return json.dumps(record | changes) + "\n"


def test_full_labels_are_laid_on_their_text(tmp_path: Path) -> None:
    (found,) = full_labels(write(tmp_path / "full.jsonl", labels()), TEXTS)
    assert (found.id, found.text, found.title, found.date, found.source) == tuple(
        getattr(TEXTS["a"], name) for name in ("id", "text", "title", "date", "source")
    )
    assert found.text[slice(*found.quotes[0].content[0])] == "the eels, “all of them”, were counted."
    assert found.actors[0].stance == {"fraud": "favor"}


def test_blank_lines_among_labels_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "full.jsonl", labels() + "\n" + labels(topics=[]))
    assert [found.topics for found in full_labels(path, TEXTS)] == [["fraud"], []]
    path.write_text(labels() + "\n" + labels(id="b"))
    with pytest.raises(DataError, match=r"full\.jsonl:3: article b is not among"):
        full_labels(path, TEXTS)


def test_full_labels_with_their_text_need_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "full.jsonl", labels(text=TEXT).replace('"text_sha256"', '"unknown"') + labels())
    found, laid = full_labels(path, TEXTS)
    assert (found.text, found.quotes, found.actors) == (laid.text, laid.quotes, laid.actors)


def test_labelled_articles_of_every_kind(tmp_path: Path) -> None:
    by_topic = json.dumps({"id": "b", "text": "Eels.", "topics": ["fraud"]})
    path = write(tmp_path / "labels.jsonl", f"{by_topic}\n\n{labels()}")
    first, second = labelled_from(path, TEXTS)
    assert (first.text, first.topics, first.quotes) == ("Eels.", ["fraud"], None)
    assert [second] == full_labels(write(tmp_path / "full.jsonl", labels()), TEXTS)


def test_labelled_articles_without_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"full\.jsonl:1: labels without texts: name their articles with --articles"):
        labelled_from(write(tmp_path / "full.jsonl", labels()), None)
    with pytest.raises(DataError, match=r"none\.jsonl: holds no labelled article"):
        labelled_from(write(tmp_path / "none.jsonl", "\n"), TEXTS)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"id": "b", "text": "Eels.", "topics": []}, "article b is not labelled in full"),
        ({"id": "b", "topics": []}, "not a labelled article"),
        (
            {"id": "b", "text": "Eels.", "topics": [], "quotes": [], "actors": [{"name": "x", "type": "person", "stance": {"fraud": "fond"}}]},
            "not a labelled article",
        ),
        (
            {
                "id": "b", "text": "Eels.", "topics": [], "actors": [{"name": "x", "type": "person", "stance": {}}],
                "quotes": [{"content": [[0, 99]], "cue": None, "source": None, "kind": "direct", "actor": "x"}],
            },
            "article b: the content",
        ),
    ],
)  # fmt: skip
def test_labels_with_their_text_that_cannot_be_used(tmp_path: Path, record: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=rf"full\.jsonl:1: {message}"):
        full_labels(write(tmp_path / "full.jsonl", json.dumps(record) + "\n"), {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text_sha256": "0" * 64}, "article a has another text than the one that was labelled"),
        ({"id": "b"}, "article b is not among the articles given"),
        ({"topics": "fraud"}, "not a labelled article"),
        ({"quotes": [{"content": []}]}, "not a labelled article"),
        ({"actors": [{"name": "x", "type": "robot", "stance": {}}]}, "not a labelled article"),
    ],
)
def test_full_labels_that_do_not_fit(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=rf"full\.jsonl:2: {message}"):
        full_labels(write(tmp_path / "full.jsonl", labels() + labels(**changes)), TEXTS)


def test_topic_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "topics.tsv", "# id and labels\na\tfraud,law_enforcement\n\na\t\n")
    first, second = topic_labels(path, TEXTS)
    assert (first.text, first.topics, first.quotes) == (TEXT, ["fraud", "law_enforcement"], None)
    assert second.topics == []
    with pytest.raises(DataError, match=r"topics\.tsv:1: article b is not among"):
        topic_labels(write(path, "b\tfraud\n"), TEXTS)


def test_newsmtsc(tmp_path: Path) -> None:
    sentence = "Quill praised Finch."
    targets = [
        {"polarity": p, "from": 14, "to": 19, "Input.gid": "x", "further": None} for p in (2.0, 3.5, 4.0, 5.0, 6.0)
    ]
    path = write(tmp_path / "dev.jsonl", json.dumps({"sentence_normalized": sentence, "targets": targets}) + "\n")
    found = newsmtsc(path)
    assert [row.polarity for row in found] == [-1, -1, 0, 1, 1]
    assert {row.sentence[slice(*row.target)] for row in found} == {"Finch"}
    path.write_text("\n" + path.read_text() + "\n")
    assert newsmtsc(path) == found
    with pytest.raises(DataError, match=r"dev\.jsonl:1: not a NewsMTSC sentence"):
        newsmtsc(write(path, b'{"sentence_normalized": "\xff", "targets": []}'))


def test_gwsd(tmp_path: Path) -> None:
    path = write(tmp_path / "gwsd.tsv", 'sentence\tstance\n"Eels, ""all"" of them."\tagree\nCod.\tneutral\n')
    assert gwsd(path) == [Opinion('Eels, "all" of them.', "agree"), Opinion("Cod.", "neutral")]
    with pytest.raises(DataError, match=r"gwsd\.tsv:1: needs the columns"):
        gwsd(write(path, "text\tlabel\nCod.\tagree\n"))
    for line in ("Cod.\tfavor", "Cod."):
        with pytest.raises(DataError, match=r"gwsd\.tsv:2: a stance is disagree, neutral or agree, not"):
            gwsd(write(path, f"sentence\tstance\n{line}\n"))


def test_gwsd_with_the_shares_of_its_annotators(tmp_path: Path) -> None:
    header = "sentence\tdisagree\tneutral\tagree\tstance\n"
    path = write(tmp_path / "gwsd.tsv", header + "Cod.\t0.125\t0.25\t0.625\tagree\n")
    assert gwsd(path) == [Opinion("Cod.", "agree", (0.125, 0.25, 0.625))]
    with pytest.raises(DataError, match=r"gwsd\.tsv:3: the annotators' shares must be numbers"):
        gwsd(write(path, header + "Cod.\t0\t0\t1\tagree\nEel.\tmost\t0\t0\tdisagree\n"))
