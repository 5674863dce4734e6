"""From a row of any format to what is learnt of it: the answers and the mark behind each, nothing else."""

from __future__ import annotations

from itertools import groupby

import pytest
import words
from dialogues import CALL, ROWS

from corpus.importers.convert import columns_of, convert
from corpus.importers.model import Format, Imported, Kind
from train.pack.encode import Words, conversations
from train.templates import get

TEMPLATES = ("belle", "firefly", "llama2", "qwen", "glm4")
CALCULATE = r'{"name":"Calculate","arguments":{"command":"Calculate(\"3*7\")"}}'


def call(what: str) -> str:
    return f"<tool_call>\n{what}\n</tool_call>"


ANSWERS = {
    Format.ALPACA: ["难道他不明白吗？"],
    Format.FLATTENED: ["花后剪去残花。", "冬天剪到三个饱满的芽。"],
    Format.SHAREGPT: [call(CALL), "后天清晨五点四十涨潮。"],
    Format.MESSAGES: [call('{"name":"tide","arguments":{"port":"青岛"}}'), "五点四十。"],
    Format.DIALOG: ["睡前会想些什么呢？"],
    Format.FIREFLY: ["您好。", "再会。"],
    Format.MOSS: ["<think>\n算一下\n</think>\n\n" + call(CALCULATE), "是二十一。"],
    Format.GLAIVE: [call('{"name":"tide","arguments":{"port":"Leith"}}'), "At twenty to six."],
    Format.TURN_LIST: ["籽粒转红、果皮有光时采收。"],
    Format.ZIYA: ["二。", "三。"],
    Format.INPUT_TARGET: ["下联：喜气临门"],
    Format.QUESTION_ANSWER: ["标准大气压下一百摄氏度。"],
    Format.SEED_TASKS: ["光亮、敞亮"],
}


def imported(fmt: Format) -> Imported:
    found = convert(ROWS[fmt], fmt)
    assert isinstance(found, Imported)
    return found


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> str:
    return words.folder(tmp_path_factory.mktemp("words") / "w")


def test_no_format_of_conversations_is_left_out() -> None:
    assert {fmt for fmt in ROWS if imported(fmt).kind == Kind.CONVERSATION} == set(ANSWERS)


@pytest.mark.parametrize("template", TEMPLATES)
def test_of_every_format_the_answers_and_their_ends_are_learnt(template: str, vocabulary: str) -> None:
    known = Words(vocabulary, get(template))
    tier = columns_of([imported(fmt) for fmt in ANSWERS]).column("messages").to_pylist()
    found = conversations(known, tier, 1024)
    assert found.records == list(range(len(ANSWERS)))
    assert not found.counts
    closes = get(template).closes.replace("{eos}", known.whole.eos_token)
    for ids, mask, (fmt, answers) in zip(found.ids, found.masks or (), ANSWERS.items(), strict=True):
        learnt = [
            known.whole.decode([ids[place] for place, _ in group], clean_up_tokenization_spaces=False)
            for asked, group in groupby(enumerate(mask), key=lambda pair: pair[1])
            if asked
        ]
        # The space that some templates write before an answer belongs to its first word.
        assert [text.removeprefix(" ") for text in learnt] == [answer + closes for answer in answers], fmt
