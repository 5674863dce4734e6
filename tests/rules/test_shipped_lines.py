"""Line rules that come with the package: sound, true to their examples, and harmless to prose."""

from __future__ import annotations

import pyarrow as pa
import pytest

from corpus.ruleset.lines import load_line_rules
from corpus.ruleset.lint import lint
from corpus.ruleset.lint import test_examples as wrong_examples
from corpus.ruleset.model import RuleSet
from corpus.stages.line_rules import LineRules

SETS = ("common", "zh", "en/c4", "en/web")
PROSE = (
    "第一章　总则\n第一条　未经许可，任何单位和个人不得在公共水井旁堆放杂物。\n\n"
    "“你当真要走？”老人放下烟杆。\n上一篇文章讲了旧桥，这一篇讲新桥。\n编辑部设在桥头，责任编辑姓王。\n\n"
    "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\n《晚渡》\n江阔帆声远，\n山寒月影微。\n\n"
    "他扫描二维码，进了门。\n评论 3 条都说到了水井。\n"
)
PAGE = (
    "首页 > 新闻 > 国内\n新桥通车\n阅读（305） 评论（2）\n桥在山脚，走过去要一刻钟。\n责任编辑：某某\n"
    "声明：本文系转载，版权归原作者所有。\n上一篇：旧桥的来历\n下一篇：没有了\n分享到：微信 新浪微博\n"
    "长按下方二维码关注我们\n© 2019 某某网 版权所有\n京ICP备12345678号-2\n"
)


def left(text: str, *names: str, lang: str) -> str:
    columns = {"text": pa.array([text], pa.large_string()), "lang": pa.array([lang]), "source": pa.array(["s"])}
    return LineRules(load_line_rules(names))(pa.RecordBatch.from_pydict(columns)).column("text")[0].as_py()


@pytest.mark.parametrize("name", SETS)
def test_a_shipped_set_is_sound_and_its_examples_hold(name: str) -> None:
    rules = RuleSet(load_line_rules([name]))
    assert rules.rules
    assert wrong_examples(rules) == []
    assert lint(rules) == []


def test_prose_statutes_verse_and_tables_lose_nothing() -> None:
    assert left(PROSE, "common", "zh", lang="zh") == PROSE


def test_of_a_page_its_title_and_its_text_are_left() -> None:
    assert left(PAGE, "common", "zh", lang="zh") == "新桥通车\n桥在山脚，走过去要一刻钟。\n"


def test_english_sets_cut_buttons_and_leave_sentences() -> None:
    page = "Sign in to comment\nThe mill stood empty for years.\nREAD ALL ABOUT IT HERE\n12 likes\n1 | 2 | 3\n"
    assert left(page, "en/web", lang="en") == "The mill stood empty for years.\n"
    assert left(page, "en/c4", lang="en") == "The mill stood empty for years.\n"
    assert left(page, "en/web", "en/c4", lang="de") == page
