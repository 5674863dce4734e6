"""The sheet on which people judge a sample: written as CSV and as one HTML page, read back as CSV."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template

from corpus import storage
from corpus.errors import UsageError
from corpus.inspect.strata import Drawn

COLUMNS = ("doc_id", "verdict", "note", "source", "tier", "lang", "characters", "machine", "preview")
NAMES = {"csv": "sheet.csv", "html": "sheet.html"}
VERDICTS = {"ok": False, "defect": True, "": None}
CSV_PREVIEW, HTML_PREVIEW = 500, 4000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MAX_SHEET = 64 << 20


@dataclass(frozen=True)
class Judgement:
    """What a person said of one record: a defect or none, or nothing yet."""

    doc_id: str
    defect: bool | None
    note: str = ""


def write_sheets(
    folder: str, title: str, records: Sequence[tuple[Drawn, tuple[str, ...]]]
) -> tuple[dict[str, str], bool]:
    """Write `sheet.csv` and `sheet.html` into `folder`; their locations by kind, and whether they are new.

    A sheet that is there already and holds the same records is left as it is, because people may have filled it in.
    UsageError when it holds others.
    """
    paths = {kind: storage.join(folder, name) for kind, name in NAMES.items()}
    if storage.exists(paths["csv"]):
        if {item.doc_id for item in read_sheet(paths["csv"])} != {record.doc_id for record, _ in records}:
            raise UsageError(f"{paths['csv']}: holds another sample, perhaps with verdicts; name another --out")
        return paths, False
    storage.put_atomic(paths["html"], page(title, records).encode())
    storage.put_atomic(paths["csv"], sheet(records).encode("utf-8-sig"))
    return paths, True


def sheet(records: Sequence[tuple[Drawn, tuple[str, ...]]]) -> str:
    """The CSV: one row a record, `verdict` and `note` empty.

    A cell that a spreadsheet would take for a formula begins with an apostrophe; the first 500 characters are shown.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record, seen in records:
        row = [record.doc_id, "", "", record.source, record.tier, record.lang or "", str(record.characters)]
        writer.writerow([_inert(cell) for cell in [*row, " ".join(seen), record.text[:CSV_PREVIEW]]])
    return out.getvalue()


def page(title: str, records: Sequence[tuple[Drawn, tuple[str, ...]]]) -> str:
    """The HTML page: a card a record with two buttons, and one that saves the CSV. It loads nothing from anywhere."""
    template = Template(resources.files("corpus.report").joinpath("sheet.html").read_text(encoding="utf-8"))
    cards = "\n".join(_card(number, record, seen) for number, (record, seen) in enumerate(records, start=1))
    return template.substitute(title=html.escape(title), count=len(records), cards=cards)


def _card(number: int, record: Drawn, seen: Sequence[str]) -> str:
    shown = record.text[:HTML_PREVIEW]
    more = len(record.text) - len(shown)
    facts = [
        record.source,
        f"tier {record.tier}",
        record.lang or "no language",
        f"{record.characters:,} characters",
        *seen,
    ]
    choices = "".join(
        f'<label><input type="radio" name="v{number}" value="{verdict}"> {verdict}</label>'
        for verdict in ("ok", "defect")
    )
    data = {"doc_id": record.doc_id, "source": record.source, "tier": record.tier}
    attributes = " ".join(f'data-{name.replace("_", "-")}="{html.escape(value)}"' for name, value in data.items())
    rest = f'<p class="more">{more:,} more characters</p>' if more else ""
    return (
        f"<article {attributes}><header><b>{number}</b> {html.escape(' · '.join(facts))}</header>"
        f"<pre>{html.escape(shown)}</pre>{rest}"
        f'<footer>{choices}<input type="text" placeholder="note" maxlength="500"></footer></article>'
    )


def read_sheet(path: str) -> list[Judgement]:
    """The verdicts of a sheet: `ok`, `defect` or nothing, in any case; other columns than doc_id are optional.

    UTF-8 or what spreadsheets of Chinese systems write (GB18030). UsageError with every line that says something else,
    and for a sheet that is missing, is none, or names a record twice.
    """
    size = storage.size(path)
    if size is None:
        raise UsageError(f"{path}: is not there; name the CSV sheet that people filled in")
    if size > MAX_SHEET:
        raise UsageError(f"{path}: is larger than any sheet ({size:,} bytes)")
    raw = storage.read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"doc_id", "verdict"} <= set(reader.fieldnames or ()):
        raise UsageError(f"{path}: has no columns doc_id and verdict; keep the first line of the sheet as it was")
    found: dict[str, Judgement] = {}
    wrong: list[str] = []
    try:
        for row in reader:
            wrong += _read_row(row, f"{path}:{reader.line_num}", found)
    except csv.Error as error:
        wrong.append(f"{path}:{reader.line_num}: {error}")
    if wrong:
        raise UsageError("\n".join(wrong))
    return list(found.values())


def _read_row(row: Mapping[str, str | None], where: str, found: dict[str, Judgement]) -> list[str]:
    doc_id, said = (row.get("doc_id") or "").strip(), (row.get("verdict") or "").strip().lower()
    if not doc_id and not said:
        return []
    if said not in VERDICTS:
        return [f"{where}: verdict {said!r} is neither ok nor defect"]
    if doc_id in found:
        return [f"{where}: {doc_id} stands in the sheet twice"]
    found[doc_id] = Judgement(doc_id, VERDICTS[said], (row.get("note") or "").strip())
    return []


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
