"""corpus blacklist mine"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Inputs, Json, Text

Out = Annotated[
    str, typer.Option("--out", "-o", metavar="FILE", help="Write the proposals to this file.", show_default=False)
]
Least = Annotated[
    int | None,
    typer.Option(
        "--min-documents",
        metavar="N",
        help="Texts a phrase must stand in. Default: 5, or one in 2,000.",
    ),
]
Lift = Annotated[
    float, typer.Option("--lift", metavar="N", help="How many times denser than between it must be at the edges.")
]
Top = Annotated[int, typer.Option("--top", metavar="N", help="Proposals at most.")]


def command(
    inputs: Inputs,
    out: Out,
    text: Text = None,
    min_documents: Least = None,
    lift: Lift = 4.0,
    top: Top = 500,
    json: Json = False,
) -> None:
    """Propose boilerplate and advertising phrases.

    Phrases that many texts begin or end with and that seldom stand between, with counts and contexts, for a person to
    choose from: delete the lines you do not want, then add the file as a list.
    """
    from cli import convert_view
    from corpus import storage
    from corpus.inspect.mine import mine, proposals_file

    found = mine(inputs, text, min_documents, lift, top)
    storage.put_atomic(out, proposals_file(found).encode())
    convert_view.mined(found, out, as_json=json)
