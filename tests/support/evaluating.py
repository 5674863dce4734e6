"""What the tests of evaluations share: questions of every family, and a judge that knows what each answer is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from judge_asking import SOON
from judge_server import MODEL, JudgeServer

from corpus.evaluation.asking import Bench
from corpus.evaluation.bootstrap import Resampling
from corpus.judge.budget import Budget
from corpus.judge.client import Terms
from corpus.judge.wire import Endpoint

HOW = Resampling(200, 1)
HOSTILE = '</script><script>window.owned = 1</script><img src=x onerror="window.owned = 2">'
CLASSES = ("open qa", "closed\xa0QA", "Math", "ｃｏｄｅ", "generation", "星象")
QUESTIONS = [
    {"question": f"第{n}题：河边有几棵柳树？{HOSTILE if n == 3 else ''}", "class": CLASSES[n % 6],
     "std_answer": "" if n % 6 == 4 else f"{n}棵"}
    for n in range(24)
]  # fmt: skip


def rating(parts: dict[str, str]) -> dict[str, Any]:
    """A judge that knows: #N in an answer is its worth in tenths, and it says more of what is hostile."""
    worth = {name: int(text.rpartition("#")[2] or 0) / 10 for name, text in parts.items()
             if name in ("reply", "first", "second")}  # fmt: skip
    if "reply" in worth:
        return {"reason": f"看过 {HOSTILE}", "score": worth["reply"]}
    apart = worth["first"] - worth["second"]
    return {"reason": f"比过 {HOSTILE}", "winner": "tie" if not apart else "first" if apart > 0 else "second"}


def bench(server: JudgeServer, out: Path, tokens: int | None = None) -> Bench:
    return Bench(out, Endpoint(MODEL, server.url), Terms(patience=SOON, concurrency=4, budget=Budget(None, tokens)))
