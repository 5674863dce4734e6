"""Texts as vectors of a sentence-transformers model: pinned, on a GPU where there is one, long texts by chunks.

A text longer than the model reads is cut into chunks of as many tokens as it does read; the text's vector is the mean
of their vectors weighted by their tokens, and of length 1 again. Chunks of like length go through the model together.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.errors import EnvironmentProblem, UsageError
from corpus.models.batches import alone, batches
from corpus.models.registry.manage import offline
from corpus.models.registry.pins import short
from corpus.models.registry.resolve import Model, resolve

VERSION = 1
"""Raise it when the vector of any text changes."""
WINDOW = 512
"""Tokens of a chunk at most, with those the model adds; less where the model reads less."""
CHUNKS = 16
"""Chunks of a text that are read at most; what is behind them is counted as cut."""
_TOKENS = {"cpu": 8192, "cuda": 131_072}
_AT_ONCE = 4096


@dataclass(frozen=True)
class Embedded:
    """Vectors (n, dim) float16 of length 1, all zeros for a text with nothing to read; by row the chunks read and the
    tokens behind the last of them (int64)."""

    vectors: np.ndarray
    chunks: np.ndarray
    tokens_cut: np.ndarray


@dataclass(frozen=True)
class SentenceEmbedder:
    """A loaded model; `prompt` stands before every chunk, `room` are the tokens of a chunk without it and without those
    the model adds. `alone`, as in `CausalLM`: each chunk by itself, so that a row's vector depends on that row only.
    With batches vectors differ by rounding: by 1e-3 in float32 (float16 has no more), by 2e-2 in mixed precision."""

    model: Model
    network: Any
    device: str
    dim: int
    room: int
    added: int
    chunks: int
    prompt: str
    batch_tokens: int
    alone: bool
    mixed: bool

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.model.name

    @property
    def digest(self) -> str:
        """12 hex digits of all that decides a vector but rounding: the model's files, chunks, prompt."""
        parts = [self.model.digest, str(self.room), str(self.chunks), self.prompt, str(VERSION)]
        return short(hashlib.sha256("\0".join(parts).encode()).hexdigest())

    def embed(self, texts: pa.Array) -> np.ndarray:
        """The vectors of `read`."""
        return self.read(texts).vectors

    def read(self, texts: pa.Array) -> Embedded:
        """Each text's vector, and what of it was not read. Null is a text with nothing to read."""
        parts = [_read(self, texts.slice(at, _AT_ONCE)) for at in range(0, len(texts), _AT_ONCE)]
        if not parts:
            none = np.zeros(0, np.int64)
            return Embedded(np.zeros((0, self.dim), np.float16), none, none)
        return Embedded(
            *(np.concatenate([getattr(one, of) for one in parts]) for of in ("vectors", "chunks", "tokens_cut"))
        )


def load(
    name: str, *, window: int | None = None, chunks: int = CHUNKS, prompt: str | None = None,
    batch_tokens: int | None = None, alone: bool | None = None, mixed: bool | None = None, device: str | None = None,
    base: Path | None = None,
) -> SentenceEmbedder:  # fmt: skip
    """The sentence-transformers model called `name` (see `registry.resolve`), once a process for each setting.

    `prompt` defaults to the one the model has by default, if any; `mixed` precision (bf16 where it is enough) to
    whether there is a GPU; `alone` to True on a CPU. UsageError when it is not what it should be or a window has no
    room, EnvironmentProblem without the packages.
    """
    model = resolve(name, "sentence-transformers", base=base)
    return _loaded(model, window, chunks, prompt, batch_tokens, alone, mixed, device)


