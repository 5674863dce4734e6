"""Near-duplicates in a run: what goes, in whose favour, and that nothing about the machine shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import Go, contents, published, rows_of, settings, write_jsonl
from similar import chinese, edited

from corpus import config, pipeline
from corpus.errors import RejectedTooMuch
from corpus.inspect.explain import explain
from corpus.rundir import RunDir


def near(path: Path, /, sources: Any = None, **dedup: Any) -> config.Pipeline:
    source = sources or [{"name": "s", "paths": str(path), "lang": "zh"}]
    return settings(*source, rules=[], dedup={"near": {}, **dedup})


def kept_keys(run: Path) -> set[str]:
    return set(published(run)["source_key"].to_pylist())


def test_a_pair_that_differs_in_two_characters_is_one(go: Go, tmp_path: Path) -> None:
    text = chinese(1, 300)
    write_jsonl(tmp_path / "in.jsonl", [{"id": "a", "text": text}, {"id": "b", "text": edited(text, 2)}])
    result = go(near(tmp_path / "in.jsonl"), tmp_path / "run")
    assert dict(result.account.merged) == {"near_duplicate": 1}
    (gone,) = rows_of(tmp_path / "run", "rejected")
    assert gone["reasons"] == ["near_duplicate"]
    assert 0.7 <= gone["similarity"] < 1
    (row,) = published(tmp_path / "run").to_pylist()
    assert gone["survivor"] == row["doc_id"]
    assert row["cluster_size"] == 2


TWINS = {
    "traditional": ("机器学习让计算机从数据里发现规律", "機器學習讓計算機從數據裡發現規律"),
    "width": ("ＡＢＣ公司２０２４年发布了新产品", "ABC公司2024年发布了新产品"),
}


@pytest.mark.parametrize("kind", TWINS)
def test_twins_in_another_spelling_are_one(go: Go, tmp_path: Path, kind: str) -> None:
    body = chinese(5, 200)
    one, other = (body[:100] + part + body[100:] for part in TWINS[kind])
    write_jsonl(tmp_path / "in.jsonl", [{"text": one}, {"text": edited(other, 1)}])
    assert go(near(tmp_path / "in.jsonl"), tmp_path / "run").account.kept == 1


def test_what_is_not_alike_stays(go: Go, tmp_path: Path) -> None:
    """Unrelated, short, empty, punctuation, and records of one form with other numbers."""
    form = "订单编号{}，下单时间2024年3月{}日，金额{}元，" + chinese(9, 200)
    texts = [chinese(seed) for seed in range(20)]
    texts += ["", "", "你好", "你好吗", "短文", "。。。！！！", "，，，，？？？"]
    texts += [form.format(1000 + place, 1 + place, 7 * place) for place in range(8)]
    write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in texts])
    result = go(near(tmp_path / "in.jsonl"), tmp_path / "run")
    assert result.account.kept == len(texts)


def test_numbers_can_be_ignored(go: Go, tmp_path: Path) -> None:
    """Mirrors with a counter are copies where the pipeline says so."""
    body = chinese(9, 400)
    write_jsonl(tmp_path / "in.jsonl", [{"text": f"阅读{place}次。{body}"} for place in range(5)])
    assert go(near(tmp_path / "in.jsonl"), tmp_path / "distinct").account.kept == 5
    ignored = near(tmp_path / "in.jsonl", near={"numbers": "ignore"})
    assert go(ignored, tmp_path / "ignored").account.kept == 1


def test_a_chain_does_not_eat_its_middle(go: Go, tmp_path: Path) -> None:
    """Each is like its neighbours alone: every one that goes is like one that stays."""
    texts = [chinese(3, 400)]
    for step in range(1, 9):
        texts.append(edited(texts[-1], 12, seed=step))
    write_jsonl(tmp_path / "in.jsonl", [{"id": str(number), "text": text} for number, text in enumerate(texts)])
    result = go(near(tmp_path / "in.jsonl"), tmp_path / "run")
    assert 1 < result.account.kept < len(texts)
    ids = set(published(tmp_path / "run")["doc_id"].to_pylist())
    for gone in rows_of(tmp_path / "run", "rejected"):
        assert gone["survivor"] in ids
        assert gone["similarity"] >= 0.7


def test_priority_decides_who_survives(go: Go, tmp_path: Path) -> None:
    text = chinese(2)
    write_jsonl(tmp_path / "a.jsonl", [{"id": "long", "text": edited(text, 2) + chinese(77, 30)}])
    write_jsonl(tmp_path / "b.jsonl", [{"id": "trusted", "text": text}])
    sources = [
        {"name": "a", "paths": str(tmp_path / "a.jsonl")},
        {"name": "b", "paths": str(tmp_path / "b.jsonl"), "priority": 5},
    ]
    go(near(tmp_path, sources), tmp_path / "run")
    assert kept_keys(tmp_path / "run") == {"trusted"}
    go(near(tmp_path, [{**source, "priority": 0} for source in sources]), tmp_path / "longest")
    assert kept_keys(tmp_path / "longest") == {"long"}


def test_a_copy_of_a_record_that_went_later_names_the_last_survivor(go: Go, tmp_path: Path) -> None:
    """An exact copy of a near-duplicate: its survivor went too, so it is shown the one that stayed."""
    text = chinese(4)
    alike = edited(text, 3)
    best = {"id": "best", "text": text + "。" + chinese(8, 20)}
    rows = [best, {"id": "x", "text": alike}, {"id": "y", "text": alike}]
    write_jsonl(tmp_path / "in.jsonl", rows)
    result = go(near(tmp_path / "in.jsonl"), tmp_path / "run")
    assert dict(result.account.merged) == {"exact_duplicate": 1, "near_duplicate": 1}
    (kept,) = published(tmp_path / "run").to_pylist()
    assert kept["source_key"] == "best"
    assert kept["cluster_size"] == 3
    gone = rows_of(tmp_path / "run", "rejected")
    assert {row["survivor"] for row in gone} == {kept["doc_id"]}
    assert all(0.7 <= row["similarity"] < 1 for row in gone)
    for row in gone:
        (told,) = explain(str(tmp_path / "run"), row["doc_id"])
        assert told.survivor is not None
        assert (told.survivor.doc_id, told.survivor.source_key) == (kept["doc_id"], "best")
        assert told.survivor.similarity == pytest.approx(row["similarity"])


def test_urls_keep_the_newest_or_the_longest(go: Go, tmp_path: Path) -> None:
    page = "http://example.com/a"
    rows = [
        {"id": "old", "text": chinese(1, 300), "url": page, "date": "2020-01-01"},
        {"id": "new", "text": chinese(2, 200), "url": f"{page}?utm_source=x", "date": "2024-05-01"},
        {"id": "other", "text": chinese(3, 200), "url": f"{page}?id=2", "date": "2019-01-01"},
        {"id": "none", "text": chinese(4, 200)},
    ]
    write_jsonl(tmp_path / "in.jsonl", rows)
    for keep, survivor in (("newest", "new"), ("longest", "old")):
        result = go(near(tmp_path / "in.jsonl", near=None, urls=keep), tmp_path / keep)
        assert dict(result.account.merged) == {"same_url": 1}
        assert kept_keys(tmp_path / keep) == {survivor, "other", "none"}


def test_records_of_one_template_are_told_and_kept(go: Go, tmp_path: Path) -> None:
    """Boilerplate around contents of their own: nothing goes, and the manifest says what was seen."""
    frame = chinese(6, 600)
    texts = [frame[:300] + chinese(1000 + number, 70) + frame[300:] for number in range(30)]
    copies = [edited(chinese(50, 500), 3, seed=number) for number in range(30)]
    write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in texts + copies])
    result = go(near(tmp_path / "in.jsonl"), tmp_path / "run")
    assert result.account.kept == 31
    details = RunDir.open(str(tmp_path / "run")).published["dedup-near"].manifest.details
    assert details["templates"] == 1
    assert details["template_members"] > 15


def test_a_wipe_out_stops_and_says_how_to_go_on(go: Go, tmp_path: Path) -> None:
    text = chinese(1)
    write_jsonl(tmp_path / "in.jsonl", [{"text": edited(text, 2, seed=number)} for number in range(40)])
    guarded = near(tmp_path / "in.jsonl", guard={"least": 10, "source_share": 0.8})
    with pytest.raises(RejectedTooMuch, match=r"s: 39 of 40 records .*dedup\.guard\.source_share"):
        go(guarded, tmp_path / "run")
    assert not (tmp_path / "run" / "dataset").exists()
    allowed = near(tmp_path / "in.jsonl", guard={"least": 10, "source_share": 1, "alarm_share": 0.5})
    result = go(allowed, tmp_path / "run")
    assert result.account.kept == 1
    assert any("39 of 40" in note for note in result.notes)


def records() -> list[dict[str, Any]]:
    """Clusters of several sizes, chains, exact copies of near-duplicates, and records of their own."""
    rows = [{"id": f"own{seed}", "text": chinese(seed, 250)} for seed in range(60)]
    for cluster in range(12):
        text = chinese(500 + cluster, 350)
        for copy in range(2 + cluster):
            rows.append({"id": f"c{cluster}.{copy}", "text": edited(text, 1 + copy, seed=copy)})
        rows.append({"id": f"c{cluster}.again", "text": edited(text, 1, seed=0)})
    return rows


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, spark: Any) -> tuple[Path, dict[str, Any]]:
    from corpus.execute import execute

    folder = tmp_path_factory.mktemp("near")
    write_jsonl(folder / "in.jsonl", records())
    execute(pipeline.compose(near(folder / "in.jsonl")), str(folder / "run"), spark=spark)
    return folder / "in.jsonl", contents(folder / "run")


@pytest.mark.parametrize(("split_bytes", "part_bytes"), [(1 << 14, 64 << 20), (64 << 20, 1 << 14)])
def test_splits_and_parts_do_not_show(
    go: Go, tmp_path: Path, expected: tuple[Path, Any], split_bytes: int, part_bytes: int
) -> None:
    path, wanted = expected
    go(near(path), tmp_path / "run", split_bytes=split_bytes, part_bytes=part_bytes)
    assert contents(tmp_path / "run") == wanted


def test_the_order_of_records_does_not_show(go: Go, tmp_path: Path, expected: tuple[Path, Any]) -> None:
    write_jsonl(tmp_path / "in.jsonl", list(reversed(records())))
    go(near(tmp_path / "in.jsonl"), tmp_path / "run")
    found = contents(tmp_path / "run")
    assert {name: digests for name, (_, digests) in found.items()} == {
        name: digests for name, (_, digests) in expected[1].items()
    }
