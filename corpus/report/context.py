"""What every section of the report is made from: an opened run, and how much of it to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpus.config import Pipeline
from corpus.manifest import RowAccount, chain
from corpus.rundir import RunDir
from corpus.slot import Committed

SAMPLE = 3


@dataclass(frozen=True)
class Context:
    """A published run; `sample` records of each kind are shown, chosen with `seed`. With 0 no text is shown at all.
    `trained` are folders of models that were trained on it."""

    settings: Pipeline
    stages: Mapping[str, Committed]
    accounts: Mapping[str, RowAccount]
    sample: int = SAMPLE
    seed: int = 0
    trained: tuple[str, ...] = ()

    @classmethod
    def open(cls, root: str, sample: int = SAMPLE, seed: int = 0, trained: Sequence[str] = ()) -> Context:
        """The run in this directory; UsageError when there is none or nothing is published yet."""
        run = RunDir.open(root)
        return cls(run.settings, run.need_published(), run.accounts(), sample, seed, tuple(trained))

    @property
    def account(self) -> RowAccount:
        """The run as one account."""
        return chain(self.accounts.values())

    @property
    def publish(self) -> Committed:
        """The stage that published."""
        return self.stages["publish"]

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers, best first."""
        return tuple(self.stages["tier"].manifest.details["tiers"])
