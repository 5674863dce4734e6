"""What cleaning takes from text that needs none: python bench/bench_harm.py [--markdown] [--drops N] FILE...

For every file (.jsonl, .jsonl.zst, .wet: a source each) the documents go through what a run does to them, twice: with
the normalisation alone, and with all shipped rewrites too. Three shares are counted:

* removed: characters that the normalised or rewritten text no longer has, the source's own text being the whole;
* changed: characters that came in, other than by the width folding that a run declares;
* dropped: documents that the default rules remove.

Removed and changed come from a diff: both texts, the width of letters and digits folded in both, are cut into pieces
of at most 16 characters that end at marks and line ends, equal pieces at the beginning and end are set aside, and
the rest is aligned by difflib on pieces (no heuristics for frequent ones) and, inside a stretch that differs, by
difflib on characters. So a character that moved counts as removed and changed, and nothing is hidden by letters that
happen to occur elsewhere. The removed characters are told apart: spaces and line ends, and all others ("letters").
Markup and addresses, and ends, are what the rewrites that take them say they took. Stretches longer than 2,000 pieces,
or 3,000 characters, are compared as multisets, which is a lower bound; how many characters stood in those is printed.
"""

from __future__ import annotations

import argparse
import difflib
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "2"

import orjson
import polars as pl
import pyarrow as pa

from corpus import config, pipeline
from corpus.kernels.catalogue import measure
from corpus.kernels.language import identify
from corpus.kernels.rewrites.widths import fold_width
from corpus.ruleset.compile import verdicts
from corpus.ruleset.model import SEVERITY, RuleSet
from corpus.stage import COUNTED

PIECE = re.compile(r"[^\n，。！？；：、,.!?;: ]{1,16}[\n，。！？；：、,.!?;: ]?|[\n，。！？；：、,.!?;: ]")
ALL = ("common", "zh", "pii", "tails")
MARKUP = ("common.html_remnants", "common.image_links", "common.urls")
PIECES, CHARACTERS = 2_000, 3_000
ACTIONS = {severity: action for action, severity in SEVERITY.items()}


@dataclass
class Harm:
    """What one way of cleaning did to one source."""

    documents: int = 0
    characters: int = 0
    removed: int = 0
    letters: int = 0
    changed: int = 0
    touched: int = 0
    coarse: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    dropped: list[tuple[str, str, str]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)


def documents(path: Path) -> Iterator[str]:
    """The texts of a file."""
    if path.suffix == ".wet":
        records = path.read_bytes().split(b"WARC/1.0\r\n")
        for record in records:
            head, _, body = record.partition(b"\r\n\r\n")
            if b"conversion" in head:
                yield body.decode().rstrip("\r\n")
        return
    if path.suffix == ".zst":
        import zstandard

        with zstandard.open(path, "rb") as stream:
            yield from (orjson.loads(line)["text"] for line in io.BufferedReader(stream))
        return
    with path.open("rb") as stream:
        yield from (orjson.loads(line)["text"] for line in stream if line.strip())


def difference(before: str, after: str) -> tuple[str, int, int]:
    """The characters that went, how many came, and how many stood in stretches too long to align."""
    if before == after:
        return "", 0, 0
    old, new = PIECE.findall(before), PIECE.findall(after)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    gone, came, coarse = [], 0, 0
    for left, right in _stretches(old, new):
        if len(left) + len(right) > CHARACTERS:
            lost, won = Counter(left) - Counter(right), Counter(right) - Counter(left)
            gone.append("".join(lost.elements()))
            came += won.total()
            coarse += len(left)
            continue
        for what, i, j, k, m in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if what != "equal":
                gone.append(left[i:j])
                came += m - k
    return "".join(gone), came, coarse


