from __future__ import annotations

from corpus.pairs.alike import near_identical

LONG = (
    "山上的雪在春天慢慢融化，流进山脚下的小河里，小河又带着它穿过村庄，一直流到很远很远的海边去。"
    "海边的孩子捧起水来，不知道它曾经是雪，也不知道它还会变成云，再回到那座山上，等下一个冬天。"
)


def test_nearly_the_same_is_found_and_another_number_is_another_answer() -> None:
    texts = [
        LONG,
        LONG.replace("慢慢", "慢慢地"),
        LONG + "第 3 天停了。",
        LONG + "第 4 天停了。",
        "完全是另外一回事，说的是城里的灯和路上的车，还有桥下的水声和夜里的风。",
        "好的！",
        "好的。",
        "！！",
        "？？",
    ]
    pairs = [(0, 1), (2, 3), (0, 4), (5, 6), (7, 8)]
    assert near_identical(texts, pairs, 0.8).tolist() == [True, False, False, True, False]
    assert near_identical([], [], 0.8).tolist() == []
