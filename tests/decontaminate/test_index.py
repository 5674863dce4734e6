"""Items are found however they are written down, and not where a text only speaks of the same thing."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from corpus.decontaminate.benchmarks import ITEM
from corpus.decontaminate.index import Index, build

LONG = "一座水库有两根进水管和一根出水管，甲管单独开放需要六个小时注满，乙管单独开放需要九个小时注满，三管齐开要多久？"
MIDDLE = "清晨集市上卖豆腐的老人把扁担靠在哪里"
SHORT = "渡口停了几天"
ENGLISH = (
    "A ferry crosses the river twelve times a day and carries thirty people each time. How many people does it carry "
    "in a week if it rests on Sunday?"
)
TIMES = ["一天", "三天", "五天", "七天"]
BEFORE, AFTER = "镇上的人昨天又说起了这件事。\n", "\n后来大家各自回家去了。"


def item(question: str, options: list[str] | None = None, answer: str = "", benchmark: str = "exam") -> dict[str, Any]:
    return {
        "benchmark": benchmark,
        "item": question[:4],
        "place": "exam.jsonl#0",
        "question": question,
        "options": options or [],
        "answer": answer,
    }


ITEMS = [item(LONG), item(MIDDLE, ["墙边", "门口"]), item(SHORT, TIMES), item(ENGLISH, ["2160", "2520"])]


def indexed(*items: dict[str, Any]) -> Index:
    return build(pa.Table.from_pylist(list(items), schema=ITEM), 8, 13)


@pytest.fixture(scope="module")
def index() -> Index:
    return indexed(*ITEMS)


def found(index: Index, text: str, least: float = 0.7) -> dict[int, str]:
    rows = index.search(pa.array([text], pa.large_string())).filter(pl.col("coverage") >= least)
    return dict(rows.select("item", "how").iter_rows())


def written(question: str, options: list[str]) -> str:
    return "\n".join([question, *(f"{label}. {text}" for label, text in zip("ABCD", options, strict=False))])


@pytest.mark.parametrize("number", range(len(ITEMS)))
def test_an_item_is_found_in_the_middle_of_a_text(index: Index, number: int) -> None:
    text = BEFORE + "3、" + written(ITEMS[number]["question"], ITEMS[number]["options"]) + AFTER
    assert list(found(index, text)) == [number]


@pytest.mark.parametrize(
    "other",
    [
        LONG.replace("，", ", ").replace("？", ""),
        " ".join(LONG),
        LONG.replace("单独", "單獨").replace("两", "兩").replace("进", "進"),
        f"<b>{LONG[:20]}</b>{LONG[20:]}",
        LONG.replace("六个小时", "五个小时"),
        LONG + "答案是五个小时。",
    ],
)
def test_a_long_question_is_found_in_other_clothes(index: Index, other: str) -> None:
    assert found(index, BEFORE + other + AFTER) == {0: "question"}


def test_case_width_and_spacing_of_english_make_no_difference(index: Index) -> None:
    assert found(index, ENGLISH.upper().replace(" ", "\n ").replace(".", "")) == {3: "question"}


def test_half_a_question_is_not_the_question(index: Index) -> None:
    assert found(index, BEFORE + LONG[: len(LONG) // 2] + AFTER) == {}
    assert found(index, BEFORE + LONG[: len(LONG) // 2] + AFTER, 0.3) == {0: "question"}


def test_a_short_question_needs_its_options_in_any_order(index: Index) -> None:
    assert found(index, BEFORE + written(SHORT, TIMES[::-1]) + AFTER) == {2: "options"}
    assert found(index, f"{BEFORE}{SHORT}（{'；'.join(TIMES)}）{AFTER}") == {2: "options"}
    assert found(index, f"{BEFORE}{SHORT}{AFTER}") == {}
    assert found(index, f"{BEFORE}他问{SHORT}，老人说三天。{AFTER}") == {}


def test_a_question_of_middle_length_needs_a_boundary_on_both_sides(index: Index) -> None:
    assert found(index, f"{BEFORE}{MIDDLE}？{AFTER}") == {1: "whole"}
    assert found(index, f"{BEFORE}“{MIDDLE}（ ）{AFTER}") == {1: "whole"}
    assert found(index, f"{BEFORE}我还记得{MIDDLE}。{AFTER}") == {}
    assert found(index, f"{BEFORE}{MIDDLE}都没有关系。{AFTER}") == {}


def test_one_question_with_different_options_is_told_apart_by_them() -> None:
    asked = "下列关于水泵轴承的说法正确的是哪一项"
    some, others = ["轴承不会磨损", "轴承需要换新"], ["水泵不用轴承", "水泵都是铁的"]
    index = indexed(item(asked, some), item(asked, others))
    assert found(index, BEFORE + written(asked, others) + AFTER) == {1: "options"}
    assert found(index, f"{BEFORE}{asked}？{AFTER}") == {}


def test_instructions_that_items_share_are_no_evidence() -> None:
    instructions = "以下是一道关于村庄与河流的单项选择题，请仔细阅读之后选出其中唯一正确的答案，不要解释原因。"
    facts = ["旧水泵里面的轴承早已磨损了需要换一个新的吗", "东边那片干旱的坡地究竟要靠哪里的泉水才能浇灌"]
    index = indexed(*(item(f"{instructions}\n{one}{n}号") for n in range(8) for one in facts))
    assert found(index, BEFORE + instructions + AFTER, 0.3) == {}
    assert 5 in found(index, f"{instructions}\n{facts[1]}2号")


def test_a_long_answer_is_found_by_itself_and_a_short_one_is_not() -> None:
    answer = (
        "先算出两根进水管一个小时各注多少水，再减去出水管一个小时放走的水，最后用总量去除就得到需要的时间，单位是小时。"
    )
    index = indexed(item(SHORT, TIMES, answer), item(MIDDLE, answer="靠在墙边，旁边放着一筐豆腐和一杆秤"))
    assert found(index, BEFORE + answer + AFTER) == {0: "answer"}
    assert found(index, BEFORE + "靠在墙边，旁边放着一筐豆腐和一杆秤" + AFTER) == {}


def test_the_place_is_that_of_the_question_with_its_options(index: Index) -> None:
    text = BEFORE + written(ENGLISH, ["2160", "2520"]) + AFTER
    (hit,) = index.search(pa.array([text], pa.large_string())).to_dicts()
    quoted = text.encode()[hit["start"] : hit["end"]].decode()
    assert (quoted[:13], quoted[-4:]) == ("ferry crosses", "2520")


def test_every_place_of_a_text_is_told_and_batches_do_not_matter(index: Index) -> None:
    texts = [f"{LONG}\n{'河边的树。' * 30}\n{LONG}", "", None, BEFORE + written(SHORT, TIMES)] * 2
    whole = index.search(pa.array(texts, pa.large_string()))
    assert whole.filter(pl.col("row") == 0).height == 2
    apart = [
        index.search(pa.array([text], pa.large_string())).with_columns(row=pl.lit(n)) for n, text in enumerate(texts)
    ]
    assert whole.equals(pl.concat(apart).cast(whole.schema))


def test_what_cannot_be_looked_for_is_known() -> None:
    index = indexed(item("几点开？"), item("船几点", ["六点", "七点"]), item(LONG))
    assert index.looked_for.tolist() == [False, False, True]
