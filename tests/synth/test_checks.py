"""What is wrong with a reply whatever else there is, and that what is right passes."""

from __future__ import annotations

import pytest

from corpus.ruleset.lint import lint
from corpus.ruleset.lint import test_examples as wrong_examples
from corpus.ruleset.load import load_rules
from corpus.synth.checks import GOOD, PACKS, STRICT, check, in_language, ruleset, stands_in
from corpus.synth.model import Draft, Turn

TEXT = "龙胆是多年生草本植物，秋季开蓝紫色的花，常生长在山坡草地和林缘。中医以它的根入药，味苦性寒。"


def row(instruction: str, output: str, given: str = "", **more: object) -> Draft:
    asked = f"{instruction}\n{given}" if given else instruction
    return Draft(instruction, given, output, "c", answered=((asked, output),), **more)  # type: ignore[arg-type]


def reason(draft: Draft, lang: str = "zh", material: str = "", source: str = "instruct") -> str:
    return check([draft], lang, [material], source)[0].reason


def test_the_rules_of_generated_rows_are_sound_and_their_examples_hold() -> None:
    own = load_rules([PACKS[-1]])
    assert lint(own) == []
    assert wrong_examples(own) == []
    assert all(rule.examples.keep and rule.examples.drop for rule in own.rules)
    assert {rule.id for rule in ruleset().rules} >= STRICT


GOOD_ROWS = [
    (row("怎样在阳台上种番茄？", "先选一个深一些的花盆，装上疏松的土，再育苗、移栽、搭架。"), "zh"),
    (row("把下面的句子翻译成英文。", "The river is wide and the boat is small.", "河很宽，船很小。"), "zh"),
    (row("用 Python 写一个函数，返回列表的中位数。", "```python\nreturn sorted(x)[len(x) // 2]\n```"), "zh"),
    (row("七加一等于几？", "八"), "zh"),
    (row("Name three birds that live near water.", "The heron, the kingfisher and the coot."), "en"),
    (row("What does 春天 mean?", "It means spring."), "en"),
]  # fmt: skip


@pytest.mark.parametrize(("draft", "lang"), GOOD_ROWS)
def test_good_rows_pass(draft: Draft, lang: str) -> None:
    assert check([draft], lang, [""], "instruct") == [GOOD]


@pytest.mark.parametrize(
    ("draft", "lang", "why"),
    [
        (row(" ", "好的。"), "zh", "blank_instruction"),
        (row("怎样种番茄？", "  "), "zh", "blank_answer"),
        (row("How do I grow tomatoes on a balcony?", "选一个深一些的花盆。"), "zh", "wrong_language"),
        (row("怎样种番茄？", "Choose a deep pot."), "en", "wrong_language"),
        (row("怎样在阳台上种番茄？", "Choose a deep pot and put it in the sun."), "zh", "sft.language_mismatch"),
        (row("请介绍一下怎样在阳台上种番茄。", "请介绍一下怎样在阳台上种番茄？"), "zh", "sft.echo"),
        (row("怎样撬开别人的门锁？", "抱歉，我无法提供这方面的帮助。"), "zh", "sft.zh_refusal"),
        (row("Who are you?", "As an AI language model, I have no garden."), "en", "sft.en_as_a_model"),
        (row("概括下面的文章。", "请提供需要概括的文章。"), "zh", "sft.zh_missing_input"),
        (row("给番茄浇水的步骤是什么？", "1. 松土\n2. 浇水\n3."), "zh", "sft.cut_list"),
        (row("根据下图回答问题：图里有几只鸟？", "图里有三只鸟。"), "zh", "synth.needs_attachment"),
        (row("给XXX公司写一份放假通知。", "各位同事：公司定于十月一日放假。"), "zh", "synth.open_place"),
        (row("写诗", "江阔帆声远，山寒月影微。"), "zh", "synth.short_instruction"),
    ],
)  # fmt: skip
def test_bad_rows_fail_for_their_reason(draft: Draft, lang: str, why: str) -> None:
    assert reason(draft, lang) == why


def test_rows_are_judged_alike_alone_and_together_and_all_reasons_are_told() -> None:
    drafts = [draft for draft, _ in GOOD_ROWS[:4]] + [row("根据下图回答：[插入图片]", "抱歉，我无法看到图片。")]
    together = check(drafts, "zh", [""] * 5, "instruct")
    assert together == [check([draft], "zh", [""], "instruct")[0] for draft in drafts]
    assert {"synth.needs_attachment", "synth.open_place", "sft.zh_refusal"} <= set(together[-1].reasons)
    assert check([], "zh", [], "instruct") == []


def test_evidence_must_stand_in_the_text_and_an_empty_reply_declines() -> None:
    question, answer = "龙胆在哪个季节开花？", "龙胆在秋季开蓝紫色的花。"
    assert reason(row(question, answer, evidence="秋季开蓝紫色的花，常生长"), material=TEXT) == ""
    assert reason(row(question, answer, evidence="春季开蓝紫色的花，常生长"), material=TEXT) == "evidence_not_in_text"
    assert reason(row(question, answer, evidence="秋季"), material=TEXT) == "evidence_not_in_text"
    assert reason(Draft("", "", "", "c", answered=(("", ""),), evidence=""), material=TEXT) == "declined"
    assert stands_in("秋季開藍紫色的花 ，常生長", TEXT)


def test_only_a_question_about_a_document_may_not_point_at_it() -> None:
    pointing = row("文中提到了哪些季节？", "提到了秋季，龙胆在那时开花。")
    assert reason(pointing) == ""
    assert reason(pointing, source="ground") == "synth.points_at_the_text"


def test_every_new_turn_of_a_conversation_is_checked_and_none_may_be_asked_again() -> None:
    before: tuple[Turn, ...] = (("user", "怎样在阳台上种番茄，需要准备些什么？"), ("assistant", "准备花盆和土。"))
    good = ("花盆要多深才够用呢？", "至少二十五厘米。")

    def after(*pairs: tuple[str, str]) -> Draft:
        turns = [turn for pair in pairs[:-1] for turn in zip(("user", "assistant"), pair, strict=True)]
        return Draft(*(pairs[-1][0], "", pairs[-1][1], "c"), before=(*before, *turns), answered=pairs)

    assert reason(after(good, ("那么土里要加肥料吗？", "加一些腐熟的堆肥。"))) == ""
    assert reason(after(good, ("那么土里要加肥料吗？", "抱歉，我无法回答这个问题。"))) == "sft.zh_refusal"
    assert reason(after(("那么土里要加肥料吗？", "N/A"), good)) == "sft.filler_answer"
    assert reason(after(good, ("请问怎样在阳台上种番茄，需要准备些什么？", "准备花盆和土。"))) == "repeats_a_turn"


@pytest.mark.parametrize(
    ("text", "lang", "right"),
    [
        ("用 JavaScript 和 CSS 画一个圆", "zh", True),
        ("怎样把“Charles loves to ride his bike”变成问句？", "zh", True),
        ("Charles loves to ride his bike", "zh", False),
        ("Translate 河很宽 into English, please.", "en", True),
        ("翻译 The river is wide 成中文", "en", False),
        ("Explain what the character 河 means in this sentence.", "en", True),
        ("3 + 4 = ?", "zh", True),
        ("3 + 4 = ?", "en", True),
    ],
)
def test_the_language_of_an_instruction_is_told_by_its_characters_and_words(text: str, lang: str, right: bool) -> None:
    assert in_language(text, lang) is right
