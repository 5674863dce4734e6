"""What each mode asks and what it makes of the replies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from judge_server import FENCE, serving
from synth_server import number_of, talk, task, unlike
from synth_work import SEEDS, worked

from corpus.judge.prompts import load_prompt
from corpus.synth.continued import Continue
from corpus.synth.dealing import lists
from corpus.synth.evolve import Evolve
from corpus.synth.ground import Ground
from corpus.synth.instruct import Instruct, as_example
from corpus.synth.model import Given, turns_of
from corpus.synth.sources import Sources

ZH = lists("zh")


def evolving(parts: dict[str, str]) -> dict[str, Any]:
    """The instruction with something added; with a conflict, the same again; a sibling is another one."""
    asked = parts["instruction"]
    if "另写一条" in parts["change"]:
        return task({"a": asked, "b": parts["change"]})
    more = (
        "" if "互相牵制" in parts["change"] else f"，并且要求说明{unlike(number_of(*parts.values()), units=14)}的缘故"
    )
    return {"instruction": asked + more, "input": "", "output": "先说明缘故，再一步一步写出来。"}


def test_instruct_shows_examples_and_deals_category_topic_verb_and_form(tmp_path: Path) -> None:
    mode = Instruct(load_prompt("synth_instruct_zh"), ZH, SEEDS, 3, 0)
    with serving(say=task) as server:
        found = worked(server, tmp_path, mode, SEEDS, rows=20)
        shown = [
            {name: text for name, _, text in FENCE.findall(one["messages"][1]["content"])} for one in server.bodies
        ]
    assert all(set(one) == {"examples", "category", "topic", "verb", "form"} for one in shown)
    topics = [one.request.dealt["topic"] for one in found]
    assert len(set(topics)) == len(topics)
    assert set(topics) <= set(ZH.topics)
    for outcome in found[:5]:
        for parent in outcome.request.parents:
            assert any(as_example(parent, "zh") in one["examples"] for one in shown)


def test_evolve_uses_every_operation_as_often_and_evolves_its_own_rows_again(tmp_path: Path) -> None:
    sources = [Given(f"p{n}", f"请说明{unlike(n)}的由来", "", "出自民间。", "知识") for n in range(18)]
    mode = Evolve(load_prompt("synth_evolve_zh"), ZH.operations, Sources(iter(sources)), 2, 0)
    with serving(say=evolving) as server:
        found = worked(server, tmp_path, mode, SEEDS)
    first, second = found[:18], found[18:]
    assert Counter(Counter(one.request.dealt["operation"] for one in first).values()) == {2: 9}
    assert [one.request.parents[0] for one in first] == sources
    assert {one.reason for one in first if one.request.dealt["operation"] == "conflict"} == {"exact_duplicate"}
    accepted = [one for one in first if not one.reason]
    assert len(accepted) >= 12
    # The second round has the accepted rows of the first, in their order, and no third follows.
    assert [one.request.parents[0].id for one in second] == [one.id for one in accepted]
    assert {one.request.category for one in found} == {"知识"}


def test_a_row_too_close_to_its_parent_is_told_apart_from_other_repetitions(tmp_path: Path) -> None:
    def say(parts: dict[str, str]) -> dict[str, Any]:
        return {"instruction": "再" + parts["instruction"], "input": "", "output": "先说明，再写出来。"}

    sources = [Given(f"p{n}", f"请说明{unlike(n)}的由来", "", "出自民间。") for n in range(3)]
    mode = Evolve(load_prompt("synth_evolve_zh"), ZH.operations, Sources(iter(sources)), 1, 0)
    with serving(say=say) as server:
        found = worked(server, tmp_path, mode)
    assert [one.reason for one in found] == ["too_close_to_parent"] * 3
    assert [one.match.id for one in found if one.match] == ["p0", "p1", "p2"]


def asking(parts: dict[str, str]) -> dict[str, Any]:
    return {"question": f"那么{unlike(number_of(*parts.values()))}呢，请再举一例"}


def test_continue_asks_for_the_users_words_and_then_for_the_answer_to_the_whole_conversation(tmp_path: Path) -> None:
    turns = (("system", "你是园艺师。"), ("user", "怎样种番茄？"), ("assistant", "先选花盆。"))
    sources = [Given("c", "怎样种番茄？", "", "先选花盆。", "生活", turns), Given("d", "海有多深？", "", "很深。")]
    mode = Continue(load_prompt("synth_continue_zh"), ZH, Sources(iter(sources)), 2, 0)
    with serving(say=asking, talk=talk) as server:
        first, second = worked(server, tmp_path, mode)
        chats = [one for one in server.bodies if "response_format" not in one]
    assert not first.reason
    assert not second.reason
    assert first.draft
    said = turns_of(first.draft)
    assert said[:3] == turns
    assert [role for role, _ in said] == ["system", *["user", "assistant"] * 3]
    sent = [tuple((one["role"], one["content"]) for one in body["messages"]) for body in chats]
    assert {said[:4], said[:6]} <= set(sent)
    assert len(first.answers) == 4
    assert [one.reason for one in (first, second)] == ["", ""]


def test_a_conversation_without_a_next_question_is_rejected_whole(tmp_path: Path) -> None:
    mode = Continue(load_prompt("synth_continue_zh"), ZH, Sources(iter(SEEDS[:2])), 3, 0)
    with serving(say=lambda parts: {"question": " "}, talk=talk) as server:
        found = worked(server, tmp_path, mode)
    assert [one.reason for one in found] == ["blank_instruction"] * 2


DOCUMENT = "龙胆是多年生草本植物，秋季开蓝紫色的花，常生长在山坡草地和林缘。中医以它的根入药，味苦性寒。" * 4


def grounded(parts: dict[str, str]) -> dict[str, Any]:
    wrong = "原因" in parts["kind"]
    mark = unlike(number_of(parts["kind"], parts["text"]))
    evidence = "它开白花，生在海边" if wrong else "常生长在山坡草地和林缘"
    answer = f"龙胆生在山坡草地，也生在林缘，与{mark}无关。"
    return {"question": f"龙胆和{mark}有什么关系", "evidence": evidence, "answer": answer}


def test_ground_asks_several_kinds_of_questions_and_keeps_those_with_evidence(tmp_path: Path) -> None:
    documents = [Given(str(n), "", "", f"第{n}篇。{DOCUMENT}") for n in range(4)]
    mode = Ground(load_prompt("synth_ground_zh"), ZH.questions, Sources(iter(documents)), 4, False, 0)
    with serving(say=grounded) as server:
        found = worked(server, tmp_path, mode)
    assert len(found) == 16
    assert Counter(one.request.dealt["question"] for one in found) == dict.fromkeys([k.name for k in ZH.questions], 2)
    assert {one.reason for one in found if one.request.category == "reason"} == {"evidence_not_in_text"}
    good = [one for one in found if not one.reason]
    assert len(good) == 14
    assert all(one.draft and not one.draft.input and one.draft.evidence for one in good)


def test_with_its_text_a_row_has_the_passage_as_input(tmp_path: Path) -> None:
    mode = Ground(
        load_prompt("synth_ground_zh"), ZH.questions[:1], Sources(iter([Given("d", "", "", DOCUMENT)])), 1, True, 0
    )
    with serving(say=grounded) as server:
        (found,) = worked(server, tmp_path, mode)
    assert found.draft
    assert found.draft.input == DOCUMENT
    assert turns_of(found.draft)[0][1] == f"{found.draft.instruction}\n{DOCUMENT}"


def test_the_settings_of_a_mode_say_what_its_rows_depend_on() -> None:
    prompt = load_prompt("synth_instruct_zh")
    base = Instruct(prompt, ZH, SEEDS, 3, 0).settings()
    assert base == Instruct(prompt, ZH, SEEDS, 3, 0).settings()
    for other in (
        Instruct(prompt, ZH, SEEDS[1:], 3, 0),
        Instruct(prompt, ZH, SEEDS, 4, 0),
        Instruct(prompt, ZH, SEEDS, 3, 1),
    ):
        assert other.settings() != base
