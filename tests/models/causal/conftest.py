from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import neural
import pytest

from corpus.models.causal.model import CausalLM, load
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of

Loader = Callable[..., CausalLM]


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    """A tiny model of a kind, loaded as a user would."""
    folder = tmp_path_factory.mktemp("causal")
    made: dict[str, Path] = {}

    def load_one(kind: str = "llama", chat: bool = False, ends: bool = True, **settings: object) -> CausalLM:
        name = f"{kind}-{chat}-{ends}"
        if name not in made:
            made[name] = neural.causal(folder / name, kind, chat, ends)
        reference = f"{made[name]}@{digest_of(hashed(made[name]))}"
        return load(reference, device="cpu", **settings)  # type: ignore[arg-type]

    return load_one
