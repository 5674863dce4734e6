from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.ngram_counts import count, merge, none_counted, pack
from corpus.kernels.ngram_units import BEGIN, Sequence

KEYS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=40)


def test_an_ngram_is_its_ids_side_by_side_and_as_long_as_its_text_lets_it_be() -> None:
    ids = np.array([BEGIN, 5, 6, 7, BEGIN, 8], np.uint32)
    ids.flags.writeable = False
    offsets = np.array([0, 4, 6])
    keys = pack(Sequence(ids, offsets), 3, 16)
    assert [hex(key) for key in keys.tolist()] == ["0x10005", "0x100050006", "0x500060007", "0x10008"]
    assert [hex(key) for key in pack(Sequence(ids, offsets), 4, 16).tolist()][2] == "0x1000500060007"


@given(KEYS, KEYS)
def test_counts_are_those_of_all_keys_and_parts_add_up(one: list[int], two: list[int]) -> None:
    parts = [count(np.array(keys, np.uint64)) for keys in (one, two)]
    keys, counts = merge(*parts)
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == Counter(one + two)
    assert keys.tolist() == sorted(keys.tolist())
    assert merge(parts[0], none_counted())[0].tolist() == parts[0][0].tolist()
