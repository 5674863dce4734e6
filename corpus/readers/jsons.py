"""JSON Lines, JSON arrays and JSON values: strict parsing, one reason for each way to be wrong.

A key that stands twice in an object counts with its last value. White space around a record is no part of it, and a
line of white space is no record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from corpus.quarantine import Quarantined, Reason
from corpus.readers import encoding
from corpus.readers.elements import read_elements
from corpus.readers.fields import Columns
from corpus.readers.items import Item, Reading
from corpus.readers.lines import Oversize
from corpus.readers.whole import open_lines

_BOM = b"\xef\xbb\xbf"


def read_jsonl(reading: Reading) -> Iterator[Item]:
    """One record for each line that is not blank; ordinals are byte offsets."""
    lines = open_lines(reading)
    yield from _records(reading, lines.found, lines.charset, lines.notes)


def read_json(reading: Reading) -> Iterator[Item]:
    """One record for each element of an array, or each object of a file that is no array.

    Ordinals are byte offsets; in a file of another encoding than UTF-8, those of its UTF-8 form.
    """
    blocks, charset = encoding.as_utf8(reading)
    head, blocks = encoding.peeked(blocks)
    array = head.removeprefix(_BOM).lstrip(b" \t\r\n").startswith(b"[")
    elements = read_elements(blocks, reading.limits.record_bytes, array=array)
    yield from _records(reading, elements, "utf-8", encoding.notes(charset))


def _records(
    reading: Reading, found: Iterator[tuple[int, bytes] | Oversize], charset: str, notes: dict[str, str] | None
) -> Iterator[Item]:
    columns = Columns.of(reading.source.fields)
    row = columns.row
    loads = orjson.loads
    depth = reading.limits.depth
    for item in found:
        if isinstance(item, Oversize):
            yield reading.reject(item.offset, Reason.TOO_LARGE, item.head, length=item.length)
            continue
        offset, line = item
        if not offset:
            line = line.removeprefix(_BOM)
        if not line or line.isspace():
            continue
        used = notes
        try:
            if charset == "utf-8":
                value = loads(line)
            else:
                text, used = encoding.decode_line(line, charset, notes)
                value = loads(text)
        except ValueError as error:
            yield explain(reading, offset, line, charset, error)
            continue
        if type(value) is not dict:
            yield reading.reject(offset, Reason.NOT_AN_OBJECT, line, f"it is of type {type(value).__name__}")
        elif deeper(value, line, depth):
            yield reading.reject(offset, Reason.TOO_DEEP, line, f"nested deeper than {depth}")
        else:
            yield row(reading, value, offset, line, used)


def deeper(value: dict[str, Any], line: bytes, depth: int) -> bool:
    """Whether the nesting exceeds `depth`; looks only at records with a nested value and enough brackets."""
    nested = [inner for inner in value.values() if type(inner) is dict or type(inner) is list]
    if not nested or line.count(b"{") + line.count(b"[") <= depth:
        return False
    for _ in range(depth - 1):
        nested = [
            inner
            for outer in nested
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not nested:
            return False
    return True


def explain(reading: Reading, offset: int, line: bytes, charset: str, error: ValueError) -> Quarantined:
    """Why a line could not be parsed; slow, and only for bad lines."""
    try:
        text = line.decode(encoding.codec(charset))
    except UnicodeDecodeError as bad:
        return reading.reject(offset, Reason.BAD_ENCODING, line, f"byte {bad.start} is not {charset}: {bad.reason}")
    if "depth limit" in str(error):
        return reading.reject(offset, Reason.TOO_DEEP, line, "nested deeper than the parser goes")
    reason = Reason.BAD_JSON
    try:
        lenient = json.loads(text)
        json.dumps(lenient, ensure_ascii=False, allow_nan=True).encode()
    except UnicodeEncodeError:
        reason = Reason.LONE_SURROGATE
    except (ValueError, RecursionError):
        pass
    return reading.reject(offset, reason, line, str(error)[:200])
