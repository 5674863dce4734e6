"""The chat template that came with a tokenizer, where it says which parts a model is to learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus.errors import UsageError
from train.templates.model import Message, Rendered

NAME = "own"


@dataclass(frozen=True)
class Own:
    """A jinja template with `{% generation %}` blocks, and the words that it is filled with beside the messages."""

    template: str
    words: tuple[tuple[str, Any], ...] = ()
    name: str = NAME
    marks: tuple[str, ...] = ()

    def render(self, messages: Sequence[Message], bos: str, eos: str, prompt: bool = False) -> Rendered:
        """As Template.render. Learnt are the generation blocks; what people wrote is looked for in the text."""
        from transformers.utils.chat_template_utils import render_jinja_template

        texts, indices = render_jinja_template(
            conversations=[[dict(message) for message in messages]], chat_template=self.template,
            return_assistant_tokens_mask=True, add_generation_prompt=prompt,
            **{**dict(self.words), "bos_token": bos, "eos_token": eos},
        )  # fmt: skip
        text = texts[0]
        spans = tuple((int(start), int(end)) for start, end in indices[0])
        contents, at = [], 0
        for message in messages:
            start = text.find(message["content"], at) if message["content"] else -1
            if start >= 0:
                at = start + len(message["content"])
                contents.append((start, at))
        return Rendered(text, spans, tuple(contents), tuple(end for _, end in spans))

    def jinja(self) -> str:
        """Itself."""
        return self.template


def own(tokenizer: Any) -> Own:
    """The template of a tokenizer. UsageError when there is none, or it does not say what is learnt."""
    template = tokenizer.chat_template
    if not isinstance(template, str) or "{% generation" not in template.replace("{%-", "{%"):
        raise UsageError(
            "the tokenizer's own chat template marks nothing as learnt (it has no {% generation %} block), so every "
            "mask would be empty: name the template of its family"
        )
    return Own(template)
