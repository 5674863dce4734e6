"""Offline: questions as files for a batch endpoint, and its results back into the ledger.

The format is that of the OpenAI batch API, which vLLM's `run-batch` and others read too: one request a line, in files
of at most 50,000 requests and 190 MB; results may come in any order, in several files, with errors beside them.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from corpus.errors import UsageError
from corpus.judge.budget import Cost, cost_of, most_cost
from corpus.judge.client import Terms
from corpus.judge.ledger import Ledger, Line, Open
from corpus.judge.prompts import Prompt
from corpus.judge.schema import Question, Reason, Usage, read_value
from corpus.judge.wire import body_of, read_reply

REQUESTS = 50_000
BYTES = 190 << 20
URL = "/v1/chat/completions"


@dataclass(frozen=True)
class Written:
    """Requests written and the files; questions left out because they await a batch that was written before, and
    because the budget holds no more (None of these: all fitted)."""

    files: tuple[str, ...]
    requests: int
    waiting: int
    over_budget: int
    bound: Cost


class BatchWriter:
    """Writes requests into files of a directory; the ledger knows of them before the files have their names."""

    def __init__(self, ledger: Ledger, folder: Path, model: str, terms: Terms) -> None:
        """UsageError when the directory has batch files already."""
        there = sorted(path.name for path in folder.glob("batch-*.jsonl")) if folder.is_dir() else []
        if there:
            raise UsageError(f"{folder}: holds {there[0]} already; name another directory, nothing is overwritten")
        folder.mkdir(parents=True, exist_ok=True)
        self.ledger, self.folder, self.model, self.terms = ledger, folder, model, terms
        self._waiting = ledger.waiting()
        self._paid = ledger.paid + ledger.unsettled
        self._seen: set[str] = set()
        self._lines: list[bytes] = []
        self._asked: list[Line] = []
        self._size = 0
        self._files: list[str] = []
        self._counts: Counter[str] = Counter()
        self._bound = Cost()

    def add(self, question: Question) -> None:
        """A request for a question that nobody has answered; one for each key."""
        key = question.key(self.model, self.terms.sampling)
        if key in self._seen or self.ledger.answer(key) is not None or key in self.ledger.failed:
            return
        self._seen.add(key)
        if key in self._waiting:
            self._counts["waiting"] += 1
            return
        body = body_of(question, self.model, self.terms.sampling)
        texts = [message["content"] for message in body["messages"]]
        bound = most_cost(texts, self.terms.sampling.max_tokens, self.terms.price)
        if not self.terms.budget.holds(self._paid + self._bound + bound):
            self._counts["over"] += 1
            return
        data = orjson.dumps({"custom_id": key, "method": "POST", "url": URL, "body": body}) + b"\n"
        if len(self._lines) >= REQUESTS or self._size + len(data) > BYTES:
            self._close_file()
        self._bound += bound
        self._lines.append(data)
        self._asked.append(
            {"do": "asked", "call": uuid.uuid4().hex, "key": key, "id": question.id, **bound.line(), "batch": True}
        )
        self._size += len(data)

    def close(self) -> Written:
        """Finish the last file; what was written."""
        self._close_file()
        counts = self._counts
        return Written(tuple(self._files), counts["requests"], counts["waiting"], counts["over"], self._bound)

    def _close_file(self) -> None:
        if not self._lines:
            return
        path = self.folder / f"batch-{len(self._files) + 1:04d}.jsonl"
        aside = path.with_name(f".{path.name}.writing")
        with aside.open("wb") as stream:
            stream.writelines(self._lines)
            stream.flush()
            os.fsync(stream.fileno())
        self.ledger.write(self._asked)
        aside.replace(path)
        self._files.append(str(path))
        self._counts["requests"] += len(self._lines)
        self._lines, self._asked, self._size = [], [], 0


@dataclass(frozen=True)
class Read:
    """Result lines by what became of them: `answered`, a reason, `errors` of the endpoint, `unknown` to the ledger or
    there before, `broken` lines; and the keys that still wait."""

    lines: int
    counts: dict[str, int]
    waiting: int


def read_batch(ledger: Ledger, paths: Sequence[Path], prompt: Prompt, model: str, terms: Terms) -> Read:
    """Take results of batches into the ledger; reading a file twice changes nothing.

    A request that failed at the endpoint costs nothing and may be asked again; a reply that is no answer is paid.
    UsageError when a file is missing.
    """
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise UsageError(f"{', '.join(missing)}: no such file")
    counts: Counter[str] = Counter()
    waiting = {one.key: one for one in ledger.open.values() if one.batch}
    pending: list[Line] = []
    for path in paths:
        with path.open("rb") as stream:
            for raw in stream:
                if not raw.strip():
                    continue
                said, lines = _taken(raw, waiting, prompt, model, terms, ledger.bad_replies)
                counts[said] += 1
                pending += lines
                if len(pending) >= 1000:
                    ledger.write(pending)
                    pending = []
    if pending:
        ledger.write(pending)
    return Read(sum(counts.values()), dict(sorted(counts.items())), len(waiting))


def forget(ledger: Ledger) -> int:
    """Say that the batches written and not read were never sent: they cost nothing and are asked anew; how many."""
    found = [one for one in ledger.open.values() if one.batch]
    if found:
        ledger.write([_settled(one, Cost(), "forgotten") for one in found])
    return len(found)


def _taken(
    raw: bytes, waiting: dict[str, Open], prompt: Prompt, model: str, terms: Terms, bad: Counter[str]
) -> tuple[str, list[Line]]:
    """What a result line is, and what the ledger is told of it."""
    try:
        line = orjson.loads(raw)
        key, response = line["custom_id"], line.get("response")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "broken", []
    one = waiting.pop(key, None) if isinstance(key, str) else None
    if one is None:
        return "unknown", []
    if not isinstance(response, dict) or response.get("status_code") != 200:
        settled = _settled(one, Cost(), "error")
        if isinstance(response, dict) and response.get("status_code") in (400, 413, 422):
            return Reason.REJECTED, [settled, _failed(key, Reason.REJECTED, str(response["status_code"]))]
        return "errors", [settled]
    reply = read_reply(orjson.dumps(response.get("body")), partial(read_value, prompt), model)
    cost = cost_of(reply.usage, terms.price) if reply.usage else one.bound
    usage = reply.usage or Usage(0, 0)
    if reply.value is not None:
        answered = {"do": "answered", "call": one.call, "key": key, "value": dict(reply.value), "model": reply.model,
                    "in": usage.input, "out": usage.output, "prompt": prompt.digest, **cost.line()}  # fmt: skip
        return "answered", [answered]
    reason = reply.problem.reason if reply.problem else Reason.MALFORMED
    lines = [_settled(one, cost, reason)]
    if reason is Reason.REFUSED or bad[key] + 1 >= terms.patience.paid_tries:
        lines.append(_failed(key, reason, str(reply.problem)))
    return reason, lines


def _settled(one: Open, cost: Cost, why: str) -> Line:
    return {"do": "settled", "call": one.call, "key": one.key, **cost.line(), "why": why}


def _failed(key: str, reason: Reason, detail: str) -> Line:
    return {"do": "failed", "key": key, "reason": reason, "detail": detail}


def requests(questions: Iterable[Question], writer: BatchWriter) -> Written:
    """Write all questions and close."""
    for question in questions:
        writer.add(question)
    return writer.close()
