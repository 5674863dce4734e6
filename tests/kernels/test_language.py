from __future__ import annotations

import pyarrow as pa
import pytest

from corpus.kernels.language import identify

CODE = "for (int i = 0; i < n; i++) { sum += values[i]; result.push_back(sum); }\n" * 8
COMMENTED = (
    "def is_sorted(values):\n    # every pair that stands side by side\n    for index in range(1, len(values)):\n"
    "        if values[index] < values[index - 1]:\n            return False  # the order of this pair is wrong\n"
    "    return True\n"
) * 3


def language(text: str | None) -> str | None:
    found: str | None = identify(pa.array([text], pa.large_string()))[0][0].as_py()
    return found


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("今天天气很好，我们去公园散步。", "zh"),
        ("繁體中文的句子也是中文。", "zh"),
        ("好", "zh"),
        ("今日はとても天気がいいので、公園を散歩しました。", "ja"),
        ("오늘은 날씨가 좋아서 공원에 갔다.", "ko"),
        ("วันนี้อากาศดีมาก", "th"),
        ("Σήμερα ο καιρός είναι καλός.", "el"),
        ("The weather is lovely today, so we went for a walk in the park.", "en"),
        ("THE WEATHER IS LOVELY TODAY SO WE WENT FOR A WALK", "en"),
        ("Il fait très beau aujourd'hui et nous allons au parc.", "fr"),
        ("Das Wetter ist heute sehr schön und wir gehen spazieren.", "de"),
        ("Сегодня хорошая погода, и мы пошли гулять в парк.", "ru"),
        ("Сьогодні гарна погода, і ми пішли гуляти до парку.", "uk"),
        ("الطقس جميل اليوم وذهبنا إلى الحديقة", "ar"),
        ("आज मौसम बहुत अच्छा है और हम पार्क गए", "hi"),
        ("用 Python 写一个爬虫，抓取 example.com 的页面。", "zh"),
        ("公司 Sony 的新品「ウォークマン」在市场上卖得很好，消费者十分喜欢这款经典的随身播放器。", "zh"),
        ("# 求前缀和\n遍历数组，累加每个元素，并把结果依次放入新的数组中返回。\n" + CODE, "zh"),
        ("# 是否有序\n逐个比较相邻的两个数，只要有一对次序不对，就不是有序的。\n" + COMMENTED, "zh"),
        ("The character 好 means good in Chinese, and people use it in many everyday sentences.", "en"),
    ],
)
def test_languages_are_told_apart(text: str, lang: str) -> None:
    assert language(text) == lang


@pytest.mark.parametrize("text", [None, "", "123 456", "，。！", "\x00\n", "😀"])
def test_a_text_without_letters_has_no_language(text: str | None) -> None:
    langs, scores = identify(pa.array([text], pa.large_string()))
    assert (langs.to_pylist(), scores.to_pylist()) == ([None], [None])


def test_a_language_of_another_script_is_never_guessed() -> None:
    assert language("ni hao wo shi zhong guo ren") not in {"zh", "ja", "ru", None}


def test_scores_are_shares_and_types_are_stated() -> None:
    texts = ["今天天气很好", "今天 hello", "The weather is lovely today", "a", "xq zzk"]
    langs, scores = identify(pa.array(texts, pa.large_string()))
    assert (langs.type, scores.type) == (pa.string(), pa.float32())
    assert all(0 < score <= 1 for score in scores.to_pylist())
    assert scores[0].as_py() == 1


def test_batches_may_be_cut_anywhere_and_long_texts_are_sampled() -> None:
    texts = ["今天", None, "The weather is lovely. " * 2000, "", "Il fait beau et chaud. " * 900, "é" * 5000]
    array = pa.array(texts, pa.large_string())
    whole = identify(array)
    parts = [identify(array.slice(0, 3)), identify(array.slice(3))]
    for index in (0, 1):
        assert whole[index] == pa.concat_arrays([part[index] for part in parts])
    assert whole[0].to_pylist()[:5] == ["zh", None, "en", None, "fr"]
