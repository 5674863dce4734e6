"""A small run whose records say the worst that a page could be told, and of which every kind of fate occurs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from building import prose, settings, write_jsonl

from corpus import pipeline
from corpus.execute import execute

SCRIPT = "</script><script>window.owned = true</script>"
SAYINGS = {
    "script": SCRIPT,
    "image": '<img src=x onerror="window.owned = true">',
    "quotes": "\"quoted\" & 'single' `back` &lt;b&gt; &#60;script&#62;",
    "ends": "]]> --> --!> </textarea></style></title></template>",
    "separators": "before\u2028between\u2029after",
    "turned": "مرحبا بالعالم \u202egnp.exe שלום",
    "template": "${window.owned = true} {{owned}} %{text} $name",
    "link": '<a href="javascript:window.owned=true">here</a>',
}
TITLE = '<b>报告</b> & "quotes"'
SIZE = 1 << 30


def hostile_records() -> list[Any]:
    """Kept, dropped, merged and unreadable records, each saying something hostile first."""
    kept = [
        {"id": f"k-{name}", "text": f"{said}\n\n{prose(number)}"} for number, (name, said) in enumerate(SAYINGS.items())
    ]
    more = [{"id": f"m{number}", "text": prose(100 + number)} for number in range(40)]
    english = "The old pump was taken apart by an engineer, who found that number {} of its bearings had worn out. "
    other = [{"id": f"e{number}", "text": english.format(number) * 4} for number in range(12)]
    dropped = [{"id": f"d-{name}", "text": said} for name, said in SAYINGS.items()]
    again = [
        {"id": f"x-{name}", "text": f"{said}\n\n{prose(number)}"} for number, (name, said) in enumerate(SAYINGS.items())
    ]
    near = [
        {"id": f"n{number}", "text": f"{SCRIPT} {prose(100 + number, 8)}{prose(100 + number, 8)} 完。"}
        for number in range(3)
    ]
    near += [
        {"id": f"o{number}", "text": f"{prose(100 + number, 8)}{prose(100 + number, 8)} 完。"} for number in range(3)
    ]
    urls = [" ".join(f"https://example.org/{number}-{step}/?a=1&b=2" for step in range(20)) for number in range(3)]
    addresses = [{"id": f"u{number}", "text": f"{said} <script>"} for number, said in enumerate(urls)]
    long = [{"id": "long", "text": "长" * 300_000 + SCRIPT}]
    broken = [b'{"text": "' + SCRIPT.encode() + b'\xff"}', b'{"id": "' + SCRIPT.replace('"', "").encode() + b'"}']
    strange = [{"id": SCRIPT, "text": "短"}]
    return [*kept, *more, *other, *dropped, *again, *near, *addresses, *long, *strange, *broken]


def hostile_run(
    folder: Path, rows: list[Any] | None = None, split_bytes: int = 32 << 20, name: str = "run", **more: Any
) -> str:
    """The finished run `name` of these records in `folder`, made without Spark."""
    write_jsonl(folder / "in.jsonl", hostile_records() if rows is None else rows)
    asked = {
        "rules": ["common"],
        "normalise": {"newlines": False, "controls": False},
        "dedup": {"near": {}, "lines": {"documents": 30}},
        "publish": {"title": TITLE},
        "limits": {"quarantine_share": 0.5},
        **more,
    }
    source = {"name": "web", "paths": str(folder / "in.jsonl"), "license": "CC0-1.0"}
    composed = pipeline.compose(settings(source, **asked))
    execute(composed, str(folder / name), split_bytes=split_bytes, bytes_here=SIZE)
    return str(folder / name)


LEARNED: dict[str, Any] = {
    "perplexity": {"order": 3},
    "embed": {"dim": 16},
    "cluster": {"k": 4},
    "quality": "default",
    "tags": ["domains"],
}
"""Everything that gives published rows scores, tags and a place on the map."""
