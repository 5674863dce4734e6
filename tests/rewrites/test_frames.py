"""A page loses its menus and lists of links and nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.rewrites.endings import spans_matching
from corpus.kernels.rewrites.frames import LEAST, page_frame, repeated_title

BODY = "\n".join(
    [
        "天还没亮，石匠们就到了河边。昨夜的雨把木桩冲走了两根，他们先去下游找，找回来已经是中午。",
        "下午开始挖，泥里都是碎瓦，谁也不知道是哪一朝的。挖到傍晚，第一块基石露了出来。",
        "上面刻着一个看不清的字，老石匠说那是他爷爷的爷爷刻的，没有人信，可是也没有人笑他。",
        "夜里大家点着灯又量了一遍，长短都对，才回去睡觉，说好明天接着挖。",
        "第二天水退了，孩子们在河滩上捡到一只铜铃，摇起来还响，就挂在了工棚的门口。",
        "从那以后，上工和下工都听它的，直到桥修好的那一天，才有人把它送到了庙里。",
    ]
)
ENGLISH = (
    "The masons came to the river before dawn. Two of the piles had gone with the flood, and they looked for them.\n"
    "In the afternoon they dug. Nobody knew how old the tiles in the mud were. At dusk the first stone of the bridge "
    "came to light, with a letter on it that no one could read.\n"
    "They measured it again by lamplight, found it right, and went to bed."
)
MENU = ["桥边日记", "• 首页", "• 归档", "• 标签", "• 关于", "• 木匠的书架"]
LINKS = [
    "相关文章",
    "• 买木头的路上",
    "• 河水涨了",
    "上一篇：选址",
    "下一篇：第二天",
    "© 2021 桥边",
    "由 石头 强力驱动",
]


def framed(*lines: str) -> str:
    return str(page_frame(pa.array(["\n".join(lines)], pa.large_string())).text[0].as_py())


def test_menus_and_links_go_and_the_title_stays() -> None:
    assert framed(*MENU, "修桥的第一天", "2021-03-04", BODY, *LINKS) == f"修桥的第一天\n{BODY}\n"
    assert framed("Mill notes", "Home", "Archives", "Tags", "The first day", "March 4, 2021", ENGLISH, "Related posts",
                  "Buying wood", "Powered by Stone") == f"The first day\n{ENGLISH}\n"  # fmt: skip


def test_what_stands_behind_the_last_lead_stays() -> None:
    assert framed("首页", "归档", "标签", "修桥的第一天", "木匠说", BODY).endswith(f"修桥的第一天\n木匠说\n{BODY}")
    assert framed(BODY, "河边的木匠", "记于春天", *LINKS) == f"{BODY}\n河边的木匠\n记于春天\n"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["面粉 200 克", "水 100 克", "盐", BODY, "葱", "姜", "酱油"]),
        "\n".join([BODY, "参考", "桥的历史", "1998", "2003", "第三章"]),
        "\n".join(["1", "2", "3", "let a = 1", BODY, "1", "2", "3", "4", "5", "for b in a: print(b)"]),
        "\n".join(["首页", "归档", BODY]),
        "\n".join(["首页", "归档", "标签", BODY[: LEAST // 2]]),
        "\n".join(["第一天", "2021-03-04", BODY, "第二天", "2021-03-05", BODY, "第三天", "2021-03-06", BODY]),
        "\n".join([BODY, "与桥相关的事", "1998-03-04", "桥建成", "2003-05-06", "桥被水冲走", "2004-01-02", "重修"]),
        "\n".join([BODY, "## 下载", "bridge.zip", "## 文档", "bridge.pdf"]),
        "\n".join([BODY, "下载", "文档", "```", "make bridge", "```"]),
        "\n".join(["首页", "标签", "归档", *([BODY] * 2), "目录", "标签", "搜索", *([BODY] * 2)]).replace("首页\n", ""),
    ],
    ids=[
        "recipe",
        "references",
        "numbered code",
        "two leads",
        "little text",
        "diary",
        "chronicle",
        "headings",
        "code below",
        "leads amid",
    ],
)
def test_texts_without_a_frame_stay(text: str) -> None:
    assert framed(text) == text


def test_code_fences_are_no_frames() -> None:
    text = f"```\nHome\nTags\nArchives\n```\n{BODY}\n```\nHome\nTags\n```"
    assert framed(text) == text


LINES = st.sampled_from([*MENU, *LINKS, *BODY.split("\n"), "", "短行", "12", "```", "    indented = 1", "2021-03-04"])


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=30))
def test_only_whole_lines_go_and_a_second_time_none(lines: list[str]) -> None:
    once = framed(*lines)
    rest = iter(lines)
    assert all(line in rest for line in once.split("\n") if line)
    assert framed(once) == once


def test_a_title_that_stands_twice_keeps_one_copy() -> None:
    def titled(text: str) -> str:
        return str(repeated_title(pa.array([text], pa.large_string())).text[0].as_py())

    assert titled(f"修桥的人住在哪里\n\n  修桥的人住在哪里\n{BODY}") == f"\n  修桥的人住在哪里\n{BODY}"
    for same in (f"下雨啦\n下雨啦\n{BODY}", f"修桥的人\n修桥的人们\n{BODY}", "修桥的人住在哪里\n修桥的人住在哪里\n短"):
        assert titled(same) == same


def test_a_pattern_may_have_to_match_often() -> None:
    def bare(text: str, least: int) -> str:
        return str(spans_matching(pa.array([text], pa.large_string()), r"(\p{Han})\([a-z]+\)", least).text[0].as_py())

    assert bare("桥(qiao)和水(shui)", 2) == "桥和水"
    assert bare("桥(qiao)和水(shui)", 3) == "桥(qiao)和水(shui)"
