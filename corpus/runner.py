"""Runs one stage: found done already, or written by tasks, audited and committed. Knows no stage by name.

A stage's *slot* is named by its fingerprint (settings, versions, rule digests and the fingerprints of what it reads; no
paths, times, host names or partition counts) and by the layout of the parts.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from corpus.errors import AuditError
from corpus.manifest import Manifest, Receipt, RowAccount, combine, commit
from corpus.parts import Task, run_here, write_parts
from corpus.slot import Committed, Slot

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Underway:
    """What slow work tells of itself before a unit ends: records done, `known` of them by an earlier run, and all."""

    rows: int
    known: int
    of: int


Look = Callable[[], Underway]


class Progress(Protocol):
    """Told what is being worked on; `slot` is where receipts appear as `units` of work end."""

    def stage(
        self, name: str, slot: Slot, units: int, done: int, look: Look | None = None
    ) -> AbstractContextManager[None]:
        """Entered while a stage works; `look` may be asked at any time how far it is."""

    def reused(self, name: str, manifest: Manifest) -> None:
        """A stage was committed before and is not run."""


class Silent:
    """Progress nobody watches."""

    def stage(
        self, name: str, slot: Slot, units: int, done: int, look: Look | None = None
    ) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def reused(self, name: str, manifest: Manifest) -> None:
        """Nothing."""


@dataclass
class Runner:
    """The committed stages of one execution, and how to commit another.

    `session` opens Spark; it is called when there is work and not before.
    """

    slots: Mapping[str, Slot]
    fingerprints: Mapping[str, str]
    session: Callable[[], SparkSession]
    progress: Progress = field(default_factory=Silent)
    stages: dict[str, Committed] = field(default_factory=dict)
    worked: bool = False

    def reuse(self, name: str) -> bool:
        """Take the stage's committed output if there is one."""
        manifest = self.slots[name].load()
        if manifest is None:
            return False
        self.stages[name] = Committed(self.slots[name], manifest)
        self.progress.reused(name, manifest)
        return True

    @contextmanager
    def working(
        self, name: str, units: int = 1, done: int = 0, look: Look | None = None
    ) -> Iterator[Callable[[], float]]:
        """Progress is shown meanwhile; gives a clock of the seconds since it began."""
        self.worked = True
        began = time.monotonic()
        with self.progress.stage(name, self.slots[name], units, done, look):
            yield lambda: time.monotonic() - began

    def write(
        self,
        names: Sequence[str],
        tasks: Sequence[Task[Any]],
        work: Callable[[Task[Any]], list[Receipt]],
        done: set[str] | None = None,
        here: bool = False,
        look: Look | None = None,
    ) -> tuple[dict[str, list[Receipt]], float]:
        """Run the tasks that left no receipt yet in every slot of `names`, which `work` writes together.

        Returns all receipts that the tasks ever left, by stage, and the seconds spent. `done` replaces what counts as
        finished, for callers whose tasks may be covered by receipts of other keys. `here` runs them without Spark;
        `look` says how far they are within a task.
        """
        wanted = {task.key for task in tasks}
        if done is None:
            done = set.intersection(*({receipt.key for receipt in self.slots[name].receipts()} for name in names))
        missing = [task for task in tasks if task.key not in done]
        with self.working(names[0], len(tasks), len(tasks) - len(missing), look) as clock:
            slots = [self.slots[name] for name in names]
            if missing and here:
                run_here(missing, work, slots)
            elif missing:
                write_parts(self.session(), missing, work, slots)
            seconds = clock()
        return {
            name: [receipt for receipt in self.slots[name].receipts() if receipt.key in wanted] for name in names
        }, seconds

    def commit(
        self,
        name: str,
        version: int,
        receipts: Sequence[Receipt],
        seconds: float,
        *,
        accounts: Mapping[str, RowAccount] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Audit what was written and make it exist. `accounts` replaces the sum of the receipts' accounts."""
        fields = combine(receipts)
        if accounts is not None:
            fields["accounts"] = accounts
        manifest = Manifest(
            stage=name,
            version=version,
            fingerprint=self.fingerprints[name],
            inputs={stage: committed.manifest.content for stage, committed in self.stages.items()},
            details=details or {},
            environment=environment(),
            seconds=round(seconds, 3),
            **fields,
        )
        audit(manifest)
        slot = self.slots[name]
        self.stages[name] = Committed(slot, commit(manifest, slot.manifest_uri))


def audit(manifest: Manifest) -> None:
    """AuditError unless parts are named once, every account balances, and consecutive accounts meet."""
    numbers = [part.number for part in manifest.parts]
    expect(len(set(numbers)) == len(numbers), f"{manifest.stage}: a part was written twice")
    before: int | None = None
    for name, account in manifest.accounts.items():
        expect(account.balances, f"{name}: the account does not balance: {account.model_dump_json()}")
        expect(
            before is None or account.rows_in == before,
            f"{name}: {account.rows_in} rows came in, the stage before kept {before}",
        )
        before = account.kept


def expect(holds: bool, otherwise: str) -> None:
    """AuditError unless something that must hold does."""
    if not holds:
        raise AuditError(f"{otherwise}. Nothing was committed; this is a bug unless the run directory was edited")


def environment() -> dict[str, str]:
    """Versions that a person debugging a run wants to know; not part of any digest."""
    from importlib.metadata import version

    packages = {name: version(name) for name in ("pyspark", "pyarrow", "polars", "numba", "numpy")}
    return {"python": platform.python_version(), "system": platform.system(), **packages}
