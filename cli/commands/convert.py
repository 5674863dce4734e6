"""corpus convert"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.options import Id, Inputs, Json, Text

To = Annotated[
    Literal["jsonl", "parquet", "text"],
    typer.Option("--to", help="What to write; empty lines divide records of text."),
]
OutDir = Annotated[
    str, typer.Option("--out", "-o", metavar="DIR", help="A directory that does not exist yet.", show_default=False)
]
ShardBytes = Annotated[
    int | None, typer.Option("--shard-bytes", metavar="N", help="Bytes of a shard before compression. Default: 256 MB.")
]
ShardTokens = Annotated[int | None, typer.Option("--shard-tokens", metavar="N", help="Tokens of a shard.")]
ShardRows = Annotated[int | None, typer.Option("--shard-rows", metavar="N", help="Records of a shard.")]
Sample = Annotated[float, typer.Option("--sample", metavar="SHARE", help="Take this share of the records.")]
Rows = Annotated[int | None, typer.Option("--rows", metavar="N", help="Take this many records; reads the input twice.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, another sample; the same seed, the same.")]
Tokenizer = Annotated[
    str | None,
    typer.Option("--tokenizer", metavar="FILE", help="A tokenizer.json that counts tokens; else estimated."),
]
Compress = Annotated[
    Literal["none", "gzip", "zstd"], typer.Option("--compress", help="Compression of jsonl and text shards.")
]
Most = Annotated[
    float, typer.Option("--max-quarantined", metavar="SHARE", help="Fail when more of the input cannot be read.")
]


def command(
    inputs: Inputs,
    out: OutDir,
    to: To = "jsonl",
    text: Text = None,
    id: Id = None,
    shard_bytes: ShardBytes = None,
    shard_tokens: ShardTokens = None,
    shard_rows: ShardRows = None,
    sample: Sample = 1.0,
    rows: Rows = None,
    seed: Seed = 0,
    tokenizer: Tokenizer = None,
    compress: Compress = "none",
    max_quarantined: Most = 0.05,
    json: Json = False,
) -> None:
    """Convert, sample and re-shard files.

    Reads any readable format, keeps every field of a record, accounts for every one and writes numbered shards with a
    manifest of digests and token counts. Nothing is at DIR until all of it is.
    """
    from cli import convert_view
    from cli.produce import fields
    from corpus.convert import DEFAULT_LIMIT, Wanted, convert
    from corpus.errors import UsageError
    from corpus.shards import Limit
    from corpus.shorthand import sources_from

    asked = (
        None if shard_bytes is None else Limit(shard_bytes, "bytes"),
        None if shard_tokens is None else Limit(shard_tokens, "tokens"),
        None if shard_rows is None else Limit(shard_rows, "rows"),
    )
    limits = [limit for limit in asked if limit is not None]
    if len(limits) > 1:
        raise UsageError("--shard-bytes, --shard-tokens and --shard-rows exclude each other: choose one")
    wanted = Wanted(
        to=to,
        limit=limits[0] if limits else DEFAULT_LIMIT,
        compress=compress,
        share=sample,
        rows=rows,
        seed=seed,
        tokenizer=tokenizer,
        quarantine_share=max_quarantined,
    )
    done = convert(sources_from(inputs, fields(text, id)), out, wanted)
    convert_view.converted(done, as_json=json)
