"""Stages of dialogues: categories filled to a budget, rows replayed in later stages, and the same rows dealt anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from building import SENTENCES, prose, settings, write_jsonl

from corpus.control import control
from corpus.errors import UsageError
from corpus.execute import Result, execute
from corpus.exporters.files import export
from corpus.pipeline import compose
from corpus.rundir import RunDir

POLICY = """
stages: {column: difficulty, stages: 3, replay: 0.2}
validation: {share: 0.1}
mixture:
  budget: {rows: 160}
  by: difficulty
  categories:
    - {name: long, target: 2, when: [{signal: {kernel: answer_count}, min: 2}]}
    - name: short
      target: 6
      kinds:
        - {name: ferns, when: [{signal: {kernel: chars, view: instruction}, min: 14}]}
        - {name: rest}
"""


def talk(number: int) -> dict[str, Any]:
    asked = f"请写出第{number}条记录，越短越好。" if number % 2 else f"第{number}条？"
    turns = [("user", asked), ("assistant", prose(number, 2 + 2 * (number % 3)))]
    turns += [("user", f"再说{number}。"), ("assistant", SENTENCES[number % 8])] if number % 10 == 0 else []
    return {"messages": [{"role": role, "content": said} for role, said in turns]}


def made(folder: Path, **how: int) -> Result:
    write_jsonl(folder / "m.jsonl", [talk(number) for number in range(300)])
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    source = {"name": "m", "paths": [str(folder / "m.jsonl")], "importer": "messages"}
    asked = settings(source, kind="conversation", rules=[], difficulty=True, tiers=str(folder / "policy.yaml"))
    return execute(compose(asked), str(folder / "run"), bytes_here=1 << 40, **how)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return made(tmp_path_factory.mktemp("stages"))


def rows_of_stages(root: str) -> dict[int, pl.DataFrame]:
    folder = Path(root)
    found = {stage: pl.read_parquet(folder / f"sft/stage={stage}/*.parquet") for stage in (1, 2, 3)}
    return {stage: frame.with_columns(pl.lit(stage).alias("stage")) for stage, frame in found.items()}


def test_categories_get_their_share_and_lack_what_is_not_there(run: Result) -> None:
    mixture = RunDir.open(run.run).published["tier"].manifest.details["mixture"]
    told = {one["source"]: (one["have"], one["want"], one["short"]) for one in mixture}
    assert told["long"] == (30, 30, 10)
    assert [told[f"short/{kind}"][1:] for kind in ("ferns", "rest")] == [(60, 0), (60, 0)]
    frame = pl.concat(rows_of_stages(run.dataset).values()).filter(pl.col("replay_of").is_null())
    turns = frame["messages"].list.len()
    assert ((turns == 4).sum(), abs(frame.height - 150) <= 2) == (30, True)
    assert any("lacks 10" in note for note in run.notes)


def test_later_stages_hold_marked_rows_of_earlier_ones(run: Result) -> None:
    stages = rows_of_stages(run.dataset)
    own = {stage: frame.filter(pl.col("replay_of").is_null()) for stage, frame in stages.items()}
    assert run.account.kept == sum(frame.height for frame in own.values())
    assert RunDir.open(run.run).verify() == []
    assert stages[1].height == own[1].height
    for stage in (2, 3):
        again = stages[stage].filter(pl.col("replay_of").is_not_null())
        trained = own[stage].filter(pl.col("split") == "train").height
        before = pl.concat([own[one] for one in range(1, stage)]).filter(pl.col("split") == "train")
        assert abs(again.height - min(trained * 0.25, before.height)) <= 2
        assert again["replay_of"].max() < stage
        assert again["doc_id"].n_unique() == again.height
        assert again.join(before, left_on=["doc_id", "replay_of"], right_on=["doc_id", "stage"]).height == again.height


def test_neither_stages_nor_replays_depend_on_how_the_input_is_cut(run: Result, tmp_path: Path) -> None:
    other = made(tmp_path, split_bytes=1 << 13, part_bytes=1 << 13)
    mine, theirs = (
        pl.concat(rows_of_stages(one.dataset).values()).select("doc_id", "stage", "replay_of", "split").sort(pl.all())
        for one in (run, other)
    )
    assert mine.equals(theirs)
    assert RunDir.open(run.run).published["publish"].manifest.content == (
        RunDir.open(other.run).published["publish"].manifest.content
    )


def test_a_control_has_the_same_rows_in_stages_of_the_same_sizes(run: Result, tmp_path: Path) -> None:
    found = control(run.run, str(tmp_path / "control"), seed=3)
    stages, dealt = rows_of_stages(run.dataset), rows_of_stages(str(tmp_path / "control"))
    for stage, frame in dealt.items():
        for split in ("train", "validation"):
            sizes = [one.filter(pl.col("split") == split).height for one in (frame, stages[stage])]
            assert sizes[0] == sizes[1]
        again = frame.filter(pl.col("replay_of").is_not_null())
        assert again.height == found.replayed.get(str(stage), 0)
        assert again.height == 0 or again["replay_of"].max() < stage
    own = pl.concat(dealt.values()).filter(pl.col("replay_of").is_null())
    whole = pl.concat(stages.values()).filter(pl.col("replay_of").is_null())
    assert sorted(own["doc_id"]) == sorted(whole["doc_id"])
    joined = own.join(whole, on="doc_id")
    assert (joined["run_stage"] == joined["stage_right"].cast(pl.String)).all()
    assert joined["stage"].to_list() != joined["stage_right"].to_list()
    assert json.loads((tmp_path / "control" / "control.json").read_bytes())["seed"] == 3
    control(run.run, str(tmp_path / "again"), seed=3)
    repeated = pl.concat(rows_of_stages(str(tmp_path / "again")).values())
    assert repeated.equals(pl.concat(dealt.values()))
    with pytest.raises(UsageError, match="not an empty directory"):
        control(run.run, str(tmp_path / "control"))


def test_an_export_has_every_row_once(run: Result, tmp_path: Path) -> None:
    assert export([run.run], "messages", str(tmp_path / "out")).read == run.account.kept
