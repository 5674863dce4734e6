"""Continuity models: whether sentences follow one another, and whether text goes on where it goes on."""

from corpus.models.continuity.model import NUMBERS, ContinuityModel
from corpus.models.continuity.train import Settings, fit, train

__all__ = ["NUMBERS", "ContinuityModel", "Settings", "fit", "train"]
