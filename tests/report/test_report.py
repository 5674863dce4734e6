"""The report opens from disk, draws everything, speaks both languages, and nothing in a record can act in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import Browser
from building import SENTENCES
from hostile import LEARNED, SAYINGS, TITLE, hostile_run

from corpus.errors import UsageError
from corpus.report.html.page import Languages
from corpus.report.report import report, write_map_png, write_report
from corpus.rundir import RunDir

SECTIONS = {"funnel", "rules", "tiers", "scores", "map", "signals", "samples", "duplicates", "made"}


@pytest.fixture(scope="session")
def page(hostile: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With every record in the samples."""
    return Path(write_report(hostile, str(tmp_path_factory.mktemp("page") / "report.html"), sample=50))


def test_it_opens_from_disk_without_a_complaint_and_asks_nobody_for_anything(page: Path, browser: Browser) -> None:
    browser.open(page)
    browser.until("return document.readyState === 'complete'")
    browser.scroll_through()
    assert browser.complaints() == []
    asked = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in asked if not name.startswith(("data:", "blob:"))] == []
    assert (
        set(browser.run("return Array.from(document.querySelectorAll('details.section'), (part) => part.id)"))
        >= SECTIONS
    )


def test_every_chart_is_drawn(page: Path, browser: Browser) -> None:
    browser.open(page)
    browser.scroll_through()
    charts = int(browser.run("return document.querySelectorAll('.plot').length"))
    assert charts > 20
    browser.scroll_through()
    browser.until(
        "return Array.from(document.querySelectorAll('.plot')).every((plot) => plot.querySelector('svg.main-svg'))"
    )
    shapes = (
        "return Array.from(document.querySelectorAll('.plot')).filter((plot) => !plot.querySelector('path')).length"
    )
    assert browser.run(shapes) == 0
    assert browser.run("return document.querySelectorAll('#map .plot .scatterlayer path').length") > 20
    browser.run("document.querySelector('#map .views button:last-child').click()")
    browser.until("return document.querySelector('#map .views button:last-child').ariaPressed === 'true'")
    assert browser.complaints() == []


def test_what_records_say_stands_there_and_does_nothing(page: Path, browser: Browser) -> None:
    browser.open(page)
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    browser.scroll_through()
    assert browser.run("return window.owned === undefined")
    assert browser.run("return document.title") == f"Corpus report: {TITLE}"
    assert browser.run("return document.querySelectorAll('script').length") == 3
    assert browser.run("return document.querySelectorAll('main img, main a, main b > b').length") == 0
    shown = str(browser.run("return document.querySelector('main').textContent"))
    for name in ("script", "image", "quotes", "ends", "template", "link"):
        assert SAYINGS[name] in shown, name
    assert "before⟨U+2028⟩between⟨U+2029⟩after" in shown
    assert "⟨U+202E⟩gnp.exe" in shown
    assert "\u202e" not in page.read_text(encoding="utf-8")
    assert browser.complaints() == []


def test_evidence_is_marked_and_duplicates_stand_beside_what_stayed(page: Path, browser: Browser) -> None:
    browser.open(page)
    marks = browser.run(
        "return Array.from(document.querySelectorAll('#samples .said mark:not(.differs)'), (mark) => mark.textContent)"
    )
    assert any(said.startswith("https://example.org/") for said in marks)
    assert browser.run("return document.querySelectorAll('#samples .pair').length") >= 8
    differing = browser.run(
        "return Array.from(document.querySelectorAll('#samples mark.differs'), (mark) => mark.textContent)"
    )
    assert any("script" in said for said in differing)
    rules = browser.run("return document.querySelector('#samples .evidence').textContent")
    assert re.search(r"[a-z.]+ = .* · ", rules)


