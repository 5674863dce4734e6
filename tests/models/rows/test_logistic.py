from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from corpus.embed.svd import Sparse
from corpus.models.rows.logistic import fit, times


def drawn(rows: int, wide: int, seed: int = 0) -> tuple[Sparse, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    held = sparse.random(rows, wide, 0.1, random_state=seed, dtype=np.float32, format="csr")
    form = rng.normal(size=(rows, 3))
    odds = held @ rng.normal(0, 3, wide) + form @ [1.0, -1.0, 0.0] - 0.5
    has = rng.random(rows) < 1 / (1 + np.exp(-odds))
    grams = Sparse(held.indptr.astype(np.int64), held.indices.astype(np.int32), held.data, wide)
    return grams, form, has


def dense(grams: Sparse) -> np.ndarray:
    rows = len(grams.offsets) - 1
    return sparse.csr_matrix((grams.values, grams.columns, grams.offsets), (rows, grams.width)).toarray()


def test_the_weights_are_those_of_scikit_learn() -> None:
    grams, form, has = drawn(400, 60)
    whole = np.concatenate([dense(grams), form], axis=1)
    for penalty in (0.5, 2.0):
        found = fit(grams, form, has, penalty)
        other = LogisticRegression(C=1 / penalty, max_iter=5000, tol=1e-8).fit(whole, has)
        assert np.allclose(np.concatenate([found.sparse, found.dense]), other.coef_[0], atol=1e-3)
        assert np.allclose(found.odds(grams, form), other.decision_function(whole), atol=2e-3)


def test_one_kind_of_rows_gives_their_share_and_no_weights() -> None:
    grams, form, _ = drawn(50, 10)
    found = fit(grams, form, np.ones(50, bool))
    assert found.odds(grams, form).min() > 5


def test_a_product_is_that_of_the_matrix() -> None:
    grams, _, _ = drawn(30, 20)
    weights = np.arange(20.0)
    assert np.allclose(times(grams, weights), dense(grams) @ weights)
