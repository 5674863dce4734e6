"""Quality against made defects: python bench/bench_quality.py --clean FILES --reference FILES [--labelled GOOD BAD].

Of every source (a file of --clean) as many texts are drawn by their hash; half of them stay, the other half gets one
defect each, kinds in turn. Prints the area under the ROC curve of the default quality policy with a 95 % interval of
1,000 resamples: of all, by kind, by source, without models, and for other amounts. The language model and, where the
policy reads one (--policy continuity), the continuity model are trained on --reference, which must hold none of the
sources; --kinds names the group of defects (test: none of them was used to set the policy). With --labelled: pages
that people found clean and dirty.

What a causal model says takes long, and is a step of its own: --write FILE writes the rows and ends, `corpus perplexity
neural FILE --disorder 4` scores them, --scored reads what it wrote. Rows that it does not hold (other amounts, labelled
pages) are judged without.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import config
from corpus.models.continuity import ContinuityModel
from corpus.models.continuity import train as train_continuity
from corpus.models.examples import chunks
from corpus.models.ngram.model import NgramModel
from corpus.models.ngram.train import Settings, train
from corpus.models.texts import texts_of
from corpus.ruleset.quality import QualityPolicy, load_quality
from corpus.scores.dirty.kinds import AMOUNT, dirty_rows
from corpus.scores.measured import columns_of
from corpus.scores.quality import curves, histogram, quality
from corpus.scores.quality_files import Area, area_of

Models = tuple[NgramModel | ContinuityModel, ...]
COLUMNS = (("perplexity_deviation", "worst_perplexity"), ("continuity", "seam_continuity"))
"""What the policy reads of the models that are trained here."""
CAUSAL = ("peak_nats", "order_cost", "seam_cost")
"""What it reads of a causal model."""
LEAST, MOST = 150, 12_000
"""Characters of a text that is drawn, and up to which it is read."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clean", nargs="+", required=True)
    parser.add_argument("--reference", nargs="*", default=[])
    parser.add_argument("--labelled", nargs=2, metavar=("GOOD", "BAD"))
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--kinds", nargs="+", default=["test"])
    parser.add_argument("--amount", type=float, default=AMOUNT)
    parser.add_argument("--amounts", nargs="*", type=float, default=[])
    parser.add_argument("--policy", default="default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0, help="texts of each source to leave out: rows not looked at yet")
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--scored", nargs="*", default=[])
    options = parser.parse_args()
    policy = load_quality(options.policy)
    drawn = draw(options.clean, options.rows, options.seed, options.skip)
    rows = made(drawn, options.kinds, options.seed, options.amount)
    if options.write:
        rows.select("text").write_ndjson(options.write)
        return
    models = trained(options.reference, policy)
    frame = causal(measured(rows, policy, models), rows, options.scored)
    print(f"{len(rows)} rows of {rows['source'].n_unique()} sources, amount {options.amount:g}")
    scores = scored(frame, policy)
    say("all", rows, scores)
    for kind in sorted(set(rows["kind"].drop_nulls())):
        say(kind, rows, scores, (pl.col("kind") == kind) | pl.col("kind").is_null())
    for source in sorted(set(rows["source"])):
        say(source, rows, scores, pl.col("source") == source)
    for names in (*COLUMNS, CAUSAL, CAUSAL[:1], CAUSAL[1:]):
        if set(names) <= set(frame.columns):
            say("without " + ", ".join(names), rows, scored(frame.drop(names), policy))
    for amount in options.amounts:
        other = made(drawn, options.kinds, options.seed, amount)
        say(f"amount {amount:g}", other, scored(measured(other, policy, models), policy))
    if options.labelled:
        labelled(options.labelled, policy, models)


def trained(files: Sequence[str], policy: QualityPolicy) -> Models:
    if not files:
        return ()
    start = time.process_time()
    found = train(lambda: texts_of(files, lang="zh"), Settings())
    print(f"language model of {found.about.units[0]:,} units, {time.process_time() - start:.0f} s of CPU")
    if not set(COLUMNS[1]) & set(policy.columns):
        return (found,)
    start = time.process_time()
    other = train_continuity(texts_of(files, lang="zh"))
    print(f"continuity model of {other.about.texts[0]:,} texts, {time.process_time() - start:.0f} s of CPU")
    return found, other


def texts(path: str) -> list[str]:
    found: list[str] = []
    for chunk in chunks([path], config.Fields()):
        found += [one for one in chunk.records.column("text").to_pylist() if one and len(one) >= LEAST]
    return list(dict.fromkeys(found))


def draw(files: Sequence[str], rows: int, seed: int, skip: int = 0) -> dict[str, list[str]]:
    """As many texts of each source as there are wanted, or as there are: the sources that have more give them.

    `skip` texts of each source come first and are left out.
    """
    pools: dict[str, list[str]] = {}
    for path in files:
        order = sorted(texts(path), key=lambda text: hashlib.sha256(f"{seed}\0{text}".encode()).digest())
        pools.setdefault(Path(path).name.split(".")[0], []).extend(text[:MOST] for text in order)
    pools = {name: pool[skip:] for name, pool in pools.items()}
    wanted, left = dict.fromkeys(pools, 0), rows
    for place, name in enumerate(sorted(pools, key=lambda name: len(pools[name]))):
        wanted[name] = min(len(pools[name]), left // (len(pools) - place)) // 2 * 2
        left -= wanted[name]
    return {name: pool[: wanted[name]] for name, pool in pools.items()}


def made(drawn: dict[str, list[str]], kinds: Sequence[str], seed: int, amount: float) -> pl.DataFrame:
    clean = [(name, text) for name, pool in drawn.items() for text in pool[: len(pool) // 2]]
    rest = [(name, text) for name, pool in drawn.items() for text in pool[len(pool) // 2 :]]
    dirty, given = dirty_rows([text for _, text in rest], kinds, seed, amount)
    return pl.DataFrame(
        {
            "source": [name for name, _ in [*clean, *rest]],
            "text": [*(text for _, text in clean), *dirty],
            "kind": [*([None] * len(clean)), *given],
        },
        schema={"source": pl.String, "text": pl.String, "kind": pl.String},
    )


def measured(rows: pl.DataFrame, policy: QualityPolicy, models: Models) -> pl.DataFrame:
    text = rows["text"].to_arrow().cast(pa.large_string())
    whole = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    lang = pa.array(["zh"] * len(whole), pa.string())
    columns_of(whole.slice(0, 1), lang.slice(0, 1), policy)  # what is compiled and loaded once
    start = time.process_time()
    frame = columns_of(whole, lang, policy).with_columns(rows["source"])
    spent = time.process_time() - start
    print(f"signals of {whole.nbytes / 1e6:.1f} MB at {whole.nbytes / 1e6 / spent:.1f} MB/s of CPU")
    for model in models:
        model.columns(whole.slice(0, 1), lang.slice(0, 1))
        start = time.process_time()
        frame = frame.hstack(pl.DataFrame(pl.from_arrow(pa.Table.from_batches([model.columns(whole, lang)]))))
        print(f"{type(model).__name__} at {whole.nbytes / 1e6 / (time.process_time() - start):.1f} MB/s of CPU")
    return frame


def causal(frame: pl.DataFrame, rows: pl.DataFrame, files: Sequence[str]) -> pl.DataFrame:
    """`frame` with the columns of CAUSAL that files hold; they must hold every text."""
    if not files:
        return frame
    found = pl.concat([pl.read_parquet(one, columns=["text", *CAUSAL]) for one in files]).unique("text")
    joined = rows.join(found.with_columns(there=True), on="text", how="left", maintain_order="left")
    if joined["there"].null_count():
        raise SystemExit(f"{joined['there'].null_count()} rows are not in {', '.join(files)}: score what --write wrote")
    return frame.hstack(joined.select(CAUSAL))


def scored(frame: pl.DataFrame, policy: QualityPolicy) -> pl.Series:
    return quality(frame, policy, curves(histogram(frame, policy), policy))["quality"]


def say(name: str, rows: pl.DataFrame, scores: pl.Series, of: pl.Expr | None = None) -> None:
    chosen = rows.with_columns(scores).filter(pl.lit(value=True) if of is None else of)
    print(f"  {name:20} {told(area_of(chosen['quality'], chosen['kind'].is_null().to_numpy()))}")


def told(found: Area | None) -> str:
    if found is None:
        return "one kind of rows alone"
    return f"{found.auc:.3f} ({found.low:.3f} to {found.high:.3f}), {found.good} clean and {found.bad} dirty rows"


def labelled(files: Sequence[str], policy: QualityPolicy, models: Models) -> None:
    frames = []
    for path, kind in zip(files, (None, "labelled"), strict=True):
        found = [one for chunk in chunks([path], config.Fields()) for one in chunk.records.column("text").to_pylist()]
        frames.append(pl.DataFrame({"source": ["page"] * len(found), "text": found, "kind": [kind] * len(found)},
                                   schema={"source": pl.String, "text": pl.String, "kind": pl.String}))  # fmt: skip
    rows = pl.concat(frames)
    scores = scored(measured(rows, policy, models), policy)
    say("labelled pages", rows, scores)
    dirty = rows["kind"].is_not_null().to_numpy()
    values = scores.to_numpy()
    print(f"  median quality: clean {np.median(values[~dirty]):.3f}, dirty {np.median(values[dirty]):.3f}")


if __name__ == "__main__":
    main()
