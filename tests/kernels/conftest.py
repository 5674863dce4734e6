"""Asking one signal of one text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from corpus.kernels.catalogue import measure
from corpus.kernels.signal import SignalCall

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """`ask("char_ratio", text, of="han")` is that signal's value."""

    def of(kernel: str, text: str | None, **arguments: Any) -> Any:
        call = SignalCall(kernel, tuple(arguments.items()))
        batch = pa.RecordBatch.from_arrays([pa.array([text], pa.large_string())], ["text"])
        return measure(batch, [call]).column(0)[0].as_py()

    return of
