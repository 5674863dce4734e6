"""Importing the library is cheap: what is heavy or optional is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

SEEN = """
import importlib, pkgutil, sys
import corpus
for found in pkgutil.walk_packages(corpus.__path__, "corpus."):
    importlib.import_module(found.name)
heavy = ("torch", "transformers", "sentence_transformers", "sklearn", "faiss", "plotly", "matplotlib", "openai")
print([name for name in heavy if name in sys.modules])
"""


def test_no_module_of_the_library_imports_what_is_heavy() -> None:
    found = subprocess.run([sys.executable, "-c", SEEN], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]", found.stdout
