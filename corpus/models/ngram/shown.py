"""Texts as a model of others was shown them: normalised as declared, and cut into the pieces of a tokenizer.

`folded` is near to what CCNet (Wenzek et al. 2020) does before its models: compatibility forms, lower case, accents
gone, digits as 0, Chinese marks as ASCII ones. Its table of marks has a defect that is not repeated here (it makes the
full-width digit one a quotation mark), so scores differ where that matters.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import EnvironmentProblem, UsageError
from corpus.kernels.buffers import large
from corpus.models.ngram.card import Normalise

_MARKS = {
    "。": ".", "、": ",", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"', "『": '"', "』": '"',
    "‘": "'", "’": "'", "《": '"', "》": '"', "〈": "<", "〉": ">", "【": "[", "】": "]", "—": "-", "–": "-", "•": "-",
}  # fmt: skip


def normalised(text: pa.Array, how: Normalise) -> pa.Array:
    """The texts as the model was shown them, lines kept; null for null."""
    if how == "none":
        return text
    series = pl.Series(pl.from_arrow(text)).cast(pl.String).str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
    series = series.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\p{Nd}", "0")
    return large(series.str.replace_many(list(_MARKS), list(_MARKS.values())))


class Pieces:
    """A tokenizer, that writes a text's lines as its pieces with spaces between.

    `tokenizer.json` is read by the package `tokenizers`, a SentencePiece `.model` by `sentencepiece`. UsageError when
    the file is none, EnvironmentProblem where the package is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._cut = _fast(path) if path.suffix == ".json" else _sentencepiece(path)

    def __call__(self, text: pa.Array) -> pa.Array:
        """The pieces; null for null."""
        lines = [value.splitlines() for value in pc.fill_null(text, "").to_pylist()]
        taken = iter(self._cut([line for of_one in lines for line in of_one]))
        joined = ["\n".join(" ".join(next(taken)) for _ in of_one) for of_one in lines]
        return pa.array(joined, pa.large_string(), mask=pc.is_null(text).to_numpy(zero_copy_only=False))


Cut = Callable[[list[str]], list[list[str]]]


def _fast(path: Path) -> Cut:
    from corpus.tokens import load_tokenizer

    found = load_tokenizer(str(path))
    return lambda lines: [one.tokens for one in found.encode_batch(lines, add_special_tokens=False)]


def _sentencepiece(path: Path) -> Cut:
    try:
        import sentencepiece
    except ImportError:
        raise EnvironmentProblem(
            f"{path.name}: a SentencePiece model needs the package sentencepiece (pip install sentencepiece); a "
            "tokenizer.json needs corpus-tiers[tokens] alone"
        ) from None
    try:
        found = sentencepiece.SentencePieceProcessor(model_file=str(path))
    except Exception as error:
        raise UsageError(f"{path}: is not a SentencePiece model: {error}") from None
    return lambda lines: found.encode(lines, out_type=str) if lines else []
