"""Instruction rows for classifiers: read by their fields, and shown as one line that tells ask, input and answer apart.

The line is tokens of the view `chars` (see `corpus.kernels.lineview`): those of the instruction begin with `q_`, those
of the input with `g_`, those of the answer are as they are, with `s_` between. Before the instruction stand tokens for
sizes, which a bag of n-grams cannot see: units of ask, input and answer, and the answer's lines, in steps of half a
power of two. A model averages over all tokens, so that a long answer would drown the ask: sizes and instruction stand
twice, of the input the first 60 tokens count, of the answer the first 40 different ones. No view of a text
has an underscore, so no text can pretend to be such a token.
`classifier.INSTRUCTION` is raised when the line of any row changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.kernels import lineview
from corpus.kernels.buffers import large
from corpus.kernels.difficulty import ABSENT
from corpus.models.examples import MOST, Examples, chunks, labelled_rows, settled
from corpus.models.rows.model import line_of
from corpus.quarantine import Quarantined
from corpus.readers.fields import WHOLE

_ASK = ("instruction", "prompt", "question")
_INPUT = ("input",)
_ANSWER = ("output", "response", "answer")
HARD, NOT_HARD = "hard", "not_hard"
_PARTS = ("instruction", "given", "answer")
_FIRST_GIVEN, _FIRST_ANSWER = 60, 40
_SEAM = "s_"


@dataclass(frozen=True)
class Parts:
    """The fields of a row, dotted for nested ones; None: the first there is of the usual names."""

    instruction: str | None = None
    given: str | None = None
    answer: str | None = None


@dataclass(frozen=True)
class Labels:
    """The field that names a row's label; with `least` it holds a number, and rows with that or more are HARD."""

    field: str = "tier"
    least: float | None = None


def rows(
    paths: Sequence[str], parts: Parts, labels: Labels | None = None
) -> Iterator[tuple[pl.DataFrame, list[Quarantined]]]:
    """By batch the rows of files (`key`, `instruction`, `given`, `answer`; `label` where asked for) and what could not
    be read. A field that is not there is null. UsageError when nothing can be read."""
    columns = [
        _field(parts.instruction, _ASK).alias("instruction"),
        _field(parts.given, _INPUT).alias("given"),
        _field(parts.answer, _ANSWER).alias("answer"),
    ]
    if labels is not None:
        columns.append(_label(labels).alias("label"))
    for chunk in chunks(paths, config.Fields(text=WHOLE)):
        frame = pl.DataFrame(
            {
                "key": pl.Series(pl.from_arrow(chunk.records.column("source_key"))).cast(pl.String),
                "record": pl.Series(pl.from_arrow(chunk.records.column("text"))).cast(pl.String),
            }
        )
        yield frame.select("key", *columns), list(chunk.quarantined)


def shown(frame: pl.DataFrame) -> pa.Array:
    """The line of each row of `instruction`, `given` and `answer`, ended by a newline; a newline alone where the
    instruction or the answer has nothing to read."""
    has = pl.when(pl.col("given").str.contains(ABSENT)).then(pl.lit("")).otherwise(pl.col("given").fill_null(""))
    whole = frame.with_columns(given=has)
    views = pl.DataFrame({name: _view(whole[name]) for name in _PARTS})
    sizes = [
        _size("n_ask", _units("instruction")),
        _size("n_given", _units("given")),
        _size("n_answer", _units("answer")),
        _size("n_lines", pl.Series(whole["answer"].str.count_matches("\n").fill_null(0))),
    ]
    ask = pl.col("instruction").str.replace_all(r"(\S+)", "q_$1")
    given = _first(pl.col("given"), _FIRST_GIVEN, distinct=False).str.replace_all(r"(\S+)", "g_$1")
    answer = _first(pl.col("answer"), _FIRST_ANSWER, distinct=True)
    empty = (pl.col("instruction") == "") | (pl.col("answer") == "")
    both = [*sizes, pl.lit(_SEAM), ask, pl.lit(_SEAM)]
    line = pl.concat_str(*both, *both, given, pl.lit(_SEAM), answer, separator=" ") + "\n"
    found = views.select(pl.when(empty).then(pl.lit("\n")).otherwise(line)).to_series()
    return large(found)


def as_view(frame: pl.DataFrame, view: str) -> pa.Array:
    """The line of each row as a model of the view `instruction` or `rows` reads it."""
    return line_of(frame) if view == "rows" else shown(frame)


def read_labelled(
    paths: Sequence[str], parts: Parts, labels: Labels, seed: int = 0, most: int = MOST, view: str = "rows"
) -> Examples:
    """Labelled instruction rows as examples, by the rules of `examples.read_examples`: each line once.

    UsageError when no row has the label field, or none has an instruction and an answer.
    """
    counts: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    frames: list[pl.DataFrame] = []
    for frame, quarantined in rows(paths, parts, labels):
        unreadable.update(str(row.reason) for row in quarantined)
        frames.append(labelled_rows(as_view(frame, view), frame["label"], seed, counts))
    if not counts["read"]:
        raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
    if counts["unlabelled"] == counts["read"]:
        number = "" if labels.least is None else " with a number"
        raise UsageError(f"no row has the field {labels.field!r}{number}; name the one that holds the label")
    if counts["empty"] + counts["unlabelled"] == counts["read"]:
        raise UsageError(
            "no labelled row has an instruction and an answer; name their fields with --instruction and --answer"
        )
    return settled(frames, counts, unreadable, most)


def passes(rows_read: int) -> int:
    """How often to go over so many labelled rows in training: ten times over a few thousand, four over many."""
    return max(4, min(20, 60_000 // max(1, rows_read)))


def _view(texts: pl.Series) -> pl.Series:
    found = pl.Series(pl.from_arrow(lineview.views(large(texts.fill_null(""))))).cast(pl.String)
    return found.str.strip_suffix("\n")


def _units(name: str) -> pl.Expr:
    found = pl.col(name)
    return pl.when(found == "").then(0).otherwise(found.str.count_matches(" ", literal=True) + 1)


def _first(found: pl.Expr, most: int, *, distinct: bool) -> pl.Expr:
    tokens = found.str.split(" ")
    return (tokens.list.unique(maintain_order=True) if distinct else tokens).list.head(most).list.join(" ")


def _size(name: str, count: pl.Expr | pl.Series) -> pl.Expr:
    """A token for a count: twice its binary logarithm (of one more), rounded down."""
    number = pl.lit(count) if isinstance(count, pl.Series) else count
    step = (2 * (number.cast(pl.Float64) + 1).log(2)).floor().cast(pl.Int32)
    return pl.lit(name) + step.cast(pl.String)


def _label(labels: Labels) -> pl.Expr:
    found = _field(labels.field, ())
    if labels.least is None:
        return found
    number = found.str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(number >= labels.least).then(pl.lit(HARD)).when(number.is_not_null()).then(pl.lit(NOT_HARD))


def _field(name: str | None, usual: Sequence[str]) -> pl.Expr:
    places = []
    for one in usual if name is None else (name,):
        if "'" in one or "\\" in one or not one:
            raise UsageError(f"field {one!r}: a name is not empty and has no quote or backslash")
        places.append(f"$['{one}']")
        if "." in one:
            places.append("$" + "".join(f"['{step}']" for step in one.split(".")))
    return pl.coalesce([pl.col("record").str.json_path_match(place) for place in places])
