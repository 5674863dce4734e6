from __future__ import annotations

from typing import Any

import pytest
from building import prose

from corpus import spark as on_frames
from corpus.kernels.signal import SignalCall
from corpus.ruleset.load import load_rules


@pytest.fixture
def frame(spark: Any) -> Any:
    rows = [(1, prose(1) + "  \r\n尾行"), (2, "短"), (3, ""), (4, None)]
    return spark.createDataFrame(rows, "number int, body string").repartition(2)


def test_clean_adds_a_verdict_and_keeps_every_row_and_column(frame: Any) -> None:
    rows = {row["number"]: row for row in on_frames.clean(frame, text="body").toArrow().to_pylist()}
    assert sorted(rows) == [1, 2, 3, 4]
    assert rows[1]["body"].endswith("。\n尾行"), "trailing space and CR are gone"
    assert (rows[1]["corpus_lang"], rows[1]["corpus_action"]) == ("zh", on_frames.KEEP)
    assert rows[2]["corpus_action"] == on_frames.DROP
    assert "common.too_short" in rows[2]["corpus_reasons"]
    assert rows[2]["corpus_values"][rows[2]["corpus_reasons"].index("common.too_short")] == 1
    assert rows[4]["body"] is None
    assert {row["corpus_error"] for row in rows.values()} == {None}


def test_a_rule_set_of_ones_own_decides(frame: Any) -> None:
    rows = on_frames.clean(frame, rules=[], text="body").toArrow().to_pylist()
    assert {row["corpus_action"] for row in rows} == {on_frames.KEEP}
    assert len(load_rules([]).rules) == 0


def test_signals_are_columns(frame: Any) -> None:
    calls = [SignalCall("chars"), SignalCall("char_ratio", (("of", "han"),))]
    rows = {row["number"]: row for row in on_frames.signals(frame, calls, text="body").toArrow().to_pylist()}
    assert rows[2]["corpus_chars"] == 1
    assert rows[2]["corpus_char_ratio_han"] == 1.0
    assert rows[4]["corpus_chars"] is None


def test_a_missing_column_is_named(frame: Any) -> None:
    with pytest.raises(ValueError, match="no column 'text'; it has number, body"):
        on_frames.clean(frame)
