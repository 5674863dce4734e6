"""Numbers and names that lead to a person become placeholders: `<PHONE>`, `<ID_CARD>`, `<EMAIL>` and so on.

A number counts when it is written as one, its check digit, prefix or area holds, and nothing beside it says that it is
another: a path, an assignment, a unit, an order number. What was found is counted by kind and said nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.buffers import column, large, utf8
from corpus.kernels.memory import byte_at
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U8_OUT, helper, kernel
from corpus.kernels.rewrites import checks
from corpus.kernels.rewrites.gates import capital_behind_wide, spaced_digits
from corpus.kernels.rewrites.segments import Pieces, Rewritten, patched, series, untouched, where_matching
from corpus.kernels.signal import SignalCall
from corpus.kernels.text_signals import PII_KINDS

_AS = {kind: f"<{kind.upper()}>" for kind in PII_KINDS} | {"ipv4": "<IP>", "ipv6": "<IP>"}

_PLATES = (
    r"(?:\d{5}|[A-HJ-NP-Z]\d{4}|\d[A-HJ-NP-Z]\d{3}|\d{3}[A-HJ-NP-Z]\d|\d{4}[A-HJ-NP-Z]|[A-HJ-NP-Z]{2}\d{3}|"
    r"\d{3}[A-HJ-NP-Z]{2}|[A-HJ-NP-Z]\d{3}[A-HJ-NP-Z]|[DF][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF])(?-u:\b)|\d{4}[挂学警港澳]"
)
_WRITTEN = {
    "email": (
        "@",
        r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@(?:[A-Za-z0-9\-]{1,63}\.)+[A-Za-z]{2,24}(?-u:\b)",
    ),
    "wechat": (
        "微信|薇信|威信|[vV]信|[vVwW][xX]|[wW][eE][cC]|[wW][eE][iI]",
        r"(?i)((?:微信|薇信|威信|v信|(?-u:\b)(?:vx|wx|wechat|weixin))"
        r"(?:号码?|id|账号|帐号)?[ ]?(?:[:：]|是|为|加)[ ]?|(?:微信|薇信)(?:号码?|id)[ ]?)"
        r"[a-z][a-z0-9_\-]{5,19}(?-u:\b)",
    ),
    "qq": (
        r"(?i)qq|扣扣",
        r"(?i)((?:(?-u:\b)qq|扣扣)(?:群|号码?|群号)?[ ]?(?:[:：]|是|为|加)?[ ]?)[1-9]\d{4,10}(?-u:\b)",
    ),
    "passport": (
        r"(?i)护照|passport",
        r"(?i)((?:护照(?:号码?)?|passport(?: no\.?| number)?)[ ]?(?:[:：]|是|为)?[ ]?)"
        r"(?:[EGDSPHK][A-HJ-NP-Z]?\d{7,8})(?-u:\b)",
    ),
    "ipv6": (
        "(?i)[23][0-9a-f]{3}:",
        r"(?i)(?-u:\b)[23][0-9a-f]{3}:(?:(?:[0-9a-f]{1,4}:){6}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,5}(?::[0-9a-f]{1,4}){1,4})(?-u:\b)",
    ),
    "plate": (
        "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]",
        rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•]?(?:{_PLATES})",
    ),
}
"""A cheap pattern that a text must have, and the one that is replaced; a group in it is context that stays."""

_CANDIDATE = r"[0-9][-0-9A-Za-z). ]{5}[-0-9A-Za-z). ]*|[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"
_CALLED = (
    r"(?:tel|phone|mobile|mob|cell|contact|call|fax|sms|whatsapp|手机|电话|联系|号码|热线|传真|座机|微信|致电|拨打)"
)
_ELSEWHERE = (
    r"(?i)(?:[=&#%$¥￥_]|[a-z0-9/_]\?|[0-9a-z/]~|[a-z_\-]/|[0-9a-z)] ?\*|[·×^]|(?:^|[^\p{Han}])[.-]|://[!-~]*|"
    r"v(?:er(?:sion)?)?[. ]?|版本|版|isbn[:： ]*|doi[:： ]*|"
    r"(?:订单|单|编|型|流水|快递|运单|工单|批|序列|合同|发票)号[码是为:： ]*|"
    r"(?-u:\b)(?:order|invoice|serial|sn|[a-z]*id)(?: no\.?| number| id)?[.:# ]*)$"
)
"""What before a number says that it is no phone and no card."""
_CALLS = rf"(?i){_CALLED}(?:[^=/\n]{{0,6}}[=/]|[.-])$"
"""A phone's own key: `tel=`, `phone/`, `Tel.`"""
_FRACTION = r"(?i)(?:[0-9]\.|isbn[:： ]*)$"
_UNIT = "^(?:[元人次万亿个米吨度年%％℃]|[ ]?(?:元|km|kg|bytes))"
_CARD = r"(?i)(?:卡|账|帐|银行|card|account|acct)[^\n]{0,10}$"
_ADDRESS = r"(?i)(?:ip|地址|address|host|server|主机|服务器|ping|ssh|telnet|http://|https://)[^\n]{0,8}$"


