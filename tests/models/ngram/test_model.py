from __future__ import annotations

import functools
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.demo.prose import distinct
from corpus.errors import UsageError
from corpus.models.ngram.model import LEAST_UNITS, NUMBERS, TABLE, NgramModel, fold_of
from corpus.models.ngram.train import Settings, UnitCounts, fit, train


@functools.cache
def texts(lang: str = "zh", many: int = 120, seed: int = 0) -> pa.Array:
    return pa.array([item.text for item in distinct(lang, many, random.Random(seed))], pa.large_string())


@functools.cache
def model() -> NgramModel:
    return train(lambda: [(texts(), None)])


def perplexity(model: NgramModel, *asked: str | None) -> list[float | None]:
    return model.columns(pa.array(asked, pa.large_string()))["perplexity"].to_pylist()


def test_text_like_the_corpus_is_less_perplexing_than_its_shuffled_characters() -> None:
    plain = texts(seed=1, many=10).to_pylist()
    mixed = ["".join(random.Random(0).sample(text, len(text))) for text in plain]
    ordered, shuffled = perplexity(model(), *plain), perplexity(model(), *mixed)
    assert all(one * 4 < other for one, other in zip(ordered, shuffled, strict=True))


def test_model_does_not_depend_on_order_or_batches() -> None:
    rows = texts()
    order = np.random.default_rng(0).permutation(len(rows))
    moved = rows.take(pa.array(order))
    split = train(lambda: [(moved.slice(0, 7), None), (moved.slice(7, 0), None), (moved.slice(7), None)])
    assert split.digest == model().digest


def test_chunks_and_dictionaries_are_taken_as_they_are() -> None:
    langs = pa.array(["zh"] * len(texts())).dictionary_encode()
    chunked = pa.chunked_array([texts().slice(0, 9), texts().slice(9)])
    found = fit(chunked, pa.chunked_array([langs]))
    assert found.digest == fit(texts(), pa.array(["zh"] * len(texts()))).digest
    assert found.columns(texts(), langs).column(0).null_count == 0


def test_scores_do_not_depend_on_the_batch() -> None:
    asked = texts(seed=2, many=9)
    whole = model().columns(asked)
    parts = [model().columns(asked.slice(start, 2)) for start in range(0, 9, 2)]
    assert pa.Table.from_batches(parts).combine_chunks().equals(pa.Table.from_batches([whole]))


def test_a_table_gives_the_model_back_whatever_the_order_of_its_rows(tmp_path: Path) -> None:
    table = fit(texts()).to_table()
    assert table.schema == TABLE
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    pq.write_table(mixed, tmp_path / "model.parquet")
    assert NgramModel.from_table(pq.read_table(tmp_path / "model.parquet")).digest == fit(texts()).digest


@pytest.mark.parametrize(
    "damage", ["row gone", "last row gone", "row twice", "not a number", "no about", "other version", "no table"]
)
def test_damaged_tables_are_refused(damage: str) -> None:
    table = model().to_table()
    if damage == "row gone":
        table = pa.concat_tables([table.slice(0, 5), table.slice(6)])
    elif damage == "last row gone":
        table = table.slice(0, table.num_rows - 1)
    elif damage == "row twice":
        table = pa.concat_tables([table, table.slice(table.num_rows - 1)])
    elif damage == "not a number":
        log2 = table["log2"].to_numpy().copy()
        log2[40] = np.nan
        table = table.set_column(3, "log2", pa.array(log2))
    elif damage == "no about":
        table = table.slice(1)
    elif damage == "other version":
        about = model().about.model_copy(update={"version": 0}).model_dump_json()
        table = table.set_column(5, "about", pa.array([about, *[None] * (table.num_rows - 1)], pa.string()))
    else:
        table = pa.table({"key": [1]})
    with pytest.raises(UsageError, match="n-gram model"):
        NgramModel.from_table(table)


def test_texts_without_units_have_no_score() -> None:
    found = model().columns(pa.array([None, "", " \n "], pa.large_string()))
    assert found.schema == NUMBERS
    assert all(column.null_count == 3 for column in found.columns)


def test_a_language_hardly_seen_has_no_score() -> None:
    both = pa.concat_arrays([texts(), texts("en", 5)])
    langs = pa.array(["zh"] * len(texts()) + ["en"] * 5)
    found = train(lambda: [(both, langs)])
    assert found.about.languages["en"] < LEAST_UNITS < found.about.languages["zh"]
    asked = found.columns(pa.array(["今天天气很好"] * 4), pa.array(["zh", "en", "fr", None]))["perplexity"]
    assert asked.is_valid().to_pylist() == [True, False, False, True]


def test_halves_judge_each_other() -> None:
    found = fit(texts(), settings=Settings(folds=2, least=(1, 1, 1, 1)))
    own = fold_of(texts())
    for fold in (0, 1):
        alone = train(lambda fold=fold: [(texts().filter(pa.array(own == fold)), None)], Settings(least=(1, 1, 1, 1)))  # type: ignore[misc]
        other = texts().filter(pa.array(own != fold))
        assert found.columns(other).equals(alone.columns(other))
    seen = train(lambda: [(texts(), None)], Settings(least=(1, 1, 1, 1)))
    assert np.median(perplexity(found, *texts().to_pylist())) > np.median(perplexity(seen, *texts().to_pylist()))


def test_the_worst_window_finds_what_the_mean_hides() -> None:
    plain = "\n".join(texts(seed=3, many=20).to_pylist())
    middle = len(plain) // 2
    garbled = plain[:middle] + "".join(random.Random(0).sample(plain, 80)) + plain[middle:]
    before, after = (model().columns(pa.array([text])) for text in (plain, garbled))
    assert after["worst_perplexity"][0].as_py() > 3 * before["worst_perplexity"][0].as_py()
    assert after["perplexity"][0].as_py() < 1.5 * before["perplexity"][0].as_py()


def test_counts_of_parts_add_up() -> None:
    whole, first, second = UnitCounts(1), UnitCounts(1), UnitCounts(1)
    whole.add(texts())
    first.add(texts().slice(0, 50))
    second.add(texts().slice(50))
    both = first.plus(second)
    assert np.array_equal(both.counted[0], whole.counted[0])
    assert both.languages == whole.languages


def test_of_too_many_units_texts_are_taken_by_their_hash() -> None:
    few = Settings(most=3000)
    backwards = texts().take(pa.array(range(len(texts()))[::-1]))
    one, two = train(lambda: [(texts(), None)], few), train(lambda: [(backwards, None)], few)
    assert one.digest == two.digest
    assert 1000 < one.about.units[0] < 6000 < model().about.units[0]


@pytest.mark.parametrize("order", [2, 3, 5])
def test_any_order_from_two_to_five(order: int) -> None:
    found = fit(texts(), order=order)
    assert [len(fold.levels) for fold in found.folds] == [order, order]
    assert NgramModel.from_table(found.to_table()).digest == found.digest
    assert None not in perplexity(found, *texts(seed=5, many=3).to_pylist())


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(UsageError, match="too little text"):
        train(lambda: [(pa.array(["", None]), None)])
    with pytest.raises(UsageError, match="too little text"):
        fit(pa.array(["天地玄黄，宇宙洪荒。天地"]))


@pytest.mark.parametrize(
    "wrong", [{"order": 6}, {"order": 1}, {"least": (1, 2)}, {"least": (2, 1, 1, 1)}, {"folds": 3}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Settings(**wrong)  # type: ignore[arg-type]
