from __future__ import annotations

import itertools
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import wordlists
from corpus.errors import UsageError
from corpus.kernels.catalogue import measure
from corpus.kernels.matchview import view_of_term
from corpus.kernels.signal import SignalCall
from corpus.kernels.wordlist import ANY_EDGE, ASCII_EDGE, MAX_TERM, Automaton, Pattern, compile_patterns, locate, scan

# Spellings of terms of the shipped lists that someone wrote to get past them.
BASES = (
    "加微信", "扫码领取", "点击领取", "微信同号", "全网最低价", "真人百家乐", "注册送彩金", "彩票计划群",
    "无视征信贷款", "日赚上千", "办理假证", "代开发票", "同城约炮", "上门按摩全套", "出售冰毒", "出售气枪",
    "最新章节免费阅读", "信用卡套现",
)  # fmt: skip
LATIN = (
    "加vx", "加VX", "加ｖｘ", "加ＶＸ", "加Vx", "加 vX", "加*vx", "加\u200bvx", "加ⓥⓧ", "加 ＶＸ", "加v\u200bx",
    "加νх", "添加VX", "加薇信", "加 薇 信", "加徽信", "加威信", "加*薇*信", "加V信", "加ｖ信", "请加♥薇♥信",
    "加【微】【信】", "加(微)信", "加𝐯𝐱", "加V 信", "关注Ｖ信", "加/微/信", "加~微~信", "加🌹微🌹信", "加_微_信",
    "Free  Porn", "ＦＲＥＥ PORN", "free-porn", "fr\u00adee porn", "Ｏｎｌｉｎｅ Ｃａｓｉｎｏ",
    "Online\u3000Casino", "onl\u200bine casino", "ОNLINE CASINO",
)  # fmt: skip
TRADITIONAL = (
    "掃碼領取", "點擊領取", "微信同號", "全網最低價", "真人百家樂", "註冊送彩金", "无視徵信貸款", "日賺上千",
    "代開發票", "辦理假證", "全 網 最 低 價", "ＶＸ同號", "發*票*代*開", "薇 信 號", "上門按摩全套", "出售氣槍",
    "信用卡套現", "掃 碼 領 取", "點*擊*領*取", "辦 理 假 證", "代.開.發.票", "微信同號",
)  # fmt: skip
BETWEEN = (" ", "*", "\u200b", "·", "★", "\u3000", "~", ".")
SPELLINGS = tuple(
    dict.fromkeys([*(mark.join(base) for base, mark in itertools.product(BASES, BETWEEN)), *LATIN, *TRADITIONAL])
)[:200]


def arrow(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.large_string())


def automaton(*terms: str, edge: int = 0, gaps: bool = True) -> Automaton:
    return compile_patterns([Pattern(term, 0, edge=edge, gaps=gaps) for term in terms], 1)


def found(text: str, *terms: str, edge: int = 0, gaps: bool = True) -> list[str]:
    """What stands in the text where the terms are hit."""
    hits = locate(arrow(text), automaton(*terms, edge=edge, gaps=gaps)).to_pylist()
    return [text.encode()[hit["start"] : hit["end"]].decode() for hit in hits]


def test_the_shipped_lists_catch_nearly_all_of_200_adversarial_spellings() -> None:
    assert len(SPELLINGS) == 200
    lists = [wordlists.load(name) for name in wordlists.shipped_names()]
    one = compile_patterns([pattern for single in lists for pattern in single.patterns(0)], 1)
    caught = scan(arrow(*(f"你好，{text}。" for text in SPELLINGS)), one).hits[:, 0] > 0
    missed = [text for text, seen in zip(SPELLINGS, caught, strict=True) if not seen]
    assert len(missed) <= 10, missed


@pytest.mark.parametrize(
    "text",
    [
        "请加薇信",
        "请 加 薇 信 谢谢",
        "加*薇*信",
        "加 \u200b*薇信",
        "加\ufe0f薇\u200d信",
        "ＡＢ加薇信",
        "加…薇信"[:1] + "薇信",
    ],
)
def test_a_spaced_out_word_is_still_the_word(text: str) -> None:
    assert len(found(text, "加薇信")) == 1


@pytest.mark.parametrize("text", ["增加。微信用户", "加，微信", "加\n微信", "加     微信", "加？微信", "加减微信"])
def test_a_clause_mark_a_line_or_a_wide_gap_separates(text: str) -> None:
    assert found(text, "加微信") == []


def test_hits_have_offsets_into_the_original() -> None:
    assert found("想加 薇*信领取", "加薇信") == ["加 薇*信"]
    assert found("點擊領取 Click-HERE", "点击领取", "click here") == ["點擊領取", "Click-HERE"]
    assert found("ﬁne print", "fine print") == ["ﬁne print"]


def test_of_terms_that_overlap_the_leftmost_then_the_longest_counts_once() -> None:
    assert found("加微信领红包", "微信", "加微信", "微信领红包") == ["加微信"]
    assert found("加微信领红包", "微信", "加微信", "加微信领红包", "领红包") == ["加微信领红包"]
    assert found("微信微信", "微信") == ["微信", "微信"]


def test_words_without_chinese_respect_boundaries_and_chinese_ones_do_not() -> None:
    assert found("ass class ass, 加ass好", "ass", edge=ASCII_EDGE) == ["ass", "ass", "ass"]
    assert found("ass加 加ass ass", "ass", edge=ANY_EDGE) == ["ass"]
    assert found("classic", "ass") == ["ass"]
    assert found("他加微信了", "加微信") == ["加微信"]


def test_a_list_without_gaps_finds_only_what_stands_together() -> None:
    assert found("加 微信加微信", "加微信", gaps=False) == ["加微信"]


