from __future__ import annotations

from typing import Any

from corpus.pairs.choose import PAIR, Candidate, Choosing, candidates
from corpus.pairs.evidence import Evidence, Known, Rule, Weights
from corpus.pairs.model import Reply, Seed

TEXTS = (
    "山上有雪，雪下有草，草里有虫，虫在唱歌，歌声传到了山下的小村庄里。",
    "河水向东流，流过三座桥，桥上有人走，人在看月亮，月亮照着河边的树。",
    "城里的灯亮了，路上的车多了，车里的人累了，累了就想回到自己的家里去。",
)


def known(n: int, point: float | None, text: str | None = "", policy: bool = False, broken: bool = False) -> Known:
    own = TEXTS[n] if text == "" else text
    one = Known(Reply("s", f"m{n}#0", f"m{n}", 0, own, None if own else "cut_off", "", policy, ""))
    one.points = [] if point is None else [point]
    one.rules = [Rule("r", 0.0 if broken else 1.0, 0.0, must=True)]
    return one


def told(winner: str, one: int = 0, other: int = 1) -> dict[str, Any]:
    return {"first": f"m{one}#0", "second": f"m{other}#0", "winner": winner, "judge": "j", "prompt": "p"}


def reasons(answers: list[Known], *comparisons: dict[str, Any], **settings: Any) -> list[str]:
    found = Evidence((Seed("s", (("user", "问"),)),), {"s": tuple(answers)}, {"s": comparisons})
    return [one.reason for one in candidates(found, Choosing(**settings))]


def best(answers: list[Known], *comparisons: dict[str, Any]) -> Candidate:
    found = Evidence((Seed("s", (("user", "问"),)),), {"s": tuple(answers)}, {"s": comparisons})
    (one,) = (one for one in candidates(found, Choosing()) if one.reason == PAIR)
    return one


def test_the_better_answer_is_chosen_and_the_widest_margin_is_the_pair() -> None:
    three = [known(0, 0.5), known(1, 0.1), known(2, 0.9)]
    one = best(three)
    assert (one.better.reply.id, one.worse.reply.id) == ("m2#0", "m1#0")
    assert sorted(reasons(three)) == [PAIR, "another_pair", "another_pair"]
    assert reasons(three, per_seed=3) == [PAIR] * 3


def test_every_way_not_to_be_a_pair_has_its_reason() -> None:
    good, bad = known(0, 0.9), known(1, 0.1)
    assert reasons([good, known(1, 0.1, None)]) == ["no_answer"]
    assert reasons([good, known(1, 0.1, TEXTS[0] + " ")]) == ["same_text"]
    assert reasons([good, known(1, 0.1, TEXTS[0].replace("唱歌", "唱着歌"))], similar=0.6) == ["near_identical"]
    assert reasons([good, bad], on_policy=True) == ["off_policy"]
    assert reasons([good, known(1, 0.1, policy=True)], on_policy=True) == [PAIR]
    assert reasons([good, known(1, None)]) == ["not_judged"]
    assert reasons([good, bad], direct=True) == ["not_judged"]
    assert reasons([good, bad], told("inconsistent")) == ["orders_disagree"]
    assert reasons([good, bad], told("tie")) == ["tie"]
    assert reasons([good, bad], told("second")) == ["contradicted"]
    assert reasons([good, known(1, 0.85)]) == ["below_margin"]
    assert reasons([good, known(1, 0.9)]) == ["tie"]
    assert reasons([known(0, 0.9, broken=True), bad]) == ["breaks_rule"]
    assert reasons([good, bad], least=0.95) == ["too_weak"]
    assert reasons([good, known(1, 0.1, "短")]) == ["length_ratio"]


def test_a_second_judge_outvotes_an_order_that_disagreed_and_comparisons_without_weight_decide_nothing() -> None:
    good, bad = known(0, 0.9), known(1, 0.1)
    assert reasons([good, bad], told("inconsistent"), told("first")) == [PAIR]
    assert reasons([good, bad], told("second", 1, 0)) == [PAIR]
    assert reasons([good, bad], told("inconsistent"), weights=Weights(pairwise=0)) == [PAIR]


def test_scores_are_the_weighted_mean_of_what_there_is() -> None:
    one = known(0, 0.5)
    one.shares = [1.0, 0.5]
    assert one.score(Weights()) == (0.5 + 0.75) / 2
    assert one.score(Weights(pairwise=3)) == (0.5 + 3 * 0.75) / 4
    assert known(0, None).score(Weights()) is None


def test_the_longer_answer_is_chosen_in_no_more_than_its_share_and_narrow_margins_go_first() -> None:
    answers, seeds = {}, []
    for n in range(40):
        seeds.append(Seed(f"s{n:02}", (("user", f"问{n}"),)))
        long, short = (f"第{n}次说，" + TEXTS[n % 2] + TEXTS[2] * 1), f"第{n}次说，" + TEXTS[(n + 1) % 2]
        texts = (long, short) if n < 32 else (short, long)
        pair = []
        for at, text in enumerate(texts):
            one = Known(Reply(f"s{n:02}", f"m{at}#0", f"m{at}", 0, text, None, "", False, ""))
            one.points = [0.9 - at * (0.2 + n / 100)]
            pair.append(one)
        answers[f"s{n:02}"] = tuple(pair)
    found = candidates(Evidence(tuple(seeds), answers, {}), Choosing(longer=0.6))
    kept = [one for one in found if one.reason == PAIR]
    gone = [one for one in found if one.reason == "length_balance"]
    assert len(kept) + len(gone) == 40
    assert len(gone) == 20
    assert sum(one.longer for one in kept) / len(kept) <= 0.6
    widest_gone = max(one.margin or 0 for one in gone)
    assert widest_gone <= min(one.margin or 0 for one in kept if one.longer)
