"""The order of a run: which stages there are, what each reads, and when a stage of an earlier run still holds.

RUN/run.json         what was last asked for: settings, and the slot of every stage
RUN/stages/          one slot a stage and fingerprint (see corpus.slot)
RUN/dataset/ rejected/ quarantine/ published.json    the last published state (see corpus.exposure)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from corpus import removals, storage
from corpus.columns import stored_columns
from corpus.cuts import cut_tables
from corpus.errors import RejectedTooMuch
from corpus.flow import contamination, duplicates, learned, lines, spans
from corpus.flow.learning import record_frame
from corpus.manifest import Part, Receipt, RowAccount, add_counts, combine, digest_of
from corpus.parts import Read, Task, decide_here, decide_on_spark, sum_here, sum_on_spark
from corpus.pipeline import SPLIT_BYTES, Pipeline, text_settings
from corpus.quarantine import Reason
from corpus.readers.split import Split
from corpus.rowpass import SidecarPass, TextPass
from corpus.runner import Progress, Runner, Silent, expect
from corpus.scores.cuts import Cuts
from corpus.slot import Attempt, Committed, Slot
from corpus.stage import FrameStage, Sidecar
from corpus.stages import identify
from corpus.stages.budget import UNITS, ReadUnits, draw
from corpus.stages.decide import Decide, described
from corpus.stages.publish import Publish, group_parts
from corpus.stages.replay import COUNTS as REPLAY_COUNTS
from corpus.stages.replay import ReadReplay, Replay, replay_of
from corpus.stages.split import Twins
from corpus.stages.stage_cuts import VALUES, ReadValues, cuts_of
from corpus.stages.tier import COUNTS, AssignTiers, ReadHistogram, TierFrame
from corpus.standing import Standing
from corpus.tokens import TokenCounter

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa
    from pyspark.sql import SparkSession

PART_BYTES = 64 << 20
ROWS_PER_PARTITION = 1_000_000
ROWS_HERE = 2_000_000
"""Up to so many records, narrow stages run in the driver: a Spark job costs 0.3 to 1 s, their work on 32,000 records
0.05 s."""
TEXT_VERSION = 1
NO_DAMAGE = {Reason.NOT_TEXT, Reason.NO_TEXT}
"""Images and empty pages are no sign that the input is damaged, however many a crawl has."""

GROUPS = (duplicates, lines, spans, contamination)
"""The stages that remove and cut, in the order they run; `learned` comes between them and tier."""


def flow(
    pipeline: Pipeline,
    root: str,
    session: Callable[[], SparkSession],
    progress: Progress | None = None,
    split_bytes: int = SPLIT_BYTES,
    part_bytes: int = PART_BYTES,
    rows_here: int = ROWS_HERE,
    bytes_here: int = 0,
) -> Runner:
    """Every stage of `pipeline` committed in the run directory `root`, in order; the last is `publish`.

    An input of up to `bytes_here` stored bytes is read and published in this process, without Spark.
    """
    splits = pipeline.splits(split_bytes)
    prints = fingerprints(pipeline, splits)
    slots = plan_slots(pipeline, root, splits, part_bytes)
    note(pipeline, root, slots, len(splits))
    runner = Runner(slots, prints, session, progress or Silent())
    run = Flow(pipeline, runner, rows_here, sum(split.bytes for split in splits) <= bytes_here)
    run.rows(splits, part_bytes)
    for name, make in run.frames():
        if not runner.reuse(name):
            make()
    return runner


def fingerprints(pipeline: Pipeline, splits: Sequence[Split]) -> dict[str, str]:
    """The fingerprint of every stage, in order: its settings and version, and the fingerprints of what it reads."""
    found = {"text": digest_of([TEXT_VERSION, text_settings(pipeline, splits)])}

    def add(name: str, version: int, settings: Any, *inputs: str) -> None:
        found[name] = digest_of([name, version, settings, *(found[item] for item in inputs)])

    for sidecar in pipeline.sidecars:
        add(sidecar.name, sidecar.version, sidecar.settings(), "text")
    sidecars = [sidecar.name for sidecar in pipeline.sidecars]
    add("identify", pipeline.identify.version, pipeline.identify.settings(), "text")
    add("decide", Decide.version, pipeline.rules.digest, *sidecars)
    last = "decide"
    for group in GROUPS:
        for name in group.names(pipeline):
            add(name, group.version(pipeline, name), group.settings(pipeline, name), last, "identify", *sidecars)
            last = name
    cut = last
    for name in learned.names(pipeline):
        add(
            name,
            learned.version(pipeline, name),
            learned.settings(pipeline, name),
            *learned.needs(pipeline, name, last),
        )
        last = name if name in learned.removing(pipeline) else last
    scored = [name for name in learned.names(pipeline) if name in pipeline.tiers_read]
    tiering = [pipeline.tiers.digest, mixing(pipeline)]
    add("tier", AssignTiers.version, tiering, *dict.fromkeys([cut, last, *scored, *sidecars]))
    publish = pipeline.settings.publish.model_dump(mode="json", include={"file_bytes", "chars_per_token"})
    if pipeline.settings.publish.tokenizer is not None:
        publish["tokenizer"] = storage.sha256(pipeline.settings.publish.tokenizer)
    add("publish", Publish.version, publish, *dict.fromkeys(["tier", "identify", cut, *learned.names(pipeline)]))
    return found


def mixing(pipeline: Pipeline) -> Any:
    """What a mixture needs to know beside its policy: how characters become tokens."""
    return dict(pipeline.settings.publish.chars_per_token) if pipeline.tiers.mixture is not None else None


def stage_names(pipeline: Pipeline) -> list[str]:
    """Every stage of a run, in order."""
    asked = [name for group in (*GROUPS, learned) for name in group.names(pipeline)]
    return ["text", *(item.name for item in pipeline.sidecars), "identify", "decide", *asked, "tier", "publish"]


def plan_slots(pipeline: Pipeline, root: str, splits: Sequence[Split], part_bytes: int = PART_BYTES) -> dict[str, Slot]:
    """Where every stage keeps its output.

    Part numbers mean something only within one cut of the input, so a digest of the cut is part of every slot's name,
    and never of a fingerprint: contents do not depend on it. A committed text stage keeps its cut.
    """
    prints = fingerprints(pipeline, splits)
    layout = digest_of([split.key for split in splits] + [part_bytes])[:8]
    stages = storage.join(root, "stages", "text")
    for name in sorted({storage.relative(info.uri, stages).split("/")[0] for info in storage.list_files(stages)}):
        if name.startswith(prints["text"][:16]) and Slot(storage.join(stages, name)).load() is not None:
            layout = name.partition("-")[2]
    return {name: Slot(storage.join(root, "stages", name, f"{value[:16]}-{layout}")) for name, value in prints.items()}


def note(pipeline: Pipeline, root: str, slots: dict[str, Slot], splits: int) -> None:
    """Store what this run is about, for status, stop and resume: from here on `root` is a run directory."""
    about = {
        "pipeline": pipeline.settings.model_dump(mode="json", by_alias=True),
        "stages": {name: storage.relative(slot.root, root) for name, slot in slots.items()},
        "splits": splits,
    }
    storage.put_atomic(storage.join(root, "run.json"), orjson.dumps(about, option=orjson.OPT_INDENT_2))


@dataclass
class Flow:
    """The stages of one pipeline, wired to what each reads."""

    pipeline: Pipeline
    runner: Runner
    rows_here: int
    text_here: bool = False

    @property
    def here(self) -> bool:
        """Whether narrow stages run in this process."""
        return self.stages["text"].manifest.account.kept <= self.rows_here

    @property
    def stages(self) -> dict[str, Committed]:
        """What is committed so far, in order."""
        return self.runner.stages

    @property
    def parts(self) -> tuple[Part, ...]:
        """Text parts that hold rows."""
        return tuple(part for part in self.stages["text"].manifest.parts if part.rows)

    def frames(self) -> list[tuple[str, Callable[[], None]]]:
        """Everything after the text: narrow tables only, until publish opens the parts once more."""
        asked = [step for group in (*GROUPS, learned) for step in group.steps(self)]
        first: list[tuple[str, Callable[[], None]]] = [("identify", self._identify), ("decide", self._decide)]
        return [*first, *asked, ("tier", self._tier), ("publish", self._publish)]

    def rows(self, splits: Sequence[Split], part_bytes: int) -> None:
        """The text and its sidecars: in one pass where the text is not there yet, else the missing sidecars alone."""
        has_text = self.runner.reuse("text")
        missing = [sidecar for sidecar in self.pipeline.sidecars if not self.runner.reuse(sidecar.name)]
        if not has_text:
            self._text_pass(splits, missing, part_bytes)
        elif missing:
            self._sidecar_pass(missing)
        before = self.stages["text"].manifest.account.kept
        for sidecar in self.pipeline.sidecars:
            account = self.stages[sidecar.name].manifest.account
            expect(account.rows_in == before, f"{sidecar.name}: {account.rows_in} rows came in of {before} kept before")
            before = account.kept

    def _text_pass(self, splits: Sequence[Split], sidecars: Sequence[Sidecar], part_bytes: int) -> None:
        names = ["text", *(sidecar.name for sidecar in sidecars)]
        work = TextPass(
            sources={source.name: source for source in self.pipeline.sources},
            limits=self.pipeline.settings.limits,
            stages=self.pipeline.rows,
            sidecars=tuple(sidecars),
            attempts=tuple(Attempt.begin(self.runner.slots[name]) for name in names),
            part_bytes=part_bytes,
            kind=self.pipeline.kind,
        )
        tasks = [Task(split.key, (index, split)) for index, split in enumerate(splits)]
        receipts, seconds = self.runner.write(names, tasks, work, here=self.text_here)
        self._check_quarantine(receipts["text"])
        versions = {sidecar.name: sidecar.version for sidecar in sidecars}
        settings = {sidecar.name: sidecar.settings() for sidecar in sidecars}
        for name in names:
            expect(
                len(receipts[name]) == len(tasks), f"{name}: {len(receipts[name])} of {len(tasks)} receipts are there"
            )
            details = {"settings": settings[name]} if name in settings else {}
            self.runner.commit(name, versions.get(name, TEXT_VERSION), receipts[name], seconds, details=details)

    def _sidecar_pass(self, sidecars: Sequence[Sidecar]) -> None:
        """Sidecars that an earlier run did not write; receipts left by an interrupted text pass are as good."""
        text = self.stages["text"]
        names = [sidecar.name for sidecar in sidecars]
        left = {name: self.runner.slots[name].receipts() for name in names}
        covered = set.intersection(
            *({part.number for receipt in left[name] for part in receipt.parts} for name in names)
        )
        work = SidecarPass(
            text=text.table("text"),
            before=tuple(
                self.stages[stage.name].table(stage.table)
                for stage in self.pipeline.sidecars
                if stage.name in self.stages and stage.name not in names
            ),
            sidecars=tuple(sidecars),
            attempts=tuple(Attempt.begin(self.runner.slots[name]) for name in names),
        )
        tasks = [Task(f"part-{part.number}", part) for part in self.parts]
        done = {f"part-{number}" for number in covered}
        _, seconds = self.runner.write(names, tasks, work, done, here=self.text_here)
        for sidecar in sidecars:
            receipts = without_overlap(self.runner.slots[sidecar.name].receipts())
            details = {"settings": sidecar.settings()}
            self.runner.commit(sidecar.name, sidecar.version, receipts, seconds, details=details)

    def standing(self) -> Standing:
        """What the stages committed so far have left."""
        sidecars = tuple(self.stages[stage.name].table(stage.table) for stage in self.pipeline.sidecars)
        return Standing(sidecars, tuple(marks.table for marks in removals.marks(self.stages)))

    def by_part(self, name: str, work: Any) -> tuple[list[Receipt], float]:
        """Run `work` on every part; the receipts and the seconds."""
        tasks = [Task(f"part-{part.number}", part) for part in self.parts]
        receipts, seconds = self.runner.write([name], tasks, work, here=self.here)
        _expect_all(name, receipts[name], tasks)
        return receipts[name] or [Receipt(key="none", accounts={name: RowAccount()})], seconds

    def decide_frame(self, stage: FrameStage, read: Read, table: str) -> tuple[list[Receipt], float]:
        """Run `stage` on what `read` gives of every part; the receipts of `table` and the seconds."""
        attempt = Attempt.begin(self.runner.slots[stage.name])
        with self.runner.working(stage.name) as clock:
            if self.here:
                return decide_here(stage, self.parts, read, table, attempt), clock()
            partitions = max(2, self.stages["text"].manifest.account.kept // ROWS_PER_PARTITION)
            session = self.runner.session()
            return decide_on_spark(session, stage, self.parts, read, table, attempt, partitions), clock()

    def _identify(self) -> None:
        stage = self.pipeline.identify
        count = self.stages["text"].manifest.account.kept
        receipts, seconds = self.decide_frame(stage, identify.ReadIds(self.stages["text"].table("keys")), "ids")
        repeated = add_counts(receipt.counts["rows"] for receipt in receipts).get("decided", 0)
        account = RowAccount(rows_in=count, kept=count)
        details = {"repeated_ids": repeated}
        self.runner.commit(
            stage.name, stage.version, receipts, seconds, accounts={stage.name: account}, details=details
        )

    def _decide(self) -> None:
        work = Decide(
            rules=self.pipeline.rules,
            keys=self.stages["text"].table("keys"),
            signals=self.stages["measure"].table("signals"),
            standing=self.standing(),
            attempt=Attempt.begin(self.runner.slots["decide"]),
            kind=self.pipeline.kind.name,
        )
        receipts, seconds = self.by_part("decide", work)
        self._check_drops(receipts)
        rules = [described(rule) for rule in self.pipeline.rules.rules]
        self.runner.commit("decide", work.version, receipts, seconds, details={"rules": rules})

    def _tier(self) -> None:
        from corpus.ruleset.tiers import cut_points

        frame = tier_frame(self)
        cuts = cut_points(self._summed(ReadHistogram(frame), COUNTS, bool(frame.policy.percentiles)), frame.policy)
        units = ReadUnits(frame, self.pipeline.settings.publish.chars_per_token)
        budget = draw(self._summed(units, UNITS, frame.policy.mixture is not None), frame.policy)
        stages = self._stages(frame)
        work = AssignTiers(frame, cuts, budget, twins(self), Attempt.begin(self.runner.slots["tier"]), stages)
        receipts, seconds = self.by_part("tier", work)
        details = {"tiers": list(self.pipeline.tiers.names), "cuts": cuts.to_dicts(), "mixture": budget.described()}
        details |= {"stages": stages.model_dump(mode="json")} if stages is not None else {}
        self.runner.commit("tier", work.version, receipts, seconds, details=details)

    def _stages(self, frame: TierFrame) -> Cuts | None:
        """Where the scores are cut into stages, if the policy asks for that."""
        wanted = frame.policy.stages
        if wanted is None or self.stages["text"].manifest.account.kept == 0:
            return None
        return cuts_of(self._summed(ReadValues(frame, wanted), VALUES, True), wanted)

    def _summed(self, read: Read, schema: pa.Schema, asked: bool) -> pl.DataFrame:
        """The counts of all parts added up; none where nobody asks."""
        import polars as pl

        if not asked or not self.parts:
            return pl.DataFrame(schema.empty_table())
        if self.here:
            return pl.DataFrame(sum_here(self.parts, read, schema, "count"))
        return pl.DataFrame(sum_on_spark(self.runner.session(), self.parts, read, schema, "count"))

    def _publish(self) -> None:
        settings = self.pipeline.settings.publish
        text = self.stages["text"]
        work = Publish(
            text=text.table("text"),
            dropped=text.table("dropped"),
            quarantine=text.table("quarantine"),
            failed=tuple(self.stages[stage.name].table("failed") for stage in self.pipeline.sidecars),
            ids=self.stages["identify"].table("ids"),
            marks=removals.marks(self.stages),
            moved=removals.moved(self.stages),
            cuts=cut_tables(self.stages),
            tiers=self.stages["tier"].table("tiers"),
            rules=self.pipeline.rules,
            tier_names=tuple(tier.name for tier in self.pipeline.tiers.tiers),
            columns=stored_columns(self.stages, self.pipeline.tag_types, self.pipeline.joined_types),
            kind=self.pipeline.kind,
            tokens=TokenCounter(settings.tokenizer, settings.chars_per_token),
            file_bytes=settings.file_bytes,
            attempt=Attempt.begin(self.runner.slots["publish"]),
            replay=self._replay(),
        )
        groups = group_parts(text.manifest.parts, 2 * settings.file_bytes)
        tasks = [Task(f"group-{number}-of-{len(groups)}", (number, parts)) for number, parts in enumerate(groups)]
        left, seconds = self.runner.write(["publish"], tasks, work, here=self.text_here)
        receipts = left["publish"] or [Receipt(key="none", accounts={"publish": RowAccount()})]
        kept = self.stages["tier"].manifest.account.kept
        published = combine(receipts)["accounts"]["publish"].kept
        expect(published == kept, f"publish: {published} rows were published of {kept} kept before")
        self.runner.commit("publish", work.version, receipts, seconds, details={"tokens": work.tokens.described})

    def _replay(self) -> Replay | None:
        """Which rows later stages hold once more; None where the policy asks for none."""
        wanted = self.pipeline.tiers.stages
        if wanted is None or wanted.replay == 0:
            return None
        read = ReadReplay(self.stages["tier"].table("tiers"), len(self.pipeline.tiers.names))
        return replay_of(self._summed(read, REPLAY_COUNTS, True), wanted.replay)

    def _check_quarantine(self, receipts: Sequence[Receipt]) -> None:
        account = combine(receipts)["accounts"].get("ingest", RowAccount())
        lost = sum(count for reason, count in account.quarantined.items() if reason not in NO_DAMAGE)
        limit = self.pipeline.settings.limits.quarantine_share
        if lost > limit * account.rows_in:
            raise RejectedTooMuch(
                f"ingest: {lost} of {account.rows_in} records ({lost / account.rows_in:.1%}) cannot be read; the "
                f"pipeline allows {limit:.1%} (limits.quarantine_share). Reasons: {dict(account.quarantined)}. Nothing "
                "was committed, what was read is kept: repair the input, or raise the limit and repeat the command"
            )

    def _check_drops(self, receipts: Sequence[Receipt]) -> None:
        account = combine(receipts)["accounts"]["decide"]
        low, high = self.pipeline.settings.limits.drop_share
        if account.rows_in == 0:
            return
        share = sum(account.dropped.values()) / account.rows_in
        if not low <= share <= high:
            worst = dict(sorted(account.dropped.items(), key=lambda item: -item[1])[:5])
            raise RejectedTooMuch(
                f"decide: the rules drop {share:.1%} of {account.rows_in} records; the pipeline allows {low:.0%} to "
                f"{high:.0%} (limits.drop_share). First failing rules: {worst}. Nothing was committed: change a bound "
                "or the limit and repeat the command"
            )


def tier_frame(flow: Flow) -> TierFrame:
    """What the tier policy looks at, of what stands now."""
    return TierFrame(flow.pipeline.tiers, record_frame(flow))


def twins(flow: Flow) -> Twins:
    """What keeps twins on one side of the split."""
    signed = flow.stages["sign"].table("signatures") if "sign" in flow.stages else None
    return Twins(flow.stages["text"].table("keys"), signed)


def without_overlap(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Receipts of splits and of single parts may cover the same part; the one with more parts counts."""
    taken: set[int] = set()
    chosen = []
    for receipt in sorted(receipts, key=lambda item: (-len(item.parts), item.key)):
        numbers = {part.number for part in receipt.parts}
        if not numbers & taken:
            chosen.append(receipt)
            taken |= numbers
    return chosen


def _expect_all(name: str, receipts: Sequence[Receipt], tasks: Sequence[Task[Any]]) -> None:
    expect(len(receipts) == len(tasks), f"{name}: {len(receipts)} of {len(tasks)} receipts are there")
