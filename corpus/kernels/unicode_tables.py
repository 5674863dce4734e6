"""What each code point is (script, kind) and what it becomes in a key; read from a file checked in beside this one.

The tables are data, not calls to `unicodedata`, so signals and keys stay the same on every version of Python.
`build_tables.py` writes the file.
"""

from __future__ import annotations

import functools
import io
import pkgutil
from dataclasses import dataclass

import numpy as np

from corpus.kernels.buffers import frozen

DATA_FILE = "unicode_tables.npz"
CODE_POINTS = 0x110000
PAGE = 256

# Attributes of a class of code points, as bits.
LETTER, DIGIT, PUNCTUATION, SYMBOL, SPACE, CONTROL, FORMAT, EMOJI = (1 << bit for bit in range(8))
PRIVATE, REPLACEMENT, UPPER, NUMBER, FULLWIDTH, TRADITIONAL, MARK, WIDE = (1 << bit for bit in range(8, 16))
NFC_CHECK, INVISIBLE, REPAIR = (1 << bit for bit in range(16, 19))
"""NFC_CHECK: the code point may not stand in NFC text, or may join with the one before it. INVISIBLE: zero-width and
bidirectional controls that cleaning removes where they do no work. REPAIR: any code point cleaning may change."""

SCRIPTS = (
    "Zyyy", "Hani", "Kana", "Hang", "Latn", "Grek", "Cyrl", "Arab", "Hebr", "Deva", "Beng", "Thai", "Laoo", "Khmr",
    "Mymr", "Tibt", "Geor", "Armn", "Ethi", "Taml", "Telu", "Knda", "Mlym", "Gujr", "Guru", "Orya", "Sinh", "Mong",
    "Syrc", "Thaa", "Cher", "Bopo", "Cans", "Yiii", "Java", "Tfng", "Nkoo", "Zzzz",
)  # fmt: skip
"""ISO 15924 codes by script number. Zyyy: no script of its own; Zzzz: any script not listed; Kana: both kana."""

PLAIN, DROP, SOFT, COMBINING, EXPAND = range(5)
"""What a code point does in a key, bits 29 to 31 of `fold`: stands as bits 0 to 20, goes, stands only between digits,
is a combining mark of class bits 21 to 28, or becomes that many entries of `fold_extra` from bits 0 to 20 on."""


@dataclass(frozen=True)
class Tables:
    """`classes`: uint8 by code point; `flags` and `scripts` by class; `fold`: uint32 by code point; `fold_extra`."""

    unicode_version: str
    classes: np.ndarray
    flags: np.ndarray
    scripts: np.ndarray
    fold: np.ndarray
    fold_extra: np.ndarray

    def having(self, bits: int) -> np.ndarray:
        """Per class, 1 where any of the bits is set."""
        return (self.flags & bits != 0).astype(np.uint8)

    def of_scripts(self, *codes: str) -> np.ndarray:
        """Per class, 1 for letters of these scripts."""
        numbers = [SCRIPTS.index(code) for code in codes]
        return np.isin(self.scripts, numbers).astype(np.uint8)


@functools.cache
def tables() -> Tables:
    """The tables, read once a process (5 ms)."""
    packed = pkgutil.get_data("corpus.kernels", DATA_FILE)
    if packed is None:
        raise FileNotFoundError(f"corpus/kernels/{DATA_FILE} is missing; run python -m corpus.kernels.build_tables")
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        fold = _unpack(stored["fold_pages"], stored["fold_index"]).astype(np.uint32)
        plain = fold == PLAIN << 29
        fold[plain] = np.flatnonzero(plain)
        return Tables(
            unicode_version=str(stored["unicode_version"]),
            classes=frozen(_unpack(stored["class_pages"], stored["class_index"])),
            flags=frozen(stored["flags"]),
            scripts=frozen(stored["scripts"]),
            fold=frozen(fold),
            fold_extra=frozen(stored["fold_extra"]),
        )


def _unpack(pages: np.ndarray, index: np.ndarray) -> np.ndarray:
    return pages[index].ravel()
