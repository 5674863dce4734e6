"""A small corpus that this project made itself: clean, dirty, duplicated and broken, in every format that is read.

Everything in it is composed from sentences written for it, so it may be given away; everything that was planted is
counted in `EXPECTED.json`, so a run over it can be checked record by record.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from corpus.demo import dirty, files, prose
from corpus.demo.files import Record
from corpus.errors import UsageError

PIPELINE = """\
# The demo: every kind of input this project reads, and what is done about each.
name: demo
sources:
  - {name: wiki, paths: wiki.parquet, license: CC0-1.0, priority: 30}
  - name: news
    paths: news.jsonl
    fields: {text: content, lang: meta.lang}
    license: CC0-1.0
    priority: 20
  - {name: forum, paths: forum.csv, fields: {text: body}, license: CC0-1.0, priority: 10}
  - {name: notes, paths: notes, format: text, license: CC0-1.0, priority: 10}
  - {name: pages, paths: pages, format: html, license: CC0-1.0, priority: 10}
  - {name: crawl, paths: crawl.warc.gz, license: CC0-1.0, priority: 5}
  - {name: web, paths: web.jsonl.gz, license: CC0-1.0, priority: 0}
select:
  languages: {exclude: [ja, ko, ru]}
rules: [common, zh/web, en/web]
dedup: {near: {}}
tiers: default
publish: {title: Demo corpus made by this project, license: CC0-1.0}
limits: {quarantine_share: 0.2}
"""

EXPECTED = "EXPECTED.json"

_HOMES = {"news": "news", "wiki": "wiki", "question": "forum", "product": "forum", "novel": "notes", "code": "pages"}
"""The source of each genre; what is not named here goes to `crawl`."""

_WIDTHS = {ord(mark): wide for mark, wide in zip("，！？；：（）", ",!?;:()", strict=True)} | {
    number: number + 0xFEE0 for number in range(0x21, 0x7F) if chr(number).isalnum()
}


@dataclass(frozen=True)
class Twin:
    """A planted duplicate: which kind, and the record of which it is one."""

    kind: str
    record: Record
    original: Record


def write_demo_corpus(directory: Path, seed: int = 7, documents: int = 400) -> Path:
    """Write the corpus, its pipeline and `EXPECTED.json` into `directory`; the path of the pipeline.

    `EXPECTED.json` says what is in the files and the account that a run of the shipped pipeline ends in.

    About `documents` records (at least 100), the same bytes for the same arguments and versions. A demo that is there
    already is replaced; any other directory with something in it is refused with UsageError.
    """
    _make_room(directory)
    random = Random(seed)  # noqa: S311
    documents = max(documents, 100)
    repeats = max(1, documents // 200)
    chinese = prose.distinct("zh", documents * 9 // 20 + repeats, random)
    composed = [
        *chinese[repeats:],
        *prose.distinct("en", documents * 3 // 10, random),
    ]
    clean = [_placed(number, item) for number, item in enumerate(composed)]
    soiled = [
        Record("web", f"d{number}-{kind}", make(random), kind=kind)
        for number in range(max(1, documents // 130))
        for kind, make in dirty.KINDS.items()
    ]
    # Records whose id is claimed twice have no twins: a twin names its original by its key.
    claimed = [record for record in clean if record.source == "news"][:repeats]
    repeated = [
        replace(record, text=other.text, kind="repeated_id") for record, other in zip(claimed, chinese, strict=False)
    ]
    twins = _twins([record for record in clean if record not in claimed], max(2, documents // 50), random)
    web = [*soiled, *(twin.record for twin in twins)]
    random.shuffle(web)
    records = [*clean, *repeated, *web]
    written = files.write_all(directory, records)
    (directory / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    expected = {
        "seed": seed,
        "documents": documents,
        "records": sum(written.records.values()),
        "sources": {name: written.of(name) for name in sorted(written.records)},
        "quarantined": dict(sorted(sum((Counter(found) for found in written.broken.values()), Counter()).items())),
        "skipped": written.skipped,
        "account": {
            "in": sum(written.records.values()),
            "kept": len(clean) + len(repeated),
            "dropped": len(soiled),
            "merged": len(twins),
            "quarantined": sum(sum(found.values()) for found in written.broken.values()),
        },
        "planted": dict(sorted(Counter(record.kind for record in records).items())),
        "twins": [
            {
                "kind": twin.kind,
                "source": twin.record.source,
                "source_key": twin.record.key,
                "of": {"source": twin.original.source, "source_key": twin.original.key},
            }
            for twin in twins
        ],
        "repeated_ids": [record.key for record in repeated],
    }
    text = json.dumps(expected, ensure_ascii=False, indent=1) + "\n"
    (directory / EXPECTED).write_text(text, encoding="utf-8")
    return directory / "pipeline.yaml"


def _make_room(directory: Path) -> None:
    if directory.is_dir() and any(directory.iterdir()):
        if not (directory / EXPECTED).is_file():
            raise UsageError(f"{directory} is not empty and holds no demo. Name a directory that is new or empty.")
        for name in ("notes", "pages"):
            shutil.rmtree(directory / name, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)


def _placed(number: int, item: prose.Prose) -> Record:
    source = _HOMES.get(item.genre, "crawl")
    return Record(
        source=source,
        key=f"{item.genre}-{number:04d}",
        text=item.text,
        title=item.title,
        lang=item.lang,
        date=f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        kind=f"clean_{item.lang}",
    )


def _twins(clean: Sequence[Record], count: int, random: Random) -> list[Twin]:
    """`count` of each kind, of different originals; all go to `web`, the source with the lowest priority."""
    makers: dict[str, Callable[[str], str]] = {
        "exact": str,
        "traditional": _traditional(),
        "width": lambda text: text.translate(_WIDTHS),
        "punctuation": lambda text: (
            text.replace("，", " ， ").replace("。", "！").replace("\n\n", "\n").replace(". ", ".  ")
        ),
        "edited": lambda text: text[: len(text) // 2] + text[len(text) // 2 + 2 :],
    }
    originals = [record for record in clean if record.source in {"news", "wiki", "forum"}]
    random.shuffle(originals)
    found: list[Twin] = []
    for kind, make in makers.items():
        made = 0
        while made < count:
            original = originals.pop()
            text = make(original.text)
            if (kind == "exact") != (text == original.text):
                continue
            copy = replace(original, source="web", key=f"{kind}-{original.key}", text=text, kind=f"twin_{kind}")
            found.append(Twin(kind, copy, original))
            made += 1
    return found


def _traditional() -> Callable[[str], str]:
    """Simplified to Traditional, for texts that come back character by character; others are returned as they are."""
    from opencc import OpenCC

    there, back = OpenCC("s2t"), OpenCC("t2s")

    def convert(text: str) -> str:
        traditional: str = there.convert(text)
        return traditional if "".join(map(back.convert, traditional)) == text else text

    return convert
