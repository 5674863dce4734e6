from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpus import config
from corpus.identity import doc_ids
from corpus.stages.select import Select

ROWS = [
    {"url": "https://a.example/tag/x", "lang": "zh", "date": "2020-05-01", "text": "一篇关于水泵的文章"},
    {"url": "https://b.example/post/1", "lang": "en", "date": "2021-01-31T10:00:00Z", "text": "an article about pumps"},
    {"url": None, "lang": None, "date": None, "text": ""},
    {"url": "https://A.example/login", "lang": "zh-TW", "date": "last week", "text": "登入"},
]


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    kinds = {"url": pa.string(), "lang": pa.string(), "date": pa.string(), "text": pa.large_string()}
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    ids = doc_ids("s", [str(number) for number in range(len(rows))])
    return pa.RecordBatch.from_arrays([ids, *columns.values()], names=["doc_id", *columns])


def reasons(wanted: dict[str, Any]) -> list[str | None]:
    found = Select(config.Select.model_validate(wanted))(batch(ROWS)).column("dropped").to_pylist()
    return [reason and reason.removeprefix("select.") for reason in found]


def test_nothing_asked_nothing_dropped() -> None:
    assert reasons({}) == [None] * 4


def test_languages() -> None:
    assert reasons({"languages": {"include": ["zh*"]}}) == [None, "language", "language", None]
    assert reasons({"languages": {"exclude": ["en"]}}) == [None, "language", None, None]


def test_url_patterns_match_anywhere_unless_they_have_wildcards() -> None:
    assert reasons({"urls": {"exclude": ["/tag/"]}}) == ["url", None, None, None]
    assert reasons({"urls": {"include": ["https://?.example/*"]}}) == [None, None, "url", None]
    assert reasons({"urls": {"include": ["https://b*1"]}}) == ["url", None, "url", "url"]


def test_dates_cover_whole_days_and_months() -> None:
    assert reasons({"dates": {"from": "2020-06"}}) == ["date", None, None, None]
    assert reasons({"dates": {"to": "2021-01-31"}}) == [None, None, None, None]
    assert reasons({"dates": {"to": "2020", "required": True}}) == [None, "date", "date", "date"]


def test_keywords_are_plain_text() -> None:
    assert reasons({"keywords": {"include": ["水泵", "pumps"]}}) == [None, None, "keyword", "keyword"]
    assert reasons({"keywords": {"exclude": ["a.b", "登入"]}}) == [None, None, None, "keyword"]


def test_the_first_reason_in_the_stated_order_counts() -> None:
    assert reasons({"languages": {"exclude": ["zh"]}, "urls": {"exclude": ["example"]}}) == [
        "language",
        "url",
        None,
        "url",
    ]


@given(st.integers(0, 5), st.floats(0.1, 0.9))
def test_a_seeded_share_is_about_the_share_and_does_not_depend_on_batches(seed: int, share: float) -> None:
    rows = [ROWS[0]] * 2000
    select = Select(config.Select.model_validate({"sample": {"share": share, "seed": seed}}))
    whole = batch(rows)
    dropped = select(whole).column("dropped")
    pieces = [select(whole.slice(at, 700)).column("dropped") for at in range(0, 2000, 700)]
    assert pa.chunked_array(pieces).to_pylist() == dropped.to_pylist()
    assert abs(dropped.null_count / 2000 - share) < 0.06


def test_another_seed_chooses_others() -> None:
    rows = [ROWS[0]] * 500
    one, other = (
        Select(config.Select.model_validate({"sample": {"share": 0.5, "seed": seed}}))(batch(rows)).column("dropped")
        for seed in (1, 2)
    )
    assert one.to_pylist() != other.to_pylist()
