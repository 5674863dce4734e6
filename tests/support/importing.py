"""Short ways to say what a row became."""

from __future__ import annotations

from typing import Any

from corpus.importers.convert import convert, restore
from corpus.importers.model import Format, Imported, Problem, Reason


def imported(row: dict[str, Any], fmt: Format) -> Imported:
    """The record of a row that must become one and come back."""
    found = convert(row, fmt)
    assert isinstance(found, Imported), found
    assert restore(found) == row
    return found


def refused(row: Any, fmt: Format) -> Reason:
    """Why a row that must become none did not."""
    found = convert(row, fmt)
    assert isinstance(found, Problem), found
    assert found.detail
    return found.reason
