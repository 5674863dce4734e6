"""A causal LM in a run: the columns, the same however the run is cut up, and made anew only where it must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neural
import pyarrow as pa
import pytest
from building import Go, contents, prose, published, rows_of, settings, write_jsonl

from corpus.errors import ConfigError
from corpus.flow import scores
from corpus.learned.causal import TEXTS, CausalSays
from corpus.models.causal.model import load
from corpus.models.causal.scores import answer_columns, text_columns
from corpus.models.kept import FOLDER
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of
from corpus.pipeline import compose
from corpus.rundir import RunDir

NAMES = ("bits_per_character", "peak_nats", "order_cost", "seam_cost")
QUALITY = "parts: [{column: order_cost, better: high}, {column: peak_nats, better: low}]\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = neural.causal(tmp_path_factory.mktemp("lm") / "tiny")
    return f"{folder}@{digest_of(hashed(folder))}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("causal")
    short = [{"text": "天地玄黄。日月盈昃，辰宿列张。寒来暑往。秋收冬藏！宇宙洪荒？", "id": "short"}]
    write_jsonl(at / "in.jsonl", [*({"text": prose(number), "id": f"r{number}"} for number in range(40)), *short])
    (at / "quality.yaml").write_text(QUALITY, encoding="utf-8")
    return at


def asked(folder: Path, model: str, **more: Any) -> Any:
    source = {"name": "s", "paths": [str(folder / "in.jsonl")]}
    given = {"rules": [], "quality": str(folder / "quality.yaml"), "tiers": "single", "dedup": {"exact": True}}
    return settings(source, **given, causal={"model": model, "tokens": 60, **more})


def test_published_rows_have_what_the_model_says_of_their_texts(
    go: Go, folder: Path, model: str, tmp_path: Path
) -> None:
    go(asked(folder, model), tmp_path / "run")
    rows = published(tmp_path / "run")
    expected = text_columns(load(model), rows.column("text").combine_chunks(), 60, 4)
    for name in NAMES:
        assert rows.column(name).to_pylist() == expected.column(name).cast(pa.float32()).to_pylist(), name
    assert 0 < rows.column("order_cost").null_count < rows.num_rows  # most are cut off before a fourth sentence
    assert rows.column("quality").null_count == 0
    stage = RunDir.open(str(tmp_path / "run")).published["causal"]
    assert stage.manifest.details["model"] == load(model).digest
    assert not (Path(stage.slot.root) / FOLDER).exists()


def test_workers_and_other_parts_give_the_same_columns(
    go: Go, folder: Path, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: Any
) -> None:
    go(asked(folder, model), tmp_path / "one")
    monkeypatch.setattr(scores, "is_local", lambda _: False)  # as on a cluster: Spark's workers load it
    before = spark.conf.get("spark.sql.execution.pyspark.udf.idleTimeoutSeconds")
    go(asked(folder, model), tmp_path / "many", split_bytes=1 << 11, part_bytes=1 << 12)
    assert spark.conf.get("spark.sql.execution.pyspark.udf.idleTimeoutSeconds") == before
    assert len(RunDir.open(str(tmp_path / "many")).published["causal"].table("causal").files) > 1
    one, many = (published(tmp_path / name).select(["doc_id", *NAMES, "quality"]) for name in ("one", "many"))
    assert one.sort_by("doc_id").equals(many.sort_by("doc_id"))


def test_what_was_said_before_a_run_died_is_not_asked_again(
    go: Go, folder: Path, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CausalSays._said
    calls = 0

    def dies(self: CausalSays, rows: pa.RecordBatch) -> pa.RecordBatch:
        nonlocal calls
        calls += 1
        if calls == 9:  # of four rows each
            raise KeyboardInterrupt
        return said(self, rows)

    with monkeypatch.context() as context:
        context.setattr(CausalSays, "_said", dies)
        with pytest.raises(KeyboardInterrupt):
            go(asked(folder, model), tmp_path / "run")
    before = load(model).work.tokens
    go(asked(folder, model), tmp_path / "run")
    between = load(model).work.tokens
    go(asked(folder, model), tmp_path / "whole")
    assert 0 < between - before < (load(model).work.tokens - between) / 2  # 9 rows of 41
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_another_quality_policy_asks_the_model_nothing_and_another_disorder_asks_it_anew(
    go: Go, folder: Path, model: str, tmp_path: Path
) -> None:
    go(asked(folder, model), tmp_path / "run")
    first = RunDir.open(str(tmp_path / "run")).published["causal"].slot.root
    (folder / "other.yaml").write_text("parts: [{column: seam_cost, better: high}]\n", encoding="utf-8")
    changed = asked(folder, model).model_copy(update={"quality": str(folder / "other.yaml")})
    spent = load(model).work.tokens
    go(changed, tmp_path / "run")
    assert load(model).work.tokens == spent
    assert RunDir.open(str(tmp_path / "run")).published["causal"].slot.root == first
    go(asked(folder, model, disorder=0), tmp_path / "run")
    assert load(model).work.tokens > spent
    rows = published(tmp_path / "run")
    assert rows.column("order_cost").null_count == rows.num_rows > rows.column("peak_nats").null_count


def test_a_model_that_is_not_pinned_or_changed_stops_the_run(folder: Path, model: str) -> None:
    with pytest.raises(ConfigError, match="none"):
        compose(asked(folder, "none"))
    path = model.partition("@")[0]
    with pytest.raises(ConfigError, match="has the digest"):
        compose(asked(folder, f"{path}@{'0' * 64}"))


def test_the_columns_have_their_types_whatever_was_asked(model: str) -> None:
    texts = pa.array(["天地玄黄。日月盈昃。", None], pa.large_string())
    for drawings in (0, 1):
        wanted = asked(Path(), model, disorder=drawings).causal
        said = CausalSays(load(model), wanted, TEXTS).columns(texts, pa.array(["zh", "zh"]))
        assert said.num_rows == 2
        assert said.column("tokens").to_pylist() == [10, 0]


def dialogues(folder: Path, model: str, **more: Any) -> Any:
    """40 dialogues of the model's own characters, and one of them again in other words."""
    said = ["秋收冬藏", "寒来暑往。", "abc def", "日月盈昃，辰宿列张。", "宇宙洪荒"]
    asked = [f"天地{'玄黄宇宙洪荒日月'[number % 8]} {number}" for number in range(40)]
    turns = [(ask, f"{said[number % 5]}{number}") for number, ask in enumerate(asked)]
    rows = [{"instruction": ask, "output": answer} for ask, answer in [*turns, (f"{asked[3]}请", turns[3][1])]]
    write_jsonl(folder / "talks.jsonl", rows)
    source = {"name": "s", "paths": [str(folder / "talks.jsonl")]}
    given = {"kind": "conversation", "rules": [], "tiers": "single", "difficulty": True, **more}
    return settings(source, **given, causal={"model": model, "tokens": 60})


