"""One page has one key, whatever its URL is decorated with; two pages never share one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from corpus.kernels.urls import normalise_urls, url_keys

SAME = [
    ("HTTPS://WWW.Example.com:443/a/b/", "http://example.com/a/b"),
    ("http://example.com/a?utm_source=mail&id=7", "http://example.com/a?id=7"),
    ("http://example.com/a?spm=1.2&from_source=x", "http://example.com/a"),
    ("http://example.com/a?b=2&a=1#part", "http://example.com/a?a=1&b=2"),
    ("http://example.com/%7Euser", "http://example.com/~user"),
    ("http://example.com/%e8%b7%af", "http://example.com/%E8%B7%AF"),
    ("http://example.com/路", "http://example.com/%E8%B7%AF"),
    ("http://me:secret@example.com/", "http://example.com"),
    ("  http://example.com/x ", "http://example.com/x"),
    ("http://example.com/x;jsessionid=9F?p=1", "http://example.com/x?p=1"),
]
APART = [
    ("http://example.com/a?id=1", "http://example.com/a?id=2"),
    ("http://example.com/A", "http://example.com/a"),
    ("http://example.com/a/b", "http://example.com/a%2Fb"),
    ("http://example.com/a", "http://example.com/b"),
    ("http://a.example.com/", "http://b.example.com/"),
    ("http://example.com/#!/one", "http://example.com/#!/two"),
    ("ftp://example.com/a", "http://example.com/a"),
    ("http://example.com:8080/a", "http://example.com/a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_page_are_one(one: str, other: str) -> None:
    """Decorations that do not change what is shown do not change the key."""
    first, second = normalise_urls(pa.array([one, other])).to_pylist()
    assert first == second


@pytest.mark.parametrize(("one", "other"), APART)
def test_pages_stay_apart(one: str, other: str) -> None:
    """What may lead to another page changes the key."""
    high, low = url_keys(pa.array([one, other]))
    assert (high[0], low[0]) != (high[1], low[1])


def test_what_is_no_url_has_no_key() -> None:
    """Null, empty, a word, a path: no key, so such records are never taken for each other."""
    high, low = url_keys(pa.array([None, "", "nothing", "/a/b", "http://"]))
    assert high.null_count == low.null_count == 5


def test_normalising_twice_is_normalising_once() -> None:
    """The normalised URL is its own normal form."""
    urls = pa.array([url for pair in SAME + APART for url in pair])
    once = normalise_urls(urls)
    assert normalise_urls(once).to_pylist() == once.to_pylist()


def test_a_slice_of_a_batch_gives_a_slice_of_the_keys() -> None:
    """Keys do not depend on how rows are batched."""
    urls = pa.array([pair[0] for pair in SAME])
    whole = url_keys(urls)[0].to_pylist()
    assert url_keys(urls.slice(3, 4))[0].to_pylist() == whole[3:7]
