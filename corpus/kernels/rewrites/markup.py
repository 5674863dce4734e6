"""What pages leave in a text: HTML tags and entities, URLs and linked pictures. Code between fences is left alone.

Tags are those of a known list, with attributes written as HTML writes them, so that `a<b and c>d` and
`std::vector<int>` stay.
"""

from __future__ import annotations

import html
import unicodedata

import polars as pl
import pyarrow as pa

from corpus.kernels.rewrites.segments import Rewritten, outside_fences, where_matching

_ATTRIBUTE = r"""(?:\s+[A-Za-z][A-Za-z0-9:_\-]*\s?=\s?(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))"""
_LONG = (
    "div|span|br|hr|td|th|tr|table|thead|tbody|tfoot|caption|colgroup|li|ul|ol|dl|dt|dd|img|font|strong|em|h[1-6]|"
    "center|section|article|header|footer|nav|aside|main|figure|figcaption|iframe|noscript|blockquote|pre|code|sup|"
    "sub|small|big|strike|del|ins|form|input|button|label|select|option|textarea|video|audio|object|embed|param|link|"
    "meta|head|body|html|title"
)
_SHORT = "p|a|b|i|u|s|q"
_UNSEEN = (r"<!--.*?-->", r"<script\b[^<>]*>.*?</script\s?>", r"<style\b[^<>]*>.*?</style\s?>")
_HIDDEN = rf"(?is){'|'.join(_UNSEEN)}|((?:<!--|<script\b[^<>]*>|<style\b[^<>]*>).*)"
"""What no reader sees. The group is what stands from the first of them that is never closed to the end, so that the end
is looked for once: without it every further match would look for it again, in time quadratic in the text."""
_CELL = r"(?i)</t[dh]\s?>[ ]?<t[dh]\b"
"""Cells side by side in a line: a table that loses its tags keeps a tab between them, or two words become one."""
_BREAK = r"(?i)(?:<br\s?/?>|</(?:p|div|li|tr|h[1-6])\s?>)\n?"
_TAG = rf"(?i)<(?:{_LONG}){_ATTRIBUTE}*\s?/?>|<(?:{_SHORT}){_ATTRIBUTE}+\s?/?>|</(?:{_LONG}|{_SHORT})\s?>"
_BARE = rf"(?i)(^|[^A-Za-z0-9_<])((?:<(?:{_SHORT})>)+)"
"""`<b>` alone looks like a comparison where a letter or digit stands before it."""
_ENTITY = r"&(?:#[xX][0-9A-Fa-f]{1,6}|#[0-9]{1,7}|[A-Za-z]{2,8}[0-9]{0,2});"

URL = (
    r"(?i)(?:(?:https?|ftp)://|(?-u:\b)www\.[a-z0-9\-]+\.[a-z])"
    r"[a-z0-9!#$%&*+,./:;=?@_~\-]*[a-z0-9/_~=&#%+\-]"
)
"""A scheme, or `www.` with a name behind it, and what follows in ASCII up to a bracket, quote, space or Chinese."""
_IMAGE = r"""!\[[^\[\]\n]*\]\([^()\s]+(?:[ \t]+"[^"\n]*")?\)"""
_EMPTY_LINK = r"\[\s?\]\([^()\s]*\)"
_LINK = r"""\[([^\[\]\n]+)\]\((?:https?|ftp)://[^()\s]+(?:[ \t]+"[^"\n]*")?\)"""


def html_remnants(text: pa.Array) -> Rewritten:
    """Tags, comments, scripts and styles go, entities become what they name; a tag that ends a line becomes one."""
    return outside_fences(text, where_matching(text, r"<[A-Za-z/!]|&#?[A-Za-z0-9]+;"), _without_html)


def _without_html(texts: pl.Series) -> pl.Series:
    done = texts.str.replace_all(_HIDDEN, "${1}")
    for one in _UNSEEN:  # behind what is never closed; each by itself looks for its end once
        done = done.str.replace_all(f"(?is){one}", "")
    done = done.str.replace_all(_CELL, "</td>\t<td").str.replace_all(_BREAK, "\n").str.replace_all(_TAG, "")
    done = done.str.replace_all(_BARE, "${1}")
    found = done.str.extract_all(_ENTITY).explode().drop_nulls().unique().to_list()
    meant = {entity: decoded for entity in found if (decoded := _decoded(entity)) is not None}
    return done.str.replace_many(list(meant), list(meant.values())) if meant else done


def _decoded(entity: str) -> str | None:
    """The character an entity names; None for what names none, or one that does not belong in a text."""
    meant = html.unescape(entity)
    if meant == entity or len(meant) > 2:
        return None
    if meant in ("\u00a0", "\u2002", "\u2003", "\u2009", "\t", "\n"):
        return " " if meant != "\n" else "\n"
    return None if any(unicodedata.category(one) in ("Cc", "Cs", "Cn") for one in meant) else meant


def urls(text: pa.Array) -> Rewritten:
    """Bare URLs go and a Markdown link leaves its words; brackets, marks and Chinese behind a URL stay.

    Kept: `www` that is a word, hosts without scheme or `www.`, the line a URL stood on.
    """
    return outside_fences(text, where_matching(text, "://|[wW]{3}[.]"), _without_urls)


def _without_urls(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(_LINK, "${1}").str.replace_all(rf"<(?:{URL})>", "").str.replace_all(URL, "")


def image_links(text: pa.Array) -> Rewritten:
    """Markdown pictures go, and the link around one."""
    return outside_fences(
        text,
        where_matching(text, r"!\["),
        lambda texts: texts.str.replace_all(_IMAGE, "").str.replace_all(_EMPTY_LINK, ""),
    )
