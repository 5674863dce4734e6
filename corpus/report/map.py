"""A map of vectors: laid out in the plane, drawn as a picture and as an interactive figure. Functions of arrays."""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from corpus.errors import UsageError
from corpus.report.html.charts import plain
from corpus.report.words import Text

Method = Literal["t-SNE", "UMAP", "PCA"]
FEW = 30
"""Below so many vectors there are no neighbourhoods to keep, and principal components are shown."""
PERPLEXITY, ITERATIONS, ANGLE = 30.0, 600, 0.6
"""Of 2,000 vectors the full 1,000 iterations lower the divergence by another 5 % and cost twice the time."""
REDUCED = 50
"""Dimensions that t-SNE and UMAP see; the rest holds little and costs time."""
COLOURS = 9
"""Labels with a colour of their own, the commonest first; the others share one."""
OTHERS, NONE = "…", "–"
"""What stands for all other labels, and for a point that has none: both grey, behind those with a colour."""
PALETTE = (
    "#2f6fab", "#d9822b", "#3c8d5a", "#b8443f", "#7d62ac", "#8a6144", "#c65b9a", "#a3a335", "#2aa0ad", "#b9bec2",
)  # fmt: skip
"""As in the report's style sheet; the last is for all other labels."""
LATIN = 0x250
"""Every font has the characters below."""
CJK = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Arial Unicode MS", "Noto Sans CJK JP",
)  # fmt: skip


def method_for(rows: int, wanted: Method = "t-SNE") -> Method:
    """How `rows` vectors are laid out: as wanted, or by PCA where they are few. UsageError for UMAP not installed."""
    if rows < FEW:
        return "PCA"
    if wanted == "UMAP" and importlib.util.find_spec("umap") is None:
        raise UsageError("UMAP is not installed: pip install umap-learn, or take t-SNE")
    return wanted


def layout(vectors: np.ndarray, seed: int = 0, method: Method = "t-SNE") -> np.ndarray:
    """Points of the plane, float32 (n, 2), for vectors (n, d) of any float type; near vectors lie near each other.

    Vectors are compared by their cosine. t-SNE (van der Maaten and Hinton 2008) by Barnes and Hut's approximation, from
    principal components, so one seed gives one map; it is the same for the same rows in the same order. UsageError when
    scikit-learn, or UMAP where it is wanted, is not installed.
    """
    method = method_for(len(vectors), method)
    if method == "PCA":
        return _scaled(_components(_unit(vectors), 2))
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError:
        raise UsageError("the map needs scikit-learn: pip install 'corpus-tiers[report]'") from None
    # Sums of threads come in any order, and a map magnifies the last bit of them.
    with threadpool_limits(limits=1):
        reduced = _components(_unit(vectors), min(REDUCED, vectors.shape[1])).astype(np.float32)
        begun = reduced[:, :2] / max(1e-12, float(np.std(reduced[:, 0])))
        if method == "UMAP":
            umap: Any = importlib.import_module("umap")
            return _scaled(umap.UMAP(random_state=seed, n_jobs=1, init=10 * begun).fit_transform(reduced))
        made = TSNE(
            2,
            perplexity=min(PERPLEXITY, (len(reduced) - 1) / 3),
            init=1e-4 * begun,
            max_iter=ITERATIONS,
            angle=ANGLE,
            random_state=seed % (1 << 32),
        )
        return _scaled(made.fit_transform(np.ascontiguousarray(reduced)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    wide = np.asarray(vectors, np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True) if len(wide) else np.ones((0, 1))
    return np.asarray(wide / np.where(length > 0, length, 1.0))


def _components(unit: np.ndarray, many: int) -> np.ndarray:
    """The first principal components; the largest weight of each is positive, so that no run mirrors another."""
    if len(unit) < 2 or unit.shape[1] == 0:
        return np.zeros((len(unit), max(2, many)))
    centred = unit - unit.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :many]
    signs = np.sign(axes[np.argmax(np.abs(axes), axis=0), np.arange(axes.shape[1])])
    found = centred @ (axes * np.where(signs == 0, 1.0, signs))
    return np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))


def _scaled(points: np.ndarray) -> np.ndarray:
    """Points around 0, the farthest at 1."""
    centred = np.asarray(points, np.float64)[:, :2]
    centred = centred - (centred.mean(axis=0) if len(centred) else 0.0)
    reach = float(np.abs(centred).max(initial=0.0))
    return np.asarray(centred / (reach or 1.0), np.float32)


@dataclass(frozen=True)
class Colouring:
    """One way to colour the points: a label for each (NONE where it has none), and where known what labels are called.

    A title in two languages is drawn in Chinese where there is a Chinese font.
    """

    name: str
    labels: Sequence[str]
    titles: Mapping[str, str | Text]

    def title(self, label: str) -> str | Text:
        """What a label is called."""
        return self.titles.get(label, label)


