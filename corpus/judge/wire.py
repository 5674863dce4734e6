"""One call over HTTP: what is sent, and what came of it in a few classes that decide what happens next.

The `openai` package speaks to any server with the chat completions API (vLLM, SGLang, llama.cpp, gateways). Its own
retries are off: who retries must know what was paid.
"""

from __future__ import annotations

import email.utils
import importlib.util
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus.errors import EnvironmentProblem, UsageError
from corpus.judge.schema import Asked, Reader, Reason, Sampling, Unusable, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY_VARIABLE = "OPENAI_API_KEY"
URL_VARIABLE = "OPENAI_BASE_URL"
OPENAI = "https://api.openai.com/v1"
TOO_FAR = 600.0
"""Seconds of a Retry-After that are believed."""
DETAIL = 300
_DATED = re.compile(r"(?:[-@]\d{4}[\d\-]*|[-:]latest)?")


@dataclass(frozen=True)
class Endpoint:
    """Where and whom to ask. `base_url` None: `$OPENAI_BASE_URL`, else api.openai.com. The key is read from the
    environment variable `key_variable` and goes nowhere but into the request."""

    model: str
    base_url: str | None = None
    key_variable: str = KEY_VARIABLE
    timeout: float = 120.0


class Passing(Exception):
    """The call failed for a reason that may pass. `maybe_paid`: the server may have done the work; `wait`: seconds it
    asked for; `down`: nothing answers there at all."""

    def __init__(self, detail: str, *, maybe_paid: bool = False, wait: float | None = None) -> None:
        super().__init__(detail)
        self.maybe_paid, self.wait = maybe_paid, wait


class Rejected(Exception):
    """The server will not take this question (400, 413, 422); asking again is no use."""


@dataclass(frozen=True)
class Reply:
    """A reply with a body: `problem` instead of `value` where it is no answer. It is paid for either way; `usage` None
    where the server did not count."""

    value: Mapping[str, Any] | None
    problem: Unusable | None
    usage: Usage | None
    model: str


def body_of(question: Asked, model: str, sampling: Sampling) -> dict[str, Any]:
    """The request body of a question."""
    return {"model": model, **question.body(sampling)}


def ready(endpoint: Endpoint) -> tuple[str, str]:
    """The address and the key. EnvironmentProblem without the package or, where one is surely needed, without a key;
    UsageError for an address that is none."""
    if importlib.util.find_spec("openai") is None:
        raise EnvironmentProblem("judging needs the package openai: pip install 'corpus-tiers[judge]'")
    url = endpoint.base_url or os.environ.get(URL_VARIABLE) or None
    key = os.environ.get(endpoint.key_variable, "")
    if url is not None and not url.startswith(("http://", "https://")):
        raise UsageError(f"--base-url {url}: must begin with http:// or https://, such as http://localhost:8000/v1")
    if not key and url is None:
        raise EnvironmentProblem(f"no key: set {endpoint.key_variable}, or --base-url for a server of your own")
    return url or OPENAI, key


