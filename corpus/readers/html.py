"""Web pages to text, title and address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from corpus.quarantine import Quarantined, Reason
from corpus.readers import encoding
from corpus.readers.items import Item, Reading
from corpus.readers.whole import read_document, said

_CHARSET = re.compile(rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([\w.:-]{2,24})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,256}?encoding\s*=\s*[\"']([\w.:-]{2,24})")

_TAG = re.compile(
    r"<(/?)(?!(?:br|img|hr|meta|link|input|source|col|area|base|wbr|embed|param|track|p|li|td|th|tr|dt|dd|option)\b)"
    r"[a-z]",
    re.IGNORECASE,
)
"""Tags that open or close a level: not those that stay empty, nor those whose end may be left out."""
MAX_DEPTH = 2000
_LISTING_CODE = ".//td[contains(concat(' ', @class, ' '), ' code ')]//pre"
_LISTINGS = f"//table[.//td[contains(concat(' ', @class, ' '), ' gutter ')] and {_LISTING_CODE}]"


@dataclass(frozen=True)
class Page:
    """What was found on a page; `problem` says why there is no text."""

    text: str
    title: str | None = None
    url: str | None = None
    problem: str = ""


def read_html(reading: Reading) -> Iterator[Item]:
    """The file as one record, its name as key."""
    data = read_document(reading)
    if isinstance(data, Quarantined):
        yield data
        return
    decoded = encoding.decode_whole(data, reading.source.encoding, charset_hints(data))
    if decoded is None:
        yield reading.reject(0, Reason.BAD_ENCODING, data, "not UTF-8, and no other encoding is clear")
        return
    text, charset = decoded
    page = extract(text, reading.source.extractor)
    if page.problem:
        yield reading.reject(0, Reason.NO_TEXT, data, page.problem)
        return
    meta = said(encoding.notes(charset))
    yield (reading.piece.name, False, page.text, page.url, page.title, reading.source.lang, None, meta)


def charset_hints(data: bytes) -> tuple[str, ...]:
    """Charsets that the page declares in its head, first the XML declaration."""
    head = data[:4096]
    return tuple(match[1].decode("ascii", "replace") for match in (_XML.search(head), _CHARSET.search(head)) if match)


def extract(html: str, extractor: str) -> Page:
    """The main content of a page: "accurate" by trafilatura, "fast" by resiliparse, "none" as it is.

    Never raises: a page that breaks the extractor has no text, and the reason.
    """
    if not html.strip():
        return Page("", problem="the page is empty")
    if extractor == "none":
        return Page(html)
    try:
        page = _accurate(html) if extractor == "accurate" else _fast(html)
    except (RecursionError, MemoryError, ValueError, TypeError, AttributeError, LookupError, OSError) as error:
        return Page("", problem=f"the extractor failed: {type(error).__name__}: {error}"[:200])
    return page if page.text.strip() else Page("", problem="no main content was found")


def _accurate(html: str) -> Page:
    import logging

    from trafilatura import extract as main_content
    from trafilatura.utils import load_html

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it complains of becomes a quarantine row
    tree = load_html(html)
    if tree is None:
        return Page("")
    _unfold_listings(tree)
    title = _first(tree.xpath("//head//meta[@property='og:title']/@content")) or _first(
        "".join(node.itertext()) for node in tree.xpath("//title")
    )
    url = _first(tree.xpath("//link[@rel='canonical']/@href")) or _first(
        tree.xpath("//head//meta[@property='og:url']/@content")
    )
    text = main_content(tree, fast=True, include_comments=False, config=_config()) or ""
    return Page(_valid(text), title, _address(url))


def _unfold_listings(tree: Any) -> None:
    """Program listings laid out as a table of line numbers and code, as Hexo and Jekyll blogs have them, become plain
    `pre` elements in place; as tables they would come out as one long line each, numbers included."""
    for table in tree.xpath(_LISTINGS):
        lines = table.xpath(_LISTING_CODE)
        for line_break in lines[0].iter("br", "div"):
            line_break.tail = "\n" + (line_break.tail or "")
        around = table.getparent()
        whole = around if around.tag == "figure" and around.getparent() is not None else table  # figures are left out
        plain = tree.makeelement("pre")
        plain.text = "".join(lines[0].itertext()).strip("\n")
        plain.tail = whole.tail
        whole.getparent().replace(whole, plain)


@lru_cache(maxsize=1)
def _config() -> ConfigParser:
    """trafilatura's settings, with the length below which it distrusts what it found lowered from 250 to 60.

    That length is meant for English; 250 Chinese characters are a whole news item, and below it the menus came along
    (precision on labelled Chinese news 0.977, with 60 0.995; nothing changes on the English pages).
    """
    from trafilatura.settings import DEFAULT_CONFIG

    config = deepcopy(DEFAULT_CONFIG)
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "60"
    return config


def _deep(html: str) -> bool:
    """Whether elements are nested so deep that resiliparse, which is quadratic in depth, would not come back."""
    if html.count("<") <= MAX_DEPTH:
        return False
    steps = [-1 if slash else 1 for slash in _TAG.findall(html)]
    return max(accumulate(steps), default=0) > MAX_DEPTH


def _fast(html: str) -> Page:
    if _deep(html):
        return Page("", problem=f"elements are nested deeper than {MAX_DEPTH}")
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(html)
    canonical = tree.document.query_selector("link[rel=canonical]") if tree.document else None
    url = canonical.getattr("href") if canonical else None
    text = extract_plain_text(tree, main_content=True, alt_texts=False, links=False)
    return Page(_valid(text), _first([tree.title or ""]), _address(url))


def _first(values: Iterable[object]) -> str | None:
    """The first value that is not blank, its white space folded."""
    for value in values:
        folded = _valid(" ".join(str(value).split()))
        if folded:
            return folded[:1024]
    return None


def _address(url: str | None) -> str | None:
    return url if url and url.startswith(("http://", "https://", "//")) else None


def _valid(text: str) -> str:
    """`text` without lone surrogates, which a numeric character reference can smuggle in."""
    return text.encode("utf-8", "replace").decode("utf-8") if not _encodable(text) else text


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
