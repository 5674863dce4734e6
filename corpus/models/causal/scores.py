"""What a causal LM says of rows: the loss of a text, and of an answer with and without its instruction.

IFD, the instruction-following difficulty of Li et al. 2023 ("From Quantity to Quality", arXiv 2308.12032, the
Cherry_LLM code), is loss(A | Q) / loss(A): the mean nats of the answer's tokens given the instruction, over those of
the same tokens given nothing. Near 1 the instruction does not help to say the answer; above 1 it misleads, and the row
is noise. Instruction and answer are tokenised apart, so that both losses are over the same tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.difficulty import ABSENT
from corpus.models.causal.costs import COSTS, costs
from corpus.models.causal.model import CausalLM, nats
from corpus.models.causal.prompt import Prompt, declared, encoded, prompts, start_of
from corpus.models.causal.told import told

VERSION = 2
"""Raise it when a score of any row changes."""
_PEAK = 0.95
_AT_ONCE = 4096
"""Rows whose tokens are held at once; like lengths are looked for among them."""
TEXT = pa.schema(
    [("nats", pa.float64()), ("tokens", pa.int64()), ("tokens_cut", pa.int64()), ("perplexity", pa.float64()),
     ("bits_per_character", pa.float64()), ("peak_nats", pa.float64())]
)  # fmt: skip
ANSWER = pa.schema(
    [("answer_loss", pa.float64()), ("answer_loss_alone", pa.float64()), ("ifd", pa.float64()),
     ("answer_tokens", pa.int64()), ("tokens_cut", pa.int64())]
)  # fmt: skip


def text_columns(lm: CausalLM, texts: pa.Array, most: int | None = None, drawings: int = 0) -> pa.RecordBatch:
    """TEXT for each text, null for a null or empty one; with `drawings` COSTS from so many (see `costs.costs`), too.

    The first `most` tokens (by default `lm.most`) are scored, in windows of `lm.most` that know nothing of one another;
    `tokens` are those counted, `tokens_cut` those left out. `perplexity` is exp(nats / tokens), `bits_per_character`
    nats / ln 2 over the code points of the counted tokens, `peak_nats` what one counted token in twenty has or exceeds:
    high where words stand that nothing before them led to. A model with neither start nor end token cannot judge the
    first token of a window; it is not counted, its characters are.
    """
    parts = [
        _texts(lm, texts.slice(at, _AT_ONCE).fill_null("").to_pylist(), most or lm.most, drawings)
        for at in range(0, max(1, len(texts)), _AT_ONCE)
    ]
    return _batch(parts, pa.schema([*TEXT, *COSTS]) if drawings else TEXT)


def answer_columns(
    lm: CausalLM, instruction: pa.Array, given: pa.Array, answer: pa.Array, prompt: Prompt | None = None
) -> pa.RecordBatch:
    """ANSWER for each row; null where the answer is empty, or nothing of it has room behind its instruction.

    Losses are nats a token. `tokens_cut` are tokens of an answer that had no room: prompt and answer are `lm.most`
    tokens at most, and both losses leave the same ones out. Without a start or end token the first token of the answer
    counts in neither.
    """
    said = declared(None, lm.tokenizer) if prompt is None else prompt
    columns = [_filled(one) for one in (instruction, given, answer)]
    columns[1] = columns[1].set(columns[1].str.contains(ABSENT), "")
    parts = [
        _answers(lm, said, *(one.slice(at, _AT_ONCE).to_list() for one in columns))
        for at in range(0, max(1, len(answer)), _AT_ONCE)
    ]
    return _batch(parts, ANSWER)


def _texts(lm: CausalLM, texts: Sequence[str], most: int, drawings: int) -> Mapping[str, np.ndarray]:
    read = told(lm, texts, most)
    rows = [one.nats[~np.isnan(one.nats)] for one in read]
    total = np.array([one.sum() for one in rows], np.float64)
    tokens = np.array([len(one) for one in rows], np.int64)
    characters = np.array([one.end for one in read], np.float64)
    none = tokens == 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = {
            "nats": np.where(none, np.nan, total),
            "tokens": tokens,
            "tokens_cut": np.array([one.left for one in read], np.int64),
            "perplexity": np.where(none, np.nan, np.exp(total / tokens)),
            "bits_per_character": np.where(none, np.nan, total / np.log(2) / characters),
            "peak_nats": np.array([np.quantile(one, _PEAK) if len(one) else np.nan for one in rows], np.float64),
        }
    if drawings:
        found |= dict(zip(COSTS.names, costs(lm, texts, read, drawings).T, strict=True))
    return found


def _answers(
    lm: CausalLM, prompt: Prompt, instruction: list[str], given: list[str], answer: list[str]
) -> Mapping[str, np.ndarray]:
    start = start_of(lm.tokenizer)
    before = prompts(prompt, lm.tokenizer, instruction, given)
    said = encoded(lm.tokenizer, answer)
    room = np.array([lm.most - max(len(ask), len(start)) for ask in before], np.int64)
    kept = [ids[: max(0, many)] for ids, many in zip(said, room, strict=True)]
    skipped = 0 if start else 1  # what nothing stands before is judged in neither
    tokens = np.maximum(0, np.array([len(one) for one in kept], np.int64) - skipped)
    with_ask = [np.array([*ask, *one], np.int64)[: lm.most] for ask, one in zip(before, kept, strict=True)]
    first = np.array([len(ask) + skipped for ask in before], np.int64)
    single = [np.array([*start, *one], np.int64) for one in kept]
    one = np.ones(len(single), np.int64)
    none = tokens == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        told = np.where(none, np.nan, nats(lm, with_ask, first) / tokens)
        untold = np.where(none, np.nan, nats(lm, single, one) / tokens)
        ifd = told / untold
    cut = np.array([len(ids) - len(part) for ids, part in zip(said, kept, strict=True)], np.int64)
    return {
        "answer_loss": told, "answer_loss_alone": untold, "ifd": np.where(np.isfinite(ifd), ifd, np.nan),
        "answer_tokens": tokens, "tokens_cut": cut,
    }  # fmt: skip


def _filled(found: pa.Array) -> pl.Series:
    return pl.Series(pl.from_arrow(found), dtype=pl.String).fill_null("")


def _batch(parts: list[Mapping[str, np.ndarray]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for field in schema:
        values = np.concatenate([part[field.name] for part in parts])
        arrays.append(pa.array(values, field.type, mask=np.isnan(values) if values.dtype.kind == "f" else None))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
