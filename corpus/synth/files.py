"""`corpus synth`: a directory of generated rows; resumable, and paid for once.

OUT/ledger.jsonl      what was asked, paid and answered
OUT/synth.json        what was asked for, and what came of it (the yield report)
OUT/accepted.jsonl    rows that passed, each with where it comes from
OUT/rejected.jsonl    replies that did not, with all reasons and, of duplicates, the row they repeat
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from corpus import storage
from corpus.embed import Embedder
from corpus.errors import BudgetExhausted, EnvironmentProblem, UsageError
from corpus.judge.budget import Cost
from corpus.judge.claim import claim
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.prompts import Prompt
from corpus.judge.telling import EVERY, tell_lost
from corpus.judge.wire import Endpoint, ready
from corpus.synth.checks import ruleset
from corpus.synth.model import ASSISTANT, USER, Draft, Given, Mode, turns_of
from corpus.synth.novelty import THRESHOLD, Item, Novelty, prepared
from corpus.synth.work import Limits, Outcome, Work

LEDGER, SETTINGS, ACCEPTED, REJECTED = "ledger.jsonl", "synth.json", "accepted.jsonl", "rejected.jsonl"
Shape = Literal["messages", "alpaca"]
FITTED = 20_000
"""Known rows that vectors are fitted to, the first ones."""
BUDGET, REQUESTS = "budget", "requests"


@dataclass(frozen=True)
class Task:
    """What to make and where. `known` are rows that must not be repeated (seeds, earlier files); `cosine` asks for
    vectors fitted to them, and is the similarity from which rows mean the same. `again`: ask anew what failed."""

    mode: Mode
    prompt: Prompt
    out: Path
    limits: Limits
    known: tuple[Given, ...] = ()
    threshold: float = THRESHOLD
    cosine: float | None = None
    shape: Shape = "messages"
    source: str = ""
    again: bool = False

    @property
    def lang(self) -> str:
        """The language of the rows: the prompt's."""
        return self.prompt.lang

    def settings(self, endpoint: Endpoint, terms: Terms) -> dict[str, Any]:
        """What a directory holds rows of: another setting is another directory. The number of rows may grow."""
        return {
            "mode": self.mode.name,
            **self.mode.settings(),
            "prompt": self.prompt.name,
            "version": self.prompt.version,
            "digest": self.prompt.digest,
            "lang": self.lang,
            "model": endpoint.model,
            "sampling": asdict(terms.sampling),
            "window": self.limits.window,
            "novelty": {"rouge_l": self.threshold, "cosine": self.cosine},
            "rules": ruleset().digest,
            "shape": self.shape,
        }


@dataclass(frozen=True)
class Done:
    """requests = accepted + rejected by reason. `by` counts (accepted, requests) by what was dealt: category, operation
    or kind of question. `left_out` are rows of the sources that could not be used. `bought` replies were paid for now.
    `stopped` says why it ended before the rows wanted were there, empty where they are or nothing was left to ask."""

    requests: int
    accepted: int
    rejected: dict[str, int]
    by: dict[str, dict[str, tuple[int, int]]]
    left_out: dict[str, int]
    bought: int
    sent: int
    cost: Cost
    paid: Cost
    lost: int
    damaged: int
    stopped: str
    files: tuple[str, ...]


def generate(
    task: Task, endpoint: Endpoint, terms: Terms, say: Callable[[str], None], left_out: Mapping[str, int] | None = None
) -> Done:
    """Make the rows. Files appear whole, at the end and when the budget is used up.

    UsageError when the directory holds rows of other settings; BudgetExhausted when the budget is used up;
    EnvironmentProblem when the server is given up or rapidfuzz is not installed.
    """
    ready(endpoint)
    if importlib.util.find_spec("rapidfuzz") is None:
        raise EnvironmentProblem("comparing rows needs the package rapidfuzz: pip install 'corpus-tiers[judge]'")
    if task.cosine is not None and not task.known:
        raise UsageError("--cosine: vectors are fitted to known rows, and there are none; name some with --against")
    claim(task.out / SETTINGS, task.settings(endpoint, terms), "holds rows of other settings; name another directory")
    with opened(task.out / LEDGER) as ledger:
        if task.again:
            ledger.forgive()
        return asyncio.run(_online(task, Judge(endpoint, ledger, terms), say, left_out or {}))


async def _online(task: Task, judge: Judge, say: Callable[[str], None], left_out: Mapping[str, int]) -> Done:
    async with judge:
        tell_lost(judge, say)
        with _Output(task, judge, say) as output:
            work = Work(task.mode, task.lang, _novelty(task), task.limits, output.take, source=task.source)
            try:
                await work.run(judge)
            except BudgetExhausted:
                output.finish(BUDGET, left_out)
                raise
            short = task.limits.rows is not None and len(work.state.accepted) < task.limits.rows
            capped = task.limits.requests is not None and work.taken >= task.limits.requests
            return output.finish(REQUESTS if short and capped else "", left_out)


def _novelty(task: Task) -> Novelty:
    """The rows that must not be repeated."""
    model: Embedder | None = None
    if task.cosine is not None:
        import pyarrow as pa

        from corpus.embed.hashed import fit

        texts = [f"{one.instruction}\n{one.input}".strip() for one in task.known[:FITTED]]
        model = fit(pa.array(texts, pa.large_string()))
    found = Novelty(task.threshold, task.cosine, model)
    for row in prepared(list(items(task.known))):
        found.add(row)
    return found


