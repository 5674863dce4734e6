"""corpus rules fit"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Lang

Reference = Annotated[
    list[str],
    typer.Option("--reference", metavar="PATH", help="Clean text: a file, directory, glob or URI; repeatable."),
]
Target = Annotated[
    list[str], typer.Option("--target", metavar="PATH", help="The text to be cleaned, likewise; repeatable.")
]
Rules = Annotated[
    list[str] | None,
    typer.Option("--rules", metavar="NAME", help="Rule sets or files to fit; repeatable. The default rules otherwise."),
]
Keep = Annotated[float, typer.Option("--keep", metavar="SHARE", help="Share of the reference that each bound keeps.")]
Out = Annotated[str | None, typer.Option("--out", "-o", metavar="FILE", help="Write the overlay to this YAML file.")]
Documents = Annotated[int, typer.Option("--documents", min=1, help="Documents to take of each side at most.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, other documents; the same seed, the same.")]


def command(
    reference: Reference,
    target: Target,
    rules: Rules = None,
    lang: Lang = None,
    keep: Keep = 0.99,
    documents: Documents = 20_000,
    seed: Seed = 0,
    out: Out = None,
    json: Json = False,
) -> None:
    """Propose bounds from clean text.

    For every numeric bound the value that keeps the given share of a clean reference, by language, and what it takes
    from the target before and after. An overlay says the same as a rule file.
    """
    from cli import answers, render
    from corpus import storage
    from corpus.errors import UsageError
    from corpus.inspect.fit import RULES, fit

    if out is not None and not out.endswith((".yaml", ".yml")):
        raise UsageError(f"--out {out}: must end in .yaml, so that a pipeline can name it in `rules:`")
    found = fit(reference, target, rules or RULES, keep, lang, documents, seed)
    if out is not None:
        storage.put_atomic(out, found.overlay.encode())
    if json:
        render.emit({"out": out, "fit": found})
    else:
        answers.fit(found, out)
