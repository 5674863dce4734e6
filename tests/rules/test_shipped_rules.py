"""Every shipped rule loads, is sound, keeps and drops its examples, and leaves other languages alone."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest

from corpus.kernels.catalogue import measure
from corpus.ruleset.compile import verdicts
from corpus.ruleset.lint import lint
from corpus.ruleset.lint import test_examples as wrong_examples
from corpus.ruleset.load import load_rules, shipped_names
from corpus.ruleset.model import DEMOTED, DROPPED, KEPT, RuleSet
from corpus.ruleset.tiers import assign, cut_points, histogram, load_tiers

ALL = load_rules([name for name in shipped_names() if "/" in name])
DEFAULT = load_rules(["common", "zh/web", "en/web"])

POEM = "《晚渡》\n江阔帆声远，\n山寒月影微。\n谁家吹短笛，\n一棹带云归。"
LAW = "\n".join(
    [
        "第一章　总则",
        "第一条　为了规范公共水井的使用，保护水源，方便居民生活，制定本办法。",
        "第二条　本办法所称公共水井，是指由集体出资开凿、供居民共同使用的水井。",
        "第三条　任何单位和个人不得在公共水井周围二十米内倾倒垃圾、排放污水或者堆放有毒物品。",
        "第四条　使用公共水井应当遵守先后次序，不得长时间占用井台，不得损坏井栏和绳索。",
        "第五条　违反本办法规定，造成水源污染的，由管理人责令停止违法行为，限期清除污染，并承担修复费用。",
        "第六条　违反本办法规定，损坏井栏和绳索的，由管理人责令修复或者照价赔偿。",
        "第七条　本办法自公布之日起施行。",
    ]
)
NOVEL = (
    "“你当真要走？”老人放下手里的烟杆，看着门外的雪。\n"
    "“当真。”年轻人把包袱往肩上一甩，却没有迈步……\n"
    "屋里静了很久，只有炉子上的水壶在响。老人站起身，从柜子里摸出一个布包，塞到他怀里，转身回了里屋。\n"
    "他打开布包，里面是三块银元和一封没有封口的信。信上只写了一句话：路上冷，记得把领子竖起来。\n"
    "年轻人把信折好，贴身放着，朝里屋深深鞠了一躬。门帘后面传来一声咳嗽，却没有人出来。\n"
    "他推开门，雪已经没过了脚踝。走到村口回头看时，窗上还亮着那盏油灯，灯影里有个人站着，一动不动。\n"
    "后来他在南方的码头扛过包，在北方的矿上下过井，每到一处都先找邮局。\n"
    "可是那封信，他一直没有想好该怎么回。\n"
)
CODE = (
    "# 两数之和\n\n给定一个整数数组和一个目标值，找出数组中和为目标值的两个数的下标。\n\n"
    "思路：用字典记下走过的数，对每个数看看目标值减去它是否已经在字典里。时间复杂度是 O(n)。\n\n"
    "```python\ndef two_sum(nums, target):\n    seen = {}\n    for i, x in enumerate(nums):\n"
    "        if target - x in seen:\n            return [seen[target - x], i]\n        seen[x] = i\n"
    "    return []\n```\n\n"
    "```java\npublic int[] twoSum(int[] nums, int target) {\n    Map<Integer, Integer> seen = new HashMap<>();\n"
    "    for (int i = 0; i < nums.length; i++) {\n        if (seen.containsKey(target - nums[i])) {\n"
    "            return new int[] {seen.get(target - nums[i]), i};\n        }\n        seen.put(nums[i], i);\n    }\n"
    "    return new int[0];\n}\n```\n"
)
ANSWER = (
    "问：新买的铁锅总是生锈，应该怎么保养？\n"
    "答：先用淘米水煮开，倒掉以后擦干，再抹一层薄油小火烘干。每次用完都这样做，半个月就不会再生锈了。"
    "如果已经有锈斑，可以用粗盐擦一遍，冲净以后马上烘干。\n"
)
ENGLISH = (
    "The mill stood empty for nearly forty years before anyone thought of using it again. A potter from the coast "
    "bought the building, repaired the roof and built a kiln where the wheel had been. Within two summers the village "
    "had a market, and people who had moved to the city came back to sell bread and honey.\n\n"
    "Not everyone was pleased. The road is narrow, and on market days it is full of cars that nobody in the village "
    "owns. The council wants to build a car park on the meadow; the farmers would rather keep the "
    "hay, and so far nobody has asked the cows.\n"
)
MENU = "首页\n新闻\n体育\n财经\n娱乐\n更多\n" * 6
SPAM = "优惠券领取 点击领取优惠券 " * 30


def judged(ruleset: RuleSet, text: str, lang: str) -> tuple[int, list[str]]:
    batch = pa.RecordBatch.from_pydict(
        {
            "text": pa.array([text], pa.large_string()),
            "url": pa.array([None], pa.string()),
            "lang": pa.array([lang], pa.string()),
            "lang_score": pa.array([0.9], pa.float32()),
        }
    )
    frame = pl.DataFrame(pl.from_arrow(measure(batch, ruleset.calls)))
    found = verdicts(ruleset, frame.with_columns(lang=pl.lit(lang), source=pl.lit("test")))
    return found["action"].item(), [ruleset.rules[index].id for index in found["failed"].item()]


@pytest.mark.parametrize("rule", ALL.rules, ids=lambda rule: rule.id)
def test_examples_are_kept_and_dropped(rule):
    assert wrong_examples(RuleSet((rule,))) == []
    assert rule.examples.keep
    assert rule.examples.drop


FILES = [name for name in shipped_names() if "/" in name]
RECIPES = [name for name in FILES if name.startswith("sources/")]


@pytest.mark.parametrize("name", FILES)
def test_every_shipped_file_is_sound_alone_and_behind_the_common_rules(name):
    assert lint(load_rules([name])) == []
    if not name.startswith(("common/", "code/")):  # code stands without the rules for text
        assert lint(load_rules(["common", name])) == []


def test_the_default_rules_are_sound_together():
    assert lint(DEFAULT) == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_asks_no_more_of_a_law_or_a_novel_than_its_length(name):
    rules = load_rules(["common", "zh/web", name])
    for text in (LAW, NOVEL):
        assert [one for one in judged(rules, text, "zh")[1] if not one.endswith(".short")] == []


def test_there_is_a_recipe_for_every_script_of_the_seed_system():
    assert len(RECIPES) == 25


def test_language_packs_apply_to_their_language_alone():
    for rule in ALL.rules:
        directory = rule.at.path.split("/")[1]
        if directory == "sources":
            assert rule.applies.lang == (("en",) if rule.at.path.endswith("/en_wanjuan.yaml") else ("zh",)), rule.id
        else:
            assert rule.applies.lang == (() if directory in ("common", "code", "sft") else (directory,)), rule.id


def test_rules_for_dialogues_look_at_nothing_else():
    for rule in ALL.rules:
        dialogues = rule.applies.kind == ("conversation", "preference")
        assert dialogues == rule.at.path.startswith("rules/sft/"), rule.id
    assert {rule.otherwise for rule in load_rules(["sft/safety"]).rules} == {"flag"}


def test_the_pack_for_prose_removes_nothing():
    assert {rule.otherwise for rule in load_rules(["zh/prose"]).rules} == {"flag", "demote"}


KINDS = {"zh/book": 1, "zh/news": 1, "zh/wiki": 1, "zh/qa": 1, "zh/social": 0, "zh/ecommerce": 0, "zh/prose": 0}
"""Packs, and the worst action they may take on good Chinese."""


@pytest.mark.parametrize("name", KINDS)
def test_packs_for_a_kind_of_text_drop_no_good_chinese(name):
    for text in (LAW, NOVEL, ANSWER, POEM):
        assert judged(load_rules([name]), text, "zh")[0] <= DEMOTED
    assert judged(load_rules([name]), NOVEL, "zh")[0] <= KINDS[name]


@pytest.mark.parametrize("name", ["en/gopher", "en/c4", "en/fineweb", "en/book"])
def test_english_packs_never_look_at_chinese(name):
    assert judged(load_rules([name]), NOVEL, "zh") == (KEPT, [])


@pytest.mark.parametrize("text", [LAW, NOVEL, CODE, ANSWER], ids=["law", "novel", "code", "answer"])
def test_good_chinese_is_kept_as_it_is(text):
    action, failed = judged(DEFAULT, text, "zh")
    assert action <= 1, failed


def test_a_poem_is_kept_and_no_more_than_demoted_for_its_length():
    assert judged(DEFAULT, POEM, "zh") == (DEMOTED, ["zh.short"])


def test_good_english_is_kept_as_it_is():
    assert judged(DEFAULT, ENGLISH, "en") == (KEPT, [])


def test_english_rules_never_look_at_chinese_nor_chinese_ones_at_other_languages():
    for lang in ("zh", "ja", "ko"):
        assert not [name for name in judged(DEFAULT, NOVEL, lang)[1] if name.startswith("en.")]
    assert not [name for name in judged(DEFAULT, MENU, "ja")[1] if name.startswith("zh.")]


@pytest.mark.parametrize(
    ("text", "why"), [(MENU, "zh.newline_ratio_high"), (SPAM, "zh.top_6gram"), ("关于我们的团队", "common.too_short")]
)
def test_pages_without_text_are_dropped(text, why):
    action, failed = judged(DEFAULT, text, "zh")
    assert action == DROPPED
    assert why in failed


def test_an_empty_text_is_dropped():
    assert judged(DEFAULT, "", "zh")[0] == DROPPED


def test_the_default_tiers_tell_prose_from_fragments():
    policy = load_tiers("default")
    texts = [LAW, NOVEL, ENGLISH, POEM, MENU]
    langs = ["zh", "zh", "en", "zh", "zh"]
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})
    frame = pl.DataFrame(pl.from_arrow(measure(batch, policy.calls))).with_columns(
        source=pl.lit("test"), lang=pl.Series(langs), demoted=pl.Series([False, False, False, True, False])
    )
    tiers = [policy.names[place] for place in assign(policy, frame, cut_points(histogram(frame, policy), policy))]
    assert tiers == ["high", "high", "high", "low", "low"]
