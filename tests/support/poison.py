"""Hostile input of many kinds, made on the spot, each with what must come out of it.

Every case says how many records must be read (or their texts) and the reasons of what must be quarantined: the sum is
what an honest reader owes.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

ZH = "清晨的集市上，卖豆腐的老人把扁担靠在墙边，慢慢数着手里的零钱，等第一位客人走过来。"
ZH2 = "河水涨起来以后，渡口停了三天，镇上的人只好绕远路去对岸的学校，孩子们却很高兴。"
TRADITIONAL = "清晨的市場裡，賣豆腐的老人把扁擔靠在牆邊，慢慢數著手裡的零錢，等第一位客人走過來說話。"
GOOD = json.dumps({"text": ZH}, ensure_ascii=False).encode()
GOOD2 = json.dumps({"text": ZH2}, ensure_ascii=False).encode()
BOMB_LIMIT = {"bomb_bytes": 1 << 20}


@dataclass(frozen=True)
class Case:
    """One hostile file. `texts` are checked when given, else `records` counts them."""

    name: str
    file: str
    data: bytes
    records: int
    reasons: tuple[str, ...] = ()
    texts: tuple[str, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)


def lines(*bad: bytes) -> bytes:
    """A good line, the bad ones, a good line."""
    return b"\n".join([GOOD, *bad, GOOD2]) + b"\n"


def jsonl(name: str, bad: bytes, *reasons: str, **limits: int) -> Case:
    """One bad line between two good ones."""
    return Case(name, "x.jsonl", lines(bad), 2, reasons, (ZH, ZH2), limits=limits)


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def warc(kind: str, body: bytes, content_type: str = "application/http; msgtype=response", extra: str = "") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{zlib.crc32(body):08x}>\r\n"
        f"WARC-Target-URI: https://example.org/{zlib.crc32(body):08x}\r\nWARC-Date: 2024-05-06T07:08:09Z\r\n"
        f"Content-Type: {content_type}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def http(body: bytes, headers: str = "Content-Type: text/html; charset=utf-8\r\n", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}\r\n".encode() + body


def page(*paragraphs: str, head: str = "") -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head><title>集市</title>{head}</head><body><article><h1>集市</h1>{body}</article></body></html>"


PAGE = page(ZH, ZH2, ZH + ZH2)
WET = warc("conversion", ZH.encode(), "text/plain")


def _json_cases() -> list[Case]:
    deep = b'{"text":"a","x":' + b"[" * 500 + b"]" * 500 + b"}"
    brackets = json.dumps({"text": "[" * 5000, "x": [[], [], {}]}).encode()
    return [
        jsonl("one bad byte", GOOD.replace("墙".encode(), b"\xff"), "bad_encoding"),
        jsonl("a cut character", GOOD.replace("钱".encode(), "钱".encode()[:2]), "bad_encoding"),
        jsonl("an overlong encoding", b'{"text":"\xc0\xaf"}', "bad_encoding"),
        jsonl("a surrogate in UTF-8", b'{"text":"\xed\xa0\x80"}', "bad_encoding"),
        jsonl("a lone surrogate", rb'{"text":"\ud83d"}', "lone_surrogate"),
        jsonl("a lone surrogate elsewhere", rb'{"text":"a","meta":{"k":"\udc00"}}', "lone_surrogate"),
        jsonl("broken JSON", b'{"text": "abc', "bad_json"),
        jsonl("two objects on a line", b'{"text":"a"} {"text":"b"}', "bad_json"),
        jsonl("a trailing comma", b'{"text":"a",}', "bad_json"),
        jsonl("NaN", b'{"text":"a","x":NaN}', "bad_json"),
        jsonl("infinity", b'{"text":"a","x":1e999}', "bad_json"),
        jsonl("a raw control character", b'{"text":"a\x01b"}', "bad_json"),
        jsonl("a line of NUL", b"\0" * 100, "bad_json"),
        jsonl("an array for a record", b'["a"]', "not_an_object"),
        jsonl("null for a record", b"null", "not_an_object"),
        jsonl("a number for a record", b"17", "not_an_object"),
        jsonl("no text", b'{"title":"a"}', "missing_text"),
        jsonl("an empty object", b"{}", "missing_text"),
        jsonl("null text", b'{"text":null}', "missing_text"),
        jsonl("text in a list", b'{"text":["a"]}', "wrong_type"),
        jsonl("a number as text", b'{"text":5}', "wrong_type"),
        jsonl("a boolean as text", b'{"text":true}', "wrong_type"),
        jsonl("nested too deep", deep, "too_deep"),
        jsonl("nested beyond the parser", b'{"text":"a","x":' + b"[" * 100_000 + b"}", "too_deep"),
        jsonl("too large", b'{"text":"' + b"a" * 5000 + b'"}', "too_large", record_bytes=2048),
        jsonl("too large and not JSON", b"\xff" * 3_000_000, "too_large", record_bytes=2048),
        Case("many brackets in text", "x.jsonl", lines(brackets), 3),
        Case("a key twice", "x.jsonl", b'{"text":"a","text":"b"}', 1, texts=("b",)),
        Case(
            "separators inside text",
            "x.jsonl",
            '{"text":"a\u2028b\u0085c\u2029d"}\n'.encode(),
            1,
            texts=("a\u2028b\u0085c\u2029d",),
        ),
        Case("blank lines and CRLF", "x.jsonl", b"\r\n \t\n" + GOOD + b"\r\n\n\n" + GOOD2, 2, texts=(ZH, ZH2)),
        Case("a byte order mark", "x.jsonl", b"\xef\xbb\xbf" + lines(), 2, texts=(ZH, ZH2)),
        Case(
            "NUL and escapes in text",
            "x.jsonl",
            rb'{"text":"a\u0000\u202e\ud83d\ude00b"}',
            1,
            texts=("a\0\u202e\U0001f600b",),
        ),
        Case("a flood of combining marks", "x.jsonl", json.dumps({"text": "e" + "\u0301" * 10_000}).encode(), 1),
        Case("empty text", "x.jsonl", b'{"text":""}\n{"text":" "}', 2, texts=("", " ")),
        Case("numbers beyond 64 bits", "x.jsonl", b'{"text":"a","n":123456789012345678901234567890}', 1),
        Case("empty file", "x.jsonl", b"", 0),
        Case("only line feeds", "x.jsonl", b"\n" * 5000, 0),
        Case(
            "binary under a JSONL name",
            "x.jsonl",
            b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe",
            0,
            ("bad_encoding", "bad_json", "bad_encoding"),
        ),
        Case(
            "GB18030 lines",
            "x.jsonl",
            "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in (ZH, ZH2, ZH)).encode("gb18030"),
            3,
            texts=(ZH, ZH2, ZH),
        ),
        Case("UTF-16 lines", "x.jsonl", lines().decode().encode("utf-16"), 2, texts=(ZH, ZH2)),
    ]


def _array_cases() -> list[Case]:
    def array(name: str, data: bytes, records: int, *reasons: str, **limits: int) -> Case:
        return Case(name, "x.json", data, records, reasons, limits=limits)

    tricky = json.dumps([{"text": 'quote " backslash \\ brackets ]}[{ end \\'}, {"text": "\\\\"}]).encode()
    return [
        array("an array", b"[\n" + GOOD + b" ,\n" + GOOD2 + b"\n]\n", 2),
        array("quotes and brackets in strings", tricky, 2),
        array("an array with a bad element", b"[" + GOOD + b',{"text":},' + GOOD2 + b"]", 2, "bad_json"),
        array("an array with bad bytes", b"[" + GOOD + b',{"text":"\xff"},' + GOOD2 + b"]", 2, "bad_encoding"),
        array("scalars in an array", b'[1,"a",null,' + GOOD + b"]", 1, *["not_an_object"] * 3),
        array("an array cut inside an element", b"[" + GOOD + b"," + GOOD2[:20], 1, "damaged_container"),
        array("an array cut between elements", b"[" + GOOD + b"," + GOOD2, 2, "damaged_container"),
        array("something after the array", b"[\n" + GOOD + b"]\n" + GOOD2, 1, "damaged_container"),
        array(
            "a huge element",
            b"[" + GOOD + b',{"text":"' + b"a" * 9000 + b'"},' + GOOD2 + b"]",
            2,
            "too_large",
            record_bytes=2048,
        ),
        array("an empty array", b"[]", 0),
        array("a single object", json.dumps({"text": ZH, "a": {"b": [1]}}, indent=1).encode(), 1),
        array("pretty objects in a row", b"\n".join([json.dumps({"text": ZH}, indent=1).encode()] * 3), 3),
        array("JSON lines under a JSON name", lines(b"{"), 2, "bad_json"),
        array("only opening brackets", b"[" * 100_000, 0, "damaged_container"),
        array("a broken single object", b'{\n"text": "a', 0, "bad_json"),
        Case(
            "an array in GB18030",
            "x.json",
            json.dumps([{"text": ZH}, {"text": ZH2}], ensure_ascii=False).encode("gb18030"),
            2,
            texts=(ZH, ZH2),
        ),
    ]


def _container_cases() -> list[Case]:
    data = b"".join(
        json.dumps({"text": f"{ZH} {number} {zlib.crc32(b'%d' % number)}"}).encode() + b"\n" for number in range(3000)
    )
    bomb = b'{"text":"a"}\n' + b'{"text":"' + b"\0" * (3 << 20) + b'"}\n'
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gz": lambda part: gzip.compress(part, mtime=0),
        "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
    }
    cases = []
    for suffix, pack in packers.items():
        name = f"x.jsonl.{suffix}"
        half = len(data) // 2
        cases += [
            Case(f"{suffix} in several streams", name, pack(data[:half]) + pack(data[half:]), 3000),
            Case(f"{suffix} cut off", name, pack(GOOD + b"\n") + pack(data)[:40], -1, ("damaged_container",)),
            Case(f"garbage after {suffix}", name, pack(lines()) + b"garbage here", 2, ("damaged_container",)),
            Case(
                f"a {suffix} bomb",
                name,
                pack(b'{"text":"a"}\n' * 10) + pack(bomb * 2),
                -1,
                ("decompression_bomb",),
                limits=BOMB_LIMIT,
            ),
            Case(f"{suffix} without its suffix", "x.jsonl", pack(lines()), 2),
            Case(f"empty {suffix}", name, pack(b""), 0),
        ]
    frame = zstandard.ZstdCompressor().compress(lines())
    return [
        *cases,
        Case("gzip with zero padding", "x.jsonl.gz", gzip.compress(lines()) + b"\0" * 512, 2),
        Case("a skippable zstd frame", "x.jsonl.zst", b"\x5a\x2a\x4d\x18\x04\x00\x00\x00abcd" + frame, 2),
        Case(
            "an endless skippable frame",
            "x.jsonl.zst",
            frame + b"\x50\x2a\x4d\x18\xff\xff\xff\xff",
            2,
            ("damaged_container",),
        ),
        Case("plain text under a gzip name", "x.jsonl.gz", lines(), 2, settings={"format": "jsonl"}),
    ]


def _table_cases() -> list[Case]:
    csv = f"text,id\n{ZH},1\n".encode()
    table = pa.table({"text": pa.array([ZH, None, "", ZH2]), "n": [1, 2, 3, 4]})
    good = parquet(table)
    damaged = bytearray(parquet(pa.table({"text": [ZH * 50] * 200}), compression="none", use_dictionary=False))
    damaged[4:40] = b"\xff" * 36
    invalid = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(struct.pack("<3i", 0, 2, 3)), pa.py_buffer(b"\xff\xfea")]
    )
    return [
        Case("a row too short", "x.csv", csv + b"only\n" + b"c,2\n", 2, ("bad_row",)),
        Case("a row too long", "x.csv", csv + b"a,b,c\n", 1, ("bad_row",)),
        Case("a quoted line break", "x.csv", b'text,id\n"a\nb ""q"" , c",7\n', 1, texts=('a\nb "q" , c',)),
        Case("a quote that never closes", "x.csv", csv + b'"open,2\n' + b"c,3\nd,4\n", 3, ("bad_row",)),
        Case("text after a closing quote", "x.csv", csv + b'"a"b,2\nc,3\n', 2, ("bad_row",)),
        Case("bad bytes in a row", "x.csv", csv + b"\xff\xfe,2\nc,3\n", 2, ("bad_encoding",)),
        Case("NUL in a row", "x.csv", csv + b"a\0b,2\n", 2),
        Case("a field larger than the parser's default", "x.csv", csv + b"a" * 300_000 + b",2\n", 2),
        Case(
            "a row larger than the limit",
            "x.csv",
            csv + b"a" * 9000 + b",2\nc,3\n",
            2,
            ("too_large",),
            limits={"record_bytes": 2048},
        ),
        Case("a header alone", "x.csv", b"text,id\n", 0),
        Case("an empty CSV", "x.csv", b"", 0),
        Case("no text column", "x.csv", b"a,b\n1,2\n", 0, ("missing_text",)),
        Case("GB18030 CSV", "x.csv", (csv.decode() + f"{ZH2},2\n").encode("gb18030"), 2, texts=(ZH, ZH2)),
        Case(
            "quotes as characters in TSV",
            "x.tsv",
            'text\tid\n"好"他说\t1\n"开头\t2\n'.encode(),
            2,
            texts=('"好"他说', '"开头'),
        ),
        Case("null and empty in Parquet", "x.parquet", good, 3, ("missing_text",), (ZH, "", ZH2)),
        Case("Parquet cut off", "x.parquet", good[:-20], 0, ("damaged_container",)),
        Case("Parquet with bad pages", "x.parquet", bytes(damaged), 0, ("damaged_container",)),
        Case(
            "Parquet with bad strings", "x.parquet", parquet(pa.table({"text": invalid})), 1, ("bad_encoding",), ("a",)
        ),
        Case("Parquet with numbers for text", "x.parquet", parquet(pa.table({"text": [1, 2]})), 0, ("wrong_type",) * 2),
        Case(
            "Parquet of bytes",
            "x.parquet",
            parquet(pa.table({"text": [ZH.encode(), b"\xff"]})),
            1,
            ("bad_encoding",),
            (ZH,),
        ),
        Case("Parquet without rows", "x.parquet", parquet(table.slice(0, 0)), 0),
        Case("an empty Parquet file", "x.parquet", b"", 0, ("damaged_container",)),
    ]


def _page_cases() -> list[Case]:
    meta = '<meta http-equiv="Content-Type" content="text/html; charset={}">'
    deep = "<div>" * 100_000 + ZH
    return [
        Case("an empty page", "x.html", b"", 0, ("no_text_extracted",)),
        Case("a page of scripts", "x.html", b"<html><script>var a=1</script></html>", 0, ("no_text_extracted",)),
        Case("a page nested deep", "x.html", deep.encode(), 0, ("no_text_extracted",)),
        Case(
            "a page nested deep, fast",
            "x.html",
            deep.encode(),
            0,
            ("no_text_extracted",),
            settings={"extractor": "fast"},
        ),
        Case("random bytes as a page", "x.html", bytes(range(128, 256)) * 40, 0, ("bad_encoding",)),
        Case("a page in GBK that says so", "x.html", page(ZH, ZH2, head=meta.format("gb2312")).encode("gbk"), 1),
        Case("a page in GBK that says UTF-8", "x.html", page(ZH, ZH2, head=meta.format("utf-8")).encode("gbk"), 1),
        Case(
            "a page in GBK that says Latin-1", "x.html", page(ZH, ZH2, head=meta.format("iso-8859-1")).encode("gbk"), 1
        ),
        Case("a page in Big5", "x.html", page(TRADITIONAL, TRADITIONAL).encode("big5hkscs"), 1),
        Case("a page in UTF-16", "x.html", PAGE.encode("utf-16"), 1),
        Case("a page with surrogate references", "x.html", page(ZH, ZH2 + "&#xD800;").encode(), 1),
        Case("a text file in GB18030", "x.txt", (ZH + ZH2).encode("gb18030"), 1, texts=(ZH + ZH2,)),
        Case("a text file in UTF-16 without a mark", "x.txt", (ZH + ZH2).encode("utf-16-le"), 1, texts=(ZH + ZH2,)),
        Case(
            "a picture under a text name", "x.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, 0, ("bad_encoding",)
        ),
        Case("an empty text file", "x.txt", b"", 1, texts=("",)),
        Case("a text file too large", "x.txt", b"a" * 5000, 0, ("too_large",), limits={"record_bytes": 2048}),
        Case("a text file cut off by gzip", "x.txt.gz", gzip.compress(ZH.encode())[:-9], 0, ("damaged_container",)),
        Case(
            "one bad line of text",
            "x.txt",
            f"{ZH}\n".encode() + b"\xff\n" + ZH2.encode(),
            2,
            ("bad_encoding",),
            (ZH, ZH2),
            settings={"format": "lines"},
        ),
    ]


def _warc_cases() -> list[Case]:
    info = warc("warcinfo", b"software: none\r\n", "application/warc-fields")
    response = warc("response", http(PAGE.encode()))
    chunk = PAGE.encode()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(chunk), chunk)
    gz = gzip.compress(chunk)

    def case(name: str, data: bytes, records: int, *reasons: str, **limits: int) -> Case:
        return Case(name, "x.warc", info + data, records, reasons, limits=limits)

    return [
        case("a page in an archive", response + WET, 2),
        case("requests and revisits", warc("request", b"GET / HTTP/1.1\r\n\r\n") + warc("revisit", b"x") + response, 1),
        case("a chunked page", warc("response", http(chunked, "Transfer-Encoding: chunked\r\n")) + WET, 2),
        case("a chunked page that is not", warc("response", http(chunk, "Transfer-Encoding: chunked\r\n")) + WET, 2),
        case("a gzipped page", warc("response", http(gz, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n")), 1),
        case(
            "a gzipped page that is not",
            warc("response", http(chunk, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n")),
            1,
        ),
        case(
            "a bomb in a page",
            warc(
                "response",
                http(gzip.compress(b"a" * (8 << 20)), "Content-Type: text/html\r\nContent-Encoding: gzip\r\n"),
            )
            + WET,
            1,
            "too_large",
            record_bytes=1 << 20,
        ),
        case("a picture", warc("response", http(b"\x89PNG", "Content-Type: image/png\r\n")) + WET, 1, "not_text"),
        case("an empty body", warc("response", http(b"", status="301 Moved")) + WET, 1, "no_text_extracted"),
        case("a response that is not HTTP", warc("response", b"\0\1\2") + WET, 1, "not_text"),
        case("an archive cut inside a record", WET + response[:-200], 1, "damaged_container"),
        case("an archive cut inside a header", WET + response[:50], 1, "damaged_container"),
        case("garbage in an archive", WET + b"garbage\r\n\r\n" + response, 1, "damaged_container"),
        case(
            "a length that is no number",
            WET + response.replace(b"Content-Length: ", b"Content-Length: x"),
            1,
            "damaged_container",
        ),
        case(
            "a record too large", warc("conversion", b"a" * 9000, "text/plain") + WET, 1, "too_large", record_bytes=2048
        ),
        Case("an archive that is none", "x.warc", b"hello\r\n\r\n", 0, ("damaged_container",)),
        Case(
            "an archive of gzip members",
            "x.warc.gz",
            b"".join(gzip.compress(part) for part in (info, response, WET)),
            2,
        ),
        Case(
            "an archive of gzip cut off",
            "x.warc.gz",
            gzip.compress(info + WET) + gzip.compress(response)[:-60],
            1,
            ("damaged_container",),
        ),
    ]


def cases() -> list[Case]:
    """All kinds."""
    return [*_json_cases(), *_array_cases(), *_container_cases(), *_table_cases(), *_page_cases(), *_warc_cases()]
