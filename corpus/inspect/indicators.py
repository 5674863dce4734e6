"""What a machine sees in a published record without anyone reading it: signs of trouble, not proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from corpus.identity import from_halves, halves, repeated_id
from corpus.inspect.strata import Drawn
from corpus.kernels.catalogue import measure
from corpus.kernels.language import identify
from corpus.kernels.signal import SignalCall
from corpus.slot import Committed
from corpus.stages.identify import ranks

SURE = 0.5
REPLACEMENT = SignalCall("char_count", (("of", "replacement"),))
MOJIBAKE = SignalCall("phrase_density", (("of", "mojibake"),))
PII = SignalCall("pii_count", (("of", "all"),))
INDICATORS = ("duplicate", "language", "pii", "garble", "flagged")
DEFECTS = ("language", "pii", "garble")
"""The indicators that make a record defective where nobody has judged it. The survivor of duplicates is kept on
purpose, and a rule that only flags or demotes has not condemned the record; both are shown and not counted."""
MEANING = {
    "duplicate": "had equal records before duplicates were removed",
    "language": "identified with a score of 0.5 or more as another language than most of its source has",
    "pii": "a number or address that leads to a person, as the signal pii_count finds it",
    "garble": "a replacement character (U+FFFD) or letters that a wrong decoding leaves",
    "flagged": "fails a rule that flags or demotes",
}


def indicators(
    records: Sequence[Drawn], main: Mapping[str, str], stages: Mapping[str, Committed]
) -> list[tuple[str, ...]]:
    """For each record the names of the indicators that it shows, in the order of INDICATORS.

    `main` is the language of each source; languages are compared without region and script. PII is what the rewrite
    `pii` would replace; placeholders that it has put in are none.
    """
    if not records:
        return []
    text = pa.array([record.text for record in records], pa.large_string())
    signals = measure(pa.RecordBatch.from_arrays([text], names=["text"]), [REPLACEMENT, MOJIBAKE, PII])
    replaced, mojibake, personal = (np.nan_to_num(column.to_numpy(zero_copy_only=False)) for column in signals.columns)
    languages, scores = identify(text)
    flagged = _flagged([record.doc_id for record in records], stages)
    found = []
    for at, record in enumerate(records):
        language, score = languages[at].as_py(), scores[at].as_py()
        expected = main.get(record.source)
        seen = {
            "duplicate": record.cluster_size > 1,
            "language": None not in (language, expected) and score >= SURE and _primary(language) != _primary(expected),
            "pii": personal[at] > 0,
            "garble": replaced[at] > 0 or mojibake[at] > 0,
            "flagged": record.doc_id in flagged,
        }
        found.append(tuple(name for name in INDICATORS if seen[name]))
    return found


def _primary(language: str | None) -> str:
    return (language or "").lower().replace("_", "-").partition("-")[0]


def _flagged(ids: Sequence[str], stages: Mapping[str, Committed]) -> set[str]:
    """Those of the ids whose record fails a rule; decisions are read part by part."""
    wanted, high = set(ids), halves(pa.array(list(ids)))[0]
    decisions, repeated = stages["decide"].table("decisions"), stages["identify"].table("ids")
    rows_of = {part.number: part.rows for part in stages["text"].manifest.parts}
    found: set[str] = set()
    for number in sorted(decisions.files):
        table = decisions.read(number, ["row", "id0", "id1"])
        if table is None:
            continue
        rows, id0, id1 = (table.column(name).to_numpy() for name in ("row", "id0", "id1"))
        rank = ranks(repeated, number, rows_of[number])[rows]
        for at in np.flatnonzero(np.isin(id0, high) | (rank > 0)).tolist():
            doc_id = from_halves(int(id0[at]), int(id1[at]))
            doc_id = repeated_id(doc_id, int(rank[at])) if rank[at] else doc_id
            if doc_id in wanted:
                found.add(doc_id)
    return found
