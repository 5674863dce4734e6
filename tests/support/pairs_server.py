"""Three models of known strength and judges behind one real HTTP server, for rounds of preference pairs.

A model's answer says its quality (`#1` to `#5`), drawn around the model's strength by the hash of the question; the
judge reads it. A biased judge says `first` unless the second is better by more than its `bias`; a hopeless one always.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from judge_server import FENCE, JudgeServer, score_of

STRENGTH = {"weak": 1.4, "middle": 2.8, "strong": 4.2}
WORDS = tuple("山水风云花鸟鱼虫日月星雨雪霜林石桥路灯书")
QUESTIONS = tuple(f"请写一段关于{one}和{other}的话。" for one in WORDS for other in WORDS if one < other)


def quality(model: str, question: str) -> int:
    """How good the model's answer to the question is, 1 to 5: its strength, one more or one less."""
    drawn = hashlib.sha256(f"{model} {question}".encode()).digest()[0] / 128 - 1
    return min(5, max(1, round(STRENGTH[model] + 1.2 * drawn)))


def said(model: str, question: str, draw: int = 0) -> str:
    """An answer of some length, different for each question and model, that says how good it is."""
    seed = hashlib.sha256(f"{model} {question} {draw}".encode()).digest()
    return "".join(WORDS[byte % len(WORDS)] for byte in seed) + f"。#{quality(model, question)}"


class Models(JudgeServer):
    """`payments` counts by model and question; `bias` is that of the judge: 0 fair, 5 hopeless."""

    bias = 0

    def reply(self, body: dict[str, Any], parts: dict[str, str], text: str, behaviour: str) -> dict[str, Any]:
        if "first" in parts and self.bias:
            one, other = score_of(parts["first"]), score_of(parts["second"])
            winner = "first" if other <= one + self.bias else "second"
            body = {**body, "winner": winner}
        reply = super().reply(body, parts, text, behaviour)
        if "winner" in body:
            content = json.dumps({"reason": "seen", "winner": body["winner"]})
            reply["choices"][0]["message"]["content"] = content
        return reply


def talk(body: dict[str, Any]) -> str:
    """What the model that is asked says."""
    seed = int(body.get("seed", 0))
    return said(body["model"], body["messages"][-1]["content"], seed)


@contextmanager
def models(bias: int = 0, delay: float = 0.0) -> Iterator[Models]:
    """The server on loopback, for as long as the block lasts."""
    server = Models(delay=delay, talk=talk)
    server.bias = bias
    thread = threading.Thread(target=lambda: server.http.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join(10)


def asked_by(server: JudgeServer, models: Sequence[str]) -> dict[tuple[str, str], int]:
    """How often each model was asked each question, of the requests that hold no fenced part."""
    counts: Counter[tuple[str, str]] = Counter()
    for body in server.bodies:
        text = body["messages"][-1]["content"]
        if body["model"] in models and not FENCE.search(text):
            counts[body["model"], text] += 1
    return dict(counts)
