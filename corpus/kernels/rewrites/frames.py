"""The frame of a page: the menus above its text and the lists of links below it.

Lines say what they are: a sentence, an entry (a date, a word that leads elsewhere, a label of a list of links), or
neither. The text of a page is the stretch of lines with the highest sum, where a line with a sentence counts its
visible code points and a short line without one takes away SHORT (Pasternack and Roth 2009 find articles so, by tokens
and tags). What lies outside is a frame only when it shows that it is one: by entries other than dates, of which prose,
chronicles, verses, recipes and code have none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.buffers import frozen, large
from corpus.kernels.listing import DATE, LEAD, SENTENCE_MARK
from corpus.kernels.numba_cache import I64, U8, U8_OUT, helper, kernel
from corpus.kernels.rewrites.segments import Rewritten, lines_of, patched, series, untouched, where_matching

_HEADS = (
    "(?:相关|推荐|延伸|热门|最新|最近|精彩|往期|更多)(?:阅读|文章|新闻|推荐|链接|内容|评论|发布|资讯|标签|精选|回顾)",
    "猜你喜欢|文章(?:目录|标签|分类)|站点(?:概览|地图)|网站资讯|友情链接",
    "recent (?:posts?|comments?|articles?)|related (?:posts?|articles?|links)|popular posts?",
    "latest (?:posts?|articles?|news)|table of contents|on this page",
)
_FEET = (
    r"(?:©|copyright|\(c\))[^\n]*|[^\n]*(?:icp[备证]|all rights reserved)[^\n]*",
    r"由[^\n]+强力驱动[^\n]*|powered by [^\n]+|(?:主题|框架|theme)[ \t]*[-–|:：][^\n]+",
    r"(?:[^\n]*[ \t])?(?:上|下)一[篇页章](?:[ \t:：>»][^\n]*)?|本站(?:总?访客数?|总?访问量|总字数)[^\n]*",
    r"\d+[ \t]*(?:日志|分类|标签|篇文章|posts?|tags|categories)|(?:微信|支付宝)?打赏|阅读(?:全文|更多)[ \t]*[»>]*",
    r"(?:本文(?:链接|作者)|版权声明|许可协议)[ \t]*[:：][^\n]*|rss(?: feed)?|made with[^\n]*|hexo theme[^\n]*",
)
_SECTIONS = (
    "新闻|要闻|国内|国际|社会|财经|股票|体育|娱乐|科技|数码|手机|汽车|房产|教育|健康|旅游|时尚|军事|文化|游戏|论坛|博客|博文|视频|图片|直播",
    "专题|产品(?:中心|展示)?|项目|文档|下载|帮助|招聘|客户端|公司简介|新闻(?:中心|动态)|在线留言|常见问题|广告服务",
    "网站地图|English|简体中文|繁體中文",
    "news|world|business|sports?|politics|opinion|technology|science|health|entertainment|video|blog|forum|products|services",
    "support|docs|downloads?|faq|privacy(?: policy)?|terms(?: of (?:use|service))?|careers|advertise|site ?map",
    "subscribe|newsletter",
)
LABEL = rf"(?im)^[ \t*•\u{{3000}}【\[]*(?:{'|'.join((*_HEADS, *_FEET, *_SECTIONS))})[ \t:：】\]]*$"
"""A line that heads a list of links, leads to the next page, names the owner of the rights or a section of a site."""
SHORT = 12
"""What a line without a sentence takes away, so that a menu of ten lines outweighs a motto of 100 code points."""
LONG = 40
"""Visible code points from which on a line without a sentence's mark takes nothing away: it is no entry of a menu."""
LONGEST = 80
"""Visible code points of a label at most."""
LEAST = 200
"""Visible code points of sentences that a text must have to be told from its frame."""
ABOVE, BELOW = 3, 2
"""Entries other than dates that a head, and a tail, must have."""
TITLE = 8
"""Lines before the last entry of a head among which the title is looked for."""
_SIGN = (
    "(?i)首页|主页|归档|标签|分类|目录|登录|相关|推荐|[上下]一[篇页章]|©|copyright|备案|强力驱动"
    "|home|archive|tags|categories|search|related|新闻|体育|下载|news|sports|privacy"
)
"""What a text with a frame holds, asked first because it is asked quickly."""
_CODE = r"[{}<>=;]|^(?: {4}|\t)|\|"
_ITEM = r"^\s*(?:[•·*\-–#]|\d{1,2}[.、])"
_SENTENCE, _ENTRY, _WORD, _ITEM_LINE, _NEUTRAL, _FENCED = 1, 2, 4, 8, 16, 32


@helper
def _best(kinds: Any, sizes: Any, start: int, stop: int) -> Any:
    """The stretch of lines with the highest sum, and the sentences' code points in all: (first, behind, chars)."""
    best, total, chars = 0, 0, 0
    first, behind, begun = start, start, start
    for line in range(start, stop):
        kind, size = kinds[line], sizes[line]
        if kind & _SENTENCE:
            total += size
            chars += size
        elif not kind & _NEUTRAL and size > 0:
            total -= SHORT
        if total <= 0:
            total, begun = 0, line + 1
        elif total > best:
            best, first, behind = total, begun, line + 1
    return first, behind, chars


