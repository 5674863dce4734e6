from __future__ import annotations

import pyarrow as pa
import pytest

from corpus.kernels.forms import FORMS, measure_forms
from corpus.kernels.signal import SignalCall

PROSE = """昨天下午我们去河边散步，天气不冷也不热，水面上有几只野鸭在慢慢地游。
老人坐在长椅上看报纸，旁边的孩子把面包屑扔进水里，笑个不停。"""
CODE = """def area(width, height):
    result = [width[i] * height[i] for i in range(len(width))]
    if result == []:
        return {"total": 0}
    print(result[0]);"""
MIXED = f"怎样计算面积，先看下面这一段程序，再来说明它。\n```python\nimport math\nx = 1\n{CODE}\n```\n"
REGULATED = "山前有小路，路上少行人。风过松针落，云开月色新。"
ENGLISH = """The river runs beneath the hill,
And carries leaves of red and gold,
The wind is low, the night is still,
And all the fields are growing cold."""
SPEAKERS = "小明：你今天去哪里了？\n小红：我去图书馆看书了。\n小明：借到那本书了吗？\n小红：没有，已经被人借走了。"
QUOTES = "“你来得真早。”他说。\n“睡不着，就早点出门了。”\n他们沿着河走，谁也没有再说话。"
FIELDS = "发布时间：今天\n来源：本站\n作者：编辑部\n分类：生活"
MENU = "首页\n新闻中心\n关于我们\n联系方式\n网站地图\n友情链接"


def share(text: str, form: str) -> float:
    return measure_forms(pa.array([text]), [SignalCall(form)])[0][0].as_py()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (CODE, "code_like"),
        (MIXED, "code_like"),
        ('{\n  "name": "x",\n  "sizes": [1, 2]\n}', "code_like"),
        (REGULATED, "verse_like"),
        (ENGLISH, "verse_like"),
        (SPEAKERS, "dialogue_like"),
        (QUOTES, "dialogue_like"),
        ("A: How was it?\nB: Not bad at all.\nA: Good to hear.", "dialogue_like"),
    ],
)
def test_a_form_is_seen_and_not_taken_for_another(text: str, form: str) -> None:
    assert share(text, form) > 0.6
    assert all(share(text, other) < 0.35 for other in FORMS if other != form)


@pytest.mark.parametrize("text", [PROSE, MENU, FIELDS, "See [the page](https://example.org/a_b?c=d) for more on it."])
def test_prose_menus_and_fields_have_none(text: str) -> None:
    assert [share(text, form) for form in FORMS] == [0, 0, 0]


def test_a_text_without_anything_visible_has_no_share() -> None:
    found = measure_forms(pa.array([None, "", " \n\t"]), [SignalCall(form) for form in FORMS])
    assert all(column.null_count == 3 for column in found)


def test_names_of_one_text_are_not_those_of_the_next() -> None:
    rows = pa.array(["小明：你好，今天过得怎么样？", "小明：再见，我们明天学校见。"])
    assert measure_forms(rows, [SignalCall("dialogue_like")])[0].to_pylist() == [0, 0]
