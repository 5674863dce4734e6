"""A run directory as a reader sees it: what was asked for, what is committed, what is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from corpus import storage
from corpus.config import Pipeline
from corpus.errors import UsageError, VerifyError
from corpus.exposure import POINTER, is_whole
from corpus.manifest import RowAccount, chain, damage
from corpus.slot import Committed, Slot


@dataclass(frozen=True)
class RunDir:
    """`planned` are the slots of the last command; `published` the committed stages behind `dataset/`."""

    root: str
    settings: Pipeline
    planned: dict[str, Slot]
    published: dict[str, Committed]

    @classmethod
    def open(cls, root: str) -> RunDir:
        """The run at `root`; UsageError when there is none."""
        note = _json(storage.join(root, "run.json"))
        if note is None:
            raise UsageError(f"{root}: is not a run directory (it has no run.json); make one with `corpus run`")
        planned = {name: Slot(storage.join(root, at)) for name, at in note["stages"].items()}
        pointer = _json(storage.join(root, POINTER)) or {"stages": {}}
        published = {}
        for name, at in pointer["stages"].items():
            slot = Slot(storage.join(root, at))
            manifest = slot.load()
            if manifest is None:
                raise VerifyError(
                    f"{slot.manifest_uri}: is missing, though {POINTER} names it; run again to rebuild it"
                )
            published[name] = Committed(slot, manifest)
        return cls(root, Pipeline.model_validate(note["pipeline"]), planned, published)

    def need_published(self) -> dict[str, Committed]:
        """The published stages; UsageError when nothing was published yet."""
        if "publish" not in self.published:
            raise UsageError(f"{self.root}: nothing is published yet; repeat the `corpus run` command to finish it")
        return self.published

    def accounts(self) -> dict[str, RowAccount]:
        """The account of every step of the published run, in order."""
        return {
            name: account
            for stage in self.need_published().values()
            for name, account in stage.manifest.accounts.items()
        }

    def account(self) -> RowAccount:
        """The run as one account: records read, rows published, and why the others are not."""
        return chain(self.accounts().values())

    def verify(self) -> list[str]:
        """Everything that is not as committed, one line each; empty when all is well."""
        stages = self.need_published()
        wrong = [line for stage in stages.values() for line in damage(stage.manifest, stage.slot.root)]
        if not is_whole(self.root, stages["publish"]):
            wrong.append(f"{self.root}: dataset/, rejected/ or quarantine/ do not show what was published; run again")
        before: RowAccount | None = None
        for name, account in self.accounts().items():
            if before is not None and account.rows_in != before.kept:
                wrong.append(f"{name}: {account.rows_in} rows came in, the stage before kept {before.kept}")
            before = account
        return wrong


def _json(uri: str) -> Any:
    try:
        return orjson.loads(storage.read_bytes(uri))
    except FileNotFoundError:
        return None
    except ValueError:
        raise VerifyError(f"{uri}: is damaged; delete it and repeat the `corpus run` command") from None
