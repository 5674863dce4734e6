from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpus.errors import UsageError
from corpus.kernels.ngram_score import score
from corpus.kernels.ngram_tokens import tokens
from corpus.models.ngram.arpa import LOG2_10, read_arpa

FILE = """
a comment before the data

\\data\\
ngram 1=6
ngram 2=5
ngram 3=2

\\1-grams:
-1.5\t<unk>\t0
-99\t<s>\t-0.5
-1.1\t</s>
-0.7\t天\t-0.2
-0.8\t地\t-0.4
-0.9\t人\t-0.1

\\2-grams:
-0.25\t<s> 天\t-0.15
-0.35\t天 地\t-0.05
-0.45\t地 人
-0.6 地 </s>
-0.55\t人 天\t-0.3

\\3-grams:
-0.12\t<s> 天 地
-0.22\t天 地 人

\\end\\
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.arpa"
    file.write_text(FILE, encoding="utf-8")
    return file


def log10(path: Path, text: str, *, singly: bool = True) -> float:
    model = read_arpa(path)
    return -score(tokens(pa.array([text]), model.vocabulary, singly=singly), model.lookup, 64)[0, 1] / LOG2_10


@pytest.mark.parametrize(
    ("text", "worked_out"),
    [
        ("天", -0.25 + (-0.15 - 0.2 - 1.1)),  # weights of (<s> 天) and (天), then </s> alone
        ("天地", -0.25 - 0.12 + (-0.05 - 0.6)),  # weight of (天 地), then (地 </s>)
        ("天地人", -0.25 - 0.12 - 0.22 + (0 - 0.1 - 1.1)),  # (地 人) has no weight, (人) has
        ("地", (-0.5 - 0.8) + -0.6),
        ("人天", (-0.5 - 0.9) + -0.55 + (-0.3 - 0.2 - 1.1)),
        ("天鬼", -0.25 + (-0.15 - 0.2 - 1.5) + (0 + 0 - 1.1)),
        ("天\n\n地\n", (-0.25 - 0.15 - 0.2 - 1.1) + (-0.5 - 0.8 - 0.6)),  # two sentences
        ("", 0),
    ],
)
def test_scores_are_those_worked_out_by_hand(path: Path, text: str, worked_out: float) -> None:
    assert log10(path, text) == pytest.approx(worked_out, abs=1e-5)


def test_characters_and_words_by_spaces_are_the_two_ways_of_reading(path: Path) -> None:
    assert log10(path, "天 地 人", singly=False) == pytest.approx(log10(path, "天地人"))
    assert log10(path, "天地人", singly=False) == pytest.approx((-0.5 - 1.5) + (0 - 1.1), abs=1e-5)


def test_a_packed_file_is_the_same_model(path: Path) -> None:
    packed = path.with_name("model.arpa.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(read_arpa(packed).lookup.cells, read_arpa(path).lookup.cells)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\\data\\", "data", "is no ARPA file"),
        ("ngram 2=5", "ngram 2=6", ":23: expected a number, 2 tokens"),
        ("ngram 2=5", "ngram 2=4", ":22: expected .3-grams:, not '-0.55"),
        ("ngram 2=5", "ngram 3=5", ":6: expected `ngram 2=COUNT`"),
        ("-0.35\t天 地", "-0.35\t天 鬼", ":19: the token '鬼' is not among the 1-grams"),
        ("-0.35\t天", "0.35\t天", ":19: .* is 0 at most"),
        ("-0.35\t天", "x\t天", ":19: .* is 0 at most"),
        ("-0.35\t天 地\t-0.05", "-0.35\t天", ":19: expected a number, 2 tokens"),
        ("-0.45\t地 人", "-0.45\t天 地", "is there twice"),
        ("-0.9\t人\t-0.1", "-0.9\t地\t-0.1", "'地' is there twice"),
        ("\n\\end\\", "", "cut off"),
        ("-0.22\t天 地 人\n\n\\end\\\n", "", "the file ends among the 3-grams; 1 of 2 are missing"),
    ],
)
def test_damaged_files_are_refused_with_the_line(path: Path, old: str, new: str, said: str) -> None:
    path.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_arpa(path)


def test_bytes_that_are_no_text_and_no_file_are_refused(tmp_path: Path, path: Path) -> None:
    path.write_bytes(b"\\data\\\n\xff\xfe\n")
    with pytest.raises(UsageError, match="UTF-8"):
        read_arpa(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_arpa(tmp_path / "none.arpa")
    path.write_bytes(gzip.compress(FILE.encode())[:-30])
    with pytest.raises(UsageError):
        read_arpa(path)
