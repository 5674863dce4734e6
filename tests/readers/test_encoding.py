"""Chinese in its usual encodings is told apart; what is no text is refused."""

from __future__ import annotations

import random
from itertools import pairwise

import poison
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers import encoding

SIMPLIFIED = (
    poison.ZH,
    poison.ZH2,
    "工程师把旧的水泵拆开，发现里面的轴承早已磨损，于是画了一张图，请仓库的同事再找一个新的送过来。",
    "第三章讲的是账目：先记收入，再记支出，月底核对一遍，差一分钱也要查清楚，不能靠猜，也不能拖到下个月。",
    "北风吹了一夜，屋檐下挂满冰凌；天亮以后太阳出来，冰凌一滴一滴化成水，落在石阶上，声音很轻。",
)
CLASSICAL = "東山之麓有泉，其水清而甘，鄉人飲之數世矣。歲旱不竭，歲澇不溢，行者過而息焉，樵者歌而歸焉，莫知其所從來也。"
TRADITIONAL = (
    poison.TRADITIONAL,
    "圖書館的窗邊坐著一個學生，他把這本書讀了三遍，還是不明白作者為什麼要在結尾寫那一場大雨，只好再問老師。",
    CLASSICAL,
)


@pytest.mark.parametrize("text", SIMPLIFIED + TRADITIONAL)
@pytest.mark.parametrize("charset", ["gb18030", "utf-16-le", "utf-16-be"])
def test_fifty_characters_are_enough(text: str, charset: str) -> None:
    assert encoding.detect(text.encode(charset)) == charset
    assert encoding.decode_whole(text.encode(charset)) == (text, charset)


@pytest.mark.parametrize("text", TRADITIONAL)
def test_traditional_text_in_big5_is_big5(text: str) -> None:
    assert encoding.decode_whole(text.encode("big5hkscs")) == (text, "big5")


@pytest.mark.parametrize("charset", ["gb18030", "big5hkscs", "utf-16-le"])
def test_a_head_may_end_inside_a_character(charset: str) -> None:
    data = (TRADITIONAL[0] + "好").encode(charset)[:-1]
    assert encoding.detect(data) != encoding.detect(data, complete=False) is not None


def test_random_bytes_are_refused() -> None:
    source = random.Random(11)
    for _ in range(300):
        for size in (64, 256, 1024):
            assert encoding.detect(source.randbytes(size)) is None
        # The hardest: bytes that are all valid GB 2312, so that every pair is a character.
        assert encoding.detect(bytes(source.choices(range(0xA1, 0xFE), k=600))) is None


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_utf8_with_a_bad_byte_is_not_taken_for_something_else(text: str) -> None:
    data = text.encode()
    assert encoding.decode_whole(data[:40] + b"\xff" + data[40:]) is None
    assert encoding.detect(data[:-1]) is None


def test_the_order_is_mark_then_utf8_then_what_the_page_says_then_detection() -> None:
    text = SIMPLIFIED[0]
    assert encoding.decode_whole(b"\xef\xbb\xbf" + text.encode(), hints=("gbk",)) == (text, "utf-8")
    assert encoding.decode_whole(text.encode("utf-16"), hints=("gbk",)) == (text, "utf-16-le")
    assert encoding.decode_whole(text.encode(), hints=("gbk",)) == (text, "utf-8")
    assert encoding.decode_whole("好".encode("gbk"), hints=("gb2312",)) == ("好", "gb18030")
    assert encoding.decode_whole("好".encode("gbk")) is None
    assert encoding.decode_whole("café".encode("latin-1"), hints=("iso-8859-1",)) == ("café", "windows-1252")
    assert encoding.decode_whole("café".encode("latin-1"), hints=("no-such",)) is None


def test_a_declaration_of_the_user_is_the_only_one_tried() -> None:
    assert encoding.decode_whole("好".encode("gbk"), "gb18030") == ("好", "gb18030")
    assert encoding.decode_whole("好".encode("gbk"), "utf-8") is None
    assert encoding.decode_whole("好".encode("utf-16"), "utf-16") == ("好", "utf-16-le")


def test_utf16_of_plain_ascii_is_seen_by_its_nuls() -> None:
    assert encoding.decode_whole("plain words only".encode("utf-16-be")) == ("plain words only", "utf-16-be")


def test_one_bad_line_does_not_make_a_file_another_encoding() -> None:
    good = "".join(f"{text}\n" for text in SIMPLIFIED).encode()
    assert encoding.of_lines(good + SIMPLIFIED[0].encode("gbk"), "auto") == "utf-8"
    assert encoding.of_lines("".join(f"{text}\n" for text in SIMPLIFIED).encode("gbk"), "auto") == "gb18030"
    assert encoding.of_lines("\n".join(TRADITIONAL).encode("big5hkscs"), "auto") == "big5"
    assert encoding.of_lines(good, "big5") == "big5"


def test_a_utf8_line_in_a_gbk_file_is_read_as_what_it_is() -> None:
    line = SIMPLIFIED[0].encode()
    assert encoding.decode_line(line, "gb18030", {"encoding": "gb18030"}) == (SIMPLIFIED[0], None)
    assert encoding.decode_line("联通".encode("gbk"), "gb18030", {"encoding": "gb18030"})[0] == "联通"


@given(st.binary(max_size=80), st.lists(st.integers(0, 80), max_size=4))
def test_transcoding_gives_valid_text_or_a_marked_byte(data: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(data)]
    blocks = [data[a:b] for a, b in pairwise(bounds) if a < b]
    for charset in ("gb18030", "big5", "utf-16-le", "utf-16-be"):
        out = b"".join(encoding.transcoded(iter(blocks), charset))
        try:
            expected = data.decode(encoding.codec(charset))
        except UnicodeDecodeError:
            assert b"\xff" in out
        else:
            assert out == expected.removeprefix("\ufeff").encode()
