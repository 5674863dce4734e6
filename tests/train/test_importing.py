from __future__ import annotations

import gc

import pytest

from train.importing import no_garbage


def test_nothing_is_collected_within_the_outermost_block_and_again_after_it() -> None:
    assert gc.isenabled()
    before = gc.get_freeze_count()
    with no_garbage():
        with no_garbage():
            assert not gc.isenabled()
        assert not gc.isenabled()
        kept = [[] for _ in range(100)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), no_garbage():
        import corpus.nothing_of_this_name  # noqa: F401
    assert gc.isenabled()
