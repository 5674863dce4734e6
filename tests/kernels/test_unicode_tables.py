from __future__ import annotations

import io
import pkgutil
import unicodedata

import numpy as np
import pytest

from corpus.kernels import build_tables
from corpus.kernels.unicode_tables import CODE_POINTS, DATA_FILE, SCRIPTS, tables


def test_the_file_checked_in_is_what_this_code_builds() -> None:
    pytest.importorskip("opencc")
    known = tables().unicode_version
    if known != unicodedata.unidata_version:
        pytest.skip(f"the tables are of Unicode {known}, this Python has {unicodedata.unidata_version}")
    packed = pkgutil.get_data("corpus.kernels", DATA_FILE)
    assert packed is not None
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        built = build_tables.build()
        assert set(stored) == set(built)
        for name, array in built.items():
            assert np.array_equal(stored[name], array), name


def test_tables_are_small_on_disk_whole_and_read_only() -> None:
    packed = pkgutil.get_data("corpus.kernels", DATA_FILE)
    assert packed is not None
    assert len(packed) < 400_000
    known = tables()
    assert len(known.classes) == len(known.fold) == CODE_POINTS
    assert known.classes.max() < len(known.flags) == len(known.scripts)
    assert known.scripts.max() < len(SCRIPTS) <= 64
    assert not known.classes.flags.writeable
