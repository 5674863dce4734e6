from __future__ import annotations

import numpy as np
import pytest

from corpus.scores.density import lattice_of, smoothed


@pytest.mark.parametrize("step", [1.0, 0.5, 0.25, 0.1])
def test_the_step_of_a_grid_is_found(step: float) -> None:
    scores = np.round(np.random.default_rng(0).integers(0, 9, 500) * step + 1, 9)
    lattice = lattice_of(scores)
    assert (lattice.step, lattice.grid) == (step, True)
    assert np.allclose(lattice.values()[lattice.places(scores)], scores)


def test_numbers_without_a_step_are_put_into_bins_that_outliers_do_not_widen() -> None:
    lattice = lattice_of(np.append(np.random.default_rng(0).normal(size=5000), 1e9))
    assert not lattice.grid
    assert lattice.step < 1


def test_smoothing_keeps_the_mass_and_a_spike_leaves_the_valley_beside_it_low() -> None:
    counts = np.array([500.0, 500, 5, 40, 60, 60, 40])
    found = smoothed(counts, 1.0)
    assert found.sum() == pytest.approx(counts.sum())
    assert found.argmax() < 2
    assert found[2:4].min() < found[4]
