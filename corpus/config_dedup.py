"""The settings of duplicates: what counts as one, what goes, and how much may; part of `corpus.config`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from corpus.located import Strict

Share = Annotated[float, Field(ge=0, le=1)]
View = Literal["text", "instruction", "answer"]


class Patterns(Strict):
    """What to let in and what to keep out. Empty `include` lets everything in."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Near(Strict):
    """Near-duplicates: records whose shingles are at least as similar as `threshold`.

    Candidates share one of `bands` bands of `rows` minima each; `corpus dedup --curve` prints what that detects.
    Records that differ in nothing but numbers are different (`numbers: distinct`), or not (`ignore`).
    """

    threshold: float = Field(default=0.7, ge=0.3, le=1)
    similarity: Literal["jaccard", "containment"] = "jaccard"
    bands: int = Field(default=32, ge=1, le=256)
    rows: int = Field(default=8, ge=1, le=64)
    seed: int = Field(default=1, ge=0)
    numbers: Literal["distinct", "ignore"] = "distinct"


class Guard(Strict):
    """What near-duplicate removal may do before it stops (exit 4) or says so.

    A source of `least` records or more may lose `source_share` of them, a cluster may have `cluster` members; over
    `alarm_share` and `alarm_cluster` the run goes on and says so. Clusters of `template` members or more are looked at:
    records of one template with contents of their own are reported and kept.
    """

    source_share: Share = 0.95
    cluster: int = Field(default=1_000_000, ge=2)
    alarm_share: Share = 0.5
    alarm_cluster: int = Field(default=10_000, ge=2)
    least: int = Field(default=1_000, ge=1)
    template: int = Field(default=20, ge=3)


class RepeatedLines(Strict):
    """Lines that are cut wherever they stand, because many records hold them: navigation, disclaimers, footers.

    A line (or a paragraph) is cut when at least `documents` records hold it, and at least `share` of all that are left
    after duplicates are out. Lines of fewer than `min_characters`, counted without punctuation and space, are never
    cut, nor are those of sources that `sources` leaves out (the headings of statutes repeat, too). `keep_first` leaves
    one copy, in the record that `keep` prefers.
    """

    documents: int = Field(default=20, ge=2)
    share: Share = 0.0
    min_characters: int = Field(default=10, ge=1)
    sources: Patterns = Patterns()
    scope: Literal["line", "paragraph"] = "line"
    keep_first: bool = False


class NearParagraphs(Strict):
    """Paragraphs that are cut because another record has one at least as similar as `threshold`, and comes first.

    Paragraphs of fewer than `min_characters`, counted without punctuation and space, are never cut, nor are those whose
    like stands in fewer than `documents` records, nor those of sources that `sources` leaves out. The copy in the
    record that `keep` prefers stays. `numbers` as in `near`.
    """

    threshold: float = Field(default=0.8, ge=0.3, le=1)
    min_characters: int = Field(default=100, ge=20)
    documents: int = Field(default=2, ge=2)
    bands: int = Field(default=12, ge=1, le=256)
    rows: int = Field(default=6, ge=1, le=64)
    seed: int = Field(default=1, ge=0)
    numbers: Literal["distinct", "ignore"] = "distinct"
    sources: Patterns = Patterns()

    @property
    def near(self) -> Near:
        """The same for the engine of near-duplicate records."""
        return Near(threshold=self.threshold, bands=self.bands, rows=self.rows, seed=self.seed, numbers=self.numbers)


class RepeatedSpans(Strict):
    """Spans of `min_units` units or more that are cut because another record holds them word for word, and comes first.

    A unit is a Chinese character or a word. A span that fewer than `documents` records hold stays; `within` also cuts
    what one record repeats. `edges: sentence` cuts the whole sentences and lines in a span, `exact` all of it.
    Records of sources that `sources` leaves out are compared and stay whole.
    """

    min_units: int = Field(default=50, ge=16, le=10_000)
    documents: int = Field(default=2, ge=2)
    within: bool = False
    edges: Literal["sentence", "exact"] = "sentence"
    sources: Patterns = Patterns()


class Semantic(Strict):
    """Records that mean the same: of two in one cluster whose vectors are at least as near as `threshold` (cosine), the
    one that the keep policy prefers stays.

    Both must have `shared` of their shingles in common. By default that is 0.3 with the embedder that a run fits, which
    counts words and takes two texts of one form for alike, and nothing with a `model`, which may know better.
    """

    threshold: float = Field(default=0.95, ge=0.5, le=1)
    shared: Share | None = None


class Dedup(Strict):
    """Which duplicates go, and who survives: order of the criteria, most important first.

    `view` is what exact and near duplicates are looked for in: of dialogues the whole `text`, the last `instruction` or
    the `answer`. `urls` keeps of all records with one normalised URL the newest or the longest. `against` are indexes
    made by `corpus index`: records that one of them has already go, by exact key and by signature as `exact` and `near`
    say.
    """

    exact: bool = True
    urls: Literal["newest", "longest"] | None = None
    near: Near | None = None
    guard: Guard = Guard()
    lines: RepeatedLines | None = None
    paragraphs: NearParagraphs | None = None
    spans: RepeatedSpans | None = None
    semantic: Semantic | None = None
    view: View = "text"
    keep: tuple[Literal["priority", "length", "date"], ...] = ("priority", "length")
    against: tuple[str, ...] = ()

    @field_validator("against", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value
