"""Answers to many conversations, by a model on these ranks or behind a server; a stopped job goes on where it was.

The conversations are cut into chunks, and a chunk is a file that is there whole or not at all. Which rank makes a chunk
does not show: sampling is seeded by the chunk, so one rank or eight, and one start or three, write the same files.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pyarrow.parquet as pq
from pydantic import Field, model_validator

from corpus import storage
from corpus.errors import EnvironmentProblem, UsageError
from corpus.located import Strict
from train import distributed
from train.speaking import Decoding, Messages, Speaker, load

UNANSWERED = '"text": null}'
Path_ = Annotated[str, Field(min_length=1)]


class Server(Strict):
    """A server with the chat completions API; the key is read from the environment variable `key_env`."""

    base_url: str
    model: str
    key_env: str = "OPENAI_API_KEY"
    concurrency: int = Field(default=16, ge=1)


class Generate(Strict):
    """One job. `model` is a folder, or `server` says where it is served; `prompts` are Parquet or JSON Lines with
    `messages` (a last answer is left out), `prompt` or `instruction`; `out` is a folder."""

    prompts: tuple[Path_, ...] = Field(min_length=1)
    out: Path_
    model: str | None = None
    server: Server | None = None
    adapter: str | None = None
    bits: Literal[4, 8] | None = None
    zero3: bool = False
    system: str | None = None
    draws: int = Field(default=1, ge=1)
    batch_size: int = Field(default=8, ge=1)
    chunk: int = Field(default=64, ge=1)
    limit: int | None = Field(default=None, ge=1)
    decoding: Decoding = Decoding()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.model is None) == (self.server is None):
            raise ValueError("needs `model` (a folder) or `server`, and not both")
        if self.server and (self.adapter or self.bits or self.zero3):
            raise ValueError("`adapter`, `bits` and `zero3` say how a folder is loaded; a server has loaded its model")
        if self.zero3 and self.bits:
            raise ValueError("ZeRO-3 cannot split a model of 4 or 8 bits: leave out `zero3` or `bits`")
        return self

    @property
    def digest(self) -> str:
        """What decides the answers: everything but where they go."""
        told = self.model_dump(mode="json", exclude={"out"})
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Asked:
    """A conversation to answer."""

    id: str
    messages: Messages


Answer = Callable[[Sequence[Asked], int], list[list[str | None]]]


def generate(settings: Generate) -> dict[str, Any]:
    """Make every chunk that this rank owes; the counts of the whole, once all are there.

    UsageError when there is nothing to ask, or `out` holds answers of other settings.
    """
    rank, world = distributed.rank(), distributed.world()
    out = Path(settings.out)
    _claim(out, settings)
    total = sum(1 for _ in asked(settings))
    if not total:
        raise UsageError(f"{', '.join(settings.prompts)}: no conversation is there")
    answer = _served(settings) if settings.server else _local(settings)
    chunks = iter(range(-(-total // settings.chunk)))
    rows = asked(settings)
    while own := [(number, list(islice(rows, settings.chunk))) for number in islice(chunks, world)]:
        # Under ZeRO-3 every rank takes part in every answer, so one that owes nothing repeats another's chunk.
        owed = own if settings.zero3 else own[rank : rank + 1]
        if all(_file(out, number).exists() for number, _ in owed):
            continue
        number, some = own[min(rank, len(own) - 1)]
        short = settings.chunk - len(some) if settings.zero3 else 0
        found = answer([*some, *some[:1] * short], number)
        if rank < len(own):
            _write(_file(out, number), some, found, settings)
    done = sorted((out / "answers").glob("part-*.jsonl"))
    # A server refuses some questions for good; their text is null, and nobody should have to look for them.
    lacking = sum(path.read_text(encoding="utf-8").count(UNANSWERED) for path in done)
    return {
        "conversations": total, "draws": settings.draws, "chunks": len(done), "unanswered": lacking,
        "answers": str(out / "answers"),
    }  # fmt: skip


def asked(settings: Generate) -> Iterator[Asked]:
    """The conversations, in the order of the files and rows."""
    yield from islice(_asked(settings), settings.limit)


def _asked(settings: Generate) -> Iterator[Asked]:
    count = 0
    for row in _rows(settings.prompts):
        messages = _messages(row)
        if not messages:
            continue
        if settings.system and messages[0]["role"] != "system":
            messages = [{"role": "system", "content": settings.system}, *messages]
        yield Asked(str(row.get("doc_id") or row.get("id") or count), messages)
        count += 1


def _rows(paths: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for path in paths:
        for file in storage.expand(path)[1]:
            with storage.open_read(file.uri) as stream:
                if file.uri.endswith(".parquet"):
                    for batch in pq.ParquetFile(stream).iter_batches(1024):
                        yield from batch.to_pylist()
                elif file.uri.endswith(".jsonl"):
                    yield from _lines(stream.read(), file.uri)


def _lines(data: bytes, where: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UsageError(f"{where}:{number}: is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise UsageError(f"{where}:{number}: is no JSON object")
            yield row


def _messages(row: Mapping[str, Any]) -> list[dict[str, str]]:
    said = row.get("messages") or row.get("prompt") or row.get("instruction")
    if isinstance(said, str):
        return [{"role": "user", "content": "\n".join(part for part in (said, row.get("input")) if part)}]
    turns = [{"role": one["role"], "content": one["content"]} for one in said or ()]
    while turns and turns[-1]["role"] == "assistant":
        turns.pop()
    return turns


def _local(settings: Generate) -> Answer:
    speaker = load(str(settings.model), settings.adapter, settings.bits)
    if settings.zero3:
        speaker = _split(speaker)

    def answer(some: Sequence[Asked], number: int) -> list[list[str | None]]:
        found: list[list[str | None]] = []
        for at in range(0, len(some), settings.batch_size):
            decoding = settings.decoding.model_copy(update={"seed": settings.decoding.seed + number * 4096 + at})
            batch = [one.messages for one in some[at : at + settings.batch_size]]
            found += [list(texts) for texts in speaker.replies(batch, decoding, settings.draws)]
        return found

    return answer


def _split(speaker: Speaker) -> Speaker:
    """The model over all ranks: each holds a share of every weight and gathers a layer when it needs it."""
    import deepspeed

    distributed.begin()
    half = next(speaker.model.parameters()).dtype.itemsize == 2
    config = {"zero_optimization": {"stage": 3}, "train_micro_batch_size_per_gpu": 1, "bf16": {"enabled": half}}
    engine, *_ = deepspeed.initialize(model=speaker.model, config=config)
    return Speaker(engine.module, speaker.tokenizer, speaker.render, synced=True)


def _served(settings: Generate) -> Answer:
    server = settings.server
    assert server is not None  # noqa: S101 - the caller asked
    try:
        from openai import AsyncOpenAI, OpenAIError
    except ImportError:
        raise EnvironmentProblem("asking a server needs openai: pip install 'corpus-tiers[train]'") from None
    decoding = settings.decoding
    key = os.environ.get(server.key_env) or "none"

    async def work(some: Sequence[Asked], number: int) -> list[list[str | None]]:
        slots = asyncio.Semaphore(server.concurrency)

        async def one(place: int, draw: int) -> str | None:
            async with slots:
                try:
                    said = await client.chat.completions.create(
                        model=server.model, messages=[dict(turn) for turn in some[place].messages],
                        temperature=decoding.temperature, top_p=decoding.top_p, max_tokens=decoding.max_new_tokens,
                        seed=decoding.seed + (number * settings.chunk + place) * settings.draws + draw,
                    )  # fmt: skip
                except OpenAIError as error:
                    if getattr(error, "status_code", None) in (400, 413, 422):
                        return None
                    raise EnvironmentProblem(f"{server.base_url}: {error}. Repeat the command to go on") from None
                return said.choices[0].message.content if said.choices else None

        async with AsyncOpenAI(base_url=server.base_url, api_key=key, max_retries=6) as client:
            jobs = [one(place, draw) for place in range(len(some)) for draw in range(settings.draws)]
            texts = await asyncio.gather(*jobs)
        return [list(texts[at : at + settings.draws]) for at in range(0, len(texts), settings.draws)]

    return lambda some, number: asyncio.run(work(some, number))


def _claim(out: Path, settings: Generate) -> None:
    page = out / "settings.json"
    told = {"digest": settings.digest, "settings": settings.model_dump(mode="json")}
    if page.exists():
        if json.loads(page.read_text(encoding="utf-8"))["digest"] != settings.digest:
            raise UsageError(f"{out}: holds answers of other settings ({page}); name another folder")
        return
    (out / "answers").mkdir(parents=True, exist_ok=True)
    storage.put_atomic(str(page), json.dumps(told, ensure_ascii=False, indent=1).encode())


def _file(out: Path, number: int) -> Path:
    return out / "answers" / f"part-{number:06d}.jsonl"


def _write(path: Path, some: Sequence[Asked], found: list[list[str | None]], settings: Generate) -> None:
    name = settings.server.model if settings.server else str(settings.model)
    rows = (
        {"id": one.id, "draw": draw, "model": name, "prompt": list(one.messages), "text": text}
        for one, texts in zip(some, found, strict=False)
        for draw, text in enumerate(texts)
    )
    storage.put_atomic(str(path), "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
