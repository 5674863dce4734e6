"""Hostile input: every record is read or quarantined, nothing raises, nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import poison
import pytest
from reading import Outcome

from corpus import config

Read = Callable[..., Outcome]


def test_there_are_at_least_forty_kinds_and_each_has_its_name() -> None:
    names = [case.name for case in poison.cases()]
    assert len(names) == len(set(names)) >= 40


@pytest.mark.parametrize("case", poison.cases(), ids=lambda case: case.name)
def test_poison_costs_itself_alone(read: Read, case: poison.Case) -> None:
    out = read(case.file, case.data, limits=config.Limits(**case.limits), **case.settings)
    assert tuple(out.reasons) == case.reasons
    if case.records >= 0:
        assert len(out.rows) == case.records
    if case.texts is not None:
        assert tuple(out.texts) == case.texts
    assert len(set(out.keys)) == len(out.keys)


def test_one_bad_byte_costs_one_line(read: Read) -> None:
    lines = [json.dumps({"text": f"{poison.ZH}{number}"}, ensure_ascii=False).encode() for number in range(1002)]
    lines[500] = lines[500].replace("扁".encode(), b"\x80")
    out = read("x.jsonl", b"\n".join(lines) + b"\n")
    assert len(out.rows) == 1001
    assert [(row.reason, row.raw, row.ordinal) for row in out.quarantined] == [
        ("bad_encoding", lines[500], sum(len(line) + 1 for line in lines[:500]))
    ]
