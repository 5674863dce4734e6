"""The log of a run as lines and as a picture, which shows everything that the lines say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from train import plot

LOGGED: list[dict[str, Any]] = [
    {"loss": 4.0 - step / 4, "loss_tier_easy": 3.0, "loss_tier_hard": 5.0, "learning_rate": 1e-3, "step": step}
    for step in range(1, 9)
]
LOGGED[4:4] = [{"skipped_loss": float("nan"), "step": 5}, {"eval_loss": 3.5, "step": 5}]


def test_lines_are_json_in_the_order_of_steps_with_the_phases_among_them(tmp_path: Path) -> None:
    plot.keep(str(tmp_path), LOGGED, [3])
    text = (tmp_path / "log.jsonl").read_text()
    assert "NaN" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 4, 5, 5, 5, 6, 7, 8]
    assert lines[3] == {"step": 4, "phase": 2}
    assert {"skipped_loss": None, "step": 5} in lines
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_has_every_line_phase_and_skipped_batch() -> None:
    above, below = plot.figure([*LOGGED, {"step": 4, "phase": 2}]).axes
    drawn = {line.get_label(): line.get_xydata() for line in above.lines}
    assert {"loss", "easy", "hard", "eval_loss", "skipped"} <= set(drawn)
    assert drawn["loss"][-1].tolist() == [8, 2]
    assert drawn["skipped"][:, 0].tolist() == [5]
    assert [line.get_xdata()[0] for line in above.lines if line.get_linestyle() == "--"] == [4]
    assert below.lines[0].get_ydata().tolist() == [1e-3] * 8


def test_without_matplotlib_the_lines_are_there_and_one_line_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    plot.keep(str(tmp_path), LOGGED)
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]
    assert "corpus-tiers[report]" in caplog.text
    assert len(caplog.records) == 1


def test_a_log_without_losses_is_drawn_too() -> None:
    assert len(plot.figure([{"train_runtime": 1.0, "step": 0}]).axes) == 2
