"""What a run noticed that its account does not show: said after every run, on the card and in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from corpus.report.words import Text
from corpus.slot import Committed


def notes(stages: Mapping[str, Committed]) -> tuple[str, ...]:
    """One English sentence for each: repeated ids, things in containers that are no records, characters removed."""
    return tuple(said.en for said in remarks(stages))


def remarks(stages: Mapping[str, Committed]) -> tuple[Text, ...]:
    """The same in both languages."""
    return (*_reading(stages), *_cutting(stages), *_found(stages), *_mixing(stages))


def alarms(stages: Mapping[str, Committed]) -> tuple[Text, ...]:
    """Those of the remarks that ask for a look before anything is made of the data."""
    told = stages["dedup-near"].manifest.details["alarms"] if "dedup-near" in stages else []
    return tuple(
        Text(f"近似去重告警：{alarm}；继续之前请先查看。", f"Near-duplicates: {alarm}; look at them before you go on.")
        for alarm in told
    )


def _reading(stages: Mapping[str, Committed]) -> Iterator[Text]:
    repeated = stages["identify"].manifest.details.get("repeated_ids", 0)
    if repeated:
        yield Text(
            f"{repeated:,} 条记录的编号与同一来源的另一条相同；每条都得到了自己的编号。",
            f"{repeated:,} records came with an id that another record of their source has; each got its own id.",
        )
    counts = stages["text"].manifest.counts
    skipped = counts.get("skipped", {})
    if skipped:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(skipped.items()))
        total = sum(skipped.values())
        yield Text(
            f"归档中有 {total:,} 个条目不是记录，不计入：{kinds}。",
            f"{total:,} entries of archives are no records and not counted: {kinds}.",
        )
    removed = counts.get("normalise", {}).get("characters_removed", 0)
    if removed:
        yield Text(
            f"规整时去掉了 {removed:,} 个字符：控制字符、行尾空白、多余空行。",
            f"Normalisation removed {removed:,} characters: controls, trailing space, surplus blank lines.",
        )
    ruled = counts.get("line-rules", {})
    if ruled:
        lines, characters = (
            sum(count for name, count in ruled.items() if name.endswith(f".{what}")) for what in ("lines", "characters")
        )
        yield Text(
            f"行规则去掉了 {lines:,} 行，共 {characters:,} 个字符。",
            f"Line rules removed {lines:,} lines of {characters:,} characters.",
        )


def _cutting(stages: Mapping[str, Committed]) -> Iterator[Text]:
    cut = stages["publish"].manifest.counts.get("cut", {}) if "publish" in stages else {}
    repeated = Text("许多记录重复的", "that many records repeat")
    for why, asked in ((repeated, False), (Text("属于基准题的", "that are benchmark items"), True)):
        spans, characters = (
            sum(
                count
                for key, count in cut.items()
                if key.startswith(f"{what}\t") and ("\tcontaminated." in key) == asked
            )
            for what in ("spans", "characters")
        )
        if spans:
            yield Text(
                f"从正文剪去了{why.zh} {spans:,} 个片段，共 {characters:,} 个字符。",
                f"{spans:,} spans of {characters:,} characters {why.en} were cut from the texts.",
            )


def _found(stages: Mapping[str, Committed]) -> Iterator[Text]:
    if "decontaminate" in stages:
        leaks = stages["decontaminate"].manifest.details["leakage"]
        items, looked = (sum(leak[name] for leak in leaks) for name in ("found", "looked_for"))
        yield Text(
            f"{looked:,} 道基准题中有 {items:,} 道出现在正文里（corpus explain 会说明在哪里）。",
            f"{items:,} of {looked:,} benchmark items stand in the texts (corpus explain says where).",
        )
    yield from alarms(stages)
    if "dedup-near" in stages:
        told = stages["dedup-near"].manifest.details
        if told["templates"]:
            yield Text(
                f"{told['templates']:,} 个簇中的 {told['template_members']:,} 条记录共用模板而内容不同，予以保留"
                "（见 dedup-near 清单的 details.template_clusters）。",
                f"{told['template_members']:,} records in {told['templates']:,} clusters share a template and have "
                "contents of their own; they were kept (details.template_clusters of the manifest of dedup-near).",
            )


def _mixing(stages: Mapping[str, Committed]) -> Iterator[Text]:
    details = stages["tier"].manifest.details if "tier" in stages else {}
    for one in details.get("mixture", []):
        if one.get("short", 0) >= 1:
            short, want = one["short"], one["short"] + one["want"]
            yield Text(
                f"配比中 {one['source']} 应有 {want:,.0f}，缺 {short:,.0f}；没有用别的类别补足。",
                f"The mixture wants {want:,.0f} of {one['source']} and lacks {short:,.0f}; nothing else fills them.",
            )
    again = stages["publish"].manifest.counts.get("replay", {}) if "publish" in stages else {}
    if sum(again.values()):
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(again.items()) if count)
        yield Text(
            f"后面的阶段重放了前面阶段的记录（replay_of 列标明，不计入账目）：{told}。",
            f"Stages hold rows of earlier ones once more (column replay_of; no part of the account): {told}.",
        )
