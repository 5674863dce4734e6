"""A run whose records are hostile, with scores, tags and vectors; a browser to look at its report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import Browser, chromium
from hostile import LEARNED, hostile_run


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return hostile_run(tmp_path_factory.mktemp("hostile"), **LEARNED)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found
