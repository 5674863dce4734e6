from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from corpus.errors import ConfigError, UsageError
from corpus.pairs import store
from corpus.pairs.model import Reply, Seed, prompt_id, reply_rows, seed_rows
from corpus.pairs.rewards import load, reward_round

RULES = """\
rewards: 1
rules:
  - {name: length, kind: length, from: 2, to: 60}
  - {name: language, kind: language, must: true}
  - {name: json, kind: format, is: json, where: {category: extract}}
  - {name: no_apology, kind: format, pattern: "抱歉|sorry", absent: true, weight: 0.5}
  - {name: sums, kind: arithmetic, reference: result}
  - {name: tests, kind: code, tests: check, seconds: 5}
"""
CODE = "```python\ndef twice(x):\n    return 2 * x\n```"
WRONG = CODE.replace("2 *", "3 *")


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    seeds, replies = [], []
    for question, meta, answers in (
        ("请用中文说说春天的山和水是什么样子的。", {}, ["春天的山是绿的，水是清的，到处都是新长出来的叶子。",
                                    "In spring the mountains are green and the water is clear and cold."]),
        ("把名字取出来。", {"category": "extract"}, ['```json\n{"name": "小山"}\n```', "抱歉，名字是小山。"]),
        ("三箱每箱四个共几个？", {"result": "12"}, ["3×4=12，共 12 个。", "共 13 个。"]),
        ("写一个函数。", {"check": "assert twice(4) == 8"}, [CODE, WRONG]),
    ):  # fmt: skip
        prompt = (("user", question),)
        one = Seed(prompt_id(prompt), prompt, "zh", meta=meta)
        seeds.append(one)
        replies += [Reply(one.id, f"m#{n}", "m", n, text, None, "m", False, "") for n, text in enumerate(answers)]
    store.write_table(tmp_path / store.PLAN, seed_rows(seeds))
    store.write_json(tmp_path / store.PLANNED, {"round": 1})
    store.write_table(tmp_path / "answers/m" / store.ANSWERS, reply_rows(replies))
    (tmp_path / "rewards.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def test_each_kind_of_rule_rewards_what_it_says_and_nothing_where_it_does_not_apply(
    judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corpus.pairs import rewards
    from corpus.pairs.sandbox import run_python

    # Whether this kernel grants a namespace is the sandbox's own test.
    monkeypatch.setattr(rewards, "run_python", lambda code, s: run_python(code, s, need_isolation=False))
    done = reward_round(judged, load(str(judged / "rewards.yaml")), allow_code=True)
    rows = pq.read_table(judged / "rewards" / store.REWARDS).to_pylist()
    names = {one.id: one.prompt[-1][1][:2] for one in store.read_seeds(judged)}
    found = {(row["rule"], names[row["seed"]], row["answer"]): row["value"] for row in rows}
    assert found["length", "请用", "m#1"] == 0.0
    assert found["length", "请用", "m#0"] == 1.0
    assert found["json", "把名", "m#0"] == 1.0
    assert found["json", "把名", "m#1"] == 0.0
    assert ("json", "请用", "m#0") not in found
    assert found["no_apology", "把名", "m#1"] == 0.0
    assert found["no_apology", "把名", "m#0"] == 1.0
    assert found["sums", "三箱", "m#0"] == 1.0
    assert found["sums", "三箱", "m#1"] == 0.0
    assert found["sums", "请用", "m#0"] is None
    assert found["tests", "写一", "m#0"] == 1.0
    assert found["tests", "写一", "m#1"] == 0.0
    assert done.answers == 8
    assert done.rules["tests"] == {"applied": 2, "mean": 0.5}


def test_code_is_never_run_unless_it_is_allowed(judged: Path) -> None:
    with pytest.raises(UsageError, match="--allow-code"):
        reward_round(judged, load(str(judged / "rewards.yaml")))


def test_mistakes_in_a_file_of_rewards_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "rewards: 1\nrules:\n  - {name: a, kind: length}\n  - {name: b, kind: format, pattern: '('}\n"
        "  - {name: c, kind: code}\n  - {name: d, kind: smell}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    said = str(caught.value)
    assert all(f"r.yaml:{line}:" in said for line in (3, 4, 5, 6)), said
