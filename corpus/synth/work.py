"""The loop: requests made, asked many at a time, and their replies taken one by one in the order of their numbers.

Request n is made from what is accepted when all replies but those of the last `window` requests before it are taken,
whenever it is then sent. So rows do not depend on which replies come first, how many calls are under way, or how often
the command was killed: a repeated command makes the same requests, and the ledger has the answers of those that were
paid. Raising the number of rows goes on where it ended.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from corpus.judge.client import Judge
from corpus.judge.schema import Answer, Reason
from corpus.synth.checks import Verdict, check
from corpus.synth.model import Accepted, Draft, Given, Mode, Request, State
from corpus.synth.novelty import ALIKE, Item, Match, Novelty, Prepared, prepared

WINDOW = 64
PARENT_AGAIN = "too_close_to_parent"


@dataclass(frozen=True)
class Limits:
    """Stop asking when `rows` are accepted (what is under way is used, too) or after `requests`; None: no limit."""

    rows: int | None = None
    requests: int | None = None
    window: int = WINDOW


@dataclass(frozen=True)
class Outcome:
    """What became of a request: its row, or why there is none. `draft` is None where there was no usable reply."""

    request: Request
    answers: tuple[Answer, ...]
    draft: Draft | None
    reasons: tuple[str, ...] = ()
    match: Match | None = None
    id: str = ""

    @property
    def reason(self) -> str:
        """The first reason; empty for an accepted row."""
        return self.reasons[0] if self.reasons else ""


@dataclass(frozen=True)
class _Ready:
    answers: tuple[Answer, ...]
    draft: Draft | None
    verdict: Verdict
    prepared: Prepared | None


@dataclass
class Work:
    """One command at work. `keep` is told each outcome, in order."""

    mode: Mode
    lang: str
    novelty: Novelty
    limits: Limits
    keep: Callable[[Outcome], None]
    state: State = field(default_factory=State)
    taken: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        self.source = self.source or self.mode.name
        self._made: deque[Request] = deque()
        self._requests: dict[int, Request] = {}
        self._pending: dict[int, asyncio.Task[tuple[Answer, ...]]] = {}
        self._ready: dict[int, _Ready] = {}
        self._known: set[str] = set()
        self._count = 0
        self.reasons: Counter[str] = Counter()

    async def run(self, judge: Judge) -> None:
        """Ask until the limits are reached or nothing is left to ask. Raises what `Judge.ask` raises; outcomes up to
        the first request without a reply have then been told."""
        try:
            while True:
                self._make()
                self._send(judge)
                if not self._pending:
                    return
                await self._pending[self.taken]
                self._prepare()
                self._take()
        finally:
            for task in self._pending.values():
                task.cancel()
            await asyncio.gather(*self._pending.values(), return_exceptions=True)

    def _make(self) -> None:
        """Requests from what is accepted now, as far as the window allows."""
        while self._count < self.taken + self.limits.window:
            request = self.mode.request(self._count, self.state)
            if request is None:
                return
            self._count += 1
            self._made.append(request)
            self._learn(request)
            self.state.held[request.category] = self.state.held.get(request.category, 0) + 1

    def _send(self, judge: Judge) -> None:
        """As many of them as it takes to reach the rows wanted, at the yield seen so far."""
        while self._made and self._wanted(len(self._pending)):
            request = self._made.popleft()
            self._requests[request.number] = request
            self._pending[request.number] = asyncio.create_task(self._ask(judge, request))

    def _wanted(self, under_way: int) -> bool:
        if self.limits.requests is not None and self.taken + under_way >= self.limits.requests:
            return False
        if self.limits.rows is None:
            return True
        accepted = len(self.state.accepted)
        return accepted + under_way * (accepted + 1) / (self.taken + 1) < self.limits.rows

    async def _ask(self, judge: Judge, request: Request) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        asked = request.asked
        while asked is not None:
            (answer,) = await judge.ask([asked])
            answers.append(answer)
            if answer.value is None:
                if answer.reason is Reason.UNREACHABLE:
                    # Later requests are made of what comes of this one: that it came to nothing must last.
                    await judge.ledger.append(do="failed", key=answer.key, reason=answer.reason, detail=answer.detail)
                break
            follow = self.mode.follow(request, [one.value for one in answers if one.value is not None])
            if follow is None:
                break
            asked = follow
        return tuple(answers)

    def _learn(self, request: Request) -> None:
        """Rows that are evolved are known rows from then on; those that were accepted here are known already."""
        new = [one for one in self._evolved(request) if one.id not in self._known and not one.generation]
        self._known.update(one.id for one in new)
        for row in prepared([Item(one.id, one.instruction, one.input) for one in new]):
            self.novelty.add(row)

    def _evolved(self, request: Request) -> Sequence[Given]:
        """The parents that a row may resemble: of other modes they are examples, and none may be repeated."""
        return request.parents if self.mode.name == "evolve" else ()

    def _prepare(self) -> None:
        """Check what has come without a gap, together: the rules cost least in batches."""
        places: list[int] = []
        while (task := self._pending.get(self.taken + len(places))) is not None and task.done():
            if task.cancelled() or task.exception() is not None:
                break
            places.append(self.taken + len(places))
        places = [place for place in places if place not in self._ready]
        if places and places[0] != self.taken:
            return
        found = [(place, self._pending[place].result()) for place in places]
        whole = [(place, answers) for place, answers in found if answers[-1].value is not None]
        drafts = [
            self.mode.draft(self._requests[place], [one.value for one in answers if one.value is not None])
            for place, answers in whole
        ]
        verdicts = check(drafts, self.lang, [self._requests[place].material for place, _ in whole], self.source)
        rows = prepared([self._item(draft, answers[-1].key) for draft, (_, answers) in zip(drafts, whole, strict=True)])
        for (place, answers), *ready in zip(whole, drafts, verdicts, rows, strict=True):
            self._ready[place] = _Ready(answers, *ready)  # type: ignore[arg-type]
        for place, answers in found:
            reason = str(answers[-1].reason)
            self._ready.setdefault(place, _Ready(answers, None, Verdict(reason, (reason,)), None))

    def _take(self) -> None:
        """The next reply in order: a row, or a reason."""
        place = self.taken
        request, ready = self._requests.pop(place), self._ready.pop(place)
        del self._pending[place]
        self.taken += 1
        reasons, match = ready.verdict.reasons, None
        if not reasons and ready.prepared is not None:
            match = self.novelty.match(ready.prepared, [one.id for one in self._evolved(request)])
            reasons = (self._named(match, request),) if match else ()
        if ready.draft is None or ready.prepared is None or reasons:
            self.state.held[request.category] -= 1
            self.reasons[reasons[0]] += 1
            self.keep(Outcome(request, ready.answers, ready.draft, reasons, match))
            return
        row = ready.prepared
        self.novelty.add(row)
        before = max((one.generation for one in request.parents), default=0)
        self.state.accepted.append(Accepted(row.id, ready.draft, request, before + 1))
        self.keep(Outcome(request, ready.answers, ready.draft, id=row.id))

    def _named(self, match: Match, request: Request) -> str:
        own = match.id in {one.id for one in self._evolved(request)}
        return PARENT_AGAIN if own and match.reason == ALIKE else match.reason

    def _item(self, draft: Draft, key: str) -> Item:
        """What novelty compares. A question that goes on with a conversation is one about that conversation."""
        context = "\n".join(text for _, text in draft.before) if draft.before else draft.input
        return Item(f"{self.mode.name}-{key[:24]}", draft.instruction, context)
