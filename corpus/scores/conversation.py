"""Quality of an answer to an instruction, from its form alone: no model, one row at a time.

Six facets, each from 0 (bad) to 1 (good), null where there is nothing to judge:

    answer_length      long enough to be an answer, and not endless
    answer_repetition  says nothing again and again
    answer_refusal     is an answer, and no refusal, apology or form that nobody filled in
    answer_language    in the language of the ask, unless that asks for another
    answer_format      ends, closes its fences and brackets, holds no remains of markup
    answer_echo        is not the ask once more

`rules/quality/conversation.yaml` puts them together by weights, beside a judge's score from 1 to 5 where there is one
(column `judge.score`); `product` joins quality with difficulty as Deita does (Liu et al. 2023, Evol Score).
"""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.kernels.catalogue import measure
from corpus.kernels.signal import SignalCall

VERSION = 1
"""Raise it when a facet of any row changes."""
FACETS = ("answer_length", "answer_repetition", "answer_refusal", "answer_language", "answer_format", "answer_echo")
POLICY = "conversation"
"""The shipped quality policy that reads them."""

_UNITS = SignalCall("tokens")
_SCRIPT = SignalCall("script")
_LENGTH = ((0.0, 0.0), (1.0, 0.2), (5.0, 0.5), (20.0, 0.85), (50.0, 1.0), (3000.0, 1.0), (12000.0, 0.5))
"""Units (characters of Chinese, words of English) of an answer and what they are worth."""
_BRIEF = (
    r"(?i)\b(?:yes or no|true or false|one word|which of|choose|select|classify|name (?:the|a|one)|how many|calculate|"
    r"what (?:year|number|percentage))\b|是否|对还是错|判断|选择|选出|哪一?个|哪些|分类|多少|几个|计算|一个词|"
    r"一句话|名字"
)
"""An ask that a few words answer."""
_REFUSAL = (
    r"(?i)^\W*(?:(?:i['’]?m|i am|we are) (?:very |really )?(?:sorry|afraid|unable)|sorry[,.!]|"
    r"unfortunately,? (?:i|we)\b|i (?:can(?:not|['’]t)|am not able to|do not have|don['’]t have)|"
    r"as an? (?:ai|artificial|language model)|很?抱歉|对不起|不好意思|"
    r"作为(?:一个|一名)?(?:ai|人工智能|语言模型|大?模型|机器人|助手)|我(?:是|只是)(?:一个|一名)?(?:ai|人工智能|语言模型)|"
    r"我(?:无法|不能|没有办法|没法|不便)(?:回答|提供|完成|帮|给出|判断|访问|执行|确定))"
)
"""How a refusal begins."""
_ASIDE = r"(?i)\bas an ai(?: language)? model\b|作为(?:一个|一名)?(?:ai|人工智能|语言模型|大语言模型)"
"""What an answer that came round to answering may still hold."""
_EMPTY_FORM = (
    r"(?i)^\s*(?:n/?a|none|null|nan|todo|tbd|no ?(?:output|answer|response)|<\s*no\s*output\s*>|\.{3,}|…+|-+|无|暂无|"
    r"略|空)\W*$|\[\s*(?:insert|your|add|placeholder|name)[^\]\n]{0,40}\]|lorem ipsum|此处(?:填写|插入|省略)|"
    r"（\s*待补充\s*）|x{4,}"
)
"""Forms that nobody filled in."""
_OTHER_LANGUAGE = (
    r"(?i)translat|\bin (?:english|chinese|french|german|spanish|japanese|korean|russian|italian|latin)\b|"
    r"翻译|译成|译为|英译|汉译|(?:用|写成|改成|改为)(?:英|中|汉|法|德|日|韩|俄|西班牙)(?:文|语)|英文|英语|日语|法语|德语|韩语|俄语|code|sql|python|代码|程序|函数|脚本|正则|公式"
)
"""An ask that may be answered in another script than its own."""
_OWN = 0.2
_ENDED = r"(?:[。！？!?….．｡；;：:~～)）\]】}」』”’\"'`>*|]|\p{Emoji_Presentation}|\d|[A-Za-z]{1,3})\s*$"
"""How an answer ends: with a mark, a bracket, a fence, a number or a short word, as lists of terms do."""


