from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corpus.errors import AuditError, UsageError
from corpus.graph.candidates import bucket_pairs, merge_pairs
from corpus.graph.components import connected
from corpus.graph.frames import candidate_pairs, connected_components
from corpus.graph.resolve import By, keep_order, mixed
from corpus.graph.store import Store
from corpus.slot import Attempt


@pytest.fixture(autouse=True)
def few_partitions(spark: Any) -> Any:
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "3")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", before)


def edges_of(spark: Any, a: np.ndarray, b: np.ndarray, partitions: int = 2) -> Any:
    return spark.createDataFrame(pa.table({"a": a, "b": b})).repartition(partitions)


def expected(a: np.ndarray, b: np.ndarray) -> dict[int, int]:
    nodes = np.unique(np.concatenate([a, b]))
    labels = nodes[connected(np.searchsorted(nodes, a), np.searchsorted(nodes, b), len(nodes))]
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


def found(frame: Any) -> dict[int, int]:
    rows = frame.toArrow()
    assert rows.schema.names == ["node", "component"]
    labels = dict(zip(rows["node"].to_pylist(), rows["component"].to_pylist(), strict=True))
    assert len(labels) == rows.num_rows, "a node occurs once"
    return labels


def long_and_wide(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A chain of 10,000 nodes and a star of 100,000 about its largest, random pairs, and a node with itself alone."""
    chance = np.random.default_rng(seed)
    chain = chance.permutation(10_000)
    star = 20_000 + np.arange(100_000)
    random = 200_000 + chance.integers(0, 3000, (2, 2000))
    loops = np.array([-5, 20_001])
    a = np.concatenate([chain[:-1], np.full(100_000, 120_000), random[0], loops])
    b = np.concatenate([chain[1:], star, random[1], loops])
    return a, b


def test_components_on_frames_are_those_of_a_union_find(spark: Any, tmp_path: Path) -> None:
    a, b = long_and_wide()
    frame = connected_components(spark, edges_of(spark, a, b), str(tmp_path), in_memory_edges=0)
    assert found(frame) == expected(a, b)
    assert {path.name.split("-")[2] for path in tmp_path.rglob("*.parquet")} == {"components"}, "the rounds are gone"


def test_the_driver_takes_over_when_few_enough_edges_are_left(spark: Any, tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    ids = chance.integers(-(2**62), 2**62, 300)  # packed addresses are not dense
    a, b = chance.choice(ids[:290], (2, 4000))  # so many edges that a round melts them down
    a, b = np.append(a, ids[295:]), np.append(b, ids[295:])
    few = connected_components(spark, edges_of(spark, a, b, 3), str(tmp_path / "few"), in_memory_edges=2000)
    all_here = connected_components(spark, edges_of(spark, a, b, 1), str(tmp_path / "all"))
    assert found(few) == found(all_here) == expected(a, b)


def test_no_edges_are_no_components(spark: Any, tmp_path: Path) -> None:
    none = np.empty(0, np.int64)
    assert found(connected_components(spark, edges_of(spark, none, none), str(tmp_path))) == {}
    assert found(connected_components(spark, edges_of(spark, none, none), str(tmp_path), in_memory_edges=-1)) == {}


def test_too_few_rounds_are_an_error_that_says_so(spark: Any, tmp_path: Path) -> None:
    path = np.random.default_rng(6).permutation(300)
    with pytest.raises(AuditError, match="did not converge: after 2 rounds .* of 299 edges"):
        connected_components(spark, edges_of(spark, path[:-1], path[1:]), str(tmp_path), in_memory_edges=0, rounds=2)


def test_an_edge_without_an_end_is_an_error(spark: Any, tmp_path: Path) -> None:
    frame = spark.createDataFrame([(1, 2), (3, None)], "a bigint, b bigint")
    with pytest.raises(AuditError, match="1 ends of 2 edges are null"):
        connected_components(spark, frame, str(tmp_path))


def test_an_edge_between_two_components_stops_the_result(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Attempt):
        """Storage that keeps half of the components."""

        def writer(self, table: str, *rest: Any, **more: Any) -> Any:
            whole = super().writer(table, *rest, **more)
            if table == "components":
                write = whole.write
                whole.write = lambda rows: write(rows.slice(0, rows.num_rows // 2))  # type: ignore[method-assign]
            return whole

    monkeypatch.setattr("corpus.graph.frames.Attempt", Broken)
    with pytest.raises(AuditError, match="lead from one component to another"):
        connected_components(spark, edges_of(spark, np.arange(9), np.arange(1, 10)), str(tmp_path))


def test_frames_without_the_columns_are_refused(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column b; it has a, c"):
        connected_components(spark, spark.createDataFrame([(1, 2)], "a bigint, c bigint"), str(tmp_path))
    with pytest.raises(UsageError, match="no column band, doc; it has value"):
        candidate_pairs(spark.createDataFrame([(1,)], "value bigint"))


def test_pairs_on_frames_are_those_found_in_memory(spark: Any) -> None:
    chance = np.random.default_rng(8)
    n, bands = 3000, 4
    docs = chance.choice(np.arange(-(10**6), 10**6), n, replace=False) * 1_000_003
    priority, id0, id1 = chance.integers(0, 3, n), *chance.integers(-(2**63), 2**63 - 1, (2, n))
    values = chance.integers(0, 1200, (bands, n)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    values[0, :700] = 11  # a hot bucket, and some about the bound
    for at, size in enumerate((30, 31, 32, 33, 34)):
        values[1, 40 * at : 40 * at + size] = np.uint64(2**64 - 1 - at)
    order = keep_order([By(priority)], id0, id1)
    pairs = [bucket_pairs(column, order) for column in values]
    a, b = merge_pairs(((one.a, one.b) for one in pairs), n)
    rows = pa.table(
        {
            "band": np.repeat(np.arange(bands, dtype=np.int32), n),
            "value": values.ravel().view(np.int64),
            "doc": np.tile(docs, bands),
            "priority": np.tile(-priority, bands),
            "hashed": np.tile(mixed(id0, id1), bands),
        }
    )
    got = candidate_pairs(spark.createDataFrame(rows).repartition(3)).toArrow()
    on_spark = list(zip(got["a"].to_pylist(), got["b"].to_pylist(), strict=True))
    assert sorted(on_spark) == sorted(zip(docs[a].tolist(), docs[b].tolist(), strict=True))
    assert sum(one.counts.large for one in pairs) >= 3


def test_the_hash_of_ids_is_sparks(spark: Any) -> None:
    chance = np.random.default_rng(9)
    id0, id1 = chance.integers(-(2**63), 2**63 - 1, (2, 200))
    frame = spark.createDataFrame(pa.table({"id0": id0, "id1": id1}))
    assert frame.selectExpr("xxhash64(id0, id1) AS h").toArrow()["h"].to_pylist() == mixed(id0, id1).tolist()


def test_a_store_reads_back_what_it_wrote_whatever_the_partitions(spark: Any, tmp_path: Path) -> None:
    from corpus.graph.frames import EDGES
    from corpus.slot import Slot

    store = Store(spark, Attempt.begin(Slot(str(tmp_path))))
    a, b = np.arange(1000), np.arange(1000)[::-1].copy()
    one, two = (store.write(edges_of(spark, a, b, many), f"edges-{many}", EDGES) for many in (1, 4))
    assert (one.rows, one.digest) == (two.rows, two.digest)
    assert len(two.parts) > len(one.parts)
    assert sorted(store.read(two).toArrow()["a"].to_pylist()) == a.tolist()
