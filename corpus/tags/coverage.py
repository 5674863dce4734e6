"""How many tokens each tag has against what is wanted, what lacks, and weights that would even it out.

A target is declared in YAML: shares of the tokens that have a tag, of leaves or of whole groups, in any unit:

coverage: 1
shares: {science: 20, science/physics: 8, life: 10, law/statutes: 2}
rest: natural

A group's share is that of all its leaves; what its named leaves leave of it goes to the others as they stand to one
another in the natural distribution. `rest: natural` gives all that is not named what it has naturally; shares are then
parts of 100. `rest: nothing` gives it nothing, and shares are relative to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from corpus import located
from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import Located, Strict
from corpus.ruleset.entries import read
from corpus.ruleset.mixture import Budget, Mixture, portions

Share = Annotated[float, Field(ge=0)]
_WHOLE = 100.0


class Target(Strict):
    """The shares that a data set is to have."""

    coverage: Literal[1] = 1
    shares: Annotated[Mapping[str, Share], Field(min_length=1)]
    rest: Literal["natural", "nothing"] = "natural"


@dataclass(frozen=True)
class Counts:
    """Rows and tokens by tag, and of records without one. A row with several tags counts its tokens in equal parts."""

    tokens: Mapping[str, float]
    rows: Mapping[str, int]
    untagged_tokens: float
    untagged_rows: int


@dataclass(frozen=True)
class Leaf:
    """One tag: `share` of the tokens with a tag, the share `wanted`, the tokens it `lacks` to it (0 where it has them),
    the `weight` a token is to be drawn with (the mean over all tagged tokens is 1; None where there is none), and how
    often its tokens are then read for a whole of the same size."""

    tag: str
    rows: int
    tokens: float
    share: float
    wanted: float
    lacks: float
    weight: float | None
    epochs: float


@dataclass(frozen=True)
class Coverage:
    """Every tag, the gaps first; `gaps` have less than their share by more than the tolerance, `absent` are wanted and
    not there. `reachable` is the part of the whole that can be filled within the epochs."""

    column: str
    against: str
    tokens: float
    tagged: float
    leaves: tuple[Leaf, ...]
    gaps: tuple[str, ...]
    absent: tuple[str, ...]
    distance: float
    reachable: float
    mixture: Mapping[str, object]


def load_target(path: str, leaves: Sequence[str]) -> Target:
    """The target in a file; ConfigError with every mistake. `leaves` are the known tags; without them all will do."""
    problems: list[Problem] = []
    document = read(path, Path(path), problems)
    if document is None:
        raise ConfigError(problems)
    target = located.validate(Target, document)
    problems += _mistakes(target, document, leaves)
    if problems:
        raise ConfigError(problems)
    return target


def _mistakes(target: Target, document: Located, leaves: Sequence[str]) -> list[Problem]:
    groups = {leaf.partition("/")[0] for leaf in leaves if "/" in leaf}
    found = []
    for name, share in target.shares.items():
        place = ("shares", name)
        if leaves and name not in leaves and name not in groups:
            hint = located.suggest(name, [*leaves, *groups])
            found.append(document.problem(place, f"no tag or group is called {name!r}{hint}"))
        named = sum(part for leaf, part in target.shares.items() if leaf.startswith(f"{name}/"))
        if named > share:
            found.append(document.problem(place, f"{name} has {share:g}, its leaves ask for {named:g}"))
    whole = sum(share for name, share in target.shares.items() if name.partition("/")[0] == name or
                name.partition("/")[0] not in target.shares)  # fmt: skip
    if target.rest == "natural" and whole > _WHOLE + 1e-9:
        found.append(document.problem(("shares",), f"the shares sum to {whole:g}, more than {_WHOLE:g}"))
    if whole <= 0:
        found.append(document.problem(("shares",), "all shares are 0"))
    return found


def wanted_shares(target: Target, natural: Mapping[str, float]) -> dict[str, float]:
    """The share of each tag, all of them 1 together. `natural` are tokens by tag, of every tag there is."""
    leaves = list(natural)
    named = {leaf: float(target.shares[leaf]) for leaf in leaves if leaf in target.shares}
    for group, share in target.shares.items():
        inside = [leaf for leaf in leaves if leaf.startswith(f"{group}/")]
        left = share - sum(named.get(leaf, 0.0) for leaf in inside)
        named |= _divided(left, [leaf for leaf in inside if leaf not in named], natural)
    if target.rest == "natural":
        rest = [leaf for leaf in leaves if leaf not in named]
        named |= _divided(max(0.0, _WHOLE - sum(named.values())), rest, natural)
    whole = sum(named.values())
    return {leaf: named.get(leaf, 0.0) / whole for leaf in leaves} if whole else dict.fromkeys(leaves, 0.0)


def _divided(share: float, leaves: Sequence[str], natural: Mapping[str, float]) -> dict[str, float]:
    """`share` among leaves in their natural proportion; in equal parts where none of them has anything."""
    whole = sum(natural[leaf] for leaf in leaves)
    return {leaf: share * (natural[leaf] / whole if whole else 1 / len(leaves)) for leaf in leaves}


def compare(
    counts: Counts,
    wanted: Mapping[str, float],
    *,
    column: str,
    against: str,
    tolerance: float = 0.2,
    epochs: float = 4.0,
) -> Coverage:
    """What there is against what is wanted. A tag is a gap where its share is less than `1 - tolerance` of the wanted
    one; no token is to be read more than `epochs` times (`ruleset.mixture`).

    `distance` is half the sum of the differences of shares: the part of the tokens that stand in the wrong place.
    """
    tagged = sum(counts.tokens.values())
    names = [name for name in wanted if counts.tokens.get(name, 0.0) > 0]
    have = {name: counts.tokens[name] for name in names}
    weights = {name: wanted[name] / have[name] * tagged for name in names}
    mixture = Mixture(budget=Budget(tokens=tagged) if tagged else None, weights=weights, epochs={"*": epochs})
    portioned = {one.source: one for one in portions(mixture, have)} if tagged else {}
    leaves = []
    for name in wanted:
        tokens = counts.tokens.get(name, 0.0)
        one = portioned.get(name)
        leaves.append(
            Leaf(
                tag=name,
                rows=counts.rows.get(name, 0),
                tokens=tokens,
                share=tokens / tagged if tagged else 0.0,
                wanted=wanted[name],
                lacks=max(0.0, wanted[name] * tagged - tokens),
                weight=weights.get(name),
                epochs=one.epochs if one is not None else 0.0,
            )
        )
    leaves.sort(key=lambda leaf: (-leaf.lacks, -leaf.tokens, leaf.tag))
    return Coverage(
        column=column,
        against=against,
        tokens=tagged + counts.untagged_tokens,
        tagged=tagged,
        leaves=tuple(leaves),
        gaps=tuple(leaf.tag for leaf in leaves if leaf.share < (1 - tolerance) * leaf.wanted),
        absent=tuple(leaf.tag for leaf in leaves if leaf.wanted > 0 and not leaf.tokens),
        distance=sum(abs(leaf.share - leaf.wanted) for leaf in leaves) / 2,
        reachable=sum(one.want for one in portioned.values()) / tagged if tagged else 0.0,
        mixture={"weights": {name: round(weights[name], 4) for name in sorted(weights)}, "epochs": {"*": epochs}},
    )


def write_mixture(found: Coverage, path: Path) -> None:
    """The mixture in a file, as JSON where its name ends so, else as YAML; UsageError where it is there already."""
    import json

    import yaml

    if path.exists():
        raise UsageError(f"{path}: is there already; name another file, nothing is overwritten")
    noted = {"column": found.column, "against": found.against, **found.mixture}
    if path.suffix == ".json":
        text = json.dumps(noted, ensure_ascii=False, indent=2) + "\n"
    else:
        text = yaml.safe_dump(noted, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")