def facets(instruction: pa.Array, answer: pa.Array) -> pl.DataFrame:
    """FACETS of each row as float32. A row's values depend on its two texts alone.

    An empty answer, or none, has 0 for its length and null for the other facets. UsageError when the columns are not of
    one length.
    """
    if len(instruction) != len(answer):
        raise UsageError(f"{len(instruction)} instructions and {len(answer)} answers; give one of each a row")
    frame = pl.DataFrame({"ask": _series(instruction), "answer": _series(answer)})
    asked, said = _signals(frame["ask"], (_SCRIPT, _HAN, _LATIN)), _signals(frame["answer"], _CALLS)
    frame = frame.with_columns(
        ask_script=asked[_SCRIPT.column],
        ask_han=asked[_HAN.column],
        ask_latin=asked[_LATIN.column],
        script=said[_SCRIPT.column],
        units=said[_UNITS.column],
        han=said[_HAN.column],
        latin=said[_LATIN.column],
        loops=said[_REPEATED.column],
        again=said[_SENTENCES.column],
        run=said[_RUN.column],
        loose=said[_UNPAIRED.column],
        remains=said[_MARKUP.column],
    )
    there = pl.col("answer").str.contains(r"\S")
    found = frame.select(
        answer_length=_length(),
        answer_repetition=pl.min_horizontal(
            _falls("loops", 0.15, 0.6), _falls("again", 0.05, 0.4), _falls("run", 12, 80, of="answer")
        ),
        answer_refusal=_refusal(),
        answer_language=_language(),
        answer_format=_format(),
        answer_echo=_echo(),
    )
    judged = [pl.when(there).then(pl.col(name)).alias(name) for name in FACETS if name != "answer_length"]
    return (
        found.hstack(frame.select("answer"))
        .select("answer_length", *judged)
        .select(pl.col(name).cast(pl.Float32) for name in FACETS)
    )


def product(quality: np.ndarray, difficulty: np.ndarray) -> np.ndarray:
    """Quality times difficulty, float64; not a number where one of them is. Rows that are good and hard come first."""
    return np.asarray(quality, np.float64) * np.asarray(difficulty, np.float64)


_REPEATED = SignalCall("duplicate_ngram_char_ratio", (("n", 10),))
_SENTENCES = SignalCall("repeated_sentence_ratio")
_RUN = SignalCall("longest_run")
_UNPAIRED = SignalCall("unpaired_ratio")
_MARKUP = SignalCall("phrase_density", (("of", "html_remnant"),))
_HAN = SignalCall("char_count", (("of", "han"),))
_LATIN = SignalCall("char_count", (("of", "latin"),))
_CALLS = (_UNITS, _SCRIPT, _HAN, _LATIN, _REPEATED, _SENTENCES, _RUN, _UNPAIRED, _MARKUP)


def _signals(text: pl.Series, calls: tuple[SignalCall, ...]) -> pl.DataFrame:
    found = measure(pa.RecordBatch.from_arrays([large(text)], ["text"]), calls)
    return pl.DataFrame(pl.from_arrow(pa.Table.from_batches([found])))


def _length() -> pl.Expr:
    """The curve over the units; of an ask that a few words answer, few are enough."""
    units = pl.col("units").cast(pl.Float64).fill_null(0.0)
    found = pl.lit(_LENGTH[-1][1])
    for (low, worth), (high, more) in reversed(list(itertools.pairwise(_LENGTH))):
        inside = worth + (units - low) / (high - low) * (more - worth)
        found = pl.when(units <= high).then(inside).otherwise(found)
    brief = pl.col("ask").str.contains(_BRIEF).fill_null(value=False) & (units >= 1)
    return pl.when(brief).then(pl.max_horizontal(found, pl.lit(0.85))).otherwise(found)


