"""Memory that kernels work in, kept from one batch to the next.

Fresh memory costs a page fault for every 4 KB at its first touch, and large blocks are fresh at every call; for a text
of megabytes that can be half of the work. Each thread keeps one block a slot instead, up to KEPT bytes.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

KEPT = 64 << 20
"""Bytes of a block that stays; a larger one goes when its user is done with it."""
_own = threading.local()


def scratch(slot: int, length: int, dtype: Any) -> np.ndarray:
    """`length` items of `dtype` that hold anything; they are the caller's until this thread asks for the slot again.

    A kernel's slots count from 0, and what it returns must not lie in one. Shape (length,), C order.
    """
    kind = np.dtype(dtype)
    wanted = length * kind.itemsize
    blocks: dict[int, np.ndarray] = _own.__dict__.setdefault("blocks", {})
    block = blocks.get(slot)
    if block is None or len(block) < wanted:
        block = np.empty(1 << max(12, (wanted - 1).bit_length()), np.uint8)
        if len(block) <= KEPT:
            blocks[slot] = block
    return block[:wanted].view(kind)
