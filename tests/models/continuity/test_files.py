from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest

from corpus.demo.prose import distinct
from corpus.errors import ConfigError, UsageError
from corpus.models.continuity.files import load, score_files, train_files
from corpus.models.continuity.train import Settings
from corpus.models.registry import manage
from corpus.models.registry.look import kind_of

SMALL = Settings(bits=10, columns=8, seam_bits=10, seam_columns=8, places=20_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`good.jsonl` and a model trained on it, `model`."""
    folder = tmp_path_factory.mktemp("continuity")
    texts = [item.text for item in distinct("zh", 150, random.Random(0))]
    lines = [json.dumps({"id": str(place), "text": text}) for place, text in enumerate(texts)]
    (folder / "good.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    train_files([str(folder / "good.jsonl")], folder / "model", SMALL)
    return folder


def test_a_model_is_written_with_a_card_that_says_what_it_is(folder: Path) -> None:
    found = load(str(folder / "model"))
    assert (found.card.name, found.card.trained.rows) == ("model", 150)
    assert sum(found.card.trained.unreadable.values()) == 1
    assert found.card.trained.settings["bits"] == 10
    assert set(found.card.about.languages) == {"zh"}
    assert len(found.card.digest) == 12
    assert kind_of(folder / "model") == "continuity"
    assert load("model", folder) is found
    with pytest.raises(UsageError, match="says nothing of its licence"):
        manage.add(str(folder / "model"))
    with pytest.raises(UsageError, match="is there already"):
        train_files([str(folder / "good.jsonl")], folder / "model", SMALL)


def test_rows_are_scored_by_key(folder: Path, tmp_path: Path) -> None:
    done = score_files(load(str(folder / "model")), [str(folder / "good.jsonl")], tmp_path)
    assert (done.read, done.scored, len(done.files)) == (151, 150, 2)
    rows = pl.read_parquet(tmp_path / "scored.parquet")
    assert rows.columns == ["key", "lang", "continuity", "seam_continuity"]
    assert rows["key"].to_list()[:2] == ["0", "1"]
    with pytest.raises(UsageError, match="is there already"):
        score_files(load(str(folder / "model")), [str(folder / "good.jsonl")], tmp_path)


def test_nothing_is_loaded_whose_bytes_are_not_those_of_the_card(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="corpus continuity train"):
        load(str(tmp_path / "none"))
    (tmp_path / "card.json").write_bytes((folder / "model" / "card.json").read_bytes())
    with pytest.raises(UsageError, match="is missing"):
        load(str(tmp_path))
    (tmp_path / "model.parquet").write_bytes((folder / "model" / "model.parquet").read_bytes()[:-1] + b"x")
    with pytest.raises(UsageError, match="is not loaded"):
        load(str(tmp_path))
    (tmp_path / "card.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError):
        load(str(tmp_path))
