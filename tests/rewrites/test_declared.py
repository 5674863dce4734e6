"""Rewrites are declared in YAML, checked all at once, and run as a stage of the pipeline."""

from __future__ import annotations

import pyarrow as pa
import pytest

from corpus import config, pipeline
from corpus.errors import ConfigError
from corpus.ruleset.lint_rewrites import test_rewrites as wrong_examples
from corpus.ruleset.load import shipped_names
from corpus.ruleset.rewrites import load_rewrites, shipped_rewrites
from corpus.stages.rewrite import Rewrite

ONE = """\
- id: my.urls
  rewrite: {kernel: urls}
  reason: addresses are not text
  source: a test
  examples: [{before: "a https://b.cn", after: "a "}, {before: a, after: a}]
"""


def write(tmp_path, text: str, name: str = "mine.yaml") -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


def problems(*paths: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_rewrites(paths)
    return [str(problem) for problem in caught.value.problems]


def test_every_shipped_rewrite_does_what_its_examples_say():
    shipped = load_rewrites(shipped_rewrites())
    assert shipped_rewrites() == ["common", "pii", "sources", "tails", "variants", "web", "wordlists", "zh"]
    assert wrong_examples(shipped) == []
    assert not any(name.startswith("rewrites") for name in shipped_names())


def test_all_mistakes_are_told_with_their_places(tmp_path):
    text = (
        ONE
        + ONE.replace("urls}", "ulrs}")
        + ONE.replace("my.urls", "my.pii").replace("urls}", "pii, kinds: [phnoe], x: 1}")
        + ONE.replace("my.urls", "my.same").replace('after: "a "', 'after: "a https://b.cn"')
        + "- override: my.uls\n  disable: true\n"
    )
    said = "\n".join(problems(write(tmp_path, text)))
    for line in (
        "mine.yaml:6:3: my.urls: is declared already",
        'mine.yaml:7:13: my.urls: unknown kernel "ulrs"; did you mean "urls"?',
        "pii has no argument 'x'",
        "no 'phnoe'; did you mean \"phone\"?",
        "examples need one that changes",
        "no rewrite 'my.uls' stands before this override; did you mean \"my.urls\"?",
    ):
        assert line in said, said


def test_names_resolve_or_say_what_there_is():
    assert "no such rewrites" in problems("comon")[0]
    assert 'did you mean "common"' in problems("comon")[0]


def test_a_later_file_changes_or_disables(tmp_path):
    path = write(
        tmp_path,
        "- override: common.urls\n  disable: true\n- override: pii.all\n  rewrite: {kernel: pii, kinds: [email]}\n",
    )
    found = {one.id: one for one in load_rewrites(["common", "pii", path])}
    assert "common.urls" not in found
    assert found["pii.all"].call.many == ("email",)
    assert found["pii.all"].examples == ()


def test_an_example_that_does_not_hold_is_told(tmp_path):
    (problem,) = wrong_examples(load_rewrites([write(tmp_path, ONE.replace('after: "a "', "after: b"))]))
    assert "my.urls: example 1 becomes 'a '" in str(problem)


def batch(*rows: tuple[str, str | None]) -> pa.RecordBatch:
    texts, languages = zip(*rows, strict=True)
    columns = [pa.array(texts, pa.large_string()), pa.array(languages, pa.string()), pa.array(["s"] * len(rows))]
    return pa.RecordBatch.from_arrays(columns, names=["text", "lang", "source"])


def test_the_stage_changes_what_applies_and_counts_by_id():
    stage = Rewrite(load_rewrites(["zh", "pii"]))
    done = stage(batch(("Ａ①，13800000000。", "zh"), ("Ａ①", "en"), ("Ａ①", None)))
    assert done.column("text").to_pylist() == ["A1，<PHONE>。", "Ａ①", "Ａ①"]
    assert done.column("#pii.all.phone").to_pylist() == [1, 0, 0]
    assert done.column("#pii.all").to_pylist() == [4, 0, 0]


def test_no_rewrite_happens_unless_asked():
    settings = config.Pipeline(name="p", sources=(config.Source(name="s", paths=("x.jsonl",)),))
    assert not any(isinstance(stage, Rewrite) for stage in pipeline.compose(settings).rows)
    asked = pipeline.compose(settings.model_copy(update={"rewrites": ("common", "pii")}))
    names = [stage.name for stage in asked.rows]
    assert names == ["select", "normalise", "rewrite"]
    assert [one["id"] for one in asked.rows[2].settings()][-1] == "pii.all"


def test_a_wrong_name_is_told_at_its_line_of_the_pipeline(tmp_path):
    path = write(tmp_path, "name: p\nsources: [{name: s, paths: x.jsonl}]\nrewrites: [common, pi]\n", "p.yaml")
    with pytest.raises(ConfigError) as caught:
        pipeline.read(path)
    assert "p.yaml:3:20: pi: no such rewrites; did you mean" in str(caught.value.problems[0])
