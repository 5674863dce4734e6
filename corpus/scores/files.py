"""Difficulty of the rows of files: offline, with a causal LM beside it, or by a trained model; one Parquet file."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.kernels.difficulty import COUNTED, FACETS
from corpus.models.classifier import Classifier
from corpus.models.instruction import Parts, as_view, rows
from corpus.models.scored import UNREADABLE, must_be_absent, put_tables
from corpus.quarantine import Quarantined
from corpus.scores.cuts import Cuts, Wanted, cut
from corpus.scores.difficulty import BY_MODEL, WEIGHTS, WEIGHTS_BY_MODEL, score_batches

if TYPE_CHECKING:
    from corpus.models.causal.model import CausalLM
    from corpus.models.causal.prompt import Prompt

SCORES = "difficulty.parquet"


@dataclass(frozen=True)
class Scored:
    """Rows read, scored and not (by reason: noise, or why a row could not be read), the cuts where stages were asked
    for, and the files written. With a causal LM its digest and the tokens of answers that it was not shown; `kept` rows
    it had judged in a call before this one, which was killed."""

    read: int
    scored: int
    noise: dict[str, int]
    unreadable: dict[str, int]
    weights: dict[str, float] | None
    cuts: Cuts | None
    files: tuple[str, ...]
    model: str | None = None
    tokens_cut: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Neural:
    """A causal LM that judges answers too, and how it is shown what was asked (None: as the model says)."""

    lm: CausalLM
    prompt: Prompt | None = None


def score_files(
    paths: Sequence[str],
    parts: Parts,
    out: Path,
    wanted: Wanted | None = None,
    lang: str | None = None,
    neural: Neural | None = None,
    weights: Mapping[str, float] | None = None,
) -> Scored:
    """Difficulty of every row against all rows of the files, without labels; writes `out/difficulty.parquet`.

    Columns: `key`, the facets, what is counted beside them, with `neural` the columns of `causal.scores.ANSWER` and
    `model` (the model's digest), `category`, `difficulty` (null for noise), `noise`, and with `wanted` `stage`.
    `weights` change those declared, name by name. The units and texts of all rows are held in memory.
    UsageError when `out` holds the file, nothing can be read, or a weight has no column.
    """
    must_be_absent(out, (SCORES, UNREADABLE))
    declared = {**(WEIGHTS if neural is None else WEIGHTS_BY_MODEL), **(weights or {})}
    _must_have_columns(declared, neural is not None)
    keys: list[pl.Series] = []
    found: list[tuple[pa.Array, pa.Array, pa.Array]] = []
    quarantined: list[Quarantined] = []
    for frame, bad in rows(paths, parts):
        quarantined += bad
        if frame.height:
            keys.append(frame["key"])
            found.append((large(frame["instruction"]), large(frame["given"]), large(frame["answer"])))
    if not found:
        raise UsageError("no row could be read")
    with _answers(neural, found, out) as said:
        by_model = None if said is None else {name: _numbers(said.columns[name]) for name in BY_MODEL}
        scored = score_batches(found, None if lang is None else [lang] * sum(map(len, keys)), by_model, declared)
        frame = scored.select(pl.concat(keys).alias("key"), *FACETS, *COUNTED, "category", "difficulty", "noise")
        if said is None:
            return _finish(frame, quarantined, out, wanted, declared)
        frame = frame.with_columns(*said.columns.get_columns(), pl.lit(said.model).alias("model"))
        done = _finish(frame, quarantined, out, wanted, declared)
    cut = int(said.columns["tokens_cut"].sum())
    return dataclasses.replace(done, model=said.model, tokens_cut=cut, kept=said.kept)


@dataclass(frozen=True)
class _Said:
    """What a model says of the answers, row for row over all batches, and of how many it had said so before."""

    columns: pl.DataFrame
    kept: int
    model: str


@contextmanager
def _answers(
    neural: Neural | None, batches: Sequence[tuple[pa.Array, pa.Array, pa.Array]], out: Path
) -> Iterator[_Said | None]:
    """None without a model. What it says is kept for a next call until the block, which writes it, is over."""
    if neural is None:
        yield None
        return
    from corpus.models.causal.prompt import declared
    from corpus.models.causal.scores import ANSWER, VERSION, answer_columns
    from corpus.models.kept import kept

    lm = neural.lm
    prompt = neural.prompt or declared(None, lm.tokenizer)
    columns = [pa.concat_arrays([batch[place] for batch in batches]) for place in range(3)]
    rows = pa.RecordBatch.from_arrays(columns, names=["instruction", "given", "answer"])

    def score(part: pa.RecordBatch) -> pa.RecordBatch:
        ask, given, answer = part.columns
        return answer_columns(lm, ask, given, answer, prompt)

    with kept(out, {**lm.settings, "scores": VERSION, "prompt": prompt.digest}, ANSWER) as before:
        found = before.of(rows, score, lm.at_once)
        yield _Said(pl.DataFrame(pl.from_arrow(found)), before.taken, lm.digest)


def _numbers(found: pl.Series) -> np.ndarray:
    return found.fill_null(float("nan")).to_numpy()


def _must_have_columns(weights: Mapping[str, float], by_model: bool) -> None:
    known = [*FACETS, *COUNTED, *(BY_MODEL if by_model else ())]
    strange = [name for name in weights if name not in known]
    if strange:
        lacking = [name for name in strange if name in BY_MODEL]
        more = f"; {' and '.join(lacking)} need a --model" if lacking else ""
        raise UsageError(f"weights of difficulty: nothing is called {', '.join(strange)}; {', '.join(known)} are{more}")


def apply_files(
    model: Classifier, paths: Sequence[str], parts: Parts, out: Path, wanted: Wanted | None = None
) -> Scored:
    """The classifier's score of every row; writes `out/difficulty.parquet`: `key`, `difficulty` (the calibrated
    probability of the label looked for; null for a row without instruction or answer), `label`, `noise`, `stage`.

    UsageError when the model reads other rows than these, or looks for none of its labels.
    """
    must_be_absent(out, (SCORES, UNREADABLE))
    card = model.card
    if card.view not in ("instruction", "rows") or card.positive is None:
        raise UsageError(f"model {card.name!r} was not made by corpus difficulty train; use corpus classifier apply")
    yes = card.labels.index(card.positive)
    frames: list[pl.DataFrame] = []
    quarantined: list[Quarantined] = []
    for frame, bad in rows(paths, parts):
        quarantined += bad
        if frame.height:
            frames.append(_by_model(model, frame, yes))
    if not frames:
        raise UsageError("no row could be read")
    return _finish(pl.concat(frames), quarantined, out, wanted, None)


def _by_model(model: Classifier, frame: pl.DataFrame, yes: int) -> pl.DataFrame:
    from corpus.models.classifier import calibrated

    scored = calibrated(model.raw(as_view(frame, model.card.view)), model.card.labels, model.card.calibration)
    none = pl.Series(np.isnan(scored[:, yes]))
    label = pl.Series(np.array(model.card.labels, object)[model.given(scored)].tolist(), dtype=pl.String)
    return frame.select("key").with_columns(
        difficulty=pl.Series(scored[:, yes]).fill_nan(None),
        label=pl.when(none).then(None).otherwise(pl.lit(label)),
        noise=pl.when(none).then(pl.lit("nothing_to_read")).otherwise(None),
    )


def _finish(
    frame: pl.DataFrame,
    quarantined: list[Quarantined],
    out: Path,
    wanted: Wanted | None,
    weights: dict[str, float] | None,
) -> Scored:
    cuts = None
    if wanted is not None:
        scores = frame["difficulty"].fill_null(float("nan")).to_numpy()
        cuts = cut(scores, wanted)
        frame = frame.with_columns(stage=pl.Series(cuts.stages(scores)).replace(0, None))
    files = put_tables(out, {SCORES: frame.to_arrow()}, quarantined)
    noise = Counter(frame["noise"].drop_nulls().to_list())
    unreadable = Counter(str(row.reason) for row in quarantined)
    return Scored(
        read=frame.height + len(quarantined),
        scored=frame.height - sum(noise.values()),
        noise=dict(sorted(noise.items())),
        unreadable=dict(sorted(unreadable.items())),
        weights=weights,
        cuts=cuts,
        files=files,
    )
