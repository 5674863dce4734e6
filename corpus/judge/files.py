"""`corpus judge`: files in, the same records with a model's judgement out; resumable, and paid for once.

OUT/ledger.jsonl          what was asked, paid and answered
OUT/judge.json            what was asked for, and, when it is done, what came of it
OUT/judged.parquet        every record that could be read, with its judgement or the reason why it has none
OUT/quarantine.parquet    what could not be read, where there is any
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import UsageError
from corpus.judge import batch, rows
from corpus.judge.budget import Cost
from corpus.judge.canary import Canaries, measure
from corpus.judge.claim import claim
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import Ledger, opened
from corpus.judge.pairwise import Agreement, Comparison, agreement, both_orders, combined
from corpus.judge.prompts import Prompt
from corpus.judge.schema import Answer, Question, Reason
from corpus.judge.telling import answered, tell_lost
from corpus.judge.wire import Endpoint, ready
from corpus.quarantine import to_table
from corpus.readers.items import Chunk
from corpus.schema import QUARANTINE

LEDGER, SETTINGS, JUDGED, UNREADABLE = "ledger.jsonl", "judge.json", "judged.parquet", "quarantine.parquet"


@dataclass(frozen=True)
class Task:
    """What to judge with which prompt, and where the answers go. `canaries`: records that are asked again with an
    instruction hidden in them. `again`: ask questions anew that failed for good."""

    files: tuple[str, ...]
    prompt: Prompt
    places: rows.Places
    out: Path
    canaries: int = 0
    again: bool = False

    def settings(self, endpoint: Endpoint, terms: Terms) -> dict[str, Any]:
        """What a directory holds answers of: another setting is another directory."""
        return {
            "prompt": self.prompt.name,
            "version": self.prompt.version,
            "digest": self.prompt.digest,
            "model": endpoint.model,
            "sampling": asdict(terms.sampling),
            "parts": dict(self.places.fields),
        }


@dataclass(frozen=True)
class Done:
    """Records read = judged + unjudged by reason + unreadable by reason. `values` counts the answers of the field that
    matters (score, winner or first field). `bought` of the answers were paid for now, the rest were there. `cost` is
    that of this command, `paid` that of the ledger, with `lost` calls of killed commands at their bound."""

    read: int
    judged: int
    unjudged: dict[str, int]
    unreadable: dict[str, int]
    values: dict[str, int]
    mean: float | None
    bought: int
    sent: int
    cost: Cost
    paid: Cost
    lost: int
    damaged: int
    agreement: Agreement | None
    canaries: Canaries | None
    files: tuple[str, ...]


def judge_files(task: Task, endpoint: Endpoint, terms: Terms, say: Callable[[str], None]) -> Done:
    """Ask for every record of the files. Files appear whole, at the end; the ledger grows as answers come.

    UsageError when the directory holds answers of other settings or questions of it await a batch; BudgetExhausted
    when the budget is used up; EnvironmentProblem when the server is given up.
    """
    ready(endpoint)
    chunks = _begun(task, endpoint, terms)
    with opened(task.out / LEDGER) as ledger:
        if waiting := len(ledger.waiting()):
            raise UsageError(
                f"{task.out}: {waiting:,} questions await a batch; read its results with --batch-read, or say with "
                "--batch-forget that it was never sent"
            )
        if task.again:
            ledger.forgive()
        return asyncio.run(_online(task, chunks, Judge(endpoint, ledger, terms), say))


async def _online(task: Task, chunks: Iterator[Chunk], judge: Judge, say: Callable[[str], None]) -> Done:
    async with judge:
        before = judge.purse.paid
        output = _Output(task, judge.lost, judge.ledger.damaged)
        tell_lost(judge, say)
        bare: list[Mapping[str, str]] = []
        with output:
            for chunk in chunks:
                questions = rows.questions_of(chunk.records, task.prompt, task.places)
                bare += _some(questions, task.canaries - len(bare))
                answers = await answered(judge, _flat(questions, task.prompt), say)
                output.take(chunk, questions, answers)
            canaries = await measure(judge, task.prompt, bare) if task.canaries else None
            return output.finish(judge.purse.paid - before, judge.purse.paid, judge.calls["sent"], canaries)


def write_batches(task: Task, folder: Path, endpoint: Endpoint, terms: Terms) -> batch.Written:
    """Questions that nobody has answered as batch files in `folder`; what the budget does not hold is counted."""
    chunks = _begun(task, endpoint, terms)
    with opened(task.out / LEDGER) as ledger:
        if task.again:
            ledger.forgive()
        writer = batch.BatchWriter(ledger, folder, endpoint.model, terms)
        for chunk in chunks:
            for question in _flat(rows.questions_of(chunk.records, task.prompt, task.places), task.prompt):
                if any(question.parts[name].strip() for name in task.prompt.parts):
                    writer.add(question)
        return writer.close()


def read_batches(task: Task, results: Sequence[Path], endpoint: Endpoint, terms: Terms) -> tuple[batch.Read, Done]:
    """Results of batches into the ledger, and the output from what it then holds; the rest is `unasked`."""
    chunks = _begun(task, endpoint, terms)
    with opened(task.out / LEDGER) as ledger:
        before = ledger.paid
        found = batch.read_batch(ledger, results, task.prompt, endpoint.model, terms)
        with _Output(task, (), ledger.damaged) as output:
            for chunk in chunks:
                questions = rows.questions_of(chunk.records, task.prompt, task.places)
                flat = _flat(questions, task.prompt)
                answers = [_held(ledger, question, question.key(endpoint.model, terms.sampling)) for question in flat]
                output.take(chunk, questions, answers)
            return found, output.finish(ledger.paid - before, ledger.paid + ledger.unsettled, 0, None)


def forget_batches(task: Task, endpoint: Endpoint, terms: Terms) -> int:
    """Take back that batches were written: see `batch.forget`."""
    _begin(task, endpoint, terms)
    with opened(task.out / LEDGER) as ledger:
        return batch.forget(ledger)


def _held(ledger: Ledger, question: Question, key: str) -> Answer:
    return ledger.known(question, key) or Answer(question.id, key, None, Reason.UNASKED)


def _flat(questions: Sequence[Question | None], prompt: Prompt) -> list[Question]:
    """What is asked: each question there is, in both orders where the prompt compares."""
    there = [one for one in questions if one is not None]
    return [turned for one in there for turned in both_orders(one)] if prompt.kind == "compare" else there


def _some(questions: Sequence[Question | None], count: int) -> list[Mapping[str, str]]:
    """Up to `count` records for canaries, by the hash of their content: the same whatever their order in the chunk."""
    if count <= 0:
        return []
    full = {one.content: one.parts for one in questions if one is not None and any(map(str.strip, one.parts.values()))}
    order = sorted(full, key=lambda content: hashlib.sha256(content.encode()).digest())
    return [full[content] for content in order[:count]]


def _begun(task: Task, endpoint: Endpoint, terms: Terms) -> Iterator[Chunk]:
    """The files' chunks, the first of them read, so that a mistake in their names leaves nothing behind; then claims
    the directory."""
    chunks = rows.read(task.files, task.places)
    first = list(itertools.islice(chunks, 1))
    _begin(task, endpoint, terms)
    return itertools.chain(first, chunks)


def _begin(task: Task, endpoint: Endpoint, terms: Terms) -> None:
    """See that the directory is for this task."""
    otherwise = "holds answers to something else; name another directory"
    claim(task.out / SETTINGS, task.settings(endpoint, terms), otherwise)


class _Output:
    """The two Parquet files beside their names, and the counts; whole or not there."""

    def __init__(self, task: Task, lost: Sequence[Any], damaged: int) -> None:
        self.task, self.lost, self.damaged = task, len(lost), damaged
        self.schema = rows.schema_of(task.prompt)
        self.targets = [task.out / JUDGED, task.out / UNREADABLE]
        self.aside = [path.with_name(f".{path.name}.writing") for path in self.targets]
        self.counts: Counter[str] = Counter()
        self.unjudged: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.values: Counter[str] = Counter()
        self.total = 0.0
        self.comparisons: list[Comparison] = []

    def __enter__(self) -> _Output:
        self.good = pq.ParquetWriter(self.aside[0], self.schema, compression="zstd")
        self.bad = pq.ParquetWriter(self.aside[1], QUARANTINE, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        self.good.close()
        self.bad.close()
        for path in self.aside:
            path.unlink(missing_ok=True)

    def take(self, chunk: Chunk, questions: Sequence[Question | None], answers: Sequence[Answer]) -> None:
        """A chunk's rows, with what was said of each."""
        self.unreadable.update(str(row.reason) for row in chunk.quarantined)
        if chunk.quarantined:
            self.bad.write_table(to_table(chunk.quarantined))
        if not chunk.records.num_rows:
            return
        said: Iterator[Answer] = iter(answers)
        self.counts["bought"] += sum(one.bought for one in answers)
        if self.task.prompt.kind == "compare":
            found = [combined(*_two(said, one)) for one in questions]
            self.comparisons += found
            values = [one.winner for one in found]
            reasons = [one.reason for one in found]
            self._write(rows.compared(chunk.records, self.task.prompt, found))
        else:
            own = [rows.missing("") if one is None else next(said) for one in questions]
            name = self.task.prompt.score or next(iter(self.task.prompt.answer))
            values = [None if one.value is None else one.value[name] for one in own]
            reasons = [one.reason for one in own]
            self._write(rows.answered(chunk.records, self.task.prompt, own))
        there = [value for value in values if value is not None]
        if self.task.prompt.score:
            self.total += sum(float(value) for value in there)
        self.counts["judged"] += len(there)
        self.values.update(_binned(value) for value in there)
        self.unjudged.update(str(reason) for reason in reasons if reason is not None)

    def _write(self, batch_of_rows: pa.RecordBatch) -> None:
        self.good.write_batch(batch_of_rows)

    def finish(self, cost: Cost, paid: Cost, sent: int, canaries: Canaries | None) -> Done:
        """Give the files their names and write down what came of it."""
        self.good.close()
        self.bad.close()
        kept = [0, 1] if self.unreadable else [0]
        for place in kept:
            self.aside[place].replace(self.targets[place])
        judged = self.counts["judged"]
        done = Done(
            read=judged + sum(self.unjudged.values()) + sum(self.unreadable.values()),
            judged=judged,
            unjudged=dict(sorted(self.unjudged.items())),
            unreadable=dict(sorted(self.unreadable.items())),
            values=dict(sorted(self.values.items())),
            mean=self.total / judged if judged and self.task.prompt.score else None,
            bought=self.counts["bought"],
            sent=sent,
            cost=cost,
            paid=paid,
            lost=self.lost,
            damaged=self.damaged,
            agreement=agreement(self.comparisons) if self.task.prompt.kind == "compare" else None,
            canaries=canaries,
            files=tuple(str(self.targets[place]) for place in kept),
        )
        path = str(self.task.out / SETTINGS)
        asked = orjson.loads(storage.read_bytes(path))["asked"]
        storage.put_atomic(path, orjson.dumps({"asked": asked, "done": done}, option=orjson.OPT_INDENT_2) + b"\n")
        return done


def _two(said: Iterator[Answer], question: Question | None) -> tuple[Answer, Answer]:
    return (rows.missing(""), rows.missing("")) if question is None else (next(said), next(said))


def _binned(value: Any) -> str:
    """A count's name: a whole number or word as it is, a fraction in tenths."""
    return f"{int(value * 10) / 10:.1f}" if isinstance(value, float) else str(value)
