"""Calls of tools and thoughts as text, and back.

The canonical form is the one that the chat templates of Qwen and Hermes models write: every call of an assistant is a
block `<tool_call>` newline, a JSON object with `name` and `arguments`, newline `</tool_call>`, blocks separated by a
newline; thoughts stand before the answer as `<think>` newline, text, newline `</think>` and an empty line. The result
of a tool is the content of a `tool` turn, as it came. JSON of a single call is not written anew.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

OPEN, CLOSE = "<tool_call>\n", "\n</tool_call>"
_BLOCK = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)
_THINK = re.compile(r"\A<think>\n(.*?)\n</think>(?:\n\n|\Z)", re.DOTALL)


def calls_text(calls: Sequence[str]) -> str:
    """JSON texts of calls as blocks."""
    return "\n".join(f"{OPEN}{call}{CLOSE}" for call in calls)


def calls_of(text: str) -> list[str] | None:
    """The JSON texts of a content that is blocks and nothing else; None for any other."""
    if not text.startswith(OPEN):
        return None
    found = _BLOCK.findall(text)
    return found if calls_text(found) == text else None


def is_call(text: str) -> bool:
    """Whether a content ends with a call, so that results, or another call, may follow."""
    return text.endswith(CLOSE)


def from_function_call(value: str) -> str:
    """The content of a `function_call` turn: its JSON as a block, of a list a block each."""
    try:
        parsed = orjson.loads(value)
    except ValueError:
        return calls_text([value])
    if isinstance(parsed, list) and parsed:
        return calls_text([_dumps(one) for one in parsed])
    return calls_text([value])


def to_function_call(text: str) -> str | None:
    """The value of a `function_call` turn that reads as this content; None when there is none."""
    calls = calls_of(text)
    if not calls:
        return None
    value = calls[0] if len(calls) == 1 else f"[{', '.join(calls)}]"
    return value if from_function_call(value) == text else None


def from_openai(content: str | None, calls: Sequence[Any], thoughts: object = None) -> str | None:
    """The content of an assistant turn with `tool_calls` (name and arguments, these often JSON inside a string) and
    perhaps thoughts of their own field; None when the calls are none."""
    said = []
    for call in calls:
        function = call.get("function", call) if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping) or type(function.get("name")) is not str:
            return None
        arguments = function.get("arguments", {})
        if type(arguments) is str:
            with contextlib.suppress(ValueError):
                arguments = orjson.loads(arguments)
        said.append(_dumps({"name": function["name"], "arguments": arguments}))
    text = "\n".join(one for one in (content or "", calls_text(said)) if one)
    return with_thoughts(thoughts, text) if type(thoughts) is str and thoughts else text


def with_thoughts(thoughts: str, text: str) -> str:
    """An answer with what was thought before it."""
    return f"<think>\n{thoughts}\n</think>" + (f"\n\n{text}" if text else "")


def from_parts(parts: Sequence[Any]) -> str | None:
    """The content of a list of parts `{type, value}` or `{type, text}`: text, reasoning, tool_call; None when a part is
    something else, such as an image."""
    thoughts: list[str] = []
    said: list[str] = []
    for part in parts:
        if not isinstance(part, Mapping):
            return None
        value = part.get("value", part.get("text"))
        match part.get("type"):
            case "text" | "input_text" | "output_text" if type(value) is str:
                said.append(value)
            case "reasoning" | "thinking" if type(value) is str and not said:
                thoughts.append(value)
            case "tool_call" | "tool_calls" | "function_call" if value is not None:
                said.append(from_function_call(value if type(value) is str else _dumps(value)))
            case _:
                return None
    text = "\n".join(one for one in said if one)
    return with_thoughts("\n".join(thoughts), text) if thoughts else text


def to_parts(text: str, key: str) -> list[dict[str, str]]:
    """The parts of a content, their text under `key`; `from_parts` is its inverse on what it gives."""
    parts: list[dict[str, str]] = []
    thought = _THINK.match(text)
    if thought:
        parts.append({"type": "reasoning", key: thought[1]})
        text = text[thought.end() :]
    first = _BLOCK.search(text)
    calls = calls_of(text[first.start() :]) if first else None
    if first and calls and (first.start() == 0 or text[first.start() - 1] == "\n"):
        if first.start():
            parts.append({"type": "text", key: text[: first.start() - 1]})
        return parts + [{"type": "tool_call", key: call} for call in calls]
    return [*parts, {"type": "text", key: text}]


def _dumps(value: Any) -> str:
    return value if type(value) is str else orjson.dumps(value).decode()