class Wire:
    """An open connection pool to one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        """See `ready` for what it raises."""
        url, key = ready(endpoint)
        from openai import AsyncOpenAI

        self.endpoint = endpoint
        self._client: AsyncOpenAI = AsyncOpenAI(
            # A server of one's own wants no key, but the package insists on one.
            api_key=key or "none",
            base_url=url,
            timeout=endpoint.timeout,
            max_retries=0,
        )
        self._renamed = False

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()

    async def call(self, body: Mapping[str, Any], read: Reader) -> Reply:
        """Send a body. Raises Passing, Rejected, UsageError or EnvironmentProblem; any other outcome is a Reply."""
        import openai

        if self._renamed:
            body = _renamed(body)
        try:
            raw = await self._client.chat.completions.with_raw_response.create(**body)
            return read_reply(raw.http_response.content, read, self.endpoint.model)
        except openai.APITimeoutError:
            raise Passing(f"no reply in {self.endpoint.timeout:g} s", maybe_paid=True) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise Passing(f"{type(cause).__name__}: {cause}", maybe_paid=not _never_sent(cause)) from None
        except openai.APIStatusError as error:
            status, said = error.status_code, _said(error)
            if status == 400 and "max_completion_tokens" in said and not self._renamed:
                # Some models of today know the bound only by its new name; most servers only by the old one.
                self._renamed = True
                return await self.call(body, read)
            raise _of_status(status, said, error.response.headers, self.endpoint) from None


def _renamed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {("max_completion_tokens" if name == "max_tokens" else name): value for name, value in body.items()}


def _never_sent(cause: BaseException) -> bool:
    """Whether no connection was made, so that nothing can have been paid."""
    return type(cause).__name__ in {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"}


def _of_status(status: int, said: str, headers: Mapping[str, str], endpoint: Endpoint) -> Exception:
    if status in (401, 403):
        return EnvironmentProblem(f"the server refuses the key ({status}): {said}. Set {endpoint.key_variable}")
    if status == 404:
        return UsageError(f"the server knows no model {endpoint.model!r}, or --base-url is wrong: {said}")
    if status == 429 and "insufficient_quota" in said:
        return EnvironmentProblem(f"the account has no quota left: {said}. What was answered is kept")
    if status in (408, 409, 425, 429) or status >= 500:
        # A gateway that gave up waiting (502, 504) may have left a model at work that will be charged for.
        return Passing(f"{status}: {said}", maybe_paid=status in (408, 502, 504), wait=wait_of(headers, time.time()))
    return Rejected(f"{status}: {said}")


def _said(error: Any) -> str:
    """The server's own words, one line."""
    try:
        text = error.response.text
    except Exception:  # a body that cannot be read says nothing
        return str(error)[:DETAIL]
    try:
        found = json.loads(text)
        inner = found.get("error", found) if isinstance(found, dict) else found
        text = f"{inner.get('message', '')} {inner.get('code') or ''}" if isinstance(inner, dict) else str(inner)
    except ValueError:
        pass
    return " ".join(text.split())[:DETAIL]


def wait_of(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds a Retry-After asks for (a number, or a date), at most TOO_FAR; None where it asks for nothing."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name)
        if said is None:
            continue
        try:
            seconds = float(said) * unit
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(said).timestamp() - now
            except (ValueError, TypeError):
                continue
        if seconds == seconds:
            return min(max(seconds, 0.0), TOO_FAR)
    return None


def read_reply(data: bytes, read: Reader, wanted_model: str) -> Reply:
    """The body of a successful status, whatever it holds. Total: no body makes it raise."""
    try:
        body = json.loads(data)
        if not isinstance(body, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError) as error:
        return Reply(None, Unusable(Reason.MALFORMED, f"the body is not JSON: {error}"[:DETAIL]), None, "")
    usage, model = _usage(body), body.get("model")
    model = model if isinstance(model, str) else ""
    try:
        return Reply(_value(body, read, model, wanted_model), None, usage, model)
    except Unusable as problem:
        return Reply(None, problem, usage, model)


def _usage(body: Mapping[str, Any]) -> Usage | None:
    said = body.get("usage")
    if not isinstance(said, dict):
        return None
    counts = [said.get("prompt_tokens"), said.get("completion_tokens")]
    if not all(type(count) is int and 0 <= count < 1 << 40 for count in counts):
        return None
    return Usage(*counts)  # type: ignore[arg-type]


def _value(body: Mapping[str, Any], read: Reader, model: str, wanted: str) -> Mapping[str, Any]:
    if not same_model(model, wanted):
        raise Unusable(Reason.WRONG_MODEL, f"asked {wanted!r}, {model!r} answered")
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(one, dict) for one in choices):
        raise Unusable(Reason.MALFORMED, "no choices")
    values = [_choice(one, read) for one in choices]
    if any(value != values[0] for value in values):
        raise Unusable(Reason.SEVERAL_CHOICES, f"{len(values)} choices that differ")
    return values[0]


def _choice(choice: Mapping[str, Any], read: Reader) -> Mapping[str, Any]:
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Unusable(Reason.MALFORMED, "a choice without a message")
    if choice.get("finish_reason") == "content_filter" or message.get("refusal"):
        raise Unusable(Reason.REFUSED, " ".join(str(message.get("refusal") or "content filter").split())[:DETAIL])
    if choice.get("finish_reason") == "length":
        raise Unusable(Reason.CUT_OFF, "the answer was longer than max_tokens")
    content = message.get("content")
    if not isinstance(content, str):
        raise Unusable(Reason.MALFORMED, "a message without content")
    return read(content)


def same_model(said: str, wanted: str) -> bool:
    """Whether a server that says it is `said` may answer for `wanted`: the same, the same without its folder, or that
    with a date behind it."""
    given, asked = (name.lower().rstrip("/").rpartition("/")[2] for name in (said, wanted))
    return bool(given) and given.startswith(asked) and _DATED.fullmatch(given[len(asked) :]) is not None
