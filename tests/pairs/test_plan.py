from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpus.errors import ConfigError, UsageError
from corpus.pairs import store
from corpus.pairs.model import Reply, Seed, prompt_id, reply_rows, seeds_of
from corpus.pairs.plan import Planned, Wanted, plan

WORDS = "山水风云花鸟鱼虫日月星雨雪霜林石桥路灯书"
ROWS = [
    {"id": f"r{n}", "difficulty": n % 100 / 100, "topic": "abc"[n % 3], "lang": "zh",
     "messages": [{"role": "user", "content": f"第{n}题：请写一段关于{WORDS[n % 20]}与{WORDS[n // 20]}的话。"},
                  {"role": "assistant", "content": f"{WORDS[n % 20]}很好。"}]}
    for n in range(300)
]  # fmt: skip


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def pool(tmp_path: Path) -> str:
    return written(tmp_path / "pool.jsonl", ROWS)


def seeds(root: Path) -> list[Seed]:
    return seeds_of(pq.read_table(root / store.PLAN))


def balanced(found: Planned) -> bool:
    return found.read == found.seeds + sum(found.left_out.values())


def test_a_plan_does_not_depend_on_the_order_of_rows_and_accounts_for_all_of_them(pool: str, tmp_path: Path) -> None:
    shuffled = [*ROWS, {"question": ""}, ROWS[3]]
    random.Random(1).shuffle(shuffled)
    other = written(tmp_path / "other.jsonl", shuffled)
    one, two = (plan([path], Wanted(40), tmp_path / name) for path, name in ((pool, "a"), (other, "b")))
    assert one.digest == two.digest
    assert [seed.prompt for seed in seeds(tmp_path / "a")] == [seed.prompt for seed in seeds(tmp_path / "b")]
    assert balanced(one)
    assert balanced(two)
    assert (two.read, two.left_out["repeated"]) == (302, 1)
    assert plan([pool], Wanted(40, seed=1), tmp_path / "c").digest != one.digest
    assert seeds(tmp_path / "a")[0].answer


def test_groups_share_equally_or_by_quota_and_what_nobody_has_is_said(pool: str, tmp_path: Path) -> None:
    equal = plan([pool], Wanted(31, by="topic"), tmp_path / "a").groups
    assert sorted(equal.values()) == [10, 10, 11]
    found = plan([pool], Wanted(20, by="topic", quota={"a": 0.5, "*": 0.25}), tmp_path / "b")
    assert found.seeds == 15
    assert found.groups["a"] == 10
    short = plan([pool], Wanted(200, by="topic", quota={"a": 0.9, "b": 0.1}), tmp_path / "c")
    assert (short.groups, short.short) == ({"a": 100, "b": 20}, 80)
    assert balanced(found)
    assert balanced(short)


def test_evaluation_prompts_are_no_seeds_however_they_are_written(pool: str, tmp_path: Path) -> None:
    asked = "有一个水池，甲管单独注满要三小时，乙管单独注满要五小时，两管同时打开，几小时能够注满？"
    leaks = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "好。"}]}
        for text in (asked, f"请回答下面的题目。\n{asked}\n写出过程。", "１＋１＝？", "天空为什么是蓝色的？")
    ]
    path = written(tmp_path / "leaky.jsonl", [*ROWS[:50], *leaks])
    tests = written(tmp_path / "exam.jsonl", [{"question": asked}, {"question": "1+1=?"}])
    found = plan([path], Wanted(100, against=(tests,)), tmp_path / "a")
    assert (found.seeds, found.leaks, found.left_out) == (51, {"exam": 3}, {"evaluation_prompt": 3})
    with pytest.raises(ConfigError):
        plan([path], Wanted(100, against=(str(tmp_path / "none.jsonl"),)), tmp_path / "b")


def lost(root: Path, names: set[str]) -> None:
    """Answers of a round in which the policy has no text for these seeds."""
    rows = [
        Reply(one.id, "p#0", "p", 0, None if one.id in names else "好。", None, "p", True, "") for one in seeds(root)
    ]
    store.write_table(root / "answers/p" / store.ANSWERS, reply_rows(rows))


def test_a_later_round_takes_new_harder_seeds_and_the_failures_of_the_last_first(pool: str, tmp_path: Path) -> None:
    first = plan([pool], Wanted(60), tmp_path / "r1")
    used = {one.id for one in seeds(tmp_path / "r1")}
    failed = set(sorted(used)[:10])
    lost(tmp_path / "r1", failed)
    second = plan([pool], Wanted(60, round=2, after=(tmp_path / "r1",)), tmp_path / "r2")
    drawn = seeds(tmp_path / "r2")
    assert {one.id for one in drawn if one.failed} == failed
    fresh = [one for one in drawn if not one.failed]
    assert not used & {one.id for one in fresh}
    assert first.difficulty is not None
    assert all((one.difficulty or 0) >= first.difficulty for one in fresh)
    assert second.harder_than == first.difficulty
    assert balanced(second)
    assert second.left_out["used_before"] == 50
    third = plan([pool], Wanted(60, round=3, after=(tmp_path / "r1", tmp_path / "r2")), tmp_path / "r3")
    assert not {one.id for one in seeds(tmp_path / "r3")} & (used | {one.id for one in drawn})
    assert (third.difficulty or 0) > (second.difficulty or 0) > first.difficulty


def test_failures_of_a_file_come_first_up_to_their_share(pool: str, tmp_path: Path) -> None:
    own = written(tmp_path / "bad.jsonl", [{"prompt": f"错题{WORDS[n]}怎么做？"} for n in range(20)])
    found = plan([pool], Wanted(20, failures=(own,), failure_share=0.25), tmp_path / "a")
    assert (found.failed, found.seeds, balanced(found)) == (5, 20, True)
    assert {one.prompt[0][1][:2] for one in seeds(tmp_path / "a") if one.failed} == {"错题"}


def test_mistakes_are_told_and_a_plan_is_never_overwritten(pool: str, tmp_path: Path) -> None:
    plan([pool], Wanted(5), tmp_path / "a")
    with pytest.raises(UsageError, match="has a plan already"):
        plan([pool], Wanted(6), tmp_path / "a")
    with pytest.raises(UsageError, match="--after"):
        Wanted(5, round=2)
    with pytest.raises(UsageError, match="--by"):
        Wanted(5, quota={"a": 1.0})
    with pytest.raises(UsageError, match="no seed is left"):
        plan([pool], Wanted(5, langs=("fr",)), tmp_path / "b")


def test_one_prompt_has_one_id_however_its_width_case_and_spaces_are() -> None:
    assert prompt_id([("user", "Ａ  b\n")]) == prompt_id([("user", "a B")])
    assert prompt_id([("user", "a<b")]) != prompt_id([("user", "a>b")])
