from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.embed import Embedder
from corpus.embed.hashed import HashedModel, fit, vector_array, vectors_of

TOPICS = {
    "kitchen": [
        "切好的土豆放进锅里煮二十分钟",
        "面团醒发以后擀成薄片",
        "stir the soup and add a spoon of salt",
        "葱姜蒜下锅炒香",
    ],
    "court": [
        "原告向法院提交了书面证据",
        "被告应当在十日内履行判决",
        "the judge heard both parties",
        "合同自双方签字之日起生效",
    ],
    "stars": [
        "望远镜拍到了遥远的星系",
        "行星绕着恒星转动",
        "the orbit of the comet was computed",
        "天文台观测到日全食",
    ],
}


def texts(*said: str | None) -> pa.Array:
    return pa.array(said, pa.large_string())


def corpus(rows: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Texts made of sentences of one topic each, and the topics."""
    chance = np.random.default_rng(seed)
    names = [list(TOPICS)[index] for index in chance.integers(0, len(TOPICS), rows)]
    return ["。".join(chance.choice(TOPICS[name], 3)) + f" {chance.integers(100)}" for name in names], names


@pytest.fixture(scope="module")
def model() -> HashedModel:
    return fit(texts(*corpus(300)[0]), dim=24)


def test_the_model_is_an_embedder(model: HashedModel) -> None:
    embedder: Embedder = model
    assert (embedder.name, embedder.dim) == ("hashed", 24)
    assert len(embedder.digest) == 64


def test_a_vector_has_length_one_and_a_text_without_features_none(model: HashedModel) -> None:
    vectors = model.embed(texts(*corpus(40)[0], "", None, "。。。", "ꙮ"))
    assert vectors.dtype == np.float16
    assert vectors.shape == (44, 24)
    assert np.allclose(np.linalg.norm(vectors[:40].astype(np.float64), axis=1), 1, atol=2e-3)
    assert not vectors[40:].any()


def test_the_nearest_text_is_one_of_the_same_topic(model: HashedModel) -> None:
    said, names = corpus(120, seed=2)
    vectors = model.embed(texts(*said)).astype(np.float32)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -2)
    nearest = alike.argmax(axis=1)
    assert np.mean([names[row] == names[other] for row, other in enumerate(nearest)]) == 1.0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(alphabet="切好的土豆原告法院 the judge,。", max_size=40), max_size=8), st.integers(0, 8))
def test_a_row_is_the_same_bits_in_every_batch(model: HashedModel, said: list[str], cut: int) -> None:
    whole = model.embed(texts(*said))
    halves = [model.embed(texts(*said[:cut])), model.embed(texts(*said[cut:]))]
    assert np.array_equal(whole.view(np.uint16), np.concatenate(halves).view(np.uint16))
    for row, one in enumerate(said):
        assert np.array_equal(whole[row].view(np.uint16), model.embed(texts(one))[0].view(np.uint16))


def test_a_sliced_array_gives_the_rows_of_the_slice(model: HashedModel) -> None:
    said = texts(*corpus(20)[0])
    assert np.array_equal(model.embed(said.slice(5, 7)), model.embed(said)[5:12])


def test_a_model_survives_its_table_and_a_parquet_file(model: HashedModel) -> None:
    kept = io.BytesIO()
    table = model.to_table()
    pq.write_table(table.take(pa.array(np.random.default_rng(0).permutation(len(table)))), kept)
    kept.seek(0)
    again = HashedModel.from_table(pq.read_table(kept))
    assert again.digest == model.digest
    said = texts(*corpus(30)[0])
    assert np.array_equal(again.embed(said), model.embed(said))


def test_the_column_is_half_floats_that_parquet_keeps(model: HashedModel) -> None:
    batch = model.columns(texts("切好的土豆", None), texts("zh", "zh"))
    assert batch.schema == pa.schema([pa.field("vector", pa.list_(pa.float16(), 24))])
    assert batch.column(0).null_count == 0
    kept = io.BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), kept)
    kept.seek(0)
    column = pq.read_table(kept).column("vector")
    assert np.array_equal(vectors_of(column), model.embed(texts("切好的土豆", None)))


def test_the_same_sample_and_seed_give_the_same_model(model: HashedModel) -> None:
    said = texts(*corpus(300)[0])
    assert fit(said, dim=24).digest == model.digest
    assert fit(said, dim=24, seed=1).digest != model.digest


@pytest.mark.parametrize("said", [[], [None], [""], ["天"], ["天地", "天地"]])
def test_a_sample_of_next_to_nothing_makes_a_model_all_the_same(said: list[str | None]) -> None:
    small = fit(texts(*said), dim=8)
    assert small.embed(texts("天地人", "")).shape == (2, 8)
    assert HashedModel.from_table(small.to_table()).digest == small.digest


def test_dimensions_that_the_sample_lacks_are_zero() -> None:
    small = fit(texts("天地", "人和", "天人"), dim=16)
    vectors = small.embed(texts("天地", "人和", "天人"))
    assert not vectors[:, 3:].any()
    assert np.allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3)


def test_the_particles_of_a_rare_language_weigh_little() -> None:
    chinese = corpus(300)[0]
    english = [f"the {name} of the {other}" for name in "abcdefgh" for other in "ijklmnop"]
    said, langs = texts(*chinese, *english), texts(*["zh"] * 300, *["en"] * 64)
    together, apart = fit(said, dim=32), fit(said, langs, dim=32)

    def alike(model: HashedModel) -> float:
        one, other = model.embed(texts("the a of the i", "the h of the p")).astype(np.float64)
        return float(one @ other)

    assert alike(apart) < alike(together)


def test_dim_is_positive() -> None:
    with pytest.raises(ValueError, match="dim is 0"):
        fit(texts("天"), dim=0)


def test_vectors_of_a_column_with_nulls_and_chunks() -> None:
    rows = np.arange(6, dtype=np.float16).reshape(3, 2)
    one = vector_array(rows)
    null = pa.array([None, [7.0, 8.0]], pa.list_(pa.float16(), 2))
    assert vectors_of(pa.chunked_array([one.slice(1), null])).tolist() == [[2, 3], [4, 5], [0, 0], [7, 8]]
    assert vectors_of(pa.chunked_array([], one.type)).shape == (0, 2)
