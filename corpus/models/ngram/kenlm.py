"""KenLM's binary files, by its own package: the optional extra `kenlm`, which needs a compiler to install."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import UsageError
from corpus.kernels.ngram_score import MEASURES
from corpus.models.ngram.arpa import LOG2_10

MAGIC = b"mmap lm http://kheafield.com/code format version"
"""How a KenLM binary begins."""
_LINE, _SPACE = re.compile(r"[\n\r]"), re.compile(r"[\x00-\x20\u3000]+")
"""As in `ngram_tokens`."""


def is_binary(path: Path) -> bool:
    """Whether a file begins as KenLM's binaries do."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def load_kenlm(path: Path) -> Any:
    """The model, by the package; UsageError where that is missing or the file is none of its own."""
    if not is_binary(path):
        raise UsageError(f"{path}: does not begin as a KenLM binary does; an .arpa file needs no package")
    try:
        import kenlm  # its package, not this file
    except ImportError:
        raise UsageError(
            f"{path.name} is a KenLM binary, which only its package reads: pip install 'corpus-tiers[kenlm]' (it needs "
            "a C++ compiler). An .arpa file of the same model needs no package"
        ) from None
    try:
        return kenlm.Model(str(path))
    except Exception as error:
        raise UsageError(f"{path}: KenLM cannot read it: {error}") from None


def measurer(model: Any, *, singly: bool) -> Callable[[pa.Array, int], np.ndarray]:
    """What `ngram_score.score` gives, by KenLM: a line is a sentence, its end a unit; `singly` by characters."""

    def measure(text: pa.Array, window: int) -> np.ndarray:
        found = np.full((len(text), len(MEASURES)), np.nan)
        found[:, :2] = 0
        for row, value in enumerate(pc.fill_null(text, "").to_pylist()):
            lines = [_SPACE.sub("" if singly else " ", line).strip(" ") for line in _LINE.split(value)]
            lines = [" ".join(line) for line in lines] if singly else lines
            logs = [log for line in lines if line for log, _, _ in model.full_scores(line, bos=True, eos=True)]
            if not logs:
                continue
            bits = -LOG2_10 * np.array(logs)
            ends = np.append(0.0, np.cumsum(bits))
            wide = min(window, len(bits))
            found[row] = len(bits), ends[-1], (ends[wide:] - ends[:-wide]).max() / wide, bits.std()
        return found

    return measure
