"""What a stage wrote: files with digests, and the account of every row. Its appearance is the commit.

A *receipt* is the same statement for one split, left by the worker that wrote it; a manifest is the sum of a stage's
receipts. An output exists if and only if its manifest does, and readers take their files from it, never from a
directory listing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from pydantic import Field, ValidationError

from corpus import storage
from corpus.errors import CommitFailed, VerifyError
from corpus.located import Strict

FORMAT = 1
Counts = Mapping[str, int]


class RowAccount(Strict):
    """Where the rows of one stage went: `rows_in = kept + dropped + merged + quarantined`, each row counted once."""

    rows_in: int = 0
    kept: int = 0
    dropped: Counts = Field(default_factory=dict)
    merged: Counts = Field(default_factory=dict)
    quarantined: Counts = Field(default_factory=dict)

    @property
    def removed(self) -> int:
        """Rows that do not go on."""
        return sum(self.dropped.values()) + sum(self.merged.values()) + sum(self.quarantined.values())

    @property
    def balances(self) -> bool:
        """Whether every row that came in is accounted for."""
        return self.rows_in == self.kept + self.removed

    def __add__(self, other: RowAccount) -> RowAccount:
        return RowAccount(
            rows_in=self.rows_in + other.rows_in,
            kept=self.kept + other.kept,
            dropped=add_counts([self.dropped, other.dropped]),
            merged=add_counts([self.merged, other.merged]),
            quarantined=add_counts([self.quarantined, other.quarantined]),
        )

    def then(self, later: RowAccount) -> RowAccount:
        """This stage followed by `later`, as one: what came in here, what was kept there."""
        return (self + later).model_copy(update={"rows_in": self.rows_in, "kept": later.kept})


def add_counts(many: Iterable[Counts]) -> dict[str, int]:
    """The sum of counts by name, names sorted, zeros left out."""
    total: Counter[str] = Counter()
    for counts in many:
        total.update(counts)
    return {name: total[name] for name in sorted(total) if total[name]}


class File(Strict):
    """A committed file: its table, its path below the stage's directory, and what it must still be."""

    table: str
    path: str
    rows: int
    bytes: int
    sha256: str


class Part(Strict):
    """A numbered block of rows with the files that hold it, all in the same row order where they are dense."""

    number: int
    rows: int
    files: tuple[File, ...] = ()

    def file(self, table: str) -> File | None:
        """The file of a table; None when the part has no row in it."""
        return next((file for file in self.files if file.table == table), None)


class Receipt(Strict):
    """What one split or one task wrote."""

    key: str
    parts: tuple[Part, ...] = ()
    accounts: Mapping[str, RowAccount] = Field(default_factory=dict)
    digests: Mapping[str, str] = Field(default_factory=dict)
    counts: Mapping[str, Counts] = Field(default_factory=dict)
    bytes_in: int = 0


class Manifest(Strict):
    """The committed output of a stage.

    `digests` holds one order-independent 128-bit digest of rows per table, as hex; with `accounts` and `fingerprint`
    it is what `content` summarises, and it does not depend on partitioning. `environment` and `seconds` are for people.
    """

    format: int = FORMAT
    stage: str
    version: int
    fingerprint: str
    inputs: Mapping[str, str] = Field(default_factory=dict)
    accounts: Mapping[str, RowAccount]
    digests: Mapping[str, str] = Field(default_factory=dict)
    counts: Mapping[str, Counts] = Field(default_factory=dict)
    details: Mapping[str, Any] = Field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    environment: Mapping[str, str] = Field(default_factory=dict)
    seconds: float = 0.0

    @property
    def content(self) -> str:
        """Digest of what was produced: equal for equal input and settings, whatever the machine or the partitions."""
        accounts = {name: account.model_dump() for name, account in self.accounts.items()}
        return digest_of([self.stage, self.version, self.fingerprint, accounts, dict(self.digests)])

    @property
    def account(self) -> RowAccount:
        """All accounts of the stage as one."""
        return chain(self.accounts.values())

    def files(self) -> Iterator[File]:
        """Every committed file, in part order."""
        for part in self.parts:
            yield from part.files


