"""Whether a published data set is good enough: a sample is judged, and the share of defects has an upper bound.

The bound is that of the score interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209 to 212), one-sided: at `confidence`
0.95 the true share lies above it in one sample of twenty.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from corpus.errors import UsageError
from corpus.inspect.indicators import DEFECTS, INDICATORS, indicators
from corpus.inspect.strata import Drawn, Stratum, allocate, draw, find, main_languages, sizes
from corpus.report.sheet import Judgement
from corpus.rundir import RunDir

LEAST = 5
PREVIEW = 200


@dataclass(frozen=True)
class Looked:
    """One record of the sample: what the machine saw, whether it is a defect (None: not judged), and why."""

    record: Drawn
    seen: tuple[str, ...]
    defect: bool | None
    note: str = ""


@dataclass(frozen=True)
class StratumResult:
    """One stratum: records published, judged and defective, the upper bound of its share of defects by itself (1
    where nothing was judged), and how many judged records show each indicator."""

    source: str
    tier: str
    published: int
    judged: int
    defects: int
    upper: float
    seen: Mapping[str, int]


@dataclass(frozen=True)
class Gate:
    """The verdict. `by` says who judged: `people` or `machine`.

    `share` estimates the defects among all published records: the shares of the strata weighted by their sizes.
    `effective` is the number of judged records that a simple random sample would need to be as precise (Kish 1965);
    `upper` is Wilson's bound on `share` for that number. `covered` is the share of published records whose stratum has
    a judged record. The gate is passed when `upper` is at most `limit`.
    """

    by: str
    published: int
    sampled: int
    judged: int
    defects: int
    share: float
    effective: float
    upper: float
    limit: float
    confidence: float
    covered: float
    strata: tuple[StratumResult, ...]
    records: tuple[Looked, ...]

    @property
    def passed(self) -> bool:
        """Whether the upper bound is within the limit."""
        return self.upper <= self.limit

    @property
    def offending(self) -> tuple[Looked, ...]:
        """The defective records, in the order of the sample."""
        return tuple(item for item in self.records if item.defect)


def wilson_upper(share: float, n: float, confidence: float) -> float:
    """The one-sided upper bound of Wilson's score interval for `share` of `n` records; 1 where `n` is 0.

    (p + z^2/2n + z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z the normal quantile of `confidence`.
    """
    if n <= 0:
        return 1.0
    z = NormalDist().inv_cdf(confidence)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return min(1.0, (share + z * z / (2 * n) + spread) / (1 + z * z / n))


def gate(
    root: str,
    limit: float = 0.02,
    confidence: float = 0.95,
    n: int = 200,
    seed: int = 0,
    judged: Sequence[Judgement] | None = None,
) -> Gate:
    """Judge the data set that the run at `root` published.

    Without `judged` a sample of `n` records is drawn, stratified by source and tier, and a record is defective when it
    shows one of the indicators in DEFECTS. With `judged` the records are those of the sheet and a record is defective
    when a person said so; what the machine sees is shown and not counted. UsageError for a limit or confidence outside
    (0, 1), an empty data set, and a sheet without verdicts or with records that are not published.
    """
    for name, value in (("--limit", limit), ("--confidence", confidence)):
        if not 0 < value < 1:
            raise UsageError(f"{name} {value}: must lie between 0 and 1; 0.02 is two records of a hundred")
    stages = RunDir.open(root).need_published()
    publish = stages["publish"]
    population = sizes(publish)
    if not population:
        raise UsageError(f"{root}: published no record, so there is nothing to judge")
    records = draw(publish, allocate(population, n, LEAST), seed) if judged is None else _of_sheet(root, judged)
    seen = indicators(records, main_languages(publish), stages)
    if judged is None:
        looked = [
            Looked(item, found, bool(set(found) & set(DEFECTS))) for item, found in zip(records, seen, strict=True)
        ]
    else:
        said = {item.doc_id: item for item in judged}
        looked = [
            Looked(item, found, said[item.doc_id].defect, said[item.doc_id].note)
            for item, found in zip(records, seen, strict=True)
        ]
    return _verdict("machine" if judged is None else "people", population, looked, limit, confidence)


def _of_sheet(root: str, judged: Sequence[Judgement]) -> list[Drawn]:
    if not any(item.defect is not None for item in judged):
        raise UsageError("the sheet holds no verdict; write ok or defect into its column `verdict`")
    found = find(RunDir.open(root).need_published()["publish"], [item.doc_id for item in judged])
    lost = [item.doc_id for item in judged if item.doc_id not in found]
    if lost:
        raise UsageError(
            f"{root}: does not publish {len(lost)} of the {len(judged)} records of the sheet ({', '.join(lost[:3])}); "
            "it was made from another run, or this one was published again since: make a new sheet"
        )
    return [found[item.doc_id] for item in judged]


def _verdict(
    by: str, population: Mapping[Stratum, int], looked: Sequence[Looked], limit: float, confidence: float
) -> Gate:
    counted = [item for item in looked if item.defect is not None]
    judged = Counter((item.record.source, item.record.tier) for item in counted)
    defects = Counter((item.record.source, item.record.tier) for item in counted if item.defect)
    seen = Counter((item.record.source, item.record.tier, name) for item in counted for name in item.seen)
    covered = sum(size for name, size in population.items() if judged[name])
    weights = {name: size / covered for name, size in population.items() if judged[name]}
    share = sum(weight * defects[name] / judged[name] for name, weight in weights.items())
    effective = 1 / sum(weight * weight / judged[name] for name, weight in weights.items())
    strata = tuple(
        StratumResult(
            source=source,
            tier=tier,
            published=size,
            judged=judged[source, tier],
            defects=defects[source, tier],
            upper=wilson_upper(defects[source, tier] / max(1, judged[source, tier]), judged[source, tier], confidence),
            seen={name: seen[source, tier, name] for name in INDICATORS},
        )
        for (source, tier), size in population.items()
    )
    total = sum(population.values())
    return Gate(
        by=by,
        published=total,
        sampled=len(looked),
        judged=len(counted),
        defects=sum(defects.values()),
        share=min(1.0, share),
        effective=effective,
        upper=wilson_upper(min(1.0, share), effective, confidence),
        limit=limit,
        confidence=confidence,
        covered=covered / total,
        strata=strata,
        records=tuple(looked),
    )
