"""What a run learns from its own texts: the same however it is cut up, and made anew only where it must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from building import Go, contents, prose, published, rows_of, settings, write_jsonl

from corpus.embed.hashed import vectors_of
from corpus.errors import ConfigError
from corpus.identity import doc_ids
from corpus.inspect.tiering import dry_run
from corpus.pipeline import compose
from corpus.rundir import RunDir

POLICY = """\
min_group: 20
validation: {share: 0.2}
tiers:
  - name: high
    when: [{column: quality, min_percentile: 50}]
  - name: low
"""
QUALITY = """\
parts:
  - {column: perplexity, better: low, weight: 2}
  - {signal: {kernel: terminal_line_ratio}, better: high}
"""


def records() -> list[dict[str, Any]]:
    rows = [{"text": prose(number), "id": f"r{number}"} for number in range(160)]
    garbled = [{"text": "，".join(prose(number)[::-1]), "id": f"g{number}"} for number in range(200, 220)]
    english = [
        {
            "text": f"The pump number {number} was taken apart and its bearing replaced by a new one. " * 3,
            "id": f"e{number}",
        }
        for number in range(30)
    ]
    return [*rows, *garbled, *english]


SIMPLE: dict[str, Any] = {"embed": None, "cluster": None, "dedup": {"exact": True}}


def asked(folder: Path, **more: Any) -> Any:
    write_jsonl(folder / "in.jsonl", records())
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "quality.yaml").write_text(QUALITY, encoding="utf-8")
    given = {
        "rules": [],
        "perplexity": {"order": 3},
        "embed": {"dim": 16},
        "cluster": {"k": 5},
        "dedup": {"exact": True, "semantic": {"threshold": 0.999}},
        "quality": str(folder / "quality.yaml"),
        "tiers": str(folder / "policy.yaml"),
        **more,
    }
    return settings({"name": "s", "paths": [str(folder / "in.jsonl")]}, **given)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learned")


@pytest.fixture(scope="module")
def run(folder: Path, spark: Any) -> Path:
    from corpus.execute import execute

    root = folder / "run"
    execute(compose(asked(folder)), str(root), spark=spark)
    return root


def test_published_rows_have_their_scores(run: Path) -> None:
    rows = published(run)
    assert rows.num_rows == 210 - len(rows_of(run, "rejected"))
    for name in ("quality", "quality_disagreement", "cluster", "cluster_similarity"):
        assert rows.column(name).null_count == 0, name
    # The model has seen too little English to say anything of it.
    known = {row["source_key"][0] for row in rows.to_pylist() if row["perplexity"] is not None}
    assert known == {"r", "g"}
    assert set(rows.column("split").to_pylist()) == {"train", "validation"}
    quality = np.array(rows.column("quality").to_pylist())
    tier = np.array(rows.column("tier").to_pylist())
    assert quality[tier == "high"].min() > quality[tier == "low"].max() or len(set(tier)) == 1


def test_the_garbled_texts_are_the_most_surprising(run: Path) -> None:
    rows = [*published(run).to_pylist()]
    garbled = [row["perplexity"] for row in rows if row["source_key"].startswith("g")]
    clean = [row["perplexity"] for row in rows if row["source_key"].startswith("r")]
    assert min(garbled) > max(clean)


def test_who_goes_for_meaning_has_a_survivor_that_is_published(run: Path) -> None:
    ids = set(published(run).column("doc_id").to_pylist())
    gone = [row for row in rows_of(run, "rejected") if row["reasons"] == ["semantic_duplicate"]]
    assert gone
    assert all(row["survivor"] in ids and row["similarity"] >= 0.999 for row in gone)


def test_near_vectors_alone_remove_nothing_where_the_embedder_counts_words(
    go: Go, folder: Path, tmp_path: Path
) -> None:
    kept = {}
    for shared in (0.0, 0.95):
        more = {"dedup": {"exact": True, "semantic": {"threshold": 0.9, "shared": shared}}, "quality": None}
        go(asked(folder, **more, tiers="single", perplexity=None), tmp_path / str(shared))
        kept[shared] = published(tmp_path / str(shared)).num_rows
    assert kept[0.0] < kept[0.95]


def test_a_run_tells_what_other_thresholds_would_remove(run: Path) -> None:
    stages = RunDir.open(str(run)).published
    would_go = {float(name): count for name, count in stages["semantic-edges"].manifest.details["would_go"].items()}
    assert would_go[0.999] == stages["dedup-semantic"].manifest.account.merged["semantic_duplicate"]
    assert [would_go[one] for one in sorted(would_go)] == sorted(would_go.values(), reverse=True)


def test_vectors_are_stored_with_the_digest_of_their_model(run: Path) -> None:
    stage = RunDir.open(str(run)).published["embed"]
    assert len(stage.manifest.details["model"]) >= 12
    file = next(iter(stage.table("vectors").files.values()))
    table = pq.read_table(f"{stage.slot.root}/{file.path}")
    assert table.column("vector").type == pa.list_(pa.float16(), 16)
    lengths = np.linalg.norm(vectors_of(table.column("vector")).astype(np.float64), axis=1)
    assert np.allclose(lengths, 1, atol=2e-3)


@pytest.mark.parametrize(
    "how", [{"split_bytes": 1 << 12, "part_bytes": 1 << 13}, {"split_bytes": 1 << 15, "rows_here": 0}]
)
def test_neither_splits_nor_spark_show(go: Go, folder: Path, tmp_path: Path, run: Path, how: dict[str, int]) -> None:
    go(asked(folder), tmp_path / "run", **how)
    assert contents(tmp_path / "run") == contents(run)
    assert RunDir.open(str(tmp_path / "run")).verify() == []


def committed(root: Path) -> dict[str, str]:
    return {name: stage.slot.root for name, stage in RunDir.open(str(root)).published.items()}


def test_another_tier_policy_makes_only_tiers_and_the_data_set_anew(go: Go, folder: Path, run: Path) -> None:
    before = committed(run)
    other = folder / "other.yaml"
    other.write_text(POLICY.replace("min_percentile: 50", "min_percentile: 80"), encoding="utf-8")
    go(asked(folder, tiers=str(other)), run)
    after = committed(run)
    assert {name for name in after if after[name] != before[name]} == {"tier", "publish"}
    go(asked(folder), run)
    assert committed(run) == before


def test_another_quality_policy_learns_nothing_anew(go: Go, folder: Path, run: Path) -> None:
    before = committed(run)
    other = folder / "quality2.yaml"
    other.write_text(QUALITY.replace("weight: 2", "weight: 5"), encoding="utf-8")
    go(asked(folder, quality=str(other)), run)
    after = committed(run)
    assert {name for name in after if after[name] != before[name]} == {"quality", "tier", "publish"}
    go(asked(folder), run)


def test_a_budget_leaves_out_the_worst_and_accounts_for_them(go: Go, folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / "budget.yaml"
    policy.write_text(POLICY + "mixture: {budget: {rows: 80}, by: quality}\n", encoding="utf-8")
    result = go(asked(folder, tiers=str(policy), **SIMPLE), tmp_path / "run")
    kept = published(tmp_path / "run")
    left_out = [row for row in rows_of(tmp_path / "run", "rejected") if row["reasons"] == ["over_budget"]]
    assert result.account.dropped["over_budget"] == len(left_out)
    assert abs(kept.num_rows - 80) <= 3
    assert RunDir.open(str(tmp_path / "run")).verify() == []
    mixture = RunDir.open(str(tmp_path / "run")).published["tier"].manifest.details["mixture"]
    assert [one["source"] for one in mixture] == ["s"]


def test_a_dry_run_says_what_the_policy_would_give(folder: Path, run: Path, go: Go) -> None:
    other = folder / "dry.yaml"
    other.write_text(POLICY.replace("min_percentile: 50", "min_percentile: 30"), encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    found = dry_run(str(run), str(other), most=3)
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    go(asked(folder, tiers=str(other)), run)
    tiers = published(run).column("tier").to_pylist()
    assert {one.tier: one.rows for one in found.tiers} == {name: tiers.count(name) for name in ("high", "low")}
    assert sum(one.tokens for one in found.tiers) == sum(published(run).column("tokens").to_pylist())
    inside = [one for one in found.marginal if one.inside]
    outside = [one for one in found.marginal if not one.inside]
    assert len(inside) == len(outside) == 3
    assert max(one.value for one in outside) <= min(one.value for one in inside)
    go(asked(folder), run)


def test_columns_of_ones_own_are_joined_by_id(go: Go, folder: Path, tmp_path: Path) -> None:
    ids = doc_ids("s", ["r1", "r2"])
    scores = tmp_path / "judged.parquet"
    pq.write_table(pa.table({"doc_id": ids, "judge.score": [5, 1], "note": ["gut", "schlecht"]}), scores)
    quality = tmp_path / "judged.yaml"
    quality.write_text("parts: [{column: judge.score, curve: [[1, 0], [5, 1]]}]\n", encoding="utf-8")
    more = {
        **SIMPLE,
        "columns": [{"file": str(scores), "take": ["judge.score", "note"]}],
        "quality": str(quality),
        "perplexity": None,
    }
    go(asked(folder, **more), tmp_path / "run")
    rows = {row["source_key"]: row for row in published(tmp_path / "run").to_pylist()}
    assert (rows["r1"]["judge.score"], rows["r1"]["note"], rows["r1"]["quality"]) == (5.0, "gut", 1.0)
    assert rows["r2"]["quality"] == 0.0
    assert rows["r3"]["judge.score"] is None
    assert rows["r3"]["quality"] is None


def test_a_policy_that_looks_at_what_nobody_stores_is_a_mistake(folder: Path) -> None:
    with pytest.raises(ConfigError, match="'quality', which no stage .* ask for it with the key 'quality'"):
        compose(asked(folder, quality=None))


def test_a_continuity_model_gives_its_columns_to_the_policies(go: Go, folder: Path, tmp_path: Path) -> None:
    from corpus.models.continuity.files import train_files
    from corpus.models.continuity.train import Settings

    write_jsonl(tmp_path / "good.jsonl", [{"text": prose(number)} for number in range(300, 360)])
    small = Settings(bits=8, columns=4, seam_bits=8, seam_columns=4, places=5_000)
    train_files([str(tmp_path / "good.jsonl")], tmp_path / "model", small, lang="zh")
    quality = tmp_path / "goes_on.yaml"
    quality.write_text("parts: [{column: continuity, better: high}]\n", encoding="utf-8")
    more = {**SIMPLE, "continuity": str(tmp_path / "model"), "quality": str(quality), "perplexity": None}
    go(asked(folder, **more), tmp_path / "run")
    rows = published(tmp_path / "run").to_pylist()
    with_value = [row for row in rows if row["continuity"] is not None]
    assert with_value
    assert all((row["quality"] is None) == (row["continuity"] is None) for row in rows)
    with pytest.raises(ConfigError, match="no continuity model"):
        compose(asked(folder, **{**more, "continuity": str(tmp_path / "none")}))
