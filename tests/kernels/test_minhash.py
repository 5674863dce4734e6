from __future__ import annotations

import math
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.dedup.curve import detection_probability
from corpus.kernels.minhash import Signatures, Signer, estimate, estimate_pairs
from corpus.kernels.shingles import Units, shingle_hashes

MASK = (1 << 64) - 1
PARAGRAPH = (
    "清晨的菜市场总是最热闹的地方，卖豆腐的老人推着木车从巷口慢慢走来，车轮压过石板发出低低的响声。"
    "几位买菜的阿姨围着摊子挑拣青菜，一边讨论今天的价格，一边说起各自家里的孩子。"
)
CHANGED = PARAGRAPH.replace("木车", "铁车").replace("青菜", "萝菜")
TRADITIONAL = (
    "清晨的菜市場總是最熱鬧的地方，賣豆腐的老人推著木車從巷口慢慢走來，車輪壓過石板發出低低的響聲。"
    "幾位買菜的阿姨圍著攤子挑揀青菜，一邊討論今天的價格，一邊說起各自家裡的孩子。"
).replace("著", "着")
OTHER = (
    "这台机器的说明书写得很清楚，先接通电源，再按住红色按钮三秒，等指示灯变绿以后才能放入样品。"
    "如果屏幕上出现错误代码，请记下数字并联系维修人员，不要自行打开外壳。"
)
ENGLISH = (
    "The old bridge was closed for repairs last winter, and people who lived on the far bank had to take the ferry "
    "every morning. Nobody complained much, because the ferry served hot tea and the ride gave everyone a few quiet "
    "minutes before work began."
)


def sign(*values: str | None, signer: Signer | None = None) -> Signatures:
    return (signer or Signer()).sign(pa.array(values, pa.large_string()))


def candidates(one: str, other: str) -> bool:
    bands = sign(one, other).bands
    return bool(((bands[0] == bands[1]) & (bands[0] != 0)).any())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PARAGRAPH, CHANGED),
        (PARAGRAPH, TRADITIONAL),
        (PARAGRAPH, PARAGRAPH.replace("，", ",").replace("。", ". ")),
        (PARAGRAPH, f"<div><p>{PARAGRAPH}</p></div><a href='https://example.org/x'></a>"),
        ("２０２４年的ＡＢＣ计划" + PARAGRAPH, "2024年的abc计划" + PARAGRAPH),
        (ENGLISH, ENGLISH.replace("winter", "summer")),
    ],
)
def test_near_duplicates_become_candidates(one: str, other: str) -> None:
    assert candidates(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(PARAGRAPH, OTHER), (PARAGRAPH, ENGLISH), (OTHER, ENGLISH), ("你好", "你好"), ("", ""), ("，。！", "……")],
)
def test_unrelated_short_and_empty_texts_do_not(one: str, other: str) -> None:
    assert not candidates(one, other)


def test_twins_have_the_same_signature() -> None:
    found = sign(PARAGRAPH, TRADITIONAL, f"<p>{PARAGRAPH}</p>")
    for values in (found.bands, found.sketch, found.shingles, found.key, found.masked):
        assert (values == values[0]).all()


def test_a_text_without_shingles_has_no_bands() -> None:
    found = sign("太短了", None, "", "，" * 100, PARAGRAPH)
    assert found.shingles[:4].tolist() == [0] * 4
    assert not found.bands[:4].any()
    assert found.bands[4].all()
    assert (found.key != 0).tolist() == [True, False, False, False, True]


def test_shingles_are_counted_once_each() -> None:
    batch = pa.array([PARAGRAPH, PARAGRAPH * 3, "来" * 5000, ENGLISH], pa.large_string())
    assert Signer().sign(batch).shingles.tolist() == np.diff(shingle_hashes(batch)[1]).tolist()
    assert Signer().sign(batch).shingles[2] == 1


