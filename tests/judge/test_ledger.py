from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from corpus.errors import UsageError
from corpus.judge.budget import Cost
from corpus.judge.ledger import Ledger, decode, encode, opened

ASKED = {"do": "asked", "call": "c1", "key": "k1", "id": "r1", "tokens": 900, "usd": 0.5}
ANSWERED = {"do": "answered", "call": "c1", "key": "k1", "value": {"score": 4, "reason": "好"}, "model": "m",
            "in": 100, "out": 20, "tokens": 120, "usd": 0.01}  # fmt: skip


def test_an_answer_is_found_again_with_what_it_cost(tmp_path: Path) -> None:
    with opened(tmp_path / "l.jsonl") as ledger:
        ledger.write([ASKED])
        assert ledger.unsettled == Cost(900, 0.5)
        ledger.write([ANSWERED])
    with opened(tmp_path / "l.jsonl") as ledger:
        assert ledger.paid == Cost(120, 0.01)
        assert ledger.unsettled == Cost()
        line = ledger.answer("k1")
        assert line is not None
        assert line["value"] == {"score": 4, "reason": "好"}


def test_a_call_that_was_never_settled_is_charged_its_bound_and_named(tmp_path: Path) -> None:
    with opened(tmp_path / "l.jsonl") as ledger:
        ledger.write([ASKED])
    with opened(tmp_path / "l.jsonl") as ledger:
        assert [one.id for one in ledger.settle_lost()] == ["r1"]
        assert ledger.paid == Cost(900, 0.5)
    with opened(tmp_path / "l.jsonl") as ledger:
        assert ledger.settle_lost() == ()
        assert ledger.paid == Cost(900, 0.5)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_a_crash_cut_short_costs_that_line_alone(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "l.jsonl"
    second = {**ANSWERED, "call": "c2", "key": "k2"}
    path.write_bytes(encode(ANSWERED) + encode(second)[:-cut])
    for _ in range(2):
        with opened(path) as ledger:
            assert ledger.answer("k1") is not None
            assert (ledger.answer("k2") is not None) == (cut == 1), "only its end is missing"
            assert ledger.damaged == (cut != 1)
            ledger.write([{**ANSWERED, "call": "c3", "key": "k3"}])
    with opened(path) as ledger:
        assert ledger.answer("k3") is not None


def test_a_changed_line_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(encode(ANSWERED).replace(b'"score":4', b'"score":5') + b"\xff\xfe\n[1]\n" + encode(ASKED))
    with opened(path) as ledger:
        assert ledger.answer("k1") is None
        assert ledger.damaged == 3
        assert len(ledger.open) == 1


def test_lines_keep_every_value_through_the_checksum() -> None:
    line = {**ANSWERED, "value": {"x": 0.1, "list": ["a", "\u2028"], "none": None}, "usd": 1e-7}
    assert decode(encode(line)) == line


def test_two_processes_cannot_pay_from_one_ledger(tmp_path: Path) -> None:
    with opened(tmp_path / "l.jsonl"), pytest.raises(UsageError, match="another process"):
        Ledger(tmp_path / "l.jsonl")


def test_lines_that_come_together_are_all_there_when_their_appends_return(tmp_path: Path) -> None:
    async def work() -> None:
        with opened(tmp_path / "l.jsonl") as ledger:
            await asyncio.gather(*(ledger.append(**{**ANSWERED, "call": f"c{n}", "key": f"k{n}"}) for n in range(200)))
            assert len(ledger) == 200
            assert all(ledger.answer(f"k{n}") for n in range(200))

    asyncio.run(work())
    with opened(tmp_path / "l.jsonl") as ledger:
        assert len(ledger) == 200
        assert ledger.damaged == 0


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with opened(tmp_path / "l.jsonl"):
        assert stat.S_IMODE((tmp_path / "l.jsonl").stat().st_mode) == 0o600
