"""What the bench reads: any JSONL and HTML files, as rows of text with their source, and a vocabulary of them."""

from __future__ import annotations

import html
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

FIELDS = ("text", "content")
HTML = (".html", ".htm")
T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """A text and where it is from: the name of its file, of a page that of its folder."""

    text: str
    source: str


def gathered(paths: Sequence[str], most: int, seed: int = 0) -> list[Row]:
    """The rows of files, at most `most` of each (drawn by the seed). A page is one row: all of its text that a reader
    sees, menus and footers with it, as WET files have it. Rows of under 20 characters are no texts."""
    found = []
    for path in map(Path, paths):
        if path.suffix in HTML:
            rows = [Row(visible(path.read_bytes()), path.parent.name)]
        else:
            rows = [Row(_text(row), path.name.partition(".")[0]) for row in records(path)]
        found += [row for row in drawn(rows, most, seed) if len(row.text.strip()) >= 20]
    return found


def _text(row: dict[str, Any]) -> str:
    return next((str(row[name]) for name in FIELDS if row.get(name)), "")


def records(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines, or of one JSON array; plain or zstd."""
    raw = path.read_bytes()
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    if raw.lstrip()[:1] == b"[":
        return list(json.loads(raw))
    return [json.loads(line) for line in raw.split(b"\n") if line.strip()]


def drawn(rows: Sequence[T], most: int, seed: int) -> list[T]:
    """At most so many rows, in their order."""
    return [rows[place] for place in sorted(random.Random(seed).sample(range(len(rows)), min(most, len(rows))))]


def visible(page: bytes) -> str:
    """All text of a page, without choosing what is its main part."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    return html.unescape(extract_plain_text(bytes_to_str(page, detect_encoding(page) or "utf-8"), main_content=False))


def capped(rows: Sequence[Row], characters: int) -> dict[str, list[str]]:
    """By source, the first rows up to about so many characters; a row that goes beyond is cut."""
    found: dict[str, list[str]] = {}
    for row in rows:
        own = found.setdefault(row.source, [])
        left = characters - sum(map(len, own))
        if left > 20:
            own.append(row.text[:left])
    return found


def write_lines(rows: Sequence[dict[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_tier(texts: Sequence[str], folder: Path, tier: str) -> None:
    """Texts as a tier below `folder`, laid out as `corpus run` publishes them."""
    below = folder / "pretrain" / f"tier={tier}"
    below.mkdir(parents=True)
    pq.write_table(pa.table({"text": list(texts), "source": [tier] * len(texts)}), below / "part-0.parquet")


def words_and_shape(texts: Sequence[str], folder: Path, size: int, hidden: int, layers: int, length: int) -> None:
    """A vocabulary of the texts in `folder/words`, and in `folder/shape` a Llama-shaped model for it."""
    from transformers import LlamaConfig

    from train.vocab.fresh import byte_level

    words: Any = byte_level([texts], size)
    words.save_pretrained(folder / "words")
    LlamaConfig(
        vocab_size=len(words), hidden_size=hidden, intermediate_size=hidden * 8 // 3 // 32 * 32,
        num_hidden_layers=layers, num_attention_heads=hidden // 32, max_position_embeddings=length,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2,
    ).save_pretrained(folder / "shape")  # fmt: skip
