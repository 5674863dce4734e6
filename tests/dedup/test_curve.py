from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.dedup.curve import detection_probability, half_point, table


@pytest.mark.parametrize(
    ("bands", "rows", "similarity", "probability"),
    [(32, 8, 0.7, 0.850), (32, 8, 0.8, 0.997), (32, 8, 0.6, 0.418), (14, 8, 0.7, 0.565), (1, 1, 0.3, 0.3)],
)
def test_the_curve_goes_through_known_points(bands: int, rows: int, similarity: float, probability: float) -> None:
    assert detection_probability(similarity, bands, rows) == pytest.approx(probability, abs=0.0006)


@given(st.integers(1, 200), st.integers(1, 30))
def test_half_are_found_at_the_half_point_and_more_above(bands: int, rows: int) -> None:
    half = half_point(bands, rows)
    assert detection_probability(half, bands, rows) == pytest.approx(0.5, abs=1e-6)
    assert detection_probability(0.0, bands, rows) == 0.0
    assert detection_probability(1.0, bands, rows) == 1.0
    assert detection_probability(min(1.0, half + 0.01), bands, rows) > 0.5


def test_the_table_says_what_is_found_and_where_half_is() -> None:
    printed = table(32, 8)
    assert "32 bands of 8 rows: 256 permutations" in printed
    assert "half of the pairs are found at similarity 0.619" in printed
    assert "0.70   85.04 %" in printed
    assert "0.50   11.77 %" in printed


def test_bands_of_no_rows_and_similarities_above_one_are_refused() -> None:
    with pytest.raises(ValueError, match="both must be 1 or more"):
        detection_probability(0.5, 0, 8)
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        detection_probability(1.5, 32, 8)
