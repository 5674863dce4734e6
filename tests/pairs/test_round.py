"""A whole round against a real server: three models of known strength, fair and biased judges, a killed command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from judge_asking import SOON
from pairs_server import QUESTIONS, STRENGTH, Models, asked_by, models, quality

from corpus.errors import UsageError
from corpus.importers.convert import convert
from corpus.importers.detect import detect
from corpus.judge.client import Terms
from corpus.judge.schema import Sampling
from corpus.judge.wire import Endpoint
from corpus.pairs import store
from corpus.pairs.build import Built, build
from corpus.pairs.choose import Choosing
from corpus.pairs.evidence import failures_of
from corpus.pairs.export import export
from corpus.pairs.generate import Answered, Asking, by_server, by_source
from corpus.pairs.judging import Judged, Judging, judge_round
from corpus.pairs.plan import Wanted, plan

SEEDS = 30
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def planned(folder: Path, many: int = SEEDS) -> Path:
    pool = folder / "pool.jsonl"
    rows = [{"instruction": one, "output": "略。"} for one in QUESTIONS[:many]]
    pool.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    plan([str(pool)], Wanted(many), folder / "round")
    return folder / "round"


def answered(root: Path, server: Models, name: str, policy: bool = False, draws: int = 1) -> Answered:
    terms = Terms(Sampling(temperature=0.7, structure="none"), patience=SOON)
    return by_server(root, Asking(name, draws, policy=policy), Endpoint(name, server.url), terms, lambda _: None)


def judged(root: Path, server: Models, name: str = "judge", score: str | None = "reply") -> Judged:
    return judge_round(root, Judging(name, score), Endpoint("judge", server.url), Terms(patience=SOON), lambda _: None)


def right(out: Path) -> list[bool]:
    """Whether the chosen answer of each pair is the better one, by what the models are known to say."""
    rows = pq.read_table(out / "dataset/preference/round=1/part-00000.parquet").to_pylist()
    found = []
    for row in rows:
        told = json.loads(row["meta"])["evidence"]
        question = row["prompt"][-1]["content"]
        found.append(quality(told["chosen"]["model"], question) > quality(told["rejected"]["model"], question))
    return found


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Judged, Built]:
    """A round with a fair judge; read only."""
    folder = tmp_path_factory.mktemp("fair")
    os.environ.pop("OPENAI_API_KEY", None)
    root = planned(folder)
    with models() as server:
        for name in STRENGTH:
            answered(root, server, name, policy=name == "middle")
        found = judged(root, server)
    return root, found, build(root, str(folder / "built"), Choosing())


def test_the_order_of_the_models_is_recovered_and_pairs_carry_the_right_answer(
    fair: tuple[Path, Judged, Built],
) -> None:
    _root, found, built = fair
    assert found.strengths is not None
    assert built.strengths is not None
    assert list(found.strengths.models) == ["strong", "middle", "weak"]
    values = list(found.strengths.models.values())
    assert values[0].low > values[1].high
    assert values[1].low > values[2].high
    assert found.position is not None
    assert (found.position.agreement.agree, found.position.biased) == (1.0, False)
    assert built.seeds.read == SEEDS == built.seeds.pairs + sum(built.seeds.left.values())
    assert built.candidates.read == 3 * SEEDS == built.candidates.pairs + sum(built.candidates.left.values())
    assert len(pq.read_table(Path(built.out) / "left.parquet")) == sum(built.candidates.left.values())
    assert built.models["strong"][0] > built.models["middle"][0] > built.models["weak"][0] == 0
    assert len(right(Path(built.out))) >= SEEDS * 0.9
    assert all(right(Path(built.out)))


def test_every_pair_carries_its_evidence(fair: tuple[Path, Judged, Built]) -> None:
    root, _, built = fair
    row = pq.read_table(Path(built.out) / "dataset/preference").to_pylist()[0]
    told = json.loads(row["meta"])["evidence"]
    assert row["chosen_score"] == pytest.approx(told["chosen"]["score"], abs=1e-6)
    assert told["margin"] == pytest.approx(told["chosen"]["score"] - told["rejected"]["score"], abs=1e-6)
    assert (told["orders"], told["order_agreement"], told["judges"]) == (
        {"won": 1, "lost": 0, "tied": 0, "disagree": 0}, 1.0, ["judge"],
    )  # fmt: skip
    assert {told["chosen"]["model"], told["rejected"]["model"]} < set(STRENGTH)
    asked = store.read_json(root / "judged/judge" / store.JUDGED)["asked"]
    assert told["prompts"] == [asked["prompts"]["compare"]["zh"]]
    sums = store.read_json(Path(built.out) / "build.json")["sha256"]
    assert set(sums) == set(built.files)


def test_the_pairs_import_as_what_they_are(fair: tuple[Path, Judged, Built]) -> None:
    _, _, built = fair
    rows = [json.loads(line) for line in (Path(built.out) / "pairs.jsonl").read_bytes().splitlines()]
    table = pq.read_table(Path(built.out) / "dataset/preference").to_pylist()
    found = detect(rows)
    assert found.kind == "preference"
    assert found.format is not None
    assert len(rows) == len(table)
    for row, published in zip(rows, table, strict=True):
        record = convert(row, found.format)
        assert record.source_key == published["source_key"]  # type: ignore[union-attr]
        for side in ("prompt", "chosen", "rejected"):
            turns = [(turn["role"], turn["content"]) for turn in published[side]]
            assert getattr(record, side) == turns
        assert record.chosen_score == published["chosen_score"]  # type: ignore[union-attr]


def test_failures_of_the_policy_are_what_it_lost(fair: tuple[Path, Judged, Built]) -> None:
    root, _, _ = fair
    for one in store.read_seeds(root):
        question = one.prompt[-1][1]
        own = quality("middle", question)
        others = [quality(name, question) for name in ("weak", "strong")]
        share = sum((own > other) + 0.5 * (own == other) for other in others) / 2
        assert (one.id in failures_of(root)) == (share < 0.5)


@pytest.mark.parametrize(("kind", "rows"), [("dpo", 1), ("rm", 1), ("ppo", 1), ("sft", 1), ("hindsight", 2)])
def test_pairs_are_exported_for_each_way_of_training(
    fair: tuple[Path, Judged, Built], tmp_path: Path, kind: str, rows: int
) -> None:
    _, _, built = fair
    done = export([built.out], kind, str(tmp_path / kind))  # type: ignore[arg-type]
    found = [json.loads(line) for line in (tmp_path / kind / "train.jsonl").read_bytes().splitlines()]
    assert done.read == built.seeds.pairs
    assert len(found) == done.rows == rows * done.read
    first = found[0]
    match kind:
        case "dpo" | "rm":
            assert first["chosen"][0]["role"] == "assistant"
            assert first["prompt"][-1]["role"] == "user"
            assert kind == "dpo" or first["margin"] >= 0.1
        case "ppo":
            assert set(first) == {"id", "prompt"}
        case _:
            assert first["messages"][-1]["role"] == "assistant"
    if kind == "hindsight":
        assert [one["messages"][0]["content"].splitlines()[0] for one in found[:2]] == ["回答质量：好", "回答质量：差"]
    again = export([built.out, f"{built.out}/dataset/preference/round=1/part-00000.parquet"], kind, str(tmp_path / "x"))  # type: ignore[arg-type]
    assert again.rows == done.rows


def test_a_judge_that_prefers_a_place_is_detected_and_cancelled(
    fair: tuple[Path, Judged, Built], tmp_path: Path
) -> None:
    root, _, _ = fair
    with models(bias=1) as server:
        found = judged(root, server, "biased", score=None)
    with models(bias=5) as server:
        hopeless = judged(root, server, "hopeless", score=None)
    try:
        assert found.position is not None
        assert found.strengths is not None
        assert found.position.biased
        assert found.position.agreement.prefers_second_shown == 0
        assert list(found.strengths.models) == ["strong", "middle", "weak"]
        assert found.strengths.place.low > 1
        assert hopeless.position is not None
        assert hopeless.position.agreement.agree == 0.0
        assert hopeless.strengths is not None
        assert all(abs(one.value) < 1e-6 for one in hopeless.strengths.models.values())
        # The fair judge's words are moved aside: what is left is a biased one and one that says nothing.
        (root / "judged/judge").rename(tmp_path / "judge")
        built = build(root, str(tmp_path / "built"), Choosing(margin=0.05))
        assert all(right(tmp_path / "built"))
        assert built.seeds.pairs > SEEDS / 2
        assert built.candidates.left["orders_disagree"] > 0
        for name in ("biased",):
            (root / "judged" / name).rename(tmp_path / name)
        with pytest.raises(UsageError, match="orders_disagree"):
            build(root, str(tmp_path / "none"), Choosing())
    finally:
        for name in ("biased", "hopeless"):
            if (root / "judged" / name).exists():
                (root / "judged" / name).rename(tmp_path / f"gone-{name}")
        (tmp_path / "judge").rename(root / "judged/judge")


def test_several_draws_are_several_answers_and_the_sources_own_answer_is_one_more(tmp_path: Path) -> None:
    root = planned(tmp_path, 6)
    with models() as server:
        done = answered(root, server, "strong", draws=2)
        assert (done.wanted, done.answered, done.bought) == (12, 12, 12)
        assert answered(root, server, "strong", draws=2).bought == 0
        with pytest.raises(UsageError, match="other settings"):
            answered(root, server, "strong", draws=3)
    assert by_source(root).answered == 6
    assert {one.model for one in store.read_replies(root)} == {"strong", "source"}
    with pytest.raises(UsageError, match="nothing is judged"):
        build(root, str(tmp_path / "b"), Choosing())


def test_kill_loses_nothing_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    root, at_once = planned(tmp_path, 60), 4
    command = [sys.executable, "-m", "cli.main", "pairs", "generate", str(root), "-m", "strong", "--concurrency",
               str(at_once), "--json"]  # fmt: skip
    with models(delay=0.03) as server:
        command += ["--base-url", server.url]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
        while sum(server.payments.values()) < 20 and process.poll() is None:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        paid = sum(server.payments.values())
        assert 20 <= paid < 60
        ledger = (root / "answers/strong" / store.LEDGER).read_bytes()
        kept = ledger.count(b'"do":"answered"')
        assert kept >= paid - at_once
        done = json.loads(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
        asked = asked_by(server, ["strong"])
    assert (done["answered"], done["bought"]) == (60, 60 - kept)
    assert len(asked) == 60
    assert sum(count - 1 for count in asked.values()) <= at_once
