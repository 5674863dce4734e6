"""docs/cli.md, made from what the commands say of themselves: `python -m cli.docs > docs/cli.md`."""

from __future__ import annotations

import contextlib
import io
import sys

HEAD = """\
# The command line

This page is made from `--help` by `python -m cli.docs > docs/cli.md`; a test holds that it is fresh.

## What scripts may rely on

With `--json` the last line of standard output is one JSON object; everything else goes to standard error. `run`,
`clean`, `dedup`, `tier`, `submit` and `demo` end with

    {"run": "RUN", "dataset": "RUN/dataset",
     "account": {"in": 1002, "kept": 980, "dropped": {"common.too_short": 14}, "merged": {"exact_duplicate": 7},
                 "quarantined": {"bad_encoding": 1}},
     "seconds": 12.3}

and `in = kept + dropped + merged + quarantined`. A record counts once, under its first failing rule.

| exit code | meaning |
|---|---|
| 0 | done |
| 2 | a mistake in a command, a pipeline or a rule file (all at once, with file:line), or something the machine lacks |
| 3 | a contract, an audit, `verify`, `rules` or `gate` found something wrong |
| 4 | more of the input was dropped or quarantined than the pipeline allows |
| 5 | a budget is used up; repeat the command to go on |
| 70 | a bug in corpus |
| 130 | interrupted; repeat the command to go on |
| 143 | ended by `corpus stop` or SIGTERM; repeat the command to go on |

Nothing is overwritten in place: a run that was killed at any moment goes on where it was when its command is repeated.
"""


def page() -> str:
    """The whole page."""
    from cli.main import command, names

    sections = [HEAD]
    for name in names():
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            command().main([*name.split(), "--help"], "corpus", standalone_mode=False, terminal_width=80)
        sections.append(f"## corpus {name}\n\n```text\n{said.getvalue().strip()}\n```\n")
    return "\n".join(sections)


if __name__ == "__main__":
    sys.stdout.write(page())
