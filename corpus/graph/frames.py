"""Candidate pairs and connected components on Spark frames, for more rows than one machine holds.

Only bigints travel. No bucket and no node's edges are ever collected into one value, so a hot bucket or a hub costs a
sort that spills, not memory. What is in between is Parquet written by the workers, never a cached or recomputed
frame: a component cannot change because a partition was computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from corpus.errors import AuditError, UsageError
from corpus.graph.candidates import FULL
from corpus.graph.components import connected
from corpus.graph.store import Store, Stored
from corpus.slot import Attempt, Slot

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

EDGES = pa.schema([("a", pa.int64()), ("b", pa.int64())])
COMPONENTS = pa.schema([("node", pa.int64()), ("component", pa.int64())])
ROUNDS = 60
"""Rounds before giving up. A chain of 10,000 nodes takes 12 to 15, random graphs of a million edges 7."""
_ROWS_PER_PARTITION = 1_000_000
_MOST_PARTITIONS = 2000
_PART_ROWS = 4_000_000


def candidate_pairs(bands: DataFrame, full: int = FULL) -> DataFrame:
    """The distinct candidate pairs `a bigint, b bigint` of band buckets, `a` before `b` in keep order.

    `bands` has `band`, `value` and `doc` as integers, one row for each band of a document, and further columns that
    make the keep order: ascending, nulls last, the first deciding; equal documents are ordered by `doc`. Value 0 is no
    band. The pairs are those that `candidates.bucket_pairs` gives for each band: all of a bucket of up to `full`
    members; of a larger one a star from the member kept first, and neighbours in keep order.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    needed = ("band", "value", "doc")
    if missing := [name for name in needed if name not in bands.columns]:
        raise UsageError(f"the frame of bands has no column {', '.join(missing)}; it has {', '.join(bands.columns)}")
    if full < 1:
        raise UsageError(f"full is {full}; it must be at least 1")
    priority = [F.asc_nulls_last(name) for name in bands.columns if name not in needed]
    bucket = Window.partitionBy("band", "value")
    ordered = bucket.orderBy(*priority, F.asc("doc"))
    # One shuffle and one sort. What a row looks ahead at is bounded, whatever the size of its bucket; in 2.7 million
    # rows this took a quarter of the time of separate queries for small and large buckets.
    members = (
        bands.where("value != 0")
        .withColumns({"_place": F.row_number().over(ordered), "_size": F.count(F.lit(1)).over(bucket)})
        .where("_size > 1")
        .withColumns(
            {
                "_next": F.collect_list("doc").over(ordered.rowsBetween(1, max(1, full - 1))),
                "_centre": F.first("doc").over(ordered),
                "_before": F.lag("doc").over(ordered),
            }
        )
    )
    small = F.col("_size") <= full
    star = F.when(F.col("_place") == 2, F.array("_centre")).when(F.col("_place") > 2, F.array("_centre", "_before"))
    ends = members.select("doc", small.alias("_small"), F.explode(F.when(small, F.col("_next")).otherwise(star)))
    a = F.when(F.col("_small"), F.col("doc")).otherwise(F.col("col"))
    b = F.when(F.col("_small"), F.col("col")).otherwise(F.col("doc"))
    return ends.select(a.cast("bigint").alias("a"), b.cast("bigint").alias("b")).distinct()


def connected_components(
    spark: SparkSession, edges: DataFrame, scratch: str, in_memory_edges: int = 20_000_000, rounds: int = ROUNDS
) -> DataFrame:
    """`node bigint, component bigint` for every end of `edges` (`a bigint, b bigint`): the smallest node it reaches.

    Edges may repeat, run either way and join a node to itself. With up to `in_memory_edges` edges, then or after any
    round, the driver reads them and finishes in its own memory (up to 150 bytes an edge); above, each round is a
    large-star and a small-star step (Kiveris et al. 2014) written to Parquet below `scratch`, a directory that driver
    and workers reach, until a round changes no row, told by the digest of the rows. The frame that comes back reads
    files below `scratch`: they are the caller's to delete.

    AuditError when an edge has no end or `rounds` rounds do not converge, and when the result does not give both ends
    of every edge one component; never half a result.
    """
    store = Store(spark, Attempt.begin(Slot(scratch)))
    given = store.write(edges.select(*(_bigint(edges, name) for name in EDGES.names)), "edges-0", EDGES)
    if nulls := given.nulls():
        raise AuditError(f"{nulls} ends of {given.rows} edges are null; an edge needs two nodes")
    current, done = given, 0
    while True:
        if current.rows <= in_memory_edges:
            pieces = _in_memory(current, given if current is not given else None)
            found = store.put("components", pieces, COMPONENTS)
            break
        if done == rounds:
            raise AuditError(
                f"connected components did not converge: after {rounds} rounds {current.rows} of {given.rows} edges "
                f"below {scratch} were left, and the last round still changed some. Raise `rounds` and repeat."
            )
        following = store.write(_round(store.read(current), _partitions(current.rows)), f"edges-{done + 1}", EDGES)
        done += 1
        converged = (following.rows, following.digest) == (current.rows, current.digest)
        if current is not given:
            store.drop(current)
        current = following
        if converged:
            found = store.write(_labels(store.read(current), store.read(given)), "components", COMPONENTS)
            break
    if current is not given:
        store.drop(current)
    _check(store, given, found)
    store.drop(given)
    return store.read(found)


