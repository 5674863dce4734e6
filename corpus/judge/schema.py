"""Questions, answers, and the schema an answer must have: what is sent to the server, and what is held against it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from corpus.judge.prompts import Prompt, Wanted

Structure = Literal["schema", "object", "none"]
Reader = Callable[[str], Mapping[str, Any]]
"""From a reply's text to the answer's value; raises Unusable."""
CHAT, TEXT = "chat", "text"
KEY_DIGITS = 32
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)


class Reason(StrEnum):
    """Why a question has no answer. Stable names: they are keys of the account and of the ledger."""

    MALFORMED = "malformed"
    VIOLATES_SCHEMA = "violates_schema"
    CUT_OFF = "cut_off"
    REFUSED = "refused"
    WRONG_MODEL = "wrong_model"
    SEVERAL_CHOICES = "several_choices"
    REJECTED = "rejected_by_server"
    UNREACHABLE = "unreachable"
    EMPTY = "empty"
    MISSING_PART = "missing_part"
    UNASKED = "unasked"


PASSING = frozenset({Reason.UNREACHABLE})
"""Reasons that say nothing of the question: it is asked again when the command is repeated."""


class Unusable(Exception):
    """A reply that is no answer. `reason` is the class, the text says more."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Sampling:
    """How the model is asked to answer. `temperature` None: whatever the server does. `max_tokens` bounds the answer
    and so what a call can cost. `structure`: how the schema is enforced by the server; it is always checked here."""

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int = 512
    seed: int | None = None
    structure: Structure = "schema"

    def body(self) -> dict[str, Any]:
        """The settings that are set, as the chat API names them."""
        given = {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens, "seed": self.seed}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class Usage:
    """Tokens of one call as the server counts them."""

    input: int
    output: int

    @property
    def total(self) -> int:
        """Both."""
        return self.input + self.output


@dataclass(frozen=True)
class Question:
    """A prompt and its parts by name. `id` is the caller's own; what is paid for once is the content."""

    id: str
    prompt: Prompt
    parts: Mapping[str, str]

    @property
    def content(self) -> str:
        """The digest of the parts."""
        return digest({name: self.parts[name] for name in self.prompt.parts})

    @property
    def origin(self) -> str:
        """The digest of what asks: the prompt's."""
        return self.prompt.digest

    @property
    def missing(self) -> tuple[str, ...]:
        """Parts of the prompt that the question lacks."""
        return tuple(name for name in self.prompt.parts if self.parts.get(name) is None)

    @property
    def blank(self) -> bool:
        """Whether there is nothing to ask about."""
        return not any(self.parts[name].strip() for name in self.prompt.parts)

    def key(self, model: str, sampling: Sampling) -> str:
        """What the ledger knows the question by: content, model, prompt and sampling."""
        settings = {**sampling.body(), "structure": sampling.structure}
        return digest([self.content, model, self.origin, settings])[:KEY_DIGITS]

    def body(self, sampling: Sampling) -> dict[str, Any]:
        """What is sent, but for the model's name."""
        body = {"messages": self.prompt.messages(self.parts), **sampling.body()}
        form = response_format(self.prompt, sampling.structure)
        return body | ({"response_format": form} if form else {})

    def read(self, content: str) -> dict[str, Any]:
        """See `read_value`."""
        return read_value(self.prompt, content)


@dataclass(frozen=True)
class Chat:
    """A conversation that the model is to continue in its own words; the answer's value is {"text": what it said}.

    `messages` are pairs of a role (system, user, assistant) and a text, sent as they are. `draw` tells apart several
    answers that are wanted to one conversation: each is paid for, and with a seed each has its own."""

    id: str
    messages: tuple[tuple[str, str], ...]
    draw: int = 0

    @property
    def content(self) -> str:
        """The digest of the messages."""
        return digest([list(message) for message in self.messages])

    @property
    def origin(self) -> str:
        """No prompt of ours asks here."""
        return CHAT

    @property
    def missing(self) -> tuple[str, ...]:
        """A conversation lacks nothing."""
        return ()

    @property
    def blank(self) -> bool:
        """Whether nobody has said anything."""
        return not any(text.strip() for role, text in self.messages if role != "system")

    def key(self, model: str, sampling: Sampling) -> str:
        """What the ledger knows the conversation by: messages, model, sampling and draw."""
        return digest([self.content, model, CHAT, sampling.body(), self.draw])[:KEY_DIGITS]

    def body(self, sampling: Sampling) -> dict[str, Any]:
        """What is sent, but for the model's name."""
        shown = [{"role": role, "content": text} for role, text in self.messages]
        body = {"messages": shown, **sampling.body()}
        return body if sampling.seed is None else body | {"seed": sampling.seed + self.draw}

    def read(self, content: str) -> dict[str, Any]:
        """The text without thoughts before it. Unusable when nothing is left."""
        text = _THOUGHT.sub("", content, count=1).strip()
        if not text:
            raise Unusable(Reason.MALFORMED, "an answer without a word")
        return {TEXT: text}


