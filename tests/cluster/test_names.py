from __future__ import annotations

import math
import random

import numpy as np
import pyarrow as pa
import pytest

from corpus.cluster.names import cluster_names, ctfidf
from corpus.cluster.terms import TermCounts, term_counts

WORDS = {
    0: ["望远镜", "星系", "行星", "轨道", "彗星"],
    1: ["合同", "被告", "原告", "判决", "法院"],
    2: ["土豆", "面团", "酱油", "炒锅", "葱花"],
}
COMMON = ["大家", "可以", "今天", "然后"]
FILLER = "的了在是有也就都和与把被从向对为以及其于之"


def made(texts: int = 240) -> tuple[list[str], np.ndarray]:
    """Texts in which words of a topic stand between single characters and words that all topics have."""
    chance = random.Random(3)
    said, ids = [], []
    for row in range(texts):
        topic = row % 3
        parts = []
        for _ in range(25):
            parts += [chance.choice(WORDS[topic] if chance.random() < 0.5 else COMMON), chance.choice(FILLER)]
        said.append("".join(parts) + ("，the Comet orbit" if topic == 0 else "，the pan"))
        ids.append(topic)
    return said, np.array(ids, np.int32)


def texts(*said: str | None) -> pa.Array:
    return pa.array(said, pa.large_string())


def test_chinese_names_are_the_words_of_the_topic() -> None:
    said, ids = made()
    names = cluster_names(texts(*said), ids, terms=5)
    for topic, words in WORDS.items():
        named = {term.text for term in names[topic]}
        assert len(named & set(words)) >= 4
        assert not named & set(COMMON)
        assert [term.weight for term in names[topic]] == sorted((term.weight for term in names[topic]), reverse=True)


def test_english_terms_are_words_in_lower_case() -> None:
    said, ids = made()
    counts = term_counts(texts(*said), ids)
    by_text = {
        counts.text[t]: (int(c), int(n)) for t, c, n in zip(counts.term, counts.cluster, counts.count, strict=True)
    }
    assert by_text["comet"] == (0, 80)
    assert not {"Comet", "the"} & set(counts.text)


def test_counts_of_terms_are_those_of_the_texts() -> None:
    said, ids = made()
    counts = term_counts(texts(*said), ids)
    assert set(sum(WORDS.values(), COMMON)) <= set(counts.text)
    for term, cluster, count in zip(counts.term, counts.cluster, counts.count, strict=True):
        text = counts.text[term]
        if not text.isascii():
            assert count == sum(one.count(text) for one, of in zip(said, ids, strict=True) if of == cluster)


def test_a_part_of_a_word_is_no_term() -> None:
    said, ids = made()
    counts = term_counts(texts(*said), ids)
    assert "望远" not in counts.text
    assert "远镜" not in counts.text


def test_the_weight_is_that_of_the_formula() -> None:
    counts = TermCounts(["a", "b", "c"], np.array([0, 1, 1, 2]), np.array([4, 4, 7, 7]), np.array([8, 2, 3, 17]))
    weights = ctfidf(counts)
    mean = (10 + 20) / 2
    assert math.isclose(weights[0], 8 / 10 * math.log(1 + mean / 8))
    assert weights[2] == 0
    assert weights[1] == 0


def test_one_cluster_is_named_by_its_most_frequent_terms() -> None:
    said, _ = made(60)
    names = cluster_names(texts(*said), np.zeros(60, np.int32))
    assert len(names[0]) == 5


def test_the_order_of_the_sample_makes_no_difference() -> None:
    said, ids = made(90)
    moved = np.random.default_rng(0).permutation(90)
    assert cluster_names(texts(*said), ids) == cluster_names(texts(*[said[row] for row in moved]), ids[moved])


def test_addresses_and_references_are_no_terms() -> None:
    said, ids = made(90)
    marked = [f"https://example.org/orbit &nbsp;{one}&nbsp;" for one in said]
    found = {term.text for terms in cluster_names(texts(*marked), ids, 20).values() for term in terms}
    assert not found & {"nbsp", "example", "https", "org"}


@pytest.mark.parametrize("said", [[], [None], [""], ["天"], ["天地", "天地"], ["a", None, "\x00", "𠀀𠀁𠀀𠀁"]])
def test_next_to_nothing_has_no_name_and_no_error(said: list[str | None]) -> None:
    ids = np.arange(len(said), dtype=np.int32) - 1
    assert set(cluster_names(texts(*said), ids)) == set(ids[ids >= 0].tolist())


def test_a_large_sample_is_thinned_evenly_and_every_cluster_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.cluster.names.ALL_CHARS", 9_000)
    said, ids = made(240)
    names = cluster_names(texts(*said), ids)
    assert set(names) == {0, 1, 2}
