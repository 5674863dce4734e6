"""HTML that is made of escaped text alone: nothing that a record says can become markup.

`Html` is a type of its own, and only the functions here make one; the type checker holds that no other string gets
into a page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import NewType

from corpus.report.words import Text

Html = NewType("Html", str)
EMPTY = Html("")

_HIDDEN = {0x061C, 0x2028, 0x2029, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_SHOWN = {code: f"⟨U+{code:04X}⟩" for code in {*_HIDDEN, *range(0x7F, 0xA0)}}
_SHOWN |= {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"}
"""Characters that a reader cannot see, or that turn the text around them, as visible ones."""


def visible(value: str) -> str:
    """`value` with control characters and marks of direction as something that can be seen; escapes nothing."""
    return value.translate(_SHOWN)


def text(value: str | Text) -> Html:
    """`value` escaped; of a Text both languages, of which the page shows one."""
    if isinstance(value, Text):
        if value.zh == value.en:
            return text(value.en)
        return Html(
            f'<span class="t" lang="zh">{text(value.zh)}</span><span class="t" lang="en">{text(value.en)}</span>'
        )
    return Html(html.escape(visible(value)))


def element(name: str, inside: Iterable[Html] | Html = EMPTY, attributes: Mapping[str, str] | None = None) -> Html:
    """`<name attributes>inside</name>`; values of attributes are escaped, an empty value stands for a bare name."""
    said = "".join(
        f' {key}="{html.escape(visible(value))}"' if value else f" {key}" for key, value in (attributes or {}).items()
    )
    return Html(f"<{name}{said}>{inside if isinstance(inside, str) else ''.join(inside)}</{name}>")


def block(kind: str, *inside: Html) -> Html:
    """A `div` of a class."""
    return element("div", inside, {"class": kind})


def paragraph(value: str | Text, kind: str = "") -> Html:
    """A paragraph, of a class where one is given."""
    return element("p", text(value), {"class": kind} if kind else None)


def heading(value: str | Text) -> Html:
    """The heading of a part of a section."""
    return element("h3", text(value))


def foldable(summary: Iterable[Html], inside: Iterable[Html], opened: bool = False) -> Html:
    """A part that a click on its summary opens and closes."""
    return element("details", [element("summary", summary), *inside], {"open": ""} if opened else None)


def marked(value: str, spans: Sequence[tuple[int, int]], kind: str = "") -> Html:
    """`value` escaped, with the characters of each span (start, end; in any order, they may overlap) in `mark`."""
    attributes = {"class": kind} if kind else None
    pieces: list[Html] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(value))
        if start < end:
            pieces += [text(value[at:start]), element("mark", text(value[start:end]), attributes)]
            at = end
    return Html("".join([*pieces, text(value[at:])]))
