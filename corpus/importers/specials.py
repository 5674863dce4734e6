"""Control tokens of chat templates in texts that people wrote.

They are kept, because a question about them is a question, and named in the record's note, because a tokenizer that
parses them lets a user speak as the assistant. A trainer must encode turns without parsing control tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = re.compile(
    r"<\|[A-Za-z_][A-Za-z0-9_ ]{0,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<eo[htcrm]>"
    r"|<unk>|<pad>|<｜[^<>｜]{1,30}｜>"
)


def special_tokens(texts: Iterable[str]) -> list[str]:
    """The different control tokens in these texts, in the order they stand."""
    found: dict[str, None] = {}
    for text in texts:
        if "<" in text or "[" in text:
            found.update(dict.fromkeys(_SPECIAL.findall(text)))
    return list(found)
