"""What a model says to the requests of `corpus synth`, by rule: right rows, and wrong ones where a test says so.

A row follows from the request's parts alone (its topic, verb, number of examples), so right results are known without
asking, and a repeated request is answered alike.
"""

from __future__ import annotations

import hashlib
from typing import Any

_FIRST = "江河湖海山川林田日月星云风雨雷电春夏秋冬花草鸟虫"
_WORDS = (
    "amber birch cedar delta ember fjord grove heath islet knoll larch maple north ocean prairie quarry ridge spruce"
)


def number_of(*texts: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(texts).encode()).digest()[:6], "big")


def unlike(number: int, lang: str = "zh", units: int = 18) -> str:
    """A string of words that shares little with those of other numbers."""
    words = list(_FIRST) if lang == "zh" else [f"{word} " for word in _WORDS.split()]
    state, found = number, []
    for _ in range(units):
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        found.append(words[(state >> 33) % len(words)])
    return "".join(found).strip()


def task(parts: dict[str, str], lang: str = "zh") -> dict[str, Any]:
    """A new task, unlike all others of another topic, verb or examples."""
    mark = unlike(number_of(*(parts[name] for name in sorted(parts))), lang)
    if lang == "zh":
        return {"instruction": f"请说明{mark}的由来", "input": "", "output": f"这一说法出自民间，{mark}各有来历。"}
    return {
        "instruction": f"Explain where {mark} comes from.",
        "input": "",
        "output": f"It comes from old {mark} tales.",
    }


def talk(body: dict[str, Any]) -> str:
    """A free answer to a conversation, unlike those to others."""
    mark = unlike(number_of(body["messages"][-1]["content"]))
    return f"可以这样理解：{mark}，先后有别，不能混为一谈。"