def random_units(pairs: int, union: int, common: int, seed: int) -> Units:
    """Pairs of rows with `union` one-unit shingles together, `common` of them in both."""
    values = np.random.default_rng(seed).integers(1, 1 << 32, (pairs, union), dtype=np.uint32)
    half = common + (union - common) // 2
    both = np.concatenate([values[:, :half], values[:, :common], values[:, half:]], axis=1)
    lengths = np.tile([half, common + union - half], pairs)
    return Units(both.ravel(), np.concatenate([[0], np.cumsum(lengths)]), np.zeros((2 * pairs, 2), np.uint64))


@settings(max_examples=25, deadline=None)
@given(st.integers(10, 400), st.floats(0.0, 1.0), st.integers(0, 10_000))
def test_estimates_are_unbiased_within_their_standard_error(union: int, share: float, seed: int) -> None:
    pairs, common = 300, round(union * share)
    found = Signer(size=1, least=1).sign_units(random_units(pairs, union, common, seed))
    guesses = estimate(found.sketch[::2], found.sketch[1::2]).astype(np.float64)
    exact = common / union
    equal = exact + (1 - exact) / 256
    error = math.sqrt(equal * (1 - equal) / 256) * 256 / 255
    assert abs(guesses.mean() - exact) < 5.5 * error / math.sqrt(pairs) + 1e-4
    assert np.abs(guesses - exact).max() < 6.5 * error + 0.03


def test_tiny_unlike_sets_share_bytes_by_chance_alone() -> None:
    found = Signer(size=1, least=1).sign_units(random_units(5000, 10, 0, 573))
    equal = (found.sketch[::2] == found.sketch[1::2]).sum(axis=1)
    assert abs(equal.mean() - 1) < 0.1
    assert abs(equal.var() - 255 / 256) < 0.15
    assert equal.max() < 16


@pytest.mark.parametrize("union", [20, 60, 400])
def test_the_variance_is_that_of_independent_functions(union: int) -> None:
    pairs, common = 6000, round(0.7 * union)
    found = Signer(size=1, least=1).sign_units(random_units(pairs, union, common, 3))
    guesses = estimate(found.sketch[::2], found.sketch[1::2]).astype(np.float64)
    equal = common / union + (1 - common / union) / 256
    expected = equal * (1 - equal) / 256 * (256 / 255) ** 2
    assert abs(guesses.var() / expected - 1) < 5 * math.sqrt(2 / pairs)


@pytest.mark.parametrize(("bands", "rows"), [(32, 8), (25, 10), (64, 4), (14, 8)])
@pytest.mark.parametrize("union", [30, 200])
def test_candidates_meet_the_detection_curve(bands: int, rows: int, union: int) -> None:
    pairs = 4000
    signer = Signer(bands * rows, bands, rows, size=1, least=1)
    for share in (0.5, 0.6, 0.7, 0.8):
        common = round(share * union)
        found = signer.sign_units(random_units(pairs, union, common, 11))
        met = (found.bands[::2] == found.bands[1::2]).any(axis=1).mean()
        expected = detection_probability(common / union, bands, rows)
        # Half a point beside the sampling error: in sets of tens, functions of one band are not quite independent.
        assert abs(met - expected) < 4.5 * math.sqrt(expected * (1 - expected) / pairs) + 0.005, (share, met, expected)


def test_estimates_of_real_texts_lie_near_their_jaccard() -> None:
    source = random.Random(5)
    marks = [chr(0x4E00 + index) for index in range(2500)]
    text = "".join(source.choices(marks, k=4000))
    edited = list(text)
    for place in source.sample(range(4000), 160):
        edited[place] = source.choice(marks)
    found = sign(text, "".join(edited))
    sets = [set(part.tolist()) for part in np.split(*_split(text, "".join(edited)))]
    exact = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    assert abs(float(estimate(found.sketch[:1], found.sketch[1:])[0]) - exact) < 0.12
    assert 0.5 < exact < 0.8


def _split(*values: str) -> tuple[np.ndarray, np.ndarray]:
    hashes, offsets = shingle_hashes(pa.array(values, pa.large_string()))
    return hashes, offsets[1:-1]


