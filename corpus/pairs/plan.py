"""Seeds of a round: drawn from tiers by group and quota, new, harder than the round before, no evaluation prompt.

The draw is by the hash of the prompt and a seed, so it depends on neither the order of rows nor that of files.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpus import storage
from corpus.errors import UsageError
from corpus.pairs import store
from corpus.pairs.evidence import failures_of
from corpus.pairs.leaks import Leaks
from corpus.pairs.model import Seed, order, seed_rows
from corpus.pairs.seeds import candidates

REST = "*"
SHOWN = 20


@dataclass(frozen=True)
class Wanted:
    """`rows` seeds, of the groups that the field `by` names: by `quota` (shares; `*` for all others), else as equal as
    there are enough. `after` are the directories of earlier rounds; `failures` are files of prompts known to have
    failed. Failures come first and make up `failure_share` of the seeds at most. With `harder`, no fresh seed is easier
    than the mean of the round before. `against` are evaluation files; `stages` and `langs` restrict what is read."""

    rows: int
    round: int = 1
    by: str = ""
    quota: Mapping[str, float] | None = None
    after: tuple[Path, ...] = ()
    failures: tuple[str, ...] = ()
    failure_share: float = 0.5
    harder: bool = True
    difficulty: str = "difficulty"
    against: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        shares = dict(self.quota or {})
        if shares and not self.by:
            raise UsageError("--quota shares seeds among groups: say which field with --by")
        if any(value < 0 for value in shares.values()) or sum(shares.values()) > 1 + 1e-9:
            raise UsageError(f"--quota: shares from 0, together 1 at most, not {sum(shares.values()):g}")
        if self.round > 1 and not self.after:
            raise UsageError(f"--round {self.round}: name the directories of the rounds before it with --after")


@dataclass(frozen=True)
class Planned:
    """`read` rows = seeds + `left_out` by reason. `harder_than` is the bound of difficulty that held, None where none
    did; `difficulty` the mean of the seeds'; `groups` how many seeds of each; `short` seeds that quotas asked for and
    nobody had; `leaks` counts by benchmark."""

    round: int
    read: int
    seeds: int
    failed: int
    left_out: dict[str, int]
    groups: dict[str, int]
    langs: dict[str, int]
    harder_than: float | None
    difficulty: float | None
    leaks: dict[str, int]
    short: int
    digest: str
    file: str


def plan(paths: Sequence[str], wanted: Wanted, out: Path) -> Planned:
    """Draw the seeds and write `out/plan.parquet` and `out/plan.json`.

    UsageError when the directory has a plan, nothing can be read or no seed is left; ConfigError with every evaluation
    file that asks nothing.
    """
    if (out / store.PLANNED).exists():
        raise UsageError(f"{out}: has a plan already; name another directory")
    left_out: Counter[str] = Counter()
    leaks: Counter[str] = Counter()
    earlier = [(store.round_of(root), root) for root in wanted.after]
    found, read = _distinct(candidates(paths, left_out, wanted.difficulty, wanted.by), left_out)
    failed, more = _failed(wanted, earlier, found, left_out)
    found.update(failed)
    read += more
    kept = _fresh(found, failed, wanted, earlier, left_out)
    bound = _bound(wanted, earlier)
    kept = [one for one in kept if one.failed or _hard(one, bound, left_out)]
    if wanted.against:
        said = Leaks(wanted.against).found(kept)
        leaks.update(name for name in said if name)
        left_out["evaluation_prompt"] += sum(name is not None for name in said)
        kept = [one for one, name in zip(kept, said, strict=True) if name is None]
    chosen, short = draw(kept, wanted)
    left_out["not_drawn"] += len(kept) - len(chosen)
    if not chosen:
        raise UsageError(f"no seed is left of {read:,} rows: {dict(left_out)}")
    return _write(chosen, wanted, out, read, +left_out, leaks, bound, short)


def _distinct(rows: Iterable[Seed], left_out: Counter[str]) -> tuple[dict[str, Seed], int]:
    """Each prompt once: of equal ones that with the greater difficulty, then the smaller key. And the rows read."""
    found: dict[str, Seed] = {}
    read = 0
    for one in rows:
        read += 1
        other = found.get(one.id)
        left_out["repeated"] += other is not None
        if other is None or _rank(one) < _rank(other):
            found[one.id] = one
    return found, read + sum(left_out.values()) - left_out["repeated"]


def _rank(one: Seed) -> tuple[float, str, str]:
    return (-(one.difficulty if one.difficulty is not None else -np.inf), one.key, one.answer or "")


def _failed(
    wanted: Wanted, earlier: Sequence[tuple[int, Path]], found: Mapping[str, Seed], left_out: Counter[str]
) -> tuple[dict[str, Seed], int]:
    """Seeds whose prompts failed: of the last round by its evidence, of files because they say so. Rows added to what
    was read."""
    failed: dict[str, Seed] = {}
    more = 0
    if earlier:
        _, last = max(earlier, key=lambda one: one[0])
        names = failures_of(last)
        for one in store.read_seeds(last):
            if one.id in names:
                more += one.id not in found
                failed[one.id] = replace(one, failed=True)
    if wanted.failures:
        own: Counter[str] = Counter()
        rows, count = _distinct(candidates(wanted.failures, own, wanted.difficulty, wanted.by), own)
        own["repeated"] += sum(one in found or one in failed for one in rows)
        left_out.update(own)
        more += count
        failed.update({name: replace(one, failed=True) for name, one in rows.items() if name not in failed})
    return failed, more


def _fresh(
    found: Mapping[str, Seed], failed: Mapping[str, Seed], wanted: Wanted, earlier: Sequence[tuple[int, Path]],
    left_out: Counter[str],
) -> list[Seed]:  # fmt: skip
    """Seeds of the stages and languages that are wanted, without those used before and not failed."""
    used = {one.id for _, root in earlier for one in store.read_seeds(root)}
    kept: list[Seed] = []
    for name, one in found.items():
        if wanted.stages and one.stage not in wanted.stages and not one.failed:
            left_out["other_stage"] += 1
        elif wanted.langs and one.lang not in wanted.langs:
            left_out["other_language"] += 1
        elif name in used and name not in failed:
            left_out["used_before"] += 1
        else:
            kept.append(one)
    return kept


def _bound(wanted: Wanted, earlier: Sequence[tuple[int, Path]]) -> float | None:
    """The difficulty that fresh seeds must have: the mean of the last round's, as far as it is known."""
    if not wanted.harder or not earlier:
        return None
    _, last = max(earlier, key=lambda one: one[0])
    known = [one.difficulty for one in store.read_seeds(last) if one.difficulty is not None]
    return float(np.mean(known)) if known else None


