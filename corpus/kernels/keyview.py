"""The key text of near-duplicate detection: folded as in `fold`, without markup and URLs.

`fold` says what folding does, `markup` what is left out. The text itself is never changed by it. A character
reference is left out, not decoded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import text_array, utf8
from corpus.kernels.fold import BLOCK, FOLD_STATE, reset_fold, write_span
from corpus.kernels.markup import STATE, begin_text, byte_roles, next_stretch, tag_names
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U32, kernel
from corpus.kernels.unicode_tables import tables


@kernel(U8, I64, U32, U32, U8, I64, I64_OUT)
def _texts(data: Any, offsets: Any, fold: Any, extra: Any, roles: Any, names: Any, places: Any) -> Any:
    """The key texts in one buffer, which is returned; `places[row + 1]` is where row ends."""
    out = np.empty(BLOCK + 256, np.int64)
    state = np.empty(FOLD_STATE, np.int64)
    looking = np.empty(STATE, np.int64)
    target = np.empty(1024 + offsets[len(offsets) - 1] - offsets[0], np.uint8)
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        reset_fold(state)
        begin_text(looking, end - index)
        while index < end:
            start, stop = next_stretch(data, index, end, roles, names, looking)
            target, place = write_span(data, index, start, fold, extra, out, state, target, place)
            index = stop
        places[row + 1] = place
    return target[:place]


def key_view(text: pa.Array) -> pa.LargeStringArray:
    """The key texts as large_string; empty where nothing is left, null where the text is null.

    A text without markup and URLs has the key text that `fold` gives it.
    """
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    known = tables()
    folded = _texts(data, offsets, known.fold, known.fold_extra, byte_roles(), tag_names(), places)
    return text_array(folded, places, text)
