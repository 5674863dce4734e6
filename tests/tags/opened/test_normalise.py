"""6,000 spellings become their 400 concepts; each step and its reason; order does not matter."""

from __future__ import annotations

import polars as pl
import pytest
from open_tags import made

from corpus.errors import UsageError
from corpus.tags.opened.normalise import Wanted, normalise, reasons


@pytest.fixture(scope="module")
def whole():
    given = made()
    return given, normalise(given.rows, Wanted())


def test_six_thousand_raw_tags_become_their_concepts(whole):
    given, found = whole
    assert given.rows["tag"].n_unique() > 6000
    concepts = set(given.concept.values())
    named = found.mapping.with_columns(
        concept=pl.col("raw").replace_strict(given.concept, default=None),
        got=pl.col("tag").replace_strict(given.concept, default=None),
    )
    known = named.filter(pl.col("concept").is_not_null())
    assert known.filter(pl.col("concept") == pl.col("got")).height >= 0.99 * known.height
    assert known.filter(pl.col("concept") != pl.col("got")).height <= 0.002 * known.height
    assert abs(found.tags.height - len(concepts)) <= 0.02 * len(concepts)
    assert reasons(found)["rare"] >= 400
    assert named.filter(pl.col("raw").str.starts_with("只此一见"))["reason"].unique().to_list() == ["rare"]


def test_every_raw_tag_is_in_the_mapping_once_and_the_rows_have_what_it_says(whole):
    given, found = whole
    assert found.mapping["raw"].n_unique() == found.mapping.height == given.rows["tag"].n_unique()
    assert found.mapping["rows"].sum() == given.rows.unique().height
    renamed = given.rows.join(found.mapping.select(tag="raw", to="tag"), on="tag").drop_nulls("to")
    expected = renamed.select("row", tag="to").unique().sort("row", "tag")
    assert found.rows.equals(expected)
    assert dict(found.tags.iter_rows()) == dict(expected.group_by("tag").len().iter_rows())


def test_the_order_of_the_rows_does_not_matter(whole):
    given, found = whole
    again = normalise(given.rows.sample(fraction=1, shuffle=True, seed=3), Wanted())
    assert again.mapping.equals(found.mapping)
    assert again.tags.equals(found.tags)


def rows_of(*tags: list[str]) -> pl.DataFrame:
    pairs = [(row, tag) for row, some in enumerate(tags) for tag in some]
    return pl.DataFrame(pairs, schema={"row": pl.Int64, "tag": pl.String}, orient="row")


def fate(found, raw: str) -> tuple[object, ...]:
    return found.mapping.filter(pl.col("raw") == raw).select("tag", "reason", "because").row(0)


def test_reasons_name_what_a_tag_was_taken_for():
    last = ["诗词的赏析", "poem", "！", "孤例"]
    rows = rows_of(*[["诗词赏析", "Poems"]] * 6, *[["诗词赏析"]] * 2, last, ["poem"])
    found = normalise(rows, Wanted(least=2, support=50, cosine=0.5))
    assert fate(found, "诗词赏析") == ("诗词赏析", "kept", None)
    assert fate(found, "诗词的赏析") == ("诗词赏析", "similar", "诗词赏析")
    assert fate(found, "Poems") == ("poem", "surface", "poem")
    assert fate(found, "孤例") == (None, "rare", None)
    assert fate(found, "！") == (None, "empty", None)
    assert reasons(found) == {"empty": 1, "kept": 2, "rare": 1, "similar": 1, "surface": 1}


def test_a_tag_that_never_stands_without_another_becomes_it():
    rows = rows_of(*[["押韵", "诗歌", "文学"]] * 5, *[["诗歌", "文学"]] * 5, *[["文学"]] * 5)
    found = normalise(rows, Wanted(least=1, support=5, confidence=1.0))
    assert fate(found, "押韵") == ("文学", "implied", "文学")
    assert fate(found, "诗歌") == ("文学", "implied", "文学")
    assert found.tags.rows() == [("文学", 15)]
    apart = normalise(rows, Wanted(least=1, support=6, confidence=1.0))
    assert fate(apart, "押韵") == ("押韵", "kept", None)


def test_of_two_that_imply_each_other_one_stays():
    found = normalise(rows_of(*[["甲乙丙", "丁戊己"]] * 5), Wanted(least=1, support=2))
    assert found.tags.height == 1


@pytest.mark.parametrize("wanted", [Wanted(least=0), Wanted(cosine=0), Wanted(confidence=1.2), Wanted(least=99)])
def test_thresholds_that_cannot_be_and_no_tag_left(wanted):
    with pytest.raises(UsageError):
        normalise(rows_of(["甲"], ["乙"]), wanted)
