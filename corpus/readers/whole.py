"""Files of lines and files that are one document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpus.quarantine import Quarantined, Reason
from corpus.readers import encoding
from corpus.readers.decompress import Broken, open_blocks
from corpus.readers.items import Item, Reading
from corpus.readers.lines import Held, Oversize, read_lines, skip_to_line

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """The lines a piece owns, the charset they are in, and what their records say of it in `meta`."""

    found: Iterator[tuple[int, bytes] | Oversize]
    charset: str
    notes: dict[str, str] | None


def open_lines(reading: Reading) -> Lines:
    """The lines of a piece, each at its byte offset; white space at the ends of lines is left alone.

    The charset is decided on the head of the file, so every range of a file decides alike. Lines of UTF-16 come as
    UTF-8, since LF is no single byte there, and their offsets are those of that form.
    """
    piece, limits = reading.piece, reading.limits
    head, blocks = encoding.peeked(open_blocks(piece, limits))
    charset = encoding.of_lines(head, reading.source.encoding)
    notes = encoding.notes(charset)
    if charset.startswith("utf-16"):
        found = read_lines(encoding.transcoded(blocks, charset), limits.record_bytes)
        return Lines(found, "utf-8", notes)
    start, end = 0, piece.end if piece.compression == "none" else None
    if piece.start:
        blocks, start = skip_to_line(open_blocks(piece, limits, piece.start - 1), piece.start - 1, piece.end)
    return Lines(read_lines(blocks, limits.record_bytes, start, end), charset, notes)


def read_text_lines(reading: Reading) -> Iterator[Item]:
    """One record for each line that is not blank."""
    lines = open_lines(reading)
    lang = reading.source.lang
    for item in lines.found:
        if isinstance(item, Oversize):
            yield reading.reject(item.offset, Reason.TOO_LARGE, item.head, length=item.length)
            continue
        offset, line = item
        if not offset:
            line = line.removeprefix(_BOM)
        if not line or line.isspace():
            continue
        try:
            text, notes = encoding.decode_line(line, lines.charset, lines.notes)
        except UnicodeDecodeError as error:
            yield bad_bytes(reading, offset, line, lines.charset, error)
            continue
        yield (reading.key(offset), False, text.removesuffix("\r"), None, None, lang, None, said(notes))


def bad_bytes(reading: Reading, offset: int, line: bytes, charset: str, error: UnicodeDecodeError) -> Quarantined:
    """The row of a line that does not decode."""
    detail = f"byte {error.start} is not {charset}: {error.reason}"
    return reading.reject(offset, Reason.BAD_ENCODING, line, detail)


def said(notes: dict[str, str] | None) -> str | None:
    """`meta` of a record that has no fields of its own."""
    if not notes:
        return None
    return '{"_corpus":{' + ",".join(f'"{name}":"{value}"' for name, value in notes.items()) + "}}"


def read_text(reading: Reading) -> Iterator[Item]:
    """The file as one record, its name as key."""
    data = read_document(reading)
    if isinstance(data, Quarantined):
        yield data
        return
    decoded = encoding.decode_whole(data, reading.source.encoding)
    if decoded is None:
        yield reading.reject(0, Reason.BAD_ENCODING, data, "not UTF-8, and no other encoding is clear")
        return
    text, charset = decoded
    meta = said(encoding.notes(charset))
    yield (reading.piece.name, False, text, None, None, reading.source.lang, None, meta)


def read_document(reading: Reading) -> bytes | Quarantined:
    """The bytes of a file that is one document; a row when it is too large. A damaged file is one Broken whole."""
    limit = reading.limits.record_bytes
    held = Held(limit)
    try:
        for block in open_blocks(reading.piece, reading.limits):
            held.add(block)
    except Broken as error:
        raise error.at(0, held.joined(), held.length) from None
    if held.length > limit:
        return reading.reject(0, Reason.TOO_LARGE, held.joined(), length=held.length)
    return held.joined()
