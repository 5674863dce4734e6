"""Glaive's chats in one text."""

from __future__ import annotations

from dialogues import ROWS
from importing import imported, refused

from corpus.importers.model import Format, Reason


def test_calls_in_single_quotes_become_json() -> None:
    assert imported(ROWS[Format.GLAIVE], Format.GLAIVE).messages == [
        ("system", "You may use these functions."),
        ("user", "When is high tide?"),
        ("assistant", '<tool_call>\n{"name":"tide","arguments":{"port":"Leith"}}\n</tool_call>'),
        ("tool", '{"high": "05:40"}'),
        ("assistant", "At twenty to six."),
    ]


def test_a_last_answer_without_its_mark_was_cut_where_others_have_it() -> None:
    cut = {"chat": "USER: a\n\n\nASSISTANT: b <|endoftext|>\n\n\nUSER: c\n\n\nASSISTANT: d"}
    assert refused(cut, Format.GLAIVE) == Reason.TRUNCATED
    assert imported({"chat": "USER: a\n\n\nASSISTANT: b"}, Format.GLAIVE).messages == [
        ("user", "a"),
        ("assistant", "b"),
    ]


def test_a_chat_that_begins_otherwise_is_another_format() -> None:
    assert refused({"chat": "hello"}, Format.GLAIVE) == Reason.NOT_THIS_FORMAT
    assert refused({"chat": {"turn_1": {}}}, Format.GLAIVE) == Reason.NOT_THIS_FORMAT
