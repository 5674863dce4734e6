"""What calls cost, and the budget that is asked before one is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from corpus import located
from corpus.errors import ConfigError, Problem, UsageError
from corpus.judge.schema import Usage
from corpus.located import Strict, suggest

PER = 1_000_000
OVERHEAD = 256
"""Tokens that a chat template and an enforced schema add at most, beside those of the words."""
Money = Annotated[float, Field(ge=0, le=1e6)]


class Price(Strict):
    """Dollars for a million tokens."""

    input: Money
    output: Money

    def of(self, usage: Usage) -> float:
        """Dollars of a call."""
        return (usage.input * self.input + usage.output * self.output) / PER


class Prices(Strict):
    """The price table: a price for each model, as the user wrote it down."""

    models: Annotated[dict[str, Price], Field(min_length=1)]


def load_price(path: str, model: str) -> Price:
    """The price of `model` in a YAML table; ConfigError for a mistake in it, UsageError when it has no such model."""
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"price table {path}: no such file") from None
    except UnicodeDecodeError:
        raise ConfigError([Problem(path, 0, 0, "is not UTF-8 text")]) from None
    models = located.validate(Prices, located.parse(text, path)).models
    if model not in models:
        raise UsageError(f"{path}: has no price of {model!r}{suggest(model, models)}; it has {', '.join(models)}")
    return models[model]


@dataclass(frozen=True)
class Cost:
    """Tokens and, where there is a price, dollars."""

    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.tokens + other.tokens, self.usd + other.usd)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.tokens - other.tokens, self.usd - other.usd)

    def line(self) -> dict[str, float | int]:
        """As the ledger writes it."""
        return {"tokens": self.tokens, "usd": self.usd}


def cost_of(usage: Usage, price: Price | None) -> Cost:
    """What a call with that usage cost."""
    return Cost(usage.total, price.of(usage) if price else 0.0)


def most_cost(texts: Sequence[str], max_tokens: int, price: Price | None) -> Cost:
    """What a call can cost at most: a token is at least one byte of UTF-8, and the answer is bounded by the server."""
    size = sum(len(text.encode(errors="surrogatepass")) for text in texts)
    return cost_of(Usage(size + OVERHEAD, max_tokens), price)


@dataclass(frozen=True)
class Budget:
    """A limit in dollars, in tokens, in both, or none. It covers all a ledger ever paid, not one command."""

    usd: float | None = None
    tokens: int | None = None

    def holds(self, cost: Cost) -> bool:
        """Whether `cost` is within it."""
        within_usd = self.usd is None or cost.usd <= self.usd + 1e-12
        return within_usd and (self.tokens is None or cost.tokens <= self.tokens)

    def __str__(self) -> str:
        parts = [f"${self.usd:g}"] if self.usd is not None else []
        parts += [f"{self.tokens:,} tokens"] if self.tokens is not None else []
        return " and ".join(parts) or "none"


class Purse:
    """The budget at work: what was paid, and what calls that are under way may still cost.

    A call is let go only when all of that and its own bound are within the budget, so with a server that counts
    honestly and heeds `max_tokens` the budget is never exceeded. A server that does not is found out by the first call,
    which goes alone where there is a budget; from then on twice the dearest call ever seen is held for each.
    """

    def __init__(self, budget: Budget, paid: Cost, dearest: Cost | None = None, honest: bool = True) -> None:
        """`dearest` is the dearest call that an earlier command settled, None when there was none; `honest` whether all
        of them cost no more than was held for them."""
        self.budget, self.paid = budget, paid
        self.held = Cost()
        self.under_way = 0
        self.honest = honest
        self.dearest = dearest
        self._limited = budget.usd is not None or budget.tokens is not None

    def bound(self, said: Cost) -> Cost:
        """What to hold for a call that should cost at most `said`."""
        if self.honest or self.dearest is None:
            return said
        return Cost(max(said.tokens, 2 * self.dearest.tokens), max(said.usd, 2 * self.dearest.usd))

    def take(self, said: Cost) -> Cost | None:
        """Hold the bound of a call, if there is room for it now; what is held."""
        bound = self.bound(said)
        if self.under_way and self._limited and self.dearest is None:
            return None
        if not self.budget.holds(self.paid + self.held + bound):
            return None
        self.held += bound
        self.under_way += 1
        return bound

    def settle(self, bound: Cost, cost: Cost) -> None:
        """The call for which `bound` was held is over and cost that much."""
        self.held -= bound
        self.under_way -= 1
        self.paid += cost
        if cost.tokens:
            before = self.dearest or Cost()
            self.dearest = Cost(max(before.tokens, cost.tokens), max(before.usd, cost.usd))
        if cost.tokens > bound.tokens:
            self.honest = False

    def hopeless(self, said: Cost) -> bool:
        """Whether a call like that does not fit even when nothing else is under way."""
        return not self.budget.holds(self.paid + self.bound(said))
