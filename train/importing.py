"""Heavy packages are imported without looking for garbage among them: it takes a sixth of seven seconds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage() -> Iterator[None]:
    """Collect nothing while the block imports, and leave what it brought out of every collection after it.

    Modules, classes and functions live as long as the process. In a block within a block the outer one decides; a
    process that collects no garbage anyway goes on so.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
