"""Records taken out of an index by their ids; of what had gone in their favour, the best stands again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.dedup.candidates import Members, find_pairs
from corpus.errors import UsageError
from corpus.graph.resolve import By, keep_order, resolve
from corpus.identity import from_halves, halves
from corpus.index.entries import KEYS, SURVIVOR, numbers
from corpus.index.generation import Index
from corpus.index.lookup import look_up, own_places, similarity
from corpus.index.segment import Origin
from corpus.inspect.locate import is_id

PAIRS = 1 << 16


@dataclass(frozen=True)
class Back:
    """A record that stands again in place of `instead_of`: where its cleaned text is, and for how many it stands."""

    doc_id: str
    instead_of: str
    source: str
    run: str
    text: str
    part: int
    row: int
    cluster_size: int


@dataclass(frozen=True)
class TakenDown:
    """`removed` stood in the index, `duplicates` were noted as such, `unknown` are ids the index has no record of.

    `back` stand again. `moved` duplicates of the removed are now those of another indexed record.
    """

    removed: int
    duplicates: int
    unknown: tuple[str, ...]
    back: tuple[Back, ...]
    moved: int


def take_down(index: Index, ids: Sequence[str]) -> tuple[Index, TakenDown]:
    """`index` without the records of these ids, committed; they are refused when a run brings them again.

    Records that had gone in favour of one of them are looked up anew: one that another standing record is a duplicate
    of goes in favour of that; of the others those stand again that no one before them in the keep order is similar to.
    UsageError for what is no doc_id.
    """
    wrong = [wanted for wanted in ids if not is_id(wanted)]
    if wrong:
        raise UsageError(
            "\n".join(f"{one!r} is no doc_id: 32 hex digits, as in `doc_id` of published rows" for one in wrong)
        )
    wanted = sorted(set(ids))
    if not wanted:
        raise UsageError("name at least one doc_id")
    id0, id1 = halves(pa.array(wanted))
    gone: dict[str, np.ndarray] = {}
    seen = np.zeros(len(wanted), bool)
    for _, number, at, place in own_places([index], id0, id1):
        name = index.segments[number].note.name
        gone[name] = np.unique(np.concatenate([gone.get(name, np.zeros(0, np.int64)), place]))
        seen[at] = True
    stood = sum(int((gone[one.name] < one.standing).sum()) for one in index.now.segments if one.name in gone)
    less = index.without(gone).with_taken(id0[seen], id1[seen])
    places, orphans, origins = _orphans(less, id0[seen], id1[seen])
    less = less.without(places)
    placed, back = _placed(less, orphans)
    less = less.with_rows(placed, origins)
    told = TakenDown(
        removed=stood,
        duplicates=sum(len(rows) for rows in gone.values()) - stood,
        unknown=tuple(one for one, known in zip(wanted, seen, strict=True) if not known),
        back=_told(placed, orphans, back, origins),
        moved=_moved(placed, back),
    )
    return (less.commit() if seen.any() else index), told


def _orphans(index: Index, id0: np.ndarray, id1: np.ndarray) -> tuple[dict[str, np.ndarray], pa.Table, list[Origin]]:
    """The records whose survivors have these ids: their rows by segment, themselves, and their runs."""
    lost = pl.DataFrame({"survivor0": id0, "survivor1": id1})
    places: dict[str, np.ndarray] = {}
    tables: list[pa.Table] = []
    origins: dict[Origin, int] = {}
    for segment in index.segments:
        columns = {name: segment.column(name).combine_chunks() for name in SURVIVOR}
        frame = pl.DataFrame(pa.table(columns)).with_row_index("place")
        rows = frame.join(lost, on=list(SURVIVOR), how="semi")["place"].to_numpy().astype(np.int64)
        rows = rows[segment.left(rows)]
        if not len(rows):
            continue
        table = segment.take(rows)
        mine = np.array([origins.setdefault(origin, len(origins)) for origin in segment.note.origins])
        run = mine[table.column("run").to_numpy()].astype(np.int32)
        tables.append(table.set_column(table.schema.names.index("run"), "run", pa.array(run)))
        places[segment.note.name] = rows
    return places, pa.concat_tables(tables) if tables else pa.table({}), list(origins)


def _placed(index: Index, orphans: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """The orphans with their new survivors, and the places of those that stand again."""
    if not len(orphans):
        return orphans, np.zeros(0, np.int64)
    rows = orphans.combine_chunks()
    shape = index.now.shape
    hits = look_up([index], rows, shape.exact is not None, shape.near)
    survivor0, survivor1 = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    alike = np.zeros(len(rows), np.float32)
    survivor0[hits.at], survivor1[hits.at], alike[hits.at] = hits.id0, hits.id1, hits.similarity
    rest = np.setdiff1d(np.arange(len(rows)), hits.at)
    chosen = rows.take(pa.array(rest)).combine_chunks()
    a, b, similar = _alike(index, chosen)
    found = resolve(a, b, similar, _order(chosen), len(chosen))
    under = np.flatnonzero(found.survivor >= 0)
    for name, to in (("id0", survivor0), ("id1", survivor1)):
        to[rest[under]] = numbers(chosen, name)[found.survivor[under]]
    alike[rest[under]] = found.similarity[under]
    back = rest[found.survivor < 0]
    stands = np.zeros(len(rows), bool)
    stands[back] = True
    for name, values in (("survivor0", survivor0), ("survivor1", survivor1), ("similarity", alike)):
        rows = rows.set_column(rows.schema.names.index(name), rows.schema.field(name), pa.array(values, mask=stands))
    return rows, back


def _order(rows: pa.Table) -> np.ndarray:
    columns = [By(numbers(rows, name)) for name in ("priority", "characters")]
    return keep_order(columns, numbers(rows, "id0"), numbers(rows, "id1"))


def _alike(index: Index, rows: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of rows that are duplicates of one another, by key or by signature, and how similar."""
    order, near = _order(rows), index.near
    none = np.zeros(0, np.int64)
    found = [(none, none, np.zeros(0, np.float32))]
    if index.now.shape.exact is not None:
        keyed = pl.DataFrame(rows.select(list(KEYS))).with_row_index("at").drop_nulls()
        keyed = keyed.with_columns(order=pl.Series(order[keyed["at"].to_numpy()], dtype=pl.Int64)).sort("order")
        keyed = keyed.with_columns(first=pl.col("at").first().over(KEYS)).filter(pl.col("first") != pl.col("at"))
        first, at = (keyed[name].to_numpy().astype(np.int64) for name in ("first", "at"))
        found.append((first, at, np.ones(len(at), np.float32)))
    if near is not None:
        signed = np.flatnonzero(rows.column("bands").is_valid().to_numpy())
        some = rows.take(pa.array(signed)).combine_chunks()
        pairs = find_pairs(Members(some, np.arange(len(some)), _order(some)), near)
        for start in range(0, len(pairs.a), PAIRS):
            left, right = pairs.a[start : start + PAIRS], pairs.b[start : start + PAIRS]
            alike = similarity(near, some.take(pa.array(left)), some.take(pa.array(right)))
            good = alike >= np.float32(near.threshold)
            found.append((signed[left[good]], signed[right[good]], alike[good]))
    a, b, similar = (np.concatenate(column) for column in zip(*found, strict=True))
    return a, b, similar


