"""Records of files looked up in an index: nothing is written, nothing is added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from corpus.config import Limits, Source
from corpus.identity import from_halves
from corpus.index.generation import Index
from corpus.index.lookup import Hits, look_up, standard_error
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split
from corpus.stage import Sidecar
from corpus.stages.fingerprint import Fingerprint
from corpus.stages.ingest import Ingest, keys_of
from corpus.stages.sign import Sign

ROWS = 50_000
"""Records that are looked up together."""
SPLIT_BYTES = 32 << 20


@dataclass(frozen=True)
class Known:
    """A record of the files, and the indexed record that it duplicates.

    `how` is `exact` (equal folded texts) or `near`, where `similarity` is estimated from both sketches with that
    `standard_error`; `run`, `part` and `row` are where the cleaned text of the indexed record is.
    """

    source: str
    source_key: str
    doc_id: str
    duplicate_of: str
    how: str
    similarity: float
    standard_error: float
    of_source: str
    characters: int
    of_characters: int
    run: str
    part: int
    row: int


@dataclass
class Asked:
    """How many records were read, were no records, and were found in the index."""

    records: int = 0
    unreadable: int = 0
    exact: int = 0
    near: int = 0


def query(index: Index, sources: Sequence[Source], asked: Asked) -> Iterator[Known]:
    """Each record of `sources` that `index` has, in their order; `asked` counts along. Texts are taken as they came."""
    near = index.near
    sidecars: list[Sidecar] = []
    sidecars += [Fingerprint()] if index.now.shape.exact is not None else []
    sidecars += [Sign(near)] if near is not None else []
    for rows in _together(_read(sources, sidecars, asked)):
        hits = look_up([index], rows, index.now.shape.exact is not None, near)
        asked.exact += int(hits.exact.sum())
        asked.near += int((~hits.exact).sum())
        yield from _known(index, rows, hits)


def _read(sources: Sequence[Source], sidecars: Sequence[Sidecar], asked: Asked) -> Iterator[pa.Table]:
    """The records with their ids, keys and signatures."""
    named = {source.name: source for source in sources}
    for split in plan_splits(sources, SPLIT_BYTES):
        ingest = Ingest(named[split.source])
        for chunk in read_split(split, named[split.source], Limits()):
            asked.unreadable += len(chunk.quarantined)
            asked.records += chunk.records.num_rows
            if not chunk.records.num_rows:
                continue
            batch = ingest(chunk.records)
            keys = keys_of(batch)
            columns: dict[str, Any] = {name: batch.column(name) for name in ("source", "source_key", "doc_id")}
            columns |= {name: keys.column(name) for name in ("id0", "id1", "characters")}
            for sidecar in sidecars:
                made = sidecar(batch)
                columns |= dict(zip(made.schema.names, made.columns, strict=True))
            yield pa.table(columns)


def _together(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(len(one) for one in waiting) >= ROWS:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _known(index: Index, rows: pa.Table, hits: Hits) -> Iterator[Known]:
    """The hits as they are told."""
    names = ["source", "source_key", "doc_id", "characters"]
    own = rows.select(names).take(pa.array(hits.at)).to_pylist()
    places = index.near.bands * index.near.rows if index.near is not None else 1
    errors = standard_error(hits.similarity, places)
    others: dict[int, dict[str, Any]] = {}
    for number in set(hits.segment.tolist()):
        segment, chosen = index.segments[number], (hits.segment == number).nonzero()[0]
        found = segment.take(hits.place[chosen], ["source", "characters", "run", "part", "row"]).to_pylist()
        for at, item in zip(chosen.tolist(), found, strict=True):
            others[at] = item | {"run": segment.note.origins[item["run"]].run}
    for at, item in enumerate(own):
        other, exact = others[at], bool(hits.exact[at])
        yield Known(
            source=item["source"],
            source_key=item["source_key"],
            doc_id=item["doc_id"],
            duplicate_of=from_halves(int(hits.id0[at]), int(hits.id1[at])),
            how="exact" if exact else "near",
            similarity=round(float(hits.similarity[at]), 4),
            standard_error=0.0 if exact else round(float(errors[at]), 4),
            of_source=other["source"],
            characters=item["characters"],
            of_characters=other["characters"],
            run=other["run"],
            part=other["part"],
            row=other["row"],
        )
