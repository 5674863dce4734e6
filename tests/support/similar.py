"""Texts whose similarity a test can choose: random Chinese characters, and copies with some of them replaced."""

from __future__ import annotations

import random

COMMON = (
    "天地人山水火木金土日月星云风雨雪花草树林江河湖海春夏秋冬东南西北上下左右前后内外大小多少高低长短远近新旧好坏"
    "早晚快慢轻重冷热黑白红黄蓝绿父母兄弟姐妹朋友老师学生工农商医书画琴棋歌舞诗文字词句章语言思想感情心手足头目耳口"
    "食衣住行车船桥路门窗桌椅灯镜刀剑弓箭米面菜果茶酒油盐糖药国家城市乡村街道房屋学校医院工厂公司银行商店市场公园"
    "走跑跳飞游坐站躺看听说读写算想记忘爱恨喜怒哀乐生死来去进出开关买卖借还给拿放推拉提举打击破立成败得失问答教"
)


def chinese(seed: int, characters: int = 400) -> str:
    """Prose-like text with a mark now and then; two seeds share next to no run of five characters."""
    chosen = random.Random(seed)
    text = [chosen.choice(COMMON) for _ in range(characters)]
    text[11::12] = ["，" if chosen.random() < 0.7 else "。" for _ in text[11::12]]
    return "".join(text)


def edited(text: str, edits: int, seed: int = 0) -> str:
    """`text` with `edits` characters replaced, far apart where there is room."""
    chosen, letters = random.Random(seed), list(text)
    step = max(1, len(letters) // max(1, edits))
    for place in range(min(edits, len(letters))):
        letters[place * step + chosen.randrange(step) if step > 1 else place] = chosen.choice(COMMON)
    return "".join(letters)
