"""Fields, identities and metadata of each format."""

from __future__ import annotations

import datetime
import gzip
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import poison
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import Outcome, read_source

from corpus import config
from corpus.readers.html import extract

Read = Callable[..., Outcome]
ZH, ZH2 = poison.ZH, poison.ZH2


def line(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def only(out: Outcome) -> dict[str, object]:
    assert out.quarantined == []
    (row,) = out.rows
    return row


def test_fields_are_guessed_and_the_rest_is_kept(read: Read) -> None:
    data = line(id="k", text=ZH, url="u", title="t", language="zh", date="2024", n=[1, {"a": None}])
    row = only(read("x.jsonl", data))
    assert {**row, "meta": json.loads(str(row["meta"]))} == {
        "source_key": "k", "own_key": True, "text": ZH, "url": "u", "title": "t", "lang": "zh", "date": "2024",
        "meta": {"n": [1, {"a": None}]},
    }  # fmt: skip
    assert only(read("x.jsonl", line(content="a")))["text"] == "a"
    assert only(read("x.jsonl", line(text=None, body="b", content="a")))["text"] == "a"
    assert only(read("x.jsonl", line(text="a")))["meta"] is None


def test_ids_are_strings_numbers_or_else_the_url_or_else_the_place(read: Read) -> None:
    assert only(read("x.jsonl", line(text="a", id=7)))["source_key"] == "7"
    row = only(read("x.jsonl", line(text="a", id=[7], url="u")))
    assert (row["source_key"], row["own_key"], row["url"], row["meta"]) == ("u", True, "u", '{"id":[7]}')
    row = only(read("x.jsonl", b"\n" + line(text="a", id="")))
    assert (row["source_key"], row["own_key"], row["meta"]) == ("x.jsonl#1", False, '{"id":""}')
    assert only(read("x.jsonl", line(text="a", id=True)))["own_key"] is False


def test_explicit_and_dotted_fields_are_not_guessed_around(read: Read) -> None:
    fields = config.Fields(text="data.body", id="url", lang="meta.lang", title="no.such")
    data = line(url="u", text="not this", data={"body": ZH, "k": 1}, meta={"lang": "zh"}, title="t")
    row = only(read("x.jsonl", data, fields=fields))
    assert (row["text"], row["source_key"], row["url"], row["lang"], row["title"]) == (ZH, "u", "u", "zh", None)
    assert json.loads(str(row["meta"])) == {"text": "not this", "data": {"k": 1}, "meta": {}, "title": "t"}
    assert read("x.jsonl", line(text="a"), fields=fields).reasons == ["missing_text"]
    assert only(read("x.jsonl", line(**{"a.b": "x"}), fields=config.Fields(text="a.b")))["text"] == "x"
    assert only(read("x.jsonl", line(text="a"), lang="zh"))["lang"] == "zh"


def test_another_encoding_is_recorded_beside_the_records_own_metadata(read: Read) -> None:
    data = b"\n".join(line(text=text, k=1).decode().encode("gb18030") for text in (ZH, ZH2))
    for out in (read("x.jsonl", data), read("x.jsonl", data, encoding="gb18030")):
        assert [json.loads(row["meta"]) for row in out.rows] == [{"k": 1, "_corpus": {"encoding": "gb18030"}}] * 2
        assert out.keys == ["x.jsonl#0", f"x.jsonl#{data.index(10) + 1}"]
    row = only(read("x.txt", ZH.encode("utf-16")))
    assert json.loads(str(row["meta"])) == {"_corpus": {"encoding": "utf-16-le"}}


def test_whole_files_are_named_by_their_paths(tmp_path: Path) -> None:
    for name, data in {"a/x.txt": ZH.encode(), "a/b/y.html": poison.PAGE.encode()}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    out = read_source(config.Source(name="s", paths=(str(tmp_path),)))
    assert [(row["source_key"], row["own_key"]) for row in out.rows] == [("a/b/y.html", False), ("a/x.txt", False)]


def test_array_elements_are_keyed_by_where_they_stand(read: Read) -> None:
    data = b"[\n " + line(text="a") + b", " + line(text="b") + b"]"
    out = read("x.json", data)
    assert [data[int(key.split("#")[1]) :][:6] for key in out.keys] == [b'{"text'] * 2


def test_csv_columns_are_fields(read: Read) -> None:
    out = read("x.csv", b'id,content,n,n\r\n1,"a, ""b""\r\nc",x,\r\n\r\n2,d,y,z\r\n')
    assert out.keys == ["1", "2"]
    assert out.texts == ['a, "b"\r\nc', "d"]
    assert [json.loads(row["meta"]) for row in out.rows] == [{"n": "x", "n_2": ""}, {"n": "y", "n_2": "z"}]
    assert read("x.csv", b"text\na\nb\n").keys == ["x.csv#0", "x.csv#1"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.text(alphabet='a"\n,中', max_size=8)), min_size=1, max_size=6))
