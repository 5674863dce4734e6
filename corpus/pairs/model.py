"""What a round of pairs is made of: seeds and answers, as rows of Parquet files."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from corpus.schema import MESSAGES

Turns = tuple[tuple[str, str], ...]
"""Pairs of a role and a text."""
ID_DIGITS = 32
SYSTEM, USER, ASSISTANT = "system", "user", "assistant"

SEED = pa.schema(
    [
        pa.field("seed", pa.string(), nullable=False),
        pa.field("prompt", MESSAGES, nullable=False),
        pa.field("lang", pa.string()),
        pa.field("difficulty", pa.float64()),
        pa.field("stage", pa.string()),
        pa.field("group", pa.string()),
        pa.field("failed", pa.bool_(), nullable=False),
        pa.field("source_key", pa.string()),
        pa.field("answer", pa.large_string()),
        pa.field("meta", pa.large_string()),
    ]
)
"""`seed` is the digest of the folded prompt, so a prompt has one id in every round. `answer` is the source's own, where
it has one; `failed` marks what the policy answered worse than others in the round before; `meta` is a JSON object."""

ANSWER = pa.schema(
    [
        pa.field("seed", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("draw", pa.int32(), nullable=False),
        pa.field("text", pa.large_string()),
        pa.field("reason", pa.string()),
        pa.field("served", pa.string()),
        pa.field("policy", pa.bool_(), nullable=False),
        pa.field("key", pa.string()),
    ]
)
"""`answer` is model#draw. `text` is null where there is no answer, and `reason` says why (`cut_off`, `refused`, ...).
`served` is what the server called its model, `key` the ledger's."""


@dataclass(frozen=True)
class Seed:
    """A prompt that models are to answer; it ends with the user. `meta` has the other fields of its row."""

    id: str
    prompt: Turns
    lang: str = ""
    difficulty: float | None = None
    stage: str = ""
    group: str = ""
    failed: bool = False
    key: str = ""
    answer: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """One model's answer to a seed: `text`, or None and a `reason`."""

    seed: str
    id: str
    model: str
    draw: int
    text: str | None
    reason: str | None
    served: str
    policy: bool
    key: str


def folded(text: str) -> str:
    """What decides whether two prompts or answers are the same: NFKC, case and runs of white space folded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def prompt_id(prompt: Sequence[tuple[str, str]]) -> str:
    """32 hex digits of a prompt's folded turns."""
    said = [[role, folded(text)] for role, text in prompt]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass")).hexdigest()[:ID_DIGITS]


def order(*parts: object) -> bytes:
    """A place in an order that depends on the parts alone, as if drawn."""
    return hashlib.sha256("\0".join(map(str, parts)).encode(errors="surrogatepass")).digest()[:16]


def messages(turns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Turns as Arrow and JSON hold them."""
    return [{"role": role, "content": text} for role, text in turns]


def asked(prompt: Turns, lang: str) -> str:
    """The prompt as a judge reads it: one question as it is, of a conversation each turn behind the speaker's name."""
    if len(prompt) == 1:
        return prompt[0][1]
    names = {SYSTEM: "系统", USER: "用户", ASSISTANT: "助手"} if lang == "zh" else {}
    mark = "：" if lang == "zh" else ": "
    return "\n\n".join(f"{names.get(role, role.capitalize())}{mark}{text}" for role, text in prompt)


def seed_rows(seeds: Sequence[Seed]) -> pa.Table:
    """Seeds in the SEED schema."""
    rows = [
        {
            "seed": one.id,
            "prompt": messages(one.prompt),
            "lang": one.lang or None,
            "difficulty": one.difficulty,
            "stage": one.stage or None,
            "group": one.group or None,
            "failed": one.failed,
            "source_key": one.key or None,
            "answer": one.answer,
            "meta": orjson.dumps(one.meta).decode() if one.meta else None,
        }
        for one in seeds
    ]
    return pa.Table.from_pylist(rows, schema=SEED)


def seeds_of(table: pa.Table) -> list[Seed]:
    """The inverse of `seed_rows`."""
    return [
        Seed(
            id=row["seed"],
            prompt=tuple((turn["role"], turn["content"]) for turn in row["prompt"]),
            lang=row["lang"] or "",
            difficulty=row["difficulty"],
            stage=row["stage"] or "",
            group=row["group"] or "",
            failed=row["failed"],
            key=row["source_key"] or "",
            answer=row["answer"],
            meta=orjson.loads(row["meta"]) if row["meta"] else {},
        )
        for row in table.to_pylist()
    ]


def reply_rows(replies: Sequence[Reply]) -> pa.Table:
    """Replies in the ANSWER schema."""
    rows = [
        {
            "seed": one.seed,
            "answer": one.id,
            "model": one.model,
            "draw": one.draw,
            "text": one.text,
            "reason": one.reason,
            "served": one.served or None,
            "policy": one.policy,
            "key": one.key or None,
        }
        for one in replies
    ]
    return pa.Table.from_pylist(rows, schema=ANSWER)


def replies_of(table: pa.Table) -> list[Reply]:
    """The inverse of `reply_rows`."""
    return [
        Reply(
            row["seed"], row["answer"], row["model"], row["draw"], row["text"], row["reason"], row["served"] or "",
            row["policy"], row["key"] or "",
        )
        for row in table.to_pylist()
    ]  # fmt: skip
