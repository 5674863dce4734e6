"""WARC and WET archives: `response`, `resource` and `conversion` are records, every other type is counted.

Ordinals are the offsets of records in the decompressed archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, cast

import orjson

from corpus.quarantine import Reason
from corpus.readers import encoding
from corpus.readers.decompress import Broken, open_blocks
from corpus.readers.fields import OURS
from corpus.readers.html import charset_hints, extract
from corpus.readers.items import HEAD, Item, Reading, Skipped

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_PLAIN = frozenset({"text/plain", "text/markdown"})
_HTTP_RECORD = (
    b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n"
)
_SAMPLE = 4096
"""Bytes kept of a payload that is no text; the archive still has it."""


class _Stream:
    """The archive as a file object for fastwarc; damage becomes the end of the file and is remembered."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = b""
        self._at = 0
        self._position = 0
        self._recent = b""
        self.broken: Broken | None = None

    def tell(self) -> int:
        """Bytes given so far."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; empty at the end."""
        if self._at == len(self._block):
            self._recent = (self._recent + self._block)[-HEAD:]
            try:
                self._block, self._at = next(self._blocks, b""), 0
            except Broken as error:
                self._block, self._at, self.broken = b"", 0, error
                self._blocks = iter(())
        part = self._block[self._at :] if size < 0 else self._block[self._at : self._at + size]
        self._at += len(part)
        self._position += len(part)
        return part

    def since(self, offset: int) -> bytes:
        """What was given from `offset` on, as far back as it is kept."""
        known = self._recent + self._block[: self._at]
        return known[max(0, len(known) - (self._position - offset)) :]

    def drain(self) -> int:
        """Read to the end; where that is."""
        while self.read():
            pass
        return self._position


def read_warc(reading: Reading) -> Iterator[Item]:
    """One record for each response, resource and conversion; its WARC-Record-ID as key.

    A payload that is no text is quarantined with its first bytes. A record cut off, a header that cannot be read or a
    damaged compressed stream end the archive: what is left is one quarantined row.
    """
    from fastwarc.warc import ArchiveIterator

    stream = _Stream(open_blocks(reading.piece, reading.limits))
    limit = reading.limits.record_bytes
    after = 0
    problem = ""
    try:
        archive = ArchiveIterator(cast(BinaryIO, stream), parse_http=False)
        while (record := next(archive, None)) is not None:
            offset = after = record.stream_pos
            length = _length(record)
            end = offset + stream.since(offset).find(b"\r\n\r\n") + 8 + length
            kind = record.headers.get("WARC-Type") or "untyped"
            large = length > limit
            body = record.reader.read(_SAMPLE) if large else record.reader.read()
            if len(body) < min(length, _SAMPLE if large else length):
                raise OSError("the archive ends inside a record")
            if kind not in ("response", "resource", "conversion"):
                yield Skipped(kind)
            elif large:
                yield reading.reject(offset, Reason.TOO_LARGE, body, length=length, key=_key(record))
            else:
                yield _item(reading, record, offset, body)
            after = end
    except OSError as error:
        problem = str(error)
    except BaseException as error:  # the Rust parser's panic is no Exception
        if type(error).__name__ != "PanicException":
            raise
        problem = "the archive breaks its parser"
    if problem or stream.broken:
        yield _rest(reading, stream, after, problem)


def _length(record: Any) -> int:
    """The declared length of a record; fastwarc reads one that is missing or absurd as 0."""
    declared = (record.headers.get("Content-Length") or "").strip()
    if not declared.isdigit() or int(declared) != record.content_length:
        raise OSError("a record without a usable length")
    return int(declared)


def _rest(reading: Reading, stream: _Stream, offset: int, problem: str) -> Item:
    """The unreadable rest, from `offset` on."""
    raw = stream.since(offset)[:HEAD]
    length = stream.drain() - offset
    broken = stream.broken
    reason = broken.reason if broken else Reason.DAMAGED
    detail = "; ".join(part for part in (problem, broken.detail if broken else "") if part)
    return reading.reject(offset, reason, raw, detail, length=max(length, len(raw)))


