"""Defects that damage a text itself: its order, its characters, its marks."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from corpus.scores.dirty.pieces import Pieces, pick, some

_MARKS = re.compile(r"[，。！？；：、“”‘’（）《》,.!?;:\"()…]")
_CLAUSE = re.compile(r"[^，。！？；：、,.!?;:\n]+|[，。！？；：、,.!?;:\n]+")
_SYLLABLES = (
    "de", "shi", "le", "zai", "ren", "you", "wo", "ta", "zhe", "ge", "men", "zhong", "lai", "shang", "da", "wei", "he",
    "guo", "di", "dao", "yi", "shuo", "yao", "jiu", "chu", "hui", "ye", "ni", "dui", "sheng", "neng", "er", "zi", "na",
    "yu", "xia", "zhi", "nian", "fa", "hou", "zuo", "li", "yong", "xing", "suo", "ran", "jia", "fang", "cheng", "duo",
)  # fmt: skip
_ALIKE = {"己": "已", "未": "末", "土": "士", "日": "曰", "人": "入", "大": "犬", "天": "夭", "干": "千", "田": "由",
          "目": "且", "令": "今", "问": "间", "侯": "候", "l": "1", "O": "0", "o": "0", "I": "l", "m": "rn", "的": "旳",
          "中": "屮", "上": "土", "下": "卞", "不": "丕", "为": "力", "了": "丁", "有": "冇", "要": "耍"}  # fmt: skip
_JUNK = "□■◇◆●○▲△※☆★§¶†‡�▓░♀♂卐囧龘靐齉爩麤鱻虪齾"


def shuffled_sentences(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """The sentences in another order, all of them from an amount of 0.4 on; line ends stay where they were."""
    moving = sorted(some(rng, found.spoken, max(min(1.0, 2.5 * amount), 2 / max(2, len(found.spoken)))))
    bare = [one.rstrip("\n ") for one in found.sentences]
    ends = [one[len(plain) :] for one, plain in zip(found.sentences, bare, strict=True)]
    order = rng.permutation(len(moving))
    if len(moving) > 1 and (order == np.arange(len(moving))).all():
        order = np.roll(order, 1)
    moved = list(bare)
    for place, other in zip(moving, order, strict=True):
        moved[place] = bare[moving[int(other)]]
    return "".join(one + end for one, end in zip(moved, ends, strict=True))


def interleaved(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Sentences of two halves of the text in turns."""
    half = (len(found.sentences) + 1) // 2
    first, second = found.sentences[:half], found.sentences[half:]
    shown = []
    for place, one in enumerate(first):
        shown.append(one)
        shown += second[place : place + 1]
    return "".join(shown)


