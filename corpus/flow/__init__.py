"""A run, stage by stage: what each reads, and when one of an earlier run still holds.

    order           the stages in their order, fingerprints, slots; the text pass, identify, decide, tier and publish
    duplicates      records removed in favour of others: by URL, by equal text, by similar text
    known           records that an index has already
    lines           lines that many records repeat
    spans           near-duplicate paragraphs and repeated spans
    contamination   items of benchmarks
    learned         what is learned from the texts, and scores: `learning` (shared), `semantic`, `scores`
    resolution      verified pairs to removals

Each module but `order` is a group of stages that a pipeline may ask for: `names`, `version` and `settings` say which
stages there are and what their fingerprints see, `steps` how each is made.
"""

from corpus.flow.order import PART_BYTES, ROWS_HERE, Flow, flow, note, plan_slots, stage_names

__all__ = ["PART_BYTES", "ROWS_HERE", "Flow", "flow", "note", "plan_slots", "stage_names"]
