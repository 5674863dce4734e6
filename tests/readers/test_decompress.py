"""Compressed streams give what their tools give, in bounded memory, up to the byte where they are damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from corpus import config
from corpus.readers.decompress import Broken, decoded, open_blocks
from corpus.readers.plan import plan_splits
from corpus.readers.sniff import compression_of

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
kinds = pytest.mark.parametrize("kind", PACKERS)


def fed(data: bytes, step: int) -> Iterator[bytes]:
    return (data[at : at + step] for at in range(0, len(data), step))


def unpack(data: bytes, kind: str, step: int = 1 << 16) -> tuple[bytes, str]:
    out = []
    try:
        for piece in decoded(fed(data, step), kind):
            out.append(piece)
    except Broken as error:
        return b"".join(out), str(error.reason)
    return b"".join(out), ""


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size // 2) + bytes(size // 2)


@kinds
@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=4), step=st.integers(1, 300))
def test_streams_in_a_row_are_one(kind: str, parts: list[bytes], step: int) -> None:
    data = b"".join(map(PACKERS[kind], parts))
    assert unpack(data, kind, step) == (b"".join(parts), "")
    assert compression_of(data) == kind


@kinds
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_stream_cut_anywhere_gives_a_prefix_and_says_so(kind: str, share: float) -> None:
    content = noise(600)
    first, second = PACKERS[kind](content), PACKERS[kind](content[::-1])
    cut = 1 + int(share * (len(second) - 1))
    out, reason = unpack(first + second[:cut], kind, 64)
    assert out.startswith(content)
    assert (content + content[::-1]).startswith(out)
    assert reason == "damaged_container"


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_flipped_bit_loses_nothing_before_it(kind: str) -> None:
    content = random.Random(3).randbytes(3_000_000)
    data = bytearray(PACKERS[kind](content))
    data[len(data) // 2] ^= 0x10
    out, reason = unpack(bytes(data), kind)
    assert reason == "damaged_container"
    assert content[: len(content) // 2 - 200_000] == out[: len(content) // 2 - 200_000]


@kinds
def test_a_bomb_is_let_out_in_small_pieces(kind: str) -> None:
    data = PACKERS[kind](bytes(64 << 20))
    tracemalloc.start()
    total = sum(len(piece) for piece in decoded(fed(data, 1 << 16), kind))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 64 << 20
    assert peak < 16 << 20


def test_a_zstd_frame_of_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packer.compress(b"x" * 100) + packer.flush()
    assert unpack(data, "zstd")[1] == "damaged_container"


def test_the_ratio_counts_after_sixteen_megabytes(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bomb") / "x.txt.gz"
    path.write_bytes(gzip.compress(bytes(40 << 20)))
    piece = plan_splits([config.Source(name="s", paths=(str(path),))], 1 << 20)[0].pieces[0]
    sizes: list[int] = []
    with pytest.raises(Broken) as broken:
        sizes.extend(map(len, open_blocks(piece, config.Limits(bomb_ratio=100))))
    assert broken.value.reason == "decompression_bomb"
    assert 15 << 20 < sum(sizes) < 18 << 20
