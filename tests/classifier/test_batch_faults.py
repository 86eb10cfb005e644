"""The whole way from a damaged dump to the output, with a real model: nothing lost, nothing doubled, no traceback."""

import json
import random
import re
from pathlib import Path

import msgspec
import pytest

from topic_stance.classifier.batch import predict_dump
from topic_stance.data.readers import LIMIT
from topic_stance.data.records import LabelledArticle, Prediction
from topic_stance.training.cli import main

NOISE = [b'"', b"\\", b"{", b"\\ud800", b"\\udc00", b"\0", b"\xff", b"null", b"7", b"\xe2\x80", b"[[", b"\r", b"\x1a"]


def mutated(line: bytes, noise: random.Random) -> bytes:
    """A record with one to three things done to it; always one line."""
    data = bytearray(line)
    for _ in range(noise.randint(1, 3)):
        place = noise.randrange(len(data) + 1)
        match noise.randrange(4):
            case 0:
                data[place : place + noise.randint(1, 30)] = b""
            case 1:
                data[place:place] = noise.randbytes(noise.randint(1, 3)).replace(b"\n", b" ")
            case 2:
                data[place:place] = noise.choice(NOISE)
            case _:
                del data[place + 1 :]
    return bytes(data) or b"x"


def outcome(output: Path) -> tuple[list[Prediction], list[dict[str, object]]]:
    rejects = output.with_name(f"{output.name}.rejects.jsonl")
    lines = rejects.read_bytes().splitlines() if rejects.exists() else []
    predictions = [msgspec.json.decode(line, type=Prediction) for line in output.read_bytes().splitlines()]
    return predictions, [json.loads(line) for line in lines]


@pytest.mark.parametrize(("only", "number"), [("topics", 10_000), (None, 400)])
def test_mutated_records(
    tiny_folder: Path, authored: list[LabelledArticle], tmp_path: Path, only: str | None, number: int
) -> None:
    noise = random.Random(13)
    records = [msgspec.json.encode(labelled.article()) for labelled in authored[:40]]
    lines = [mutated(noise.choice(records), noise) for _ in range(number)]
    (tmp_path / "dump.jsonl").write_bytes(b"\n".join(lines))
    counts = predict_dump(tiny_folder, [tmp_path / "dump.jsonl"], tmp_path / "out.jsonl", processes=1, only=only)
    predictions, rejects = outcome(tmp_path / "out.jsonl")
    kept = [k for k, line in enumerate(lines, start=1) if line.strip(b" \t\r\v\f")]
    assert counts.read == len(kept) == len(predictions) + len(rejects)
    assert len(predictions) > number // 5
    assert len(rejects) > number // 5
    refused = [reject["line"] for reject in rejects]
    assert refused == sorted(set(refused))
    assert set(refused) <= set(kept)
    assert not [r for r in rejects if "prediction failed" in str(r["reason"])]


def test_records_of_every_kind_of_trouble(tiny_folder: Path, tmp_path: Path) -> None:
    deep = b'{"text": "x", "more": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    lines = {
        b'{"id": "plain", "text": "Police arrested nine men."}': None,
        b'{"id": "nul", "text": "a\\u0000b \\ud800 \\udfff end"}': None,
        b'{"id": 12, "text": "numbers as an id"}': None,
        b'{"id": "number", "text": 12}': "text is a number",
        '{"id": "l", "text": "Größe"}'.encode("latin-1"): "text is not UTF-8",
        '{"id": "u", "text": "Größe 渔业 🐟 \u2028 İ"}'.encode(): None,
        deep: "nested too deeply",
        b'{"id": "long", "text": "' + b"eel " * (LIMIT // 4) + b'"}': "longer than",
        b'{"id": "last", "text": "after all of it"}': None,
    }
    (tmp_path / "dump.jsonl").write_bytes(b"\n".join(lines))
    predict_dump(tiny_folder, [tmp_path / "dump.jsonl"], tmp_path / "out.jsonl", processes=1)
    predictions, rejects = outcome(tmp_path / "out.jsonl")
    assert [p.id for p in predictions] == ["plain", "nul", "12", "u", "last"]
    wanted = [(k, reason) for k, reason in enumerate(lines.values(), start=1) if reason]
    assert [reject["line"] for reject in rejects] == [k for k, _ in wanted]
    for reject, (_, reason) in zip(rejects, wanted, strict=True):
        assert str(reason) in str(reject["reason"])


def test_dedup_says_which_were_dropped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("datasketch")
    report = " ".join(f"word{k}" for k in range(200))
    records = [
        ("first", report),
        ("other", "Nothing of the kind."),
        ("second", report + " and more"),
        ("third", report),
    ]
    dump, output = tmp_path / "dump.jsonl", tmp_path / "out.jsonl"
    dump.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in records))
    assert main(["predict", str(dump), "-o", str(output), "--dedup", "--only", "topics"]) == 0
    predictions, rejects = outcome(output)
    assert [p.id for p in predictions] == ["first", "other"]
    assert [(r["id"], r["line"], r["reason"]) for r in rejects] == [
        ("second", 3, "near-duplicate of first"),
        ("third", 4, "near-duplicate of first"),
    ]
    said = capfd.readouterr().err.splitlines()[-1]
    assert re.fullmatch(rf"4 read, 2 predicted, 2 rejected \(2 as near-duplicates\): see {output}.rejects.jsonl", said)
