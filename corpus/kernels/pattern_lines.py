"""Lines that hold a phrase or a pattern, as shares of the lines that are not blank; by polars' regular expressions."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from corpus.kernels.patterns import PHRASES
from corpus.kernels.signal import SignalCall

_POLICY = (
    r"terms (?:of|and) (?:use|service|conditions)", r"privacy policy", r"cookie policy", r"all rights reserved",
    r"uses? cookies|use of cookies",
    r"隐私(?:政策|声明|权政策)|隱私(?:政策|權政策|聲明)", r"(?:用户|服务|使用)协议|(?:用戶|服務|使用)(?:協議|條款)",
    r"使用条款|服务条款|免责声明|免責聲明|版权所有|版權所有",
)  # fmt: skip
_PHRASES = {
    "javascript": r"java ?script",
    "lorem_ipsum": "|".join(PHRASES["lorem_ipsum"]),
    "cookie": "|".join(PHRASES["cookie"]),
    "policy": "|".join(_POLICY),
}
"""By group: `javascript` is any line with the word, as C4 has it; the phrases of `phrase_density` ask for more."""
_LINES = r"[^\n]*\S[^\n]*"


def measure_pattern_lines(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `pattern_lines` family. An unusable pattern of a user's is ValueError."""
    frame = pl.DataFrame({"text": pl.Series(text if len(text) else pa.array([], pa.large_string()), dtype=pl.String)})
    lines = pl.col("text").str.count_matches(_LINES).cast(pl.Float64)
    names = [f"s{index}" for index in range(len(calls))]
    try:
        measured = frame.select(
            pl.when(lines > 0)
            .then(_matching(call).cast(pl.Float64) / lines)
            .otherwise(None)
            .cast(pl.Float32)
            .alias(name)
            for call, name in zip(calls, names, strict=True)
        )
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"a pattern cannot be used: {str(error).strip()}") from None
    return [measured[name].to_arrow() for name in names]


def _matching(call: SignalCall) -> pl.Expr:
    """How many lines match. Each is matched whole, so none counts twice."""
    if call.kernel == "phrase_line_ratio":
        wanted = f"(?i:{_PHRASES[str(call.arguments['of'])]})"
    else:
        wanted = f"(?:{call.arguments['pattern']})"
    return (
        pl.col("text").str.split("\n").list.eval(pl.element().str.contains(wanted) & pl.element().str.contains(r"\S"))
    ).list.sum()
