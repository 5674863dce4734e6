"""Sentences of two and three kinds, made of pieces written here: advertising, everyday prose and weather."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

OFFERS = ("限时抢购", "全场包邮", "立即下单", "优惠券", "扫码领红包", "开业大促", "买一送一", "加微信咨询", "秒杀价")
GOODS = ("减肥茶", "蓝牙耳机", "面膜", "保温杯", "运动鞋", "手机壳", "净水器")
PLACES = ("图书馆", "河边", "学校", "山脚下", "老城区", "博物馆", "菜市场")
DEEDS = ("散步", "看书", "等朋友", "画画", "听老人讲故事", "数台阶", "喂鸽子")
TIMES = ("下午", "清早", "雨停以后", "周末", "每天傍晚")
ENDS = ("心里很平静", "忘了时间", "回来时天已经黑了", "什么也没有买", "觉得日子过得很慢")
SKIES = ("晴", "多云", "小雨", "大风", "雷阵雨", "大雾")


def advert(chance: random.Random) -> str:
    said = f"{chance.choice(GOODS)}{chance.choice(OFFERS)}，{chance.choice(OFFERS)}！"
    return f"{said}只要{chance.randint(1, 999)}元，{chance.choice(OFFERS)}。"


def prose(chance: random.Random) -> str:
    who = chance.choice(("我", "母亲", "邻居家的孩子", "老师"))
    return f"{who}{chance.choice(TIMES)}去{chance.choice(PLACES)}{chance.choice(DEEDS)}，{chance.choice(ENDS)}。"


def weather(chance: random.Random) -> str:
    said = f"{chance.choice(PLACES)}明天{chance.choice(SKIES)}转{chance.choice(SKIES)}"
    return f"{said}，最高气温{chance.randint(-9, 39)}度，出门请带伞。"


KINDS = {"ad": advert, "prose": prose, "weather": weather}


def rows(labels: Sequence[str], many: int, seed: int = 0) -> list[dict[str, str]]:
    """`many` rows of each label, their texts all different, not in their numbers alone."""
    chance = random.Random(seed)
    found: list[dict[str, str]] = []
    for label in labels:
        texts: dict[str, str] = {}
        while len(texts) < many:
            text = KINDS[label](chance)
            texts.setdefault(re.sub(r"\d", "", text), text)
        found += [{"text": text, "label": label} for text in texts.values()]
    return found


def write(path: Path, items: Sequence[object]) -> Path:
    """One JSON value a line; a string as it is."""
    said = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items]
    path.write_text("\n".join(said) + "\n", encoding="utf-8")
    return path
