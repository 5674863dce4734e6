"""A small corpus that this project made itself: clean, dirty, duplicated and broken, in every format that is read."""

from corpus.demo.write import EXPECTED, write_demo_corpus

__all__ = ["EXPECTED", "write_demo_corpus"]
