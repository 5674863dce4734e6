"""What was asked, paid and answered: an append-only file, each line on the disk before anything relies on it.

    {"do": "asked",    "call", "key", "id", "tokens", "usd"}   before a call is sent; the bound of its cost
    {"do": "settled",  "call", "key", "tokens", "usd", "why"}  it is over without an answer; what it cost
    {"do": "answered", "call", "key", "value", ...}            it is over, and this is the answer
    {"do": "failed",   "key", "reason", "detail"}              no answer will be had; the question is not asked again

Every line ends with a checksum of itself. A line that a crash cut short is counted and skipped; a call that was asked
and never settled is charged its bound, because the server may have charged for it. One process at a time holds the
file. It holds the model's answers and no text of a record; only its owner can read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import xxhash

from corpus.errors import UsageError
from corpus.judge.budget import Cost
from corpus.judge.schema import Answer, Asked, Reason, Usage

SUM = "sum"
LOST, MAYBE_PAID = "lost", "maybe_paid"
"""Why calls were settled of which nobody knows whether they were paid: a killed process had them under way; the
connection broke or the reply was late."""
Line = dict[str, Any]


@dataclass(frozen=True)
class Open:
    """A call that was asked and has not been settled."""

    call: str
    key: str
    bound: Cost
    batch: bool
    id: str = ""


class Ledger:
    """The file and what it says. Use as an async context manager; `append` returns when the line is on the disk."""

    def __init__(self, path: Path) -> None:
        """Reads `path`, or makes it. UsageError when another process has it."""
        self.path = path
        self.damaged = 0
        self.paid = Cost()
        self.dearest: Cost | None = None
        self.honest = True
        self.open: dict[str, Open] = {}
        self.bad_replies: Counter[str] = Counter()
        self.failed: dict[str, tuple[Reason, str]] = {}
        self._answers: dict[str, tuple[int, int]] = {}
        self._pending: list[tuple[bytes, Line, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
            if new:
                _sync(path.parent)
        except BlockingIOError:
            os.close(self._file)
            raise UsageError(f"{path}: another process is at work on this ledger; wait for it or stop it") from None
        except BaseException:
            os.close(self._file)
            raise

    def close(self) -> None:
        """Let the file go; what was appended is on the disk."""
        os.close(self._file)

    @property
    def unsettled(self) -> Cost:
        """Bounds of calls that were asked and not settled, batches included."""
        return sum((one.bound for one in self.open.values()), Cost())

    def settle_lost(self) -> tuple[Open, ...]:
        """Charge calls that an earlier process sent and never settled, batches aside; which they are."""
        found = tuple(one for one in self.open.values() if not one.batch)
        if found:
            self.write(
                [{"do": "settled", "call": one.call, "key": one.key, **one.bound.line(), "why": LOST} for one in found]
            )
        return found

    def waiting(self) -> frozenset[str]:
        """Keys that were written to a batch and have come back in none."""
        return frozenset(one.key for one in self.open.values() if one.batch)

    def answer(self, key: str) -> Line | None:
        """The line that answers `key`."""
        place = self._answers.get(key)
        return None if place is None else orjson.loads(os.pread(self._file, place[1], place[0]))

    def known(self, question: Asked, key: str) -> Answer | None:
        """What is known of a question: its answer, or that it has none for good; None when it must be asked.

        UsageError when the question lacks a part of its prompt.
        """
        if missing := question.missing:
            raise UsageError(f"question {question.id} lacks parts of its prompt: {', '.join(missing)}")
        if question.blank:
            return Answer(question.id, key, None, Reason.EMPTY)
        line = self.answer(key)
        if line is not None:
            return Answer(question.id, key, line["value"], model=line["model"], usage=Usage(line["in"], line["out"]))
        if key in self.failed:
            reason, detail = self.failed[key]
            return Answer(question.id, key, None, reason, detail)
        return None

    def __len__(self) -> int:
        return len(self._answers)

    async def append(self, **line: Any) -> None:
        """Put a line on the disk; lines that come together share one fsync."""
        data, done = encode(line), asyncio.get_running_loop().create_future()
        self._pending.append((data, line, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await asyncio.shield(done)

    async def _flush(self) -> None:
        while self._pending:
            group, self._pending = self._pending, []
            try:
                start = await asyncio.to_thread(self._put, b"".join(data for data, _, _ in group))
            except OSError as error:
                self._flushing = None
                for _, _, done in group:
                    if not done.done():
                        done.set_exception(error)
                return
            for data, line, done in group:
                self._take(line, start, len(data))
                start += len(data)
                if not done.done():
                    done.set_result(None)
        self._flushing = None

    def write(self, lines: list[Line]) -> None:
        """Put lines on the disk at once, where no loop is running."""
        encoded = [encode(line) for line in lines]
        start = self._put(b"".join(encoded))
        for data, line in zip(encoded, lines, strict=True):
            self._take(line, start, len(data))
            start += len(data)

    def _put(self, data: bytes) -> int:
        """Append and fsync; where it begins."""
        start = os.lseek(self._file, 0, os.SEEK_END)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        os.fsync(self._file)
        return start

    def _read(self) -> None:
        offset = 0
        torn = False
        with os.fdopen(os.dup(self._file), "rb") as stream:
            for raw in stream:
                line = decode(raw)
                torn = not raw.endswith(b"\n")
                if line is None:
                    self.damaged += 1
                else:
                    self._take(line, offset, len(raw))
                offset += len(raw)
        if torn:
            # What a crash cut short stands alone on its line; the next one is whole.
            self._put(b"\n")

    def _take(self, line: Line, start: int, size: int) -> None:
        key = line["key"]
        with contextlib.suppress(KeyError):
            cost = Cost(line["tokens"], line["usd"])
            if line["do"] == "asked":
                self.open[line["call"]] = Open(line["call"], key, cost, bool(line.get("batch")), line.get("id", ""))
                return
            asked = self.open.pop(line["call"], None)
            self.paid += cost
            self.honest = self.honest and (asked is None or cost.tokens <= asked.bound.tokens)
            if cost.tokens and line.get("why") not in (LOST, MAYBE_PAID):
                before = self.dearest or Cost()
                self.dearest = Cost(max(before.tokens, cost.tokens), max(before.usd, cost.usd))
            if line["do"] == "settled" and cost.tokens and line["why"] not in (LOST, MAYBE_PAID):
                self.bad_replies[key] += 1
        if line["do"] == "answered":
            self._answers.setdefault(key, (start, size))
            self.failed.pop(key, None)
        elif line["do"] == "failed":
            self.failed[key] = (Reason(line["reason"]), line.get("detail", ""))

    def forgive(self) -> None:
        """Let failed questions be asked again: forget, in memory, that they failed and how often."""
        self.failed.clear()
        self.bad_replies.clear()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Ledger]:
    """A ledger for as long as the block lasts."""
    ledger = Ledger(path)
    try:
        yield ledger
    finally:
        ledger.close()


def _sync(folder: Path) -> None:
    """Make the file's name in its directory last as long as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def encode(line: Line) -> bytes:
    """A line with its checksum and its end."""
    return orjson.dumps({**line, SUM: xxhash.xxh64_hexdigest(orjson.dumps(line))}) + b"\n"


def decode(raw: bytes) -> Line | None:
    """The line, or None when it is not one that `encode` made."""
    try:
        line = orjson.loads(raw)
        said = line.pop(SUM)
        whole = said == xxhash.xxh64_hexdigest(orjson.dumps(line)) and "key" in line and "do" in line
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return line if whole else None
