"""Converting keeps every record or says where it went, cuts shards where it says, and leaves nothing after an error."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from building import write_jsonl

from corpus import config, manifest, storage
from corpus.convert import Converted, Wanted, convert
from corpus.errors import RejectedTooMuch, UsageError
from corpus.identity import doc_ids
from corpus.shards import Limit
from corpus.stage import DROPPED
from corpus.stages.select import Select

AWKWARD = (
    "渡口停了三天。\r\n水退了就开船。",
    "",
    "\u2028行分隔\u0085和\u0000零",
    '𠀀😀 "quoted" \\ back\tslash',
    "  空格在两端  \n\n\n",
)


def source(*paths: Path, name: str = "s", **more: Any) -> tuple[config.Source, ...]:
    return (config.Source(name=name, paths=tuple(map(str, paths)), **more),)


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"r{n}", "text": f"第{n}条。" * (1 + n % 7), "score": n / 7, "tag": {"a": [n, None]}}
        for n in range(count)
    ]


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(out.glob("*.jsonl")) for line in path.read_bytes().split(b"\n") if line]


def sizes(done: Converted) -> list[int]:
    return [shard.file.rows for shard in done.shards]


def ids(out: Path) -> list[str]:
    return [line["id"] for line in lines(out)]


def test_jsonl_comes_back_with_exactly_the_text_and_every_field(tmp_path: Path) -> None:
    records = [
        {"id": str(n), "text": text, "weight": 0.1 + n, "n": {"deep": [1, "二"]}} for n, text in enumerate(AWKWARD)
    ]
    convert(source(write_jsonl(tmp_path / "in.jsonl", records)), str(tmp_path / "out"), Wanted())
    assert lines(tmp_path / "out") == records


def test_parquet_and_back_is_the_same_as_jsonl_at_once(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(50))
    convert(source(given), str(tmp_path / "p"), Wanted(to="parquet", limit=Limit(20, "rows")))
    convert(source(tmp_path / "p" / "*.parquet"), str(tmp_path / "back"), Wanted())
    assert lines(tmp_path / "back") == rows(50)


def test_a_field_whose_name_is_taken_is_kept_under_another(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [{"key": "k", "id": 7, "body": "正文", "text": "摘要", "text_": "x"}])
    fields = config.Fields(text="body", id="key")
    convert(source(given, fields=fields), str(tmp_path / "out"), Wanted())
    assert lines(tmp_path / "out") == [{"id": "k", "text": "正文", "id_": 7, "text__": "摘要", "text_": "x"}]


def test_a_record_without_an_id_gets_its_place(tmp_path: Path) -> None:
    convert(source(write_jsonl(tmp_path / "in.jsonl", [{"text": "一"}])), str(tmp_path / "out"), Wanted())
    assert ids(tmp_path / "out") == ["in.jsonl#0"]


def test_text_shards_divide_records_by_empty_lines_and_drop_empty_ones(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": "一\n\n\n二\r\n三"}, {"text": " \n"}, {"text": "四"}])
    done = convert(source(given), str(tmp_path / "out"), Wanted(to="text"))
    assert (tmp_path / "out" / "part-00000.txt").read_text(encoding="utf-8") == "一\n二\n三\n\n四\n\n"
    assert (done.account.kept, done.account.dropped) == (2, {"empty_text": 1})


def test_every_record_is_written_sampled_out_or_quarantined(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [*rows(40), b'{"id": "x", "text": "broken', b'{"text": "\xff"}'])
    done = convert(source(given), str(tmp_path / "out"), Wanted(share=0.5))
    account = done.account
    assert account.rows_in == 42
    assert account.balances
    assert account.quarantined == {"bad_encoding": 1, "bad_json": 1}
    assert account.kept == len(lines(tmp_path / "out"))
    assert account.dropped == {"select.sample": 40 - account.kept}
    rejected = pq.read_table(tmp_path / "out" / "quarantine" / "part-00000.parquet")
    assert sorted(rejected["reason"].to_pylist()) == ["bad_encoding", "bad_json"]


def test_a_share_takes_the_records_that_a_pipelines_sample_takes(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(300))
    convert(source(given, name="news"), str(tmp_path / "out"), Wanted(share=0.2, seed=5))
    stage = Select(config.Select(sample=config.Sampling(share=0.2, seed=5)))
    import pyarrow as pa

    keys = [f"r{n}" for n in range(300)]
    null = pa.nulls(300, pa.string())
    batch = pa.RecordBatch.from_pydict(
        {
            "doc_id": doc_ids("news", keys),
            "url": null,
            "lang": null,
            "date": null,
            "text": pa.array(keys, pa.large_string()),
        }
    )
    dropped = stage(batch).column(DROPPED).to_pylist()
    assert ids(tmp_path / "out") == [key for key, reason in zip(keys, dropped, strict=True) if reason is None]


@pytest.mark.parametrize("wanted", [1, 17, 299, 300, 1000])
def test_a_number_of_records_is_exactly_that_many(tmp_path: Path, wanted: int) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(300))
    done = convert(source(given), str(tmp_path / "out"), Wanted(rows=wanted))
    assert done.account.kept == min(wanted, 300)


def test_a_number_of_records_is_exact_where_ids_repeat(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [{"id": "same", "text": str(n)} for n in range(20)])
    done = convert(source(given), str(tmp_path / "out"), Wanted(rows=7))
    assert [line["text"] for line in lines(tmp_path / "out")] == [str(n) for n in range(7)]
    assert done.account.kept == 7


def test_the_same_records_are_chosen_in_any_order_and_others_by_another_seed(tmp_path: Path) -> None:
    chosen = []
    for name, records, seed in (("a", rows(200), 1), ("b", rows(200)[::-1], 1), ("c", rows(200), 2)):
        given = write_jsonl(tmp_path / name / "in.jsonl", records)
        convert(source(given), str(tmp_path / f"out-{name}"), Wanted(rows=30, seed=seed))
        chosen.append(set(ids(tmp_path / f"out-{name}")))
    assert chosen[0] == chosen[1] != chosen[2]


def test_shards_are_cut_by_rows_and_named_by_number(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(25))
    done = convert(source(given), str(tmp_path / "out"), Wanted(limit=Limit(10, "rows")))
    assert [shard.file.path for shard in done.shards] == [f"part-0000{n}.jsonl" for n in range(3)]
    assert sizes(done) == [10, 10, 5]
    assert ids(tmp_path / "out") == [f"r{n}" for n in range(25)]


def test_no_shard_is_larger_than_its_bytes_unless_one_record_is(tmp_path: Path) -> None:
    records = [{"id": str(n), "text": "字" * (3000 if n == 5 else 100)} for n in range(12)]
    done = convert(
        source(write_jsonl(tmp_path / "in.jsonl", records)), str(tmp_path / "out"), Wanted(limit=Limit(1000))
    )
    for shard in done.shards:
        assert shard.file.bytes <= 1000 or shard.file.rows == 1
    assert sum(sizes(done)) == 12
    assert max(shard.file.bytes for shard in done.shards) > 9000


def test_shards_are_cut_by_tokens_of_the_tokenizer(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({"x": 0, "?": 1}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    given = write_jsonl(tmp_path / "in.jsonl", [{"id": str(n), "text": "x " * 30} for n in range(10)])
    wanted = Wanted(limit=Limit(100, "tokens"), tokenizer=str(tmp_path / "tokenizer.json"))
    done = convert(source(given), str(tmp_path / "out"), wanted)
    assert [(shard.file.rows, shard.tokens) for shard in done.shards] == [(3, 90), (3, 90), (3, 90), (1, 30)]


@pytest.mark.parametrize("compress", ["gzip", "zstd"])
def test_compressed_shards_hold_the_same_lines(tmp_path: Path, compress: Any) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(30))
    convert(source(given), str(tmp_path / "plain"), Wanted())
    convert(source(given), str(tmp_path / "packed"), Wanted(compress=compress))
    (packed,) = (tmp_path / "packed").glob("part-*")
    data = packed.read_bytes()
    found = (
        gzip.decompress(data) if compress == "gzip" else zstandard.ZstdDecompressor().decompressobj().decompress(data)
    )
    assert found == (tmp_path / "plain" / "part-00000.jsonl").read_bytes()


def test_the_manifest_names_every_file_with_its_digest(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [*rows(25), b"{"])
    convert(source(given), str(tmp_path / "out"), Wanted(limit=Limit(10, "rows")))
    written = manifest.load(str(tmp_path / "out" / "manifest.json"))
    assert written is not None
    assert list(manifest.damage(written, str(tmp_path / "out"))) == []
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {file.path for file in written.files()} == files - {"manifest.json"}
    (tmp_path / "out" / "part-00001.jsonl").write_bytes(b"")
    assert len(list(manifest.damage(written, str(tmp_path / "out")))) == 1


def test_the_digest_of_the_rows_does_not_depend_on_format_or_shards(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(40))
    digests = []
    for name, wanted in (
        ("a", Wanted()),
        ("b", Wanted(to="parquet", limit=Limit(7, "rows"))),
        ("c", Wanted(share=0.5)),
    ):
        convert(source(given), str(tmp_path / name), wanted)
        written = manifest.load(str(tmp_path / name / "manifest.json"))
        assert written is not None
        digests.append(written.digests["data"])
    assert digests[0] == digests[1] != digests[2]


def test_too_much_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [*rows(5), b"{"])
    with pytest.raises(RejectedTooMuch, match="bad_json 1"):
        convert(source(given), str(tmp_path / "out"), Wanted())
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
    done = convert(source(given), str(tmp_path / "out"), Wanted(quarantine_share=0.5))
    assert done.account.kept == 5


def test_an_error_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(30))
    put = storage.put_atomic

    def full(uri: str, data: bytes, *, replace: bool = True) -> bool:
        if uri.endswith("manifest.json"):
            raise OSError("no space left on device")
        return put(uri, data, replace=replace)

    monkeypatch.setattr(storage, "put_atomic", full)
    with pytest.raises(OSError, match="no space"):
        convert(source(given), str(tmp_path / "out"), Wanted(limit=Limit(10, "rows")))
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_directory_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", rows(3))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match="not an empty directory"):
        convert(source(given), str(tmp_path / "out"), Wanted())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_what_cannot_be_asked_is_told_all_at_once(tmp_path: Path) -> None:
    wanted = replace(Wanted(share=0.0, compress="gzip", to="parquet"), limit=Limit(0), rows=0)
    with pytest.raises(UsageError) as error:
        convert(source(tmp_path / "none"), str(tmp_path / "out"), wanted)
    assert told(str(error.value)) == ["--sample", "--sample", "--rows", "--shard-bytes", "--compress"]


def told(message: str) -> Sequence[str]:
    return [line.split()[0] for line in message.splitlines()]
