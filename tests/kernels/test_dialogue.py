from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.catalogue import SIGNALS, measure
from corpus.kernels.dialogue import SIZE, measure_dialogue
from corpus.kernels.signal import DIALOGUE, SignalCall

NAMES = [name for name, signal in SIGNALS.items() if signal.reads == DIALOGUE]
ASKED = "请介绍一下怎样在阳台上种番茄。"
ENGLISH = "What should I plant on a shady balcony?"


def rows_of(pairs: list[tuple[str | None, str | None]]) -> pa.StructArray:
    columns = [pa.array([pair[side] for pair in pairs], pa.large_string()) for side in range(2)]
    return pa.StructArray.from_arrays(columns, ["instruction", "answer"])


def value(kernel: str, instruction: str | None, answer: str | None) -> float | None:
    found: float | None = measure_dialogue(rows_of([(instruction, answer)]), [SignalCall(kernel)])[0][0].as_py()
    return found


PIECES = st.sampled_from(
    ["今天天气很好", "，", "\n", " ", "the cat", "3.14", "`x`", "```", "カタカナ", "한국어", "\x00", "\ufeff",
     "e\u0301", "<br>", "https://example.org/x", "\U00020000", "\U0010ffff", "translate", "{"]
)  # fmt: skip
TEXTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(PIECES, max_size=15).map("".join),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6), st.integers(0, 6))
def test_any_split_of_a_batch_gives_the_same_values(pairs: list[tuple[str | None, str | None]], cut: int) -> None:
    calls = [SignalCall(name) for name in NAMES]
    whole = measure_dialogue(rows_of(pairs), calls)
    parts = [measure_dialogue(rows_of(part), calls) for part in (pairs[:cut], pairs[cut:])]
    for name, one, *others in zip(NAMES, whole, *parts, strict=True):
        assert one.equals(pa.concat_arrays(others)), name


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_values_are_null_for_null_and_shares_otherwise(instruction: str | None, answer: str | None) -> None:
    for name in NAMES:
        found = value(name, instruction, answer)
        if instruction is None or answer is None:
            assert found is None
        elif found is not None:
            assert found >= 0
            assert found <= 1 or SIGNALS[name].unit == "count"


HAN = st.text("番茄阳台浇水松土", max_size=20)


@settings(max_examples=100, deadline=None)
@given(HAN.filter(lambda text: len(text) >= SIZE), HAN)
def test_an_answer_that_begins_with_the_instruction_echoes_all_of_it(instruction: str, more: str) -> None:
    assert value("echo_prefix_ratio", instruction, f"{instruction}。{more}") == 1
    assert value("echo_ratio", instruction, f"{instruction}。{more}") == 1


def test_an_echo_is_seen_through_width_case_variants_and_marks() -> None:
    assert value("echo_similarity", "请介绍一下Tomato的种法。", "請介紹一下ＴＯＭＡＴＯ的種法？") == 1
    assert value("echo_similarity", "a", "A.") == 1
    assert value("echo_similarity", ASKED, "先选一个深一些的花盆，再装上疏松的土。") == 0


def test_prefix_and_share_are_of_the_instruction() -> None:
    assert value("echo_prefix_ratio", ASKED, f"{ASKED}先松土。") == 1
    assert value("echo_prefix_ratio", ASKED, f"先松土。{ASKED}") == 0
    assert value("echo_ratio", ASKED, f"先松土。{ASKED}") == 1
    assert value("echo_prefix_ratio", "今天天气很好", "今天天晴") == 0.5


def test_fewer_units_than_a_shingle_are_no_echo() -> None:
    assert value("echo_prefix_ratio", "番茄", "番茄要晒太阳。") is None
    assert value("echo_ratio", "番茄", "番茄要晒太阳。") is None
    assert value("echo_ratio", "字" * SIZE, "字" * SIZE) == 1


@pytest.mark.parametrize(
    ("instruction", "answer", "apart"),
    [
        (ENGLISH, "背阴的阳台适合种蕨类、玉簪和常春藤。", 1),
        (ASKED, "Put the pot in the sun and water it once a day.", 1),
        (ASKED, "先选一个深一些的花盆，再装上疏松的土。", 0),
        (ENGLISH, "Ferns, hostas and ivy all grow well there.", 0),
        (ASKED, "```\nput the pot in the sun and water it\n```先选一个深一些的花盆，再装上土。", 0),
        ("docker run alpine sh\n连接被拒绝", "看起来端口没有打开，请检查防火墙。", 0),
        ("下面的数列中缺少哪个数？A.1 B.2 C.3 D.4", "D C B A D C B A", None),
        (f"Translate into Chinese: {ENGLISH}", "背阴的阳台适合种什么？应该种蕨类。", None),
        (ASKED, "Yes", None),
        ("?", "先选一个深一些的花盆。", None),
    ],
)
def test_the_script_of_an_answer_is_judged_where_it_can_be(instruction: str, answer: str, apart: float | None) -> None:
    assert value("answer_language_mismatch", instruction, answer) == apart


def test_lengths_are_in_code_points() -> None:
    assert value("answer_length_ratio", "四个汉字", "ab") == 0.5
    assert value("answer_length_ratio", "", "ab") is None


def test_the_catalogue_reads_both_views() -> None:
    columns = {"instruction": ["四个汉字", None], "answer": ["ab", "ab"]}
    batch = pa.RecordBatch.from_pydict({name: pa.array(texts, pa.string()) for name, texts in columns.items()})
    assert measure(batch, [SignalCall("answer_length_ratio")]).to_pydict() == {"answer_length_ratio": [0.5, None]}


@pytest.mark.parametrize("text", ["", "\0", "字" * 300_000, "a" * 1_000_000, "`" * 1_000_000, "a b " * 250_000])
def test_extreme_texts_have_values(text: str) -> None:
    for name in NAMES:
        assert len(measure_dialogue(rows_of([(text, text)]), [SignalCall(name)])[0]) == 1
