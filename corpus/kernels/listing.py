"""Pages that list other pages: front pages, archives, tags, search results of a site."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.rewrites.segments import series, short_lines
from corpus.kernels.signal import SignalCall

_SPACE = r"[ \t\u{3000}]*"
_DATES = (
    r"(?:(?:19|20)\d\d|\d\d) ?[-/.年] ?\d{1,2}(?: ?[-/.月] ?\d{1,2}日?)?(?:[ T]+\d{1,2}:\d\d(?::\d\d)?)?",
    r"\d{1,2}[-/]\d{1,2}",
    r"(?:[一二三四五六七八九十]{1,3}|\d{1,2})月(?: ?\d{1,2}日?)?(?:[,，]? ?(?:19|20)\d\d)?",
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?(?: \d{1,2})?(?:,? (?:19|20)\d\d)?",
)
_PLACES = (
    "(?:首|主|尾|末|上一|下一)页|(?:首|主|尾|末|上一|下一)頁|归档|歸檔|分类|分類|标签|標籤|搜索|搜尋|菜单|目录|目錄|登[录陆]|登錄|注册|註冊|更多|返回|留言",
    "关于(?:我们?|本站)?|友情?链接?|联系我们",
    "home|about(?: us)?|archives?|tags?|categor(?:y|ies)|search|menu|next|prev(?:ious)?|log ?in|sign (?:in|up)",
    r"links?|contact(?: us)?|more|[«»‹›…·|]+",
)
_ITEM = rf"(?im)^{_SPACE}(?:[•·*\-–]{_SPACE})?"
DATE = rf"{_ITEM}(?:{'|'.join(_DATES)}){_SPACE}$"
"""A line that holds nothing but a date."""
LEAD = rf"{_ITEM}(?:{'|'.join((*_DATES, *_PLACES))}){_SPACE}$"
"""A line that holds nothing but a date or a word that leads elsewhere on a site, as an item of a list or not. Numbers
alone are none: they number pages, but also lines of code."""
SENTENCE_MARK = r"(?m)[，。！？；]|[a-z)”\"][.!?](?:[ \t]|$)"
"""A mark that sentences have, in Chinese or English."""
LONGEST = 40
"""Code points of such a line at most, with what stands around it."""
WORDS = 2
"""Words that lead elsewhere which a listing has: dates alone do not make one."""
_LINE = r"[^\n]*\S[^\n]*"
_SENTENCE = rf"(?m)[^\n]*(?:{SENTENCE_MARK.removeprefix('(?m)')})[^\n]*"


def measure_listing(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """`listing_ratio` for each call: the share of entries among the lines, times the share of the lines without a
    sentence's mark in the visible code points of the others (1 where there are none). Null where nothing is visible.
    Linear.

    So a diary, whose entries stand between sentences, has a low value, and an archive, whose entries stand between
    titles, a high one; a chronicle has 0, as has every text with fewer than WORDS entries that are no dates.
    """
    short, rows = short_lines(text, LONGEST)
    leads = series(short).str.contains(LEAD).to_numpy()
    rows, short = rows[leads], short.filter(pa.array(leads))
    words = ~series(short).str.contains(DATE).to_numpy()
    entries, where = np.bincount(rows, minlength=len(text)), np.bincount(rows[words], minlength=len(text)) >= WORDS
    frame = pl.DataFrame({"text": series(text.filter(pa.array(where))), "entries": entries[where]})
    others = pl.col("text").str.replace_all(LEAD, "")
    titles = others.str.replace_all(_SENTENCE, "")
    share = pl.when(_visible(others) > 0).then(_visible(titles) / _visible(others)).otherwise(1.0)
    value = np.zeros(len(text), np.float32)
    value[where] = frame.select(share * pl.col("entries") / pl.col("text").str.count_matches(_LINE)).to_series()
    seen = series(text).str.contains(r"\S").fill_null(value=False).to_numpy()
    return [pa.array(value, mask=~seen)] * len(calls)


def _visible(text: pl.Expr) -> pl.Expr:
    return text.str.len_chars() - text.str.count_matches(r"\s")