def ranked(labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The labels with a colour of their own, the commonest first (of equal ones by name), then OTHERS and NONE where
    there are such; and for each point the place of its label."""
    counts = Counter(labels)
    order = sorted(counts.keys() - {NONE}, key=lambda label: (-counts[label], label))
    shown = [*order[:COLOURS], *([OTHERS] if len(order) > COLOURS else []), *([NONE] if NONE in counts else [])]
    place = {label: min(at, COLOURS) for at, label in enumerate(order)} | {NONE: len(shown) - 1}
    return shown, np.array([place[label] for label in labels], np.int64)


def places(points: np.ndarray, hover: Sequence[str]) -> dict[str, list[Any]]:
    """What the traces of every colouring of one map share: `x`, `y` and `text` of each point.

    `hover` is what a point says of itself; it is escaped here.
    """
    across, up = (np.round(points[:, axis].astype(np.float64), 4).tolist() for axis in (0, 1))
    return {"x": across, "y": up, "text": [plain(said) for said in hover]}


def figure(colouring: Colouring, published: np.ndarray) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and layout of plotly: all points on the left, the `published` ones (bool, (n,)) on the right.

    A trace names its points by their `rows` in `places`, which are thus in a page once. Both sides zoom together.
    """
    shown, place = ranked(colouring.labels)
    traces: list[dict[str, Any]] = []
    for side, inside in ((0, np.ones(len(published), bool)), (1, published)):
        for at, label in enumerate(shown):
            rows = np.flatnonzero((place == at) & inside)
            grey = label in (OTHERS, NONE)
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": plain(colouring.title(label)),
                    "legendgroup": str(at),
                    "showlegend": side == 0,
                    "xaxis": "x2" if side else "x",
                    "yaxis": "y2" if side else "y",
                    "rows": rows.tolist(),
                    "marker": {"color": "@c7" if grey else _role(at), "size": 5, "opacity": 0.3 if grey else 0.8},
                    "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
                }
            )
    axis = {"visible": False, "range": [-1.08, 1.08], "zeroline": False}
    frame = {
        "xaxis": {**axis, "domain": [0, 0.49]},
        "yaxis": {**axis, "scaleanchor": "x"},
        "xaxis2": {**axis, "domain": [0.51, 1], "matches": "x"},
        "yaxis2": {**axis, "matches": "y", "anchor": "x2"},
        "margin": {"l": 4, "r": 4, "t": 28, "b": 8},
        "legend": {"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0, "itemsizing": "constant"},
        "hovermode": "closest",
    }
    return traces, frame


def _role(place: int) -> str:
    """The colour of a label by its place; c7 is grey and kept for all others."""
    return f"@c{(0, 1, 2, 3, 4, 5, 6, 8, 9)[place % 9]}"


def png(points: np.ndarray, colouring: Colouring, published: np.ndarray, path: str, title: str = "") -> None:
    """The same two sides as a picture at `path`. Chinese labels need a Chinese font; where there is none, the legend
    numbers them. UsageError when matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("the picture needs matplotlib: pip install 'corpus-tiers[report]'") from None
    import matplotlib as mpl

    font = chinese_font()
    shown, place = ranked(colouring.labels)
    names = legend([colouring.title(label) for label in shown], font is not None)
    with mpl.rc_context({"font.family": [*([font] if font else []), "DejaVu Sans"], "axes.unicode_minus": False}):
        drawn = Figure(figsize=(14, 7.6), layout="constrained", facecolor="white")
        FigureCanvasAgg(drawn)
        for side, inside in enumerate((np.ones(len(points), bool), published)):
            axes = drawn.add_subplot(1, 2, side + 1)
            axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xticks=[], yticks=[], aspect="equal")
            axes.set_title(f"{'published' if side else 'all'}: {int(inside.sum()):,}", fontsize=11)
            for at, (label, name) in enumerate(zip(shown, names, strict=True)):
                rows = (place == at) & inside
                colour = PALETTE[-1] if label in (OTHERS, NONE) else PALETTE[at % (len(PALETTE) - 1)]
                axes.scatter(points[rows, 0], points[rows, 1], s=9, c=colour, label=name, linewidths=0, alpha=0.8)
            if side == 0:
                handles, labels = axes.get_legend_handles_labels()
        drawn.legend(
            handles, labels, loc="outside lower center", ncols=min(5, len(shown)), markerscale=2, frameon=False
        )
        if title:
            drawn.suptitle(title if font or title.isascii() else "", fontsize=13)
        drawn.savefig(path, dpi=120, metadata={"Software": None})
    if not Path(path).is_file():
        raise UsageError(f"{path}: could not be written")


def chinese_font() -> str | None:
    """A font of this machine that has Chinese characters, by name; None when matplotlib finds none."""
    from matplotlib import font_manager

    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in CJK if name in there), None)


def legend(names: Sequence[str | Text], chinese: bool) -> list[str]:
    """The names as they can be drawn: without a Chinese font in English, or as numbers where they have no English."""
    found = []
    for at, name in enumerate(names):
        said = name if isinstance(name, str) else name.zh if chinese else name.en
        drawable = chinese or said in (OTHERS, NONE) or all(ord(mark) < LATIN for mark in said)
        found.append(said if drawable else f"#{at + 1}")
    return found
