"""A kernel that fails on a batch fails on its guilty rows only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from corpus.errors import CorpusError

Kernel = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True)
class Failure:
    """A row of the batch, by position, that the kernel could not process, and why."""

    row: int
    detail: str


def run_guarded(kernel: Kernel, batch: pa.RecordBatch) -> tuple[list[pa.RecordBatch], list[Failure]]:
    """`kernel(batch)` without the rows on which it raises: results in row order, and the failures.

    The batch is halved until the failing rows stand alone, about 2 log2(n) further calls for one bad row. Rests on
    the kernel's promise that f(a + b) = f(a) + f(b). Out of memory, interrupts and errors of this package (a model
    that is missing, a list that has changed) are no row's fault and pass.
    """
    if batch.num_rows == 0:
        return [], []
    try:
        result = kernel(batch)
        if result.num_rows != batch.num_rows:
            raise ValueError(f"gave {result.num_rows} rows for {batch.num_rows}")
    except (MemoryError, CorpusError):
        raise
    except Exception as error:
        if batch.num_rows == 1:
            return [], [Failure(0, f"{type(error).__name__}: {error}"[:500])]
        half = batch.num_rows // 2
        left, left_failed = run_guarded(kernel, batch.slice(0, half))
        right, right_failed = run_guarded(kernel, batch.slice(half))
        return left + right, left_failed + [Failure(failure.row + half, failure.detail) for failure in right_failed]
    return [result], []
