from __future__ import annotations

from pathlib import Path

import labelled
import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.models.examples import Given, given, read_examples


def read(path: Path, **more: str) -> object:
    return read_examples(Given(labelled=(str(path),), **more), "chars")  # type: ignore[arg-type]


def test_every_row_is_used_or_counted_once(tmp_path: Path) -> None:
    path = labelled.write(
        tmp_path / "rows.jsonl",
        [
            {"text": "今天很好", "label": "a"},
            {"text": "今天，很好！", "label": "a"},
            {"text": "有人说好", "label": "a"},
            {"text": "有人说好", "label": "b"},
            {"text": "没有标签"},
            {"text": "。。。", "label": "b"},
            {"text": "别的话", "label": "b"},
            {"label": "b"},
            "{not json",
        ],
    )
    found = read_examples(Given(labelled=(str(path),)), "chars")
    assert found.frame.select("line", "label").sort("label").rows() == [("今 天 很 好\n", "a"), ("别 的 话\n", "b")]
    assert found.unreadable == {"bad_json": 1, "missing_text": 1}
    left = (found.unlabelled, found.empty, found.duplicate, found.conflicting, found.over)
    assert left == (1, 1, 1, 2, 0)
    assert found.read == 9 == found.frame.height + sum(found.unreadable.values()) + sum(left)


def test_the_order_depends_on_texts_and_seed_alone(tmp_path: Path) -> None:
    rows = labelled.rows(("ad", "prose"), 30)
    one = labelled.write(tmp_path / "one.jsonl", rows)
    parts = (labelled.write(tmp_path / "a.jsonl", rows[40:][::-1]), labelled.write(tmp_path / "b.jsonl", rows[:40]))
    first = read_examples(Given(labelled=(str(one),)), "chars").frame
    second = read_examples(Given(labelled=tuple(map(str, parts))), "chars").frame
    assert first.equals(second)
    assert not first.equals(read_examples(Given(labelled=(str(one),)), "chars", seed=1).frame)


def test_labels_are_read_from_parquet_numbers_truth_values_and_nested_fields(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame(
        {"content": ["一句话", "两句话"], "n": [0, 1], "t": [False, True], "m": [{"kind": "x"}, {"kind": "y"}],
         "lang": ["p", "q"]}
    ).write_parquet(path)  # fmt: skip
    for field, labels in (("n", {"0", "1"}), ("t", {"false", "true"}), ("m.kind", {"x", "y"}), ("lang", {"p", "q"})):
        found = read_examples(Given(labelled=(str(path),), label_field=field), "chars")
        assert set(found.frame["label"]) == labels


def test_files_of_one_label_each_need_no_field(tmp_path: Path) -> None:
    yes = labelled.write(tmp_path / "yes.jsonl", labelled.rows(("ad",), 5))
    no = labelled.write(tmp_path / "no.jsonl", labelled.rows(("prose",), 4))
    found = read_examples(given([str(yes)], [str(no)], [], names="ad,clean"), "chars").frame
    assert dict(found.group_by("label").len().iter_rows()) == {"ad": 5, "clean": 4}


def test_more_rows_than_wanted_are_counted(tmp_path: Path) -> None:
    path = labelled.write(tmp_path / "rows.jsonl", labelled.rows(("ad", "prose"), 20))
    found = read_examples(Given(labelled=(str(path),)), "chars", most=15)
    assert found.frame.height == 30
    assert found.over == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([], [], []), "files of both labels"),
        ((["a"], [], []), "files of both labels"),
        ((["a"], ["b"], ["c"]), "files of both labels"),
        ((["a"], ["b"], [], "label", None, "one"), "two different names"),
    ],
)
def test_rows_named_by_halves_are_a_mistake(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        given(*arguments)  # type: ignore[arg-type]


def test_a_label_field_that_no_row_has_is_a_mistake(tmp_path: Path) -> None:
    path = labelled.write(tmp_path / "rows.jsonl", [{"text": "话"}])
    with pytest.raises(UsageError, match="no row has the field 'label'"):
        read(path)
