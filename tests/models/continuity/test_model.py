from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from corpus.demo.prose import distinct
from corpus.errors import UsageError
from corpus.models.continuity import NUMBERS, ContinuityModel, Settings, fit, train

SMALL = Settings(bits=10, columns=8, seam_bits=10, seam_columns=8, places=20_000)


def texts(many: int = 80, seed: int = 0) -> list[str]:
    return [item.text for item in distinct("zh", many, random.Random(seed))]


@pytest.fixture(scope="module")
def model() -> ContinuityModel:
    return train([(pa.array(texts()), pa.array(["zh"] * 80))], SMALL)


def test_a_model_depends_on_the_texts_and_not_on_their_order_or_batches(model: ContinuityModel) -> None:
    many = texts()
    random.Random(3).shuffle(many)
    cut = [(pa.array(part), pa.array(["zh"] * len(part))) for part in (many[:7], [], many[7:], many[:3])]
    assert train(cut, SMALL).digest == model.digest
    other = Settings(**{**SMALL.__dict__, "seed": 1})
    assert train([(pa.array(many), pa.array(["zh"] * 80))], other).digest != model.digest


def test_a_row_depends_on_its_text_and_language_alone(model: ContinuityModel) -> None:
    many = pa.array([*texts(12, seed=5), None, "短。"], pa.large_string())
    tongues = pa.array(["zh"] * 6 + ["en"] * 6 + ["zh"] * 2)
    found = model.columns(many, tongues)
    assert found.schema == NUMBERS
    assert found.column("continuity")[6:].null_count == 8
    assert found.column("seam_continuity")[:6].null_count == 0
    for place in (0, 4, 13):
        assert model.columns(many.slice(place, 1), tongues.slice(place, 1)).equals(found.slice(place, 1))


def test_the_table_of_a_model_is_the_model_whatever_the_order_of_its_rows(model: ContinuityModel) -> None:
    table = model.to_table()
    again = ContinuityModel.from_table(table.take(pa.array(range(table.num_rows - 1, -1, -1))))
    assert again.about == model.about
    assert again.digest == model.digest
    many = pa.array(texts(5, seed=6))
    assert np.array_equal(again.measure(many), model.measure(many), equal_nan=True)


def test_a_table_that_is_no_model_is_refused(model: ContinuityModel) -> None:
    table = model.to_table()
    names = table.column("name").to_pylist()
    for broken, said in (
        (pa.table({"a": [1]}), "has the columns"),
        (table.slice(1), "no continuity model"),
        (table.filter(pa.array([name != "left" for name in names])), "is damaged"),
    ):
        with pytest.raises(UsageError, match=said):
            ContinuityModel.from_table(broken)
    older = model.about.model_copy(update={"version": 0})
    with pytest.raises(UsageError, match="train it again"):
        ContinuityModel.from_table(ContinuityModel(older, model.folds).to_table())


def test_two_folds_score_each_other() -> None:
    many = pa.array(texts(120))
    model = fit(many, settings=Settings(**{**SMALL.__dict__, "folds": 2}))
    assert model.about.folds == len(model.folds) == 2
    assert sum(model.about.texts) <= 120
    alone = [
        ContinuityModel(model.about.model_copy(update={"folds": 1}), (fold,)).measure(many) for fold in model.folds
    ]
    found = model.measure(many)
    for row in range(120):
        assert any(np.array_equal(found[row], one[row], equal_nan=True) for one in alone)


def test_too_little_text_and_settings_that_make_no_sense_are_said() -> None:
    with pytest.raises(UsageError, match="too little text"):
        train([(pa.array(["天。地。"]), None)], SMALL)
    with pytest.raises(UsageError, match="no text"):
        train([], SMALL)
    for wrong in ({"bits": 30}, {"columns": 2}, {"folds": 3}, {"rate": 0.0}):
        with pytest.raises(UsageError):
            Settings(**wrong)
