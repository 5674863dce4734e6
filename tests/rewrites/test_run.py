"""A run with rewrites publishes changed texts, counts what they took, and is another run than one without."""

from __future__ import annotations

import json
from pathlib import Path

from building import Go, prose, published, settings, write_jsonl


def test_a_run_rewrites_counts_and_has_a_fingerprint_of_its_own(go: Go, tmp_path: Path) -> None:
    texts = [prose(number) + f"\n点赞 {number}\n电话13800000000。" for number in range(20)]
    write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in texts])
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl"), "lang": "zh"}
    go(settings(source, rules=[]), tmp_path / "run")
    go(settings(source, rules=[], rewrites=["zh", "pii"]), tmp_path / "run")
    found = published(tmp_path / "run").column("text").to_pylist()
    assert all(text.endswith("\n电话<PHONE>。") and "点赞" not in text for text in found)
    manifests = [json.loads(path.read_text()) for path in (tmp_path / "run/stages/text").glob("*/manifest.json")]
    assert len(manifests) == 2
    (counts,) = [one["counts"]["rewrite"] for one in manifests if "rewrite" in one["counts"]]
    assert counts["pii.all.phone"] == 20
    assert counts["zh.counters"] == sum(len(f"点赞 {number}\n") for number in range(20))
