"""The files of tiers: of a run as its manifest names them, or of any folder laid out like one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus import manifest, storage
from corpus.errors import UsageError

FOLDER = re.compile(r"(?:^|/)(pretrain|sft)/(tier|stage)=([^/]+)/")


@dataclass(frozen=True)
class Tiers:
    """Files by tier (`high`, `stage=1`), in order; `digest` is the content of the run's published manifest, or of the
    files where there is none."""

    kind: str
    files: dict[str, tuple[str, ...]]
    digest: str


def find(given: str, wanted: Sequence[str] = ()) -> Tiers:
    """The tiers below a run, its dataset folder or any folder. UsageError when there is none, or two kinds of them."""
    for root in (storage.join(given, "dataset"), given):
        page = manifest.load(storage.join(root, "manifest.json"))
        if page is not None:
            below = [file.path.partition("dataset/")[2] for file in page.files() if file.path.endswith(".parquet")]
            return _sorted(given, {name: storage.join(root, name) for name in below}, page.content, wanted)
    found = [file.uri for file in storage.list_files(given) if file.uri.endswith(".parquet")]
    named = {storage.relative(uri, given): uri for uri in found}
    return _sorted(given, named, "", wanted)


def _sorted(given: str, named: dict[str, str], digest: str, wanted: Sequence[str]) -> Tiers:
    files: dict[str, list[str]] = {}
    kinds = set()
    for name in sorted(named):
        match = FOLDER.search(f"/{name}")
        if match:
            tier = match[3] if match[2] == "tier" else f"stage={match[3]}"
            if not wanted or tier in wanted:
                kinds.add(match[1])
                files.setdefault(tier, []).append(named[name])
    missing = sorted(set(wanted) - set(files))
    if not files or missing:
        raise UsageError(
            f"{given}: holds no tier{'' if not missing else ' ' + ', '.join(missing)}: it needs "
            "pretrain/tier=* or sft/stage=* as `corpus run` publishes them"
        )
    if len(kinds) > 1:
        raise UsageError(f"{given}: holds documents and conversations; name the tiers of one kind with --tier")
    if not digest:
        digest = manifest.digest_of(
            [[storage.relative(uri, given), storage.sha256(uri)] for own in files.values() for uri in own]
        )
    return Tiers(kinds.pop(), {tier: tuple(own) for tier, own in files.items()}, digest)
