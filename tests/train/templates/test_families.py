"""Every family writes a conversation as its vendor documents it, and as its own jinja template does."""

from __future__ import annotations

from pathlib import Path

import pytest
import words
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UsageError
from train.templates import FAMILIES, get
from train.templates.own import Own, own

TALK = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "U1"},
    {"role": "assistant", "content": "A1"},
    {"role": "user", "content": "U2"},
    {"role": "assistant", "content": "A2"},
]
GOLDEN = {
    "qwen": "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n"
    "<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\nA2<|im_end|>",
    "internlm2": "<s><|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1"
    "<|im_end|>\n<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\nA2<|im_end|>",
    "internlm": "<s><|System|>:S\n<|User|>:U1<eoh>\n<|Bot|>:A1<eoa>\n<|User|>:U2<eoh>\n<|Bot|>:A2<eoa>",
    "llama3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nU1<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA1<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nU2<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA2<|eot_id|>",
    "llama2": "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU1 [/INST] A1 </s><s>[INST] U2 [/INST] A2 </s>",
    "mistral": "<s>[INST] S\n\nU1 [/INST] A1</s>[INST] U2 [/INST] A2</s>",
    "deepseek": "<s>S\n\nUser: U1\n\nAssistant:A1</s>User: U2\n\nAssistant:A2</s>",
    "deepseek3": "<s>S<｜User｜>U1<｜Assistant｜>A1</s><｜User｜>U2<｜Assistant｜>A2</s>",
    "baichuan": "S<reserved_102>U1<reserved_103>A1</s><reserved_102>U2<reserved_103>A2</s>",
    "baichuan2": "S<reserved_106>U1<reserved_107>A1</s><reserved_106>U2<reserved_107>A2</s>",
    "glm4": "[gMASK]<sop><|system|>\nS<|user|>\nU1<|assistant|>\nA1<|user|>\nU2<|assistant|>\nA2<|user|>",
    "gemma": "<s><start_of_turn>user\nS\n\nU1<end_of_turn>\n<start_of_turn>model\nA1<end_of_turn>\n"
    "<start_of_turn>user\nU2<end_of_turn>\n<start_of_turn>model\nA2<end_of_turn>",
    "phi3": "<|system|>\nS<|end|>\n<|user|>\nU1<|end|>\n<|assistant|>\nA1<|end|>\n<|user|>\nU2<|end|>\n<|assistant|>\n"
    "A2<|end|>",
    "belle": "S\n\nHuman: \nU1\n\nAssistant: \nA1</s>Human: \nU2\n\nAssistant: \nA2</s>",
    "ziya": "S\n<human>:U1\n<bot>:A1</s>\n<human>:U2\n<bot>:A2</s>",
    "firefly": "<s>S</s>U1</s>A1</s>U2</s>A2</s>",
    "phased": "<s>S\nUser: U1</s>\nAssistant: A1</s>\nUser: U2</s>\nAssistant: A2</s>",
}
GOLDEN |= {"chatml": GOLDEN["qwen"], "yi": GOLDEN["qwen"]}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_the_text_is_the_vendor_s_and_only_answers_with_their_end_are_learnt(name: str) -> None:
    template = get(name)
    shown = template.render(TALK, "<s>", "</s>")
    assert shown.text == GOLDEN[name]
    closes = template.closes.replace("{eos}", "</s>")
    assert [shown.text[start:end] for start, end in shown.spans] == [f"A1{closes}", f"A2{closes}"]
    assert sorted(shown.text[start:end] for start, end in shown.contents) == ["A1", "A2", "S", "U1", "U2"]
    assert shown.turns == tuple(end for _, end in shown.spans)
    asked = template.render(TALK[:-1], "<s>", "</s>", prompt=True)
    assert shown.text.startswith(asked.text)
    assert shown.text[len(asked.text) :] == f"A2{closes}"


ROLES = st.lists(
    st.tuples(st.text("甲乙 {}%\n", min_size=1, max_size=6), st.text("ab{c}\\\"'<", max_size=5)), max_size=3
)


@pytest.mark.parametrize("name", sorted(FAMILIES))
@given(ROLES, st.booleans(), st.booleans())
@settings(max_examples=15)
def test_the_jinja_template_writes_the_same(
    name: str, turns: list[tuple[str, str]], system: bool, prompt: bool
) -> None:
    template = get(name)
    talk = [{"role": "system", "content": "规矩"}] if system and turns else []
    for question, answer in turns:
        talk += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    if prompt:
        talk.append({"role": "user", "content": "最后"})
    ours = template.render(talk, "<s>", "</s>", prompt)
    theirs = Own(template.jinja()).render(talk, "<s>", "</s>", prompt)
    assert (theirs.text, theirs.spans) == (ours.text, ours.spans)


def test_a_template_of_the_tokenizer_must_say_what_is_learnt(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    plain = AutoTokenizer.from_pretrained(words.folder(tmp_path / "a", chat_template="{{ messages[0]['content'] }}"))
    with pytest.raises(UsageError, match="marks nothing as learnt"):
        own(plain)
    marked = AutoTokenizer.from_pretrained(words.folder(tmp_path / "b", chat_template=get("qwen").jinja()))
    assert own(marked).render(TALK, "<s>", "</s>").text == GOLDEN["qwen"]
    with pytest.raises(UsageError, match="did you mean"):
        get("lama3")
