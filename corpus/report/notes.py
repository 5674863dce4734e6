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
    return tuple(found)
