"""A directory of an evaluation: what it was asked for, its ledger, and questions answered through it; resumable.

DIR/ledger.jsonl        what was asked, paid and answered
DIR/eval.json           what was asked for and, when it is done, the figures
DIR/verdicts.parquet    a row for each answer or pair of answers, judged or with the reason why not
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import polars as pl

from corpus import storage
from corpus.errors import UsageError
from corpus.evaluation.categories import Family
from corpus.judge.budget import Cost
from corpus.judge.claim import claim
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.prompts import Prompt, load_prompt
from corpus.judge.schema import Answer, Question
from corpus.judge.telling import answered, tell_lost
from corpus.judge.wire import Endpoint, ready

Mode = Literal["judge", "pairwise"]
Lang = Literal["zh", "en"]
LEDGER, SETTINGS, VERDICTS = "ledger.jsonl", "eval.json", "verdicts.parquet"
FAMILIES: tuple[Family, ...] = ("reference", "open", "maths", "code")


@dataclass(frozen=True)
class Bench:
    """Where an evaluation lives and whom it asks. `again`: ask questions anew that failed for good."""

    out: Path
    endpoint: Endpoint
    terms: Terms
    lang: Lang = "zh"
    again: bool = False


@dataclass(frozen=True)
class Bill:
    """Answers bought now in `sent` calls for `cost`; `paid` is what the directory ever cost, `lost` calls of killed
    commands at their bound."""

    bought: int
    sent: int
    cost: Cost
    paid: Cost
    lost: int


def prompts_of(mode: Mode, lang: Lang) -> dict[Family, Prompt]:
    """The prompt of each family of questions; there is one for every family."""
    if mode == "judge":
        return {family: load_prompt(f"eval_{family}_{lang}") for family in FAMILIES}
    return {family: load_prompt(f"compare_{lang}" if family == "open" else f"eval_versus_{lang}")
            for family in FAMILIES}  # fmt: skip


def ask(
    bench: Bench, mode: Mode, questions: Sequence[Question | None], say: Callable[[str], None]
) -> tuple[list[Answer | None], Bill]:
    """Answers in the order of the questions; None where there is no question.

    UsageError when the directory holds another evaluation; BudgetExhausted when the budget is used up (what was
    answered is kept), EnvironmentProblem when the server is given up.
    """
    ready(bench.endpoint)
    _claim(bench, mode)
    with opened(bench.out / LEDGER) as ledger:
        if bench.again:
            ledger.forgive()
        return asyncio.run(_ask(Judge(bench.endpoint, ledger, bench.terms), questions, say))


async def _ask(
    judge: Judge, questions: Sequence[Question | None], say: Callable[[str], None]
) -> tuple[list[Answer | None], Bill]:
    places = [at for at, question in enumerate(questions) if question is not None]
    found: list[Answer | None] = [None] * len(questions)
    async with judge:
        before = judge.purse.paid
        tell_lost(judge, say)
        answers = await answered(judge, [question for question in questions if question is not None], say)
        for at, answer in zip(places, answers, strict=True):
            found[at] = answer
        bought = sum(answer.bought for answer in answers)
        bill = Bill(bought, judge.calls["sent"], judge.purse.paid - before, judge.purse.paid, len(judge.lost))
    return found, bill


def _claim(bench: Bench, mode: Mode) -> None:
    """Write down what the directory is for, or see that it is for this. Test set and answers may grow."""
    settings = {
        "mode": mode, "lang": bench.lang, "model": bench.endpoint.model, "sampling": asdict(bench.terms.sampling),
        "prompts": {family: prompt.digest for family, prompt in prompts_of(mode, bench.lang).items()},
    }  # fmt: skip
    claim(bench.out / SETTINGS, settings, "holds another evaluation; name another directory")


def keep(out: Path, rows: pl.DataFrame, figures: Mapping[str, Any]) -> None:
    """Put the verdicts and the figures down; each file appears whole."""
    aside = out / f".{VERDICTS}.writing"
    rows.write_parquet(aside, compression="zstd")
    aside.replace(out / VERDICTS)
    path = str(out / SETTINGS)
    asked = orjson.loads(storage.read_bytes(path))["asked"]
    done = {"asked": asked, "done": dict(figures)}
    storage.put_atomic(path, orjson.dumps(done, option=orjson.OPT_INDENT_2, default=asdict) + b"\n")


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation as it is read back: `asked` (mode, model and so on) and its verdicts."""

    out: Path
    mode: Mode
    judge: str
    rows: pl.DataFrame
    resampling: Mapping[str, Any]


def read(out: Path) -> Evaluation:
    """The evaluation in a directory; UsageError when there is none that is finished."""
    if not (out / SETTINGS).is_file() or not (out / VERDICTS).is_file():
        raise UsageError(f"{out}: holds no finished evaluation; `corpus eval judge` or `pairwise` makes one")
    said = orjson.loads((out / SETTINGS).read_bytes())
    how = said.get("done", {}).get("resampling", {})
    return Evaluation(out, said["asked"]["mode"], said["asked"]["model"], pl.read_parquet(out / VERDICTS), how)
