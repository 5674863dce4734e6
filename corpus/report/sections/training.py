"""Models that were trained on the run: their losses, and the chain of provenance from each back to its data.

Two files of a training folder are read, in the formats of docs/training.md: `log.jsonl` and, beside the model,
`data_provenance.json`. Nothing of the trainer is imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpus import storage
from corpus.errors import UsageError
from corpus.report.context import Context
from corpus.report.html.charts import CYCLE, Chart, Curve, Label, Line, curves
from corpus.report.html.markup import Html, heading, paragraph
from corpus.report.html.page import Section
from corpus.report.html.tables import Cell, code, number, table, words
from corpus.report.words import Text, say

LOG, PAGE = "log.jsonl", ("model", "data_provenance.json")
TIER, HELD_TIER = "loss_tier_", "eval_loss_tier_"
POINTS = 2000
"""Of a curve: as many as the eye can tell apart."""
Lines = Sequence[Mapping[str, Any]]


def training(context: Context) -> Section | None:
    """The section; None without folders. UsageError for one where nothing was trained."""
    if not context.trained:
        return None
    here = context.publish.manifest.content
    charts, body = [], []
    for place, folder in enumerate(context.trained):
        lines, page = _read(folder)
        chart = _chart(f"training-{place}", lines)
        told = {"stage": str(page["stage"]), "name": storage.name_of(folder), "steps": int(page.get("step", 0))}
        body += [heading(say("training.model", told)), chart.placed(), _figures(lines)]
        body += [heading(say("training.chain")), paragraph(say("training.explained"), "soft"), _chain(page, here)]
        charts.append(chart)
    return Section("training", say("training.title"), Html("".join(body)), tuple(charts))


def _read(folder: str) -> tuple[Lines, Mapping[str, Any]]:
    try:
        log = storage.read_bytes(storage.join(folder, LOG)).decode()
        page = json.loads(storage.read_bytes(storage.join(folder, *PAGE)))
        return [json.loads(line) for line in log.splitlines()], page
    except (OSError, ValueError) as error:
        missing = f"{LOG} and {'/'.join(PAGE)}, which `corpus train` writes when a stage ends"
        raise UsageError(f"{folder}: cannot be shown as a training, it needs {missing}: {error}") from None


def _series(lines: Lines) -> Iterator[tuple[str, Label, list[float], list[float]]]:
    """Each loss that was logged: its name, what it is called, steps and values."""
    names = sorted({name for line in lines for name in line if name.startswith((TIER, HELD_TIER))})
    tiers = [name for name in names if name.startswith(TIER)]
    held = [name for name in names if name.startswith(HELD_TIER)]
    for name in ("loss", *tiers, "eval_loss", *held):
        points = _points(lines, name)
        if points and not (name in tiers and len(tiers) == 1) and not (name in held and len(held) == 1):
            yield name, _called(name), [step for step, _ in points], [value for _, value in points]


def _called(name: str) -> Label:
    if name.startswith(HELD_TIER):
        said, tier = say("training.held"), name.removeprefix(HELD_TIER)
        return Text(f"{said.zh} {tier}", f"{said.en}, {tier}")
    return {"loss": say("training.loss"), "eval_loss": say("training.held")}.get(name, name.removeprefix(TIER))


def _points(lines: Lines, name: str) -> list[tuple[float, float]]:
    found = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
    every = -(-len(found) // POINTS) or 1
    return found[::-1][::every][::-1]


def _chart(name: str, lines: Lines) -> Chart:
    drawn = [
        Curve(label, steps, values, "@ink" if key == "loss" else CYCLE[place % len(CYCLE)])
        for place, (key, label, steps, values) in enumerate(_series(lines))
    ]
    skipped = [line["step"] for line in lines if "skipped_loss" in line]
    if skipped:
        low = min((value for one in drawn for value in one.values), default=0.0)
        drawn.append(Curve(say("training.skipped"), skipped, [low] * len(skipped), "@bound", crosses=True))
    phases = [
        Line(line["step"], say("training.phase", {"number": line["phase"]}), "@soft")
        for line in lines
        if "phase" in line
    ]
    rates = _points(lines, "learning_rate")
    rate = Curve(say("training.rate"), [step for step, _ in rates], [value for _, value in rates], "@c0")
    axis = say("training.step")
    views = (
        curves(say("training.losses"), drawn, phases, axis),
        curves(say("training.rate"), [rate], phases, axis),
    )
    return Chart(name, say("training.losses"), 420, views, tools=True)


def _figures(lines: Lines) -> Html:
    rows = [
        [words(label), number(values[0]), number(values[-1]), number(min(values))]
        for _, label, _, values in _series(lines)
    ]
    return table([say("value"), say("training.first"), say("training.last"), say("training.lowest")], rows)


def _chain(page: Mapping[str, Any], here: str) -> Html:
    rows: list[list[Cell]] = []
    at: Mapping[str, Any] | None = page
    while at:
        parent = at.get("parent")
        start = say("training.scratch") if parent is None else storage.name_of(str(parent["folder"]))
        rows.append(
            [
                words(str(at["stage"])),
                number(at.get("step", 0)),
                number(_sum(at.get("rows_consumed", 0))),
                words(_data(at.get("data") or {}, here)),
                code(str(at["fingerprint"])[:16]),
                words(start),
            ]
        )
        at = (parent or {}).get("provenance")
    head = ["stage", "training.steps", "training.rows", "training.data", "made.fingerprint", "training.start"]
    return table([say(name) for name in head], rows)


def _sum(rows: Any) -> float:
    return sum(rows.values()) if isinstance(rows, Mapping) else float(rows)


def _data(data: Mapping[str, Any], here: str) -> Text:
    """The digests of what was read: of the runs that packs came from, or of the files of preference tiers."""
    packed = [str(one["dataset"].get("manifest_digest", "")) for one in data.get("packed", ())]
    found = list(dict.fromkeys([*packed, *map(str, (data.get("tiers") or {}).values())]))
    shown = [say("training.here") if digest == here else Text(digest[:16], digest[:16]) for digest in found if digest]
    if not shown:
        return say("training.unknown")
    return Text("、".join(one.zh for one in shown), ", ".join(one.en for one in shown))
