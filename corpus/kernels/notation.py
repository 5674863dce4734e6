"""Whether a text holds program code or mathematical notation, by what only such text looks like.

Prose about programs or sums has neither. The patterns were written for this project; each is linear in the text.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa

VERSION = 1
"""Raise it when what is said of any text changes."""
_CODE = (
    r"(?m)^[ \t]*```[A-Za-z+#]*[ \t]*$",
    r"(?m)^[ \t]*(?:async )?def [A-Za-z_][A-Za-z_0-9]*\(.*\).*:",
    r"(?m)^[ \t]*(?:from [A-Za-z_0-9.]+ )?import [A-Za-z_0-9.*{}, ]+(?: from ['\"].*)?;?[ \t]*$",
    r"(?m)^[ \t]*#[ \t]*(?:include[ \t]*[<\"]|define[ \t]+[A-Za-z_])",
    r"(?m)^[ \t]*(?:public|private|protected|static|final|export|abstract) [A-Za-z_0-9<>\[\] ,]+[({;=]",
    r"(?m)^[ \t]*(?:function|func|fn|class|struct|interface|namespace) [A-Za-z_0-9.<>:]+.*[({]",
    r"(?m)^[ \t]*(?:const|let|var|int|auto|char|float|double|String|bool|long) [A-Za-z_0-9*\[\]<>]+(?: ?=.*)?;[ \t]*$",
    r"(?m)^[ \t]*(?:if|for|while|switch|else if|elif) ?\(.*\) ?\{[ \t]*$",
    r"(?m)^[ \t]*[A-Za-z_][A-Za-z_0-9.]*\(.*\);[ \t]*$",
    r"(?m)^[ \t]*(?i:select)\s.*\s(?i:from)\s+[A-Za-z_`]|(?i:insert into|create table|alter table) [A-Za-z_`]",
    r"(?m)^[ \t]*(?:\$ )?(?:sudo |pip3? install|npm (?:install|run)|git (?:clone|commit|push)|docker run) ?\S",
    r"(?i)<!doctype html>|<script[ >]|</(?:div|html|body|script|head)>",
    r"System\.out\.print|console\.log\(|printf\(\"|std::[a-z]|cout <<|document\.getElement",
    r"(?m)^[ \t]*(?:print\(.*\)|return [A-Za-z_0-9.(\[]+.*|self\.[a-z_]+ = .*)[ \t]*\r?$",
)
_MATHS = (
    r"\\(?:frac|sqrt|sum|int|lim|alpha|beta|theta|cdot|times|leq?|geq?|infty|partial|begin\{(?:equation|align|matrix))[^a-z]",
    r"\$[^$\n]{0,60}[=^_\\<>+][^$\n]{0,60}\$",
    r"[∑∫∏√∂∇∞≤≥≠≈∈∉⊂⊆∪∩∀∃]",
    r"(?:sin|cos|tan|log|ln|lim|exp)(?:[²2]? ?[(（][a-zθαβω0-9]{1,4}[)）]|[²2]? ?[xθαβ])(?:[^a-z]|$)",
    r"(?:^|[^A-Za-z0-9])[a-z](?:\^|\*\*)[0-9n{(]",
    r"(?:^|[^A-Za-z0-9])[a-zA-Z]\([a-z](?:, ?[a-z])?\) ?= ?[-a-z0-9(]",
    r"[0-9)] ?[+×÷*＋][ 0-9.()+×÷*/＋-]*[=＝] ?[0-9?？（(]",
    r"(?:^|[^A-Za-z0-9])[0-9]{0,4}[xyzn](?:²|³|\^[0-9])? ?[-+] ?[0-9]{1,6}[xyz]?(?:²|³)? ?[=＝<>] ?-?[0-9]",
)


def has_code(text: pa.Array) -> pa.Array:
    """Whether each text holds code: a fence, a statement, a tag of a page, a command. Null for null."""
    return _any(text, _CODE)


def has_maths(text: pa.Array) -> pa.Array:
    """Whether each text holds formulas: TeX, mathematical signs, an equation, sums written out. Null for null."""
    return _any(text, _MATHS)


def _any(text: pa.Array, patterns: tuple[str, ...]) -> pa.Array:
    """Whether one of the patterns matches: all as one, which the engine reads a text for once."""
    texts = pl.Series(pl.from_arrow(text) if len(text) else [], dtype=pl.String)
    answer = texts.str.contains("|".join(f"(?:{pattern})" for pattern in patterns)).to_arrow()
    return answer.combine_chunks() if isinstance(answer, pa.ChunkedArray) else answer