def _stretches(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """What differs, as pairs of texts: block by block, a block ending where the two texts meet again."""
    i = j = 0
    while i < len(old) or j < len(new):
        left, right = old[i : i + PIECES], new[j : j + PIECES]
        matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
        last = i + len(left) == len(old) and j + len(right) == len(new)
        codes = matcher.get_opcodes()
        if not last:
            # What follows the last agreement may agree with pieces of the next block.
            while codes and codes[-1][0] != "equal":
                codes.pop()
        if not codes:
            yield "".join(left), "".join(right)
            i, j = i + len(left), j + len(right)
            continue
        for what, a, b, c, d in codes:
            if what != "equal":
                yield "".join(left[a:b]), "".join(right[c:d])
        i, j = i + codes[-1][2], j + codes[-1][4]


def cleaned(
    composed: pipeline.Pipeline, texts: list[str], taken: Counter[str]
) -> tuple[list[str], list[str | None], pa.Array]:
    """The texts as the row stages of a run leave them, their languages and scores."""
    text = pa.array(texts, pa.large_string())
    lang, score = identify(text)
    batch = pa.RecordBatch.from_arrays(
        [text, lang, pa.array(["s"] * len(texts), pa.string())], names=["text", "lang", "source"]
    )
    for stage in composed.rows[1:]:
        batch = stage(batch)
        for name in [name for name in batch.schema.names if name.startswith(COUNTED)]:
            taken[name.removeprefix(COUNTED)] += int(pa.compute.sum(batch.column(name)).as_py() or 0)
            batch = batch.drop_columns([name])
    return batch.column("text").to_pylist(), lang.to_pylist(), score


def judged(rules: RuleSet, texts: list[str], langs: list[str | None], scores: pa.Array) -> pl.DataFrame:
    """The verdict of each text."""
    batch = pa.RecordBatch.from_pydict(
        {
            "text": pa.array(texts, pa.large_string()),
            "url": pa.nulls(len(texts), pa.string()),
            "lang": pa.array(langs, pa.string()),
            "lang_score": scores,
        }
    )
    frame = pl.DataFrame(pl.from_arrow(measure(batch, rules.calls)))
    return verdicts(rules, frame.with_columns(lang=pl.Series(langs, dtype=pl.String), source=pl.lit("s")))


def harm(composed: pipeline.Pipeline, path: Path) -> Harm:
    """What a run does to the documents of a file."""
    found = Harm()
    texts = list(documents(path))
    for first in range(0, len(texts), 2000):
        chunk = texts[first : first + 2000]
        after, langs, scores = cleaned(composed, chunk, found.taken)
        folded = [fold_width(pa.array(some, pa.large_string())).text.to_pylist() for some in (chunk, after)]
        for old, new in zip(*folded, strict=True):
            gone, came, coarse = difference(old, new)
            found.documents += 1
            found.characters += len(old)
            found.removed += len(gone)
            found.letters += sum(not one.isspace() for one in gone)
            found.changed += came
            found.coarse += coarse
            found.touched += old != new
        answers = judged(composed.rules, after, langs, scores)
        for text, action, failed, values in zip(
            after, answers["action"], answers["failed"], answers["values"], strict=True
        ):
            found.actions[ACTIONS.get(action, "keep")] += 1
            named = [composed.rules.rules[place] for place in failed]
            worst = [rule.id for rule in named if SEVERITY[rule.otherwise] == action]
            found.rules.update(f"{rule} ({ACTIONS[action]})" for rule in worst)
            if ACTIONS.get(action) == "drop":
                seen = ", ".join(f"{rule.id}={value}" for rule, value in zip(named, values, strict=True))
                found.dropped.append((seen, text[:300], text[-80:]))
    return found


def percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--rewrites", default=",".join(ALL), help="asked for beside the normalisation")
    parser.add_argument("--drops", type=int, default=0, help="dropped documents to show, with what their rules saw")
    parser.add_argument("--markdown", action="store_true", help="rows for a table")
    options = parser.parse_args()
    ways = {"normalised": (), "rewritten": tuple(options.rewrites.split(","))}
    source = {"name": "s", "paths": "unused"}
    for path in options.files:
        row = [path.stem.removesuffix(".jsonl")]
        for way, rewrites in ways.items():
            composed = pipeline.compose(
                config.Pipeline.model_validate({"name": "harm", "sources": [source], "rewrites": rewrites})
            )
            found = harm(composed, path)
            if way == "normalised":
                row.append(f"{found.documents:,}")
            shares = [percent(many, found.characters) for many in (found.removed, found.letters, found.changed)]
            row += [shares[0], shares[2], percent(found.actions["drop"], found.documents)]
            if way == "rewritten":
                markup = sum(found.taken[name] for name in MARKUP)
                ends = sum(many for name, many in found.taken.items() if name.startswith("tails."))
                row[-2:-2] = [percent(many, found.characters) for many in (markup, ends)]
            if options.markdown:
                continue
            print(
                f"{row[0]} {way}: {found.documents} documents, {found.characters} characters, {found.touched} touched"
            )
            print(
                f"   removed {shares[0]} % (without spaces {shares[1]} %), changed {shares[2]} %, dropped {row[-1]} %"
            )
            print(f"   {dict(found.actions)}; in stretches too long to align: {found.coarse}")
            print("   taken:", {name: many for name, many in found.taken.most_common(8) if many})
            print("   rules:", dict(found.rules.most_common(8)))
            for seen, text, end in found.dropped[: options.drops]:
                print(f"   --- {seen}\n{text}\n   ... {end!r}")
            sys.stdout.flush()
        if options.markdown:
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
