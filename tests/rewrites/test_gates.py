from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.rewrites.gates import capital_behind_wide, spaced_digits, spaced_wide

TEXTS = st.lists(st.text("A京é 9\n，aZ😀", max_size=12) | st.none(), max_size=6)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_gate_opens_for_what_its_pattern_finds(texts: list[str | None]) -> None:
    column = pa.array(texts, pa.large_string())
    for gate, pattern in (
        (spaced_wide, r"[^\x00-\x7f] [^\x00-\x7f]"),
        (spaced_digits, "[0-9] [0-9]"),
        (capital_behind_wide, r"[^\x00-\x7f][A-Z]"),
    ):
        assert gate(column).tolist() == [bool(re.search(pattern, text or "")) for text in texts]
