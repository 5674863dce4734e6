"""Raw text to tiered training data, with every row accounted for."""

from __future__ import annotations

__version__ = "0.1.0"
