"""How the demo corpus becomes files: one source a format, the broken records of the format among the good ones."""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.quarantine import Reason

_SITE = "https://demo.example.org"
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"


@dataclass(frozen=True)
class Record:
    """A record before it is written: its source, its own key there, what it says, and why it was planted."""

    source: str
    key: str
    text: str
    title: str | None = None
    lang: str | None = None
    date: str | None = None
    kind: str = ""

    @property
    def url(self) -> str:
        """An address that no one else has."""
        return f"{_SITE}/{self.source}/{self.key}"


@dataclass(frozen=True)
class Written:
    """What is in the files: `records` by source, the broken ones included, `broken` by source and reason, and the
    WARC records that are no documents by type."""

    records: Mapping[str, int]
    broken: Mapping[str, Mapping[str, int]]
    skipped: Mapping[str, int]

    def of(self, source: str) -> dict[str, Any]:
        """The figures of one source."""
        return {"records": self.records[source], "quarantined": dict(sorted(self.broken.get(source, {}).items()))}


def write_all(directory: Path, records: Sequence[Record]) -> Written:
    """Write every record to the file of its source, and the broken ones of each format beside them."""
    by_source: dict[str, list[Record]] = {}
    for record in records:
        by_source.setdefault(record.source, []).append(record)
    broken = {
        "news": _jsonl(directory / "news.jsonl", by_source["news"]),
        "web": _jsonl_gz(directory / "web.jsonl.gz", by_source["web"]),
        "wiki": _parquet(directory / "wiki.parquet", by_source["wiki"]),
        "forum": _csv(directory / "forum.csv", by_source["forum"]),
        "notes": _texts(directory / "notes", by_source["notes"]),
        "pages": _pages(directory / "pages", by_source["pages"]),
    }
    broken["crawl"], skipped = _warc(directory / "crawl.warc.gz", by_source["crawl"])
    counts = {name: len(found) + sum(broken[name].values()) for name, found in by_source.items()}
    return Written(counts, broken, skipped)


def _line(record: Record) -> bytes:
    value = {
        "id": record.key,
        "url": record.url,
        "title": record.title,
        "date": record.date,
        "content": record.text,
        "meta": {"lang": record.lang, "kind": record.kind},
    }
    return json.dumps(value, ensure_ascii=False).encode()


