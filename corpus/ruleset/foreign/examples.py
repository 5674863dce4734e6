"""Examples for a bound that somebody else chose: texts whose measured value lies inside it and outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.catalogue import SIGNALS, complete, measure
from corpus.kernels.signal import SignalCall
from corpus.ruleset.foreign.model import NewRule

PROSE = {
    "zh": (
        "清晨下了一场小雨，石板路上亮晶晶的。卖菜的老人把担子放在桥头，等着熟人路过。",
        "渡口停了三天，镇上的人绕远路去对岸。\n船工说，水退了就开船，谁也不用着急。\n孩子们每天放学都去看水位。",
    ),
    "en": (
        "The ferry left before sunrise and crossed the bay in fog. Nobody on the pier had slept that night.",
        "The mill stood empty for years.\nThen a potter bought it and repaired the roof.\nShe built a kiln there.",
    ),
}
OTHERS = (
    "！！！？？？，，，。。。",
    "好",
    "a b c d e f g h",
    "incomprehensibilities counterrevolutionaries internationalization",
    "10086 12580 2016-08-09 13:45 88023145",
    "首页\n新闻\n体育\n财经\n娱乐\n更多",
    "Home\nNews\nSports\nMoney\nMore",
    "加入购物车\n加入购物车\n加入购物车\n加入购物车",
    "加入购物车。\n\n加入购物车。\n\n加入购物车。",
    "- apples\n- pears\n- plums\n- grapes",
    "The harbour office said...\nA new ferry will...\nResidents are...",
    "#sale #deal #promo #shop #now",
    "Read more... See all... Show... Next...",
    "哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈",
    "Welcome. Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
    "function add(a, b) { return a + b; }",
    "买房租房买房租房买房租房买房租房买房租房买房租房买房租房买房租房",
    "buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now",
    "abcdefghijklmnopqrstuvwxyz",
    "",
)
TIMES = (1, 2, 5, 30, 300, 3_000, 30_000)
MOST = 4 << 20


@dataclass(frozen=True)
class Example:
    """A text, repeated."""

    text: str
    times: int = 1


def examples(rule: NewRule) -> tuple[Example, Example] | None:
    """One that `rule` keeps and one that it does not; None when no text of the pool falls outside its bound."""
    if rule.keep or rule.drop:
        return Example(rule.keep[0]), Example(rule.drop[0])
    if SIGNALS[rule.kernel].reads == "lang_score":
        return _scores(rule)
    call = complete(SignalCall(rule.kernel, rule.args))
    own = PROSE["zh"] if rule.lang and rule.lang[0] == "zh" else PROSE["en"]
    others = [text for text in OTHERS if text]
    # What a rule keeps should be text of its language, if any text of it is kept at all.
    kept = _first(rule, call, own, inside=True) or _first(rule, call, others, inside=True)
    dropped = _first(rule, call, (*OTHERS, *own), inside=False)
    return None if kept is None or dropped is None else (kept, dropped)


def _first(rule: NewRule, call: SignalCall, pool: Sequence[str], *, inside: bool) -> Example | None:
    """The first text, repeated as little as possible, whose value is inside the bound, or outside."""
    for times in TIMES:
        texts = [text for text in pool if len(text) * times <= MOST]
        batch = pa.RecordBatch.from_arrays([pa.array([text * times for text in texts], pa.large_string())], ["text"])
        for text, value in zip(texts, measure(batch, [call]).column(0).to_pylist(), strict=True):
            if value is None:
                continue
            low = rule.min is None or value >= _stored(rule, rule.min)
            high = rule.max is None or value <= _stored(rule, rule.max)
            if (low and high) == inside:
                return Example(text, times)
    return None


def _scores(rule: NewRule) -> tuple[Example, Example]:
    low, high = rule.min, rule.max
    if low is not None:
        return Example(f"{min(1.0, low + (1 - low) / 2):.6g}"), Example(f"{low / 2:.6g}")
    assert high is not None  # noqa: S101  a rule has a bound
    return Example(f"{high / 2:.6g}"), Example(f"{high + (1 - high) / 2:.6g}")


def _stored(rule: NewRule, number: float) -> float:
    """A bound in the precision in which the signal is stored."""
    kind = SIGNALS[rule.kernel].type
    return float(pc.cast(pa.scalar(float(number)), kind).as_py()) if pa.types.is_floating(kind) else number
