"""The stages of a run that look for benchmark items: store the items, then look through the texts that stand.

They are stages of their own behind the duplicates, so another set of benchmarks reads the text once more and makes
nothing before it anew; and what is a duplicate is never looked through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from corpus import removals
from corpus.cuts import cut_tables
from corpus.decontaminate.benchmarks import read_items
from corpus.decontaminate.report import leaks
from corpus.decontaminate.stage import Decontaminate, Items, MarkContaminated
from corpus.manifest import Part, Receipt, RowAccount
from corpus.parts import Task
from corpus.slot import Attempt

if TYPE_CHECKING:
    import pyarrow as pa

    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

BENCHMARKS, MARK = "benchmarks", Decontaminate.name
VERSIONS = {BENCHMARKS: 1, MARK: Decontaminate.version}
TEXT_HERE = 64 << 20
"""Up to so many stored bytes of text are looked through in the driver."""


def names(pipeline: Pipeline) -> list[str]:
    """The stages that `pipeline` asks for, in order."""
    return [BENCHMARKS, MARK] if pipeline.decontaminate is not None else []


def settings(pipeline: Pipeline, name: str) -> Any:
    """What the fingerprint of a stage must see beside its inputs."""
    wanted = pipeline.decontaminate
    assert wanted is not None  # noqa: S101  asked for the names above alone
    return wanted.content if name == BENCHMARKS else wanted.settings()


def version(pipeline: Pipeline, name: str) -> int:
    """The version of a stage."""
    return VERSIONS[name]


def steps(flow: Flow) -> list[tuple[str, Callable[[], None]]]:
    """The stages and how each is made."""
    wanted = flow.pipeline.decontaminate
    if wanted is None:
        return []
    return [(BENCHMARKS, partial(_store, flow, wanted)), (MARK, partial(_mark, flow, wanted))]


def _store(flow: Flow, wanted: Decontaminate) -> None:
    """Commit `benchmarks`: the items, as workers read them."""
    attempt = Attempt.begin(flow.runner.slots[BENCHMARKS])
    with flow.runner.working(BENCHMARKS) as clock:
        items = read_items(wanted.files)
        number = flow.parts[0].number if flow.parts else 0
        writer = attempt.writer("items", number, items.schema)
        writer.write(items)
        file = writer.close()
        files = (file,) if file is not None else ()
        part = Part(number=number, rows=items.num_rows, files=files)
        receipt = Receipt(key="items", parts=(part,), digests={"items": f"{writer.row_digest:032x}"})
        seconds = clock()
    count = removals.kept(flow.stages)
    accounts = {BENCHMARKS: RowAccount(rows_in=count, kept=count)}
    details = {"items": items.num_rows, "files": len(wanted.files), "content": wanted.content}
    flow.runner.commit(BENCHMARKS, VERSIONS[BENCHMARKS], [receipt], seconds, accounts=accounts, details=details)


def _mark(flow: Flow, wanted: Decontaminate) -> None:
    """Commit `decontaminate`: marks, cuts and evidence by part, and the leakage report."""
    stored = flow.stages[BENCHMARKS].table("items")
    items = Items(stored.slot, tuple(stored.files.values()), wanted.words, wanted.characters)
    slot = flow.runner.slots[MARK]
    work = MarkContaminated(
        settings=wanted,
        items=items,
        text=flow.stages["text"].table("text"),
        keys=flow.stages["text"].table("keys"),
        standing=flow.standing(),
        earlier=cut_tables(flow.stages),
        attempt=Attempt.begin(slot),
    )
    tasks = [Task(f"part-{part.number}", part) for part in flow.parts]
    small = sum(file.bytes for part in flow.parts for file in part.files) <= TEXT_HERE
    found, seconds = flow.runner.write([MARK], tasks, work, here=small or flow.text_here)
    receipts = found[MARK]
    table, index = items.read()
    details = {
        "action": wanted.action,
        "words": wanted.words,
        "characters": wanted.characters,
        "coverage": wanted.coverage,
        "leakage": [one.stored() for one in leaks(table, index.looked_for, _hits(flow, receipts))],
    }
    empty = [Receipt(key="none", accounts={MARK: RowAccount()})]
    flow.runner.commit(MARK, VERSIONS[MARK], receipts or empty, seconds, details=details)


def _hits(flow: Flow, receipts: Sequence[Receipt]) -> Iterator[tuple[int, pa.Table]]:
    """What the receipts say was found, part by part; narrow columns of few rows."""
    for receipt in receipts:
        for part in receipt.parts:
            file = part.file("hits")
            if file is not None:
                columns = ["row", "number", "how", "coverage", "counted"]
                yield part.number, flow.runner.slots[MARK].read(file, columns)
