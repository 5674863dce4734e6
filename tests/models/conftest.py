from __future__ import annotations

from pathlib import Path

import labelled
import pytest

from corpus.models.examples import Given
from corpus.models.training import Plan, train


@pytest.fixture(scope="session")
def ads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of advertising against prose."""
    folder = tmp_path_factory.mktemp("ads")
    file = labelled.write(folder / "rows.jsonl", labelled.rows(("ad", "prose"), 120))
    train(Given(labelled=(str(file),)), Plan("ads", positive="ad"), folder / "model")
    return folder / "model"
