"""A mode at work against a server of the tests, without the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from judge_asking import SOON
from judge_server import MODEL, JudgeServer

from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.schema import Sampling
from corpus.judge.wire import Endpoint
from corpus.synth.model import Given, Mode
from corpus.synth.novelty import Item, Novelty, prepared
from corpus.synth.work import Limits, Outcome, Work

SEEDS = tuple(
    Given(f"seed{n}", text, "", f"好的，{text}，这就说明。", category)
    for n, (text, category) in enumerate(
        [
            ("怎样在阳台上种番茄才能结得又多又好", "生活"),
            ("证明三角形的内角和等于一百八十度", "数学"),
            ("写一首描写江边暮色的七言绝句", "写作"),
            ("比较蒸汽机和内燃机的工作方式", "知识"),
            ("列出搬家前一周应当做完的事情", "生活"),
            ("鸡兔同笼共有三十五个头九十四只脚，各有几只", "数学"),
        ]
    )
)


def worked(
    server: JudgeServer, folder: Path, mode: Mode, known: tuple[Given, ...] = (), concurrency: int = 8, **limits: Any
) -> list[Outcome]:
    """What became of each request, in order."""
    novelty = Novelty()
    for row in prepared([Item(one.id, one.instruction, one.input) for one in known]):
        novelty.add(row)
    found: list[Outcome] = []

    async def work() -> None:
        with opened(folder / "ledger.jsonl") as ledger:
            terms = Terms(sampling=Sampling(temperature=0.7), concurrency=concurrency, patience=SOON)
            async with Judge(Endpoint(MODEL, server.url), ledger, terms) as judge:
                await Work(mode, "zh", novelty, Limits(**limits), found.append).run(judge)

    asyncio.run(work())
    return found


def said(outcomes: list[Outcome]) -> list[tuple[int, str, str]]:
    """Number, reason and instruction of each."""
    return [(one.request.number, one.reason, one.draft.instruction if one.draft else "") for one in outcomes]