@helper
def _spoken(kinds: Any, sizes: Any, start: int, stop: int) -> int:
    chars = 0
    for line in range(start, stop):
        if kinds[line] & _SENTENCE:
            chars += sizes[line]
    return chars


@helper
def _shown(kinds: Any, start: int, stop: int) -> int:
    """Entries other than dates; 0 where a code fence is among the lines."""
    found = 0
    for line in range(start, stop):
        if kinds[line] & _FENCED:
            return 0
        if kinds[line] & _WORD:
            found += 1
    return found


@kernel(I64, U8, I64, U8_OUT)
def _framed(rows: Any, kinds: Any, sizes: Any, goes: Any) -> None:
    """`goes[line]`: whether the line is of a frame."""
    for row in range(len(rows) - 1):
        start, stop = rows[row], rows[row + 1]
        first, behind, chars = _best(kinds, sizes, start, stop)
        if chars < LEAST:
            continue
        spare = min(100, chars // 10)
        if _spoken(kinds, sizes, start, first) <= spare and _shown(kinds, start, first) >= ABOVE:
            last = first - 1
            while not kinds[last] & _ENTRY:
                last -= 1
            title = last
            while (
                title >= start and (title > last - TITLE) and (kinds[title] & (_ENTRY | _ITEM_LINE) or sizes[title] < 5)
            ):
                title -= 1
            kept = title if title >= start and title > last - TITLE else -1
            for line in range(start, last + 1):
                goes[line] = 1 if line != kept else 0
        if _spoken(kinds, sizes, behind, stop) <= spare:
            begin = behind
            while begin < stop and not kinds[begin] & _WORD:
                begin += 1
            if _shown(kinds, begin, stop) >= BELOW:
                for line in range(begin, stop):
                    goes[line] = 1


def page_frame(text: pa.Array) -> Rewritten:
    """Menus above a text and lists of links, dates and owners below it go; the title stays.

    A head goes up to its last entry, but for the last line of at least five visible code points before it that is no
    entry and no item of a list (the title, where a date follows it); a tail goes from its first entry that is no date.
    They need ABOVE and BELOW entries other than dates, may hold a tenth of the text's sentences and 100 code points of
    them at most, and no code fence. Texts with fewer than LEAST code points in sentences stay. Linear; a second time
    changes nothing.
    """
    where = where_matching(text, _SIGN)
    if not where.any():
        return untouched(text)
    lines = lines_of(text.filter(pa.array(where)))
    frame = pl.DataFrame({"line": series(lines.text)}).select(
        pl.col("line").str.strip_suffix("\n"),
        (pl.col("line").str.len_chars() - pl.col("line").str.count_matches(r"\s")).cast(pl.Int64).alias("size"),
    )
    line, size = pl.col("line"), pl.col("size")
    entry = (size <= LONGEST) & (line.str.contains(LEAD) | line.str.contains(LABEL)) & ~pl.Series(lines.code)
    sentence = line.str.contains(SENTENCE_MARK) & ~entry & (size >= SHORT)
    neutral = pl.Series(lines.code) | line.str.contains(_CODE) | (size >= LONG)
    kinds = frame.select(
        (
            sentence.cast(pl.UInt8) * _SENTENCE
            + entry.cast(pl.UInt8) * _ENTRY
            + (entry & ~line.str.contains(DATE)).cast(pl.UInt8) * _WORD
            + line.str.contains(_ITEM).cast(pl.UInt8) * _ITEM_LINE
            + neutral.cast(pl.UInt8) * _NEUTRAL
            + pl.Series(lines.code).cast(pl.UInt8) * _FENCED
        ).alias("kind")
    )
    goes = np.zeros(len(lines.text), np.uint8)
    _framed(frozen(lines.rows), frozen(kinds["kind"].to_numpy()), frozen(frame["size"].to_numpy()), goes)
    if not goes.any():
        return untouched(text)
    kept = pl.select(pl.when(pl.Series(goes.view(np.bool_))).then(pl.lit("")).otherwise(series(lines.text))).to_series()
    return patched(text, where, lines.join(large(kept)))


_HEAD = r"\A\s*([^\n]*\S)[ \t\u{3000}]*\n\s*([^\n]*\S)[ \t\u{3000}]*\n"


def repeated_title(text: pa.Array) -> Rewritten:
    """A first line of SHORT / 2 to LONGEST code points that stands again as the next one keeps one copy, in texts of
    LEAST code points and more: a page's title and the heading that repeats it. Shorter ones stay, as a song may begin
    so."""
    texts = series(text)
    first, second = (texts.str.extract(_HEAD, group) for group in (1, 2))
    length = first.str.len_chars()
    again = (first == second) & length.is_between(SHORT // 2, LONGEST) & (texts.str.len_chars() >= LEAST)
    where = again.fill_null(False).to_numpy().copy()
    if not where.any():
        return untouched(text)
    return patched(text, where, large(series(text.filter(pa.array(where))).str.replace(r"\A\s*[^\n]*\S[^\n]*\n", "")))
