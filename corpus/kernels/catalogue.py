"""Every signal there is, and the one function that measures them.

A signal is looked up here by name; its family is the kernel that computes it. One family reads the text once for all
its calls, so asking for twenty character ratios costs as much as asking for one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.dialogue_signals import DIALOGUE_SIGNALS
from corpus.kernels.signal import DIALOGUE, SPOKEN, VIEWS, Signal, SignalCall, turn_view
from corpus.kernels.text_signals import TEXT_SIGNALS

SIGNALS: Mapping[str, Signal] = {
    **TEXT_SIGNALS,
    # how a text ends, and how the answer of a dialogue stands to its instruction
    **DIALOGUE_SIGNALS,
    # of the record, not of its text
    "lang_score": Signal(
        "lang_score", "record", "Confidence of the language identifier.", "ratio", pa.float32(), reads="lang_score"
    ),
    "url_length": Signal("url_length", "record", "Code points of the URL.", "characters", pa.int32(), reads="url"),
}
"""Every signal by name. A rule may only bound what is listed here."""


def complete(call: SignalCall) -> SignalCall:
    """`call` with every parameter of its signal, in the catalogue's order; KeyError without a required one."""
    given = call.arguments
    return SignalCall(
        call.kernel,
        tuple(
            (param.name, given[param.name] if param.default is None else given.get(param.name, param.default))
            for param in SIGNALS[call.kernel].params
        ),
        call.attached,
        call.view,
    )


def _read(batch: pa.RecordBatch, reads: str) -> pa.Array:
    if reads == SPOKEN:
        from corpus.kernels.turns import answer_counts

        return answer_counts(batch)
    if reads != DIALOGUE:
        return batch.column(reads)
    return pa.StructArray.from_arrays([batch.column(view) for view in VIEWS], list(VIEWS))


def measure(batch: pa.RecordBatch, calls: Sequence[SignalCall]) -> pa.RecordBatch:
    """One column for each call, named `call.column`, with as many rows as `batch`.

    Null text gives null; so does a ratio of nothing (an empty text, no lines, no letters). Total on any valid UTF-8,
    in time linear in its bytes, and equal for any way of cutting the rows into batches. A call that is measured turn
    by turn reads the record's messages. KeyError for an unknown signal, a missing argument or a missing column.
    """
    unique = list(dict.fromkeys(calls))
    families: dict[tuple[str, str], list[SignalCall]] = {}
    turns = [call for call in unique if call.by_turn]
    for call in unique:
        if call.by_turn:
            continue
        signal = SIGNALS[call.kernel]
        families.setdefault((signal.family, call.view or signal.reads), []).append(call)
    columns: dict[SignalCall, pa.Array] = {}
    for (family, reads), members in families.items():
        column = _read(batch, reads)
        arrays = _kernel(family)(column, [complete(call) for call in members])
        columns.update(zip(members, arrays, strict=True))
    if turns:
        from corpus.kernels.turns import measure_turns

        columns |= measure_turns(batch, turns, measure)
    return pa.RecordBatch.from_arrays(
        [columns[call].cast(type_of(call)) for call in unique], names=[call.column for call in unique]
    )


def type_of(call: SignalCall) -> pa.DataType:
    """The type of a call's column."""
    return pa.int32() if call.by_turn and turn_view(call.view)[2] else SIGNALS[call.kernel].type


Kernel = Callable[[pa.Array, Sequence[SignalCall]], list[pa.Array]]


_FAMILIES: Mapping[str, tuple[str, str]] = {
    "chars": ("chars", "measure_chars"),
    "lines": ("lines", "measure_lines"),
    "repetition": ("repetition", "measure_repetition"),
    "words": ("words", "measure_words"),
    "patterns": ("patterns", "measure_patterns"),
    "terms": ("terms", "measure_terms"),
    "pii": ("rewrites.pii", "measure_pii"),
    "classify": ("classify", "measure_classifiers"),
    "perplexity": ("perplexity", "measure_perplexity"),
    "forms": ("forms", "measure_forms"),
    "prose": ("prose", "measure_prose"),
    "inserted": ("inserted", "measure_inserted"),
    "rhythm": ("rhythm", "measure_rhythm"),
    "order": ("order", "measure_order"),
    "segments": ("segments", "measure_segments"),
    "char_grams": ("char_grams", "measure_char_grams"),
    "pattern_lines": ("pattern_lines", "measure_pattern_lines"),
    "listing": ("listing", "measure_listing"),
    "endings": ("endings", "measure_endings"),
    "dialogue": ("dialogue", "measure_dialogue"),
}
"""The module below `corpus.kernels` and the function of each family; it is imported when it is first needed."""


def _kernel(family: str) -> Kernel:
    """The function of a family."""
    if family not in _FAMILIES:
        return measure_record
    module, name = _FAMILIES[family]
    found: Kernel = getattr(importlib.import_module(f"corpus.kernels.{module}"), name)
    return found


def measure_record(column: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """Signals of columns other than the text."""
    return [pc.utf8_length(column) if call.kernel == "url_length" else column for call in calls]
