"""Writes `unicode_tables.npz` from `unicodedata` and OpenCC: `python -m corpus.kernels.build_tables`.

Run it to move to a new Unicode version, and raise the version of every stage that measures or keys.
"""

from __future__ import annotations

import functools
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from corpus.kernels import unicode_tables as ut

# The first word of a character's Unicode name tells its script.
_NAMES = {
    "CJK": "Hani", "IDEOGRAPHIC": "Hani", "HIRAGANA": "Kana", "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana",
    "HANGUL": "Hang", "LATIN": "Latn", "GREEK": "Grek", "COPTIC": "Zzzz", "CYRILLIC": "Cyrl", "ARABIC": "Arab",
    "HEBREW": "Hebr", "DEVANAGARI": "Deva", "BENGALI": "Beng", "THAI": "Thai", "LAO": "Laoo", "KHMER": "Khmr",
    "MYANMAR": "Mymr", "TIBETAN": "Tibt", "GEORGIAN": "Geor", "ARMENIAN": "Armn", "ETHIOPIC": "Ethi", "TAMIL": "Taml",
    "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "GUJARATI": "Gujr", "GURMUKHI": "Guru", "ORIYA": "Orya",
    "SINHALA": "Sinh", "MONGOLIAN": "Mong", "SYRIAC": "Syrc", "THAANA": "Thaa", "CHEROKEE": "Cher",
    "BOPOMOFO": "Bopo", "CANADIAN": "Cans", "YI": "Yiii", "JAVANESE": "Java", "TIFINAGH": "Tfng", "NKO": "Nkoo",
}  # fmt: skip
_WIDTHS = {"FULLWIDTH", "HALFWIDTH"}

# Shown as pictures by default (Unicode Technical Standard 51), and the blocks made of nothing else.
_EMOJI_BLOCKS = ((0x1F1E6, 0x1F1FF), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F7E0, 0x1F7F0), (0x1F90C, 0x1F9FF),
                 (0x1FA70, 0x1FAFF))  # fmt: skip
_EMOJI_SINGLES = (
    "\u231a\u231b\u23e9\u23ea\u23eb\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753"
    "\u2754\u2755\u2757\u2764\u2795\u2796\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e"
    + "".join(map(chr, range(0x2648, 0x2654)))
    + "".join(map(chr, range(0x1F191, 0x1F19B)))
)
_LINE_ENDS = {0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029}
_INVISIBLES = {0xAD, 0x061C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A)}
_KEPT_PUNCTUATION = "#%&@"
_SOFT = ".,-/:*"


@functools.cache
def _simplifier() -> object:
    import opencc

    return opencc.OpenCC("t2s")


def _simplified(character: str) -> str:
    """The Simplified form of a Han character, followed to the end."""
    for _ in range(4):
        after = _simplifier().convert(character)  # type: ignore[attr-defined]
        if after == character or len(after) != 1:
            break
        character = after
    return character


def _script(code: int, category: str) -> str:
    if category[0] not in "LMN" or category == "Nd":
        return "Zyyy"
    words = unicodedata.name(chr(code), "").split(" ")
    words = words[1:] if words[0] in _WIDTHS else words
    if category[0] == "N":
        return "Hani" if words[0] in {"IDEOGRAPHIC", "HANGZHOU"} or code == 0x3007 else "Zyyy"
    script = _NAMES.get(words[0] if words else "")
    if category[0] == "M":
        return script if script in {*_NAMES.values()} - {"Zzzz"} and words[0] != "KATAKANA-HIRAGANA" else "Zyyy"
    return script or ("Zyyy" if words[0] in {"MODIFIER", "FEMININE", "MASCULINE"} else "Zzzz")


@functools.cache
def _joins() -> frozenset[int]:
    """Code points that can be the second half of a canonical composition."""
    seconds = {0x1161 + i for i in range(21)} | {0x11A7 + i for i in range(29)}
    for code in range(ut.CODE_POINTS):
        parts = unicodedata.decomposition(chr(code))
        if parts and not parts.startswith("<") and len(parts.split()) == 2:
            seconds.add(int(parts.split()[1], 16))
    return frozenset(seconds)


def _flags(code: int, category: str, script: str) -> int:
    character = chr(code)
    flags = 0
    emoji = character in _EMOJI_SINGLES or any(low <= code <= high for low, high in _EMOJI_BLOCKS)
    if category[0] == "L" or script == "Hani" or (category[0] == "M" and script != "Zyyy"):
        flags |= ut.LETTER
    if category[0] == "M":
        flags |= ut.MARK
    match category:
        case "Nd":
            flags |= ut.DIGIT
        case "Nl" | "No" if script != "Hani":
            flags |= ut.NUMBER
        case "Lu" | "Lt":
            flags |= ut.UPPER
        case "Cf":
            flags |= ut.FORMAT
        case "Co":
            flags |= ut.PRIVATE
    if code in _LINE_ENDS or code in {0x09, 0x0A} or category[0] == "Z":
        flags |= ut.SPACE
    elif category == "Cc":
        flags |= ut.CONTROL
    if category[0] == "P":
        flags |= ut.PUNCTUATION
    if code == 0xFFFD:
        flags |= ut.REPLACEMENT
    elif emoji:
        flags |= ut.EMOJI
    elif category[0] == "S":
        flags |= ut.SYMBOL
    if 0xFF10 <= code <= 0xFF5A and category[0] in "LN":
        flags |= ut.FULLWIDTH
    if category[0] in "PSZ" and unicodedata.east_asian_width(character) in "WF" and not emoji:
        flags |= ut.WIDE
    if script == "Hani" and _simplified(character) != character:
        flags |= ut.TRADITIONAL
    if code in _INVISIBLES:
        flags |= ut.INVISIBLE
    if unicodedata.combining(character) or not unicodedata.is_normalized("NFC", character) or code in _joins():
        flags |= ut.NFC_CHECK
    if flags & (ut.INVISIBLE | ut.CONTROL | ut.NFC_CHECK) or code in _LINE_ENDS or 0xFFF9 <= code <= 0xFFFB:
        flags |= ut.REPAIR
    return flags


