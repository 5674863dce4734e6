"""How instruction and input become the text before an answer: a model's own chat template, or a declared one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus.errors import UsageError

PLAIN = "{instruction}\n\n{input}\n\n"
"""What stands before an answer where the model has no chat template and none was declared."""
_FIELD = re.compile(r"\{(instruction|input)\}")
_SPACE = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Prompt:
    """`chat`: a model's chat template with one user turn. Else `template`, a text with `{instruction}` and `{input}`;
    lines left empty by an input that is not there are closed up."""

    template: str = PLAIN
    chat: bool = False

    @property
    def digest(self) -> str:
        """12 hex digits of the declared text; the template of a chat is part of the model's own digest."""
        said = "chat" if self.chat else self.template
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def filled(self, instruction: str, given: str) -> str:
        """The declared text of one row. What a row says is never read as a field of the template."""
        values = {"instruction": instruction, "input": given}
        found = _FIELD.sub(lambda one: values[one[1]], self.template)
        return found if given else self._closed(values)

    def _closed(self, values: dict[str, str]) -> str:
        closed = _SPACE.sub("\n\n", self.template.replace("{input}", ""))
        return _FIELD.sub(lambda one: values[one[1]], closed)


def declared(template: str | None, tokenizer: Any) -> Prompt:
    """The template that was named, else the tokenizer's chat template, else PLAIN.

    UsageError when a named template has no `{instruction}`.
    """
    if template is not None:
        if "{instruction}" not in template:
            raise UsageError("the prompt template has no {instruction}; it may have an {input}")
        return Prompt(template)
    return Prompt(chat=True) if getattr(tokenizer, "chat_template", None) else Prompt()


def prompts(prompt: Prompt, tokenizer: Any, instruction: Sequence[str], given: Sequence[str]) -> list[list[int]]:
    """The tokens before each answer. A declared text begins with the model's start token where it has one."""
    if prompt.chat:
        turns = [
            [{"role": "user", "content": ask if not more else f"{ask}\n\n{more}"}]
            for ask, more in zip(instruction, given, strict=True)
        ]
        texts = [tokenizer.apply_chat_template(one, tokenize=False, add_generation_prompt=True) for one in turns]
        return encoded(tokenizer, texts)
    texts = [prompt.filled(ask, more) for ask, more in zip(instruction, given, strict=True)]
    start = start_of(tokenizer)
    return [[*start, *one] for one in encoded(tokenizer, texts)]


def encoded(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of each text and nothing else: no start, no end, nothing cut."""
    if not texts:
        return []
    return [
        list(one) for one in tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False)["input_ids"]
    ]


def start_of(tokenizer: Any) -> list[int]:
    """The token by which a text without context begins: the model's start token, else its end token, else none.

    Models of the GPT-2 family have one token for both.
    """
    for one in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if one is not None:
            return [int(one)]
    return []
