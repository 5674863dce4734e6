"""What the training commands show; of several ranks the first speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli import render

if TYPE_CHECKING:
    from train.alignment.start import Done
    from train.bench import Row
    from train.estimate import Estimate


def estimated(found: Estimate, ranks: int) -> None:
    """A line a phase, then the whole."""
    render.table(
        ("phase", "tiers", "steps", "tokens", "first rate", "peak", "last rate"),
        [
            (number, " ".join(phase.tiers), render.number(phase.steps), render.number(phase.tokens),
             f"{phase.first:.3g}", f"{phase.peak:.3g}", f"{phase.last:.3g}")
            for number, phase in enumerate(found.phases, 1)
        ],
    )  # fmt: skip
    share = found.trainable / max(found.parameters, 1)
    lines = {
        "steps": render.number(found.steps),
        "tokens": render.number(found.tokens),
        "rows that fill no batch": render.number(found.rows_left_out),
        "rows replayed": render.number(found.rows_replayed),
        "parameters": render.number(found.parameters),
        "trainable": f"{render.number(found.trainable)} ({share:.2%})",
        "accumulation": f"{found.accumulation} micro batches a step on each of {ranks} ranks",
        "memory of a rank": f"about {render.size(found.memory)}",
        "disk": f"about {render.size(found.disk)}",
    }
    render.out()
    render.table(None, list(lines.items()))


def tiers(page: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of each tier and split, without its files."""
    return {
        tier: {
            split: {name: value for name, value in told.items() if name != "files"} for split, told in splits.items()
        }
        for tier, splits in page["tiers"].items()
    }


def packed(page: Mapping[str, Any]) -> None:
    """A line a tier and split."""
    rows = []
    for tier, splits in page["tiers"].items():
        for split, told in splits.items():
            dropped = " ".join(f"{name} {count:,}" for name, count in told["dropped"].items())
            numbers = (render.number(told[name]) for name in ("records", "rows", "tokens"))
            learnt = told["loss_tokens"] / max(told["tokens"], 1)
            rows.append(
                (tier, split, *numbers, f"{told['fill']:.2%}", f"{learnt:.1%}", told["truncated"], dropped or "-")
            )
    render.table(("tier", "split", "records", "rows", "tokens", "fill", "learnt", "cut", "left out"), rows)


def trained(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Steps, first and last loss, where the model is."""
    if _first():
        if as_json:
            render.emit(dict(found))
        else:
            ends = {"first loss": found["losses"][0], "last loss": found["losses"][-1]} if found["losses"] else {}
            best = {"best": found["best"]} if found["best"] else {}
            render.done({"model": found["model"], "steps": found["steps"], **ends, **best}, as_json=False)


def aligned(found: Done, *, as_json: bool) -> None:
    """The same of a run on pairs, with their account."""
    if _first():
        ends = {"first loss": found.losses[0], "last loss": found.losses[-1]} if found.losses else {}
        if as_json:
            render.emit(
                {"model": found.model, "losses": found.losses, "metrics": found.metrics, "account": found.account}
            )
        else:
            render.done({"model": found.model, **ends, **found.account}, as_json=False)


def ancestry(lines: Sequence[Mapping[str, Any]], pages: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """The rounds, and a model's parents back to the digests of the runs that it was made from."""
    if as_json:
        render.emit({"rounds": list(lines), "model": lines[-1]["model"], "chain": list(pages)})
        return
    render.out()
    for page in pages:
        data = page["data"]
        origins = [pack["dataset"]["manifest_digest"][:16] for pack in data.get("packed", ())]
        origin = " ".join(origins) or " ".join(sorted(digest[:16] for digest in data.get("tiers", {}).values()))
        render.out(f"{page['stage']}, {page['step']} steps, {page['fingerprint'][:16]}, from tiers {origin}")
    render.out(f"model: {lines[-1]['model']}")


def benched(rows: Sequence[Row], *, as_json: bool) -> None:
    """The table that training projects publish."""
    if not _first():
        return
    if as_json:
        render.emit({"rows": rows})
        return
    memory = "memory (process)" if rows[0].device == "CPU" else "memory"
    render.table(
        ("model", "ZeRO", "GPUs", "batch", "length", memory, "busy", "s a step", "TFLOPS", "MFU", "tokens/s/GPU"),
        [
            (row.model, row.zero, row.ranks, row.batch, row.length, render.size(row.memory), _percent(row.utilisation),
             f"{row.seconds_per_step:.3g}", f"{row.model_tflops:.3g}", _percent(row.mfu),
             f"{row.tokens_per_second_per_gpu:,.0f}")
            for row in rows
        ],
    )  # fmt: skip
    render.out()
    about = f"{render.number(rows[0].parameters)} parameters, documents of {rows[0].document:,.0f} tokens on average"
    render.out(f"{rows[0].device}; {about}")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _first() -> bool:
    from train import distributed

    return distributed.rank() == 0
