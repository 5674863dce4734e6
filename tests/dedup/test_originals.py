from __future__ import annotations

from pathlib import Path
from typing import Any

from building import write_jsonl
from similar import chinese

from corpus import config
from corpus.dedup.originals import Original, choose
from corpus.readers.plan import plan_splits


def chosen(folder: Path, wanted: int, seed: int = 0) -> tuple[Original, ...]:
    source = config.Source(name="s", paths=(str(folder),))
    return choose(plan_splits([source], 1 << 20), {"s": source}, config.Limits(), wanted, seed)


def records() -> list[dict[str, Any]]:
    long = [{"id": f"l{seed}", "text": chinese(seed, 200)} for seed in range(50)]
    return [*long, *({"id": f"s{seed}", "text": chinese(seed, 40)} for seed in range(50)), {"id": "e", "text": ""}]


def test_the_same_long_records_are_chosen_in_every_order(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a" / "in.jsonl", records())
    write_jsonl(tmp_path / "b" / "1.jsonl", list(reversed(records()))[:60])
    write_jsonl(tmp_path / "b" / "2.jsonl", list(reversed(records()))[60:])
    one, other = chosen(tmp_path / "a", 8), chosen(tmp_path / "b", 8)
    assert one == other
    assert len(one) == 8
    assert all(len(item.text) == 200 for item in one)
    assert {item.doc_id for item in chosen(tmp_path / "a", 8, seed=1)} != {item.doc_id for item in one}


def test_an_id_that_repeats_is_chosen_once_and_few_records_give_few(tmp_path: Path) -> None:
    write_jsonl(
        tmp_path / "in.jsonl", [{"id": "same", "text": chinese(1, 200)}, {"id": "same", "text": chinese(2, 200)}]
    )
    assert len(chosen(tmp_path, 10)) == 1
