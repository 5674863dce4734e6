"""How an answer stands to its instruction: how much of it is an echo, in which script it is, how long it is beside it.

Echoes are compared in the units of `shingles`: one Han, kana or hangul character or one word of another script, of the
folded key text, so width, case, Traditional forms, punctuation and spaces do not hide one. Shingles here have SIZE
units, fewer than those of near-duplicates, because instructions are short. Sets are complete, so every value is exact.

Scripts are compared in words: a run of two and more Latin letters is one (single ones are choices, notes and
variables), and three Han, kana or hangul characters are two. Code in backticks is left out. A row whose instruction
names a language, a translation, a word or a program is not judged, because there the other script is what was asked
for; and an instruction that says something in both scripts may be answered in either.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import F64_OUT, I64, I64_GRID_OUT, I64_OUT, U8, U32, kernel
from corpus.kernels.shingles import Units, shingle_hashes, units
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import LETTER, MARK, tables

SIZE = 4
"""Units in a shingle of an echo."""
LEAST_ASKED, LEAST_SAID = 2.0, 6.0
"""Words of the instruction and of the answer below which their scripts are not compared; an instruction with
LEAST_ASKED words of the answer's script allows it."""
NAMES_A_LANGUAGE = (
    r"(?i)表示法|乐谱|旋律|名词|动词|形容词|复数|时态|例句|造句|一词|同义词|反义词|拼出|翻译|翻譯|译[为成文]|语言|語言|双语|[英中法德俄日韩汉外]文|[英汉法德俄日韩外]语|拼音|单词|词汇|拼写|语法|缩写|首字母"
    r"|代码|代碼|编程|程序|函数|脚本|算法|正则|公式|网址|命令行|查询语句|字符串|数据库"
    r"|translat|language|bilingual|english|chinese|mandarin|cantonese|japanese|korean|pinyin|hanzi|kanji"
    r"|(?-u:\b)(?:characters?|code|codes|coding|sql|css|api)(?-u:\b)"
    r"|program|function|script|algorithm|regex|regular expression|formula|latex|grammar|spell"
    r"|python|java|c\+\+|html|json|xml|bash|shell|markdown"
)
"""What an instruction holds that may be answered in another script than its own. Word boundaries are those of ASCII:
the engine is thirty times slower with those of Unicode."""

_APART, _LATIN, _OTHER = 1, 2, 0


@functools.cache
def _kinds() -> np.ndarray:
    """By class of code points: a character that counts by itself, a letter of a Latin word, or neither."""
    known = tables()
    kinds = np.where(known.having(LETTER) & known.of_scripts("Hani", "Kana", "Hang"), _APART, _OTHER)
    latin = (known.having(LETTER) & known.of_scripts("Latn")) | known.having(MARK)
    return frozen(np.where(latin, _LATIN, kinds).astype(np.uint8))


@kernel(U8, I64, U8, U8, I64_GRID_OUT)
def _scripts(data: Any, offsets: Any, classes: Any, kinds: Any, found: Any) -> None:
    """`found[row]`: Han, kana and hangul, and Latin words of two and more letters, outside backticks."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        apart, words = 0, 0
        letters = 0
        coded = False
        while index < end:
            lead = byte_at(data, index)
            if lead == 0x60:
                while index < end and byte_at(data, index) == 0x60:
                    index += 1
                coded = not coded
                letters = 0
                continue
            kind = at(kinds, np.int64(at(classes, code_point(data, index, lead))))
            index += width(lead)
            if coded:
                continue
            apart += kind == _APART
            letters = letters + 1 if kind == _LATIN else 0
            words += letters == 2
        found[row, 0], found[row, 1] = apart, words


@kernel(U32, I64, U32, I64, I64_OUT)
def _prefixes(asked: Any, asked_places: Any, said: Any, said_places: Any, found: Any) -> None:
    """`found[row]`: units at the beginning of both."""
    for row in range(len(found)):
        left, left_end = asked_places[row], asked_places[row + 1]
        right, right_end = said_places[row], said_places[row + 1]
        many = 0
        while left < left_end and right < right_end and at(asked, left) == at(said, right):
            many += 1
            left += 1
            right += 1
        found[row] = many


@kernel(U32, I64, U32, I64, F64_OUT)
def _common(asked: Any, asked_places: Any, said: Any, said_places: Any, found: Any) -> None:
    """`found[row]`: hashes in both sorted sets."""
    for row in range(len(found)):
        left, left_end = asked_places[row], asked_places[row + 1]
        right, right_end = said_places[row], said_places[row + 1]
        common = 0
        while left < left_end and right < right_end:
            one, other = at(asked, left), at(said, right)
            common += one == other
            left += one <= other
            right += other <= one
        found[row] = common


def echo_prefix_ratio(asked: Units, said: Units) -> np.ndarray:
    """Share of the instruction's units that the answer begins with; not a number below SIZE of them. float64 by row."""
    many = np.diff(asked.offsets).astype(np.float64)
    found = np.empty(len(many), np.int64)
    _prefixes(asked.values, asked.offsets, said.values, said.offsets, found)
    return np.where(many >= SIZE, _over(found.astype(np.float64), many), np.nan)