@functools.lru_cache(maxsize=2)
def _loaded(
    model: Model, window: int | None, chunks: int, prompt: str | None, tokens: int | None, single: bool | None,
    mixed: bool | None, device: str | None,
) -> SentenceEmbedder:  # fmt: skip
    torch, library = need()
    offline()
    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = where.partition(":")[0]
    path = str(model.path)
    try:
        network = library.SentenceTransformer(
            path, device=where, local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        ).eval()
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"{path}: sentence-transformers cannot load it: {first}") from None
    tokenizer = network.tokenizer
    if not getattr(tokenizer, "is_fast", False):
        raise UsageError(f"{path}: has no fast tokenizer (tokenizer.json); convert it with transformers once")
    said = network.prompts.get(network.default_prompt_name, "") if prompt is None else prompt
    reads = network.max_seq_length or WINDOW
    longest = min(WINDOW, reads) if window is None else window
    added = int(tokenizer.num_special_tokens_to_add()) + len(_ids(tokenizer, [said])[0])
    if longest > reads or longest - added < 1 or chunks < 1:
        raise UsageError(
            f"{model.name}: reads {reads} tokens, {added} of them its own and the prompt's; a window of {longest} and "
            f"{chunks} chunks cannot be"
        )
    return SentenceEmbedder(
        model=model, network=network, device=where, dim=int(network.get_embedding_dimension()), room=longest - added,
        added=added, chunks=chunks, prompt=said, batch_tokens=tokens or _TOKENS.get(kind, _TOKENS["cpu"]),
        alone=kind == "cpu" if single is None else single, mixed=kind == "cuda" if mixed is None else mixed,
    )  # fmt: skip


def need() -> tuple[Any, Any]:
    """torch and sentence_transformers; EnvironmentProblem where they are not installed."""
    try:
        import sentence_transformers
        import torch
        import transformers
    except ImportError:
        raise EnvironmentProblem(
            "embeddings by a model need sentence-transformers; pip install 'corpus-tiers[models]'"
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return torch, sentence_transformers


def _read(one: SentenceEmbedder, texts: pa.Array) -> Embedded:
    pieces, owner, weight, cut = _chunks(one, texts.fill_null("").to_pylist())
    found = _vectors(one, pieces, weight)
    sums = np.zeros((len(texts), one.dim))
    # In the order of the chunks, so that the sum of a row does not depend on its batch.
    np.add.at(sums, owner, found * weight[:, None])
    length = np.sqrt((sums * sums).sum(axis=1))
    vectors = np.divide(sums, length[:, None], out=np.zeros_like(sums), where=length[:, None] > 0)
    return Embedded(vectors.astype(np.float16), np.bincount(owner, minlength=len(texts)).astype(np.int64), cut)


def _chunks(one: SentenceEmbedder, texts: list[str]) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """The chunks of all texts in order, the row and the tokens of each, and the tokens of each row left out."""
    tokenizer = one.network.tokenizer
    coded = tokenizer(
        texts, add_special_tokens=False, truncation=False, return_attention_mask=False, return_offsets_mapping=True
    )
    pieces: list[str] = []
    owner, weight, cut = [], [], []
    for row, (text, places) in enumerate(zip(texts, coded["offset_mapping"], strict=True)):
        many = len(places)
        last = min(many, one.chunks * one.room)
        cut.append(many - last)
        for start in range(0, last, one.room):
            end = min(start + one.room, last)
            pieces.append(text if many <= one.room else text[places[start][0] : places[end - 1][1]])
            owner.append(row)
            weight.append(end - start)
    return pieces, np.array(owner, np.int64), np.array(weight, np.int64), np.array(cut, np.int64)


def _vectors(one: SentenceEmbedder, pieces: list[str], tokens: np.ndarray) -> np.ndarray:
    """What the model makes of each chunk, float64."""
    found = np.zeros((len(pieces), one.dim))
    groups = alone(tokens) if one.alone else batches(np.where(tokens > 0, tokens + one.added, 0), one.batch_tokens)
    for group in groups:
        with _precision(one):
            made = one.network.encode(
                [pieces[place] for place in group], prompt=one.prompt, batch_size=len(group), show_progress_bar=False,
                convert_to_numpy=True, normalize_embeddings=False,
            )  # fmt: skip
        found[group] = np.asarray(made, np.float64)
    return found


def _precision(one: SentenceEmbedder) -> Any:
    if not one.mixed:
        return contextlib.nullcontext()
    import torch

    return torch.autocast(one.device.partition(":")[0], dtype=torch.bfloat16)


def _ids(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    return [
        list(ids) for ids in tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False)["input_ids"]
    ]
