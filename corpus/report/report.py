"""The report of a run: one HTML file with everything in it, to look at from disk."""

from __future__ import annotations

from collections.abc import Sequence

from corpus import storage
from corpus.errors import UsageError
from corpus.report.context import SAMPLE, Context
from corpus.report.html.page import Languages, page
from corpus.report.sections.cuts import cuts, leaks
from corpus.report.sections.duplicates import duplicates
from corpus.report.sections.funnel import funnel
from corpus.report.sections.made import made
from corpus.report.sections.mapped import mapped, write_map
from corpus.report.sections.overview import head
from corpus.report.sections.rules import rules
from corpus.report.sections.samples import samples
from corpus.report.sections.scores import scores
from corpus.report.sections.signals import signals
from corpus.report.sections.tiers import tiers
from corpus.report.sections.training import training
from corpus.report.words import say

NAME = "report.html"
ORDER = (funnel, rules, tiers, scores, mapped, signals, samples, duplicates, cuts, leaks, training, made)
"""The sections in their order; each leaves itself out where the run has nothing for it."""


def report(
    root: str, languages: Languages = "both", sample: int = SAMPLE, seed: int = 0, trained: Sequence[str] = ()
) -> str:
    """The report of the published run in `root`, the same for the same run, sample and seed.

    `sample` records of each kind are shown; of the corpus the file holds no more than these, the beginnings of the
    largest clusters' members and of the records on the map, and evidence; with 0 none of
    that. `trained` are folders that `corpus train` wrote; their losses and what they come from are shown, too.
    UsageError when there is no run, nothing is published yet, nothing was trained there, or plotly is missing.
    """
    context = Context.open(root, sample, seed, trained)
    sections = [found for section in ORDER if (found := section(context)) is not None]
    name = context.settings.publish.title or context.settings.name
    title = say("page.title", {"name": name})
    shown = title.zh if languages == "zh" else title.en
    return page(shown, head(context), sections, languages)


def write_report(
    root: str, out: str | None, languages: Languages = "both", sample: int = SAMPLE, seed: int = 0,
    trained: Sequence[str] = (),
) -> str:  # fmt: skip
    """Write the report to `out` (`report.html` in the run directory); where it is. Errors as `report`."""
    where = out or storage.join(root, NAME)
    storage.put_atomic(where, report(root, languages, sample, seed, trained).encode())
    return where


def write_map_png(root: str, path: str, seed: int = 0) -> None:
    """Write the map of the run's vectors as a picture to `path`; UsageError when the run made none."""
    if not write_map(Context.open(root, seed=seed), path):
        raise UsageError(f"{root}: made no vectors to draw a map of; ask for them in the pipeline (`embed: {{}}`)")