def _told(placed: pa.Table, orphans: pa.Table, back: np.ndarray, origins: Sequence[Origin]) -> tuple[Back, ...]:
    """What is said of the records that stand again, in the order of their ids."""
    if not len(back):
        return ()
    under = pl.DataFrame(placed.select(list(SURVIVOR))).drop_nulls().group_by(*SURVIVOR).len()
    many = {(one, two): size for one, two, size in under.iter_rows()}
    found = []
    for at in back.tolist():
        item = placed.slice(at, 1).to_pylist()[0]
        before = orphans.slice(at, 1).to_pylist()[0]
        origin = origins[item["run"]]
        found.append(
            Back(
                doc_id=from_halves(item["id0"], item["id1"]),
                instead_of=from_halves(before["survivor0"], before["survivor1"]),
                source=item["source"],
                run=origin.run,
                text=origin.text,
                part=item["part"],
                row=item["row"],
                cluster_size=1 + many.get((item["id0"], item["id1"]), 0),
            )
        )
    return tuple(sorted(found, key=lambda one: one.doc_id))


def _moved(placed: pa.Table, back: np.ndarray) -> int:
    """How many went in favour of a record that stood before."""
    if not len(placed):
        return 0
    frame = pl.DataFrame(placed.select(["id0", "id1", *SURVIVOR]))
    again = frame[back].select(survivor0="id0", survivor1="id1")
    return len(frame.drop_nulls("survivor0").join(again, on=list(SURVIVOR), how="anti"))
