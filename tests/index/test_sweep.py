from __future__ import annotations

import time
from pathlib import Path

from indexing import run, unlike

from corpus.index.generation import Index
from corpus.index.grow import add, build
from corpus.index.sweep import sweep


def test_what_no_generation_names_goes_after_its_grace_and_nothing_else(tmp_path: Path) -> None:
    run(tmp_path, "a", [("k", unlike(1))])
    run(tmp_path, "b", [("k", unlike(2))])
    root = str(tmp_path / "index")
    index, _ = build([str(tmp_path / "a")], root)
    add(index, [str(tmp_path / "b")])
    orphan = tmp_path / "index" / "segments" / "dead" / "records.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"left behind")
    assert sweep(root).files == ()
    freed = sweep(root, now=time.time() + 48 * 3600)
    assert set(freed.files) == {"segments/dead/records.parquet", "generations/00000001.json"}
    assert not orphan.parent.exists()
    left = Index.open(root)
    assert left.now.number == 2
    assert left.verify() == []
