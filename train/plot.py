"""What a run logged, as lines and as a picture: losses, the rate as realised, phases, skipped batches."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOG, PICTURE = "log.jsonl", "losses.png"
TIER = "loss_tier_"
COLOURS = {"loss": "#222222", "eval_loss": "#d62728", "learning_rate": "#1f77b4"}


def keep(out: str, logged: Sequence[Mapping[str, Any]], phases: Sequence[int] = ()) -> None:
    """Write log.jsonl and losses.png into a folder. `phases` are the steps that were made before each phase after the
    first; where it begins is a line of its own. A number that is none becomes null.

    Without matplotlib there is no picture, which a warning says.
    """
    begun = [{"step": before + 1, "phase": number} for number, before in enumerate(phases, 2)]
    lines = sorted([*begun, *(_finite(line) for line in logged)], key=lambda line: line.get("step", 0))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (Path(out) / LOG).write_text(text, encoding="utf-8")
    try:
        drawn = figure(lines)
    except ImportError:
        logging.getLogger(__name__).warning("no %s without matplotlib: pip install 'corpus-tiers[report]'", PICTURE)
        return
    drawn.savefig(Path(out) / PICTURE, dpi=120)


def figure(lines: Sequence[Mapping[str, Any]]) -> Any:
    """The picture of a log as matplotlib's Figure: losses of all, of each tier and of the validation split above, the
    rate below; a line where a phase begins, a cross for each batch that was skipped."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(10, 6.5), layout="constrained")
    above, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    tiers = sorted({name for line in lines for name in line if name.startswith(TIER)})
    for name in ("loss", *(tiers if len(tiers) > 1 else ()), "eval_loss"):
        style = {"marker": "o", "markersize": 3} if name == "eval_loss" else {"linewidth": 1.8 if name == "loss" else 1}
        _line(above, lines, name, name.removeprefix(TIER), **style)
    _line(below, lines, "learning_rate", "learning rate")
    skipped = [line["step"] for line in lines if "skipped_loss" in line]
    if skipped:
        low = [0.02] * len(skipped)
        above.plot(skipped, low, "x", color="#d62728", label="skipped", transform=above.get_xaxis_transform())
    for line in lines:
        if "phase" in line:
            for axes in (above, below):
                axes.axvline(line["step"], color="#888888", linewidth=0.8, linestyle="--")
            place = above.get_xaxis_transform()
            above.text(line["step"], 1.01, f"phase {line['phase']}", fontsize=8, color="#666666", transform=place)
    for axes, said in ((above, "loss"), (below, "learning rate")):
        axes.set_ylabel(said)
        axes.grid(alpha=0.25)
    if above.get_legend_handles_labels()[0]:
        above.legend(frameon=False)
    below.set_xlabel("step")
    return drawn


def _line(axes: Any, lines: Sequence[Mapping[str, Any]], name: str, label: str, **style: Any) -> None:
    points = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
    if points:
        axes.plot(*zip(*points, strict=True), label=label, color=COLOURS.get(name), **style)


def _finite(line: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(one, float) and not math.isfinite(one) else one for key, one in line.items()}
