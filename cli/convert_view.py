"""What convert, rules import and blacklist mine say to people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli import render
from cli.render import number, out

if TYPE_CHECKING:
    from corpus.convert import Converted
    from corpus.inspect.mine import Mined
    from corpus.ruleset.foreign.recipe import Imported

SHOWN = 20


def converted(done: Converted, *, as_json: bool) -> None:
    """The account and the shards."""
    tokens = sum(shard.tokens for shard in done.shards)
    if as_json:
        shown = {
            "run": done.run,
            "dataset": done.dataset,
            "account": render.account_json(done.account),
            "seconds": done.seconds,
            "shards": [
                {"path": one.file.path, "rows": one.file.rows, "bytes": one.file.bytes, "tokens": one.tokens}
                for one in done.shards
            ],
            "tokens": tokens,
            "tokens_are": done.tokens_are,
        }
        render.emit(shown)
        return
    render.account(done.account)
    out()
    rows = [
        (
            one.file.path,
            number(one.file.rows),
            render.size(one.file.bytes),
            number(one.characters),
            number(one.tokens),
        )
        for one in done.shards
    ]
    render.table(("shard", "records", "size", "characters", "tokens"), rows)
    out()
    out(f"tokens   {number(tokens)}, {done.tokens_are}")
    out(f"dataset  {done.dataset}")
    out(f"seconds  {done.seconds:.1f}")


def imported(found: Imported, *, as_json: bool) -> None:
    """What was written, and what became of the rest."""
    from corpus.ruleset.foreign.model import FATES

    if as_json:
        notes = [
            {"key": note.origin.key, "line": note.origin.line, "fate": note.fate, "said": note.said}
            for note in found.notes
        ]
        render.emit(
            {
                "kind": found.kind,
                "files": list(found.files),
                "rules": found.rules,
                "rewrites": found.rewrites,
                "notes": notes,
            }
        )
        return
    out(f"{found.kind}: {found.rules} rules, {found.rewrites} rewrites")
    for fate, said in FATES.items():
        rows = [(str(note.origin), note.said) for note in found.notes if note.fate == fate]
        if rows:
            out(f"\n{said}")
            render.table(None, rows, indent="  ")
    out()
    for path in found.files:
        out(f"wrote  {path}")


def mined(found: Mined, path: str, *, as_json: bool) -> None:
    """The best proposals, how fast, and where all are."""
    rate = found.bytes / 1e6 / max(found.seconds, 1e-9)
    if as_json:
        render.emit(
            {
                "out": path,
                "documents": found.documents,
                "bytes": found.bytes,
                "min_documents": found.least,
                "proposals": len(found.proposals),
                "seconds": found.seconds,
            }
        )
        return
    rows = [
        (render.preview(one.phrase, 60), number(one.documents), number(one.head), number(one.tail), number(one.middle))
        for one in found.proposals[:SHOWN]
    ]
    render.table(("phrase", "texts", "head", "tail", "middle"), rows)
    if len(found.proposals) > SHOWN:
        out(f"and {len(found.proposals) - SHOWN:,} more in the file")
    out()
    out(f"{found.documents:,} texts, {render.size(found.bytes)} at {rate:.1f} MB/s")
    out(f"proposals  {path}   (choose, then: corpus blacklist add {path} --name NAME)")
