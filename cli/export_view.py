"""What export says to people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli import render
from cli.render import number, out

if TYPE_CHECKING:
    from corpus.exporters.files import Exported


def exported(done: Exported, *, as_json: bool) -> None:
    """The files, and what was left out."""
    if as_json:
        render.emit(
            {
                "out": done.out,
                "in": done.read,
                "files": [{"path": one.path, "shape": one.shape, "rows": one.rows} for one in done.files],
                "left_out": done.left_out,
                "seconds": done.seconds,
            }
        )
        return
    render.table(("file", "holds", "rows"), [(one.path, one.shape, number(one.rows)) for one in done.files])
    for reason, count in done.left_out.items():
        out(f"left out  {number(count)}  {reason}")
    out()
    out(f"records  {number(done.read)}")
    out(f"files    {done.out}")
    out(f"seconds  {done.seconds:.1f}")
