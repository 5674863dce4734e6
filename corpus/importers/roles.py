"""Names of roles, and what a dialogue must look like: who may follow whom, and nothing empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.importers.model import Problem, Reason, Turns
from corpus.importers.tools import is_call

SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"

ROLES: Mapping[str, str] = {
    "system": SYSTEM,
    "developer": SYSTEM,
    "user": USER,
    "human": USER,
    "prompter": USER,
    "client": USER,
    "visitor": USER,
    "seeker": USER,
    "assistant": ASSISTANT,
    "gpt": ASSISTANT,
    "chatgpt": ASSISTANT,
    "bing": ASSISTANT,
    "bard": ASSISTANT,
    "bot": ASSISTANT,
    "model": ASSISTANT,
    "counselor": ASSISTANT,
    "counsellor": ASSISTANT,
    "supporter": ASSISTANT,
    "function_call": ASSISTANT,
    "tool": TOOL,
    "observation": TOOL,
    "function": TOOL,
    "function_response": TOOL,
}
"""Names that sources use, in lower case. A name that is missing here is no role: nothing is trained as the assistant
because it is not the human."""

_MAY_FOLLOW = {
    SYSTEM: {""},
    USER: {"", SYSTEM, ASSISTANT},
    ASSISTANT: {USER, TOOL},
    TOOL: {ASSISTANT, TOOL},
}


def role_of(name: object) -> str | None:
    """The canonical role of a source's name; None when it names none."""
    if type(name) is not str:
        return None
    return ROLES.get(name) or ROLES.get(name.strip().lower())


def blank(text: str) -> bool:
    """Whether a text says nothing."""
    return not text or text.isspace()


def problem_in(turns: Sequence[tuple[str, str]], before: str = "") -> Problem | None:
    """Why these turns are no dialogue, None when they are one; `before` is the role they follow.

    A system turn only stands first. Users follow the system or an answer; answers follow users or tools, and a call
    may follow a call; tools follow an answer or a tool. No turn of a user or assistant is empty; the result of a tool
    and a system turn may be (an empty one says that there is none).
    """
    was_call = False
    for at, (role, content) in enumerate(turns):
        call = role == ASSISTANT and is_call(content)
        if before not in _MAY_FOLLOW[role] and not (call and was_call):
            return Problem(Reason.ROLE_ORDER, f"turn {at + 1}: {role} {f'after {before}' if before else 'first'}")
        if blank(content) and role in (USER, ASSISTANT):
            last = at == len(turns) - 1 and role == ASSISTANT
            return Problem(Reason.NO_ANSWER if last else Reason.EMPTY_TURN, f"turn {at + 1}: {role} says nothing")
        before, was_call = role, call
    return None


def trimmed(turns: Turns) -> tuple[Turns, Turns]:
    """The turns up to the last answer, and those after it."""
    end = len(turns)
    while end and turns[end - 1][0] != ASSISTANT:
        end -= 1
    return turns[:end], turns[end:]


def without_greeting(turns: Turns) -> tuple[Turns, Turns]:
    """The turns without answers that stand before the first question, and those."""
    start = 1 if turns and turns[0][0] == SYSTEM else 0
    end = start
    while end < len(turns) and turns[end][0] == ASSISTANT:
        end += 1
    return turns[:start] + turns[end:], turns[start:end]
