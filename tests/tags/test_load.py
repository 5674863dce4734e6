"""Taxonomy files: what they become, and that every mistake is told at its line at once."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest
from taxonomy import SMALL

from corpus.errors import ConfigError
from corpus.tags.load import load_tags, shipped_names

BELLE = {
    "extract", "generation", "closed_qa", "open_qa", "rewrite", "summarization", "classification", "brainstorming",
    "translation", "code", "math", "role_playing", "harmless",
}  # fmt: skip
SUBJECTS = ["语文", "数学", "英语", "物理", "化学", "生物", "地理", "历史", "政治"]


def test_the_shipped_taxonomies_have_the_labels_they_promise():
    assert shipped_names() == ["domains", "safety", "subjects", "tasks"]
    tasks, subjects, domains, safety = load_tags(["tasks", "subjects", "domains", "safety"]).taxonomies
    assert (tasks.column, tasks.type, set(tasks.leaves)) == ("tag_task", pa.string(), BELLE)
    assert (subjects.column, subjects.type) == ("tag_subject", pa.list_(pa.string()))
    assert [tag.zh for tag in subjects.tags] == SUBJECTS
    assert domains.column == "tag_domain"
    assert len(domains.tags) >= 60
    assert {leaf.split("/")[0] for leaf in domains.leaves} == {name for name, _, _ in domains.groups}
    assert (safety.column, len(safety.tags)) == ("tag_safety", 8)
    for one in (tasks, subjects, domains, safety):
        assert all(any(ord(letter) > 0x2E80 for letter in tag.zh) and tag.en.isascii() for tag in one.tags)


def test_a_file_is_read_with_its_terms_cues_and_places(write):
    tagset = load_tags([write()])
    apple, pear = tagset.taxonomies[0].tags
    assert apple.terms == (("苹果", 2.0), ("apple", 2.0), ("果园", 1.0), ("apples", 2.0))
    assert [(cue.match, cue.weight, cue.min_chars, cue.max_chars) for cue in apple.cues] == [
        ("手机", -2.0, None, None),
        ("红", 1.0, 4, 9),
    ]
    assert (apple.least, apple.distinct, pear.at.line) == (2.0, 1, 17)
    copy = pickle.loads(pickle.dumps(tagset))
    assert (copy, copy.digest) == (tagset, tagset.digest)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("2: [苹果", "3: [苹果", True),
        ("least: 2", "least: 3", True),
        ("weight: -2", "weight: -1", True),
        ("cap: 2", "cap: 1", True),
        ("keep: [一个苹果]", "keep: [两个苹果]", False),
        ("source: made", "source: written", False),
        ("zh: 梨", "zh: 梨子", False),
    ],
)
def test_the_digest_covers_what_decides_and_nothing_else(write, old, new, changes):
    assert SMALL.count(old) == 1
    before, after = load_tags([write()]).digest, load_tags([write(SMALL.replace(old, new), "other.yaml")]).digest
    assert (before != after) == changes


def test_all_mistakes_of_all_files_are_told_at_once(write):
    broken = (
        SMALL.replace("match: '手机'", "match: '(手机'").replace("zh: 梨\n", "zn: 梨\n").replace("cap: 2", "cap: x")
    )
    twice = SMALL.replace("id: pear", "id: apple").replace("雪梨, pear", "雪梨, 雪梨").replace("tag_fruit", "lang")
    group = SMALL.replace("id: pear", "id: food/pear")
    with pytest.raises(ConfigError) as caught:
        load_tags([write(broken, "a.yaml"), write(twice, "b.yaml"), write(group, "c.yaml"), "task"])
    told = str(caught.value)
    for part in (
        "a.yaml:5:1: cap",
        "a.yaml:14:10: match: the pattern cannot be used",
        "a.yaml:18:5: unknown key 'zn'",
        "b.yaml:2:1: column 'lang' is taken",
        "b.yaml:17:5: apple: is declared already in line 9",
        "'雪梨' is found as '雪梨' is",
        "c.yaml:17:5: food/pear: no group 'food'",
        'task: no such taxonomy; did you mean "tasks"?',
    ):
        assert part in told, (part, told)


def test_two_taxonomies_cannot_have_one_column(write):
    with pytest.raises(ConfigError, match="is that of another taxonomy"):
        load_tags([write(), write(name="again.yaml")])


def test_a_tag_that_nothing_speaks_for_is_refused(write):
    alone = "  - id: pear\n    zh: 梨\n    en: pear\n    cues: [{match: x, weight: -1}]\n"
    with pytest.raises(ConfigError, match="neither terms nor cues"):
        load_tags([write(SMALL[: SMALL.index("  - id: pear")] + alone)])
