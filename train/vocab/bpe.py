"""A byte-pair tokenizer file as its parts: symbols, merges in order of rank, tokens that are no pieces.

Ids are never moved by what is appended, and appended merges rank last, so text that no appended merge applies to is
segmented as before, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.errors import UsageError

FILE = "tokenizer.json"


@lru_cache(maxsize=1)
def byte_letters() -> tuple[str, ...]:
    """The letter that stands for each byte in byte-level vocabularies (GPT-2's table, section 2.2 of its paper)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return tuple(chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256))


@dataclass(frozen=True)
class Bpe:
    """`raw` is the parsed tokenizer.json, `vocab` piece to id, `merges` in order of rank."""

    raw: dict[str, Any]
    vocab: dict[str, int]
    merges: tuple[tuple[str, str], ...]

    @cached_property
    def ranks(self) -> dict[tuple[str, str], int]:
        """The rank of each merge."""
        return {pair: rank for rank, pair in enumerate(self.merges)}

    @cached_property
    def byte_level(self) -> bool:
        """Whether symbols are bytes (GPT-2, Llama 3, Qwen) and not characters (Llama 2, Yi)."""
        return all(letter in self.vocab for letter in byte_letters()) and '"ByteLevel"' in json.dumps(self.raw)

    @property
    def size(self) -> int:
        """One more than the highest id, tokens that are no pieces included."""
        added = [token["id"] for token in self.raw.get("added_tokens", [])]
        return 1 + max([*self.vocab.values(), *map(int, added)])

    def symbols(self, text: str) -> list[str]:
        """What the text is before any merge."""
        return [byte_letters()[byte] for byte in text.encode()] if self.byte_level else list(text)

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """Ids of pieces; a character that is none falls back to its bytes, as `<0xE4>`, or to nothing."""
        found: list[int] = []
        for piece in pieces:
            names = [piece] if piece in self.vocab else [f"<0x{byte:02X}>" for byte in piece.encode()]
            found += [self.vocab[name] for name in names if name in self.vocab]
        return found

    def write(self, folder: Path, vocab: dict[str, int], merges: Sequence[tuple[str, str]], **parts: Any) -> None:
        """The file with another vocabulary, beside `folder`'s other files; `parts` replace whole sections."""
        model = {**self.raw["model"], "vocab": vocab, "merges": [list(pair) for pair in merges]}
        data = json.dumps({**self.raw, "model": model, **parts}, ensure_ascii=False)
        (folder / FILE).write_text(data, encoding="utf-8")


def merged(symbols: Sequence[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """Symbols after all merges, the lowest rank first, leftmost of equals: what a byte-pair encoder does."""
    parts = list(symbols)
    while len(parts) > 1:
        rank, at = min((ranks.get(pair, len(ranks)), at) for at, pair in enumerate(pairwise(parts)))
        if rank == len(ranks):
            return parts
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def read(folder: str) -> Bpe:
    """The tokenizer in `folder`. UsageError when there is none, or none of byte pairs."""
    path = Path(folder) / FILE
    if not path.is_file():
        raise UsageError(f"{folder}: holds no {FILE}; a fast tokenizer is needed (save it once with transformers)")
    raw = json.loads(path.read_text(encoding="utf-8"))
    model = raw.get("model", {})
    if model.get("type") != "BPE":
        raise UsageError(
            f"{path}: is a {model.get('type')} vocabulary; only byte-pair (BPE) vocabularies can be changed"
        )
    pairs = [pair if isinstance(pair, list) else pair.split(" ") for pair in model["merges"]]
    return Bpe(raw, dict(model["vocab"]), tuple((first, second) for first, second in pairs))
