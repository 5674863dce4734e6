"""Memory is kept from call to call, never shared between slots or threads, and large blocks are let go."""

from __future__ import annotations

import threading

import numpy as np

from corpus.kernels.scratch import KEPT, scratch


def test_a_slot_gives_the_same_memory_again_whatever_is_wanted_of_it() -> None:
    first = scratch(0, 5000, np.int32)
    assert (first.shape, first.dtype, first.flags.c_contiguous) == ((5000,), np.int32, True)
    assert np.shares_memory(first, scratch(0, 100, np.uint64))
    assert len(scratch(0, 0, np.uint8)) == 0


def test_slots_and_threads_never_share() -> None:
    first = scratch(0, 1000, np.int64)
    assert not np.shares_memory(first, scratch(1, 1000, np.int64))
    found: list[np.ndarray] = []
    worker = threading.Thread(target=lambda: found.append(scratch(0, 1000, np.int64)))
    worker.start()
    worker.join()
    assert not np.shares_memory(first, found[0])


def test_a_larger_block_takes_the_place_of_a_smaller_one_but_not_beyond_the_bound() -> None:
    small = scratch(7, 10, np.uint8)
    large = scratch(7, 1 << 20, np.uint8)
    assert not np.shares_memory(small, large)
    assert np.shares_memory(large, scratch(7, 10, np.uint8))
    huge = scratch(7, KEPT + 1, np.uint8)
    assert len(huge) == KEPT + 1
    assert not np.shares_memory(huge, scratch(7, 10, np.uint8))