def chain(accounts: Iterable[RowAccount]) -> RowAccount:
    """Accounts of consecutive stages as one account."""
    total: RowAccount | None = None
    for account in accounts:
        total = account if total is None else total.then(account)
    return total or RowAccount()


def digest_of(value: Any) -> str:
    """sha256 of `value` as canonical JSON (sorted keys)."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def add_digests(many: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Sums modulo 2^128 of row digests, table by table."""
    total: dict[str, int] = {}
    for digests in many:
        for table, value in digests.items():
            total[table] = (total.get(table, 0) + int(value, 16)) & ((1 << 128) - 1)
    return {table: f"{total[table]:032x}" for table in sorted(total)}


def combine(receipts: Sequence[Receipt]) -> dict[str, Any]:
    """The fields that a manifest takes from its receipts."""
    names = dict.fromkeys(name for receipt in receipts for name in receipt.accounts)
    counts = dict.fromkeys(name for receipt in receipts for name in receipt.counts)
    empty = RowAccount()
    return {
        "parts": tuple(sorted((part for receipt in receipts for part in receipt.parts), key=lambda part: part.number)),
        "accounts": {
            name: sum((receipt.accounts.get(name, empty) for receipt in receipts), start=empty) for name in names
        },
        "digests": add_digests(receipt.digests for receipt in receipts),
        "counts": {name: add_counts(receipt.counts.get(name, {}) for receipt in receipts) for name in sorted(counts)},
    }


def encode(value: Strict) -> bytes:
    """A manifest or receipt as it is stored: indented JSON with a digest of itself, so a torn file is noticed."""
    body = value.model_dump(mode="json")
    return orjson.dumps({**body, "self": digest_of(body)}, option=orjson.OPT_INDENT_2)


def decode_manifest(data: bytes, where: str) -> Manifest:
    """The manifest in `data`; VerifyError when it is torn, altered or of another format."""
    return Manifest.model_validate(_checked(data, where))


def decode_receipt(data: bytes, where: str) -> Receipt:
    """The receipt in `data`; VerifyError when it is torn or altered."""
    return Receipt.model_validate(_checked(data, where))


def _checked(data: bytes, where: str) -> dict[str, Any]:
    try:
        body = orjson.loads(data)
        expected = body.pop("self")
        if digest_of(body) != expected:
            raise ValueError("its own digest does not match")
        if body.get("format", FORMAT) != FORMAT:
            raise ValueError(f"format {body['format']} is not the format {FORMAT} this version reads")
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise VerifyError(f"{where}: is damaged ({error}); restore it or delete its directory and run again") from None
    return dict(body)


def load(uri: str) -> Manifest | None:
    """The committed manifest at `uri`; None when nothing was committed there."""
    try:
        data = storage.read_bytes(uri)
    except FileNotFoundError:
        return None
    return decode_manifest(data, uri)


def commit(manifest: Manifest, uri: str) -> Manifest:
    """Make the stage's output exist. If another runner did so first with equal content, its manifest is returned."""
    if storage.put_atomic(uri, encode(manifest), replace=False):
        return manifest
    other = load(uri)
    if other is None or other.content != manifest.content:
        raise CommitFailed(
            f"{uri}: another run committed stage {manifest.stage!r} with other content; "
            "two different versions of the program or of the input wrote to one run directory"
        )
    return other


def damage(manifest: Manifest, root: str) -> Iterator[str]:
    """Every committed file of the stage that is missing, of another size or of other bytes, said in one line each."""
    for file in manifest.files():
        uri = storage.join(root, file.path)
        size = storage.size(uri)
        if size is None:
            yield f"{uri}: is missing"
        elif size != file.bytes:
            yield f"{uri}: has {size} bytes, its manifest says {file.bytes}"
        elif storage.sha256(uri) != file.sha256:
            yield f"{uri}: its bytes changed since it was committed"
    for name, account in manifest.accounts.items():
        if not account.balances:
            yield f"{manifest.stage}: the account of {name} does not balance: {account.model_dump_json()}"
