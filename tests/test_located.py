"""YAML with positions: every mistake is a ConfigError that says where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from corpus.errors import ConfigError
from corpus.located import MAX_ALIASES, Strict, parse, suggest, validate


class Inner(Strict):
    name: str
    size: int = Field(default=1, ge=1)
    tags: tuple[str, ...] = ()


class Outer(Strict):
    items: tuple[Inner, ...] = Field(min_length=1)


def said(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        validate(Outer, parse(text, "f.yaml"))
    return str(caught.value)


def test_values_and_positions_are_those_of_the_text():
    found = parse("a:\n  - b: 1\n    c: [x, y]\n", "f.yaml")
    assert found.value == {"a": [{"b": 1, "c": ["x", "y"]}]}
    assert found.position(("a", 0, "c")) == (3, 5)
    assert found.position(("a", 0, "c", 1)) == (3, 12)
    assert str(found.problem(("a", 0, "c", "absent"), "no")) == "f.yaml:3:5: no"
    assert parse("", "f.yaml").value is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("items:\n  - nmae: x\n", "f.yaml:2:5: key 'name' is missing\nf.yaml:2:5: unknown key 'nmae'; did you"),
        ("items:\n  - name: x\n    size: 0\n", "f.yaml:3:5: size: Input should be greater than or equal to 1, not 0"),
        ("items:\n  - name: [x]\n", "f.yaml:2:5: name: Input should be a valid string"),
        ("items: []\n", "f.yaml:1:1: items: Tuple should have at least 1 item after validation, not 0"),
        ("items:\n  - name: x\n    tags: [a, 2]\n", "f.yaml:3:15: tags: Input should be a valid string, not 2"),
        ("items:\n  -\n", "f.yaml:2:4: items: Input should be a valid dictionary or instance of Inner, not empty"),
        ("", "f.yaml:1:1: the document: Input should be a valid dictionary or instance of Outer, not empty"),
        ("a: 1\na: 2\n", "f.yaml:2:1: key 'a' is given twice"),
        ("a: [1\n", "f.yaml:2:1: is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n\tb: 2\n", "f.yaml:2:1: is not YAML: found character '\\t' that cannot start any token"),
        ("a: 1\nb: \x07\n", "f.yaml:2:4: is not YAML: the character U+0007 is not allowed"),
        ("a: 2024-02-31\n", "f.yaml: is not YAML: day is out of range for month"),
        ("a: !!python/object/apply:os.getcwd []\n", "f.yaml:1:4: is not YAML: could not determine a constructor"),
        ("a: \0", "f.yaml: contains a NUL character"),
        ("a: " + "x" * (1 << 20), "f.yaml: is larger than 1024 KB; split it"),
        ("[" * 3000, "f.yaml: is nested too deeply"),
    ],
)
def test_every_mistake_says_where_it_is(text, message):
    assert said(text).startswith(message)


def test_a_wrong_item_is_not_told_as_a_missing_one():
    assert said("items:\n  - name: 3\n") == "f.yaml:2:5: name: Input should be a valid string, not 3"


def test_aliases_are_read_but_cannot_blow_up_a_small_file():
    assert parse("a: &x [1]\nb: *x\n", "f.yaml").value == {"a": [1], "b": [1]}
    laughs = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 8))
    with pytest.raises(ConfigError, match="stands for more than"):
        parse(laughs, "f.yaml")
    with pytest.raises(ConfigError, match=f"uses more than {MAX_ALIASES} YAML aliases"):
        parse("a: &a 1\nb: [" + ", ".join(["*a"] * (MAX_ALIASES + 1)) + "]\n", "f.yaml")
    with pytest.raises(ConfigError, match=r"nested too deeply|stands for more than"):
        parse("a: &a [*a]\n", "f.yaml")


def test_null_is_validated_as_null_not_as_the_whole_document():
    document = parse("items:\n  - name: x\n", "f.yaml")
    with pytest.raises(ConfigError):
        validate(Outer, document, ("items", 0), None)
    assert validate(Outer, document).items[0].name == "x"


def test_suggestions_are_close_or_absent():
    assert suggest("char_ratoi", ["char_ratio", "chars"]) == '; did you mean "char_ratio"?'
    assert suggest("zzz", ["char_ratio"]) == ""


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("-:{}[]&*!|>'\"%@`#, \t\nab01.~<=?\x85\ufeff\ud800中"), max_size=60))
def test_any_text_is_parsed_or_refused(text):
    try:
        problems = ()
        validate(Outer, parse(text, "f.yaml"))
    except ConfigError as error:
        problems = error.problems
    assert {problem.path for problem in problems} <= {"f.yaml"}
