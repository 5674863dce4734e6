"""Records of the demo corpus that a rule should see: advertising, menus, soup, mojibake and the like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

_ADS = (
    "限时抢购，全场五折，加微信领取优惠券！",
    "【广告】正规贷款，无需抵押，当天放款，点击咨询。",
    "专业代写各类文案，价格优惠，欢迎来电！",
    "本店承接外墙清洗、空调移机、管道疏通，二十四小时服务。",
)
_MENU = (
    "首页 | 新闻 | 财经 | 体育 | 娱乐 | 科技 | 汽车 | 房产 | 教育 | 论坛",
    "关于我们 | 联系方式 | 广告服务 | 招聘信息 | 网站地图 | 意见反馈",
    "登录",
    "注册",
    "忘记密码",
    "上一页 1 2 3 4 5 6 7 8 9 10 下一页",
    "返回顶部",
    "分享到：微博 微信 空间",
    "相关阅读",
    "更多>>",
)
_KEYWORDS = (
    "手机",
    "手机价格",
    "手机报价",
    "手机图片",
    "手机壳",
    "手机膜",
    "二手手机",
    "手机维修",
    "手机排行",
    "手机回收",
)
_SYMBOLS = "★☆◆◇■□▲△※→←↑↓○●◎♀♂♪♫✓✗§¶†‡"
_JAPANESE = (
    "今日はとても寒いので、家で本を読んでいました。",
    "駅前の新しいパン屋は、朝から行列ができています。",
    "来週の会議は、火曜日の午後に変わりました。",
    "庭の梅がやっと咲き始めて、春の匂いがします。",
)
_KOREAN = (
    "어제는 비가 많이 와서 산책을 나가지 못했습니다.",
    "시장 골목에 있는 국수집은 아침부터 붐빕니다.",
    "다음 주에는 가족과 함께 바다에 갈 계획입니다.",
    "도서관에서 빌린 책을 아직 다 읽지 못했어요.",
)
_RUSSIAN = (
    "Вчера вечером мы долго гуляли по набережной.",
    "На рынке продают свежий хлеб и молодую картошку.",
    "Завтра обещают сильный ветер и небольшой дождь.",
    "Сосед опять чинит старый велосипед во дворе.",
)
_LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. "


def _advert(random: Random) -> str:
    lines = random.sample(_ADS, 2)
    return (
        "\n".join(lines[index % 2] for index in range(random.randint(16, 30)))
        + f"\n电话：1380000{random.randint(1000, 9999)}"
    )


def _menu(random: Random) -> str:
    lines = list(_MENU)
    random.shuffle(lines)
    return "\n".join([*lines, *lines, f"当前在线 {random.randint(100, 999)} 人"])


def _keywords(random: Random) -> str:
    return " ".join(random.choice(_KEYWORDS) for _ in range(random.randint(150, 260)))


def _symbols(random: Random) -> str:
    return "\n".join("".join(random.choice(_SYMBOLS) for _ in range(40)) for _ in range(random.randint(6, 12)))


def _replaced(random: Random) -> str:
    text = "这一页的编码在转换的时候出了错，" * 6
    marks = {random.randrange(len(text)) for _ in range(len(text) // 3)}
    return (
        "".join("\ufffd" if index in marks else mark for index, mark in enumerate(text))
        + f"（{random.randint(1, 999)}）"
    )


def _mojibake(random: Random) -> str:
    text = "图书馆每周一闭馆，其余时间从上午九点开放到下午五点。读者凭证件入内，请勿大声喧哗。"
    return text.encode().decode("latin-1") * 2 + f" {random.randint(1, 9999)}"


def _punctuation(random: Random) -> str:
    return "".join(random.choice("！？，。…、；：——～·") for _ in range(random.randint(180, 320))) + "好的"


def _short(random: Random) -> str:
    return random.choice(("好", "收到", "顶一下", "ok", "see above", "同上")) + str(random.randint(1, 9999))


def _one_line(random: Random) -> str:
    return "\n".join([f"欢迎光临本站，今天是第{random.randint(1, 9999)}天，祝您购物愉快。"] * 50)


def _sentences(pool: tuple[str, ...]) -> Callable[[Random], str]:
    return lambda random: " ".join(random.sample(pool, 3)) + f" ({random.randint(1, 9999)})"


def _javascript(random: Random) -> str:
    return (
        "Please enable JavaScript in your browser to view this page. "
        f"var page = {random.randint(1, 9999)}; window.onload = function() {{ document.write('loading'); }};\n"
        "JavaScript is disabled. You need to enable JavaScript to run this app."
    )


def _lorem(random: Random) -> str:
    return _LOREM * random.randint(4, 9) + f"Page {random.randint(1, 9999)}."


def _links(random: Random) -> str:
    return "\n".join(f"https://example.org/list/{random.randint(1, 10**6)}/index.html" for _ in range(30))


def _source(random: Random) -> str:
    rows = "".join(f'<div class="item"><a href="/p/{random.randint(1, 999)}">&nbsp;</a></div>' for _ in range(25))
    return f"<html><body>{rows}</body></html>"


KINDS: Mapping[str, Callable[[Random], str]] = {
    "advert_repeated": _advert,
    "navigation": _menu,
    "keyword_spam": _keywords,
    "symbol_soup": _symbols,
    "replacement_characters": _replaced,
    "mojibake": _mojibake,
    "mostly_punctuation": _punctuation,
    "too_short": _short,
    "one_line_repeated": _one_line,
    "japanese": _sentences(_JAPANESE),
    "korean": _sentences(_KOREAN),
    "russian": _sentences(_RUSSIAN),
    "javascript_notice": _javascript,
    "lorem_ipsum": _lorem,
    "link_list": _links,
    "html_source": _source,
}
"""What each kind of dirt looks like, given a source of randomness."""