def _hard(one: Seed, bound: float | None, left_out: Counter[str]) -> bool:
    if bound is None:
        return True
    if one.difficulty is None:
        left_out["no_difficulty"] += 1
        return False
    left_out["not_harder"] += one.difficulty < bound
    return one.difficulty >= bound


def draw(seeds: Sequence[Seed], wanted: Wanted) -> tuple[list[Seed], int]:
    """The seeds of a plan, in order of their ids, and how many of the quotas nobody could fill."""
    ranked = sorted(seeds, key=lambda one: (not one.failed, order("pairs", wanted.seed, one.id)))
    most = int(wanted.failure_share * wanted.rows)
    first = [one for one in ranked if one.failed][:most]
    pool = [one for one in ranked if not one.failed]
    room = wanted.rows - len(first)
    if not wanted.by:
        chosen, short = pool[:room], 0
    else:
        groups: dict[str, list[Seed]] = {}
        for one in pool:
            groups.setdefault(_group(one, wanted), []).append(one)
        seats, short = _seats({name: len(rows) for name, rows in groups.items()}, room, wanted.quota)
        chosen = [one for name, rows in groups.items() for one in rows[: seats.get(name, 0)]]
    return sorted([*first, *chosen], key=lambda one: one.id), short


def _group(one: Seed, wanted: Wanted) -> str:
    return one.group if not wanted.quota or one.group in wanted.quota else REST


def _seats(there: Mapping[str, int], room: int, quota: Mapping[str, float] | None) -> tuple[dict[str, int], int]:
    """Seats of each group: by quota (the largest remainders get what rounding left), else as equal as possible."""
    if quota:
        exact = {name: share * room for name, share in quota.items()}
        seats = {name: int(value + 1e-9) for name, value in exact.items()}
        spare = int(sum(exact.values()) + 0.5) - sum(seats.values())
        for name in sorted(exact, key=lambda one: (seats[one] - exact[one], one))[: max(spare, 0)]:
            seats[name] += 1
        given = {name: min(count, there.get(name, 0)) for name, count in seats.items()}
        return given, sum(seats.values()) - sum(given.values())
    given = dict.fromkeys(there, 0)
    for name in sorted(there, key=lambda one: (there[one], one)):
        others = [one for one in there if given[one] == 0 and there[one]]
        given[name] = min(there[name], (room - sum(given.values())) // max(len(others), 1))
    for name in sorted(there):  # what division left over, one each
        given[name] += given[name] < there[name] and sum(given.values()) < room
    return given, 0


def _write(
    chosen: list[Seed], wanted: Wanted, out: Path, read: int, left_out: Mapping[str, int], leaks: Mapping[str, int],
    bound: float | None, short: int,
) -> Planned:  # fmt: skip
    table = seed_rows(chosen)
    store.write_table(out / store.PLAN, table)
    known = [one.difficulty for one in chosen if one.difficulty is not None]
    done = Planned(
        round=wanted.round,
        read=read,
        seeds=len(chosen),
        failed=sum(one.failed for one in chosen),
        left_out=dict(sorted(left_out.items())),
        groups=_counted(one.group for one in chosen) if wanted.by else {},
        langs=_counted(one.lang for one in chosen),
        harder_than=bound,
        difficulty=float(np.mean(known)) if known else None,
        leaks=dict(sorted(leaks.items())),
        short=short,
        digest=hashlib.sha256("\n".join(f"{one.id} {one.failed}" for one in chosen).encode()).hexdigest(),
        file=str(out / store.PLAN),
    )
    settings: dict[str, Any] = {
        "rows": wanted.rows, "by": wanted.by, "quota": wanted.quota, "after": len(wanted.after), "seed": wanted.seed,
        "failure_share": wanted.failure_share, "harder": wanted.harder, "stages": wanted.stages, "langs": wanted.langs,
        "against": wanted.against,
    }  # fmt: skip
    sha = storage.sha256(str(out / store.PLAN))
    store.write_json(out / store.PLANNED, {"round": wanted.round, "asked": settings, "done": done, "sha256": sha})
    return done


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(name or "none" for name in names).most_common(SHOWN))