def mojibake(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Sentences whose bytes were read in the wrong encoding."""
    wrong = pick(rng, ("gb18030", "latin-1", "big5")) if found.lang == "zh" else pick(rng, ("gb18030", "utf-16-le"))

    def misread(sentence: str) -> str:
        if found.lang == "en" and wrong == "utf-16-le":
            return sentence.encode("utf-8").decode("utf-16-le", errors="replace")
        if found.lang == "en":
            return re.sub(r"[\"'\- ]", lambda one: "â€™" if rng.random() < 0.3 else one.group(), sentence)
        return sentence.encode("utf-8").decode(wrong, errors="replace")

    return _changed(found, rng, amount, misread)


def repeated_spans(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Sentences that stand two to four times."""
    return _changed(found, rng, amount, lambda one: one * int(rng.integers(2, 5)))


def repeated_lines(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """One sentence as a line of its own, again and again through the text."""
    if not found.spoken:
        return f"{found.text}\n{found.text}"
    line = found.sentences[found.spoken[int(rng.integers(len(found.spoken)))]].strip()
    return _changed(found, rng, amount, lambda one: f"{one}\n{line}\n")


def glued_halves(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Sentences cut in the middle, the next one going on where they were cut."""

    def cut(sentence: str) -> str:
        bare = sentence.rstrip("\n ")
        at = int(len(bare) * (0.3 + 0.4 * rng.random()))
        return bare[:at] if rng.random() < 0.7 else bare[at:]

    return _changed(found, rng, min(1.0, 1.5 * amount), cut)


def no_marks(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Sentences without their marks, or with spaces for them."""
    instead = pick(rng, ("", " ", "  "))
    return _changed(found, rng, min(1.0, 1.5 * amount), lambda one: _MARKS.sub(instead, one))


def spaced(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Spaces and line ends between characters and characters taken for others, as bad text recognition has them."""

    def apart(sentence: str) -> str:
        shown = []
        for one in sentence:
            drawn = rng.random()
            shown.append(_ALIKE.get(one, one) if drawn < 0.5 else one)
            if drawn > 0.65:
                shown.append("\n" if drawn > 0.98 else " ")
        return "".join(shown)

    return _changed(found, rng, min(1.0, 1.5 * amount), apart)


def scrambled(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Characters of a sentence in a wrong order within windows of a few."""

    def turned(sentence: str) -> str:
        order = np.argsort(np.arange(len(sentence)) + rng.random(len(sentence)) * 4, kind="stable")
        return "".join(sentence[int(one)] for one in order)

    return _changed(found, rng, amount, turned)


def word_salad(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Clauses of the text in any order, and in each the pieces in any order."""

    def mixed(sentence: str) -> str:
        if found.lang == "en":
            words = sentence.split()
            return " ".join(words[int(one)] for one in rng.permutation(len(words))) + " "
        parts = [sentence[at : at + 2] for at in range(0, len(sentence), 2)]
        return "".join(parts[int(one)] for one in rng.permutation(len(parts)))

    return _changed(found, rng, amount, mixed)


def junk_characters(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Characters replaced by symbols and by characters nobody uses."""

    def replaced(sentence: str) -> str:
        return "".join(_JUNK[int(rng.integers(len(_JUNK)))] if rng.random() < 0.15 else one for one in sentence)

    return _changed(found, rng, min(1.0, 1.5 * amount), replaced)


def syllables(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Characters replaced by syllables of a transcription."""

    def replaced(sentence: str) -> str:
        return "".join(
            _SYLLABLES[int(rng.integers(len(_SYLLABLES)))] if one.isalpha() and rng.random() < 0.2 else one
            for one in sentence
        )

    return _changed(found, rng, min(1.0, 1.5 * amount), replaced)


def stutter(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Clauses said two or three times, characters held."""

    def again(sentence: str) -> str:
        shown = []
        for one in _CLAUSE.findall(sentence):
            drawn = rng.random()
            shown.append(one * 2 if drawn < 0.35 else one + one[-1:] * 3 if drawn < 0.5 else one)
        return "".join(shown)

    return _changed(found, rng, amount, again)


def lost_clauses(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Clauses missing here and there, so that what follows does not follow."""

    def holed(sentence: str) -> str:
        parts = _CLAUSE.findall(sentence)
        return "".join(one for one in parts if rng.random() > 0.4)

    return _changed(found, rng, min(1.0, 1.5 * amount), holed)


def lost_spans(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Stretches of a few characters to a few dozen missing anywhere, as from pages whose columns were cut off."""

    def holed(sentence: str) -> str:
        at = int(rng.integers(0, max(1, len(sentence) - 4)))
        return sentence[:at] + sentence[at + int(rng.integers(4, 30)) :]

    return _changed(found, rng, amount, holed)


def dealt_blocks(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Blocks of one to three sentences in another order, whatever the amount, as from columns read in a wrong one."""
    most = min(3, max(1, len(found.sentences) // 2))
    blocks, start = [], 0
    while start < len(found.sentences):
        end = start + int(rng.integers(1, most + 1))
        blocks.append("".join(found.sentences[start:end]))
        start = end
    order = rng.permutation(len(blocks))
    if (order == np.arange(len(blocks))).all():
        order = np.roll(order, 1)
    return "".join(blocks[int(one)] for one in order)


def crossed_tails(found: Pieces, rng: np.random.Generator, amount: float) -> str:
    """Pairs of sentences whose tails are exchanged, each cut anywhere in its middle."""
    chosen = rng.permutation(sorted(some(rng, found.spoken, min(1.0, 1.5 * amount))))
    shown = list(found.sentences)
    for one, other in zip(chosen[0::2].tolist(), chosen[1::2].tolist(), strict=False):
        first, second = shown[one], shown[other]
        at, to = (int(len(half) * (0.3 + 0.4 * rng.random())) for half in (first, second))
        shown[one], shown[other] = first[:at] + second[to:], second[:to] + first[at:]
    return "".join(shown)


def _changed(found: Pieces, rng: np.random.Generator, amount: float, change: Callable[[str], str]) -> str:
    chosen = some(rng, found.spoken, amount)
    return "".join(change(one) if place in chosen else one for place, one in enumerate(found.sentences))
