"""CSV and TSV after RFC 4180: a header, then one record a row; quoted fields may hold line breaks.

The standard library's parser is used and not Arrow's, because Arrow does not say which lines a row came from, and a
row must be quarantined with its own bytes. The parser follows quotes exactly; what it refuses is one physical line,
and reading goes on at the next one. Since a quote that opens by mistake ends at the next quote, no line is read more
than twice.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from corpus.quarantine import Reason
from corpus.readers import encoding
from corpus.readers.fields import Columns
from corpus.readers.items import Item, Reading
from corpus.readers.lines import Oversize, read_lines

_BOM = b"\xef\xbb\xbf"


class _Feed:
    """Physical lines for the parser, remembered until the row they make is done."""

    def __init__(self, lines: Iterator[tuple[int, bytes] | Oversize], limit: int) -> None:
        self._lines = lines
        self._again: deque[bytes] = deque()
        self._limit = limit
        self.taken: list[bytes] = []
        self.size = 0
        self.oversize: Oversize | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line as text, bad bytes escaped; stops inside a row that has grown past the limit."""
        if self.size > self._limit or self.oversize:
            raise StopIteration
        if self._again:
            line = self._again.popleft()
        else:
            item = next(self._lines)
            if isinstance(item, Oversize):
                self.oversize = item
                raise StopIteration
            line = item[1] if item[0] else item[1].removeprefix(_BOM)
        self.taken.append(line)
        self.size += len(line) + 1
        return line.decode("utf-8", "surrogateescape") + "\n"

    def done(self) -> bytes:
        """The bytes of the row; the next one begins."""
        raw = b"\n".join(self.taken)
        self.taken, self.size = [], 0
        return raw

    def retry(self) -> bytes:
        """The first line of what was taken; the others will be read again."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self.taken, self.size = [], 0
        return first


def read_csv(reading: Reading) -> Iterator[Item]:
    """One record for each row after the header; ordinals count them from 0, bad rows included, blank lines not."""
    csv.field_size_limit(2**31 - 1)  # the default of 128 KB is smaller than a document
    blocks, charset = encoding.as_utf8(reading)
    notes = encoding.notes(charset)
    columns = Columns.of(reading.source.fields)
    delimiter = "\t" if reading.piece.format == "tsv" else ","
    limit = reading.limits.record_bytes
    feed = _Feed(read_lines(blocks, limit), limit)
    header: list[str] | None = None
    ordinal = 0
    for row, raw, wrong in _rows(feed, delimiter, limit):
        if isinstance(wrong, Oversize):
            yield reading.reject(ordinal, Reason.TOO_LARGE, wrong.head, length=wrong.length)
        elif header is None and not wrong:
            header = _distinct(row)
            continue
        elif not row and not wrong:
            continue
        elif wrong or header is None or len(row) != len(header):
            what = wrong or f"{len(row)} fields where the header has {len(header or [])}"
            yield reading.reject(ordinal, Reason.BAD_ROW, raw, what)
        elif not raw.isascii() and not _is_utf8(raw):
            yield reading.reject(ordinal, Reason.BAD_ENCODING, raw, f"not {charset}")
        else:
            yield columns.row(reading, dict(zip(header, row, strict=True)), ordinal, raw, notes)
        ordinal += 1


def _rows(feed: _Feed, delimiter: str, limit: int) -> Iterator[tuple[list[str], bytes, str | Oversize]]:
    """Every row with its bytes and what is wrong with it, if anything."""
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            if feed.oversize is None:
                return
            yield [], b"", feed.oversize
            feed.oversize = None
        except csv.Error as error:
            oversize, feed.oversize = feed.oversize, None
            if not feed.taken:
                return
            raw = feed.retry()
            plain = _unquoted(raw, delimiter)
            yield (plain, raw, "") if plain else ([], raw, str(error))
            if oversize:
                yield [], b"", oversize
        else:
            yield row, feed.done(), ""
            continue
        reader = csv.reader(feed, delimiter=delimiter, strict=True)


def _unquoted(raw: bytes, delimiter: str) -> list[str] | None:
    """The fields of a TSV line whose quotes are only characters, as most TSV writers have it."""
    if delimiter != "\t":
        return None
    return raw.decode("utf-8", "surrogateescape").rstrip("\r").split("\t")


def _distinct(header: list[str]) -> list[str]:
    """Column names, repeated ones numbered, so that no column hides another."""
    seen: dict[str, int] = {}
    names = []
    for name in (name.strip() for name in header):
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
