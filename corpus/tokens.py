"""How many tokens a text is: counted by a tokenizer file, or estimated from its characters and said to be so."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import EnvironmentProblem, UsageError


@dataclass(frozen=True)
class TokenCounter:
    """Counts with the `tokenizer.json` at `path`, else estimates by characters per token of each language.

    The default ratios are what common multilingual BPE vocabularies of 100,000 to 150,000 entries give on prose:
    about 1.5 characters a token for Chinese, 4.2 for English.
    """

    path: str | None
    ratios: Mapping[str, float]

    @property
    def described(self) -> str:
        """How the numbers came about, for the dataset card."""
        if self.path is not None:
            return "counted with the tokenizer file given"
        ratios = ", ".join(f"{lang} {ratio:g}" for lang, ratio in sorted(self.ratios.items()))
        return f"an estimate from characters per token ({ratios})"

    def count(self, texts: pa.Array, langs: pa.Array) -> pa.Array:
        """Tokens of each text, int32."""
        if self.path is not None:
            encodings = load_tokenizer(self.path).encode_batch(texts.to_pylist(), add_special_tokens=False)
            return pa.array([len(encoding) for encoding in encodings], pa.int32())
        kinds = langs.fill_null("*").dictionary_encode()
        fallback = self.ratios.get("*", 4.0)
        ratios = np.array([self.ratios.get(name, fallback) for name in kinds.dictionary.to_pylist()])
        lengths = pc.utf8_length(texts).to_numpy()
        chosen = ratios[kinds.indices.to_numpy()] if len(ratios) else np.ones(len(lengths))
        return pa.array(np.ceil(lengths / chosen).astype(np.int32))


@functools.lru_cache(maxsize=2)
def load_tokenizer(path: str) -> Any:
    """The tokenizer in a `tokenizer.json`; UsageError when it is none, EnvironmentProblem without the extra."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise EnvironmentProblem("a tokenizer file needs the extra: pip install 'corpus-tiers[tokens]'") from None
    try:
        return Tokenizer.from_file(path)
    except Exception as error:
        raise UsageError(f"{path}: is not a tokenizer.json: {error}") from None
