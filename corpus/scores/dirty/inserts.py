"""Defects that put something between the sentences of a text: the text itself stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from corpus.scores.dirty import phrases
from corpus.scores.dirty.pieces import Pieces, number, pick, some

Make = Callable[[np.random.Generator, str], str]


def adverts(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Advertising between sentences, in the flow of the text or as lines of its own."""
    return _between(found, rng, amount, _advert)


def menus(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Navigation before and after the text and, for larger amounts, within it."""

    def menu(rng: np.random.Generator, lang: str) -> str:
        words = [pick(rng, phrases.MENU_WORDS[lang]) for _ in range(int(rng.integers(6, 16)))]
        return pick(rng, (" | ", "\n", " ", " > ", "  ")).join(words)

    middle = _between(found, rng, amount / 4, lambda rng, lang: "\n" + menu(rng, lang) + "\n")
    return f"{menu(rng, found.lang)}\n{middle}\n{menu(rng, found.lang)}"


def keyword_lists(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Lists of search terms, as pages made for search engines have them."""

    def terms(rng: np.random.Generator, lang: str) -> str:
        stem = pick(rng, phrases.KEYWORDS[lang])
        words = [pick(rng, phrases.KEYWORDS[lang]) for _ in range(int(rng.integers(5, 14)))]
        words = [stem + one if rng.random() < 0.3 else one for one in words]
        return pick(rng, (",", " ", "、", "_", "|")).join(words) + pick(rng, ("\n", " ", "。"))

    return _between(found, rng, amount / 2, terms)


def wrong_language(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Sentences of other languages between those of the text."""
    return _between(found, rng, amount, lambda rng, lang: pick(rng, phrases.OTHER_TONGUES[lang]))


def boilerplate(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Notices of rights, cookies, logins and browsers."""
    return _between(found, rng, amount, lambda rng, lang: _filled(rng, pick(rng, phrases.BOILERPLATE[lang])))


def share_bars(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """What stands below an article: sharing, tags, counts, the page before and after."""

    def bar(rng: np.random.Generator, lang: str) -> str:
        shown = pick(rng, phrases.SHARE_BARS[lang])
        while "{tag}" in shown:
            shown = shown.replace("{tag}", pick(rng, phrases.KEYWORDS[lang]), 1)
        return "\n" + _filled(rng, shown) + "\n"

    return _between(found, rng, amount, bar)


def chatter(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Remarks of a forum."""
    return _between(found, rng, amount, lambda rng, lang: "\n" + _filled(rng, pick(rng, phrases.CHATTER[lang])) + "\n")


def markup(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Remains of HTML, style sheets and scripts."""
    return _between(found, rng, amount, lambda rng, lang: _filled(rng, pick(rng, phrases.MARKUP)))


def number_dumps(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Rows of a table without their headings."""

    def dump(rng: np.random.Generator, lang: str) -> str:
        apart = pick(rng, ("\t", " ", "  ", ",", " | "))
        rows = [
            apart.join(
                number(rng) + pick(rng, ("", f".{number(rng)}", "%", f"-{number(rng)}"))
                for _ in range(int(rng.integers(4, 10)))
            )
            for _ in range(int(rng.integers(1, 4)))
        ]
        return "\n" + "\n".join(rows) + "\n"

    return _between(found, rng, amount / 2, dump)


def url_dumps(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Addresses in a row."""

    def dump(rng: np.random.Generator, lang: str) -> str:
        return " ".join(_filled(rng, pick(rng, phrases.PLACES)) for _ in range(int(rng.integers(1, 5)))) + "\n"

    return _between(found, rng, amount / 2, dump)


def goods_lists(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Names of goods with prices and sizes."""

    def goods(rng: np.random.Generator, lang: str) -> str:
        price = ("¥{}.00", "{}元/件", "特价{}") if lang == "zh" else ("${}.99", "{} USD", "only {}")
        rows = [
            f"{pick(rng, phrases.GOODS[lang])} {pick(rng, price).format(number(rng))} {number(rng)}x{number(rng)}"
            for _ in range(int(rng.integers(3, 8)))
        ]
        return "\n" + pick(rng, ("\n", "  ", " / ")).join(rows) + "\n"

    return _between(found, rng, amount / 2, goods)


def log_lines(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Lines of logs, traces and code."""

    def logged(rng: np.random.Generator, lang: str) -> str:
        shown = []
        for _ in range(int(rng.integers(1, 4))):
            line = pick(rng, phrases.LOGS)
            shown.append(line.format(n=number(rng), d=number(rng, 10), e=number(rng, 1, 9)))
        return "\n" + "\n".join(shown) + "\n"

    return _between(found, rng, amount / 2, logged)


def _between(found: Pieces, rng: np.random.Generator, amount: float, make: Make) -> str:
    """The text with something made behind a share of its sentences."""
    chosen = some(rng, found.spoken, amount) or {-1}
    shown = [make(rng, found.lang)] if -1 in chosen else []
    for place, sentence in enumerate(found.sentences):
        shown.append(sentence)
        if place in chosen:
            shown.append(make(rng, found.lang))
    return "".join(shown)


def _advert(rng: np.random.Generator, lang: str) -> str:
    slots = {name: pick(rng, options) for name, options in phrases.ADVERT_SLOTS[lang].items()}
    shown = pick(rng, phrases.ADVERTS[lang]).format(n=number(rng, 2, 9), **slots)
    return shown + pick(rng, ("", "", "\n", " "))


def _filled(rng: np.random.Generator, shown: str) -> str:
    """Every `{n}` another number; doubled braces are braces."""
    while "{n}" in shown:
        shown = shown.replace("{n}", number(rng), 1)
    return shown.replace("{{", "{").replace("}}", "}")
