from __future__ import annotations

import neural
import pytest

from corpus.errors import UsageError
from corpus.models.causal.prompt import PLAIN, Prompt, declared, encoded, prompts


def test_a_template_is_filled_and_what_a_row_says_is_no_field() -> None:
    assert Prompt("Q: {instruction}\nI: {input}\nA:").filled("{input}", "x {instruction}") == (
        "Q: {input}\nI: x {instruction}\nA:"
    )


def test_an_input_that_is_not_there_leaves_no_gap() -> None:
    assert Prompt().filled("ask", "") == "ask\n\n"
    assert Prompt().filled("ask", "with") == "ask\n\nwith\n\n"
    assert Prompt().filled("a\n\n\n\nb", "") == "a\n\n\n\nb\n\n"


def test_the_template_is_the_declared_one_else_the_models_else_the_plain_one() -> None:
    chat, plain = neural.tokenizer(chat=True), neural.tokenizer()
    assert declared("{instruction}!", chat) == Prompt("{instruction}!")
    assert declared(None, chat) == Prompt(chat=True)
    assert declared(None, plain) == Prompt(PLAIN)
    assert len({declared(said, chat).digest for said in ("{instruction}!", "{instruction}?", None)}) == 3
    with pytest.raises(UsageError, match="has no {instruction}"):
        declared("{input}", plain)


def test_a_declared_prompt_begins_with_the_start_token_and_a_chat_as_its_template_says() -> None:
    words = neural.tokenizer(chat=True)
    assert prompts(Prompt("{instruction}"), words, ["ab"], [""]) == [[1, *encoded(words, ["ab"])[0]]]
    assert prompts(Prompt(chat=True), words, ["ab"], ["c"]) == encoded(words, ["<user>ab\n\nc<assistant>"])
    assert prompts(Prompt(), words, [], []) == []
