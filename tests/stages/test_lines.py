from __future__ import annotations

import pyarrow as pa

from corpus.stages.lines import COLUMNS, LineKeys


def keyed(*texts: str | None, least: int = 4) -> pa.RecordBatch:
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})
    return LineKeys("line", least)(batch)


def test_places_are_byte_offsets_into_each_text_and_take_the_newline_along() -> None:
    texts = ["前言\n  关注我们的公众号  \n后记", "关注我们的公众号"]
    found = keyed("无", *texts).to_pylist()[1:]
    assert found[0]["line"] == found[1]["line"]
    assert [texts[0].encode()[s:e].decode() for s, e in zip(found[0]["start"], found[0]["end"], strict=True)] == [
        "  关注我们的公众号  \n"
    ]
    assert (found[1]["start"], found[1]["end"]) == ([0], [24])


def test_short_lines_and_code_are_counted_but_not_listed() -> None:
    (row,) = keyed("一二三四\n一二三！\n\n```\nimport something\n```\n五六七八").to_pylist()
    assert len(row["line"]) == 2
    assert row["unlisted"] == 4


def test_texts_without_lines_have_empty_lists_and_the_types_are_as_declared() -> None:
    batch = keyed("", "\n\n", None)
    assert [row["line"] for row in batch.to_pylist()] == [[], [], []]
    assert {item.name: item.type for item in batch.schema} == COLUMNS
