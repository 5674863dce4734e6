"""Difficulty of files with a causal LM: the columns, the ranks and the noise tail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import neural
import numpy as np
import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.models.causal.model import CausalLM, load
from corpus.models.causal.scores import answer_columns
from corpus.models.instruction import Parts
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of
from corpus.scores import files
from corpus.scores.difficulty import EXTREME_LOSS, MISLED, NO_ANSWER, NO_ROOM, noise_by_model, rank_within
from corpus.scores.files import SCORES, Neural, score_files

ROWS = [
    {"instruction": f"天地{ask}", "input": "", "output": said}
    for ask, said in zip(
        "玄黄宇宙洪荒日月" * 15, ["秋收冬藏", "寒来暑往。", "abc def", "日月", "辰宿列张"] * 24, strict=True
    )
]


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> CausalLM:
    folder = neural.causal(tmp_path_factory.mktemp("lm") / "tiny")
    return load(f"{folder}@{digest_of(hashed(folder))}", device="cpu")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[dict[str, str]]], str]:
    def written(rows: list[dict[str, str]]) -> str:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    return written


def test_what_a_model_said_outlives_the_call_that_asked(
    lm: CausalLM, write: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(ROWS)
    with monkeypatch.context() as broken:
        broken.setattr(files, "put_tables", _full)
        with pytest.raises(OSError, match="disk full"):
            score_files([file], Parts(), tmp_path / "out", neural=Neural(lm))
    before = lm.work.tokens
    done = score_files([file], Parts(), tmp_path / "out", neural=Neural(lm))
    assert (done.kept, lm.work.tokens) == (len(ROWS), before)
    whole = score_files([file], Parts(), tmp_path / "whole", neural=Neural(lm))
    assert whole.kept == 0
    assert lm.work.tokens > before
    assert pl.read_parquet(done.files[0]).equals(pl.read_parquet(whole.files[0]))
    assert [one.name for one in (tmp_path / "out").iterdir()] == [SCORES]


def _full(*_: object) -> None:
    raise OSError("disk full")


def test_the_losses_of_a_causal_lm_are_columns_and_are_ranked_with_their_weights(
    lm: CausalLM, write: Callable[..., str], tmp_path: Path
) -> None:
    rows = [*ROWS, {"instruction": "天", "output": ""}, {"instruction": "地" * 70, "output": "日"}]
    only = dict.fromkeys(("information", "structure", "notation", "vocabulary", "ask", "answer_loss"), 0.0)
    done = score_files([write(rows)], Parts(), tmp_path / "out", neural=Neural(lm), weights=only)
    found = pl.read_parquet(tmp_path / "out" / SCORES)
    columns = [pl.Series([row.get(name, "") for row in rows]).to_arrow() for name in ("instruction", "input", "output")]
    by_model = pl.DataFrame(pl.from_arrow(answer_columns(lm, *columns)))
    assert found.select(by_model.columns).equals(by_model)
    assert found["model"].unique().to_list() == [done.model] == [lm.digest]
    assert found["noise"].to_list()[-2:] == [NO_ANSWER, NO_ROOM]
    assert (found["noise"] == MISLED).fill_null(value=False).to_list()[:120] == [
        (one or 0) > 1 for one in found["ifd"][:120]
    ]
    assert found["difficulty"].is_null().equals(found["noise"].is_not_null())
    assert done.noise[MISLED] + done.scored == 120
    quiet = found["noise"].is_null().to_numpy()
    ifd = np.where(quiet, found["ifd"].fill_null(np.nan).to_numpy(), np.nan)
    wanted = rank_within(ifd, found["category"])
    assert np.allclose(found["difficulty"].fill_null(np.nan).to_numpy(), wanted, equal_nan=True)


def test_a_loss_far_above_the_others_and_an_instruction_that_misleads_are_noise() -> None:
    rng = np.random.default_rng(0)
    loss, ifd = rng.normal(3, 0.1, 200), rng.uniform(0.4, 0.95, 200)
    loss[7], ifd[8], ifd[9] = 9.0, 1.01, np.nan
    found = noise_by_model(loss, ifd, pl.Series(["zh:plain"] * 200)).to_list()
    assert {place: one for place, one in enumerate(found) if one} == {7: EXTREME_LOSS, 8: MISLED, 9: NO_ROOM}


def test_weights_without_a_column_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is called ifd, lenght; .* ifd need a --model"):
        score_files(["/none"], Parts(), tmp_path, weights={"ifd": 1, "lenght": 1})
