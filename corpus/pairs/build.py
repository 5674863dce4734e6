"""`corpus pairs build`: from a judged round to canonical preference records, each with its evidence; all accounted for.

OUT/dataset/preference/round=K/part-00000.parquet    the pairs, as a run publishes them
OUT/pairs.jsonl                                      the same as rows that `corpus run` (kind: preference) imports
OUT/left.parquet                                     every two answers that are no pair, and why
OUT/build.json                                       settings, the account, strengths of the models, the files' digests
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.convert import staged
from corpus.errors import UsageError
from corpus.identity import doc_ids
from corpus.pairs import store
from corpus.pairs.choose import PAIR, REASONS, Candidate, Choosing, candidates
from corpus.pairs.evidence import Evidence, Known, gather
from corpus.pairs.judging import judgements_of
from corpus.pairs.model import ASSISTANT, messages
from corpus.pairs.strength import Strengths, strengths
from corpus.schema import ENVELOPE, KINDS

SOURCE = "pairs"
PAIRS, LEFT, BUILT = "pairs.jsonl", "left.parquet", "build.json"
KIND = KINDS["preference"]
RECORD = pa.schema([*ENVELOPE, pa.field("text", pa.large_string(), nullable=False), *KIND.carried])
"""A pair as it is published; `meta` holds the seed's fields and `evidence`."""
REJECTED = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("seed", "better", "worse", "reason")),
        pa.field("better_score", pa.float64()),
        pa.field("worse_score", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Account:
    """`read` = `pairs` + those left, by reason."""

    read: int
    pairs: int
    left: dict[str, int]


@dataclass(frozen=True)
class Built:
    """`seeds` counts each seed once (its pairs as one), `candidates` every two answers. `longer` is the share of pairs
    whose chosen answer is the longer one, among those that passed everything but the balance (`longer_before`) and
    among all; `models` how often each model's answer was chosen and rejected."""

    out: str
    round: int
    seeds: Account
    candidates: Account
    longer_before: float | None
    longer: float | None
    margin: float | None
    models: dict[str, tuple[int, int]]
    strengths: Strengths | None
    files: tuple[str, ...]


def build(root: Path, out: str, choosing: Choosing) -> Built:
    """Choose the pairs of a round and write them to `out`, a directory that does not exist yet.

    UsageError when there is no plan, nothing was judged, or no pair is left.
    """
    evidence = gather(root)
    if not any(one.points or one.shares or one.rules for rows in evidence.answers.values() for one in rows):
        raise UsageError(f"{root}: nothing is judged; score and compare with: corpus pairs judge {root} --model NAME")
    made = candidates(evidence, choosing)
    pairs = [one for one in made if one.reason == PAIR]
    whole = _account([one.reason for one in made])
    by_seed = _account(_fates(evidence, made))
    if not pairs:
        raise UsageError(f"{root}: no pair is left of {whole.read:,} candidates: {whole.left}")
    number = store.round_of(root)
    before = [one for one in made if one.reason in (PAIR, "length_balance")]
    chosen, rejected = (Counter(getattr(one, side).reply.model for one in pairs) for side in ("better", "worse"))
    names = sorted({known.reply.model for rows in evidence.answers.values() for known in rows})
    with staged(out) as place:
        files = _write(Path(place), number, pairs, made, evidence)
        done = Built(
            out=out,
            round=number,
            seeds=by_seed,
            candidates=whole,
            longer_before=_share_longer(before),
            longer=_share_longer(pairs),
            margin=sum(one.margin or 0.0 for one in pairs) / len(pairs),
            models={name: (chosen[name], rejected[name]) for name in names},
            strengths=strengths(judgements_of(evidence.all_comparisons())),
            files=tuple(files),
        )
        digests = {name: storage.sha256(str(Path(place) / name)) for name in files}
        plan = store.read_json(root / store.PLANNED).get("sha256")
        told = {"asked": asdict(choosing), "done": asdict(done), "plan": plan, "sha256": digests}
        store.write_json(Path(place) / BUILT, told)
    return done


def _account(fates: Sequence[str]) -> Account:
    counts = Counter(fates)
    pairs = counts.pop(PAIR, 0)
    return Account(len(fates), pairs, {name: counts[name] for name in ("no_two_answers", *REASONS) if counts[name]})


def _fates(evidence: Evidence, made: Sequence[Candidate]) -> list[str]:
    """What became of each seed: a pair, or the reason that the best of its candidates came to."""
    reached: dict[str, int] = {}
    last = len(REASONS)
    for one in made:
        at = last if one.reason == PAIR else REASONS.index(one.reason)
        reached[one.seed.id] = max(reached.get(one.seed.id, -1), at)
    names = (*REASONS, PAIR)
    return [names[reached[one.id]] if one.id in reached else "no_two_answers" for one in evidence.seeds]


def _share_longer(pairs: Sequence[Candidate]) -> float | None:
    return sum(one.longer for one in pairs) / len(pairs) if pairs else None


def evidence_of(one: Candidate, comparisons: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What speaks for a pair: both answers' models and scores, comparisons of the two, digests of prompts, rules."""
    names = {one.better.reply.id, one.worse.reply.id}
    direct = [row for row in comparisons if {row["first"], row["second"]} == names]
    compared = sum(one.orders.values())
    return {
        "seed": one.seed.id,
        "margin": _rounded(one.margin),
        "chosen": _side(one.better, one.scores[0]),
        "rejected": _side(one.worse, one.scores[1]),
        "orders": dict(one.orders),
        "order_agreement": _rounded(1 - one.orders["disagree"] / compared) if compared else None,
        "judges": sorted({row["judge"] for row in direct}),
        "prompts": sorted({row["prompt"] for row in direct}),
        "difficulty": one.seed.difficulty,
        "failed_before": one.seed.failed,
    }


def _side(known: Known, score: float | None) -> dict[str, Any]:
    reply = known.reply
    return {
        "model": reply.model,
        "served": reply.served,
        "draw": reply.draw,
        "policy": reply.policy,
        "key": reply.key,
        "score": _rounded(score),
        "pointwise": _rounded(known.pointwise),
        "pairwise": _rounded(known.pairwise),
        "compared": len(known.shares),
        "rules": {rule.name: rule.value for rule in known.rules},
        "length": len(reply.text or ""),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rows(pairs: Sequence[Candidate], evidence: Evidence) -> list[dict[str, Any]]:
    keys = [f"{one.seed.id}:{one.better.reply.id}:{one.worse.reply.id}" for one in pairs]
    ids = doc_ids(SOURCE, keys).to_pylist()
    rows = []
    for one, key, doc_id in zip(pairs, keys, ids, strict=True):
        prompt = messages(one.seed.prompt)
        chosen, rejected = one.better.reply.text or "", one.worse.reply.text or ""
        meta = {**one.seed.meta, "source_key": one.seed.key,
                "evidence": evidence_of(one, evidence.comparisons.get(one.seed.id, ()))}  # fmt: skip
        rows.append(
            {
                "doc_id": doc_id,
                "source": SOURCE,
                "source_key": key,
                "lang": one.seed.lang or None,
                "meta": orjson.dumps(meta).decode(),
                "text": "\n\n".join([*(text for _, text in one.seed.prompt), chosen]),
                "instruction": one.seed.prompt[-1][1],
                "answer": chosen,
                "prompt": prompt,
                "chosen": messages([(ASSISTANT, chosen)]),
                "rejected": messages([(ASSISTANT, rejected)]),
                "chosen_score": one.scores[0],
                "rejected_score": one.scores[1],
            }
        )
    return rows


def _write(
    place: Path, number: int, pairs: Sequence[Candidate], made: Sequence[Candidate], evidence: Evidence
) -> list[str]:
    """The files below `place`, by their names there."""
    rows = _rows(pairs, evidence)
    data = f"{KIND.path(str(number))}/part-00000.parquet"
    (place / data).parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=RECORD), place / data, compression="zstd")
    with (place / PAIRS).open("wb") as stream:
        for row in rows:
            meta = orjson.loads(row["meta"])
            line = {"id": row["source_key"], **{name: row[name] for name in ("prompt", "chosen", "rejected")},
                    "chosen_score": row["chosen_score"], "rejected_score": row["rejected_score"],
                    "lang": row["lang"], "evidence": meta["evidence"]}  # fmt: skip
            stream.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    left = [
        {"seed": one.seed.id, "better": one.better.reply.id, "worse": one.worse.reply.id, "reason": one.reason,
         "better_score": one.scores[0], "worse_score": one.scores[1]}
        for one in made if one.reason != PAIR
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(left, schema=REJECTED), place / LEFT, compression="zstd")
    return [data, PAIRS, LEFT]
