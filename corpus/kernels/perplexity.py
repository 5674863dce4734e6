"""The signals of language models: how perplexing a text is to a model that the call names and pins.

As with classifiers, a call names its model as the rule did and the digest it had when the rules were read; where it
lies travels inside the call. A model that is not there, or not that one any more, is refused for the whole stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.signal import SignalCall


def measure_perplexity(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The column of each call's name, float32; null where a text has no unit. One pass a model.

    UsageError when a model is missing or has another digest than its call names.
    """
    from corpus.models.directory import CARD
    from corpus.models.ngram import card as cards
    from corpus.models.ngram.scorer import opened

    found: dict[Path, pa.RecordBatch] = {}
    arrays = []
    for call in calls:
        name, digest = str(call.arguments["model"]), str(call.arguments["digest"])
        directory = Path(call.attached) if call.attached else cards.find(name)
        if not (directory / CARD).is_file():
            raise UsageError(f"model {name!r}: {directory} is not on this worker; put it at one path on every machine")
        model = opened(directory)
        if digest and model.card.digest != digest:
            raise UsageError(f"model {name!r} is {model.card.digest}, not {digest} as it was when the rules were read")
        if directory not in found:
            found[directory] = model.columns(text)
        arrays.append(found[directory].column(call.kernel))
    return arrays