def test_the_switch_changes_every_word_and_the_charts(page: Path, browser: Browser) -> None:
    browser.open(page)
    shown = "return Array.from(document.querySelectorAll('h2'), (head) => head.innerText)"
    axis = "return document.querySelector('#funnel .xtitle').textContent"
    first = {"en": "Funnel", "zh": "漏斗"}
    browser.until("return document.querySelector('#funnel .xtitle')")
    before = str(browser.run("return document.documentElement.dataset.show"))
    assert first[before] in browser.run(shown)
    assert browser.run(axis) == {"en": "records", "zh": "记录"}[before]
    browser.run("document.getElementById('language').click()")
    after = {"en": "zh", "zh": "en"}[before]
    assert first[after] in browser.run(shown)
    assert first[before] not in browser.run(shown)
    browser.until(
        f"return document.querySelector('#funnel .xtitle').textContent === '{ {'en': 'records', 'zh': '记录'}[after] }'"
    )
    browser.run("document.getElementById('language').click(); document.getElementById('theme').click()")
    assert browser.complaints() == []


def test_tables_sort_and_sections_fold(page: Path, browser: Browser) -> None:
    browser.open(page)
    head = "document.querySelector('#tiers thead th.n button')"
    numbers = (
        "return Array.from(document.querySelectorAll('#tiers tbody')[0].rows, (row) => Number(row.cells[1].dataset.v))"
    )
    browser.run(f"{head}.click()")
    falling = browser.run(numbers)
    browser.run(f"{head}.click()")
    rising = browser.run(numbers)
    assert falling == sorted(falling, reverse=True)
    assert rising == sorted(falling)
    browser.run("document.querySelector('#tiers > summary').click()")
    browser.until("return !document.querySelector('#tiers').open")
    browser.run("document.querySelector('nav a[href=\"#tiers\"]').click()")
    browser.until("return document.querySelector('#tiers').open")


@pytest.mark.parametrize(("languages", "shown", "hidden"), [("zh", "漏斗", "Funnel"), ("en", "Funnel", "漏斗")])
def test_one_language_has_no_switch(
    hostile: str, tmp_path: Path, browser: Browser, languages: Languages, shown: str, hidden: str
) -> None:
    browser.open(Path(write_report(hostile, str(tmp_path / "one.html"), languages, sample=1)))
    heads = browser.run("return Array.from(document.querySelectorAll('h2'), (head) => head.innerText)")
    assert shown in heads
    assert hidden not in heads
    assert browser.run("return document.getElementById('language')") is None


def test_no_more_of_the_corpus_is_in_it_than_was_asked_for(hostile: str) -> None:
    none, some = report(hostile, sample=0), report(hostile, sample=1)
    assert 'id="samples"' not in none
    assert not any(said[:12] in none for said in SENTENCES)
    assert any(said[:12] in some for said in SENTENCES)
    assert len(some) - len(none) < 1 << 20
    assert "长" * 2000 not in report(hostile, sample=50)
    assert str(Path(hostile).parent) not in some


def test_it_is_the_same_however_the_run_was_cut_up(hostile: str) -> None:
    other = hostile_run(Path(hostile).parent, split_bytes=1 << 13, name="other", **LEARNED)
    assert len(RunDir.open(other).published["text"].manifest.parts) > len(
        RunDir.open(hostile).published["text"].manifest.parts
    )
    assert _untimed(report(other, sample=5)) == _untimed(report(hostile, sample=5))


def _untimed(page: str) -> str:
    """What stands in the page before the table of stages, without the seconds."""
    return re.sub(r"[\d,]+ (s in all stages|秒)", "", page[page.index("<main>") : page.index('id="made"')])


def test_sections_without_data_are_left_out(tmp_path: Path) -> None:
    run = hostile_run(
        tmp_path, [{"id": str(number), "text": "一样的话。" * 30 + str(number)} for number in range(3)], rules=[]
    )
    page = report(run)
    for name in ("rules", "map", "cuts", "leaks", "duplicates"):
        assert f'id="{name}"' not in page
    with pytest.raises(UsageError, match="made no vectors"):
        write_map_png(run, str(tmp_path / "map.png"))


def test_a_directory_that_is_no_run_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run directory"):
        report(str(tmp_path))


def test_the_map_is_a_picture_too(hostile: str, tmp_path: Path) -> None:
    write_map_png(hostile, str(tmp_path / "map.png"))
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
