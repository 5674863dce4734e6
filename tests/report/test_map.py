"""A map keeps neighbours together, is the same for the same rows, and is drawn with any fonts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.report import map as maps
from corpus.report.map import (
    COLOURS,
    FEW,
    NONE,
    OTHERS,
    Colouring,
    figure,
    layout,
    legend,
    method_for,
    places,
    png,
    ranked,
)
from corpus.report.words import Text


def groups(rows: int, many: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors around `many` centres, and the centre of each."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(many, 24))
    of = random.integers(0, many, rows)
    return (centres[of] + 0.2 * random.normal(size=(rows, 24))).astype(np.float16), of


@pytest.mark.parametrize("method", ["t-SNE", "PCA"])
def test_what_is_near_in_the_space_is_near_on_the_map(method: maps.Method) -> None:
    vectors, of = groups(300, 4)
    points = layout(vectors, 1, method).astype(np.float64)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(len(points))
    assert (of[distance.argmin(axis=1)] == of).mean() > 0.95
    assert points.shape == (300, 2)
    assert np.abs(points).max() == pytest.approx(1.0)


def test_one_seed_gives_one_map_whatever_the_length_of_vectors() -> None:
    vectors, _ = groups(120, 3)
    first = layout(vectors, 5)
    assert np.array_equal(first, layout(vectors, 5))
    assert layout(vectors, 6).shape == first.shape
    few = vectors[:20].astype(np.float64)
    assert np.allclose(layout(few), layout(few * 7.0), atol=1e-6)


@given(st.integers(0, FEW - 1), st.integers(1, 5))
@settings(max_examples=30)
def test_few_vectors_are_laid_out_by_components(rows: int, wide: int) -> None:
    points = layout(np.random.default_rng(rows).normal(size=(rows, wide)))
    assert points.shape == (rows, 2)
    assert np.isfinite(points).all()
    assert method_for(rows) == "PCA"


def test_equal_vectors_and_zeros_do_no_harm() -> None:
    assert not layout(np.zeros((5, 3))).any()
    assert np.isfinite(layout(np.ones((40, 8), np.float16))).all()


def test_umap_is_asked_for_by_name_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="UMAP is not installed"):
        layout(groups(40, 2)[0], method="UMAP")


def test_the_commonest_labels_have_colours_and_the_rest_share_one() -> None:
    labels = [str(number) for number in range(COLOURS + 3) for _ in range(number + 1)]
    shown, place = ranked(labels)
    assert shown == [*(str(number) for number in range(COLOURS + 2, 2, -1)), OTHERS]
    assert [shown[at] for at in place[-3:]] == [str(COLOURS + 2)] * 3
    assert shown[place[0]] == OTHERS
    assert ranked(["b", "a"])[0] == ["a", "b"]
    assert ranked(["–", "–", "b"])[0] == ["b", NONE]
    assert ranked([*labels, NONE])[0][-2:] == [OTHERS, NONE]


def test_the_figure_shows_all_on_one_side_and_the_published_on_the_other() -> None:
    points, published = np.array([[0.0, 0.1], [0.5, 0.5], [1.0, -1.0]]), np.array([True, False, True])
    colouring = Colouring("source", ["web", "web", "<b>"], {"web": "网页"})
    traces, frame = figure(colouring, published)
    assert [(trace["name"], trace["xaxis"], trace["rows"]) for trace in traces] == [
        ("网页", "x", [0, 1]),
        ("&lt;b&gt;", "x", [2]),
        ("网页", "x2", [0]),
        ("&lt;b&gt;", "x2", [2]),
    ]
    shared = places(points, ["<script>", "\u202etwo", "three"])
    assert shared == {"x": [0.0, 0.5, 1.0], "y": [0.1, 0.5, -1.0], "text": ["&lt;script&gt;", "⟨U+202E⟩two", "three"]}
    assert frame["xaxis2"]["matches"] == "x"


@pytest.mark.parametrize("font", [True, False])
def test_the_picture_is_made_with_and_without_a_chinese_font(
    font: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not font:
        monkeypatch.setattr(maps, "chinese_font", lambda: None)
    points, of = layout(groups(60, 3)[0]), groups(60, 3)[1]
    labels = [("经济", "life", "sports")[number] for number in of]
    png(points, Colouring("tag", labels, {}), np.arange(60) % 2 == 0, str(tmp_path / "map.png"), "A title")
    picture = (tmp_path / "map.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000


def test_without_a_chinese_font_labels_are_english_or_numbers() -> None:
    assert legend(["life", "经济", "café", OTHERS], chinese=False) == ["life", "#2", "café", OTHERS]
    assert legend(["经济"], chinese=True) == ["经济"]
    assert [legend([Text("经济", "Economy")], chinese=chinese) for chinese in (True, False)] == [["经济"], ["Economy"]]
