"""Fixtures of the tests that run over dumps with a stand-in for the model."""

from pathlib import Path

import pytest
import stub_model
from runs import make_dump, outside, results, run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return stub_model.make(tmp_path / "model")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return make_dump(tmp_path / "dump.jsonl", 100)


@pytest.fixture
def expected(model: Path, dump: Path, tmp_path: Path) -> dict[str, bytes]:
    output = outside(tmp_path / "expected" / "out.jsonl")
    run(model, dump, output)
    return results(output)
