"""A judge scores every answer by itself and compares answers to one seed in both orders."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from corpus.errors import UsageError
from corpus.judge.budget import Cost
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.pairwise import Agreement, Comparison, agreement, both_orders, combined
from corpus.judge.prompts import Prompt, load_prompt
from corpus.judge.schema import Answer, Question
from corpus.judge.telling import answered, tell_lost
from corpus.judge.wire import Endpoint, ready
from corpus.pairs import store
from corpus.pairs.model import Reply, Seed, asked, folded, order
from corpus.pairs.strength import FIRST, SECOND, TIE, Judgement, Strengths, strengths

SCORE = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("judge", "seed", "answer")),
        pa.field("score", pa.float64()),
        pa.field("reason", pa.string()),
        pa.field("prompt", pa.string()),
        pa.field("key", pa.string()),
    ]
)
"""`score` is from 0 to 1, null where the judge said nothing and `reason` why; `prompt` the digest of what was asked."""
COMPARISON = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("judge", "seed", "first", "second")),
        *(pa.field(name, pa.string()) for name in ("winner", "forward", "backward", "reason", "prompt")),
        pa.field("first_model", pa.string()),
        pa.field("second_model", pa.string()),
        pa.field("first_length", pa.int64()),
        pa.field("second_length", pa.int64()),
    ]
)
"""See `judge.pairwise.Comparison`; `first` and `second` are answers."""
BIASED = 0.01
"""A judge prefers a place where its preferences among disagreements would be so one-sided by chance so rarely."""


@dataclass(frozen=True)
class Judging:
    """`name` is what the judge is called in the round. `score` and `compare` are prompts: of a shipped one the name
    without its language, or a file; None where it is not asked. `most` comparisons of a seed at most."""

    name: str
    score: str | None = "reply"
    compare: str | None = "compare"
    most: int = 10
    again: bool = False


@dataclass(frozen=True)
class Position:
    """Of the comparisons whose orders disagree, which place was preferred; `chance` is how rarely a judge without a
    preference would be so one-sided (two-sided sign test), and `biased` whether that is below BIASED."""

    agreement: Agreement
    chance: float
    biased: bool


@dataclass(frozen=True)
class Judged:
    """Answers `scored` and `compared` pairs, `unjudged` of both by reason; how often orders agree; strengths."""

    judge: str
    answers: int
    scored: int
    comparisons: int
    compared: int
    unjudged: dict[str, int]
    position: Position | None
    strengths: Strengths | None
    cost: Cost
    paid: Cost
    lost: int
    files: tuple[str, ...]


def judge_round(root: Path, judging: Judging, endpoint: Endpoint, terms: Terms, say: Callable[[str], None]) -> Judged:
    """Ask for every answer and every pair of answers. Files appear whole, at the end; the ledger grows meanwhile.

    UsageError without answers or when the judge's folder was begun with other settings; BudgetExhausted when the budget
    is used up; EnvironmentProblem when the server is given up.
    """
    ready(endpoint)
    seeds = {one.id: one for one in store.read_seeds(root)}
    replies = [one for one in store.read_replies(root) if one.text and one.text.strip() and one.seed in seeds]
    if not replies:
        raise UsageError(f"{root}: has no answers; let models answer with: corpus pairs generate {root} --model NAME")
    if judging.score is None and judging.compare is None:
        raise UsageError("neither --score nor --compare: nothing would be asked")
    folder = root / "judged" / store.check_name(judging.name)
    prompts = _Prompts(judging)
    settings = {"model": endpoint.model, "sampling": asdict(terms.sampling), "prompts": prompts.digests,
                "most": judging.most}  # fmt: skip
    store.begun(folder / store.JUDGED, settings)
    with opened(folder / store.LEDGER) as ledger:
        if judging.again:
            ledger.forgive()
        return asyncio.run(_judged(folder, judging, prompts, seeds, replies, Judge(endpoint, ledger, terms), say))


class _Prompts:
    """The prompts by language: those in English where there is no other."""

    def __init__(self, judging: Judging) -> None:
        self.score, self.compare = _by_language(judging.score, "score"), _by_language(judging.compare, "compare")

    @property
    def digests(self) -> dict[str, dict[str, str]]:
        """What decides the answers."""
        return {
            kind: {lang: one.digest for lang, one in found.items()}
            for kind, found in (("score", self.score), ("compare", self.compare))
        }


def _by_language(name: str | None, kind: str) -> dict[str, Prompt]:
    if name is None:
        return {}
    one_file = name.endswith((".yaml", ".yml"))
    found = {lang: load_prompt(name if one_file else f"{name}_{lang}") for lang in ("zh", "en")}
    wanted = ("question", "reply") if kind == "score" else ("question", "first", "second")
    for one in found.values():
        if one.kind != kind or set(one.parts) != set(wanted):
            raise UsageError(f"prompt {one.name}: to {kind} answers takes kind {kind} and parts {', '.join(wanted)}")
    return found


async def _judged(
    folder: Path, judging: Judging, prompts: _Prompts, seeds: dict[str, Seed], replies: Sequence[Reply], judge: Judge,
    say: Callable[[str], None],
) -> Judged:  # fmt: skip
    async with judge:
        before = judge.purse.paid
        tell_lost(judge, say)
        points = [_point(seeds[one.seed], one, prompts.score) for one in replies] if prompts.score else []
        pairs = compared_pairs(replies, judging.most) if prompts.compare else []
        sided = [_sided(seeds[one.seed], one, other, prompts.compare) for one, other in pairs]
        turned = [question for one in sided for question in both_orders(one)]
        answers = await answered(judge, [*points, *turned], say)
        cost, paid = judge.purse.paid - before, judge.purse.paid
    scored = answers[: len(points)]
    both = answers[len(points) :]
    found = [combined(both[place], both[place + 1]) for place in range(0, len(both), 2)]
    store.write_table(folder / store.SCORES, _score_rows(judging.name, replies, points, scored))
    store.write_table(folder / store.COMPARISONS, _comparison_rows(judging.name, pairs, sided, found))
    reasons = [*(one.reason for one in scored), *(one.reason for one in found)]
    unjudged = Counter(str(one) for one in reasons if one is not None)
    done = Judged(
        judge=judging.name,
        answers=len(replies),
        scored=sum(one.value is not None for one in scored),
        comparisons=len(found),
        compared=sum(one.winner is not None for one in found),
        unjudged=dict(sorted(unjudged.items())),
        position=position(found) if found else None,
        strengths=strengths([one for pair, said in zip(pairs, found, strict=True) for one in _shown(pair, said)]),
        cost=cost,
        paid=paid,
        lost=len(judge.lost),
        files=(str(folder / store.SCORES), str(folder / store.COMPARISONS)),
    )
    store.finish(folder / store.JUDGED, asdict(done))
    return done


def compared_pairs(replies: Sequence[Reply], most: int) -> list[tuple[Reply, Reply]]:
    """Pairs of different answers to a seed, `most` at most: first a ring through all answers, so that each is compared,
    then others. Which of two is `first` is as good as drawn, and the same every time."""
    by_seed: dict[str, dict[str, Reply]] = {}
    for one in replies:
        by_seed.setdefault(one.seed, {}).setdefault(folded(one.text or ""), one)
    found: list[tuple[Reply, Reply]] = []
    for seed, different in sorted(by_seed.items()):
        ring = sorted(different.values(), key=lambda one: order("ring", seed, one.id))
        many = len(ring)
        near = {frozenset((at, (at + 1) % many)) for at in range(many)} if many > 1 else set()
        all_pairs = [frozenset(two) for two in itertools.combinations(range(many), 2)]
        ranked = sorted(
            all_pairs, key=lambda two: (two not in near, order("pair", seed, *sorted(ring[at].id for at in two)))
        )
        for two in ranked[:most]:
            sides = sorted((ring[at] for at in two), key=lambda one: one.id)
            turn = order("side", seed, *(one.id for one in sides))[0] & 1
            found.append((sides[turn], sides[1 - turn]))
    return found


def _point(seed: Seed, one: Reply, prompts: dict[str, Prompt]) -> Question:
    prompt = prompts[_lang(seed)]
    return Question(
        f"{seed.id}:{one.id}", prompt, {"question": asked(seed.prompt, _lang(seed)), "reply": one.text or ""}
    )


def _sided(seed: Seed, one: Reply, other: Reply, prompts: dict[str, Prompt]) -> Question:
    parts = {"question": asked(seed.prompt, _lang(seed)), "first": one.text or "", "second": other.text or ""}
    return Question(f"{seed.id}:{one.id}:{other.id}", prompts[_lang(seed)], parts)


def _lang(seed: Seed) -> str:
    return "zh" if seed.lang.startswith("zh") else "en"


def position(found: Sequence[Comparison]) -> Position:
    """How far the orders agree, and whether the judge prefers a place."""
    measured = agreement(found)
    one, other = measured.prefers_first_shown, measured.prefers_second_shown
    many = one + other
    tail = sum(math.comb(many, k) for k in range(max(one, other), many + 1)) / 2**many if many else 1.0
    chance = min(1.0, 2 * tail)
    return Position(measured, chance, chance < BIASED)


def _shown(pair: tuple[Reply, Reply], said: Comparison) -> list[Judgement]:
    """What a comparison says of strengths: each order by itself, as it was shown."""
    row = {"seed": pair[0].seed, "first_model": pair[0].model, "second_model": pair[1].model,
           "first_length": len(pair[0].text or ""), "second_length": len(pair[1].text or ""),
           "forward": said.forward, "backward": said.backward}  # fmt: skip
    return judgements_of([row])


def judgements_of(rows: Sequence[dict[str, object]]) -> list[Judgement]:
    """Judgements of COMPARISON rows, one for each order. Answers of one model say nothing of strengths."""
    found: list[Judgement] = []
    codes = {"first": FIRST, "second": SECOND, "tie": TIE}
    for row in rows:
        if row["first_model"] == row["second_model"]:
            continue
        seed, one, other = (str(row[name]) for name in ("seed", "first_model", "second_model"))
        here, there = (int(str(row[name])) for name in ("first_length", "second_length"))
        if row["forward"] is not None:
            found.append(Judgement(seed, one, other, here, there, codes[str(row["forward"])]))
        if row["backward"] is not None:  # said of the second shown first
            found.append(Judgement(seed, other, one, there, here, SECOND - codes[str(row["backward"])]))
    return found


def _score_rows(
    name: str, replies: Sequence[Reply], questions: Sequence[Question], answers: Sequence[Answer]
) -> pa.Table:
    rows = []
    for one, question, said in zip(replies, questions, answers, strict=False):
        field = question.prompt.score or ""
        wanted = question.prompt.answer[field]
        low, high = float(wanted.least or 0), float(wanted.most or 1)
        value = None if said.value is None else (float(said.value[field]) - low) / (high - low)
        rows.append({"judge": name, "seed": one.seed, "answer": one.id, "score": value, "key": said.key,
                     "reason": None if said.reason is None else str(said.reason),
                     "prompt": question.prompt.digest})  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCORE)


def _comparison_rows(
    name: str, pairs: Sequence[tuple[Reply, Reply]], questions: Sequence[Question], found: Sequence[Comparison]
) -> pa.Table:
    rows = [
        {"judge": name, "seed": one.seed, "first": one.id, "second": other.id, "winner": said.winner,
         "forward": said.forward, "backward": said.backward,
         "reason": None if said.reason is None else str(said.reason), "prompt": question.prompt.digest,
         "first_model": one.model, "second_model": other.model,
         "first_length": len(one.text or ""), "second_length": len(other.text or "")}
        for (one, other), question, said in zip(pairs, questions, found, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=COMPARISON)