def test_rows_written_with_quotes_are_read_back(read: Read, rows: list[tuple[str, str]]) -> None:
    rows = [(text.encode("utf-8", "replace").decode(), other) for text, other in rows]
    quoted = ["".join('"' + cell.replace('"', '""') + '",' for cell in row)[:-1] for row in rows]
    out = read("x.csv", ("text,k\n" + "\n".join(quoted)).encode())
    assert out.reasons == []
    assert [(row["text"], json.loads(row["meta"])["k"]) for row in out.rows] == rows


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(alphabet='ab",\r\n', max_size=10), max_size=8))
def test_no_csv_breaks_the_reader_and_no_line_is_lost(read: Read, rows: list[str]) -> None:
    data = ("text,k\n" + "\n".join(rows)).encode()
    out = read("x.csv", data)
    raw = b"".join(row.raw for row in out.quarantined)
    said = "".join(f"{row['text']}{json.loads(row['meta'])['k']}" for row in out.rows)
    letters = sum(map(data[7:].count, (b"a", b"b")))
    assert raw.count(b"a") + raw.count(b"b") + said.count("a") + said.count("b") == letters


def test_parquet_values_json_lacks_are_kept_as_strings(read: Read) -> None:
    table = pa.table({
        "text": pa.array([ZH, ZH2]).dictionary_encode(),
        "id": [10, 11],
        "date": [datetime.datetime(2024, 5, 6), None],
        "price": [Decimal("1.50"), None],
        "nested": [{"a": [1, 2]}, None],
        "raw": [b"\xff", b"x"],
    })  # fmt: skip
    out = read("x.parquet", poison.parquet(table))
    assert out.keys == ["10", "11"]
    assert [row["date"] for row in out.rows] == ["2024-05-06T00:00:00", None]
    assert [json.loads(row["meta"]) for row in out.rows] == [
        {"price": "1.50", "nested": {"a": [1, 2]}, "raw": "\\xff"},
        {"raw": "x"},
    ]


def test_damage_in_one_row_group_leaves_the_others(read: Read) -> None:
    table = pa.table({"text": [f"{ZH}{number}" for number in range(300)]})
    data = bytearray(poison.parquet(table, row_group_size=100, compression="none", use_dictionary=False))
    page = pq.read_metadata(io.BytesIO(bytes(data))).row_group(1).column(0).data_page_offset
    data[page : page + 12] = b"\xff" * 12
    out = read("x.parquet", bytes(data))
    assert out.keys == [f"x.parquet#{number}" for number in [*range(100), *range(200, 300)]]
    assert [(row.reason, row.ordinal) for row in out.quarantined] == [("damaged_container", 100)]


@pytest.mark.parametrize("extractor", ["accurate", "fast"])
def test_a_page_gives_its_text_title_and_address(read: Read, extractor: str) -> None:
    head = '<link rel="canonical" href="https://example.org/a">'
    menu = "<nav><a href='/'>首页</a><a href='/b'>关于我们</a></nav>"
    data = poison.page(ZH, ZH2, head=head).replace("<article>", menu + "<article>").encode()
    row = only(read("x.html", data, extractor=extractor))
    assert (row["title"], row["url"]) == ("集市", "https://example.org/a")
    assert ZH in str(row["text"])
    assert ZH2 in str(row["text"])
    assert "关于我们" not in str(row["text"])