def _spread(good: Sequence[bytes], bad: Sequence[bytes]) -> list[bytes]:
    """The bad lines among the good ones, at even distances."""
    lines = list(good)
    for index, line in enumerate(bad):
        lines.insert((index + 1) * len(good) // (len(bad) + 1) + index, line)
    return lines


def _jsonl(path: Path, records: Sequence[Record]) -> Counter[str]:
    bad: list[tuple[Reason, bytes]] = [
        (Reason.BAD_ENCODING, '{"id": "b1", "content": "这一行里有一个坏字节：'.encode() + b"\xff" + '。"}'.encode()),
        (Reason.LONE_SURROGATE, b'{"id": "b2", "content": "half of a pair: \\ud83d and then nothing"}'),
        (Reason.BAD_JSON, '{"id": "b3", "content": "这一行没有写完，后面的引号和'.encode()),
        (Reason.MISSING_TEXT, b'{"id": "b4", "title": "a title and no text"}'),
        (Reason.WRONG_TYPE, '{"id": "b5", "content": ["正文", "不该是列表"]}'.encode()),
        (Reason.TOO_DEEP, b'{"id": "b6", "content": "deep", "meta": ' + b'{"in": ' * 300 + b"1" + b"}" * 301),
        (Reason.NOT_AN_OBJECT, b'["a list", "is not a record"]'),
    ]
    lines = _spread([_line(record) for record in records], [line for _, line in bad])
    lines.insert(len(lines) // 2, b"   ")  # a blank line is no record
    path.write_bytes(b"\n".join(lines) + b"\n")
    return Counter(str(reason) for reason, _ in bad)


def _jsonl_gz(path: Path, records: Sequence[Record]) -> Counter[str]:
    lines = _spread([_line(record) for record in records], [b"<!-- this line is a comment of the exporter -->"])
    path.write_bytes(_gzip(b"\n".join(lines) + b"\n"))
    return Counter({str(Reason.BAD_JSON): 1})


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


def _parquet(path: Path, records: Sequence[Record]) -> Counter[str]:
    rows: list[dict[str, str | None]] = [
        {"id": r.key, "title": r.title, "text": r.text, "lang": r.lang, "date": r.date, "url": r.url} for r in records
    ]
    rows.insert(len(rows) // 2, {**dict.fromkeys(rows[0]), "id": "b1", "title": "a row whose text is null"})
    pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd", row_group_size=32)
    return Counter({str(Reason.MISSING_TEXT): 1})


def _csv(path: Path, records: Sequence[Record]) -> Counter[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["id", "title", "lang", "body"])
    for index, record in enumerate(records):
        if index == len(records) // 2:
            writer.writerow(["b1", "一行多出来的字段", "zh", "正文", "多余"])
        writer.writerow([record.key, record.title, record.lang, record.text])
    path.write_bytes(out.getvalue().encode())
    return Counter({str(Reason.BAD_ROW): 1})


def _texts(directory: Path, records: Sequence[Record]) -> Counter[str]:
    directory.mkdir()
    chinese = next(index for index, record in enumerate(records) if record.lang == "zh")
    for index, record in enumerate(records):
        encoding = "gb18030" if index == chinese else "utf-8"
        (directory / f"{record.key}.txt").write_bytes(f"{record.title}\n\n{record.text}\n".encode(encoding))
    whole = _gzip("\n".join(record.text for record in records[:4]).encode())
    (directory / "letters.txt.gz").write_bytes(whole[: len(whole) // 2])
    return Counter({str(Reason.DAMAGED): 1})


def _page(record: Record) -> bytes:
    blocks = []
    for block in record.text.split("\n\n"):
        plain = html.escape(block, quote=False)
        code = block.startswith(("def ", "with ", "try:", "totals ", "from "))
        blocks.append(f"<pre><code>{plain}</code></pre>" if code else f"<p>{plain}</p>")
    title = html.escape(record.title or "", quote=False)
    return (
        f'<!DOCTYPE html>\n<html lang="{record.lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="canonical" href="{record.url}"></head>\n<body><nav><a href="/">首页</a> <a href="/about">关于</a>'
        f"</nav>\n<article><h1>{title}</h1>\n" + "\n".join(blocks) + "\n</article>\n<footer>版权归本项目所有</footer>"
        "</body></html>\n"
    ).encode()


def _pages(directory: Path, records: Sequence[Record]) -> Counter[str]:
    directory.mkdir()
    for record in records:
        (directory / f"{record.key}.html").write_bytes(_page(record))
    empty = '<!DOCTYPE html><html><head><title></title></head><body><div id="app"></div><script>run()</script></body>'
    (directory / "empty.html").write_bytes(empty.encode() + b"</html>\n")
    return Counter({str(Reason.NO_TEXT): 1})


def _warc_record(kind: str, url: str | None, content_type: str, body: bytes, date: str | None) -> bytes:
    """One WARC 1.0 record (ISO 28500), compressed as a gzip member of its own."""
    identity = uuid5(NAMESPACE_URL, f"{kind} {url}")
    headers = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{identity}>",
        f"WARC-Date: {date or '2024-01-01'}T00:00:00Z",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    return _gzip("\r\n".join(headers).encode() + b"\r\n\r\n" + body + b"\r\n\r\n")


def _warc(path: Path, records: Sequence[Record]) -> tuple[Counter[str], Counter[str]]:
    parts = [_warc_record("warcinfo", None, "application/warc-fields", b"software: corpus demo\r\n", None)]
    skipped: Counter[str] = Counter({"warcinfo": 1})
    for index, record in enumerate(records):
        if index % 10 == 0:
            request = f"GET /{record.key} HTTP/1.1\r\nHost: demo.example.org\r\n\r\n".encode()
            parts.append(_warc_record("request", record.url, "application/http; msgtype=request", request, record.date))
            skipped["request"] += 1
        body = _response("text/html; charset=utf-8", _page(record))
        parts.append(_warc_record("response", record.url, "application/http; msgtype=response", body, record.date))
    picture = _response("image/png", _PNG)
    parts.append(_warc_record("response", f"{_SITE}/dot.png", "application/http; msgtype=response", picture, None))
    path.write_bytes(b"".join(parts))
    return Counter({str(Reason.NOT_TEXT): 1}), skipped


def _response(content_type: str, payload: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(payload)}\r\n\r\n"
    return head.encode() + payload
