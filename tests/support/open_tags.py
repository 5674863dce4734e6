"""A set of raw tags with known variants: what a judge that never spells alike would give the rows of a corpus."""

from __future__ import annotations

import random
from dataclasses import dataclass

import polars as pl

ZH_OF = [
    "古诗词",
    "求职信",
    "电子商务",
    "机器学习",
    "城市交通",
    "家庭理财",
    "儿童教育",
    "环境保护",
    "足球比赛",
    "细胞生物",
    "宏观经济",
    "操作系统",
    "网络安全",
    "传统节日",
    "短篇小说",
    "旅行路线",
    "营养膳食",
    "心理咨询",
    "法律合同",
    "天文观测",
]
ZH_DO = ["撰写", "赏析", "翻译", "分类", "比较", "规划", "问答", "摘要", "改编", "评论"]
EN_OF = [
    "poetry",
    "contract",
    "database",
    "football",
    "nutrition",
    "galaxy",
    "budget",
    "grammar",
    "museum",
    "vaccine",
    "railway",
    "orchestra",
    "volcano",
    "keyboard",
    "marriage",
    "elephant",
    "pharmacy",
    "election",
    "theatre",
    "bakery",
]
EN_DO = [
    "comparison",
    "description",
    "translation",
    "classification",
    "summary",
    "review",
    "outline",
    "critique",
    "timeline",
    "diagnosis",
]
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_PAIRS = "词詞电電机機习習个個网網经經济濟统統节節动動观觀学學环環护護车車连連时時会會问問类類译譯规規划劃评評论論"
_TRADITIONAL = str.maketrans(_PAIRS[::2], _PAIRS[1::2])


@dataclass(frozen=True)
class Made:
    """`rows`: `row`, `tag` as the judge spelt it; `concept` of each spelling."""

    rows: pl.DataFrame
    concept: dict[str, str]


def made(many: int = 30_000, seed: int = 7) -> Made:
    """Rows of two to five tags of 400 concepts, in about 6,000 spellings, and 400 tags that one row has."""
    rng = random.Random(seed)
    concepts = [a + b for a in ZH_OF for b in ZH_DO] + [f"{a} {b}" for a in EN_OF for b in EN_DO]
    rng.shuffle(concepts)
    spellings = {one: _spellings(one, rng) for one in concepts}
    concept = {spelt: one for one, some in spellings.items() for spelt in some}
    weights = [1 / (5 + place) ** 0.6 for place in range(len(concepts))]
    rows: list[tuple[int, str]] = []
    for row in range(many):
        for one in dict.fromkeys(rng.choices(concepts, weights, k=rng.randint(2, 5))):
            rows.append((row, rng.choice(spellings[one])))
        if row < 400:
            rows.append((row, f"只此一见的标签甲{chr(0x4E00 + 7 * row)}{chr(0x5F00 + 3 * row)}{chr(0x7A00 + row)}"))
    return Made(pl.DataFrame(rows, schema={"row": pl.Int64, "tag": pl.String}, orient="row"), concept)


def _spellings(concept: str, rng: random.Random) -> list[str]:
    """The concept and variants of it: width, case, marks, plural, script, empty words, a letter lost."""
    if concept.isascii():
        of, do = concept.split()
        lost = rng.randint(2, len(do) - 2)
        found = [concept, concept.title(), concept.upper(), f"{of}-{do}", f"{of}_{do}", f"{concept}.", f" {concept} ",
                 concept.translate(_WIDE), f"{of} {do}s", f"the {concept}", f"{concept} task", f'"{concept}"',
                 f"{of}/{do}", f"{of.title()} {do}", f"{of} {do[:lost] + do[lost + 1:]}", f"#{of}-{do}s"]  # fmt: skip
    else:
        found = [concept, f"{concept}。", f"“{concept}”", f"{concept[:-2]} {concept[-2:]}", f"{concept}任务",
                 f"{concept}相关", f"#{concept}", f"{concept}!", f"{concept[:-2]}-{concept[-2:]}", f"【{concept}】",
                 concept.translate(_TRADITIONAL), f"{concept} 任务", f"{concept[:-2]}的{concept[-2:]}", f"({concept})",
                 f"{concept}、", f"{concept[:-2]}·{concept[-2:]}"]  # fmt: skip
    return list(dict.fromkeys(found))
