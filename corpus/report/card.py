"""The dataset card: README.md with the metadata that Hugging Face's hub and `datasets` read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import yaml

from corpus.config import Pipeline
from corpus.manifest import chain
from corpus.report.notes import notes
from corpus.report.settings import settings_yaml
from corpus.schema import KINDS, RecordKind
from corpus.slot import Committed

MEASURES = ("rows", "characters", "tokens")


def dataset_card(settings: Pipeline, stages: Mapping[str, Committed]) -> str:
    """Markdown with YAML front matter: counts by tier and source, tokens and how they were counted, the row account,
    licences by source, and the settings that made the data."""
    published = stages["publish"].manifest
    counts = _counts(published.counts.get("published", {}))
    sums = _sums(counts, 2)
    tiers = {name: sums[name] for name in stages["tier"].manifest.details["tiers"] if name in sums}
    title = settings.publish.title or settings.name
    head = yaml.safe_dump(_metadata(settings, counts, tiers, title), allow_unicode=True, sort_keys=False)
    tier_rows = [[tier, *(_number(values[name]) for name in MEASURES)] for tier, values in tiers.items()]
    source_rows = [
        [source, _license(settings, source), *(_number(values[name]) for name in MEASURES)]
        for source, values in _sums(counts, 0).items()
    ]
    lang_rows = [[lang, *(_number(values[name]) for name in MEASURES)] for lang, values in _sums(counts, 1).items()]
    account = chain(account for stage in stages.values() for account in stage.manifest.accounts.values())
    removed = [
        [kind, reason, _number(count)]
        for kind, reasons in (
            ("dropped", account.dropped),
            ("merged", account.merged),
            ("quarantined", account.quarantined),
        )
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "\n".join(
        [
            f"---\n{head}---\n",
            f"# {title}\n",
            f"Documents for pretraining, in tiers. Tokens are {published.details['tokens']}.\n",
            "## Tiers\n",
            _table(["tier", "documents", "characters", "tokens"], tier_rows),
            "## Sources\n",
            _table(["source", "licence", "documents", "characters", "tokens"], source_rows),
            "## Languages\n",
            _table(["language", "documents", "characters", "tokens"], lang_rows),
            "## Where the records went\n",
            f"{_number(account.rows_in)} records were read, {_number(account.kept)} are published.\n",
            _table(["", "reason", "records"], removed),
            *(f"{said}\n" for said in notes(stages)),
            "## How it was made\n",
            "```yaml",
            settings_yaml(settings),
            "```\n",
            f"Content digest: `{published.content}`. Every removed record, with its rules, values and bounds, is in",
            "`rejected/` of the run; `corpus explain RUN DOC_ID` prints one.\n",
        ]
    )


def _counts(flat: Mapping[str, int]) -> dict[tuple[str, str, str], dict[str, int]]:
    """(source, language, tier) -> measure -> count."""
    found: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for key, value in flat.items():
        measure, source, lang, tier = key.split("\t")
        found[source, lang, tier][measure] += value
    return dict(found)


def _sums(counts: Mapping[tuple[str, str, str], Mapping[str, int]], at: int) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key in sorted(counts):
        total = found.setdefault(key[at], dict.fromkeys(MEASURES, 0))
        for measure in MEASURES:
            total[measure] += counts[key][measure]
    return found


def _metadata(settings: Pipeline, counts: Mapping[Any, Any], tiers: Mapping[str, Any], title: str) -> dict[str, Any]:
    licenses = sorted({source.license for source in settings.sources if source.license})
    rows = sum(values["rows"] for values in tiers.values())
    metadata: dict[str, Any] = {"pretty_name": title}
    if settings.publish.license:
        metadata["license"] = settings.publish.license
    elif len(licenses) == 1 and all(source.license for source in settings.sources):
        metadata["license"] = licenses[0].lower()
    metadata["language"] = sorted({lang for _, lang, _ in counts if lang != "und"})
    metadata["task_categories"] = ["text-generation"]
    metadata["size_categories"] = [_size(rows)]
    kind = KINDS[settings.kind]
    files = [{"split": _split(kind, tier), "path": f"{kind.folder}/{kind.group}={tier}/*.parquet"} for tier in tiers]
    metadata["configs"] = [{"config_name": kind.folder, "default": True, "data_files": files}] if files else []
    return metadata


def _split(kind: RecordKind, tier: str) -> str:
    """The name of a split: a number alone is no name."""
    return f"{kind.group}{tier}" if tier.isdecimal() else tier


def _size(rows: int) -> str:
    """Hugging Face's size categories."""
    bounds = [(10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M")]
    bounds += [(10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B")]
    return next((name for bound, name in bounds if rows < bound), "10B<n<100B")


def _license(settings: Pipeline, source: str) -> str:
    declared = next((item.license for item in settings.sources if item.name == source), None)
    return declared or "not declared"


def _number(value: int) -> str:
    return f"{value:,}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
