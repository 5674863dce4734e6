"""The only place that prints: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from corpus.execute import Result
    from corpus.manifest import RowAccount

PREVIEW = 100
T = TypeVar("T")


def out(text: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def piece(text: str) -> None:
    """Text as it comes, without an end of line."""
    sys.stdout.write(text)
    sys.stdout.flush()


def note(text: str) -> None:
    """A line for the person at the terminal, beside the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def emit(value: Any) -> None:
    """One JSON object on one line."""
    out(json.dumps(plain(value), ensure_ascii=False))


def show(found: T, view: Callable[[T], None], *, as_json: bool) -> None:
    """What a command found: as one JSON object, or as `view` shows it to people."""
    if as_json:
        emit(found)
    else:
        view(found)


def plain(value: Any) -> Any:
    """A value made of dicts, lists and scalars only."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(item) for name, item in asdict(value).items()}
    if hasattr(value, "model_dump"):
        return account_json(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def done(found: Mapping[str, Any], *, as_json: bool) -> None:
    """What a command did, as one object or a line a field."""
    if as_json:
        emit(dict(found))
    else:
        table(None, [(name.replace("_", " "), number(value)) for name, value in found.items()])


def reasons(head: str, found: Mapping[str, int]) -> None:
    """How many rows are not there, by reason, in one line; nothing where there are none."""
    if found:
        out(f"{head}: " + ", ".join(f"{count:,} {reason}" for reason, count in found.items()))


def files(paths: Iterable[str]) -> None:
    """The files that were written, one a line."""
    for path in paths:
        out(path)


def account_json(account: RowAccount) -> dict[str, Any]:
    """An account as scripts get it."""
    counts = {name: dict(getattr(account, name)) for name in ("dropped", "merged", "quarantined")}
    return {"in": account.rows_in, "kept": account.kept, **counts}


def result_json(result: Result) -> dict[str, Any]:
    """The object that every command which produces data ends with under --json."""
    account = account_json(result.account)
    return {"run": result.run, "dataset": result.dataset, "account": account, "seconds": result.seconds}


def result(done: Result) -> None:
    """What a finished run says to a person."""
    if not done.worked:
        out("Nothing to do: every stage was committed before.")
        out()
    account(done.account)
    out()
    for said in done.notes:
        out(said)
    out(f"dataset  {done.dataset}")
    out(f"card     {done.dataset.rstrip('/')}/README.md")
    out(f"removed  {done.run.rstrip('/')}/rejected   (why: corpus explain {done.run} DOC_ID)")
    out(f"seconds  {done.seconds:.1f}")


def account(total: RowAccount) -> None:
    """Where the records went, reasons under each head."""
    rows = [("records read", total.rows_in, ""), ("kept", total.kept, share(total.kept, total.rows_in))]
    for head in ("dropped", "merged", "quarantined"):
        reasons: Mapping[str, int] = getattr(total, head)
        if reasons:
            rows.append((head, sum(reasons.values()), share(sum(reasons.values()), total.rows_in)))
            ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
            rows += [(f"  {reason}", count, share(count, total.rows_in)) for reason, count in ordered]
    table(None, [(name, number(count), part) for name, count, part in rows])


def table(head: Sequence[str] | None, rows: Iterable[Sequence[Any]], indent: str = "") -> None:
    """Aligned columns without borders: numbers to the right, text to the left, wide characters counted as two."""
    cells = [[clean(str(cell)) for cell in row] for row in rows]
    lines = [list(head), *cells] if head else cells
    if not lines:
        return
    widths = [max(width(line[column]) for line in lines) for column in range(len(lines[0]))]
    right = [bool(cells) and all(_numeric(row[column]) for row in cells) for column in range(len(lines[0]))]
    for line in lines:
        padded = [
            " " * (size - width(cell)) + cell if to_right else cell + " " * (size - width(cell))
            for cell, size, to_right in zip(line, widths, right, strict=True)
        ]
        out((indent + "  ".join(padded)).rstrip())


def _numeric(cell: str) -> bool:
    return not cell.strip("-+0123456789.,e% ") and len(cell) < 24


def number(value: float | int | str | None) -> str:
    """A number as people read it: thousands separated, four significant digits, `-` for none."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (abs(value) < 1e15 and float(value).is_integer()):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def size(count: float) -> str:
    """Bytes with a unit."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return ""


def share(part: int, whole: int) -> str:
    """A percentage with one decimal; empty of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else ""


def preview(text: str, limit: int = PREVIEW) -> str:
    """The beginning of a text on one line, `limit` columns wide."""
    line = clean(" ".join(text.split()))
    taken: list[str] = []
    used = 0
    for char in line:
        used += width(char)
        if used > limit:
            return "".join(taken) + "…"
        taken.append(char)
    return line


def clean(text: str) -> str:
    """Text without what could drive a terminal: controls and direction marks become a replacement character."""
    return "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") else char for char in text)


def width(text: str) -> int:
    """Columns that a terminal uses for `text`."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
