"""Answers of one model to the seeds of a round: by a server, by a model on this machine, or the source's own.

Each model has a folder with a ledger of its own, so models can answer side by side, and what was paid for one is there
when its command is repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import UsageError
from corpus.judge.budget import Cost
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.schema import Answer, Chat, Reason, Sampling
from corpus.judge.telling import EVERY, answered, tell_lost
from corpus.judge.wire import Endpoint, ready
from corpus.pairs import store
from corpus.pairs.model import SYSTEM, Reply, Seed, reply_rows

SOURCE = "source"


@dataclass(frozen=True)
class Asking:
    """`name` is what the model is called in the round. `draws` answers are wanted of each seed. `system` stands before
    prompts that have no system turn. `policy`: this is the model that the pairs are to train. `again`: ask anew what
    failed for good."""

    name: str
    draws: int = 1
    system: str | None = None
    policy: bool = False
    again: bool = False


@dataclass(frozen=True)
class Answered:
    """`wanted` answers = `answered` + `failed` by reason; of the answers `bought` were paid for now."""

    model: str
    wanted: int
    answered: int
    failed: dict[str, int]
    bought: int
    cost: Cost
    paid: Cost
    lost: int
    file: str


def chats_of(seeds: Sequence[Seed], asking: Asking) -> list[Chat]:
    """What is asked, seed by seed and draw by draw."""
    found: list[Chat] = []
    for one in seeds:
        turns = one.prompt
        if asking.system and turns[0][0] != SYSTEM:
            turns = ((SYSTEM, asking.system), *turns)
        found += [Chat(f"{one.id}#{draw}", turns, draw) for draw in range(asking.draws)]
    return found


def by_server(root: Path, asking: Asking, endpoint: Endpoint, terms: Terms, say: Callable[[str], None]) -> Answered:
    """Let a model behind a server answer. The answers' file appears whole, at the end.

    UsageError when the model's folder was begun with other settings; BudgetExhausted when the budget is used up;
    EnvironmentProblem when the server is given up.
    """
    ready(endpoint)
    seeds = store.read_seeds(root)
    folder = _begun(root, asking, endpoint.model, terms.sampling)
    chats = chats_of(seeds, asking)
    with opened(folder / store.LEDGER) as ledger:
        if asking.again:
            ledger.forgive()
        return asyncio.run(_asked(folder, asking, chats, Judge(endpoint, ledger, terms), say))


async def _asked(
    folder: Path, asking: Asking, chats: Sequence[Chat], judge: Judge, say: Callable[[str], None]
) -> Answered:
    async with judge:
        before = judge.purse.paid
        tell_lost(judge, say)
        found = await answered(judge, chats, say)
        return _written(folder, asking, chats, found, judge.purse.paid - before, judge.purse.paid, len(judge.lost))


def by_local(root: Path, asking: Asking, model: str, sampling: Sampling, say: Callable[[str], None]) -> Answered:
    """Let a model of this machine answer: one that `corpus models add` has pinned, or FOLDER@DIGEST.

    Each answer is made by itself with a seed of its own, so it does not depend on the others. UsageError as for
    `by_server` and when the model cannot be loaded; EnvironmentProblem without torch and transformers.
    """
    from corpus.models.causal.model import load
    from corpus.models.causal.speak import reply

    seeds = store.read_seeds(root)
    lm = load(model)
    folder = _begun(root, asking, lm.digest, sampling)
    chats = chats_of(seeds, asking)
    found: list[Answer] = []
    said = time.monotonic()
    with opened(folder / store.LEDGER) as ledger:
        if asking.again:
            ledger.forgive()
        for number, chat in enumerate(chats):
            key = chat.key(lm.digest, sampling)
            answer = ledger.known(chat, key)
            if answer is None:
                made = reply(lm, chat, sampling)
                line: dict[str, Any] = {"do": "answered", "call": "local", "key": key, "value": {"text": made.text},
                                        "model": lm.digest, "in": made.asked, "out": made.said, "prompt": chat.origin,
                                        **Cost().line()}  # fmt: skip
                if made.cut or not made.text:
                    why = Reason.CUT_OFF if made.cut else Reason.EMPTY
                    line = {"do": "failed", "key": key, "reason": why, "detail": f"{made.said} tokens"}
                ledger.write([line])
                answer = ledger.known(chat, key)
            found.append(answer or Answer(chat.id, key, None, Reason.EMPTY))
            if time.monotonic() - said >= EVERY:
                said = time.monotonic()
                say(f"{number + 1:,} of {len(chats):,} answered")
    return _written(folder, asking, chats, found, Cost(), Cost(), 0)


def by_source(root: Path) -> Answered:
    """Take the answers that the seeds' own rows have, as those of a model called `source`."""
    asking = Asking(SOURCE)
    seeds = [one for one in store.read_seeds(root) if one.answer]
    if not seeds:
        raise UsageError(f"{root}: no seed came with an answer of its own")
    folder = _begun(root, asking, SOURCE, Sampling())
    chats = chats_of(seeds, asking)
    found = [Answer(one.id, "", {"text": one.answer}, model=SOURCE) for one in seeds]
    return _written(folder, asking, chats, found, Cost(), Cost(), 0)


def _begun(root: Path, asking: Asking, model: str, sampling: Sampling) -> Path:
    """The model's folder, claimed for these settings."""
    if asking.draws < 1:
        raise UsageError(f"--draws {asking.draws}: at least one")
    folder = root / "answers" / store.check_name(asking.name)
    settings: Mapping[str, Any] = {"model": model, "draws": asking.draws, "system": asking.system,
                                   "policy": asking.policy, "sampling": asdict(sampling)}  # fmt: skip
    store.begun(folder / store.ANSWERED, settings)
    return folder


def _written(
    folder: Path, asking: Asking, chats: Sequence[Chat], found: Sequence[Answer], cost: Cost, paid: Cost, lost: int
) -> Answered:
    replies = [
        Reply(
            seed=chat.id.partition("#")[0],
            id=f"{asking.name}#{chat.draw}",
            model=asking.name,
            draw=chat.draw,
            text=None if one.value is None else str(one.value["text"]),
            reason=None if one.reason is None else str(one.reason),
            served=one.model,
            policy=asking.policy,
            key=one.key,
        )
        for chat, one in zip(chats, found, strict=True)
    ]
    store.write_table(folder / store.ANSWERS, reply_rows(replies))
    failed = Counter(one.reason for one in replies if one.reason)
    done = Answered(
        model=asking.name,
        wanted=len(replies),
        answered=sum(one.reason is None for one in replies),
        failed=dict(sorted((str(reason), count) for reason, count in failed.items())),
        bought=sum(one.bought for one in found),
        cost=cost,
        paid=paid,
        lost=lost,
        file=str(folder / store.ANSWERS),
    )
    store.finish(folder / store.ANSWERED, asdict(done))
    return done
