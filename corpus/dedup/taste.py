"""A bounded, seeded sample of the input, signed: what a plan is made from.

Texts are chosen by the hash of their exact key, so all exact copies of a text are in the sample or none is, and what
is left of the sample when they are out is the same share of what is left of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import config
from corpus.config import Near
from corpus.identity import doc_ids, halves
from corpus.inspect.sample import mixed
from corpus.kernels.fold import fold_keys
from corpus.kernels.minhash import Signer
from corpus.manifest import digest_of
from corpus.readers.read import read_split
from corpus.readers.split import Split

TEXTS = 200_000
"""Texts whose signatures are held, about 0.1 GB at 256 permutations; half of them go when there are more."""
READ_BYTES = 4 << 30
"""Bytes of text that are read before the rest of the input is taken to be alike."""


@dataclass(frozen=True)
class Taste:
    """What was read and seen.

    `read` is the share of the input's stored bytes that was read; `share` the probability with which a text of the
    input is in the sample. `records`, `unreadable` and `text_bytes` count what was read, `copies` the exact copies of
    texts of the sample that are not in it themselves. The other fields have one value, or row, a text;
    `names` are the keys of the records.
    """

    read: float
    share: float
    stored_bytes: int
    text_bytes: int
    records: int
    unreadable: int
    copies: int
    id0: np.ndarray
    id1: np.ndarray
    bands: np.ndarray
    sketch: np.ndarray
    shingles: np.ndarray
    key: np.ndarray
    masked: np.ndarray
    characters: np.ndarray
    names: np.ndarray

    def __len__(self) -> int:
        return len(self.id0)


def taste(
    splits: Sequence[Split],
    sources: Mapping[str, config.Source],
    limits: config.Limits,
    dedup: config.Dedup,
    near: Near,
    seed: int = 0,
    texts: int = TEXTS,
    read_bytes: int = READ_BYTES,
) -> Taste:
    """Reads splits in a seeded order until `read_bytes` of text are in, whole splits always, and keeps at most `texts`.

    Holds the signatures of some three times `texts` texts, and a batch.
    """
    stored = sum(split.bytes for split in splits)
    held = _Held(Signer(near.bands * near.rows, near.bands, near.rows, near.seed), dedup.exact, seed, texts)
    read = text_bytes = records = unreadable = 0
    for split in sorted(splits, key=lambda one: digest_of([seed, one.key])):
        if text_bytes >= read_bytes:
            break
        for chunk in read_split(split, sources[split.source], limits):
            text_bytes += int(pc.sum(pc.binary_length(chunk.records.column("text"))).as_py() or 0)
            records += chunk.records.num_rows
            unreadable += len(chunk.quarantined)
            held.add(split.source, chunk.records)
        read += split.bytes
    share = read / stored if stored else 1.0
    columns = held.settle()
    id0, id1 = columns.pop("key0"), columns.pop("key1")
    return Taste(
        read=share,
        share=share * held.share,
        stored_bytes=stored,
        text_bytes=text_bytes,
        records=records,
        unreadable=unreadable,
        copies=len(held.taken) - len(id0),
        id0=id0,
        id1=id1,
        **columns,
    )


@dataclass
class _Held:
    """The sample while it is read: the texts with the smallest hashes, a `share` of all."""

    signer: Signer
    exact: bool
    seed: int
    most: int
    share: float = 1.0
    parts: list[dict[str, np.ndarray]] = field(default_factory=list)
    taken: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))

    def add(self, source: str, records: pa.RecordBatch) -> None:
        """Take in the records of a batch that are in the sample."""
        text = records.column("text")
        there = np.ones(len(text), bool)
        if self.exact:
            both = fold_keys(text)
            there = both[0].is_valid().to_numpy(zero_copy_only=False)
            key0, key1 = (half.fill_null(0).to_numpy() for half in both)
        else:
            key0, key1 = halves(doc_ids(source, records.column("source_key").to_pylist()))
        rows = np.flatnonzero(there & self._below(key0, key1))
        self.taken = np.concatenate([self.taken, mixed(key0[rows], key1[rows], self.seed)])
        at = pa.array(rows)
        self.parts.append(self._signed(text.take(at), records.column("source_key").take(at), key0[rows], key1[rows]))
        if self._many() > 2 * self.most:
            self.settle()

    def settle(self) -> dict[str, np.ndarray]:
        """The texts, each once where exact copies are duplicates, at most `most` of them."""
        none = np.zeros(0, np.int64)
        nothing = self._signed(pa.array([], pa.large_string()), pa.array([], pa.string()), none, none)
        whole = {name: np.concatenate([part[name] for part in [nothing, *self.parts]]) for name in nothing}
        if self.exact:
            keys = np.rec.fromarrays([whole["key0"], whole["key1"]])
            first = np.sort(np.unique(keys, return_index=True)[1])
            whole = {name: values[first] for name, values in whole.items()}
        while len(whole["key0"]) > self.most:
            self.share /= 2
            below = self._below(whole["key0"], whole["key1"])
            whole = {name: values[below] for name, values in whole.items()}
            self.taken = self.taken[self.taken < self._cut()]
        self.parts = [whole]
        return whole

    def _many(self) -> int:
        return sum(len(part["key0"]) for part in self.parts)

    def _cut(self) -> np.uint64:
        return np.uint64(int(self.share * 2.0**64))

    def _below(self, key0: np.ndarray, key1: np.ndarray) -> np.ndarray:
        if self.share == 1:
            return np.ones(len(key0), bool)
        return np.asarray(mixed(key0, key1, self.seed) < self._cut())

    def _signed(self, text: pa.Array, names: pa.Array, key0: np.ndarray, key1: np.ndarray) -> dict[str, np.ndarray]:
        signed = self.signer.sign(text)
        return {
            "key0": key0,
            "key1": key1,
            "bands": signed.bands,
            "sketch": signed.sketch,
            "shingles": signed.shingles,
            "key": signed.key,
            "masked": signed.masked,
            "characters": pc.utf8_length(text).to_numpy().astype(np.int64),
            "names": names.to_numpy(zero_copy_only=False),
        }