@helper
def _alnum(one: int) -> bool:
    return 0x30 <= one <= 0x39 or 0x41 <= (one & 0xDF) <= 0x5A


@helper
def _inside(data: Any, index: int, end: int, spaces: int) -> bool:
    """Whether the byte may stand inside a candidate; a space only between two digits, and only when asked."""
    one = byte_at(data, index)
    if _alnum(one) or one == 0x2D or one == 0x2E or one == 0x2B or one == 0x28 or one == 0x29:
        return True
    if one != 0x20 or not spaces or index + 1 >= end:
        return False
    before, after = byte_at(data, index - 1), byte_at(data, index + 1)
    return 0x30 <= before <= 0x39 and 0x30 <= after <= 0x39


@helper
def _opens(data: Any, index: int, end: int) -> bool:
    """Whether a number stands at `index`, its sign before it or not."""
    if index < end and byte_at(data, index) == 0x2B:
        index += 1
    return index < end and 0x30 <= byte_at(data, index) <= 0x39


@helper
def _behind_word(data: Any, index: int, end: int) -> int:
    """Where the number behind a word for a phone begins (`Tel.138`, `phone138`); `index` when there is none."""
    stop, last = index, 0
    while stop < end and 0x41 <= (byte_at(data, stop) & 0xDF) <= 0x5A:
        last = (last << 8 | byte_at(data, stop) | 0x20) & 0xFFFFFF
        stop += 1
    # The last three letters of tel, phone, mobile, mob, cell and fax.
    known = last == 0x74656C or last == 0x6F6E65 or last == 0x696C65 or last == 0x6D6F62 or last == 0x656C6C
    if not known and last != 0x666178:
        return index
    while stop < end and (byte_at(data, stop) == 0x2E or byte_at(data, stop) == 0x2D):
        stop += 1
    return stop if _opens(data, stop, end) or (stop < end and byte_at(data, stop) == 0x28) else index


