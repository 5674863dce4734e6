"""What a slow model said is there after a kill, for the same rows and settings and for no others."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from corpus.errors import UsageError
from corpus.models import kept as under_test
from corpus.models.kept import FOLDER, Kept, kept

SCHEMA = pa.schema([("length", pa.int64()), ("share", pa.float64()), ("said", pa.string())])
SETTINGS: dict[str, object] = {"model": "abc", "tokens": 5}


class Slow:
    """The length of each text, of which `fails_at` cannot be told; remembers what it was asked."""

    def __init__(self, fails_at: str = "no such text") -> None:
        self.asked: list[str | None] = []
        self._fails_at = fails_at

    def __call__(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        texts = rows.column("text").to_pylist()
        if self._fails_at in texts:
            raise OSError("the machine went away")
        self.asked += texts
        lengths = [None if text is None else len(text) for text in texts]
        shares = [None if one is None else 1 / (1 + one) for one in lengths]
        return pa.RecordBatch.from_arrays(
            [pa.array(lengths, pa.int64()), pa.array(shares, pa.float64()), pa.array(texts, pa.string())], schema=SCHEMA
        )


def _rows(*texts: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})


def _stopped(folder: Path, settings: dict[str, object], rows: pa.RecordBatch, score: Slow) -> Kept:
    """A call that dies behind these rows."""
    with pytest.raises(KeyboardInterrupt), kept(folder, settings, SCHEMA) as one:  # noqa: PT012 - the block is the call
        one.of(rows, score, 2)
        raise KeyboardInterrupt
    return one


def test_after_a_failure_only_what_was_not_said_is_asked(tmp_path: Path) -> None:
    first, texts = Slow(fails_at="fff"), ("a", None, "bb", "", "bb", "fff", "g")
    with pytest.raises(OSError, match="went away"), kept(tmp_path, SETTINGS, SCHEMA) as one:
        one.of(_rows(*texts), first, 2)
    assert first.asked == ["a", None, "bb", ""]
    second = Slow()
    with kept(tmp_path, SETTINGS, SCHEMA) as one:
        found = one.of(_rows(*texts), second, 2)
        assert second.asked == ["fff", "g"]
        assert one.taken == 5  # both rows of one text
        assert found.equals(Slow()(_rows(*texts)))
        assert one.of(_rows("g", "new"), second, 2).equals(Slow()(_rows("g", "new")))
    assert not (tmp_path / FOLDER).exists()


def test_other_settings_and_other_columns_find_nothing(tmp_path: Path) -> None:
    _stopped(tmp_path, SETTINGS, _rows("a"), Slow())
    for other in ({**SETTINGS, "tokens": 6}, {"model": "abc"}):
        again = Slow()
        assert _stopped(tmp_path, other, _rows("a"), again).taken == 0
        assert again.asked == ["a"]
    two = pa.RecordBatch.from_pydict({"text": ["a"], "input": ["b"]})
    assert _stopped(tmp_path, SETTINGS, two, Slow()).taken == 0
    none = Slow()
    assert _stopped(tmp_path, SETTINGS, _rows("a"), none).taken == 1
    assert none.asked == []


def test_work_is_written_every_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept(tmp_path, SETTINGS, SCHEMA) as one:
        one.of(_rows("a", "b"), Slow(), 1)
        assert not (tmp_path / FOLDER).exists()
        monkeypatch.setattr(under_test, "EVERY", 0.0)
        one.of(_rows("c", "d"), Slow(), 1)
        assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    _stopped(tmp_path, SETTINGS, _rows("a"), Slow())
    (file,) = (tmp_path / FOLDER).iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(UsageError, match=r"\.kept: cannot be read .* remove it"), kept(tmp_path, SETTINGS, SCHEMA):
        raise AssertionError


def test_no_rows_have_no_scores(tmp_path: Path) -> None:
    with kept(tmp_path, SETTINGS, SCHEMA) as one:
        assert one.of(_rows(), Slow(), 8).equals(Slow()(_rows()))
