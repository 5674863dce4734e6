"""A plan of rounds is done once, in order, whatever ends it on the way."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from corpus.errors import ContractError, UsageError
from train import provenance
from train.rounds import Rounds, StepFailed, run, started

MAKE = (
    "import json, sys; from pathlib import Path; out, parent, count, fail = sys.argv[1:5]\n"
    "from train import provenance\n"
    "Path(count).open('a').write(out + '\\n')\n"
    "if Path(fail).exists(): sys.exit('no room left') if Path(fail).unlink() is None else None\n"
    "Path(out).mkdir(parents=True, exist_ok=True)\n"
    "provenance.write(out, provenance.page('sft', {}, {'out': Path(out).name}, parent))\n"
    "print(json.dumps({'found': {'rate': 0.5 + 0.1 * len(out)}, 'rows': 3}))"
)


def plan(folder: Path, **more: Any) -> Rounds:
    def step(name: str, **also: Any) -> dict[str, Any]:
        words = [sys.executable, "-c", MAKE, f"{{here}}/{name}", "{model}", str(folder / "count"), str(folder / "fail")]
        return {"name": name, "run": [*words, "{stage}"], "model": f"{{here}}/{name}", **also}

    told = {
        "out": str(folder / "out"), "model": "base", "rounds": 3, "values": {"stage": ["a", "b", "c"]},
        "steps": [step("sft", tells={"rate": "found.rate"}), step("dpo", rounds=[2, 3])],
    }  # fmt: skip
    return Rounds(**{**told, **more})


def test_each_round_begins_with_the_model_that_the_last_one_ended_with(tmp_path: Path) -> None:
    said: list[str] = []
    lines = run(plan(tmp_path), said.append)
    out = tmp_path / "out"
    made = ["round=1/sft", "round=2/sft", "round=2/dpo", "round=3/sft", "round=3/dpo"]
    assert (tmp_path / "count").read_text().split() == [str(out / name) for name in made]
    assert [line["start"] for line in lines] == ["base", str(out / "round=1/sft"), str(out / "round=2/dpo")]
    assert [len(line["chain"]) for line in lines] == [1, 3, 5]
    assert [json.loads(line) for line in (out / "rounds.jsonl").read_text().splitlines()] == lines
    assert all(line["told"]["rate"] > 0.5 for line in lines)
    chain = provenance.chain(lines[-1]["model"])
    assert [page["settings"]["out"] for page in chain] == ["dpo", "sft", "dpo", "sft", "sft"]
    assert said[0].startswith("round 1: sft: ")


def test_a_plan_that_failed_goes_on_there_and_does_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    with pytest.raises(StepFailed, match="no room left") as told:
        run(plan(tmp_path))
    assert told.value.exit_code == 1
    lines = run(plan(tmp_path))
    done = (tmp_path / "count").read_text().split()
    assert len(done) == 6
    for number, name in ((1, "sft"), (2, "dpo"), (3, "dpo")):  # as a kill after the command and before its receipt
        (tmp_path / "out" / f"round={number}" / f"{name}.done.json").unlink()
        assert run(plan(tmp_path)) == lines
        done.append(str(tmp_path / "out" / f"round={number}" / name))
        assert (tmp_path / "count").read_text().split() == done


def test_a_plan_that_changed_under_what_is_done_is_refused(tmp_path: Path) -> None:
    run(plan(tmp_path))
    with pytest.raises(ContractError, match="was done by another command"):
        run(plan(tmp_path, values={"stage": ["a", "x", "c"]}))


def test_mistakes_of_a_plan_are_told_before_anything_runs(tmp_path: Path) -> None:
    for wrong, said in (
        ({"values": {"stage": ["a"]}}, "are 1, not 3"),
        ({"values": {}}, "stage. is none of"),
        ({"steps": [{"name": "a", "run": ["x"]}] * 2}, "a is there twice"),
    ):
        with pytest.raises(ValidationError, match=said):
            plan(tmp_path, **wrong)
    quiet = {"name": "a", "run": [sys.executable, "-c", "pass"], "tells": {"rate": "rate"}}
    with pytest.raises(UsageError, match="ends with no JSON object"):
        run(plan(tmp_path, steps=[quiet]))
    nothing = {"name": "a", "run": [sys.executable, "-c", "pass"], "model": "{here}/none"}
    with pytest.raises(UsageError, match="is not there"):
        run(plan(tmp_path, steps=[nothing], out=str(tmp_path / "other")))


def test_programs_of_this_environment_need_not_be_on_the_path() -> None:
    assert started(["corpus", "--version"], 0) == [sys.executable, "-m", "cli.main", "--version"]
    assert started(["corpus", "train"], 2)[-4:] == ["2", "--module", "cli.main", "train"]
    assert started(["make"], 2)[-2:] == ["--no-python", "make"]
