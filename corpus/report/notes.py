"""What a run noticed that its account does not show: said after every run and on the card."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.slot import Committed


def notes(stages: Mapping[str, Committed]) -> tuple[str, ...]:
    """One sentence for each: repeated ids, things in containers that are no records, characters removed."""
    found = []
    repeated = stages["identify"].manifest.details.get("repeated_ids", 0)
    if repeated:
        found.append(
            f"{repeated:,} records came with an id that another record of their source has; each got its own id."
        )
    counts = stages["text"].manifest.counts
    skipped = counts.get("skipped", {})
    if skipped:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(skipped.items()))
        found.append(f"{sum(skipped.values()):,} entries of archives are no records and not counted: {kinds}.")
    removed = counts.get("normalise", {}).get("characters_removed", 0)
    if removed:
        found.append(f"Normalisation removed {removed:,} characters: controls, trailing space, surplus blank lines.")
    ruled = counts.get("line-rules", {})
    if ruled:
        lines, characters = (
            sum(count for name, count in ruled.items() if name.endswith(f".{what}")) for what in ("lines", "characters")
        )
        found.append(f"Line rules removed {lines:,} lines of {characters:,} characters.")
    cut = stages["publish"].manifest.counts.get("cut", {}) if "publish" in stages else {}
    for why, asked in (("that many records repeat", False), ("that are benchmark items", True)):
        spans, characters = (
            sum(
                count
                for key, count in cut.items()
                if key.startswith(f"{what}\t") and ("\tcontaminated." in key) == asked
            )
            for what in ("spans", "characters")
        )
        if spans:
            found.append(f"{spans:,} spans of {characters:,} characters {why} were cut from the texts.")
    if "decontaminate" in stages:
        leaks = stages["decontaminate"].manifest.details["leakage"]
        items, looked = (sum(leak[name] for leak in leaks) for name in ("found", "looked_for"))
        found.append(f"{items:,} of {looked:,} benchmark items stand in the texts (corpus explain says where).")
    if "dedup-near" in stages:
        told = stages["dedup-near"].manifest.details
        found += [f"Near-duplicates: {alarm}; look at them before you go on." for alarm in told["alarms"]]
        if told["templates"]:
            found.append(
                f"{told['template_members']:,} records in {told['templates']:,} clusters share a template and have "
                "contents of their own; they were kept (details.template_clusters of the manifest of dedup-near)."
            )
    return tuple(found)