def _falls(name: str, good: float, bad: float, of: str | None = None) -> pl.Expr:
    """1 up to `good`, 0 from `bad` on, straight between; 1 where nothing was measured."""
    value = pl.col(name).cast(pl.Float64).fill_nan(None)
    if of is not None:  # rulers of dashes and dots in tables are no stutter
        value = pl.when(pl.col(of).str.contains(r"[-=_*.·—~#]{12}")).then(0.0).otherwise(value)
    return (1 - (value - good) / (bad - good)).clip(0.0, 1.0).fill_null(1.0)


def _refusal() -> pl.Expr:
    refuses, form = pl.col("answer").str.contains(_REFUSAL), pl.col("answer").str.contains(_EMPTY_FORM)
    aside = pl.col("answer").str.contains(_ASIDE)
    # One that goes on for long after its apology has mostly answered.
    long = pl.col("units").fill_null(0) >= 150
    return (
        pl.when(form & ~long).then(0.0).when(refuses & long).then(0.5).when(refuses).then(0.0)
        .when(aside | form).then(0.6).otherwise(1.0)
    )  # fmt: skip


def _language() -> pl.Expr:
    """1 where a fifth of the answer's letters are of the ask's script, or another is asked for; a Han counts as three
    letters. Null where one of the two has none."""
    known = pl.col("ask_script").is_not_null() & pl.col("script").is_not_null()
    other = pl.col("ask").str.contains(_OTHER_LANGUAGE)
    # An ask in Chinese may hold more letters of names and commands than Han.
    east = pl.col("ask_script").is_in(["Hani", "Kana"]) | (3 * pl.col("ask_han") >= pl.col("ask_latin"))
    east = east & (pl.col("ask_han") > 0)
    han, latin = 3.0 * pl.col("han"), pl.col("latin").cast(pl.Float64)
    own = pl.when(east).then(han).when(pl.col("ask_script") == "Latn").then(latin)
    same = (pl.col("ask_script") == pl.col("script")) | (east & (pl.col("script") == "Kana"))
    same = same | (own >= _OWN * (han + latin)).fill_null(value=False)
    # A name, a number or a term in Latin letters answers many an ask in Chinese.
    short = pl.col("units").fill_null(0) < 12
    return pl.when(~known).then(None).when(same | other).then(1.0).when(short).then(0.7).otherwise(0.0)


def _format() -> pl.Expr:
    ended = pl.col("answer").str.contains(_ENDED) | (pl.col("units").fill_null(0) < 20)
    fences = pl.col("answer").str.count_matches("```", literal=True) % 2 == 0
    whole = pl.when(ended).then(1.0).otherwise(0.4)
    closed = pl.when(fences).then(1.0).otherwise(0.3)
    code = pl.col("answer").str.contains("```|[{};]\\s*\\n|^\\s*<", literal=False)
    clean = pl.when(code).then(1.0).otherwise(_falls("remains", 2, 20))
    return pl.min_horizontal(whole, closed, clean, _falls("loose", 0.2, 0.9))


def _echo() -> pl.Expr:
    ask, answer = (pl.col(name).str.strip_chars().str.to_lowercase() for name in ("ask", "answer"))
    copied = answer == ask
    contains = (ask.str.len_chars() >= 30) & answer.str.contains(ask, literal=True)
    extra = answer.str.len_chars().cast(pl.Float64) - ask.str.len_chars()
    share = (extra / ask.str.len_chars().cast(pl.Float64)).clip(0.0, 1.0)
    return pl.when(copied).then(0.0).when(contains).then(share).otherwise(1.0).fill_null(1.0)


def _series(found: pa.Array) -> pl.Series:
    return pl.Series(pl.from_arrow(found)).cast(pl.String)