def shared_shingles(instruction: pa.Array, answer: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct shingles of each row's instruction, of its answer, and those in both, float64."""
    asked, asked_places = shingle_hashes(instruction, SIZE, least=SIZE)
    said, said_places = shingle_hashes(answer, SIZE, least=SIZE)
    common = np.empty(len(instruction), np.float64)
    _common(frozen(asked), frozen(asked_places), frozen(said), frozen(said_places), common)
    return np.diff(asked_places).astype(np.float64), np.diff(said_places).astype(np.float64), common


def language_mismatch(instruction: pa.Array, answer: pa.Array) -> np.ndarray:
    """How far apart the shares of Han, kana and hangul are in the words of both, 0 to 1, float64 by row.

    It is 0 where the instruction has the answer's script, too, and not a number where too little is said (LEAST_ASKED,
    LEAST_SAID) or the instruction matches NAMES_A_LANGUAGE.
    """
    asked, said = _words(instruction), _words(answer)
    asked_words, said_words = asked.sum(axis=1), said.sum(axis=1)
    named = pl.Series(instruction, dtype=pl.String).str.contains(NAMES_A_LANGUAGE).fill_null(False).to_numpy()
    judged = (asked_words >= LEAST_ASKED) & (said_words >= LEAST_SAID) & ~named
    apart = np.abs(_over(asked[:, 0], asked_words) - _over(said[:, 0], said_words))
    of_answer = np.where(said[:, 0] > said[:, 1], asked[:, 0], asked[:, 1])
    return np.where(judged, np.where(of_answer >= LEAST_ASKED, 0.0, apart), np.nan)


def _words(text: pa.Array) -> np.ndarray:
    """Words in Han, kana or hangul, and in Latin letters, `[rows, 2]`."""
    data, offsets = utf8(text)
    found = np.empty((len(text), 2), np.int64)
    _scripts(data, offsets, tables().classes, _kinds(), found)
    return found * np.array([2 / 3, 1.0])


def measure_dialogue(rows: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `dialogue` family, of a struct of `instruction` and `answer`; null where either is."""
    instruction, answer = (_large(one) for one in rows.flatten())
    absent = np.asarray(pc.is_null(instruction)) | np.asarray(pc.is_null(answer))

    @functools.cache
    def read() -> tuple[Units, Units]:
        return units(instruction), units(answer)

    @functools.cache
    def shared() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return shared_shingles(instruction, answer)

    def similarity() -> np.ndarray:
        asked, said, common = shared()
        first, second = read()
        equal = (first.keys == second.keys).all(axis=1) & (first.keys[:, 0] != 0)
        return np.where(equal, 1.0, _over(common, asked + said - common))

    measures: dict[str, Callable[[], np.ndarray]] = {
        "echo_prefix_ratio": lambda: echo_prefix_ratio(*read()),
        "echo_ratio": lambda: _over(shared()[2], shared()[0]),
        "echo_similarity": similarity,
        "answer_language_mismatch": lambda: language_mismatch(instruction, answer),
        "answer_length_ratio": lambda: _over(_points(answer), _points(instruction)),
    }
    found = []
    for call in calls:
        values = measures[call.kernel]().astype(np.float32)
        found.append(pa.array(values, pa.float32(), mask=absent | np.isnan(values)))
    return found


def _large(text: pa.Array) -> pa.Array:
    return text if pa.types.is_large_string(text.type) else text.cast(pa.large_string())


def _points(text: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.utf8_length(text), 0)).astype(np.float64)


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part / whole`, not a number where `whole` is 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)
