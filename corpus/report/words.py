"""What the report says, in Chinese and in English: every sentence of it stands here once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.removals import HOPS


@dataclass(frozen=True)
class Text:
    """The same words in both languages."""

    zh: str
    en: str


def say(key: str, values: Mapping[str, object] | None = None) -> Text:
    """The words under `key`, `{name}` in them replaced by values; whole numbers get their thousands apart.

    KeyError for a key or a value that does not exist.
    """
    shown = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in (values or {}).items()}
    found = WORDS[key]
    return Text(found.zh.format_map(shown), found.en.format_map(shown))


def stage(name: str) -> Text:
    """A step of a run in words, with its name as manifests have it."""
    known = Text("留存者归并", "last survivors") if name.startswith(HOPS) else STAGES.get(name)
    return Text(name, name) if known is None else _both(known, name)


def reason(name: str) -> Text:
    """Why a record went; ids of rules stay as they are."""
    known = REASONS.get(name)
    return Text(name, name) if known is None else _both(known, name)


def _both(known: Text, name: str) -> Text:
    """Words and the name they are for, in English once where both are the same."""
    return Text(f"{known.zh} {name}", known.en if known.en == name else f"{known.en} ({name})")


def bound(said: str) -> Text:
    """A bound of a rule, which manifests have in English; what is said otherwise stays as it is."""
    found = said
    for english, chinese in BOUNDS:
        found = re.sub(english, chinese, found)
    return Text(found, said)


def column(name: str) -> Text:
    """A score or label of published rows; the names of signals stay as they are."""
    known = COLUMNS.get(name)
    return Text(name, name) if known is None else _both(known, name)


WORDS: Mapping[str, Text] = {
    "page.theme": Text("明 / 暗", "Light / dark"),
    "page.title": Text("语料报告：{name}", "Corpus report: {name}"),
    "table.all": Text("显示全部 {rows} 行", "Show all {rows} rows"),
    # what everything is called
    "records": Text("记录", "records"),
    "characters": Text("字符", "characters"),
    "tokens": Text("词元", "tokens"),
    "share": Text("占比", "share"),
    "source": Text("来源", "source"),
    "language": Text("语言", "language"),
    "tier": Text("层", "tier"),
    "stage": Text("步骤", "stage"),
    "reason": Text("原因", "reason"),
    "rule": Text("规则", "rule"),
    "signal": Text("信号", "signal"),
    "bound": Text("界限", "bound"),
    "value": Text("值", "value"),
    "action": Text("处置", "action"),
    "kept": Text("保留", "kept"),
    "published": Text("已发布", "published"),
    "dropped": Text("剔除", "dropped"),
    "merged": Text("合并", "merged"),
    "quarantined": Text("隔离", "quarantined"),
    "read": Text("读入", "read"),
    "in": Text("进入", "in"),
    "removed": Text("移除", "removed"),
    "similarity": Text("相似度", "similarity"),
    "percentile": Text("百分位", "percentile"),
    # the head
    "head.content": Text("内容摘要 {digest}", "content {digest}"),
    "head.fingerprint": Text("指纹 {digest}", "fingerprint {digest}"),
    "head.sources": Text("{sources} 个来源", "{sources} sources"),
    "head.tokens": Text("{tokens} 词元（{how}）", "{tokens} tokens ({how})"),
    "head.version": Text("corpus {version}", "corpus {version}"),
    "head.seconds": Text("各步骤共 {seconds} 秒", "{seconds} s in all stages"),
    "head.balance": Text(
        "每条记录都有去处：读入 {read} = 发布 {kept} + 剔除 {dropped} + 合并 {merged} + 隔离 {quarantined}。",
        "Every record is accounted for: read {read} = published {kept} + dropped {dropped} + merged {merged} + "
        "quarantined {quarantined}.",
    ),
    # the funnel
    "funnel.title": Text("漏斗", "Funnel"),
    "funnel.stages": Text("每一步之后还剩多少记录", "Records left after each stage, and what it removed"),
    "funnel.sources": Text("各来源的记录去了哪里", "Where the records of each source went"),
    "funnel.reasons": Text("全部原因", "Every reason"),
    "funnel.accounts": Text("每一步的账目", "The account of every stage"),
    "funnel.once": Text(
        "每条记录只计一次，计在首个令其移除的规则或步骤名下。",
        "A record counts once, under the first rule or stage that removed it.",
    ),
    # rules
    "rules.title": Text("规则", "Rules"),
    "rules.chart": Text(
        "每条规则不合格多少、由它判定多少、只有它移除多少",
        "How many records fail each rule, go under its name, and go for it alone",
    ),
    "rules.fails": Text("不合格", "fails"),
    "rules.decides": Text("首先判定", "decides"),
    "rules.alone": Text("仅此一条", "alone"),
    "rules.dropping": Text("剔除的规则", "rules that drop"),
    "rules.flagging": Text("标记和降层的规则", "rules that flag or demote"),
    "rules.explained": Text(
        "“首先判定”：记录计在它名下；“仅此一条”：没有别的规则会移除，去掉这条规则，这些记录就会回来。",
        "“decides”: the record counts under it. “alone”: no other rule drops the record, so it would come back without "
        "it.",
    ),
    "rules.silent": Text("{rules} 条规则没有一条记录不合格。", "{rules} rules are failed by no record."),
    "rules.pairs": Text("常常同时不合格的规则", "Rules that fail together"),
    "rules.both": Text("同时不合格", "both"),
    "rules.rarer": Text("占较少一条的比例", "of the rarer one"),
    "rules.why": Text("为何", "why"),
    # signals
    "signals.title": Text("信号的分布", "Signals"),
    "signals.explained": Text(
        "所有进入规则判定的记录，按最终去向着色。虚线是规则的界限（红）和分层的切点（蓝）；两端的柱子包括更远的值。",
        "All records that reached the rules, coloured by where they ended. Dashed lines are bounds of rules (red) and "
        "cut points of tiers (blue); the outer bars hold what lies beyond.",
    ),
    "signals.bounded": Text("有界限或切点的信号", "Signals with a bound or a cut point"),
    "signals.others": Text("其他信号", "Other signals"),
    "signals.missing": Text("{rows} 条无值", "{rows} without a value"),
    "signals.middle": Text("中位数 {median}", "median {median}"),
    "signals.bound": Text("规则界限", "bound of a rule"),
    "signals.cut": Text("分层切点", "cut point of a tier"),
    # scores
    "scores.title": Text("评分与标签", "Scores and tags"),
    "scores.explained": Text(
        "已发布记录的评分，按层着色；虚线是切点。",
        "Scores of the published records, coloured by tier; dashed lines are cut points.",
    ),
    "scores.cuts": Text("自动切点", "Automatic cuts"),
    "scores.method": Text(
        "{method}；{rows} 个评分，{unscored} 个缺失；重采样 {resamples} 次",
        "{method}; {rows} scores, {unscored} without; {resamples} resamples",
    ),
    "scores.valleys": Text("密度的谷", "valleys of the density"),
    "scores.quantiles": Text("分位数", "quantiles"),
    "scores.stage": Text("段", "stage"),
    "scores.value": Text("切点", "cut"),
    "scores.interval": Text("95% 区间", "95 % interval"),
    "scores.same": Text("重采样一致", "same in resamples"),
    "scores.depth": Text("谷深", "depth"),
    "scores.valley": Text("在谷中", "in a valley"),
    "scores.yes": Text("是", "yes"),
    "scores.no": Text("否", "no"),
    "scores.span": Text("区间", "span"),
    "scores.parts": Text("质量由什么组成", "What quality is made of"),
    "scores.without": Text("没有", "none"),
    # samples
    "samples.title": Text("样本", "Samples"),
    "samples.explained": Text(
        "按编号的散列选取，同一种子总是同样的记录。规则看到的地方加了底色。",
        "Chosen by the hash of their ids: the same records for the same seed. What a rule saw is marked.",
    ),
    "samples.kept": Text("保留：{tier}", "Kept: {tier}"),
    "samples.removed": Text("移除：", "Removed: "),
    "samples.quarantined": Text("隔离：", "Quarantined: "),
    "samples.length": Text("{characters} 字符", "{characters} characters"),
    "samples.more": Text("……还有 {characters} 字符", "… {characters} more characters"),
    "samples.survivor": Text("保留下来的记录", "the record that is kept"),
    "samples.gone": Text("移除的记录", "the record that went"),
    "samples.elsewhere": Text("留下的记录不在本次发布中。", "The survivor is not among the published records."),
    "samples.keeps": Text("要求{bound}", "allowed: {bound}"),
    "samples.cut": Text("发布时剪去", "cut at publishing"),
    "samples.stands": Text("代表 {records} 条重复记录", "stands for {records} duplicates"),
    "samples.bytes": Text("{bytes} 字节", "{bytes} bytes"),
    "samples.rest": Text("共 {records} 条", "{records} in all"),
    # duplicates
    "duplicates.title": Text("重复", "Duplicates"),
    "duplicates.sizes": Text("重复簇的大小", "Sizes of duplicate clusters"),
    "duplicates.similar": Text("被合并记录与留存记录的相似度", "Similarity of merged records to what stayed"),
    "duplicates.clusters": Text("簇", "clusters"),
    "duplicates.size": Text("大小", "size"),
    "duplicates.largest": Text("最大的簇", "The largest clusters"),
    "duplicates.least": Text(
        "每簇列出最不相似的成员，它们最能说明合并得对不对。",
        "Of each, the members least like it: they show best whether merging was right.",
    ),
    "duplicates.templates": Text(
        "{clusters} 个簇共用模板而内容不同，予以保留。",
        "{clusters} clusters share a template and differ in content; they were kept.",
    ),
    # cuts
    "cuts.title": Text("剪去的片段", "Cut spans"),
    "cuts.spans": Text("片段", "spans"),
    "cuts.frequent": Text("最常见的行", "The most frequent lines"),
    "cuts.documents": Text("含有它的记录", "records with it"),
    "cuts.line": Text("行", "line"),
    # benchmarks
    "leaks.title": Text("基准题泄漏", "Benchmark items found"),
    "leaks.explained": Text(
        "处置：{action}；覆盖率达到 {coverage} 才算。",
        "Action: {action}; an item counts from a coverage of {coverage}.",
    ),
    "leaks.benchmark": Text("基准", "benchmark"),
    "leaks.items": Text("题目", "items"),
    "leaks.looked": Text("查找", "looked for"),
    "leaks.found": Text("找到", "found"),
    "leaks.examples": Text("例子", "Examples"),
    # tiers
    "tiers.title": Text("分层", "Tiers"),
    "tiers.sources": Text("各层的来源", "Tiers by source"),
    "tiers.languages": Text("各层的语言", "Tiers by language"),
    "tiers.cuts": Text("切点", "Cut points"),
    "tiers.group": Text("范围", "group"),
    "tiers.all": Text("全部", "all"),
    "tiers.mixture": Text("配比", "Mixture"),
    "tiers.have": Text("现有", "there"),
    "tiers.want": Text("要读", "to be read"),
    "tiers.short": Text("缺", "missing"),
    "tiers.epochs": Text("遍数", "epochs"),
    "tiers.mean": Text("平均字符", "mean characters"),
    # the map
    "map.title": Text("地图", "Map"),
    "map.explained": Text(
        "{rows} 条记录（按编号散列抽样）的向量用 {method} 投到平面：左边是全部，右边是已发布的。"
        "近处的点内容相近；轴没有含义。",
        "The vectors of {rows} records, sampled by the hash of their ids, laid out by {method}: all of them on the "
        "left, the published ones on the right. What is near is alike; the axes mean nothing.",
    ),
    "map.before": Text("全部", "all"),
    "map.after": Text("已发布", "published"),
    "map.source": Text("按来源", "by source"),
    "map.tier": Text("按层", "by tier"),
    "map.cluster": Text("按主题簇", "by cluster"),
    "map.others": Text("其他", "others"),
    "map.none": Text("没有", "none"),
    "map.clusters": Text("主题簇", "Clusters"),
    "map.terms": Text("特征词", "distinctive terms"),
    "map.cluster_number": Text("簇", "cluster"),
    # a model that was trained on it
    "training.title": Text("训练", "Training"),
    "training.model": Text("{stage}：{name}，{steps} 步", "{stage}: {name}, {steps} steps"),
    "training.losses": Text("损失", "Losses"),
    "training.loss": Text("训练损失", "training loss"),
    "training.held": Text("验证损失", "validation loss"),
    "training.rate": Text("学习率", "learning rate"),
    "training.step": Text("步", "step"),
    "training.phase": Text("第 {number} 阶段", "phase {number}"),
    "training.skipped": Text("跳过的批", "skipped batch"),
    "training.first": Text("最初", "first"),
    "training.last": Text("最后", "last"),
    "training.lowest": Text("最低", "lowest"),
    "training.chain": Text("从这个模型到原始数据", "From this model back to its data"),
    "training.explained": Text(
        "最新的在前，每行是一个模型及其读过的数据；数据写作摘要，“本次发布”即这份报告所述的数据。",
        "The youngest first: each row is a model and the data it read, told by their digests; “this run” is the one of "
        "this report.",
    ),
    "training.steps": Text("步数", "steps"),
    "training.rows": Text("读过的行", "rows read"),
    "training.data": Text("数据", "data"),
    "training.start": Text("起点", "began with"),
    "training.scratch": Text("随机权重", "random weights"),
    "training.here": Text("本次发布", "this run"),
    "training.unknown": Text("没有记载", "not recorded"),
    # how it was made
    "made.title": Text("如何得到", "How it was made"),
    "made.settings": Text("设置（不含路径）", "Settings, without paths"),
    "made.stages": Text("步骤", "Stages"),
    "made.version": Text("版本", "version"),
    "made.fingerprint": Text("指纹", "fingerprint"),
    "made.seconds": Text("秒", "seconds"),
    "made.models": Text("模型", "Models"),
    "made.digest": Text("摘要", "digest"),
}

BOUNDS = (
    (r"^at least (\S+)$", r"至少 \1"),
    (r"^at most (\S+)$", r"至多 \1"),
    (r"^from (\S+) to (\S+)$", r"\1 到 \2"),
    (r"^one of (.+)$", r"其一：\1"),
    (r"^none of (.+)$", r"不得是：\1"),
)
"""How rules say their bounds (corpus.ruleset.model.Bound), as patterns."""

STAGES: Mapping[str, Text] = {
    "text": Text("正文", "text"),
    "ingest": Text("读取", "reading"),
    "select": Text("选择", "selection"),
    "normalise": Text("规整", "normalisation"),
    "measure": Text("测量信号", "signals"),
    "fingerprint": Text("精确指纹", "exact keys"),
    "sign": Text("签名", "signatures"),
    "identify": Text("编号", "ids"),
    "decide": Text("规则", "rules"),
    "dedup-urls": Text("同址去重", "same URL"),
    "dedup-index": Text("对照旧库", "known from an index"),
    "dedup-exact": Text("精确去重", "exact duplicates"),
    "near-candidates": Text("近似候选", "near candidates"),
    "near-shingles": Text("候选片段", "shingles"),
    "near-edges": Text("近似核对", "verified pairs"),
    "dedup-near": Text("近似去重", "near-duplicates"),
    "dedup-semantic": Text("语义去重", "semantic duplicates"),
    "lines": Text("行", "lines"),
    "anchors": Text("锚点", "anchors"),
    "count-lines": Text("数行", "counting lines"),
    "dedup-lines": Text("重复行", "repeated lines"),
    "dedup-paragraphs": Text("近似段落", "near paragraphs"),
    "span-anchors": Text("片段锚点", "span anchors"),
    "span-windows": Text("片段窗口", "span windows"),
    "span-copies": Text("片段副本", "span copies"),
    "dedup-spans": Text("重复片段", "repeated spans"),
    "benchmarks": Text("基准题", "benchmark items"),
    "decontaminate": Text("去污染", "decontamination"),
    "sample": Text("抽样", "sample"),
    "perplexity-fit": Text("训练语言模型", "training the language model"),
    "perplexity": Text("困惑度", "perplexity"),
    "continuity": Text("连贯性", "continuity"),
    "causal": Text("因果语言模型", "causal language model"),
    "answers": Text("因果语言模型看回答", "answers by the causal language model"),
    "embed-fit": Text("训练向量模型", "training the embedder"),
    "cluster-fit": Text("训练聚类", "training the clusters"),
    "cluster": Text("聚类", "clusters"),
    "semantic-edges": Text("语义核对", "semantic pairs"),
    "columns": Text("自带的列", "columns of the user"),
    "quality": Text("质量", "quality"),
    "difficulty": Text("难度", "difficulty"),
    "noise": Text("噪声", "noise"),
    "embed": Text("向量", "embeddings"),
    "tag": Text("标签", "tags"),
    "tier": Text("分层", "tiers"),
    "publish": Text("发布", "publishing"),
}

REASONS: Mapping[str, Text] = {
    "same_url": Text("同一网址", "same URL"),
    "in_index": Text("旧库已有", "in the index"),
    "exact_duplicate": Text("精确重复", "exact duplicate"),
    "near_duplicate": Text("近似重复", "near-duplicate"),
    "semantic_duplicate": Text("语义重复", "semantic duplicate"),
    "repeated_lines": Text("只剩重复的行", "nothing but repeated lines"),
    "near_paragraphs": Text("只剩近似段落", "nothing but repeated paragraphs"),
    "repeated_spans": Text("只剩重复片段", "nothing but repeated spans"),
    "repeated_line": Text("重复的行", "repeated line"),
    "repeated_paragraph": Text("重复的段落", "repeated paragraph"),
    "near_paragraph": Text("近似的段落", "near-duplicate paragraph"),
    "repeated_span": Text("重复的片段", "repeated span"),
    "noise": Text("噪声", "noise"),
    "over_budget": Text("超出预算", "over the budget"),
    "contaminated": Text("含基准题", "holds a benchmark item"),
    "select.language": Text("不要的语言", "language not asked for"),
    "select.url": Text("不要的网址", "URL not asked for"),
    "select.date": Text("不要的日期", "date not asked for"),
    "select.keyword": Text("不要的关键词", "keyword not asked for"),
    "select.sample": Text("不在抽样中", "not in the sample"),
    "bad_encoding": Text("编码错误", "wrong encoding"),
    "lone_surrogate": Text("孤立代理项", "lone surrogate"),
    "bad_json": Text("JSON 错误", "broken JSON"),
    "not_an_object": Text("不是对象", "not an object"),
    "missing_text": Text("没有正文", "no text field"),
    "wrong_type": Text("类型错误", "wrong type"),
    "too_large": Text("过大", "too large"),
    "too_deep": Text("嵌套过深", "nested too deeply"),
    "decompression_bomb": Text("压缩炸弹", "decompression bomb"),
    "damaged_container": Text("容器损坏", "damaged container"),
    "bad_row": Text("坏行", "bad row"),
    "no_text_extracted": Text("提取不到正文", "no text extracted"),
    "not_text": Text("不是文本", "not text"),
    "kernel_error": Text("处理出错", "processing failed"),
}

COLUMNS: Mapping[str, Text] = {
    "split": Text("训练与验证", "training and validation"),
    "has_code": Text("含代码", "holds code"),
    "has_maths": Text("含公式", "holds maths"),
    "tag_domain": Text("领域", "domains"),
    "tag_task": Text("任务", "tasks"),
    "tag_subject": Text("学科", "school subjects"),
    "tag_safety": Text("安全", "safety"),
    "worst_perplexity": Text("最差处的困惑度", "perplexity of the worst stretch"),
    "perplexity_deviation": Text("困惑度的起伏", "deviation of the perplexity"),
    "seam_continuity": Text("衔接处的连贯性", "continuity at the seams"),
    "answer_loss": Text("回答的损失", "loss of the answer"),
    "ifd": Text("指令跟随难度", "instruction-following difficulty"),
    "bits_per_character": Text("每字比特数", "bits a character"),
    "order_cost": Text("打乱语序的代价", "cost of another order"),
    "seam_cost": Text("错接句子的代价", "cost of other seams"),
    "peak_nats": Text("最意外处的意外程度", "surprise where it is greatest"),
    "quality_known": Text("已知部分的权重", "weight of the parts that are known"),
    "quality": Text("质量", "quality"),
    "quality_disagreement": Text("评分分歧", "disagreement of scorers"),
    "perplexity": Text("困惑度", "perplexity"),
    "continuity": Text("连贯性", "continuity"),
    "difficulty": Text("难度", "difficulty"),
    "cluster_similarity": Text("与簇心的相似度", "similarity to the cluster"),
    "tokens": Text("词元数", "tokens"),
}
