"""A folder of packed tiers as its manifest tells it (see docs/packing.md for the format)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus import storage
from corpus.errors import UsageError

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class File:
    """A Parquet file: where it is, and how many rows each of its row groups has."""

    uri: str
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """A split of a tier."""

    tier: str
    split: str
    files: tuple[File, ...]
    rows: int
    tokens: int
    loss_tokens: int
    mean_document_tokens: float


@dataclass(frozen=True)
class Packed:
    """`parts` by tier and split; `digest` is that of the manifest, which names the tokenizer, the template and the
    manifest of the run that the tiers came from."""

    root: str
    kind: str
    seq_len: int
    digest: str
    tokenizer: Mapping[str, Any]
    template: Mapping[str, Any] | None
    dataset: Mapping[str, Any]
    sources: tuple[str, ...]
    parts: Mapping[tuple[str, str], Part]

    @property
    def tiers(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(sorted({tier for tier, _ in self.parts}))


def read(root: str) -> Packed:
    """The folder at `root`. UsageError when it holds no packed tiers, or those of another format."""
    uri = storage.join(root, MANIFEST)
    try:
        page = json.loads(storage.read_bytes(uri))
    except (OSError, ValueError):
        raise UsageError(f"{root}: holds no packed tiers ({MANIFEST}); make them with `corpus train pack`") from None
    if page.get("format") != FORMAT:
        raise UsageError(f"{uri}: is of format {page.get('format')}, this version reads {FORMAT}; pack the tiers again")
    parts = {
        (tier, split): Part(
            tier, split,
            tuple(File(storage.join(root, one["path"]), tuple(one["rows_in_groups"])) for one in told["files"]),
            told["rows"], told["tokens"], told["loss_tokens"], float(told["mean_document_tokens"]),
        )
        for tier, splits in page["tiers"].items() for split, told in splits.items()
    }  # fmt: skip
    return Packed(
        root, page["kind"], page["seq_len"], page["digest"], page["tokenizer"], page["template"], page["dataset"],
        tuple(page["sources"]), parts,
    )  # fmt: skip
