"""How likely a pair of texts becomes a candidate, by its similarity: the detection curve of a banded signature."""

from __future__ import annotations

POINTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9)


def detection_probability(similarity: float, bands: int, rows: int) -> float:
    """The probability that one band or more agrees: 1 - (1 - s^rows)^bands (Leskovec et al., section 3.4).

    `similarity` is the Jaccard similarity, 0 to 1.
    """
    _check(bands, rows)
    if not 0.0 <= similarity <= 1.0:
        raise ValueError(f"similarity is {similarity}, it lies between 0 and 1")
    return float(1.0 - (1.0 - similarity**rows) ** bands)


def half_point(bands: int, rows: int) -> float:
    """The similarity at which half of the pairs are found: (1 - 2^(-1/bands))^(1/rows)."""
    _check(bands, rows)
    return float((1.0 - 0.5 ** (1.0 / bands)) ** (1.0 / rows))


def table(bands: int, rows: int) -> str:
    """The curve as lines of text for a terminal."""
    half = half_point(bands, rows)
    lines = [
        f"{bands} bands of {rows} rows: {bands * rows} permutations",
        f"half of the pairs are found at similarity {half:.3f}",
        "",
        "similarity  found",
    ]
    for point in POINTS:
        meaning = "candidates only, verification removes them" if point < 0.7 else "recall"
        lines.append(f"{point:10.2f}  {100 * detection_probability(point, bands, rows):6.2f} %  {meaning}")
    return "\n".join(lines)


def _check(bands: int, rows: int) -> None:
    if bands < 1 or rows < 1:
        raise ValueError(f"{bands} bands of {rows} rows: both must be 1 or more")
