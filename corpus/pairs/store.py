"""The directory of a round: what lies where, whole files only, and the settings that a folder belongs to.

ROUND/plan.parquet, plan.json               the seeds, and how they were drawn
ROUND/answers/MODEL/                        ledger.jsonl, answers.parquet, answers.json
ROUND/judged/JUDGE/                         ledger.jsonl, scores.parquet, comparisons.parquet, judged.json
ROUND/rewards/                              rewards.parquet, rewards.json
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import UsageError
from corpus.judge.claim import claim
from corpus.pairs.model import Reply, Seed, replies_of, seeds_of

PLAN, PLANNED = "plan.parquet", "plan.json"
LEDGER = "ledger.jsonl"
ANSWERS, ANSWERED = "answers.parquet", "answers.json"
SCORES, COMPARISONS, JUDGED = "scores.parquet", "comparisons.parquet", "judged.json"
REWARDS, REWARDED = "rewards.parquet", "rewards.json"
_NAME = re.compile(r"[\w.\-]{1,100}")


def named(given: str) -> str:
    """What a model or judge is called here: its name with `/` and the like as `_`."""
    return re.sub(r"[^\w.\-]+", "_", given).strip("_.")[:100] or "model"


def check_name(name: str) -> str:
    """UsageError for a name that is no folder's."""
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise UsageError(f"name {name!r}: letters, digits, `.`, `_` and `-`, 100 at most, no `.` in front")
    return name


def write_table(path: Path, table: pa.Table) -> None:
    """A Parquet file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.writing")
    try:
        pq.write_table(table, aside, compression="zstd")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """A JSON file that is there whole or not at all."""
    storage.put_atomic(str(path), orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def read_json(path: Path) -> dict[str, Any]:
    """What `write_json` wrote; UsageError when it is not there."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file; is this the directory of a round of pairs?")
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return found


def begun(path: Path, settings: Mapping[str, Any]) -> None:
    """Write down what a folder is for, or see that it is for this; UsageError naming what differs."""
    claim(path, settings, "was begun with other settings; take another name")


def finish(path: Path, done: Mapping[str, Any]) -> None:
    """Add to what a folder is for what came of it."""
    write_json(path, {"asked": read_json(path)["asked"], "done": done})


def read_seeds(root: Path) -> list[Seed]:
    """The seeds of a round; UsageError when the directory has no finished plan."""
    if not (root / PLANNED).is_file() or not (root / PLAN).is_file():
        raise UsageError(f"{root}: has no plan; make one with: corpus pairs plan IN --out {root}")
    return seeds_of(pq.read_table(root / PLAN))


def round_of(root: Path) -> int:
    """The number of the round."""
    return int(read_json(root / PLANNED)["round"])


def read_replies(root: Path) -> list[Reply]:
    """All answers of all models that are finished, in order of model, seed and draw."""
    found = [one for path in sorted((root / "answers").glob(f"*/{ANSWERS}")) for one in replies_of(pq.read_table(path))]
    return sorted(found, key=lambda one: (one.model, one.seed, one.draw))


def read_rows(root: Path, pattern: str, schema: pa.Schema) -> list[dict[str, Any]]:
    """Rows of the Parquet files of a round, in order of their paths."""
    tables = [pq.read_table(path, schema=schema) for path in sorted(root.glob(pattern))]
    rows: Sequence[dict[str, Any]] = pa.concat_tables(tables).to_pylist() if tables else []
    return list(rows)
