from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UsageError
from corpus.evaluation.asking import read
from corpus.evaluation.corrections import apply, identity, load


def written(path: Path, folder: Path, rows: Any, **more: Any) -> Path:
    said = {"corrections": 1, "evaluation": identity(read(folder)), "rows": rows, **more}
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def test_corrections_are_applied_and_what_changed_is_told(judged: Path, tmp_path: Path) -> None:
    found = read(judged / "judge")
    rows = list(found.rows.iter_rows(named=True))
    missing = next(row for row in rows if row["score"] is None)
    other, same = [row for row in rows if row["score"] is not None][:2]
    confirmed = {same["key"]: {"score": same["score"]}}
    said = {
        missing["key"]: {"score": 0.5, "note": "补上"}, other["key"]: {"score": 1}, **confirmed,
    }  # fmt: skip
    result = apply(found, load(written(tmp_path / "c.json", judged / "judge", said), found))
    assert {(one.key, one.before, one.after, one.note) for one in result.changes} == {
        (missing["key"], None, 0.5, "补上"), (other["key"], other["score"], 1.0, ""),
    }  # fmt: skip
    assert result.confirmed == 1
    after = {row["key"]: row for row in result.rows.iter_rows(named=True)}
    assert (after[missing["key"]]["unjudged"], after[other["key"]]["judged"]) == (None, other["score"])
    untouched = [row["key"] for row in rows if row["key"] not in said]
    assert all(after[key]["score"] == after[key]["judged"] for key in untouched)
    assert result.rows["key"].to_list() == found.rows["key"].to_list()


def test_verdicts_are_corrected_too(judged: Path, tmp_path: Path) -> None:
    found = read(judged / "pairwise")
    row = found.rows.filter(verdict="win").row(0, named=True)
    path = written(tmp_path / "c.json", judged / "pairwise", {row["key"]: {"verdict": "lose"}})
    change = apply(found, load(path, found)).changes[0]
    assert (change.before, change.after, change.model) == ("win", "lose", "strong")
    assert apply(found, {}).changes == ()


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [({"nobody": {"score": 1}}, {}, "none of this key"), (None, {}, "no file of corrections"),
     ({}, {"evaluation": "0"}, "another evaluation"), ({}, {"corrections": 2}, "no file of corrections"),
     ({"KEY": {"score": 1.5}}, {}, "0 to 1"), ({"KEY": {"score": True}}, {}, "0 to 1"),
     ({"KEY": {"score": 1, "note": 3}}, {}, "note is text"), ({"KEY": 1}, {}, "must be an object")],
)  # fmt: skip
def test_a_file_that_says_what_cannot_be_is_refused(
    judged: Path, tmp_path: Path, rows: Any, more: dict[str, Any], said: str
) -> None:
    found = read(judged / "judge")
    key = found.rows["key"][0]
    named = rows and {key if name == "KEY" else name: one for name, one in rows.items()}
    with pytest.raises(UsageError, match=said):
        load(written(tmp_path / "c.json", judged / "judge", named, **more), found)


def test_a_file_that_is_not_there_or_not_json_is_told(judged: Path, tmp_path: Path) -> None:
    found = read(judged / "judge")
    with pytest.raises(UsageError, match="no such file"):
        load(tmp_path / "none.json", found)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UsageError, match="not JSON"):
        load(tmp_path / "bad.json", found)
