from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import manifest
from corpus.errors import CommitFailed, VerifyError
from corpus.manifest import File, Manifest, Part, Receipt, RowAccount

COUNTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 1000), max_size=3)


def accounts() -> st.SearchStrategy[RowAccount]:
    def build(kept: int, dropped: dict[str, int], merged: dict[str, int], quarantined: dict[str, int]) -> RowAccount:
        total = kept + sum(dropped.values()) + sum(merged.values()) + sum(quarantined.values())
        return RowAccount(rows_in=total, kept=kept, dropped=dropped, merged=merged, quarantined=quarantined)

    return st.builds(build, st.integers(0, 1000), COUNTS, COUNTS, COUNTS)


def sample_manifest(**changes: object) -> Manifest:
    file = File(table="text", path="attempt-1/part.parquet", rows=2, bytes=4, sha256="0" * 64)
    fields = {
        "stage": "text",
        "version": 1,
        "fingerprint": "f" * 64,
        "accounts": {"ingest": RowAccount(rows_in=3, kept=2, dropped={"x": 1})},
        "parts": (Part(number=0, rows=2, files=(file,)),),
        "digests": {"text": "0" * 31 + "1"},
    }
    return Manifest.model_validate(fields | changes)


@given(accounts(), accounts())
def test_sums_of_balanced_accounts_balance(one: RowAccount, other: RowAccount) -> None:
    assert (one + other).balances
    assert (one + other).rows_in == one.rows_in + other.rows_in


@given(accounts(), st.integers(0, 500))
def test_a_chain_of_stages_balances_from_first_in_to_last_kept(first: RowAccount, dropped: int) -> None:
    dropped = min(dropped, first.kept)
    second = RowAccount(rows_in=first.kept, kept=first.kept - dropped, dropped={"late": dropped})
    total = manifest.chain([first, second])
    assert total.balances
    assert (total.rows_in, total.kept) == (first.rows_in, second.kept)


def test_an_account_that_loses_a_row_does_not_balance() -> None:
    assert not RowAccount(rows_in=5, kept=3, dropped={"x": 1}).balances


@given(st.lists(st.integers(0, (1 << 128) - 1), max_size=6), st.randoms())
def test_digests_add_up_in_any_order(values: list[int], random: object) -> None:
    digests = [{"text": f"{value:032x}"} for value in values]
    shuffled = digests[::-1]
    assert manifest.add_digests(digests) == manifest.add_digests(shuffled)
    if values:
        assert int(manifest.add_digests(digests)["text"], 16) == sum(values) % (1 << 128)


def test_a_manifest_survives_storage_unchanged() -> None:
    one = sample_manifest()
    assert manifest.decode_manifest(manifest.encode(one), "here") == one


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_of_a_manifest_is_noticed(place: int, change: int) -> None:
    data = bytearray(manifest.encode(sample_manifest()))
    data[place % len(data)] ^= change
    try:
        again = manifest.decode_manifest(bytes(data), "manifest.json")
    except VerifyError:
        return
    assert again == sample_manifest(), "a change that is not noticed must not change what is read"


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_torn_manifest_is_noticed(cut: int) -> None:
    with pytest.raises(VerifyError, match="manifest.json"):
        manifest.decode_manifest(manifest.encode(sample_manifest())[:cut], "manifest.json")


def test_the_content_does_not_depend_on_parts_times_or_machines() -> None:
    one = sample_manifest()
    other = sample_manifest(parts=(), seconds=9.0, environment={"python": "4"}, details={"x": 1})
    assert one.content == other.content
    assert one.content != sample_manifest(digests={"text": "0" * 31 + "2"}).content


def test_the_first_commit_stands_and_an_equal_second_one_returns_it(tmp_path: Path) -> None:
    uri = str(tmp_path / "manifest.json")
    first = manifest.commit(sample_manifest(seconds=1.0), uri)
    assert manifest.commit(sample_manifest(seconds=2.0), uri) == first
    assert manifest.load(uri) == first


def test_a_second_commit_with_other_content_is_refused(tmp_path: Path) -> None:
    uri = str(tmp_path / "manifest.json")
    first = manifest.commit(sample_manifest(), uri)
    with pytest.raises(CommitFailed, match="other content"):
        manifest.commit(sample_manifest(digests={"text": "0" * 32}), uri)
    assert manifest.load(uri) == first


def test_a_receipt_keeps_its_counts(tmp_path: Path) -> None:
    receipt = Receipt(key="k", counts={"skipped": {"warcinfo": 2}}, accounts={"ingest": RowAccount(rows_in=1, kept=1)})
    assert manifest.decode_receipt(manifest.encode(receipt), "r") == receipt


def test_damage_names_what_is_missing_shorter_or_altered(tmp_path: Path) -> None:
    import hashlib

    good = b"abcd"
    files = [
        File(table="t", path=name, rows=1, bytes=4, sha256=hashlib.sha256(good).hexdigest())
        for name in ("missing", "short", "altered", "good")
    ]
    (tmp_path / "short").write_bytes(b"abc")
    (tmp_path / "altered").write_bytes(b"abce")
    (tmp_path / "good").write_bytes(good)
    lines = list(manifest.damage(sample_manifest(parts=(Part(number=0, rows=1, files=tuple(files)),)), str(tmp_path)))
    assert [line.split("/")[-1] for line in lines] == [
        "missing: is missing",
        "short: has 3 bytes, its manifest says 4",
        "altered: its bytes changed since it was committed",
    ]
