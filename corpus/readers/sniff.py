"""What a file is, from its name and its first bytes."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from corpus.readers.decompress import Broken, decoded

HEAD = 64 << 10
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00"}
_SUFFIXES = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd", ".bz2": "bz2", ".xz": "xz"}
_FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jl": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".html": "html",
    ".htm": "html",
    ".shtml": "html",
    ".xhtml": "html",
    ".warc": "warc",
    ".wet": "wet",
    ".wat": "warc",
}


def compression_of(head: bytes) -> str:
    """none, gzip, zstd, bz2 or xz, by magic bytes; a name is no proof."""
    if head[:4] and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18":
        return "zstd"  # a skippable frame may come first
    for name, magic in _MAGIC.items():
        if head.startswith(magic) and (name != "bz2" or head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")):
            return name
    return "none"


def format_of(name: str, head: bytes, compression: str) -> str | None:
    """The format of a file, None when neither its name nor its first bytes tell.

    Containers go by their magic, the rest by the name; a `.json` file by whether it is one value a line.
    """
    lower = name.lower()
    for suffix, kind in _SUFFIXES.items():
        if compression == kind or not head:
            lower = lower.removesuffix(suffix)
    named = next((kind for suffix, kind in _FORMATS.items() if lower.endswith(suffix)), None)
    content = plain_head(head, compression)
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith(b"WARC/"):
        return named if named == "wet" else "warc"
    if named == "json":
        return "jsonl" if one_value_a_line(content) else "json"
    if named:
        return named
    front = content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if front.startswith(b"{"):
        return "jsonl" if one_value_a_line(content) else "json"
    if front.startswith(b"["):
        return "json"
    if front[:16].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    return None


def plain_head(head: bytes, compression: str) -> bytes:
    """As much of the decompressed beginning as `head` gives, at most HEAD bytes."""
    out = b""
    try:
        for piece in decoded(_once(head), compression):
            out += piece
            if len(out) >= HEAD:
                break
    except Broken:
        pass  # the head of a file is no whole stream
    return out[:HEAD]


def _once(head: bytes) -> Iterator[bytes]:
    yield head


def one_value_a_line(head: bytes) -> bool:
    """Whether a file that begins with a JSON value holds one value on each line.

    An object is, unless its first line is no whole value; an array, only when its first line is and more follows.
    """
    front = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    line, newline, rest = front.partition(b"\n")
    if not newline:
        return front.startswith(b"{")
    try:
        orjson.loads(line)
    except ValueError:
        return False
    return front.startswith(b"{") or bool(rest.strip())