@kernel(U8, I64, INT, I64_OUT, U8_OUT, I64_OUT)
def _cut_numbers(data: Any, offsets: Any, spaces: int, ends: Any, number: Any, rows: Any) -> None:
    """Pieces that are candidates (`number` 1: eight bytes or more that begin and end well and hold six digits or dots),
    and what lies between. The arrays hold a piece for every eight bytes, and two a row."""
    many = 0
    rows[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        index, done = start, start
        while index < end:
            one = byte_at(data, index)
            begins = _alnum(one) or ((one == 0x2B or one == 0x28) and _opens(data, index + 1, end))
            if not begins:
                index += 1
                continue
            number_at = _behind_word(data, index, end)
            if number_at > index:
                index = number_at
                continue
            stop = index + 1
            digits = 0x30 <= one <= 0x39
            brackets = one == 0x28
            while stop < end and _inside(data, stop, end, spaces):
                here = byte_at(data, stop)
                if here == 0x28 or here == 0x29:
                    # `(010)6` and `86(0)1` are inside; a name or remark in brackets is not.
                    fits = here == 0x29 and brackets
                    fits = fits or (here == 0x28 and stop - index <= 5 and _opens(data, stop + 1, end))
                    if not fits:
                        break
                    brackets = here == 0x28
                digits += 0x30 <= here <= 0x39 or here == 0x2E
                stop += 1
            last = stop
            while last > index and not _alnum(byte_at(data, last - 1)):
                last -= 1
            if digits >= 7 and 7 <= last - index <= 32:
                if done < index:
                    ends[many + 1] = index
                    number[many] = 0
                    many += 1
                ends[many + 1] = last
                number[many] = 1
                many += 1
                done = last
            index = stop
        if done < end:
            ends[many + 1] = end
            number[many] = 0
            many += 1
        rows[row + 1] = many


def pii(text: pa.Array, kinds: Sequence[str] = PII_KINDS) -> Rewritten:
    """The texts with placeholders; `counts` has, by kind, how many were put in each row.

    Addresses, ids and passports are known by what stands before them (WeChat, QQ, passport), numbers by their form.
    Telephone numbers: mobile prefixes and area codes of mainland China. Bank cards: 16 to 19 digits that add up, of
    UnionPay (62), or of other issuers where the words before speak of a card or account. Linear; idempotent.
    """
    found = {kind: np.zeros(len(text), np.int32) for kind in kinds}
    result = untouched(text)
    for kind in kinds:
        if kind in _WRITTEN:
            result = _then(result, _by_pattern(result.text, kind, found[kind]))
    numbers = [kind for kind in kinds if kind not in _WRITTEN]
    if numbers:
        for spaces in (False, True):
            result = _then(result, _by_number(result.text, numbers, spaces, found))
    counts = {kind: column(many, pa.int32(), text) for kind, many in found.items()}
    return Rewritten(result.text, result.removed, counts)


def measure_pii(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """How many placeholders the rewrite `pii` would put into each text, of a kind or of all; null where the text is.

    All kinds are looked for, whichever are asked, so that a number counts as what the rewrite would take it for.
    """
    counts = {kind: np.asarray(many.fill_null(0)) for kind, many in pii(text).counts.items()}
    counts["all"] = np.stack(list(counts.values())).sum(axis=0, dtype=np.int32)
    return [column(counts[str(call.arguments["of"])], pa.int32(), text) for call in calls]


def _then(first: Rewritten, second: Rewritten) -> Rewritten:
    import pyarrow.compute as pc

    return Rewritten(second.text, pc.add(first.removed, second.removed), {})


def _by_pattern(text: pa.Array, kind: str, found: np.ndarray) -> Rewritten:
    cheap, pattern = _WRITTEN[kind]
    where = capital_behind_wide(text) if kind == "plate" else where_matching(text, cheap)
    if not where.any():
        return untouched(text)
    before = series(text.filter(pa.array(where)))
    many = before.str.count_matches(pattern).to_numpy()
    found[where] += many.astype(np.int32)
    if not many.any():
        return untouched(text)
    kept = "${1}" if pattern.startswith("(?i)((") else ""
    return patched(text, where, large(before.str.replace_all(pattern, kept + _AS[kind])))


def _by_number(text: pa.Array, kinds: Sequence[str], spaces: bool, found: dict[str, np.ndarray]) -> Rewritten:
    where = spaced_digits(text) if spaces else where_matching(text, _CANDIDATE)
    if not where.any():
        return untouched(text)
    data, offsets = utf8(text.filter(pa.array(where)))
    room = int(offsets[-1] - offsets[0]) // 3 + 2 * len(offsets)
    ends, number, rows = np.empty(room + 1, np.int64), np.zeros(room, np.uint8), np.empty(len(offsets), np.int64)
    ends[0] = offsets[0]
    _cut_numbers(data, offsets, int(spaces), ends, number, rows)
    many = int(rows[-1])
    offsets_of = pa.py_buffer(ends[: many + 1].copy())
    cut = pa.Array.from_buffers(pa.large_string(), many, [None, offsets_of, pa.py_buffer(data)], null_count=0)
    at = np.flatnonzero(number[:many])
    if not len(at):
        return untouched(text)
    all_pieces = series(cut)
    placed = _kinds_of(all_pieces, at, rows, kinds, spaces)
    hits = placed.is_not_null().to_numpy()
    if not hits.any():
        return untouched(text)
    indices = np.flatnonzero(where)
    for kind in kinds:
        chosen = at[(placed == kind).fill_null(False).to_numpy()]
        np.add.at(found[kind], indices[np.searchsorted(rows, chosen, side="right") - 1], 1)
    after = all_pieces.scatter(at[hits], placed.filter(pl.Series(hits)).replace_strict(_AS, return_dtype=pl.String))
    return patched(text, where, Pieces(cut, rows, np.zeros(many, bool)).join(large(after)))


def _kinds_of(pieces: pl.Series, at: np.ndarray, rows: np.ndarray, kinds: Sequence[str], spaces: bool) -> pl.Series:
    """The kind of each candidate, null for none."""
    first = np.isin(at, rows)
    last = np.isin(at + 1, rows)
    frame = pl.DataFrame(
        {
            "value": pieces.gather(at),
            "before": _beside(pieces, np.maximum(at - 1, 0), first).str.tail(24),
            "earlier": _beside(pieces, np.maximum(at - 2, 0), first | np.isin(at - 1, rows)),
            "after": _beside(pieces, np.minimum(at + 1, len(pieces) - 1), last).str.head(3),
        }
    )
    value, before = pl.col("value"), pl.col("before")
    phone = _is_phone(value)
    free = ~before.str.contains(_ELSEWHERE) & (~before.str.ends_with("/") | before.str.contains(r"\p{Han}/$"))
    # A number beside another one of a phone is one too: 13800000000/13900000000.
    free = free | ((before == "/") & _is_phone(pl.col("earlier")))
    free = (free | (before.str.contains(_CALLS) & ~before.str.contains("://"))) & ~pl.col("after").str.contains(_UNIT)
    phone = phone | (value.str.contains(checks.TOGETHER) & before.str.contains(f"(?i){_CALLED}[^\n]{{0,6}}$"))
    digits = value.str.replace_all(r"[ -]", "")
    cards = (
        r"^(?:\d{13,19}|\d{4}(?: \d{4}){3}(?: \d{1,3})?|\d{4}(?:-\d{4}){3}(?:-\d{1,3})?|\d{6} \d{10,13}|"
        r"\d{4}[ -]\d{6}[ -]\d{4,5})$"
    )
    tests = {
        "id_card": value.str.contains(r"^\d{17}[0-9Xx]$") & _holds(value, r"^\d{17}[0-9Xx]$", checks.id_card, frame),
        "credit_code": _holds(value, r"^[0-9A-Z]{2}\d{6}[0-9A-Z]{10}$", checks.credit_code, frame),
        "phone": phone,
        "bank_card": value.str.contains(cards)
        & ((digits.str.contains("^62") & (digits.str.len_chars() >= 16)) | before.str.contains(_CARD))
        & _holds(value, cards, checks.bank_card, frame),
        "ipv4": _holds(value, r"^(?:\d{1,3}\.){3}\d{1,3}$", checks.public_ipv4, frame),
        "ssn": _holds(value, r"^\d{3}-\d{2}-\d{4}$", checks.social_security, frame),
    }
    kind: pl.Expr = pl.lit(None, pl.String)
    for name in reversed([name for name in tests if name in kinds]):
        kind = pl.when(tests[name]).then(pl.lit(name)).otherwise(kind)
    # Four small numbers are a version unless a word before them says address; then nothing else beside it counts.
    dotted, called = value.str.contains(r"^(?:\d{1,3}\.){3}\d{1,3}$"), before.str.contains(_ADDRESS)
    large_parts = value.str.count_matches(r"(?-u:\b)(?:[2-9]\d|\d{3})(?-u:\b)") >= 2
    allowed = pl.when(dotted).then(called | (free & large_parts)).otherwise(free)
    # With a place, a day and a check digit inside, it is one wherever it stands, but for the digits of a fraction.
    sure = tests["id_card"] & ~before.str.contains(_FRACTION)
    allowed = allowed | (sure if "id_card" in kinds else pl.lit(False))
    return frame.select(pl.when(allowed).then(kind).otherwise(None)).to_series()


def _is_phone(value: pl.Expr) -> pl.Expr:
    return value.str.contains(checks.MOBILE) | value.str.contains(checks.LANDLINE)


def _beside(pieces: pl.Series, at: np.ndarray, nothing: np.ndarray) -> pl.Series:
    return pl.select(pl.when(pl.Series(nothing)).then(pl.lit("")).otherwise(pieces.gather(at))).to_series()


def _holds(value: pl.Expr, pattern: str, check: Callable[[str], bool], frame: pl.DataFrame) -> pl.Expr:
    """Whether the value is written as `pattern` and stands the check, which is asked of such values alone."""
    written = frame["value"].filter(frame["value"].str.contains(pattern)).unique().to_list()
    return value.is_in([one for one in written if check(one)])
