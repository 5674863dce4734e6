"""corpus verify"""

from __future__ import annotations

from cli.options import Json, Run


def command(run: Run, json: Json = False) -> None:
    """Check that a run is as it was committed.

    Every file against its manifest, and every account. Exit code 3 when something is wrong.
    """
    from cli import render
    from corpus.errors import VerifyError
    from corpus.rundir import RunDir

    opened = RunDir.open(run)
    wrong = opened.verify()
    if json:
        render.emit({"run": run, "ok": not wrong, "problems": wrong})
    if wrong:
        raise VerifyError("\n".join(wrong))
    if not json:
        files = [file for stage in opened.published.values() for file in stage.manifest.files()]
        volume = render.size(sum(file.bytes for file in files))
        render.out(f"{run}: {len(opened.published)} stages, {len(files):,} files, {volume}: all as committed")
