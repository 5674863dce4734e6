from __future__ import annotations

import pyarrow as pa

from corpus.cuts import CUTS, Spans, apply_cuts


def cuts(*rows: tuple[int, int, int, str]) -> pa.Table:
    items = [{"row": r, "id0": 0, "id1": 0, "start": s, "end": e, "reason": w, "documents": 2} for r, s, e, w in rows]
    return pa.Table.from_pylist(items, schema=CUTS)


def test_tables_of_several_stages_are_applied_as_one() -> None:
    spans = Spans.of([cuts((0, 4, 6, "one"), (2, 0, 1, "one")), None, cuts((0, 0, 2, "two"), (0, 5, 8, "two"))])
    text, lost = apply_cuts(pa.array(["0123456789", "abc", "xyz"], pa.large_string()), spans.between(0, 3))
    assert text.to_pylist() == ["2389", "abc", "yz"]
    of = [(spans.reasons[reason], many) for reason, many in zip(spans.reason, lost, strict=True)]
    assert of == [("two", 2), ("one", 2), ("two", 2), ("one", 1)]


def test_spans_of_a_stretch_of_rows_count_rows_from_its_beginning() -> None:
    spans = Spans.of([cuts((1, 0, 1, "one"), (5, 0, 1, "one"), (6, 0, 1, "one"))])
    assert spans.between(5, 7).row.tolist() == [0, 1]
    assert len(spans.between(2, 5)) == 0


def test_without_a_table_nothing_is_cut() -> None:
    text = pa.array(["abc"], pa.large_string())
    assert apply_cuts(text, Spans.of([None]))[0] is text
