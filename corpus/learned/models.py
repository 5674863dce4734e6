"""How a worker gets a learned or a given model: small values that travel, and give the model where it is used."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from corpus.learned.apply import Says
from corpus.manifest import File
from corpus.slot import Slot

if TYPE_CHECKING:
    from corpus.embed import Embedder


@dataclass(frozen=True)
class StoredModel:
    """The table of a model that a stage of the run fitted; the directory of its slot and the file are all it needs."""

    slot: Slot
    file: File

    def read(self) -> pa.Table:
        """The rows, as they were stored."""
        return self.slot.read(self.file)


@dataclass(frozen=True)
class StoredLanguageModel:
    """Loads an n-gram model that the run trained."""

    stored: StoredModel

    def __call__(self) -> Says:
        """The model."""
        return _language_model(self.stored)


@dataclass(frozen=True)
class GivenContinuityModel:
    """Loads a continuity model by its directory or name; it must have `digest`."""

    model: str
    digest: str

    def __call__(self) -> Says:
        """The model; UsageError when it is another one now."""
        from corpus.errors import UsageError
        from corpus.models.continuity.files import load

        found = load(self.model)
        if found.card.digest != self.digest:
            raise UsageError(f"continuity {self.model!r}: is not the model that this run began with; run it anew")
        return found


@dataclass(frozen=True)
class StoredEmbedder:
    """Loads an embedder that the run fitted."""

    stored: StoredModel

    def __call__(self) -> Says:
        """The embedder."""
        return _embedder(self.stored)


# A worker applies one model to many parts, and a model may be a hundred megabytes: it is loaded once in a process.
@functools.lru_cache(maxsize=1)
def _language_model(stored: StoredModel) -> Says:
    from corpus.models.ngram.model import NgramModel

    return NgramModel.from_table(stored.read())


@functools.lru_cache(maxsize=1)
def _embedder(stored: StoredModel) -> Says:
    from corpus.embed.hashed import HashedModel

    return HashedModel.from_table(stored.read())


@dataclass(frozen=True)
class _Vectors:
    """What an embedder says: one column `vector`."""

    embedder: Embedder

    def columns(self, texts: pa.Array, langs: pa.Array) -> pa.RecordBatch:
        """The vectors; the languages make no difference."""
        from corpus.embed.hashed import vector_array

        return pa.RecordBatch.from_arrays([vector_array(self.embedder.embed(texts))], ["vector"])


@dataclass(frozen=True)
class SentenceEmbedder:
    """Loads a sentence-transformers model by its directory or pinned name; it must have `digest`."""

    model: str
    digest: str

    def __call__(self) -> Says:
        """The embedder; UsageError when it is another one now."""
        from corpus.embed.sentence import load
        from corpus.errors import UsageError

        found = load(self.model)
        if found.digest != self.digest:
            raise UsageError(f"embed.model {self.model!r}: is not the model that this run began with; run it anew")
        return _Vectors(found)