def _bigint(frame: DataFrame, name: str) -> Column:
    from pyspark.sql import functions as F

    if name not in frame.columns:
        raise UsageError(f"the frame of edges has no column {name}; it has {', '.join(frame.columns)}")
    return F.col(name).cast("bigint")


def _round(edges: DataFrame, partitions: int) -> DataFrame:
    """One large-star and one small-star step; no more rows than `edges` has."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    def least(name: str) -> Column:
        return F.min(name).over(Window.partitionBy("u"))

    there, back = F.struct("a", "b"), F.struct(F.col("b").alias("a"), F.col("a").alias("b"))
    both = edges.where("a != b").select(F.inline(F.array(there, back)).alias("u", "v"))
    # Large star: a node's larger neighbours are joined to the smallest of it and its neighbours.
    large = (
        both.repartition(partitions, "u")
        .withColumn("m", F.least("u", least("v")))
        .where("v > u")
        .select(F.col("v").alias("u"), F.col("m").alias("v"))
    )
    # Small star: a node and its smaller neighbours are joined to the smallest of them. One row in, one row out.
    small = large.repartition(partitions, "u").distinct().withColumn("m", least("v"))
    return small.select(
        F.when(F.col("v") == F.col("m"), F.col("u")).otherwise(F.col("v")).alias("a"), F.col("m").alias("b")
    )


def _labels(stars: DataFrame, given: DataFrame) -> DataFrame:
    """Components of nodes once every edge leads from a node to the smallest of its component."""
    from pyspark.sql import functions as F

    leaf, root = F.struct("a", "b"), F.struct(F.col("b").alias("a"), "b")
    joined = stars.select(F.inline(F.array(leaf, root)).alias("node", "component"))
    # A node that only an edge to itself names has no star; for the others this is no smaller than what they have.
    alone = given.where("a = b").toDF("node", "component")
    return joined.unionByName(alone).groupBy("node").agg(F.min("component").alias("component"))


def _partitions(rows: int) -> int:
    return max(1, min(_MOST_PARTITIONS, -(-2 * rows // _ROWS_PER_PARTITION)))


def _check(store: Store, given: Stored, found: Stored) -> None:
    """AuditError unless nodes occur once and both ends of every edge have one component, no larger than they are."""
    from pyspark.sql import functions as F

    edges, labels = store.read(given), store.read(found)
    of_a = labels.select(F.col("node").alias("a"), F.col("component").alias("component_a"))
    of_b = labels.select(F.col("node").alias("b"), F.col("component").alias("component_b"))
    wrong = [
        F.col("component_a").isNull(),
        F.col("component_b").isNull(),
        F.col("component_a") != F.col("component_b"),
        F.col("component_a") > F.least("a", "b"),
    ]
    verdict = (
        edges.join(of_a, "a", "left")
        .join(of_b, "b", "left")
        .agg(
            F.count(F.lit(1)).alias("edges"),
            F.count_if(F.coalesce(reduce(or_, wrong), F.lit(True))).alias("apart"),
        )
        .toArrow()
        .to_pylist()[0]
    )
    if verdict["apart"] or verdict["edges"] != given.rows:
        raise AuditError(
            f"connected components are wrong: {verdict['apart']} of {given.rows} edges lead from one component to "
            f"another, and {verdict['edges']} were checked. Nothing was returned; the files are below {store.where}."
        )


def _in_memory(current: Stored, given: Stored | None) -> Iterator[pa.Table]:
    """The components of stored edges, in pieces; `given` are the first edges, if some rounds have gone by."""
    ends = current.columns()
    if given is not None:  # the rounds drop edges of a node to itself
        ends += [one[one == two] for one, two in given.pieces()]
    edges = len(ends[0])
    nodes, places = np.unique(np.concatenate(ends), return_inverse=True)
    del ends
    labels = connected(places[:edges], places[edges : 2 * edges], len(nodes))
    for start in range(0, len(nodes), _PART_ROWS):
        end = start + _PART_ROWS
        yield pa.table([nodes[start:end], nodes[labels[start:end]]], schema=COMPONENTS)
