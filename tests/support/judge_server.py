"""A chat completions server over real HTTP that answers by rule, counts what it was paid for, and misbehaves as told.

The score of a text is in it (`#4`) or follows from its bytes, so right results are known without asking. A `plan` maps
a text and the number of the call for it (from 1) to a behaviour of BEHAVIOURS.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "judge-test"
BEHAVIOURS = (
    *("ok", "500", "502", "503", "429", "slow", "cut", "drop", "garbage", "malformed", "violates", "wrong_model"),
    *("two_choices", "same_twice", "too_long", "refuses", "uncounted", "overcharges", "400", "obeys", "fenced"),
)
UNPAID = {"500", "502", "503", "429", "drop", "400"}
FENCE = re.compile(r"<<<(\w+) ([0-9a-f]{16})\n(.*?)\n\2 \1>>>", re.DOTALL)
Plan = Callable[[str, int], str]
Talk = Callable[[dict[str, Any]], str]
Say = Callable[[dict[str, str]], dict[str, Any]]
"""From the parts of a prompt to the fields of the answer, where a test wants others than scores."""


def score_of(text: str) -> int:
    """The right score of a text, 1 to 5."""
    said = re.search(r"#([1-5])\b", text)
    return int(said[1]) if said else 1 + hashlib.sha256(text.encode()).digest()[0] % 5


def echo(body: dict[str, Any]) -> str:
    """What a model says to a conversation, where a test asks for nothing else: how many turns it saw, and the last."""
    return f"{len(body['messages'])}: {body['messages'][-1]['content']}"


def value_of(parts: dict[str, str], properties: dict[str, Any], biased: bool) -> dict[str, Any]:
    if "winner" in properties:
        one, other = score_of(parts["first"]), score_of(parts["second"])
        winner = "first" if biased else "tie" if one == other else "first" if one > other else "second"
        return {"reason": "seen", "winner": winner}
    score = score_of(next(reversed(parts.values())))
    whole = properties.get("score", {}).get("type", "integer") == "integer"
    return {"reason": "seen", "score": score if whole else score / 5}


class JudgeServer:
    """Payments by text, calls by text, what went over the wire, and the most calls that were under way at once."""

    def __init__(
        self,
        plan: Plan = lambda text, nth: "ok",
        delay: float = 0.0,
        biased: bool = False,
        talk: Talk = echo,
        say: Say | None = None,
    ) -> None:
        self.plan, self.delay, self.biased, self.talk, self.say = plan, delay, biased, talk, say
        self.calls: Counter[str] = Counter()
        self.payments: Counter[str] = Counter()
        self.tokens = 0
        self.costs: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.times: list[float] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.serve(self)

            def log_message(self, *_: Any) -> None: ...

        class Http(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_: Any) -> None:
                """A client that was killed is no error of the server."""

        self.http = Http(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        parts = {name: text for name, _, text in FENCE.findall(body["messages"][-1]["content"])}
        text = "\n".join(parts.values()) if parts else body["messages"][-1]["content"]
        with self.lock:
            self.calls[text] += 1
            behaviour = self.plan(text, self.calls[text])
            assert behaviour in BEHAVIOURS, behaviour
            self.bodies.append(body)
            self.keys.add(request.headers.get("Authorization", ""))
            self.times.append(time.monotonic())
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            self.answer(request, body, parts, text, behaviour)
        finally:
            with self.lock:
                self.under_way -= 1

    def answer(
        self, request: BaseHTTPRequestHandler, body: dict[str, Any], parts: dict[str, str], text: str, behaviour: str
    ) -> None:
        time.sleep(self.delay + (1.0 if behaviour == "slow" else 0))
        if behaviour == "drop":
            reset(request)
            return
        if behaviour in UNPAID:
            headers = {"Retry-After": "1"} if behaviour == "429" else {}
            send(request, int(behaviour), {"error": {"message": f"told to say {behaviour}", "code": None}}, headers)
            return
        prompt_tokens = sum(len(one["content"].encode()) for one in body["messages"]) // 3
        output = 20 if behaviour != "overcharges" else 50_000
        with self.lock:
            self.payments[text] += 1
            self.tokens += prompt_tokens + output
            self.costs.append(prompt_tokens + output)
        reply = self.reply(body, parts, text, behaviour)
        if behaviour != "uncounted":
            reply["usage"] = {"prompt_tokens": prompt_tokens, "completion_tokens": output,
                              "total_tokens": prompt_tokens + output}  # fmt: skip
        data = b"<html>busy</html>" if behaviour == "garbage" else json.dumps(reply, ensure_ascii=False).encode()
        send(request, 200, data, cut=len(data) // 2 if behaviour == "cut" else None)

    def reply(self, body: dict[str, Any], parts: dict[str, str], text: str, behaviour: str) -> dict[str, Any]:
        form = body.get("response_format", {}).get("json_schema", {})
        if parts and self.say:
            value = self.say(parts)
        else:
            value = {} if not parts else value_of(parts, form.get("schema", {}).get("properties", {}), self.biased)
        if behaviour == "obeys" and (said := re.search(r"(?:评为|得分为|必须|must be|score\D{0,12}) ?([0-5])", text)):
            value["score"] = int(said[1])
        if behaviour == "violates":
            value = {"reason": "seen", "score": 9}
        content = json.dumps(value, ensure_ascii=False) if parts else self.talk(body)
        if behaviour == "malformed":
            content = content[:-3]
        if behaviour == "fenced":
            content = f"<think>\n{{a}}</think>\n```json\n{content}\n```"
        finish = "length" if behaviour == "too_long" else "stop"
        refusal = "I will not" if behaviour == "refuses" else None
        choice = {"index": 0, "finish_reason": finish,
                  "message": {"role": "assistant", "content": content, "refusal": refusal}}  # fmt: skip
        choices = [choice]
        if behaviour == "same_twice":
            choices = [choice, {**choice, "index": 1}]
        if behaviour == "two_choices":
            other = json.dumps({**value, "score": value.get("score", 1) % 5 + 1})
            choices = [choice, {**choice, "index": 1, "message": {"role": "assistant", "content": other}}]
        model = "someone-else" if behaviour == "wrong_model" else body["model"]
        return {"id": "c", "object": "chat.completion", "created": 1, "model": model, "choices": choices}


def reset(request: BaseHTTPRequestHandler) -> None:
    """Close the connection at once, without a word."""
    request.close_connection = True
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def send(
    request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None,
    cut: int | None = None,
) -> None:  # fmt: skip
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request.send_response(status)
    for name, value in {
        "Content-Type": "application/json",
        "Content-Length": str(len(data)),
        **(headers or {}),
    }.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(data[:cut])
    if cut is not None:
        reset(request)


@contextmanager
def serving(
    plan: Plan = lambda text, nth: "ok",
    delay: float = 0.0,
    biased: bool = False,
    talk: Talk = echo,
    say: Say | None = None,
) -> Iterator[JudgeServer]:
    """A server on loopback for as long as the block lasts."""
    server = JudgeServer(plan, delay, biased, talk, say)
    thread = threading.Thread(target=lambda: server.http.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join(10)
