"""Dialogues rendered into one text: the templates that published preference and reward files carry, read and written.

Reading cuts a text at the template's own headers and nowhere else, and strips white space around the turns; whether
writing gives the text again is for the caller to ask. A text that does not begin with a header is no dialogue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.importers.model import Turn, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, USER


@dataclass(frozen=True)
class Template:
    """`header` finds where a turn begins, its group the name; a turn is written as `begin` (of its role), content,
    `end`."""

    name: str
    starts: re.Pattern[str]
    header: re.Pattern[str]
    begin: dict[str, str]
    end: str = ""
    joint: str = ""


_NAMES = {"human": USER, "user": USER, "assistant": ASSISTANT, "bot": ASSISTANT, "system": SYSTEM}

HH = Template(
    "hh",
    re.compile(r"\A\n\nHuman:"),
    re.compile(r"\n\n(Human|Assistant):"),
    {USER: "\n\nHuman: ", ASSISTANT: "\n\nAssistant: "},
)
"""Anthropic's HH-RLHF: every turn begins with an empty line."""
BELLE = Template(
    "belle",
    re.compile(r"\AHuman: \n"),
    re.compile(r"(?:\A|\n\n)(Human|Assistant): \n"),
    {USER: "Human: \n", ASSISTANT: "Assistant: \n"},
    joint="\n\n",
)
"""BELLE's training template: the name alone on its line."""
LABELS = Template(
    "labels",
    re.compile(r"\A\s*(?:Human|User)[:：]"),
    re.compile(r"(?:\A\s*|\n)(Human|User|Assistant)[:：]"),
    {USER: "Human:", ASSISTANT: "Assistant:"},
    joint="\n",
)
"""Lines that begin with the name of who speaks, as in BELLE's flattened multi-turn set."""
CHATML = Template(
    "chatml",
    re.compile(r"\A<\|im_start\|>"),
    re.compile(r"<\|im_start\|>(system|user|assistant)\n"),
    {role: f"<|im_start|>{role}\n" for role in (SYSTEM, USER, ASSISTANT)},
    end="<|im_end|>\n",
)
ZIYA = Template(
    "ziya",
    re.compile(r"\A<human>:"),
    re.compile(r"(?:\A|\n)<(human|bot)>:"),
    {USER: "<human>:", ASSISTANT: "<bot>:"},
    joint="\n",
)
TEMPLATES = (HH, BELLE, LABELS, CHATML, ZIYA)


def template_of(text: str) -> Template | None:
    """The template whose header the text begins with."""
    return next((one for one in TEMPLATES if one.starts.match(text)), None)


def named(name: str) -> Template:
    """The template of that name."""
    return next(one for one in TEMPLATES if one.name == name)


def parse(text: str, template: Template) -> Turns | None:
    """The turns of a rendered text, None when it has no header or does not begin with one."""
    found = list(template.header.finditer(text))
    if not found or text[: found[0].start()].strip():
        return None
    turns: Turns = []
    ends = [one.start() for one in found[1:]] + [len(text)]
    for header, end in zip(found, ends, strict=True):
        content = text[header.end() : end].strip()
        if template.end:
            content = content.removesuffix(template.end.strip()).strip()
        turns.append((_NAMES[header[1].lower()], content))
    return turns


def render(turns: Sequence[Turn], template: Template) -> str:
    """The turns as one text; an empty last answer is a header alone, ready for a model to go on."""
    pieces = []
    for at, (role, content) in enumerate(turns):
        begin = template.begin.get(role, f"{role.capitalize()}: ")
        last = at == len(turns) - 1
        if last and not content and role == ASSISTANT:
            pieces.append(begin.rstrip(" ") if template in (HH, LABELS) else begin)
        else:
            pieces.append(begin + content + template.end)
    return template.joint.join(pieces)
