from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.guard import run_guarded


def kernel(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Upper-cases, and breaks on every text with a bomb in it."""
    texts = batch.column("text").to_pylist()
    if any("bomb" in text for text in texts):
        raise RuntimeError("bomb")
    return pa.RecordBatch.from_arrays([pa.array([text.upper() for text in texts])], names=["text"])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "bomb", "c bomb"]), max_size=40))
def test_exactly_the_breaking_rows_are_lost(texts: list[str]) -> None:
    results, failures = run_guarded(kernel, pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], names=["text"]))
    assert [failure.row for failure in failures] == [row for row, text in enumerate(texts) if "bomb" in text]
    kept = [text for result in results for text in result.column("text").to_pylist()]
    assert kept == [text.upper() for text in texts if "bomb" not in text]
    assert all(failure.detail == "RuntimeError: bomb" for failure in failures)


def test_one_bad_row_costs_few_calls() -> None:
    calls = 0

    def counting(batch: pa.RecordBatch) -> pa.RecordBatch:
        nonlocal calls
        calls += 1
        return kernel(batch)

    texts = ["fine"] * 4095 + ["bomb"]
    run_guarded(counting, pa.RecordBatch.from_arrays([pa.array(texts)], names=["text"]))
    assert calls == 2 * 12 + 1


def test_a_kernel_that_loses_rows_is_caught() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "b"])], names=["text"])
    results, failures = run_guarded(lambda given: given.slice(0, 0), batch)
    assert results == []
    assert [failure.row for failure in failures] == [0, 1]
    assert "gave 0 rows for 1" in failures[0].detail


def test_an_error_of_the_package_is_no_fault_of_a_row_and_passes() -> None:
    def without_its_model(batch: pa.RecordBatch) -> pa.RecordBatch:
        raise UsageError("the model is missing")

    with pytest.raises(UsageError, match="the model is missing"):
        run_guarded(without_its_model, pa.RecordBatch.from_arrays([pa.array(["a", "b"])], names=["text"]))
