"""A causal language model of transformers, and the nats of tokens by it.

Loaded only from a model that `corpus.models.registry.resolve` gave: pinned files, safetensors, no code of others, no
network. On a GPU where there is one, in bf16; on a CPU in float32, unless bf16 is asked for.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import EnvironmentProblem, UsageError
from corpus.models.batches import alone, batches, padded
from corpus.models.registry.manage import offline
from corpus.models.registry.pins import short
from corpus.models.registry.resolve import Model, resolve

MOST = 2048
"""Tokens of a sequence at most, unless the caller says otherwise or the model takes fewer."""
_LOGITS = {"cpu": 1 << 30, "cuda": 12 << 30}
"""Bytes that the float32 scores of all words for all tokens of a batch may take."""
_TOKENS = {"cpu": 4096, "cuda": 65_536}
"""Tokens of a batch at most, however few words the model has."""
_SOFTMAX = {"cpu": 16 << 20, "cuda": 1 << 30}
"""Bytes of the float32 scores whose softmax is made at once; those of a CPU should stay near it."""


@dataclass
class Work:
    """Tokens that went through a model, by all calls together; for who waits."""

    tokens: int = 0


@dataclass(frozen=True)
class CausalLM:
    """A loaded model. `most` is the longest sequence it is given, `batch_tokens` how many tokens with padding make a
    batch. With `alone` no batch is made: slower on a GPU, and a row's result depends on that row only, bit for bit on
    one machine. With batches results differ by rounding: by 1e-5 of a loss in float32, by 2e-2 in bf16. `keeps`
    says that the network can be told of which places scores are wanted."""

    model: Model
    tokenizer: Any
    network: Any
    device: str
    most: int
    batch_tokens: int
    alone: bool
    keeps: bool
    work: Work = field(default_factory=Work, compare=False)

    @property
    def digest(self) -> str:
        """What a column says of its model: the first digits of the digest of its files."""
        return short(self.model.digest)

    @property
    def settings(self) -> dict[str, object]:
        """What of the model its numbers depend on; on the rest they do by rounding."""
        return {"model": self.model.digest, "weights": self.network.dtype, "longest": self.most}

    @property
    def at_once(self) -> int:
        """Rows to give it in one call: so many that like lengths find one another, or few where it makes no batches and
        a row takes seconds."""
        return 4 if self.alone else 4096


def load(
    name: str, *, most: int | None = None, batch_tokens: int | None = None, alone: bool | None = None,
    device: str | None = None, half: bool | None = None, base: Path | None = None,
) -> CausalLM:  # fmt: skip
    """The causal LM called `name` (see `resolve`). Once a process for each model and setting.

    `most` defaults to MOST or the model's own limit; `batch_tokens` to what the device's memory for logits allows;
    `alone` to True on a CPU, where batches gain little; `half`, weights in bf16, to True on a GPU: a CPU that computes
    in bf16 is twice as fast with it, another one slower. UsageError when the model is not what it should be or `most`
    is more than it takes, EnvironmentProblem without the packages.
    """
    return _loaded(resolve(name, "causal-lm", base=base), most, batch_tokens, alone, device, half)


def check_longest(model: Model, most: int | None) -> None:
    """UsageError when `most` is more than the model takes or too few; its weights are not read."""
    _, transformers = need()
    offline()
    try:
        found = transformers.AutoConfig.from_pretrained(str(model.path), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"{model.path}: transformers cannot load it: {first}") from None
    _longest(model, found, most)


def _longest(model: Model, given: Any, most: int | None) -> int:
    limit = getattr(given.get_text_config(), "max_position_embeddings", None)
    longest = min(MOST, limit or MOST) if most is None else most
    if longest < 2 or (limit is not None and longest > limit):
        raise UsageError(f"{model.name}: takes sequences of 2 to {limit} tokens, not {longest}")
    return longest


@functools.lru_cache(maxsize=2)
def _loaded(
    model: Model, most: int | None, tokens: int | None, single: bool | None, device: str | None, half: bool | None
) -> CausalLM:
    torch, transformers = need()
    offline()
    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = where.partition(":")[0]
    brief = kind == "cuda" if half is None else half
    path = str(model.path)
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, use_fast=True, **safe)
        network = transformers.AutoModelForCausalLM.from_pretrained(
            path, use_safetensors=True, dtype=torch.bfloat16 if brief else torch.float32, **safe
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"{path}: transformers cannot load it: {first}") from None
    if not tokenizer.is_fast:
        raise UsageError(f"{path}: has no fast tokenizer (tokenizer.json); convert it with transformers once")
    longest = _longest(model, network.config, most)
    words = int(network.config.get_text_config().vocab_size)
    if len(tokenizer) > network.get_input_embeddings().weight.shape[0]:
        raise UsageError(f"{path}: the tokenizer has {len(tokenizer)} tokens, the model {words}")
    room = min(_TOKENS.get(kind, 4096), _LOGITS.get(kind, 1 << 30) // (4 * words))
    budget = max(longest, room) if tokens is None else tokens
    keeps = "logits_to_keep" in inspect.signature(network.forward).parameters
    single = kind == "cpu" if single is None else single
    return CausalLM(model, tokenizer, network.to(where).eval(), where, longest, budget, single, keeps)


def need() -> tuple[Any, Any]:
    """torch and transformers; EnvironmentProblem where they are not installed."""
    try:
        import torch
        import transformers
    except ImportError:
        raise EnvironmentProblem(
            "causal language models need torch and transformers; pip install 'corpus-tiers[models]'"
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return torch, transformers


def nats(lm: CausalLM, sequences: Sequence[np.ndarray], first: np.ndarray) -> np.ndarray:
    """The sum of -log p over the tokens of each sequence from place `first` on, each given all before it: float64.

    A token in place 0 has nothing before it and is not counted, so `first` is 1 or more where that matters; 0 where no
    token is counted. No sequence may be longer than `lm.most`.
    """
    wanted = [np.arange(len(one)) >= max(1, start) for one, start in zip(sequences, first, strict=True)]
    return np.array([one.sum() for one in token_nats(lm, sequences, wanted)], np.float64)


def token_nats(lm: CausalLM, sequences: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> list[np.ndarray]:
    """-log p of the tokens of each sequence that its mask in `wanted` marks, each given all before it: float64.

    What is not wanted costs no softmax, which is most of the work of a small model with many words. ValueError where a
    mask wants place 0, which has nothing before it, or a sequence is longer than `lm.most`.
    """
    import torch

    longest = max(map(len, sequences), default=0)
    if longest > lm.most:
        raise ValueError(f"a sequence of {longest} tokens for a model that is given {lm.most}")
    if any(one[:1].any() for one in wanted):
        raise ValueError("nothing stands before the first token of a sequence")
    lengths = np.array([len(one) if mask.any() else 0 for one, mask in zip(sequences, wanted, strict=True)], np.int64)
    found = [np.zeros(0)] * len(sequences)
    groups = alone(lengths) if lm.alone else batches(lengths, lm.batch_tokens)
    with torch.inference_mode():
        for group in groups:
            ids, mask = padded([sequences[row] for row in group], 0)
            counted, _ = padded([wanted[row][1:].astype(np.int64) for row in group], 0)
            by_token = _by_token(lm, torch, ids, mask, counted == 1)
            for row, one in zip(group, np.split(by_token, np.cumsum(counted.sum(axis=1))[:-1]), strict=True):
                found[row] = one
            lm.work.tokens += int(mask.sum())
    return found


def _by_token(lm: CausalLM, torch: Any, ids: np.ndarray, mask: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """-log p of the counted tokens (rows by places 1 and up), row by row, float64."""
    tokens = torch.from_numpy(ids).to(lm.device)
    given = {"input_ids": tokens, "attention_mask": torch.from_numpy(mask).to(lm.device)}
    used = np.flatnonzero(counted.any(axis=0))  # places of which any row's scores are read
    if lm.keeps:
        given["logits_to_keep"] = torch.from_numpy(used).to(lm.device)
    logits = lm.network(**given, use_cache=False).logits
    rows, places = np.nonzero(counted)
    kept = np.searchsorted(used, places) if lm.keeps else places
    pieces = []
    many = max(1, _SOFTMAX.get(lm.device.partition(":")[0], 16 << 20) // (4 * logits.shape[-1]))
    for start in range(0, len(rows), many):
        row, place, column = (torch.from_numpy(one[start : start + many]).to(lm.device) for one in (rows, places, kept))
        scores = logits[row, column].float()
        pieces.append(torch.nn.functional.cross_entropy(scores, tokens[row, place + 1], reduction="none"))
    return np.asarray(torch.cat(pieces).double().cpu().numpy()) if pieces else np.zeros(0)
