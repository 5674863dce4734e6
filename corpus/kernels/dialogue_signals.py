"""The signals of dialogues, and of endings, which answers are asked for most; part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from corpus.kernels.signal import DIALOGUE, SPOKEN, Signal


def _between(name: str, doc: str) -> Signal:
    return Signal(name, "dialogue", doc, "ratio", pa.float32(), reads=DIALOGUE)


DIALOGUE_SIGNALS: Mapping[str, Signal] = {
    "ending": Signal(
        "ending",
        "endings",
        "How the text ends: fence (in a code fence), marker (a list marker alone), comma, word (such as `the` or 和), "
        "colon, ended (a sentence mark), prose (no mark in a line of sentences) or other; null without visible text.",
        "label",
        pa.string(),
    ),
    "unclosed_fences": Signal(
        "unclosed_fences", "endings", "Code fences of backticks that nothing closes.", "count", pa.int32()
    ),
    "answer_count": Signal(
        "answer_count", "spoken", "Turns of the assistant in the dialogue.", "count", pa.int32(), reads=SPOKEN
    ),
    # of a dialogue's instruction and answer
    "echo_prefix_ratio": _between(
        "echo_prefix_ratio",
        "Share of the instruction's units (characters of Chinese, words) that the answer begins with; null below four.",
    ),
    "echo_ratio": _between(
        "echo_ratio", "Share of the instruction's different runs of four units that the answer has."
    ),
    "echo_similarity": _between(
        "echo_similarity",
        "Jaccard similarity of the runs of four units of instruction and answer; 1 where they are the same.",
    ),
    "answer_language_mismatch": _between(
        "answer_language_mismatch",
        "How far apart the shares of Han, kana and hangul among the words of instruction and answer are; 0 where the "
        "instruction has both scripts, null where either is short or it names a language, a translation or a program.",
    ),
    "answer_length_ratio": Signal(
        "answer_length_ratio",
        "dialogue",
        "Code points of the answer for each of the instruction.",
        "count",
        pa.float32(),
        reads=DIALOGUE,
    ),
}
"""By name. Those of endings read any text, so a rule names the view (`view: answer`); the others read both views."""