def classes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class of each code point, and flags and script number of each class; class 0 is what is not assigned."""
    seen: dict[tuple[int, int], int] = {(0, 0): 0}
    of = np.zeros(ut.CODE_POINTS, np.uint8)
    for code in range(ut.CODE_POINTS):
        category = unicodedata.category(chr(code))
        if category == "Cs":
            continue
        script = _script(code, category)
        key = (_flags(code, category, script), ut.SCRIPTS.index(script))
        of[code] = seen.setdefault(key, len(seen))
    pairs = np.array(list(seen), np.int64)
    return of, pairs[:, 0].astype(np.uint32), pairs[:, 1].astype(np.uint8)


def _folded(character: str) -> Iterator[str]:
    """What a character becomes: compatibility decomposition, case folding and simplification, to a fixed point.

    Hangul syllables stay whole (the kernel joins jamo instead). Combining marks are not case folded: the ypogegrammeni
    would change its combining class, and canonically equivalent texts would get different keys.
    """
    current = [character]
    for _ in range(8):
        after: list[str] = []
        for one in current:
            if "\uac00" <= one <= "\ud7a3":
                after.append(one)
                continue
            for part in unicodedata.normalize("NFKD", one):
                folded = part if unicodedata.combining(part) else part.casefold()
                after.extend(_simplified(each) for each in unicodedata.normalize("NFKD", folded))
        if after == current:
            break
        current = after
    return iter(current)


def _kind(character: str) -> int:
    """The fold entry of a character that folds to itself."""
    code, category = ord(character), unicodedata.category(character)
    ignorable = category in {"Cc", "Cf", "Cs"} or category[0] == "Z"
    if character in _SOFT:
        return ut.SOFT << 29 | code
    if ignorable or (category[0] == "P" and character not in _KEPT_PUNCTUATION):
        return ut.DROP << 29
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code == 0x034F:
        return ut.DROP << 29
    combining = unicodedata.combining(character)
    return ut.COMBINING << 29 | combining << 21 | code if combining else ut.PLAIN << 29 | code


def folds() -> tuple[np.ndarray, np.ndarray]:
    """`fold` by code point, and `fold_extra`, as unicode_tables describes them."""
    fold = np.zeros(ut.CODE_POINTS, np.uint32)
    extra: list[int] = []
    places: dict[tuple[int, ...], int] = {}
    for code in range(ut.CODE_POINTS):
        character = chr(code)
        if unicodedata.category(character) in {"Cn", "Co"}:
            fold[code] = ut.PLAIN << 29 | code
            continue
        if unicodedata.category(character) == "Cs":
            fold[code] = ut.DROP << 29
            continue
        entries = tuple(entry for part in _folded(character) if (entry := _kind(part)) != ut.DROP << 29)
        if len(entries) > 1:
            entries = tuple(entry for entry in entries if entry >> 29 != ut.SOFT)
        if not entries:
            fold[code] = ut.DROP << 29
        elif len(entries) == 1:
            fold[code] = entries[0]
        else:
            if entries not in places:
                places[entries] = len(extra)
                extra.extend(entries)
            fold[code] = ut.EXPAND << 29 | len(entries) << 21 | places[entries]
    return fold, np.array(extra, np.uint32)


def _pages(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unique, index = np.unique(values.reshape(-1, ut.PAGE), axis=0, return_inverse=True)
    return unique, index.astype(np.uint16).ravel()


def build() -> dict[str, np.ndarray]:
    """Every array of the data file."""
    of, flags, scripts = classes()
    fold, extra = folds()
    stored = np.where(fold == np.arange(ut.CODE_POINTS), 0, fold).astype(np.uint32)
    class_pages, class_index = _pages(of)
    fold_pages, fold_index = _pages(stored)
    return {
        "unicode_version": np.array(unicodedata.unidata_version),
        "class_pages": class_pages,
        "class_index": class_index,
        "flags": flags,
        "scripts": scripts,
        "fold_pages": fold_pages,
        "fold_index": fold_index,
        "fold_extra": extra,
    }


if __name__ == "__main__":
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **build())
    target = Path(__file__).with_name(ut.DATA_FILE)
    target.write_bytes(buffer.getvalue())
    print(f"{target.name}: Unicode {unicodedata.unidata_version}, {len(buffer.getvalue())} bytes")
