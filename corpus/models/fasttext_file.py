"""What a file of fastText's format holds, read without a loader: nothing of another's is loaded before this agreed.

fastText's own loader trusts every number of a file, so a damaged or foreign one crashes it or keeps it busy for ever;
floret writes the same magic and version before other fields. Here each part's size follows from the numbers before it,
and the file must end where the last part ends: a file that does is what it says it is.

    magic, version | dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate (int32), t (double)
    size nwords nlabels (int32), ntokens pruned (int64) | size times: word NUL count (int64) type (int8) | pruned pairs
    quantised (bool), input matrix | quantised (bool), output matrix

Formats: the sources of fastText 0.9.2 (`args.cc`, `dictionary.cc`, `densematrix.cc`, `quantmatrix.cc`).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import UsageError

MAGIC = 793_712_314
VERSION = 12
SUPERVISED = 3
MAX_BYTES = 16 << 30
LABEL = "__label__"
_MAX_WORD = 1 << 16
_LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}


@dataclass(frozen=True)
class FastTextFile:
    """A supervised model in fastText's format. `labels` are in the order of the file, as stored (`__label__x`)."""

    bytes: int
    dim: int
    word_ngrams: int
    buckets: int
    subwords: tuple[int, int]
    loss: str
    words: int
    labels: tuple[str, ...]
    quantised: bool


class _Damaged(ValueError):
    """What is wrong, without the file's name."""


@dataclass
class _Walk:
    """A place in a file that only moves forward."""

    data: mmap.mmap
    place: int = 0

    def take(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize("<" + form)
        if self.place + size > len(self.data):
            raise _Damaged("ends too early")
        found = struct.unpack_from("<" + form, self.data, self.place)
        self.place += size
        return found

    def skip(self, size: int) -> None:
        if size < 0 or self.place + size > len(self.data):
            raise _Damaged("ends too early")
        self.place += size

    def word(self) -> bytes:
        end = self.data.find(b"\0", self.place, self.place + _MAX_WORD)
        if end < 0:
            raise _Damaged(f"has a word of more than {_MAX_WORD} bytes")
        found = self.data[self.place : end]
        self.place = end + 1
        return found


def examine(path: Path) -> FastTextFile:
    """What the file says it is, every part of it present and nothing behind it.

    UsageError when it is not a supervised model of fastText: another format, floret's, an unsupervised one, damaged,
    cut off, or larger than MAX_BYTES. Reads the dictionary and skips the matrices; a million words take a second.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"{path}: has {size} bytes, more than {MAX_BYTES}")
        if size < 100:
            raise UsageError(f"{path}: has {size} bytes, too few for a fastText model")
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _walked(_Walk(data))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except _Damaged as error:
        raise UsageError(f"{path}: is no fastText model that can be applied: it {error}") from None


def _walked(walk: _Walk) -> FastTextFile:
    magic, version = walk.take("ii")
    if magic != MAGIC:
        raise _Damaged("does not begin as a fastText model does; .vec and .txt files of vectors are none")
    if version != VERSION:
        raise _Damaged(f"has version {version}, not {VERSION}; load and save it with fastText 0.2 or newer")
    dim, _, _, _, _, ngrams, loss, model, buckets, minn, maxn, _ = walk.take("12i")
    walk.take("d")
    if model != SUPERVISED:
        raise _Damaged("was not trained with labels (supervised), so it cannot classify")
    if not (0 < dim <= 4096 and 0 < ngrams <= 16 and buckets >= 0 and 0 <= minn <= maxn + minn and loss in _LOSSES):
        raise _Damaged("has a header of another format (floret writes one) or of a damaged file")
    entries, words, many, _, pruned = walk.take("iiiqq")
    if not (0 < many <= entries and words >= 0 and words + many == entries and pruned >= -1):
        raise _Damaged("has a dictionary of another format (floret writes one) or of a damaged file")
    labels: list[str] = []
    for _ in range(entries):
        word = walk.word()
        _, kind = walk.take("qb")
        if kind == 1:
            labels.append(word.decode("utf-8", "replace"))
        elif kind != 0:
            raise _Damaged("has a dictionary entry that is neither word nor label")
    if len(labels) != many or len(set(labels)) != many:
        raise _Damaged(f"names {len(set(labels))} labels where its dictionary says {many}")
    walk.skip(8 * max(0, pruned))
    quantised = bool(walk.take("?")[0])
    rows = words + (pruned if quantised and pruned >= 0 else buckets)
    _matrix(walk, quantised, rows, dim, "input")
    quantised_out = bool(walk.take("?")[0])
    _matrix(walk, quantised and quantised_out, many, dim, "output")
    if walk.place != len(walk.data):
        raise _Damaged(f"has {len(walk.data) - walk.place} bytes behind its end")
    return FastTextFile(
        len(walk.data), dim, ngrams, buckets, (minn, maxn), _LOSSES[loss], words, tuple(labels), quantised
    )


def _matrix(walk: _Walk, quantised: bool, rows: int, dim: int, name: str) -> None:
    if not quantised:
        found = walk.take("qq")
        if found != (rows, dim):
            raise _Damaged(f"has an {name} matrix of {found[0]} times {found[1]}, not {rows} times {dim}")
        walk.skip(4 * rows * dim)
        return
    by_norm = bool(walk.take("?")[0])
    found_rows, found_dim, codes = walk.take("qqi")
    if (found_rows, found_dim) != (rows, dim):
        raise _Damaged(f"has an {name} matrix of {found_rows} times {found_dim}, not {rows} times {dim}")
    walk.skip(codes)
    _quantizer(walk, dim)
    if by_norm:
        walk.skip(rows)
        _quantizer(walk, 1)


def _quantizer(walk: _Walk, dim: int) -> None:
    found, _, _, _ = walk.take("iiii")
    if found != dim:
        raise _Damaged(f"has a quantiser of {found} dimensions, not {dim}")
    walk.skip(4 * dim * 256)
