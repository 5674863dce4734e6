"""Rendered dialogues come apart at their own headers and go together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.importers.templates import BELLE, CHATML, HH, LABELS, TEMPLATES, ZIYA, Template, parse, render, template_of

CONTENTS = st.text("ab 人:。", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.sampled_from(TEMPLATES), st.lists(CONTENTS, min_size=1, max_size=5))
def test_turns_come_back_from_every_template(template: Template, contents: list[str]) -> None:
    turns = [("assistant" if at % 2 else "user", content) for at, content in enumerate(contents)]
    text = render(turns, template)
    assert parse(text, template) == turns
    assert template_of(text) is not None


@pytest.mark.parametrize("template", [HH, BELLE, LABELS, CHATML, ZIYA])
def test_a_header_alone_at_the_end_waits_for_an_answer(template: Template) -> None:
    text = render([("user", "a"), ("assistant", "")], template)
    assert parse(text, template) == [("user", "a"), ("assistant", "")]


def test_a_text_that_begins_with_no_header_is_no_dialogue() -> None:
    assert template_of("What does Human: mean?") is None
    assert parse("before\n\nHuman: a", HH) is None
