"""What is being worked on, how fast and for how long still: read from the receipts that tasks leave behind."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cli import render

if TYPE_CHECKING:
    from corpus.manifest import Manifest
    from corpus.runner import Look, Progress
    from corpus.slot import Slot

T = TypeVar("T")
LOCAL_SECONDS, REMOTE_SECONDS, LINE_SECONDS = 0.5, 5.0, 15.0
DOES = {
    "text": "read and clean",
    "measure": "measure",
    "fingerprint": "fingerprint",
    "identify": "tell repeated ids apart",
    "decide": "apply rules",
    "dedup-index": "look up in indexes",
    "dedup-exact": "find duplicates",
    "lines": "hash lines",
    "count-lines": "count repeated lines",
    "dedup-lines": "mark repeated lines",
    "paragraph-candidates": "compare paragraphs",
    "paragraph-shingles": "shingle paragraphs",
    "paragraph-edges": "verify paragraphs",
    "paragraph-copies": "choose paragraphs",
    "dedup-paragraphs": "mark paragraphs",
    "span-anchors": "find shared anchors",
    "span-windows": "hash shared windows",
    "span-copies": "choose repeated spans",
    "dedup-spans": "mark repeated spans",
    "benchmarks": "store benchmark items",
    "decontaminate": "look for benchmark items",
    "sample": "draw texts to learn from",
    "perplexity-fit": "train the language model",
    "perplexity": "score by the language model",
    "continuity": "score by the continuity model",
    "causal": "score by the causal language model",
    "answers": "score answers by the causal language model",
    "embed-fit": "fit the embedder",
    "embed": "embed",
    "cluster-fit": "find clusters",
    "cluster": "assign clusters",
    "semantic-edges": "compare vectors",
    "dedup-semantic": "find semantic duplicates",
    "columns": "join columns",
    "quality": "score quality",
    "tag": "tag",
    "tier": "assign tiers",
    "publish": "write tiers",
}


@dataclass(frozen=True)
class Tally:
    """A stage at one moment: `done` of `units`, of which `before` were when it began; rows and bytes of the rest. Where
    the stage tells records one by one, `of` so many, and `known` rows are of an earlier run."""

    units: int
    before: int
    done: int = 0
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    of: int = 0
    known: int = 0

    @property
    def fresh(self) -> int:
        """Rows of this run."""
        return self.rows - self.known

    @property
    def left(self) -> float | None:
        """Seconds still to go at the pace so far; None before the first unit of this run is done."""
        if self.of:
            return self.seconds / self.fresh * max(0, self.of - self.rows) if self.fresh else None
        fresh = self.done - self.before
        return self.seconds / fresh * (self.units - self.done) if fresh > 0 else None

    @property
    def pace(self) -> str:
        """Rows and megabytes a second, or units where rows are not known."""
        if self.seconds <= 0 or (self.done == self.before and not self.fresh):
            return ""
        if not self.fresh:
            return f"{(self.done - self.before) / self.seconds:,.1f} units/s"
        megabytes = f", {self.bytes / 1e6 / self.seconds:,.1f} MB/s" if self.bytes > 1e6 else ""
        each = self.fresh / self.seconds
        return f"{each:,.0f} rows/s{megabytes}" if each >= 10 else f"{each:.2g} rows/s{megabytes}"

    @property
    def far(self) -> str:
        """How far it is."""
        return f"{self.rows:,} of {self.of:,} records" if self.of else f"{self.done} of {self.units}"


class Watch:
    """Counts the receipts of a slot as they appear."""

    def __init__(self, slot: Slot, units: int, done: int, underway: Look | None = None) -> None:
        self.slot, self.units, self.before, self.underway = slot, units, done, underway
        self.began = time.monotonic()
        self.old = frozenset(receipt.key for receipt in slot.receipts()) if done else frozenset()
        self.seen: dict[str, tuple[int, int]] = {}

    def look(self) -> Tally:
        """The tally now; new receipts are read once."""
        for receipt in self.slot.receipts(self.old | self.seen.keys()):
            first = next(iter(receipt.accounts.values()), None)
            self.seen[receipt.key] = (first.rows_in if first is not None else 0, receipt.bytes_in)
        told = self.underway() if self.underway is not None else None
        return Tally(
            units=self.units,
            before=self.before,
            done=min(self.units, self.before + len(self.seen)),
            rows=sum(rows for rows, _ in self.seen.values()) if told is None else told.rows,
            of=0 if told is None else told.of,
            known=0 if told is None else told.known,
            bytes=sum(size for _, size in self.seen.values()),
            seconds=time.monotonic() - self.began,
        )


class Lines:
    """Progress as plain lines on standard error, for logs: one when a stage begins, one when it ends, few between."""

    def reused(self, name: str, manifest: Manifest) -> None:
        """A stage that was committed before."""
        render.note(f"{name}: done before, {manifest.account.kept:,} records kept")

    @contextmanager
    def stage(self, name: str, slot: Slot, units: int, done: int, look: Look | None = None) -> Iterator[None]:
        """Lines while the block runs."""
        watch = Watch(slot, units, done, look)
        before = f", {done} done before" if done else ""
        render.note(
            f"{name}: {DOES.get(name, name)}, {units} to do{before}" if units > 1 else f"{name}: {DOES.get(name, name)}"
        )

        def show(tally: Tally) -> None:
            left = "" if tally.left is None else f", {clock(tally.left)} left"
            render.note(f"{name}: {tally.far}, {tally.pace or 'no unit done yet'}{left}")

        with _polling(watch.look, LINE_SECONDS, show):
            yield
        tally = watch.look()
        rows = f"{tally.rows:,} records, " if tally.rows else ""
        pace = f", {tally.pace}" if tally.rows else ""
        render.note(f"{name}: {rows}{tally.seconds:.1f} s{pace}")


class Bars:
    """Progress as a live bar on the terminal, one line kept for each finished stage."""

    def reused(self, name: str, manifest: Manifest) -> None:
        """A stage that was committed before."""
        render.note(f"  {name:<12} done before, {manifest.account.kept:,} records kept")

    @contextmanager
    def stage(self, name: str, slot: Slot, units: int, done: int, look: Look | None = None) -> Iterator[None]:
        """A bar while the block runs."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        watch = Watch(slot, units, done, look)
        columns = (
            SpinnerColumn(finished_text=" "),
            TextColumn(f"{name:<12}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[shown]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(name, total=units if units > 1 else None, completed=done, shown=DOES.get(name, ""))

            def show(tally: Tally) -> None:
                counted = units > 1 or tally.of > 0
                left = f"{clock(tally.left)} left" if tally.left is not None and counted else ""
                units_done = tally.far if tally.of else f"{tally.done}/{units}" if counted else DOES.get(name, "")
                shown = "  ".join(filter(None, [units_done, tally.pace, left]))
                progress.update(task, completed=tally.done if units > 1 else None, shown=shown)

            with _polling(watch.look, _interval(slot), show):
                yield
        tally = watch.look()
        rows = f"{tally.rows:,} records, {tally.pace}" if tally.rows else DOES.get(name, "")
        render.note(f"  {name:<12} {clock(tally.seconds):>7}  {rows}")


def watcher() -> Progress:
    """Bars when standard error is a terminal, lines when it is not."""
    return Bars() if sys.stderr.isatty() else Lines()


@contextmanager
def paced(what: str, done: Callable[[], int], seconds: float = LINE_SECONDS) -> Iterator[None]:
    """Lines on standard error while the block runs: how much of `what` is `done`, and how fast."""
    before, began = done(), time.monotonic()

    def show(now: int) -> None:
        spent = time.monotonic() - began
        render.note(f"{now - before:,} {what}, {(now - before) / spent:,.0f} {what}/s, {clock(spent)}")

    with _polling(done, seconds, show):
        yield


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `3:04:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _interval(slot: Slot) -> float:
    from corpus import storage

    return LOCAL_SECONDS if storage.is_local(slot.root) else REMOTE_SECONDS


def _polling(look: Callable[[], T], seconds: float, show: Callable[[T], None]) -> AbstractContextManager[None]:
    """Calls `show` every so many seconds from a thread while the block runs; a look that fails is left out."""

    @contextmanager
    def run() -> Iterator[None]:
        over = threading.Event()

        def poll() -> None:
            while not over.wait(seconds):
                try:
                    show(look())
                except Exception:  # noqa: S112 - progress is a courtesy: the run's own error is what matters
                    continue

        thread = threading.Thread(target=poll, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    return run()
