"""A template as its parts. An answer and the mark that ends it are learnt; everything else is context."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Message = Mapping[str, str]


@dataclass(frozen=True)
class Rendered:
    """A conversation as text. `spans` are the parts that are learnt, from and to in characters, `contents` those that
    people wrote, which must not be read as marks; `turns` where the text may be cut: behind each answer."""

    text: str
    spans: tuple[tuple[int, int], ...]
    contents: tuple[tuple[int, int], ...]
    turns: tuple[int, ...]


@dataclass(frozen=True)
class Template:
    """`{content}` is what a turn says, `{bos}` and `{eos}` are the tokenizer's. `opens` stands before an answer and
    `closes`, which is learnt, behind it; `after` follows where another turn does. With `merged` a system turn is
    written into the first question (`{system}` and `{content}`); `again` is how later questions are written, if in
    another way. `marks` are tokens that a vocabulary must have for the family's models to tell turns apart."""

    name: str
    source: str
    begin: str = ""
    system: str = ""
    user: str = "{content}"
    again: str = ""
    merged: str = ""
    tool: str = ""
    opens: str = ""
    closes: str = "{eos}"
    after: str = ""
    marks: tuple[str, ...] = field(default=())

    def render(self, messages: Sequence[Message], bos: str, eos: str, prompt: bool = False) -> Rendered:
        """The text of a conversation; with `prompt` it ends where an answer begins."""
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        contents: list[tuple[int, int]] = []
        turns: list[int] = []
        at = 0

        def put(form: str, **own: str) -> None:
            """Write a form; of what it holds, `own` are contents."""
            nonlocal at
            for part in _parts(form):
                text = own.get(part[1:-1]) if part in HOLES else part
                if text is None:
                    text = bos if part == "{bos}" else eos
                elif part in HOLES and text:
                    contents.append((at, at + len(text)))
                pieces.append(text)
                at += len(text)

        system, asked = "", 0
        put(self.begin)
        for place, message in enumerate(messages):
            role, content = message["role"], message["content"]
            if role == "system":
                if self.merged:
                    system = content
                else:
                    put(self.system, content=content)
            elif role == "assistant":
                put(self.opens)
                start = at
                put("{content}", content=content)
                put(self.closes)
                spans.append((start, at))
                turns.append(at)
                if place + 1 < len(messages):
                    put(self.after)
            else:
                form = self.tool if role == "tool" and self.tool else self.user
                if asked and self.again and role == "user":
                    form = self.again
                if system:
                    put(self.merged, system=system, content=content)
                    system = ""
                else:
                    put(form, content=content)
                asked += 1
        if prompt:
            put(self.opens)
        return Rendered("".join(pieces), tuple(spans), tuple(contents), tuple(turns))

    def jinja(self) -> str:
        """The same for transformers, TRL and servers, with the learnt parts marked by `generation`."""
        user = _jinja(self.user)
        if self.again:
            user = "{% if ns.asked %}" + _jinja(self.again) + "{% else %}" + user + "{% endif %}"
        if self.merged:
            user = (
                "{% if ns.system %}" + _jinja(self.merged) + "{% set ns.system = '' %}{% else %}" + user + "{% endif %}"
            )
        tool = _jinja(self.tool) if self.tool else user
        system = "{% set ns.system = m['content'] %}" if self.merged else _jinja(self.system)
        answer = (
            f"{_jinja(self.opens)}{{% generation %}}{{{{ m['content'] }}}}{_jinja(self.closes)}{{% endgeneration %}}"
            f"{{% if not loop.last %}}{_jinja(self.after)}{{% endif %}}"
        )
        return (
            "{% set ns = namespace(system='', asked=false) %}" + _jinja(self.begin) + "{% for m in messages %}"
            "{% if m['role'] == 'system' %}" + system + "{% elif m['role'] == 'assistant' %}" + answer
            + "{% elif m['role'] == 'tool' %}" + tool + "{% set ns.asked = true %}"
            + "{% else %}" + user + "{% set ns.asked = true %}{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}" + _jinja(self.opens) + "{% endif %}"
        )  # fmt: skip


HOLES = ("{content}", "{system}", "{bos}", "{eos}")


def _parts(form: str) -> list[str]:
    """A form cut at its holes."""
    found = [form]
    for hole in HOLES:
        found = [
            piece
            for part in found
            for piece in ([part] if part in HOLES else _between(part.split(hole), hole))
            if piece
        ]
    return found


def _between(parts: list[str], hole: str) -> list[str]:
    return [piece for number, part in enumerate(parts) for piece in ([hole, part] if number else [part])]


def _jinja(form: str) -> str:
    names = {"{content}": "m['content']", "{system}": "ns.system", "{bos}": "bos_token", "{eos}": "eos_token"}
    return "".join("{{ " + names.get(part, json.dumps(part, ensure_ascii=False)) + " }}" for part in _parts(form))
