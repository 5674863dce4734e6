"""URLs, addresses, boilerplate phrases and patterns of the user's own, by polars' regular expressions.

The engine is Rust's: no look-around, no back-references, and time linear in the text for every pattern.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.plain_patterns import count, plain
from corpus.kernels.signal import SignalCall

URL = r"(?i)(?:https?://|\bwww\.)[!#-&(-;=?-\[\]_a-z~]+"
"""A scheme or `www.` and what follows it in ASCII: a URL in running Chinese ends where the Chinese goes on."""
EMAIL = r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}"

PHRASES: dict[str, tuple[str, ...]] = {
    "javascript": (
        r"(?:enable|requires?|turn on|without|activate) java ?script",
        r"java ?script (?:is|has been|must be|seems to be|needs to be) (?:disabled|enabled|turned|required)",
        r"(?:启用|开启|打开|启动|禁用了?|啟用|開啟|停用) ?java ?script",
        r"(?:浏览器|瀏覽器)(?:不支持|未启用|禁用了|不支援|未啟用) ?java ?script",
    ),
    "lorem_ipsum": (r"lorem ipsum", r"dolor sit amet", r"consectetur adipisc"),
    "cookie": (
        r"(?:accept|reject|allow|manage|decline)(?: all| our| the use of)? cookies",
        r"(?:we|site|website|page) uses? cookies",
        r"cookie (?:policy|notice|settings|preferences|consent)",
        r"(?:接受|允许|拒绝|管理|使用|启用|同意|允許|拒絕)(?:所有|全部|的)? ?cookies?",
        r"cookies? ?(?:政策|设置|声明|偏好|設定|聲明)",
    ),
    "placeholder": (
        r"under construction",
        r"coming soon",
        r"page (?:not|cannot be|could not be) found",
        r"(?:insert|your|sample|placeholder) text (?:here|goes here)",
        r"no (?:content|results|posts) (?:yet|found|available)",
        r"此处(?:填写|输入|插入|省略)",
        r"(?:页面|网页|文章|内容)(?:不存在|已删除|已被删除|找不到|为空)",
        r"暂无(?:内容|数据|简介|评论|信息|相关)",
        r"(?:正在|网站|页面)建设中",
        r"敬请期待|敬請期待|待补充|頁面不存在",
    ),
    "html_remnant": (
        r"</?(?:div|span|p|br|a|b|i|td|tr|th|table|tbody|li|ul|ol|img|font|script|style|strong|em|h[1-6])"
        r"(?:\s+[a-z\-]+\s?=[^<>]{0,300})?\s?/?>",
        r"&(?:nbsp|amp|lt|gt|quot|ldquo|rdquo|hellip|mdash|#x?[0-9a-f]{2,6});",
        r"<!--|-->|<!\[CDATA\[|\]\]>",
    ),
    "mojibake": (
        r"锟斤拷|锟斤|斤拷|烫烫烫|屯屯屯|鈥[檚渟滄攁]?|锛[屽歿岀]|銆[傚佸愬]|鐨勪|浜嗕|涓€",
        r"[ÃÂ][\x{80}-\x{BF}]|â€[\x{80}-\x{2122}]|[äåæçèé][\x{80}-\x{BF}]{2}|ï¿½|ï»¿|\x{FFFD}{2,}",
    ),
}
"""What pages carry that is no prose, by group; written for this project. Case matters to mojibake alone."""

TOGETHER, SHORT = 3, 1_500
"""From so many patterns on, in texts of so many bytes on average at most, rows without a match are set apart first."""

_GROUPS = {name: ("" if name == "mojibake" else "(?i)") + "|".join(parts) for name, parts in PHRASES.items()}

ANCHORS: dict[str, tuple[str, ...]] = {
    "url": (r"(?i)http|www\.",),
    "email": ("@",),
    "javascript": ("(?i)java ?script",),
    "cookie": ("(?i)cookie",),
    "lorem_ipsum": ("(?i)lorem|dolor|consectetur",),
    "html_remnant": (r"<[/!A-Za-zſ]|&[#A-Za-z]|-->|\]\]>",),
    "placeholder": (
        "(?i)construction|coming soon|found|text here|text goes|no content|no results|no posts",
        "此处[填输插省]|(?:页面|网页|文章|内容)[不已找为]|暂无|建设中|敬请期|敬請期|待补充|頁面不",
    ),
}
"""What every match of a group holds one of: few and long enough literals for the engine to look for them at once."""


def problem(pattern: str) -> str | None:
    """Why `pattern` cannot be used; None when it can."""
    if pattern == "":
        return "is empty, and an empty pattern matches everywhere"
    try:
        pl.Series([""]).str.count_matches(pattern)
    except pl.exceptions.ComputeError as error:
        return str(error).strip().splitlines()[-1].strip()
    return None


def measure_patterns(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `patterns` family. An unusable pattern of a user's is ValueError."""
    texts = pl.Series(text if len(text) else pa.array([], pa.large_string()), dtype=pl.String)
    chars = texts.str.len_chars().cast(pl.Float64)
    own = [str(call.arguments["pattern"]) for call in calls if "pattern" in call.arguments]
    own = [pattern for pattern in dict.fromkeys(own) if plain(pattern) is None]
    try:
        some = _holding(texts, own)
        return [_measure(text, texts, chars, call, some).to_arrow() for call in calls]
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"a pattern cannot be used: {str(error).strip()}") from None