def plain_minima(hashes: list[int], many: int, seed: int) -> list[int]:
    """The functions in plain Python: f, g of the mixed hash, each the one before plus a step that turns every eight."""

    def mixed(value: int) -> int:
        value = ((value ^ value >> 32) * 0xD6E8FEB86659FD93) & MASK
        value = ((value ^ value >> 29) * 0x9FB21C651E98DF25) & MASK
        return value ^ value >> 32

    words = [mixed(value ^ mixed(seed)) for value in hashes]
    values, steps = [word >> 32 for word in words], [word & 0xFFFFFFFF for word in words]
    minima = []
    for place in range(many):
        minima.append(min(values))
        values = [(value + step) & 0xFFFFFFFF for value, step in zip(values, steps, strict=True)]
        if place % 8 == 7:
            steps = [((step ^ step >> 15) * 0x2C1B3C6D + 0x9E3779B9) & 0xFFFFFFFF for step in steps]
    return minima


def plain_byte(minimum: int) -> int:
    value = ((minimum ^ minimum >> 15) * 0x2C1B3C6D) & 0xFFFFFFFF
    value = ((value ^ value >> 12) * 0x297A2D39) & 0xFFFFFFFF
    return value >> 24


@pytest.mark.parametrize(("permutations", "seed"), [(256, 1), (100, 7), (3, 0)])
def test_the_sketch_is_the_one_described(permutations: int, seed: int) -> None:
    text = PARAGRAPH + "".join(chr(0x4E00 + 7 * index % 9000) for index in range(3000))
    hashes, _ = shingle_hashes(pa.array([text], pa.large_string()))
    found = sign(text, signer=Signer(permutations, 1, 1, seed)).sketch[0]
    expected = [plain_byte(value) for value in plain_minima(hashes.tolist(), permutations, seed)]
    assert sorted(found.tolist()) == sorted(expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=50) | st.sampled_from([PARAGRAPH, CHANGED, OTHER]) | st.none(), max_size=5))
def test_batches_may_be_cut_anywhere_and_order_does_not_matter(values: list[str | None]) -> None:
    signer = Signer(64, 8, 8)
    whole, turned = sign(*values, signer=signer), sign(*values[::-1], signer=signer)
    for name in ("bands", "sketch", "shingles", "key", "masked"):
        assert (getattr(whole, name) == getattr(turned, name)[::-1]).all()


def test_seeds_and_bands_give_signatures_of_their_own() -> None:
    assert (sign(PARAGRAPH).bands != sign(PARAGRAPH, signer=Signer(seed=2)).bands).all()
    assert len(np.unique(sign(PARAGRAPH).bands)) == 32
    assert (sign("来" * 500).bands[0, 0] != sign("来" * 500).bands[0, 1:]).all()


def test_pairs_are_estimated_by_row() -> None:
    found = sign(PARAGRAPH, OTHER, CHANGED)
    a, b = np.array([0, 0, 2]), np.array([0, 1, 0])
    guesses = estimate_pairs(found.sketch, a, b)
    assert guesses.tolist() == estimate(found.sketch[a], found.sketch[b]).tolist()
    assert guesses[0] == 1.0
    assert guesses[1] < 0.1 < 0.6 < guesses[2]


def test_sketches_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        estimate(np.zeros((2, 8), np.uint8), np.zeros((3, 8), np.uint8))


def test_more_bands_than_permutations_are_refused() -> None:
    with pytest.raises(ValueError, match="33 bands of 8 rows need 264 permutations, there are 256"):
        Signer(256, 33, 8)


def test_signatures_are_these_on_every_machine() -> None:
    found = sign(PARAGRAPH)
    assert found.bands[0, :3].tolist() == GOLDEN_BANDS
    assert found.sketch[0, :12].tolist() == GOLDEN_SKETCH
    assert (int(found.shingles[0]), int(found.key[0]), int(found.masked[0])) == GOLDEN_ROW


GOLDEN_BANDS = [12838418072855157181, 15953141250768788797, 6694394692900458577]
GOLDEN_SKETCH = [225, 108, 43, 60, 233, 120, 174, 161, 83, 65, 130, 245]
GOLDEN_ROW = (75, 8712766761183430425, 4956313541512039311)
