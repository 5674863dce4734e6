"""The judge: `ask(questions) -> answers`, each paid for once, never more than the budget, whatever the server does."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from corpus.errors import BudgetExhausted, UsageError
from corpus.judge.breaker import Breaker, Patience
from corpus.judge.budget import Budget, Cost, Price, Purse, cost_of, most_cost
from corpus.judge.ledger import MAYBE_PAID, Ledger
from corpus.judge.schema import PASSING, Answer, Asked, Reason, Sampling, Unusable, Usage
from corpus.judge.wire import Endpoint, Passing, Rejected, Reply, Wire, body_of

AT_FAULT = 8
"""Questions that a server rejects one after the other, before it has taken any, until the settings are at fault."""


@dataclass(frozen=True)
class Terms:
    """How to ask: sampling, price, budget, calls under way at once, patience."""

    sampling: Sampling = field(default_factory=Sampling)
    price: Price | None = None
    budget: Budget = field(default_factory=Budget)
    concurrency: int = 16
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        if self.budget.usd is not None and self.price is None:
            raise UsageError("a budget in dollars needs a price table: --prices FILE")
        if self.concurrency < 1:
            raise UsageError(f"concurrency {self.concurrency}: at least one call at a time")


class Judge:
    """An endpoint, a ledger and terms. An async context manager; one event loop, one process."""

    def __init__(self, endpoint: Endpoint, ledger: Ledger, terms: Terms) -> None:
        """Settles what an earlier process left under way: charged, and in `lost`."""
        self.endpoint, self.ledger, self.terms = endpoint, ledger, terms
        self._wire = Wire(endpoint)
        self.lost = ledger.settle_lost()
        self.purse = Purse(terms.budget, ledger.paid + ledger.unsettled, ledger.dearest, ledger.honest)
        self.calls: Counter[str] = Counter()
        self._breaker = Breaker(terms.patience)
        self._slots = asyncio.Semaphore(terms.concurrency)
        self._settled = asyncio.Event()
        self._same: dict[str, asyncio.Task[Answer]] = {}
        self._taken = False
        self._rejected = 0
        self._stopped: BaseException | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def ask(self, questions: Iterable[Asked]) -> list[Answer]:
        """Answers in the order of the questions; `value` None and a reason where there is none.

        BudgetExhausted, EnvironmentProblem and UsageError end it; calls under way are then waited for, and kept.
        """
        found: dict[int, Answer] = {}
        async for place, answer in self.stream(questions):
            found[place] = answer
        return [found[place] for place in range(len(found))]

    async def stream(self, questions: Iterable[Asked]) -> AsyncIterator[tuple[int, Answer]]:
        """Pairs of a question's place and its answer, as they come. Takes questions only as fast as they are asked, so
        they may be many; questions of one key are paid for once."""
        pending: set[asyncio.Task[tuple[int, Answer]]] = set()
        try:
            for place, question in enumerate(questions):
                key = question.key(self.endpoint.model, self.terms.sampling)
                known = self.known(question, key)
                if known is not None:
                    yield place, known
                    continue
                while len(pending) >= 2 * self.terms.concurrency:
                    for one in await _first(pending):
                        yield one.result()
                        pending.discard(one)
                pending.add(asyncio.create_task(_placed(place, self._once(question, key))))
            while pending:
                for one in await _first(pending):
                    yield one.result()
                    pending.discard(one)
        finally:
            if pending:
                # What is under way may be paid already: wait for it, and let none begin. Errors are those we have.
                self._stop(asyncio.CancelledError())
                await asyncio.wait(pending)
                for one in pending:
                    if not one.cancelled():
                        one.exception()

    def known(self, question: Asked, key: str | None = None) -> Answer | None:
        """What the ledger says of a question: its answer, or that it has none for good; None when it must be asked."""
        return self.ledger.known(question, key or question.key(self.endpoint.model, self.terms.sampling))

    async def _once(self, question: Asked, key: str) -> Answer:
        """The answer of a question; the same question asked meanwhile gets the same one."""
        task = self._same.get(key)
        if task is None:
            task = self._same[key] = asyncio.create_task(self._answer(question, key))
            task.add_done_callback(lambda _: self._same.pop(key, None))
            return await task
        shared = await asyncio.shield(task)
        return Answer(
            question.id, key, shared.value, shared.reason, shared.detail, shared.model, shared.usage, bought=False
        )

    async def _answer(self, question: Asked, key: str) -> Answer:
        async with self._slots:
            if (known := self.known(question, key)) is not None:
                return known
            try:
                return await self._until_answered(question, key)
            except BaseException as error:
                self._stop(error)
                raise

    async def _until_answered(self, question: Asked, key: str) -> Answer:
        """Calls until there is an answer, or no more may be made."""
        patience = self.terms.patience
        problem = Unusable(Reason.UNREACHABLE)
        unsure = 0
        for failures in range(1, patience.tries + 1):
            if self.ledger.bad_replies[key] + unsure >= patience.paid_tries:
                break
            try:
                reply = await self._call(question, key)
            except Passing as error:
                problem = Unusable(Reason.UNREACHABLE, str(error))
                unsure += error.maybe_paid
                if error.wait is not None:
                    self._breaker.leave_alone(error.wait)
                await asyncio.sleep(max(patience.wait(failures), error.wait or 0.0) if failures < patience.tries else 0)
                continue
            except Rejected as error:
                problem = Unusable(Reason.REJECTED, str(error))
                break
            if reply.value is not None:
                return Answer(
                    question.id, key, reply.value, model=reply.model, usage=reply.usage or Usage(0, 0), bought=True
                )
            problem = reply.problem or problem
            if problem.reason is Reason.REFUSED:
                break
        if problem.reason not in PASSING:
            await self.ledger.append(do="failed", key=key, reason=problem.reason, detail=str(problem))
        return Answer(question.id, key, None, problem.reason, str(problem))

    async def _call(self, question: Asked, key: str) -> Reply:
        """One call, its intent on the disk before it is sent and its cost and answer before they are used."""
        body = body_of(question, self.endpoint.model, self.terms.sampling)
        texts = [message["content"] for message in body["messages"]]
        bound = most_cost(texts, self.terms.sampling.max_tokens, self.terms.price)
        bound = await self._pay(bound)
        call, cost, why, line = uuid.uuid4().hex, Cost(), "", None
        probing = False
        try:
            probing = await self._breaker.admit()
            self._may_go_on()
            await self.ledger.append(do="asked", call=call, key=key, id=question.id, **bound.line())
            try:
                self.calls["sent"] += 1
                reply = await self._wire.call(body, question.read)
            except Passing as error:
                cost, why = (bound, MAYBE_PAID) if error.maybe_paid else (Cost(), "failed")
                self.calls["failed"] += 1
                self._breaker.failed(str(error), probing)
                raise
            except Rejected as error:
                why = Reason.REJECTED
                self._breaker.succeeded()
                self._count_rejection(error)
                raise
            self._breaker.succeeded()
            self._taken = True
            cost = cost_of(reply.usage, self.terms.price) if reply.usage else bound
            why = reply.problem.reason if reply.problem else ""
            if reply.value is not None:
                usage = reply.usage or Usage(0, 0)
                line = {"do": "answered", "call": call, "key": key, "value": dict(reply.value), "model": reply.model,
                        "in": usage.input, "out": usage.output, "prompt": question.origin,
                        **cost.line()}  # fmt: skip
            else:
                self.calls["unusable"] += 1
            return reply
        finally:
            self._breaker.released(probing)
            if call in self.ledger.open:
                await self.ledger.append(
                    **(line or {"do": "settled", "call": call, "key": key, **cost.line(), "why": why or "stopped"})
                )
            self.purse.settle(bound, cost)
            self._settled.set()

    async def _pay(self, said: Cost) -> Cost:
        """Hold the bound of a call's cost, waiting for calls under way to give back what they did not need."""
        while True:
            self._may_go_on()
            if (held := self.purse.take(said)) is not None:
                return held
            bound = self.purse.bound(said)
            if not self.purse.under_way and self.purse.hopeless(said):
                paid = self.purse.paid
                spent = f"{paid.tokens:,} tokens" + (f" and ${paid.usd:.4f}" if self.terms.price else "")
                raise BudgetExhausted(
                    f"the budget of {self.terms.budget} does not hold another call: {spent} are paid, and the next "
                    f"call may cost {bound.tokens:,} tokens"
                    + (f" (${bound.usd:.4f})" if self.terms.price else "")
                    + ". What was answered is kept: raise the budget and repeat the command to go on"
                )
            self._settled.clear()
            await self._settled.wait()

    def _stop(self, error: BaseException) -> None:
        """Let no call begin any more; those that wait for money learn it."""
        self._stopped = self._stopped or error
        self._settled.set()

    def _may_go_on(self) -> None:
        if isinstance(self._stopped, Exception):
            raise type(self._stopped)(*self._stopped.args)
        if self._stopped is not None:
            raise asyncio.CancelledError

    def _count_rejection(self, error: Rejected) -> None:
        self._rejected += 1
        if not self._taken and self._rejected >= AT_FAULT:
            raise UsageError(
                f"the server rejects every question, last with: {error}. Look at the model and its settings "
                "(--structure object or none, where the server enforces no schema)"
            )


async def _first(pending: set[asyncio.Task[tuple[int, Answer]]]) -> set[asyncio.Task[tuple[int, Answer]]]:
    """Those of the tasks that are done, when one is."""
    return (await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED))[0]


async def _placed(place: int, coming: Coroutine[Any, Any, Answer]) -> tuple[int, Answer]:
    return place, await coming