def items(rows: Iterable[Given]) -> Iterable[Item]:
    """Rows as what novelty compares; a conversation is its last question about what was said before."""
    for row in rows:
        before = "\n".join(text for _, text in row.turns[:-2]) if len(row.turns) > 2 else row.input
        yield Item(row.id, row.instruction, before)


class _Output:
    """The two files beside their names, and the counts; whole or not there."""

    def __init__(self, task: Task, judge: Judge, say: Callable[[str], None]) -> None:
        self.task, self.judge, self.say = task, judge, say
        self.targets = [task.out / ACCEPTED, task.out / REJECTED]
        self.aside = [path.with_name(f".{path.name}.writing") for path in self.targets]
        self.before = judge.purse.paid
        self.rejected: Counter[str] = Counter()
        self.by: dict[str, dict[str, list[int]]] = {}
        self.requests = self.accepted = self.bought = 0
        self.said = time.monotonic()

    def __enter__(self) -> _Output:
        self.streams: list[BinaryIO] = [path.open("wb") for path in self.aside]
        return self

    def __exit__(self, *_: object) -> None:
        for stream, path in zip(self.streams, self.aside, strict=True):
            stream.close()
            path.unlink(missing_ok=True)

    def take(self, found: Outcome) -> None:
        """Write an outcome down and count it."""
        good = found.draft is not None and not found.reasons
        self.requests += 1
        self.accepted += good
        self.bought += sum(one.bought for one in found.answers)
        self.rejected.update([] if good else [found.reason])
        for what, name in {"category": found.request.category, **_counted(found.request.dealt)}.items():
            counts = self.by.setdefault(what, {}).setdefault(name or "none", [0, 0])
            counts[0] += good
            counts[1] += 1
        row = _accepted(found, self.task, self.judge) if good else _rejected(found, self.task, self.judge)
        self.streams[not good].write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        if time.monotonic() - self.said >= EVERY:
            self.said = time.monotonic()
            money = f", ${self.judge.purse.paid.usd:.4f}" if self.judge.terms.price else ""
            self.say(
                f"{self.accepted:,} rows accepted of {self.requests:,} requests, "
                f"{self.judge.purse.paid.tokens:,} tokens{money} paid"
            )

    def finish(self, stopped: str, left_out: Mapping[str, int]) -> Done:
        """Give the files their names and write down what came of it."""
        for stream, aside, target in zip(self.streams, self.aside, self.targets, strict=True):
            stream.close()
            aside.replace(target)
        done = Done(
            requests=self.requests,
            accepted=self.accepted,
            rejected=dict(self.rejected.most_common()),
            by={what: {name: (one[0], one[1]) for name, one in sorted(counts.items())}
                for what, counts in self.by.items()},
            left_out=dict(sorted(left_out.items())),
            bought=self.bought,
            sent=self.judge.calls["sent"],
            cost=self.judge.purse.paid - self.before,
            paid=self.judge.purse.paid,
            lost=len(self.judge.lost),
            damaged=self.judge.ledger.damaged,
            stopped=stopped,
            files=tuple(map(str, (*self.targets, self.task.out / SETTINGS))),
        )  # fmt: skip
        path = str(self.task.out / SETTINGS)
        asked = orjson.loads(storage.read_bytes(path))["asked"]
        storage.put_atomic(path, orjson.dumps({"asked": asked, "done": done}, option=orjson.OPT_INDENT_2) + b"\n")
        return done


def _counted(dealt: Mapping[str, str]) -> dict[str, str]:
    """Of what was dealt, that which has few values."""
    return {name: value for name, value in dealt.items() if name in ("operation", "form")}


def _lineage(found: Outcome, task: Task, judge: Judge) -> dict[str, Any]:
    """Where a row comes from."""
    evidence = found.draft.evidence if found.draft else None
    return {
        "mode": task.mode.name,
        "request": found.request.number,
        "parents": [one.id for one in found.request.parents],
        "dealt": dict(found.request.dealt),
        "prompt": {"name": task.prompt.name, "version": task.prompt.version, "digest": task.prompt.digest},
        "model": found.answers[-1].model or judge.endpoint.model,
        "keys": [one.key for one in found.answers],
        **({} if evidence is None else {"evidence": evidence}),
    }


def _said(draft: Draft, shape: Shape) -> dict[str, Any]:
    turns = turns_of(draft)
    if shape == "messages":
        return {"messages": [{"role": role, "content": text} for role, text in turns]}
    found: dict[str, Any] = {"instruction": draft.instruction, "input": draft.input, "output": draft.output}
    if draft.before:
        said = [text for role, text in draft.before if role in (USER, ASSISTANT)]
        system = [text for role, text in draft.before if role not in (USER, ASSISTANT)]
        found |= {"system": "\n".join(system)} if system else {}
        found["history"] = [list(pair) for pair in zip(said[::2], said[1::2], strict=True)]
    return found


def _accepted(found: Outcome, task: Task, judge: Judge) -> dict[str, Any]:
    draft = found.draft
    assert draft is not None  # noqa: S101  only rows are accepted
    return {"id": found.id, **_said(draft, task.shape), "category": draft.category,
            "lang": task.lang, "synth": _lineage(found, task, judge)}  # fmt: skip


def _rejected(found: Outcome, task: Task, judge: Judge) -> dict[str, Any]:
    said = _said(found.draft, task.shape) if found.draft else {"detail": found.answers[-1].detail}
    like = {"like": found.match.id, "similarity": round(found.match.similarity, 4)} if found.match else {}
    return {"reason": found.reason, "reasons": list(found.reasons), **like, **said,
            "category": found.request.category, "synth": _lineage(found, task, judge)}  # fmt: skip
