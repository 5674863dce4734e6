"""n-gram language models: trained here or made by others, and the perplexity of texts by them."""

from corpus.models.ngram.model import NUMBERS, NgramModel
from corpus.models.ngram.train import Settings, fit, train

__all__ = ["NUMBERS", "NgramModel", "Settings", "fit", "train"]
