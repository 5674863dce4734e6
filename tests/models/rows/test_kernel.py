from __future__ import annotations

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from corpus.models.rows import kernel
from corpus.models.rows.kernel import fit, scaled


def drawn(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(rows, 6)).astype(np.float32).astype(np.float64)
    return points, np.sin(points[:, 0] * 2) + points[:, 1], np.arange(rows) % 3


def test_with_every_point_a_landmark_it_is_kernel_ridge_regression() -> None:
    points, wanted, fold = drawn(300)
    found, unseen = fit(points, wanted, fold, 0.2, 0.3)
    reference = KernelRidge(alpha=0.3, kernel="rbf", gamma=0.2).fit(points, wanted)
    assert np.allclose(found.values(points), reference.predict(points), atol=1e-3)
    for one in range(3):
        without = KernelRidge(alpha=0.3, kernel="rbf", gamma=0.2).fit(points[fold != one], wanted[fold != one])
        assert np.allclose(unseen[fold == one], without.predict(points[fold == one]), atol=1e-3)


def test_few_landmarks_come_near(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    points, wanted, fold = drawn(1500)
    whole, _ = fit(points, wanted, fold, 0.05, 0.3)
    monkeypatch.setattr(kernel, "LANDMARKS", 400)
    few, _ = fit(points, wanted, fold, 0.05, 0.3)
    assert len(few.landmarks) == 400
    assert np.corrcoef(whole.values(points), few.values(points))[0, 1] > 0.98


def test_a_value_does_not_depend_on_the_points_around_it() -> None:
    points, wanted, fold = drawn(700)
    found, _ = fit(points, wanted, fold, 0.1, 0.3)
    whole = found.values(points)
    assert np.concatenate([found.values(points[at : at + 33]) for at in range(0, 700, 33)]).tolist() == whole.tolist()
    assert found.values(points[::-1]).tolist() == whole[::-1].tolist()
    assert found.values(points[:0]).tolist() == []


def test_parts_stand_side_by_side_at_their_scales() -> None:
    found = scaled([(np.ones((2, 1), np.float16), 2.0), (np.ones((2, 2)), 0.5)])
    assert found.tolist() == [[2, 0.5, 0.5]] * 2