def _holding(texts: pl.Series, patterns: Sequence[str]) -> pl.Series | None:
    """The rows that any of the patterns matches, found in one go; None where that does not pay.

    Rows of dialogues are short and hardly any matches, so one look for all patterns saves most of the looks for each.
    """
    if len(patterns) < TOGETHER or (texts.str.len_bytes().mean() or 0) > SHORT:  # type: ignore[operator]
        return None
    try:
        rows = texts.str.contains("|".join(f"(?:{pattern})" for pattern in patterns)).fill_null(False).arg_true()
    except pl.exceptions.ComputeError:
        return None  # Together they are too large, or one of them is wrong, which is said where it is used.
    return rows if 2 * len(rows) < len(texts) else None


def _measure(
    text: pa.Array, texts: pl.Series, chars: pl.Series, call: SignalCall, some: pl.Series | None = None
) -> pl.Series:
    match call.kernel:
        case "url_count":
            return _count(texts, URL, "url").cast(pl.Int32)
        case "email_count":
            return _count(texts, EMAIL, "email").cast(pl.Int32)
        case "url_char_ratio":
            urls = _where(
                texts, "url", lambda some: some.str.len_chars() - some.str.replace_all(URL, "").str.len_chars()
            )
            return _per(urls, chars)
        case "curly_ratio":
            return _per(_count(texts, r"[{}]", None), chars)
        case "phrase_density":
            group = str(call.arguments["of"])
            return _per(_count(texts, _GROUPS[group], group) * 1000.0, chars)
        case _:
            return _per(_matches(text, texts, str(call.arguments["pattern"]), some) * 1000.0, chars)


def _matches(text: pa.Array, texts: pl.Series, pattern: str, some: pl.Series | None = None) -> pl.Series:
    """How often a pattern of the user's matches; it can match in the rows of `some` alone, where they are given."""
    known = plain(pattern)
    if known is not None:
        return pl.Series(count(text, known))
    if some is None:
        return _count(texts, pattern, None)
    return _in_rows(texts, some, lambda few: few.str.count_matches(pattern))


def _count(texts: pl.Series, pattern: str, anchor: str | None) -> pl.Series:
    return _where(texts, anchor, lambda some: some.str.count_matches(pattern))


def _where(texts: pl.Series, anchor: str | None, count: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`count` of the texts that hold what ANCHORS says every match holds, 0 for the others, null for null.

    Looking for a literal runs at several GB/s, a pattern at a tenth of that, and most documents have no match.
    """
    if anchor not in ANCHORS:
        return count(texts)
    held = [texts.str.contains(literals) for literals in ANCHORS[anchor]]
    rows = functools.reduce(operator.or_, held).fill_null(False).arg_true()
    return _in_rows(texts, rows, count)


def _in_rows(texts: pl.Series, rows: pl.Series, count: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`count` of the texts in `rows`, 0 for the others, null for null."""
    found = np.zeros(len(texts), np.uint32)
    if len(rows):
        found[rows.to_numpy()] = count(texts.gather(rows)).to_numpy()
    return pl.select(pl.when(texts.is_not_null()).then(pl.Series(found))).to_series()


def _per(part: pl.Series, whole: pl.Series) -> pl.Series:
    """`part / whole`, null for an empty text."""
    ratio = pl.when(whole > 0).then(part.cast(pl.Float64) / whole)
    return pl.select(ratio.cast(pl.Float32)).to_series()
