"""The page opens from disk, shows answers and verdicts, filters, takes corrections, and nothing in a text can act."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Browser
from evaluating import HOSTILE, HOW, bench, rating
from judge_server import serving

from corpus.errors import UsageError
from corpus.evaluation import pairwise, pointwise
from corpus.evaluation.answers import Answers
from corpus.evaluation.asking import read
from corpus.evaluation.page import Languages
from corpus.evaluation.report import write
from corpus.evaluation.testset import TestSet

CARDS = "return document.querySelectorAll('#cards article').length"
SET = "const box = document.getElementById(arguments[0]); box.value = arguments[1]; box.dispatchEvent(new Event('{}'))"


def choose(browser: Browser, name: str, value: str) -> int:
    """Set a filter; how many questions the tally counts then."""
    browser.run(SET.format("input" if name == "search" else "change"), name, value)
    return int(browser.run("return document.querySelector('#tally b').textContent"))


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def opened(browser: Browser, page: str) -> None:
    browser.open(Path(page))
    browser.run("localStorage.clear()")
    browser.driver.refresh()
    browser.until(CARDS)
    if browser.run("return document.documentElement.dataset.show") != "en":
        browser.run("document.getElementById('language').click()")


@pytest.mark.parametrize("mode", ["judge", "pairwise"])
def test_it_opens_from_disk_without_a_complaint_and_hostile_texts_only_stand_there(
    judged: Path, tmp_path: Path, browser: Browser, mode: str
) -> None:
    opened(browser, write([judged / mode], tmp_path / "page.html").page)
    browser.scroll_through()
    choose(browser, "search", "第3题")
    shown = str(browser.run("return document.getElementById('cards').textContent"))
    assert HOSTILE in shown
    assert "strong" in shown
    assert browser.run("return window.owned === undefined")
    assert browser.run("return document.querySelectorAll('main img, script').length") == 2
    assert browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)"
                       ".filter((name) => !name.startsWith('data:'))") == []  # fmt: skip
    assert browser.complaints() == []


def test_questions_are_filtered_by_category_and_verdict_and_turned_by_pages(
    judged: Path, tmp_path: Path, browser: Browser
) -> None:
    opened(browser, write([judged / "pairwise"], tmp_path / "page.html").page)
    rows = read(judged / "pairwise").rows
    assert browser.run(CARDS) == 20
    browser.run("document.querySelector('.turn .after').click()")
    assert browser.run(CARDS) == 4
    assert choose(browser, "category", "maths") == 4
    choose(browser, "category", "")
    for verdict in ("win", "tie", "lose"):
        assert choose(browser, "verdict", verdict) == rows.filter(verdict=verdict).height
    assert choose(browser, "verdict", "none") == 1
    assert choose(browser, "verdict", "orders") == 0
    points = pairwise.figures(rows, HOW).all.points
    choose(browser, "verdict", "")
    assert points is not None
    assert browser.run("return document.querySelector('#tally div:last-child b').textContent") == f"{points.value:.1f}"
    assert browser.complaints() == []


def test_the_switch_changes_every_word(judged: Path, tmp_path: Path, browser: Browser) -> None:
    opened(browser, write([judged / "judge"], tmp_path / "page.html").page)
    english = str(browser.run("return document.body.innerText"))
    browser.run("document.getElementById('language').click()")
    chinese = str(browser.run("return document.body.innerText"))
    for one, other in (("Questions and answers", "逐题阅读"), ("Reference answer", "参考答案"), ("maths", "数学"),
                       ("mean of categories", "各类平均"), ("Save file", "保存为文件")):  # fmt: skip
        assert (one in english, other in english) == (True, False), one
        assert (one in chinese, other in chinese) == (False, True), other


@pytest.mark.parametrize(("languages", "shown", "hidden"), [("zh", "结果", "Figures"), ("en", "Figures", "结果")])
def test_one_language_has_no_switch(
    judged: Path, tmp_path: Path, browser: Browser, languages: Languages, shown: str, hidden: str
) -> None:
    browser.open(Path(write([judged / "judge"], tmp_path / "page.html", None, languages).page))
    browser.until(CARDS)
    said = str(browser.run("return document.body.innerText"))
    assert (shown in said, hidden in said) == (True, False)
    assert browser.run("return document.getElementById('language')") is None


def test_a_corrected_score_is_kept_exported_and_applied(judged: Path, tmp_path: Path, browser: Browser) -> None:
    folder = shutil.copytree(judged / "judge", tmp_path / "judge")
    page = write([folder]).page
    opened(browser, page)
    saving = """
        const box = document.querySelector('#cards .correct input[type=number]');
        box.value = arguments[0]; box.dispatchEvent(new Event('change'));
        return document.querySelector('#cards .correct').dataset.key"""
    assert browser.run(saving, "7")
    assert browser.run("return document.getElementById('told').textContent") == "a score is from 0 to 1"
    key = str(browser.run(saving, "0.05"))
    note = "const box = document.querySelector('#cards .correct input[type=text]'); box.value = '看错了';"
    browser.run(note + "box.dispatchEvent(new Event('change'))")
    browser.driver.refresh()
    browser.until(CARDS)
    assert browser.run("return document.querySelector('#cards .correct input[type=number]').value") == "0.05"
    assert choose(browser, "verdict", "corrected") == 1
    browser.driver.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    browser.run("document.getElementById('save').click()")
    target = tmp_path / str(browser.run("return 'corrections-' + JSON.parse(document.getElementById('data')"
                                        ".textContent).evaluation + '.json'"))  # fmt: skip
    until(target.exists)
    said = json.loads(target.read_text(encoding="utf-8"))
    assert said["rows"] == {key: {"score": 0.05, "note": "看错了"}}
    done = write([folder], corrected=target)
    assert [(one.key, one.after, one.note) for one in done.changes] == [(key, 0.05, "看错了")]
    assert len(done.moved) == 1
    assert pointwise.figures(read(folder).rows, HOW).models[0].macro is not None
    opened(browser, page)
    assert choose(browser, "verdict", "corrected") == 1
    assert "0.05" in str(browser.run("return document.querySelector('#cards article.corrected .value').textContent"))
    assert browser.complaints() == []


def test_a_saved_file_is_loaded_into_another_browser_and_one_of_something_else_is_not(
    judged: Path, tmp_path: Path, browser: Browser
) -> None:
    opened(browser, write([judged / "pairwise"], tmp_path / "page.html").page)
    browser.run("document.querySelector('#cards [data-verdict=lose]').click()")
    kept = browser.run("return localStorage.getItem(Object.keys(localStorage)[0])")
    evaluation = browser.run("return JSON.parse(document.getElementById('data').textContent).evaluation")
    opened(browser, str(tmp_path / "page.html"))
    assert choose(browser, "verdict", "corrected") == 0
    choose(browser, "verdict", "")
    for name, of in (("other.json", "0"), ("own.json", evaluation)):
        path = tmp_path / name
        path.write_text(json.dumps({"corrections": 1, "evaluation": of, "rows": json.loads(kept)}))
        browser.run("document.getElementById('told').textContent = ''")
        browser.driver.find_element("id", "file").send_keys(str(path))
        browser.until("return document.getElementById('told').textContent")
        told = browser.run("return document.getElementById('told').textContent")
        assert told == (
            "1 corrections loaded" if of == evaluation else "the file holds no corrections of this evaluation"
        )
    assert choose(browser, "verdict", "corrected") == 1


def test_other_judges_stand_beside_and_their_agreement_is_told(
    judged: Path, tests: TestSet, given: Answers, tmp_path: Path, browser: Browser
) -> None:
    with serving(biased=True) as server:
        pairwise.compare(tests, given, ("strong", "weak"), bench(server, tmp_path / "biased"), HOW, print)
    done = write([judged / "pairwise", tmp_path / "biased"], tmp_path / "page.html")
    ties = read(judged / "pairwise").rows.filter(verdict="tie").height
    assert done.raters is not None
    assert (done.raters.rows, done.raters.same) == (23, pytest.approx(ties / 23))
    assert list(done.raters.cohen) == ["judge-test (pairwise) / judge-test (biased)"]
    opened(browser, done.page)
    assert choose(browser, "verdict", "judges") == 23 - ties
    with pytest.raises(UsageError, match="not to compare"):
        write([judged / "pairwise", judged / "judge"])


def test_the_same_evaluation_makes_the_same_page(tests: TestSet, given: Answers, judged: Path, tmp_path: Path) -> None:
    with serving(say=rating) as server:
        pointwise.judge(tests, given, bench(server, tmp_path / "again"), HOW, print)
    pages = [
        Path(write([folder], tmp_path / "page.html").page).read_bytes()
        for folder in (tmp_path / "again", judged / "judge")
    ]
    assert pages[0] == pages[1]
