from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.index import sorted_file
from corpus.index.sorted_file import SortedFile, write_sorted


def pairs(file: SortedFile, section: int, values: np.ndarray, **more: object) -> set[tuple[int, int]]:
    return {
        (int(a), int(row))
        for at, rows in file.matches(section, values, **more)  # type: ignore[arg-type]
        for a, row in zip(at, rows, strict=True)
    }


def test_every_row_with_a_value_is_found_whatever_the_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_file, "GROUP", 16)
    chance = np.random.default_rng(5)
    sections = [(chance.integers(0, 2**63, 500).astype(np.uint64) * 2 % 97, np.arange(500)) for _ in range(3)]
    write_sorted(str(tmp_path / "f.parquet"), sections)
    wanted = np.arange(100, dtype=np.uint64)
    for section, (values, _) in enumerate(sections):
        expected = {(at, int(row)) for at in range(100) for row in np.flatnonzero(values == at)}
        assert pairs(SortedFile(str(tmp_path / "f.parquet"), 3), section, wanted) == expected


def test_values_above_two_to_the_63_are_found(tmp_path: Path) -> None:
    values = np.array([2**64 - 1, 5, 2**63, 2**63 - 1], np.uint64)
    write_sorted(str(tmp_path / "f.parquet"), [(values, np.arange(4))])
    assert pairs(SortedFile(str(tmp_path / "f.parquet")), 0, values) == {(at, at) for at in range(4)}


def test_second_halves_must_be_equal(tmp_path: Path) -> None:
    stored = np.array([[7, 1], [7, 2], [8, 1]], np.uint64)
    write_sorted(str(tmp_path / "f.parquet"), [(stored, np.array([10, 11, 12]))], low=True)
    low = np.array([2, 2], np.uint64)
    found = pairs(SortedFile(str(tmp_path / "f.parquet")), 0, np.array([7, 8], np.uint64), low=low)
    assert found == {(0, 11)}


def test_of_a_large_bucket_the_first_rows_are_given(tmp_path: Path) -> None:
    write_sorted(str(tmp_path / "f.parquet"), [(np.full(1000, 3, np.uint64), np.arange(1000)[::-1])])
    found = pairs(SortedFile(str(tmp_path / "f.parquet")), 0, np.array([3, 4], np.uint64), most=5)
    assert found == {(0, row) for row in range(5)}


def test_an_empty_file_has_nothing(tmp_path: Path) -> None:
    none = np.zeros(0, np.uint64)
    write_sorted(str(tmp_path / "f.parquet"), [(none, np.zeros(0, np.int64))] * 2)
    assert pairs(SortedFile(str(tmp_path / "f.parquet"), 2), 1, np.array([3], np.uint64)) == set()
