"""Scores of a run's records: perplexity, difficulty, columns of the user's own, quality."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from corpus import removals, storage
from corpus.config import Causal, LanguageModel
from corpus.flow.learning import apply, commit, record_frame, reference, shares, store, stored, whole
from corpus.learned.causal import ANSWERS, GivenCausalModel, asked_of, settings_of
from corpus.learned.dialogues import (
    DIFFICULTY_IDENTITY,
    NOISE_IDENTITY,
    ReadDialogues,
    merged_parts,
    score_dialogues,
)
from corpus.learned.joined import JoinColumns
from corpus.learned.models import GivenContinuityModel, StoredLanguageModel
from corpus.learned.sample import read_sample
from corpus.manifest import RowAccount, add_counts
from corpus.models.kept import Kept, kept
from corpus.models.registry.pins import short
from corpus.parts import sum_here, sum_on_spark, write_rows
from corpus.removals import NOISE
from corpus.runner import Underway
from corpus.scores import quality as scoring
from corpus.session_settings import is_local
from corpus.slot import Attempt
from corpus.stages.score import COUNTS, QualityFrame, ReadQuality, ScoreQuality

if TYPE_CHECKING:
    from corpus.flow.order import Flow


def fit_language_model(flow: Flow, wanted: LanguageModel) -> None:
    """Commit `perplexity-fit`: an n-gram model of the reference sources."""
    from corpus.models.ngram import fit

    def make() -> tuple[pa.Table, dict[str, Any]]:
        share = shares(flow)["reference"]
        rows = read_sample(flow.stages["sample"].table("sample"), share, reference(flow.pipeline))
        model = fit(whole(rows, "text"), whole(rows, "lang"), order=wanted.order)
        return model.to_table(), {"model": model.digest, "texts": rows.num_rows, "order": wanted.order}

    store(flow, "perplexity-fit", "model", make)


def perplexity(flow: Flow) -> None:
    """Commit `perplexity`: how surprising each text is to it."""
    model = stored(flow, "perplexity-fit", "model")
    receipts, seconds = apply(flow, "perplexity", "perplexity", StoredLanguageModel(model))
    digest = flow.stages["perplexity-fit"].manifest.details["model"]
    commit(flow, "perplexity", receipts, seconds, {"model": digest})


def continuity(flow: Flow, name: str) -> None:
    """Commit `continuity`: how well each text goes on from sentence to sentence, by a given model."""
    digest = str(flow.pipeline.continuity)
    receipts, seconds = apply(flow, "continuity", "continuity", GivenContinuityModel(name, digest))
    commit(flow, "continuity", receipts, seconds, {"model": digest})


def causal(flow: Flow, wanted: Causal) -> None:
    """Commit `causal` or `answers`: what a given causal LM says of each text, or of each answer of a dialogue.

    A run on one machine loads it once, in this process, and a killed one goes on among the records of a part; executors
    of a cluster load it each, and go on part by part.
    """
    model = flow.pipeline.causal
    assert model is not None  # noqa: S101  asked for the names above alone
    asked = asked_of(flow.pipeline.kind.name)
    load = GivenCausalModel(wanted, asked, model.reference)
    run = partial(apply, flow, asked.name, asked.name, views=asked.views, slow=True)
    alone = flow.text_here or is_local(flow.runner.session().sparkContext.master)
    slot = flow.runner.slots[asked.name].root
    if alone and storage.is_local(slot):
        with kept(Path(storage.resolve(slot)[1]), settings_of(wanted, model.digest, asked), asked.says) as before:
            there = sum(one.accounts[asked.name].rows_in for one in flow.runner.slots[asked.name].receipts())
            look = partial(_underway, before, removals.kept(flow.stages) - there)
            receipts, seconds = run(lambda: replace(load(), before=before), here=True, look=look)
    else:
        receipts, seconds = run(load, here=alone)
    commit(flow, asked.name, receipts, seconds, {"model": short(model.digest), **wanted.model_dump(exclude={"model"})})


def _underway(before: Kept, left: int) -> Underway:
    return Underway(before.given, before.taken, left)


def columns(flow: Flow) -> None:
    """Commit `columns`: what the files of the user say of each record."""
    text = flow.stages["text"]
    work = JoinColumns(
        joinings=flow.pipeline.joined,
        keys=text.table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        attempt=Attempt.begin(flow.runner.slots["columns"]),
    )
    receipts, seconds = flow.by_part("columns", work)
    joined = add_counts(receipt.counts.get("joined", {}) for receipt in receipts)
    details = {"files": [one.digest for one in flow.pipeline.joined], "joined": joined.get("rows", 0)}
    commit(flow, "columns", receipts, seconds, details)


def quality(flow: Flow) -> None:
    """Commit `quality`: the parts of the policy put together."""
    policy = flow.pipeline.quality
    assert policy is not None  # noqa: S101  asked for the names above alone
    frame = QualityFrame(policy, record_frame(flow))
    counts = pl.DataFrame(schema=scoring.HISTOGRAM)
    if policy.ranked and flow.parts:
        read = ReadQuality(frame)
        if flow.here:
            counts = pl.DataFrame(sum_here(flow.parts, read, COUNTS, "count"))
        else:
            counts = pl.DataFrame(sum_on_spark(flow.runner.session(), flow.parts, read, COUNTS, "count"))
    work = ScoreQuality(frame, scoring.curves(counts, policy), Attempt.begin(flow.runner.slots["quality"]))
    receipts, seconds = flow.by_part("quality", work)
    commit(flow, "quality", receipts, seconds, {"parts": [str(part) for part in policy.parts]})


def difficulty(flow: Flow) -> None:
    """Commit `difficulty`: how hard each dialogue is beside all others; noise goes.

    The units of all instructions and answers are held in the driver, 4 bytes each.
    """
    attempt = Attempt.begin(flow.runner.slots["difficulty"])
    count = removals.kept(flow.stages)
    text = flow.stages["text"]
    with flow.runner.working("difficulty") as clock:
        read = ReadDialogues(
            text.table("text"),
            text.table("keys"),
            flow.stages["identify"].table("ids"),
            flow.standing(),
            flow.stages[ANSWERS.name].table(ANSWERS.name) if ANSWERS.name in flow.stages else None,
        )
        rows, noise = score_dialogues(read(part) for part in flow.parts)
        receipts = write_rows(rows, "difficulty", attempt, DIFFICULTY_IDENTITY)
        receipts = [*receipts, *write_rows(noise, "noise", attempt, NOISE_IDENTITY)]
        seconds = clock()
    account = RowAccount(rows_in=count, kept=count - noise.num_rows, dropped=_noisy(noise.num_rows))
    why = {item["values"]: item["counts"] for item in noise.column("why").value_counts().to_pylist()}
    flow.runner.commit(
        "difficulty", 1, merged_parts(receipts), seconds, accounts={"difficulty": account}, details={"noise": why}
    )


def _noisy(rows: int) -> dict[str, int]:
    return {NOISE: rows} if rows else {}
