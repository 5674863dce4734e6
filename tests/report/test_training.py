"""A model that was trained on a run stands in its report: losses, phases, skipped batches, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browser import Browser

from corpus.errors import UsageError
from corpus.report.report import report, write_report
from corpus.rundir import RunDir


@pytest.fixture(scope="module")
def trained(hostile: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The two files as `corpus train` leaves them, of a model that was tuned after it was pretrained on the run."""
    folder = tmp_path_factory.mktemp("out") / "sft-1"
    here = RunDir.open(hostile).need_published()["publish"].manifest.content
    base = page("pretrain", {"packed": [{"dataset": {"manifest_digest": here}}]}, None, {"high": 320})
    parent = {"folder": f"{folder.parent}/base/model", "provenance": base}
    told = page("dpo", {"tiers": {"part-0.parquet": "f" * 64}}, parent, 64)
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "data_provenance.json").write_text(json.dumps(told))
    lines: list[dict[str, Any]] = [
        {"loss": 4 - step / 40, "loss_tier_easy <b>": 3.0, "loss_tier_hard": 5 - step / 50, "learning_rate": 1e-3,
         "step": step}
        for step in range(1, 61)
    ]  # fmt: skip
    lines += [{"step": 31, "phase": 2}, {"step": 40, "skipped_loss": None}, {"step": 30, "eval_loss": 3.25}]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(folder)


def page(stage: str, data: dict[str, Any], parent: dict[str, Any] | None, rows: Any) -> dict[str, Any]:
    return {"stage": stage, "data": data, "parent": parent, "rows_consumed": rows, "step": 60, "fingerprint": "a" * 64}


def test_losses_are_drawn_and_the_chain_leads_back_to_this_run(
    hostile: str, trained: str, browser: Browser, tmp_path: Path
) -> None:
    browser.open(Path(write_report(hostile, str(tmp_path / "r.html"), sample=0, trained=[trained])))
    browser.run("for (const part of document.querySelectorAll('details')) part.open = part.id === 'training'")
    browser.scroll_through()
    browser.until("return document.querySelector('#training .plot .scatterlayer path')")
    language = str(browser.run("return document.documentElement.dataset.show"))
    legend = str(browser.run("return document.querySelector('#training .legend').textContent"))
    for name in {"en": ["training loss", "validation loss", "skipped batch"],
                 "zh": ["训练损失", "验证损失", "跳过的批"]}[language]:  # fmt: skip
        assert name in legend
    assert "easy <b>" in legend
    assert browser.run("return document.querySelectorAll('#training .annotation').length") == 1
    assert browser.run("return document.querySelectorAll('#training .shapelayer path').length") == 1
    browser.run("document.querySelector('#training .views button:last-child').click()")
    rate = {"en": "learning rate", "zh": "学习率"}[language]
    browser.until(f"return document.querySelector('#training .views button:last-child').textContent === '{rate}'")
    cells = (
        "return Array.from(document.querySelectorAll('#training .table:last-of-type tbody tr'),"
        " (row) => Array.from(row.cells, (cell) => cell.innerText.trim()))"
    )
    chain = [row for row in browser.run(cells) if len(row) == 6]
    assert [row[0] for row in chain] == ["dpo", "pretrain"]
    assert [row[2] for row in chain] == ["64", "320"]
    assert chain[0][3] == "f" * 16
    assert chain[1][3] == {"en": "this run", "zh": "本次发布"}[language]
    assert chain[1][5] == {"en": "random weights", "zh": "随机权重"}[language]
    browser.run("document.getElementById('language').click()")
    other = {"en": "训练", "zh": "Training"}[language]
    assert other in browser.run("return Array.from(document.querySelectorAll('h2'), (head) => head.innerText)")
    assert browser.complaints() == []


def test_no_place_of_the_machine_is_in_it(hostile: str, trained: str) -> None:
    shown = report(hostile, sample=0, trained=[trained])
    assert "sft-1" in shown
    assert str(Path(trained).parent) not in shown
    assert 'id="training"' not in report(hostile, sample=0)


def test_a_folder_where_nothing_was_trained_is_told(hostile: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"log\.jsonl and model/data_provenance\.json"):
        report(hostile, trained=[str(tmp_path)])