def test_a_program_listing_keeps_its_lines_and_loses_their_numbers(read: Read) -> None:
    listing = (
        '<figure class="highlight js"><table><tr><td class="gutter"><pre>1<br>2</pre></td><td class="code"><pre>'
        '<span class="line">let a = 1;</span><br><span class="line">  let b = a;</span></pre>'
        "</td></tr></table></figure>"
    )
    row = only(read("x.html", poison.page(ZH, listing, ZH2, ZH + ZH2).encode()))
    assert "let a = 1;\n  let b = a;\n" in str(row["text"])
    assert "|" not in str(row["text"])


def test_a_page_can_be_kept_as_it_is(read: Read) -> None:
    assert only(read("x.html", poison.PAGE.encode(), extractor="none"))["text"] == poison.PAGE


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="<>/divp &#;\"'=好!-[]", max_size=80), st.sampled_from(["accurate", "fast"]))
def test_no_page_breaks_an_extractor(html: str, extractor: str) -> None:
    page = extract(html, extractor)
    assert bool(page.problem) != bool(page.text.strip())


def test_an_archive_gives_address_date_and_id_and_counts_the_rest(read: Read) -> None:
    response = poison.warc("response", poison.http(poison.PAGE.encode(), status="404 Not Found"))
    data = poison.warc("warcinfo", b"x") + poison.warc("request", b"x") + response + poison.warc("metadata", b"x")
    out = read("x.warc.gz", gzip.compress(data))
    (row,) = out.rows
    assert str(row["source_key"]).startswith("urn:uuid:")
    assert (row["own_key"], row["date"], row["title"]) == (True, "2024-05-06T07:08:09Z", "集市")
    assert str(row["url"]).startswith("https://example.org/")
    assert json.loads(row["meta"]) == {"_corpus": {"http_status": 404}}
    assert out.skipped == {"warcinfo": 1, "request": 1, "metadata": 1}


def test_the_rest_of_a_damaged_archive_is_one_row_that_says_where_it_begins(read: Read) -> None:
    whole = poison.warc("response", poison.http(poison.page(ZH * 20_000).encode())) + poison.WET
    out = read("x.warc", whole + b"garbage" + poison.WET)
    (row,) = out.quarantined
    assert (row.ordinal, row.length) == (len(whole), len(poison.WET) + 7)
    assert row.raw == b"garbage" + poison.WET
    assert len(out.rows) == 2


def test_a_charset_in_the_http_header_counts(read: Read) -> None:
    body = "<html><body><article><p>好人</p></article></body></html>".encode("big5")
    out = read("x.warc", poison.warc("response", poison.http(body, "Content-Type: text/html; charset=Big5\r\n")),
               extractor="none")  # fmt: skip
    assert "好人" in only(out)["text"]  # type: ignore[operator]


def test_chunks_are_bounded(read: Read, tmp_path: Path) -> None:
    from corpus.readers.plan import plan_splits
    from corpus.readers.read import read_split

    (tmp_path / "y.jsonl").write_bytes(b"".join(line(text=ZH * 2000) + b"\n" for _ in range(100)) + b"{}\n" * 9000)
    source = config.Source(name="s", paths=(str(tmp_path / "y.jsonl"),))
    splits = plan_splits([source], 1 << 30)
    done = [chunk for split in splits for chunk in read_split(split, source, config.Limits())]
    assert max(chunk.records.column("text").nbytes for chunk in done) < 9 << 20
    assert max(chunk.records.num_rows + len(chunk.quarantined) for chunk in done) <= 4096
    assert sum(chunk.records.num_rows + len(chunk.quarantined) for chunk in done) == 9100
