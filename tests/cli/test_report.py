"""corpus report on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from typing_it import Corpus


def test_the_report_is_written_where_it_is_asked_for(corpus: Corpus, dirty: str, tmp_path: Path) -> None:
    said = corpus("report", dirty, "--out", tmp_path / "r.html", "--lang", "zh", "--sample", 1, "--json")
    assert said.code == 0
    assert json.loads(said.out.splitlines()[-1]) == {"run": dirty, "report": str(tmp_path / "r.html")}
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert '<html lang="zh"' in page


def test_it_stands_in_the_run_by_default(corpus: Corpus, dirty: str) -> None:
    said = corpus("report", dirty, "--sample", 0)
    assert said.out.split() == [f"{dirty}/report.html"]
    assert (Path(dirty) / "report.html").is_file()
    (Path(dirty) / "report.html").unlink()


def test_mistakes_are_told(corpus: Corpus, dirty: str, tmp_path: Path) -> None:
    assert "is not a run directory" in corpus("report", tmp_path).err
    said = corpus("report", dirty, "--map-png", tmp_path / "map.png")
    assert said.code == 2
    assert "made no vectors" in said.err