def _key(record: Any) -> str | None:
    return (record.headers.get("WARC-Record-ID") or "").strip().strip("<>") or None


def _item(reading: Reading, record: Any, offset: int, body: bytes) -> Item:
    """A record's payload as text, or why it is none."""
    key = _key(record)
    url = (record.headers.get("WARC-Target-URI") or "").strip().strip("<>") or None
    date = (record.headers.get("WARC-Date") or "").strip() or None
    kind, status = _media(record.headers.get("Content-Type") or ""), None
    if kind[0] == "application/http":
        try:
            payload, content_type, status = _http(body, reading.limits.record_bytes)
        except OSError as error:
            return reading.reject(offset, Reason.DAMAGED, body, f"HTTP: {error}"[:200], key=key)
        if len(payload) > reading.limits.record_bytes:
            return reading.reject(offset, Reason.TOO_LARGE, body, "its decoded body is too large", key=key)
        kind = _media(content_type)
    else:
        payload = body
    charset = kind[1]
    media = kind[0] or _guessed(payload)
    if media not in _HTML and media not in _PLAIN:
        what = f"its content is {media or 'of no known type'}"
        return reading.reject(offset, Reason.NOT_TEXT, payload[:_SAMPLE], what, length=len(payload), key=key)
    hints = (charset, *charset_hints(payload)) if media in _HTML else (charset,)
    decoded = encoding.decode_whole(payload, reading.source.encoding, hints)
    if decoded is None:
        detail = "not UTF-8, and no other encoding is clear"
        return reading.reject(offset, Reason.BAD_ENCODING, payload, detail, key=key)
    text, used = decoded
    title = None
    if media in _HTML:
        page = extract(text, reading.source.extractor)
        if page.problem:
            return reading.reject(offset, Reason.NO_TEXT, payload, page.problem, key=key)
        text, title = page.text, page.title
    notes = {**(encoding.notes(used) or {}), **({"http_status": status} if status else {})}
    meta = orjson.dumps({OURS: notes}).decode() if notes else None
    return (key or reading.key(offset), key is not None, text, url, title, reading.source.lang, date, meta)


def _media(header: str) -> tuple[str, str | None]:
    """Type and charset of a Content-Type header."""
    kind, *parameters = header.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return kind.strip().lower(), value.strip()
    return kind.strip().lower(), None


def _guessed(payload: bytes) -> str:
    """The type of a payload that declares none: HTML, text, or neither."""
    head = payload[:1024].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "text/html"
    return "" if b"\0" in head or not head else "text/plain"


def _http(body: bytes, limit: int) -> tuple[bytes, str, int | None]:
    """Payload (decoded, at most one byte more than `limit`), content type and status of an HTTP response.

    Crawlers store bodies that are already decoded under the headers they came with, so a body that is not in the
    encoding its header names is taken as it is.
    """
    if not body.startswith(b"HTTP/"):
        return body, "", None
    from fastwarc.warc import ArchiveIterator

    # A record of its own: parsing the archive's would take away the reader with which the archive goes on.
    alone = _HTTP_RECORD % len(body) + body + b"\r\n\r\n"
    record = next(ArchiveIterator(BytesIO(alone), parse_http=False))
    try:
        record.parse_http(auto_decode="all")
        payload = record.reader.read(limit + 1)
        return payload, record.http_headers.get("Content-Type") or "", record.http_headers.status_code
    except OSError:
        separator = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
        head, found, payload = body.partition(separator)
        if not found:
            raise
    status, *lines = head.decode("latin-1").splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    code = status.split()[1:2]
    return payload, headers.get("content-type", ""), int(code[0]) if code and code[0].isdecimal() else None