def test_a_lists_values_do_not_depend_on_the_other_lists_in_the_pass() -> None:
    terms = [Pattern("微信", 0), Pattern("加微信", 1), Pattern("加微信号", 2)]
    text = arrow("加微信号", "微信", None, "")
    together = scan(text, compile_patterns(terms, 3)).hits
    for group, term in enumerate(terms):
        alone = scan(text, compile_patterns([Pattern(term.text, 0)], 1)).hits
        assert np.array_equal(alone[:, 0], together[:, group])


def test_a_term_adds_to_the_weight_up_to_its_cap() -> None:
    one = compile_patterns([Pattern("微信", 0, weight=2.0, cap=3), Pattern("红包", 0, weight=0.5)], 1)
    seen = scan(arrow("微信" * 10 + "红包" * 4), one)
    assert seen.hits.tolist() == [[14]]
    assert seen.distinct.tolist() == [[2]]
    assert seen.weight.tolist() == [[8.0]]


def expected(text: str, terms: list[str]) -> list[str]:
    """Leftmost-longest by looking everywhere."""
    place, result = 0, []
    while place < len(text):
        here = [term for term in terms if text.startswith(term, place)]
        if here:
            result.append(max(here, key=len))
        place += len(result[-1]) if here else 1
    return result


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("甲乙丙x", min_size=1, max_size=5), min_size=1, max_size=8, unique=True),
    st.text("甲乙丙x", max_size=40),
)
def test_hits_are_those_of_looking_everywhere(terms: list[str], text: str) -> None:
    assert found(text, *terms) == expected(text, terms)


@pytest.mark.parametrize("mark", ["", "。"])
def test_a_text_of_many_blocks_has_the_hits_of_its_clauses(mark: str) -> None:
    chance = random.Random(3)
    terms = ["甲乙", "乙丙丁甲", "丁丁丁丁丁丁", "丙甲乙丙甲乙丙甲乙", "丁戊x"]
    clauses = ["".join(chance.choices("甲乙丙丁戊x", k=chance.randint(1, 60))) for _ in range(1500)]
    text = mark.join(clauses)
    assert found(text, *terms) == [hit for clause in text.split(mark or None) for hit in expected(clause, terms)]


def test_a_hit_on_either_side_of_where_blocks_are_cut_is_found() -> None:
    for length in range(2040, 2056):
        text = "无" * length + "甲乙。甲乙丙。ﬁ甲乙丙丁"
        assert found(text, "甲乙", "甲乙丙", "fi", "甲乙丙丁") == ["甲乙", "甲乙丙", "ﬁ", "甲乙丙丁"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text("甲乙a b", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=6),
    st.text("甲乙丙a b", max_size=30),
)
def test_a_list_finds_alone_what_it_finds_beside_a_long_one(terms: list[str], text: str) -> None:
    others = [Pattern(f"{one}{two}{three}", 1) for one in "甲乙丙ab" for two in "甲乙丙ab" for three in "甲乙丙ab"]
    own = [Pattern(term, 0) for term in terms]
    both, alone = compile_patterns([*own, *others], 2), compile_patterns(own, 1)
    assert scan(arrow(text), both).hits[0, 0] == scan(arrow(text), alone).hits[0, 0]


TEXTS = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text("加微信 *，vxＶ\n", max_size=40)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=6), st.integers(0, 6))
def test_any_split_of_a_batch_finds_the_same_and_offsets_fall_on_characters(texts: list[str | None], cut: int) -> None:
    one = automaton("加微信", "微信", "vx", "加v", "v x")
    whole = arrow(*texts)
    parts = [scan(part, one).hits for part in (whole.slice(0, cut), whole.slice(min(cut, len(texts))))]
    assert np.array_equal(scan(whole, one).hits, np.concatenate(parts))
    for hit in locate(whole, one).to_pylist():
        text = texts[hit["row"]]
        assert text is not None
        assert text.encode()[hit["start"] : hit["end"]].decode()


@pytest.mark.parametrize(
    "text", ["加" * 200_000, " " * 200_000, "\u200b" * 200_000, "加 " * 100_000, "ﬁ" * 100_000, "㍿" * 90_000]
)
def test_extreme_texts_are_scanned(text: str) -> None:
    assert scan(arrow(text), automaton("加微信", "加" * MAX_TERM, "fi")).chars.tolist() == [len(text)]


@pytest.mark.parametrize(("term", "why"), [("加，微", "clause"), ("***", "no letter"), ("a.b", "mark")])
def test_a_term_that_cannot_be_found_is_refused(term: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        view_of_term(term)


def test_the_signals_name_their_list_and_a_changed_list_is_refused() -> None:
    digest = wordlists.load("zh/ads").digest
    batch = pa.RecordBatch.from_arrays([arrow("加 薇 信，扫码领取", None, "")], ["text"])

    def calls(said: str) -> list[SignalCall]:
        arguments = (("list", "zh/ads"), ("digest", said))
        return [SignalCall(kernel, arguments) for kernel in ("term_density", "term_hits", "term_distinct")]

    density, hits, distinct = measure(batch, calls(digest)).columns
    assert hits.to_pylist() == [2, None, 0]
    assert distinct.to_pylist() == [2, None, 0]
    assert density.to_pylist() == [200.0, None, None]
    with pytest.raises(UsageError, match="not abcdef"):
        measure(batch, calls("abcdef"))


def test_a_list_of_the_users_travels_inside_the_call() -> None:
    own = wordlists.WordList("mine", (wordlists.Term("西瓜"),))
    call = SignalCall("term_hits", (("list", "mine"), ("digest", own.digest)), wordlists.attach([own], [own.packed]))
    assert measure(pa.RecordBatch.from_arrays([arrow("买 西 瓜")], ["text"]), [call]).column(0).to_pylist() == [1]
