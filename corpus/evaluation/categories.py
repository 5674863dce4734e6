"""Names of categories as test sets write them, and which prompt judges a question of each."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Family = Literal["reference", "open", "maths", "code"]
"""How an answer is judged: against a reference, without one, by the result of a calculation, or as a program."""
NONE = "none"
"""The category of a question that names none."""
MATHS, CODE = "maths", "code"
HARD_TO_JUDGE = frozenset({MATHS, CODE})
"""Categories in which a model is a poor judge; averages are told with and without them, as BELLE's report does."""
_OPEN = frozenset({"brainstorming", "generation", "role play", "chat"})
"""Categories in which one good answer says little of another: no reference is shown."""
_ALIASES: dict[str, tuple[str, ...]] = {
    "open qa": ("open question answering", "general qa", "qa", "开放问答", "开放式问答", "问答"),
    "closed qa": ("closed question answering", "reading comprehension", "封闭问答", "封闭式问答", "阅读理解"),
    "classification": ("classify", "分类"),
    "extraction": ("extract", "information extraction", "抽取", "信息抽取", "提取"),
    "summarisation": ("summarization", "summary", "摘要", "总结", "概括"),
    "translation": ("translate", "翻译"),
    "rewriting": ("rewrite", "改写", "润色"),
    "brainstorming": ("brainstorm", "头脑风暴"),
    "generation": ("open generation", "creative writing", "writing", "生成", "创作", "写作", "开放式生成"),
    "role play": ("roleplay", "roleplaying", "role playing", "角色扮演"),
    "chat": ("conversation", "闲聊", "聊天"),
    MATHS: ("math", "mathematics", "数学", "计算"),
    CODE: ("coding", "programming", "代码", "编程"),
    "reasoning": ("logic", "推理", "逻辑推理"),
}
_KNOWN = {name: canonical for canonical, others in _ALIASES.items() for name in (canonical, *others)}
_GAPS = re.compile(r"[\s_\-]+")


def folded(name: str) -> str:
    """A name in compatibility form (NFKC: full width and no-break spaces become plain), in lower case, with single
    spaces for gaps, underscores and hyphens."""
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


def category_of(name: str | None) -> tuple[str, bool]:
    """The category that a name means, and whether it is one we know. An unknown one stands for itself, folded, so
    nothing is lost; no name is `none`, which is known."""
    said = folded(name or "")
    return (NONE, True) if not said else (_KNOWN.get(said, said), said in _KNOWN)


def family_of(category: str, reference: str) -> Family:
    """How a question of this category is judged. Every question has a family: without a reference it is `open`."""
    if not reference.strip() or category in _OPEN:
        return "open"
    if category in HARD_TO_JUDGE:
        return "maths" if category == MATHS else "code"
    return "reference"