def test_the_difficulty_of_dialogues_is_made_of_what_the_model_says_of_their_answers(
    go: Go, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = {"dedup": {"exact": True, "semantic": {"threshold": 0.95, "shared": 0.0}}, "embed": {"dim": 16}}
    wanted = dialogues(tmp_path, model, **near)
    go(wanted, tmp_path / "run")
    rows = sorted(published(tmp_path / "run").to_pylist(), key=lambda row: row["source_key"])
    gone = rows_of(tmp_path / "run", "rejected")
    assert {reason for row in gone for reason in row["reasons"]} >= {"semantic_duplicate"}
    assert len(rows) + len(gone) == 41
    ask, answer = (pa.array([row["messages"][turn]["content"] for row in rows], pa.large_string()) for turn in (0, 1))
    expected = answer_columns(load(model, most=60), ask, pa.nulls(len(rows), pa.large_string()), answer)
    for name in ("answer_loss", "ifd"):
        assert [row[name] for row in rows] == expected.column(name).cast(pa.float32()).to_pylist(), name
    assert max(row["ifd"] for row in rows) <= 1  # the others are noise
    plain = wanted.model_copy(update={"causal": None})
    go(plain, tmp_path / "plain")
    without = {row["source_key"]: row["difficulty"] for row in published(tmp_path / "plain").to_pylist()}
    assert any(row["difficulty"] != without[row["source_key"]] for row in rows)
    monkeypatch.setattr(scores, "is_local", lambda _: False)
    go(wanted, tmp_path / "many", split_bytes=1 << 10, part_bytes=1 << 11)
    assert contents(tmp_path / "many") == contents(tmp_path / "run")


def test_more_tokens_than_the_model_sees_are_told_before_anything_runs(model: str, tmp_path: Path) -> None:
    wanted = dialogues(tmp_path, model)
    assert wanted.causal is not None
    wanted = wanted.model_copy(update={"causal": wanted.causal.model_copy(update={"tokens": 65})})
    with pytest.raises(ConfigError, match="takes sequences of 2 to 64 tokens, not 65"):
        compose(wanted)


def test_kinds_that_the_model_does_not_read_are_told(folder: Path, model: str) -> None:
    with pytest.raises(ConfigError, match="reads documents and conversations, not kind 'preference'"):
        compose(asked(folder, model).model_copy(update={"kind": "preference", "quality": None}))
