"""Quality classifiers, one for each language: good rows against bad ones, raw ones and good ones made dirty.

Written to a directory: `zh/`, `en/`, ... hold a classifier each (see `corpus.models.training`; the card names the view
it was trained on), `report.json` says what they were made of and how far they agree with other scorers on rows held
out, and `quality.yaml` is the default quality policy with the classifiers as parts beside the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import yaml

from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.kernels.digest import hash_strings
from corpus.models.card import Card, Features, View
from corpus.models.classifier import Classifier, calibrated, lines, opened
from corpus.models.directory import must_be_free, written
from corpus.models.examples import MOST, Examples, labelled_rows, settled
from corpus.models.training import LEAST, TESTED, Plan, split, train
from corpus.resources import rules_root
from corpus.ruleset.quality import FOLDER, QualityPolicy, load_quality
from corpus.scores.agreement import Pair, agreement
from corpus.scores.dirty.kinds import AMOUNT, dirty_rows
from corpus.scores.measured import columns_of, texts
from corpus.scores.quality import curves, histogram, quality

GOOD, BAD = "good", "bad"
REPORT, POLICY = "report.json", "quality.yaml"
BASE = "default"
_WEIGHT, _LEAST_WEIGHT = 6.0, 0.1
"""What a classifier that is always right counts in `quality.yaml`, beside parts that mostly count 1, and what any
counts at least; between them by the square of 2 AUC - 1 on the rows held out: one that learned little counts little."""


@dataclass(frozen=True)
class Wanted:
    """What to train on. `raw` rows stand for bad ones: as many as there are good ones, less the bad ones given, chosen
    by their hash. `synthetic` are kinds of defects (`corpus.scores.dirty.kinds`): the half of the good rows with the
    smaller hashes is not shown as good but made dirty. Texts of a language not in `langs` (where that is given) are
    left out."""

    good: tuple[str, ...]
    bad: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    synthetic: tuple[str, ...] = ()
    amount: float = AMOUNT
    text_field: str | None = None
    lang: str | None = None
    langs: tuple[str, ...] = ()
    view: View = "chars"
    precision: float = 0.9
    seed: int = 0
    most: int = MOST
    features: Features = field(default_factory=Features)


@dataclass(frozen=True)
class Trained:
    """A classifier of a language: its card, what its rows are (`good`, `bad`, `raw`, `synthetic`), and how its scores
    agree with those of the default policy on the rows held out."""

    lang: str
    card: Card
    rows: Mapping[str, int]
    agreement: tuple[Pair, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """The classifiers, the languages left out with their good and bad rows, and unreadable rows by reason."""

    trained: tuple[Trained, ...]
    too_few: Mapping[str, tuple[int, int]]
    unreadable: Mapping[str, int]


def train_quality(wanted: Wanted, out: Path) -> Made:
    """Train a classifier for each language that has LEAST rows of both kinds, and write the directory `out`.

    The same rows, kinds and seed give the same bytes. UsageError when `out` holds something, there is nothing that
    could be bad, or no language has rows enough.
    """
    must_be_free(out)
    if not wanted.bad and not wanted.raw and not wanted.synthetic:
        raise UsageError("good rows alone teach nothing: give --bad or --raw files, or kinds of --synthetic-bad")
    unreadable: Counter[str] = Counter()
    given = {name: _read(getattr(wanted, name), wanted, unreadable) for name in (GOOD, BAD, "raw")}
    policy = load_quality(BASE)
    trained: list[Trained] = []
    too_few: dict[str, tuple[int, int]] = {}
    with written(out) as aside:
        for lang in sorted(set(given[GOOD]["lang"].to_list())):
            rows = _labelled({name: frame.filter(pl.col("lang") == lang) for name, frame in given.items()}, wanted)
            good, bad = ((rows["label"] == label).sum() for label in (GOOD, BAD))
            if min(good, bad) < LEAST:
                too_few[lang] = (int(good), int(bad))
                continue
            trained.append(_train(lang, rows, wanted, policy, aside / lang))
        if not trained:
            said = ", ".join(f"{lang}: {good} good and {bad} bad" for lang, (good, bad) in too_few.items())
            raise UsageError(f"no language has {LEAST} good and {LEAST} bad rows ({said or 'there are no good rows'})")
        made = Made(tuple(trained), too_few, dict(sorted(unreadable.items())))
        (aside / REPORT).write_text(json.dumps(report(made), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (aside / POLICY).write_text(_policy_text(trained), encoding="utf-8")
    return made


def report(made: Made) -> dict[str, Any]:
    """`report.json`: by language the digest, the rows and the agreement."""
    return {
        "languages": {
            one.lang: {
                "digest": one.card.digest,
                "view": one.card.view,
                "rows": dict(one.rows),
                "auc": _auc(one.card),
                "agreement": [pair.model_dump(mode="json") for pair in one.agreement],
            }
            for one in made.trained
        },
        "too_few": {lang: list(counts) for lang, counts in made.too_few.items()},
        "unreadable": dict(made.unreadable),
        "tiers": "high: the best 30 % of a scorer, medium: the next 30 %, low: the rest",
    }


def _auc(card: Card) -> float | None:
    if card.held_out is None:
        return None
    return next((one.auc for one in card.held_out.of if one.label == GOOD), None)


def _read(paths: Sequence[str], wanted: Wanted, unreadable: Counter[str]) -> pl.DataFrame:
    """Texts with their primary language, each once, in the order of their hashes."""
    found = [pl.DataFrame(schema={"lang": pl.String, "text": pl.String})]
    for batch, quarantined in texts(paths, wanted.text_field, wanted.lang) if paths else ():
        unreadable.update(str(row.reason) for row in quarantined)
        found.append(pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch]))).select("lang", "text").cast(pl.String))
    frame = pl.concat(found).with_columns(pl.col("lang").str.to_lowercase().str.extract(r"^([a-z]+)").fill_null("und"))
    if wanted.langs:
        frame = frame.filter(pl.col("lang").is_in(list(wanted.langs)))
    frame = frame.unique("text", keep="any", maintain_order=False)
    high, _ = hash_strings(large(frame["text"]))
    return frame.with_columns(order=pl.Series(pl.from_arrow(high))).sort("order", "text")


def _labelled(given: Mapping[str, pl.DataFrame], wanted: Wanted) -> pl.DataFrame:
    """`text`, `label` and where it is from, of one language."""
    good, bad, raw = (given[name]["text"] for name in (GOOD, BAD, "raw"))
    kept, dirty = good, pl.Series("text", [], dtype=pl.String)
    if wanted.synthetic and len(good) > 1:
        half = len(good) // 2
        made, _ = dirty_rows(good[:half].to_list(), wanted.synthetic, wanted.seed, wanted.amount)
        kept, dirty = good[half:], pl.Series("text", made, dtype=pl.String)
    wanting = max(0, len(kept) - len(bad) - len(dirty))
    parts = [(kept, GOOD, GOOD), (bad, BAD, BAD), (raw[:wanting], BAD, "raw"), (dirty, BAD, "synthetic")]
    return pl.concat(
        pl.DataFrame({"text": found.cast(pl.String)}).with_columns(label=pl.lit(label), origin=pl.lit(origin))
        for found, label, origin in parts
    )


def _train(lang: str, rows: pl.DataFrame, wanted: Wanted, policy: QualityPolicy, out: Path) -> Trained:
    counts: Counter[str] = Counter()
    line = lines(large(rows["text"]), wanted.view)
    examples = settled([labelled_rows(line, rows["label"], wanted.seed, counts)], counts, Counter(), wanted.most)
    name = out.name
    plan = Plan(name, wanted.precision, wanted.seed, wanted.features, positive=GOOD, view=wanted.view)
    card, notes = train(examples, plan, out)
    texts_by_line = rows.with_columns(line=pl.Series(pl.from_arrow(line)).cast(pl.String)).unique("line", keep="first")
    origin = Counter(rows["origin"].to_list())
    return Trained(
        lang=lang,
        card=card,
        rows={kind: origin[kind] for kind in (GOOD, BAD, "raw", "synthetic") if origin[kind]},
        agreement=_agreement(opened(out), examples, texts_by_line, lang, policy),
        notes=notes,
    )


def _agreement(
    model: Classifier, examples: Examples, by_line: pl.DataFrame, lang: str, policy: QualityPolicy
) -> tuple[Pair, ...]:
    """The classifier against the default policy on the rows that neither was fitted to."""
    held = split(examples.frame, model.card.labels)[TESTED].join(by_line.select("line", "text"), on="line")
    text, place = large(held["text"]), model.card.labels.index(GOOD)
    scored = calibrated(model.raw(large(held["line"])), model.card.labels, model.card.calibration)[:, place]
    frame = columns_of(text, pa.array([lang] * len(text), pa.string()), policy)
    form = quality(frame, policy, curves(histogram(frame, policy), policy))["quality"]
    label = np.where(held["label"].to_numpy() == GOOD, 1.0, 0.0)
    return agreement({"classifier": scored, BASE: form.fill_null(float("nan")).to_numpy(), "label": label})


def _weight(card: Card) -> float:
    beyond_chance = max(0.0, 2 * (_auc(card) or 0.5) - 1)
    return round(max(_LEAST_WEIGHT, _WEIGHT * beyond_chance**2), 2)


def _policy_text(trained: Sequence[Trained]) -> str:
    """The default policy with a part for each classifier, whose directories lie beside the file."""
    shown = yaml.safe_load((rules_root() / FOLDER / f"{BASE}.yaml").read_text(encoding="utf-8"))
    own = [
        {
            "name": f"classifier.{one.lang}",
            "signal": {"kernel": "classifier_score", "model": one.lang, "label": GOOD},
            "weight": _weight(one.card),
            "curve": [[0, 0], [1, 1]],
            "lang": [one.lang],
        }
        for one in trained
    ]
    head = "# The default quality policy and the classifiers beside this file (corpus quality train).\n"
    body = yaml.safe_dump({**shown, "parts": own + shown["parts"]}, sort_keys=False, allow_unicode=True, width=120)
    return head + body
