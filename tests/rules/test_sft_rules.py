"""What the rules for dialogues say of whole dialogues: good ones pass all of them, broken ones fail the right one."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pyarrow as pa
import pytest

from corpus.kernels.catalogue import measure
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import DROPPED, KEPT, RuleSet
from corpus.schema import MESSAGES

RULES = load_rules(["sft"])
GOOD = [
    ("怎样在阳台上种番茄？", "先选一个深一些的花盆，装上疏松的土。\n\n1. 育苗\n2. 移栽\n3. 搭架"),
    ("What should I plant on a shady balcony?", "Ferns, hostas and ivy all grow well there."),
    ("把下面的句子翻译成英文：河很宽，船很小。", "The river is wide and the boat is small."),
    ("用 Python 打印七。", "```python\nprint(7)\n```"),
    ("ChatGPT 是谁开发的？", "ChatGPT 是由 OpenAI 开发的语言模型。"),
    ("Who developed ChatGPT?", "ChatGPT was developed by OpenAI, a company in San Francisco."),
    ("七加一等于几？", "八"),
    ("Which letter comes after B?", "C"),
    ("改正错别字：今天天气很号，我们去公园散布。", "今天天气很好，我们去公园散步。"),
    ("写一首四句的短诗。", "江阔帆声远，\n山寒月影微。\n谁家吹短笛，\n一棹带云归。"),
    ("What is an AI language model?", "An AI language model predicts the next word of a text."),
    ("Write a CSS rule for red text.", "p { color: red; }"),
]
BROKEN = [
    ("怎样种番茄？请说说步骤。", "怎样种番茄？请说说步骤", "sft.echo"),
    ("怎样在阳台上种番茄？", "Put the pot in the sun and water it once a day.", "sft.language_mismatch"),
    ("怎样种番茄？", "1. 育苗\n2. 移栽\n3.", "sft.cut_list"),
    ("How do I grow ferns?", "Water them once a week and", "sft.cut_sentence"),
    ("用 Python 打印七。", "```python\nprint(7", "sft.open_fence"),
    ("总结下面的文章。", "请提供需要总结的文章。", "sft.zh_missing_input"),
    ("Summarise the article.", "Please provide the article you would like me to summarise.", "sft.en_missing_input"),
    ("你是谁？", "我是由OpenAI训练的语言模型。", "sft.zh_named_model"),
    ("Who are you?", "I am ChatGPT, a language model.", "sft.en_named_model"),
    ("Draw a fern.", "<nooutput>", "sft.filler_answer"),
    ("画一株蕨。", "\u200b", "sft.blank_answer"),
    ("Name a fern.", "The royal fern.<|im_end|>", "sft.template_answer"),
    ("怎样种番茄？", "先松土再浇水然后施肥，" * 8 + "。", "sft.repeated_phrases"),
]


def judged(instruction: str, answer: str, kind: str = "conversation", rules: RuleSet = RULES) -> tuple[int, list[str]]:
    columns = {"instruction": instruction, "answer": answer, "text": f"{instruction}\n\n{answer}"}
    batch = pa.RecordBatch.from_pydict({name: pa.array([text], pa.large_string()) for name, text in columns.items()})
    turns = [{"role": "user", "content": instruction}, {"role": "assistant", "content": answer}]
    batch = batch.append_column("messages", pa.array([turns], MESSAGES))
    frame = pl.DataFrame(pl.from_arrow(measure(batch, rules.calls)))
    said = {"lang": pl.lit(None, pl.String), "source": pl.lit("test"), "kind": pl.lit(kind)}
    found = verdicts(rules, frame.with_columns(**said))
    return found["action"].item(), [rules.rules[index].id for index in found["failed"].item()]


@pytest.mark.parametrize(("instruction", "answer"), GOOD)
def test_good_dialogues_fail_no_rule(instruction: str, answer: str) -> None:
    assert judged(instruction, answer) == (KEPT, [])


@pytest.mark.parametrize(("instruction", "answer", "rule"), BROKEN)
@pytest.mark.parametrize("kind", ["conversation", "preference"])
def test_broken_dialogues_are_dropped_for_what_broke_them(instruction: str, answer: str, rule: str, kind: str) -> None:
    action, failed = judged(instruction, answer, kind)
    assert action == DROPPED
    assert rule in failed


def test_a_document_is_never_looked_at() -> None:
    assert judged("Name a fern.", "<nooutput>", "document") == (KEPT, [])


def test_the_view_of_a_rule_changes_the_digest_of_its_set() -> None:
    rule = RULES.rules[RULES.by_id["sft.template_answer"]]
    other = replace(rule, signal=replace(rule.signal, view="instruction"))
    assert RuleSet((rule,)).digest != RuleSet((other,)).digest
