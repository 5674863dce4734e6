"""How much of each source a data set is to hold: weights, temperature, caps and epochs to a budget.

A source with t tokens wants weight * t ** temperature, in proportion to the others (temperature sampling: 1 keeps the
sources as they are, 0 makes them equal). No source gets more than its cap of the budget, nor more than its epochs of
what it has; what a source cannot take goes to the others in the same proportion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from corpus.located import Strict
from corpus.ruleset.categories import CategorySpec, Leaf, fill

REST = "*"
"""The key of every source that is not named."""


class Budget(Strict):
    """How large the whole is to be: tokens, or rows."""

    tokens: Annotated[float, Field(gt=0)] | None = None
    rows: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Budget:
        if (self.tokens is None) == (self.rows is None):
            raise ValueError("give tokens or rows")
        return self

    @property
    def unit(self) -> str:
        """`tokens` or `rows`."""
        return "tokens" if self.tokens is not None else "rows"

    @property
    def size(self) -> float:
        """How many of them."""
        return float(self.tokens if self.tokens is not None else self.rows or 0)


class Mixture(Strict):
    """What each source may fill of a budget. Where a source has more than that, its best records by the stored column
    `by` stay, else some chosen by their ids; the others are left out and accounted for.

    `caps` are shares of the budget, `epochs` how often a source may be read at most; both by source, `*` for the rest.
    With `categories` those are filled in place of sources (`corpus.ruleset.categories`), and `caps` are by category.
    """

    budget: Budget | None = None
    by: str | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] = 1.0
    weights: Mapping[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    caps: Mapping[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    epochs: Mapping[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    categories: tuple[CategorySpec, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Mixture:
        if self.categories and (self.weights or self.epochs or self.temperature != 1):
            raise ValueError("categories have targets; weights, epochs and temperature are for sources")
        return self


class Portion(Strict):
    """What becomes of a source, or of a category: `have` units are there, `want` are to be read, `epochs` times on
    average. `short` is what a category lacks of its target, which no other fills; records of no category are those of
    the empty name."""

    source: str
    have: float
    want: float
    epochs: float
    share: float
    short: float = 0.0


def category_portions(mixture: Mixture, leaves: tuple[Leaf, ...], have: Mapping[str, float]) -> tuple[Portion, ...]:
    """The portion of each category or kind, in the order of the policy; `have` as for `portions`, by leaf."""
    size = None if mixture.budget is None else mixture.budget.size
    found = fill(leaves, have, size, mixture.caps)
    total = sum(one.given for one in found)
    return tuple(
        Portion(
            source=one.name,
            have=one.have,
            want=one.given,
            epochs=round(one.given / one.have, 6) if one.have else 0.0,
            share=round(one.given / total, 6) if total else 0.0,
            short=one.short,
        )
        for one in found
    )


def portions(mixture: Mixture, have: Mapping[str, float]) -> tuple[Portion, ...]:
    """The portion of each source, by name; `have` are its units in the unit of the budget.

    Without a budget, as much as the caps and epochs allow while every source in its proportion is read at most its
    epochs: the proportions are kept, and the source that runs out first sets the size.
    """
    names = sorted(name for name, units in have.items() if units > 0)
    pull = {name: _of(mixture.weights, name, 1.0) * have[name] ** mixture.temperature for name in names}
    most = {name: have[name] * _of(mixture.epochs, name, 1.0) for name in names}
    budget = mixture.budget.size if mixture.budget is not None else _natural(pull, most)
    for name in names:
        most[name] = min(most[name], budget * _of(mixture.caps, name, 1.0))
    want = dict.fromkeys(names, 0.0)
    open_to = [name for name in names if pull[name] > 0]
    left = budget
    while open_to and left > budget * 1e-12:
        whole = sum(pull[name] for name in open_to)
        full = [name for name in open_to if want[name] + left * pull[name] / whole >= most[name]]
        if not full:
            for name in open_to:
                want[name] += left * pull[name] / whole
            break
        for name in full:
            left -= most[name] - want[name]
            want[name] = most[name]
        open_to = [name for name in open_to if name not in full]
    total = sum(want.values())
    return tuple(
        Portion(
            source=name,
            have=have[name],
            want=want[name],
            epochs=round(want[name] / have[name], 6),
            share=round(want[name] / total, 6) if total else 0.0,
        )
        for name in names
    )


def _natural(pull: Mapping[str, float], most: Mapping[str, float]) -> float:
    """The largest size at which every source is in its proportion."""
    whole = sum(pull.values())
    return min((most[name] * whole / pull[name] for name in pull if pull[name] > 0), default=0.0)


def _of(values: Mapping[str, float], name: str, otherwise: float) -> float:
    return values.get(name, values.get(REST, otherwise))
