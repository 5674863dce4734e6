from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import write_jsonl
from similar import chinese

from corpus import config
from corpus.dedup.taste import Taste, taste
from corpus.readers.plan import plan_splits


def tasted(path: Path, exact: bool = True, **more: Any) -> Taste:
    source = config.Source(name="s", paths=(str(path),))
    dedup = config.Dedup(exact=exact, near=config.Near())
    return taste(plan_splits([source], 1 << 14), {"s": source}, config.Limits(), dedup, config.Near(), **more)


def write(folder: Path) -> Path:
    texts = [chinese(seed, 120) for seed in range(200)]
    write_jsonl(folder / "1.jsonl", [{"id": f"a{place}", "text": text} for place, text in enumerate(texts)])
    again = [{"id": f"b{place}", "text": f" {text}。"} for place, text in enumerate(texts[::2])]
    write_jsonl(folder / "2.jsonl", [*again, {"id": "empty", "text": ""}])
    return folder


def test_all_of_a_small_input_is_taken_each_text_once(tmp_path: Path) -> None:
    seen = tasted(write(tmp_path))
    assert (seen.read, seen.share, seen.records, seen.copies, len(seen)) == (1, 1, 301, 100, 200)


def test_a_sample_is_bounded_and_holds_the_same_share_of_copies(tmp_path: Path) -> None:
    seen = tasted(write(tmp_path), texts=60)
    assert 20 <= len(seen) <= 60
    assert seen.share in (0.5, 0.25, 0.125)
    assert len(seen) / seen.share == pytest.approx(200, rel=0.4)
    assert seen.copies / seen.share == pytest.approx(100, rel=0.6)


def test_the_sample_does_not_depend_on_files_and_the_seed_changes_it(tmp_path: Path) -> None:
    one = tasted(write(tmp_path), texts=60)
    rows = [line for name in ("2", "1") for line in (tmp_path / f"{name}.jsonl").read_bytes().splitlines()]
    write_jsonl(tmp_path / "whole" / "x.jsonl", rows)
    other = tasted(tmp_path / "whole", texts=60)
    assert sorted(one.id0.tolist()) == sorted(other.id0.tolist())
    assert set(tasted(write(tmp_path / "x"), texts=60, seed=1).id0.tolist()) != set(one.id0.tolist())


def test_input_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    for number in range(8):
        write_jsonl(tmp_path / f"{number}.jsonl", [{"text": chinese(number * 100 + row, 300)} for row in range(30)])
    seen = tasted(tmp_path, read_bytes=40_000)
    assert 0 < seen.read < 0.9
    assert seen.share == seen.read
    assert seen.records / seen.read == pytest.approx(240, rel=0.2)


def test_copies_count_where_they_are_no_duplicates(tmp_path: Path) -> None:
    seen = tasted(write(tmp_path), exact=False)
    assert (len(seen), seen.copies) == (301, 0)
    assert np.count_nonzero(seen.shingles == 0) == 1


def test_an_empty_input_gives_an_empty_sample(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"")
    assert len(tasted(tmp_path)) == 0
