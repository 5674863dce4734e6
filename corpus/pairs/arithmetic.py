"""Sums in a text, worked out again exactly: no part of the text is ever run."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

MOST_DIGITS, MOST_DEPTH, MOST_SUMS = 40, 20, 200
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TOKEN = re.compile(rf"\s*({_NUMBER}|[-+*/()])")
_SUM = re.compile(rf"((?:[(+\-]\s*)*(?:{_NUMBER})[\d\s+\-*/().,]*)=\s*(-?(?:{_NUMBER}))(?![\d.]*[ \t]*[-+*/^%(\d])")
_LAST = re.compile(rf"-?(?:{_NUMBER})")
_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "－": "-", "＝": "=", "∗": "*", "·": "*"})


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)


def sums(text: str) -> list[bool]:
    """For each `expression = number` in the text, whether it is right; a decimal may be rounded in its last place.

    Expressions have whole numbers and decimals, + - * / (also × ÷) and brackets; anything else is no sum.
    """
    found: list[bool] = []
    for match in _SUM.finditer(_plain(text)):
        if len(found) >= MOST_SUMS:
            break
        if not re.search(r"\d[\s)]*[-+*/]", match[1]):
            continue
        value = worth(match[1])
        if value is not None:
            found.append(_equal(value, match[2]))
    return found


def _equal(value: Fraction, said: str) -> bool:
    bare = said.replace(",", "")
    places = len(bare.partition(".")[2])
    off = abs(value - Fraction(bare))
    return off == 0 or (places > 0 and off <= Fraction(1, 2 * 10**places))


def last_number(text: str) -> Fraction | None:
    """The last number in a text: what an answer ends with."""
    found = _LAST.findall(_plain(text))
    if not found or len(found[-1]) > MOST_DIGITS:
        return None
    return Fraction(found[-1].replace(",", ""))


def worth(expression: str) -> Fraction | None:
    """The value of an expression; None where it is none, divides by zero or is beyond MOST_DIGITS or MOST_DEPTH."""
    tokens: list[str] = []
    place = 0
    bare = expression.strip()
    while place < len(bare):
        match = _TOKEN.match(bare, place)
        if match is None or len(match[1]) > MOST_DIGITS:
            return None
        tokens.append(match[1])
        place = match.end()
    try:
        value, end = _added(tokens, 0, 0)
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return value if end == len(tokens) else None


def _added(tokens: list[str], at: int, depth: int) -> tuple[Fraction, int]:
    value, at = _multiplied(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "+-":
        other, after = _multiplied(tokens, at + 1, depth)
        value = value + other if tokens[at] == "+" else value - other
        at = after
    return value, at


def _multiplied(tokens: list[str], at: int, depth: int) -> tuple[Fraction, int]:
    value, at = _single(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "*/":
        other, after = _single(tokens, at + 1, depth)
        value = value * other if tokens[at] == "*" else value / other
        at = after
    return value, at


def _single(tokens: list[str], at: int, depth: int) -> tuple[Fraction, int]:
    if depth > MOST_DEPTH:
        raise ValueError("too deep")
    sign = tokens[at]
    if sign in "+-":
        value, after = _single(tokens, at + 1, depth + 1)
        return (value if sign == "+" else -value), after
    if sign == "(":
        value, after = _added(tokens, at + 1, depth + 1)
        if tokens[after] != ")":
            raise ValueError("a bracket is open")
        return value, after + 1
    return Fraction(sign.replace(",", "")), at + 1