Asked = Question | Chat
"""What can be asked: a prompt with its parts, or a conversation to continue."""


@dataclass(frozen=True)
class Answer:
    """What became of a question: `value` with the fields of the prompt's schema, or None and `reason`.

    `bought` is true where this very call paid for it, false where the ledger had it."""

    id: str
    key: str
    value: Mapping[str, Any] | None
    reason: Reason | None = None
    detail: str = ""
    model: str = ""
    usage: Usage = field(default=Usage(0, 0))
    bought: bool = False


def digest(value: Any) -> str:
    """64 hex digits of a value made of dicts, lists and scalars; the order of keys does not matter."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()


def json_schema(prompt: Prompt) -> dict[str, Any]:
    """The strict JSON schema of the prompt's answer: all fields required, none else allowed."""
    return {
        "type": "object",
        "properties": {name: _property(wanted) for name, wanted in prompt.answer.items()},
        "required": list(prompt.answer),
        "additionalProperties": False,
    }


def response_format(prompt: Prompt, structure: Structure) -> dict[str, Any] | None:
    """How the server is told to enforce it; None where it is only asked for in words."""
    if structure == "schema":
        named = {"name": re.sub(r"\W", "_", prompt.name)[:60], "strict": True, "schema": json_schema(prompt)}
        return {"type": "json_schema", "json_schema": named}
    return {"type": "json_object"} if structure == "object" else None


def _property(wanted: Wanted) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": wanted.means} if wanted.means else {}
    match wanted.kind:
        case "integer":
            # An enumeration is enforced by every server that enforces anything; bounds are not.
            return {**shown, "type": "integer", "enum": list(range(int(wanted.least or 0), int(wanted.most or 0) + 1))}
        case "number":
            return {**shown, "type": "number", "minimum": wanted.least, "maximum": wanted.most}
        case "choice":
            return {**shown, "type": "string", "enum": list(wanted.of)}
        case "strings":
            return {**shown, "type": "array", "items": {"type": "string"}}
        case "boolean":
            return {**shown, "type": "boolean"}
        case _:
            return {**shown, "type": "string"}


def read_value(prompt: Prompt, content: str) -> dict[str, Any]:
    """The answer in a reply's text; Unusable when it is not one JSON object of the prompt's schema.

    Thoughts before it and a code fence around it are passed over; a key that is given twice is malformed.
    """
    bare = _THOUGHT.sub("", content, count=1)
    if fenced := _FENCED.match(bare):
        bare = fenced[1]
    try:
        value = json.loads(bare, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unusable(Reason.MALFORMED, f"not JSON: {error}") from None
    try:
        checked = _model(prompt).model_validate(value)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:4])
        raise Unusable(Reason.VIOLATES_SCHEMA, said) from None
    return checked.model_dump()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@lru_cache(maxsize=256)
def _model(prompt: Prompt) -> type[BaseModel]:
    fields: dict[str, Any] = {name: (_type(wanted), ...) for name, wanted in prompt.answer.items()}
    return create_model("Reply", __config__=ConfigDict(extra="forbid", strict=True), **fields)


def _type(wanted: Wanted) -> Any:
    match wanted.kind:
        case "integer":
            return Annotated[int, Field(ge=wanted.least, le=wanted.most)]
        case "number":
            return Annotated[float, Field(ge=wanted.least, le=wanted.most, allow_inf_nan=False)]
        case "choice":
            return Literal[wanted.of]
        case "strings":
            return list[str]
        case "boolean":
            return bool
        case _:
            return str
