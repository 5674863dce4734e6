"""The options of commands that ask a model, described once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from corpus.judge.client import Terms
    from corpus.judge.schema import Sampling
    from corpus.judge.wire import Endpoint

Model = Annotated[
    str, typer.Option("--model", "-m", metavar="NAME", help="The model, as the server calls it.", show_default=False)
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="DIR", help="The directory to write; repeat the command to resume.", show_default=False
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="The seed sent with each call.")]


@dataclass(frozen=True)
class Calls:
    """Where and how a model is called; `cli.options.spread` makes an option of each field."""

    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", metavar="URL", help="A server with the chat API; else $OPENAI_BASE_URL, else OpenAI."
        ),
    ] = None
    key_env: Annotated[
        str, typer.Option("--key-env", metavar="VAR", help="The environment variable that has the key.")
    ] = "OPENAI_API_KEY"
    prices: Annotated[
        str | None,
        typer.Option(
            "--prices", metavar="FILE", help="Dollars for a million tokens: models: {NAME: {input:, output:}}."
        ),
    ] = None
    budget_usd: Annotated[
        float | None, typer.Option("--budget-usd", metavar="N", min=0, help="Dollars that DIR may ever cost.")
    ] = None
    budget_tokens: Annotated[
        int | None, typer.Option("--budget-tokens", metavar="N", min=0, help="Tokens that DIR may ever cost.")
    ] = None
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=1024, help="Calls under way at once.")] = 16
    temperature: Annotated[
        float, typer.Option("--temperature", min=-1, max=2, help="Sampling temperature; -1 leaves it to the server.")
    ] = 0.0
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, max=131072, help="Tokens of an answer at most.")] = (
        512
    )
    structure: Annotated[
        Literal["schema", "object", "none"],
        typer.Option("--structure", help="What the server is told to enforce; answers are checked here in any case."),
    ] = "schema"
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="Wait for a reply so long.")
    ] = 120.0
    tries: Annotated[int, typer.Option("--tries", min=1, max=100, help="Calls for one question at most.")] = 8
    paid_tries: Annotated[
        int, typer.Option("--paid-tries", min=1, max=100, help="Of these, paid ones without a usable answer.")
    ] = 3
    again: Annotated[bool, typer.Option("--again", help="Ask questions anew that failed for good.")] = False

    def endpoint(self, model: str) -> Endpoint:
        """Where `model` is asked."""
        from corpus.judge.wire import Endpoint

        return Endpoint(model, self.base_url, self.key_env, self.timeout)

    def sampling(self, seed: int | None = None, top_p: float | None = None) -> Sampling:
        """How it is told to answer."""
        from corpus.judge.schema import Sampling

        temperature = None if self.temperature < 0 else self.temperature
        return Sampling(temperature, top_p, self.max_tokens, seed, self.structure)

    def terms(self, model: str, seed: int | None = None, top_p: float | None = None) -> Terms:
        """What it may cost and how patient we are, with the sampling."""
        from corpus.judge.breaker import Patience
        from corpus.judge.budget import Budget, load_price
        from corpus.judge.client import Terms

        return Terms(
            sampling=self.sampling(seed, top_p),
            price=load_price(self.prices, model) if self.prices else None,
            budget=Budget(self.budget_usd, self.budget_tokens),
            concurrency=self.concurrency,
            patience=Patience(tries=self.tries, paid_tries=self.paid_tries),
        )


CALLS = Calls()
