from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.judge.prompts import Prompt, load_prompt, shipped
from corpus.judge.schema import Question, Reason, Sampling, Unusable, json_schema, read_value, response_format

QUALITY = load_prompt("quality_zh")
FREE = Prompt.model_validate(
    {
        "name": "free", "version": 1, "lang": "en", "kind": "free", "parts": ["seed"], "system": "", "user": "{seed}",
        "answer": {
            "kind": {"kind": "choice", "of": ["a", "b"]}, "rows": {"kind": "strings"}, "sure": {"kind": "boolean"},
            "share": {"kind": "number", "from": 0, "to": 1},
        },
    }
)  # fmt: skip
GOOD = {"kind": "a", "rows": ["x", "y"], "sure": True, "share": 0.5}


def test_an_answer_of_every_kind_is_read() -> None:
    assert read_value(FREE, json.dumps(GOOD)) == GOOD
    assert read_value(FREE, json.dumps({**GOOD, "share": 1}))["share"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "c"}, {"rows": "x"}, {"rows": [1]}, {"sure": 1}, {"share": 1.1}, {"share": "0.5"}, {"more": 1},
        {"share": None},
    ],
)  # fmt: skip
def test_what_the_schema_forbids_is_no_answer_here_nor_for_a_json_schema_validator(wrong: dict) -> None:
    value = {**GOOD, **wrong}
    with pytest.raises(Unusable) as found:
        read_value(FREE, json.dumps(value))
    assert found.value.reason is Reason.VIOLATES_SCHEMA
    assert not jsonschema.Draft202012Validator(json_schema(FREE)).is_valid(value)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null x", '{"score": 4, "reason": "a"} {"score": 5, "reason": "a"}', "NaN", "[" * 5000,
        '{"score": 4, "score": 5, "reason": "a"}', '{"score": NaN, "reason": "a"}',
    ],
)  # fmt: skip
def test_what_is_not_one_object_of_json_is_malformed(text: str) -> None:
    with pytest.raises(Unusable) as found:
        read_value(QUALITY, text)
    assert found.value.reason is Reason.MALFORMED


@given(st.text(max_size=100))
def test_no_text_makes_reading_fail_otherwise(text: str) -> None:
    with pytest.raises(Unusable):
        read_value(QUALITY, text)


@pytest.mark.parametrize("name", shipped())
def test_schemas_are_strict_as_servers_want_them(name: str) -> None:
    prompt = load_prompt(name)
    schema = json_schema(prompt)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"]) == list(prompt.answer)
    assert response_format(prompt, "none") is None


def test_the_key_depends_on_content_model_prompt_and_sampling_and_on_nothing_else() -> None:
    def key(id: str = "1", text: str = "a", prompt: Prompt = QUALITY, model: str = "m", **more: object) -> str:
        return Question(id, prompt, {"text": text}).key(model, Sampling(**more))  # type: ignore[arg-type]

    others = [key(text="b"), key(model="n"), key(prompt=load_prompt("quality_en")), key(seed=1), key(max_tokens=9)]
    assert len({key(), *others}) == 6
    assert key(id="2") == key()
