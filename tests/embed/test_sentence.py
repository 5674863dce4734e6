"""A real sentence-transformers model, made and saved here, against the library's own `encode`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import neural
import numpy as np
import pyarrow as pa
import pytest

from corpus.embed.sentence import SentenceEmbedder, load
from corpus.errors import ConfigError, UsageError
from corpus.models.registry import manage
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of

LONG = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏" * 9
TEXTS = ["天地玄黄", "the moon and a star.", "", None, " \n", LONG, "往", "秋收冬藏，寒来暑往。" * 4]
Loader = Callable[..., SentenceEmbedder]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return neural.sentences(tmp_path_factory.mktemp("sentence") / "tiny", places=32, dim=24)


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Loader:
    reference = f"{folder}@{digest_of(hashed(folder))}"
    return lambda **settings: load(reference, device="cpu", **settings)


def column(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.large_string())


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def library(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


@pytest.mark.parametrize("settings", [{"alone": True}, {"alone": False}, {"alone": False, "batch_tokens": 40}])
def test_vectors_are_those_of_the_library_and_of_length_one(
    loaded: Loader, library: Any, settings: dict[str, Any]
) -> None:
    one = loaded(**settings)
    found = one.embed(column(TEXTS))
    assert (found.dtype, found.shape) == (np.float16, (len(TEXTS), one.dim))
    for row in (0, 1, 6):
        assert np.allclose(found[row], unit(library.encode(TEXTS[row])), atol=1e-3)
    length = np.linalg.norm(found.astype(np.float64), axis=1)
    assert np.allclose(length, [1, 1, 0, 0, 0, 1, 1, 1], atol=1e-3)


def test_a_long_text_is_the_mean_of_its_chunks_weighted_by_their_tokens(loaded: Loader, library: Any) -> None:
    found = loaded().read(column([LONG]))
    assert len(LONG) % 30  # the model reads 32 tokens, two of them its own: the last chunk is shorter
    pieces = [LONG[at : at + 30] for at in range(0, len(LONG), 30)]
    vectors, weight = library.encode(pieces), np.array([len(one) for one in pieces])
    assert found.chunks.tolist() == [len(pieces)]
    assert np.allclose(found.vectors[0], unit((vectors * weight[:, None]).sum(axis=0)), atol=1e-3)


def test_what_is_behind_the_last_chunk_is_counted(loaded: Loader, library: Any) -> None:
    found = loaded(chunks=2).read(column(TEXTS))
    assert found.tokens_cut.tolist() == [0, 0, 0, 0, 0, len(LONG) - 60, 0, 0]
    assert found.chunks.tolist() == [1, 1, 0, 0, 0, 2, 1, 2]
    both = 30 * library.encode(LONG[:30]) + 30 * library.encode(LONG[30:60])
    assert np.allclose(found.vectors[5], unit(both), atol=1e-3)


def test_a_prompt_stands_before_every_chunk_and_takes_its_room(loaded: Loader, library: Any) -> None:
    one = loaded(prompt="query ")
    assert (one.room, one.digest) != (loaded().room, loaded().digest)
    found = one.embed(column(["天地玄黄", LONG]))
    assert np.allclose(found[0], unit(library.encode("query 天地玄黄")), atol=1e-3)
    pieces = [LONG[at : at + one.room] for at in range(0, len(LONG), one.room)]
    vectors, weight = library.encode(pieces, prompt="query "), np.array([len(one) for one in pieces])
    assert np.allclose(found[1], unit((vectors * weight[:, None]).sum(axis=0)), atol=1e-3)


def test_alone_a_text_has_the_same_vector_to_the_bit_among_any_others(loaded: Loader) -> None:
    one = loaded(alone=True)
    whole = one.embed(column(TEXTS))
    parts = np.concatenate([one.embed(column([text])) for text in TEXTS])
    assert whole.tobytes() == parts.tobytes()
    assert one.embed(column(TEXTS[::-1])).tobytes() == whole[::-1].tobytes()


def test_mixed_precision_differs_by_rounding(loaded: Loader) -> None:
    plain, mixed = (loaded(mixed=one).embed(column(TEXTS)) for one in (False, True))
    assert np.abs(plain.astype(np.float64) - mixed).max() < 2e-2


def test_no_texts_are_no_vectors(loaded: Loader) -> None:
    assert loaded().embed(column([])).shape == (0, 24)


@pytest.mark.parametrize("settings", [{"window": 33}, {"window": 2}, {"chunks": 0}, {"prompt": "a" * 40}])
def test_a_window_without_room_is_refused(loaded: Loader, settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="reads 32 tokens"):
        loaded(**settings)


def test_only_a_pinned_model_without_code_is_loaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="is not pinned"):
        load(str(folder))
    pin = manage.add(str(folder), "small", licence="none")
    assert pin.kind == "sentence-transformers"
    assert load("small").name == "small"
    modules = folder / "modules.json"
    before = modules.read_text()
    try:
        modules.write_text(before.replace("sentence_transformers.base.modules.transformer", "evil"))
        with pytest.raises(ConfigError, match="names the module 'evil"):
            load(f"{folder}@{digest_of(hashed(folder))}")
    finally:
        modules.write_text(before)
