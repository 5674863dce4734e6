"""The signal of classifiers: the calibrated probability of a label, by a model that the call names and pins.

A call names its model as the rule did, the label, and the digest the model had when the rules were read; where the
model lies travels inside the call (`attached`). A model that is not there, or not that one any more, is refused for the
whole stage: it is no fault of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.buffers import column
from corpus.kernels.signal import SignalCall


def measure_classifiers(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The score of each call's label, float32; null where a text has no letter or digit. One pass a view and model.

    UsageError when a model is missing, has another digest than its call names, or has no such label.
    """
    from corpus.models import card as cards
    from corpus.models.classifier import calibrated, lines, opened
    from corpus.models.directory import CARD

    views: dict[str, pa.Array] = {}
    scored: dict[Path, np.ndarray] = {}
    arrays = []
    for call in calls:
        arguments = call.arguments
        name, digest = str(arguments["model"]), str(arguments["digest"])
        directory = Path(call.attached) if call.attached else cards.find(name)
        if not (directory / CARD).is_file():
            raise UsageError(f"model {name!r}: {directory} is not on this worker; put it at one path on every machine")
        model = opened(directory)
        if digest and model.card.digest != digest:
            raise UsageError(f"model {name!r} is {model.card.digest}, not {digest} as it was when the rules were read")
        place = model.card.labels.index(model.card.label(str(arguments["label"])))
        if directory not in scored:
            view = model.card.view
            views.setdefault(view, lines(text, view))
            scored[directory] = calibrated(model.raw(views[view]), model.card.labels, model.card.calibration)
        arrays.append(column(scored[directory][:, place].astype(np.float32), pa.float32(), text))
    return arrays
