"""A pipeline without a pipeline file: what is named, guessed and switched off."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import Go, prose, published, rows_of, settings, write_jsonl

from corpus import pipeline, shorthand
from corpus.config import Fields
from corpus.errors import UsageError
from corpus.rundir import RunDir


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a/news.jsonl", "news"),
        ("a/news.jsonl.gz", "news"),
        ("a/part.0001.json.zst", "part.0001"),
        ("news", "news"),
        ("a/网页 2024.WARC.GZ", "网页-2024"),
        ("a/web/*.html", "web"),
        ("/data/web/**/x?.txt", "web"),
        ("s3://bucket/crawl/news.parquet?endpoint_override=127.0.0.1:5000", "news"),
        ("s3://bucket/crawl/*.parquet?scheme=http", "crawl"),
        ("s3://bucket/crawl/", "crawl"),
        (".gz", "gz"),
    ],
)
def test_a_source_is_named_by_its_file_or_directory(given: str, name: str) -> None:
    assert shorthand.source_name(given) == name


def test_a_directory_keeps_its_whole_name(tmp_path: Path) -> None:
    (tmp_path / "dump.jsonl").mkdir()
    assert shorthand.source_name(str(tmp_path / "dump.jsonl")) == "dump.jsonl"
    assert shorthand.source_name(f"{tmp_path}/dump.jsonl/../dump.jsonl/") == "dump.jsonl"


def test_here_is_named_by_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shorthand.source_name(".") == shorthand.source_name("*.jsonl") == "here"


def test_what_names_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="gives no source a name"):
        shorthand.source_name("/*.jsonl")
    with pytest.raises(UsageError, match="nothing to read"):
        shorthand.clean([])


def test_inputs_of_one_name_are_one_source(tmp_path: Path) -> None:
    sources = shorthand.sources_from(["a/news.jsonl", "b/web.jsonl", "b/news.jsonl.gz"], Fields())
    assert [(source.name, source.paths) for source in sources] == [
        ("news", ("a/news.jsonl", "b/news.jsonl.gz")),
        ("web", ("b/web.jsonl",)),
    ]


def test_files_of_one_name_in_two_directories_keep_their_records_apart(go: Go, tmp_path: Path) -> None:
    paths = [write_jsonl(tmp_path / folder / "news.jsonl", [{"text": prose(1)}]) for folder in ("a", "b")]
    go(pipeline.compose(shorthand.clean([str(path) for path in paths])), tmp_path / "run")
    rows = published(tmp_path / "run").to_pylist()
    assert len({row["doc_id"] for row in rows}) == 2
    assert {row["source_key"] for row in rows} == {"a/news.jsonl#0", "b/news.jsonl#0"}


def test_relative_inputs_and_rule_files_belong_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = shorthand.clean(["in.jsonl"], ["common", "mine.yaml"])
    assert found.sources[0].paths == (str(tmp_path / "in.jsonl"),)
    assert found.rules == ("common", str(tmp_path / "mine.yaml"))
    assert shorthand.clean(["in.jsonl"]).rules == ("common", "zh/web", "en/web")


def test_clean_keeps_duplicates_and_drops_by_rules(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}, {"text": prose(1)}, {"text": "短"}])
    result = go(pipeline.compose(shorthand.clean([str(tmp_path / "in.jsonl")])), tmp_path / "run")
    assert result.account.kept == 2
    assert not result.account.merged
    assert sum(result.account.dropped.values()) == 1


def test_dedup_leaves_every_other_record_byte_for_byte(go: Go, tmp_path: Path) -> None:
    texts = ["", "", "短", " \r\n\n\n\n a \t\n\n\n\n", "ＡＢＣ，甲", "abc,甲", "e\u0301\u200b\x07", prose(3)]
    write_jsonl(tmp_path / "in.jsonl", [{"body": text, "key": str(number)} for number, text in enumerate(texts)])
    wanted = shorthand.dedup([str(tmp_path / "in.jsonl")], Fields(text="body", id="key"), lang="zh")
    result = go(pipeline.compose(wanted), tmp_path / "run")
    assert dict(result.account.merged) == {"exact_duplicate": 1}
    assert not result.account.dropped
    kept = {row["source_key"]: row["text"] for row in published(tmp_path / "run").to_pylist()}
    (gone,) = rows_of(tmp_path / "run", "rejected")
    assert gone["source_key"] in ("4", "5")
    assert kept == {str(number): text for number, text in enumerate(texts) if str(number) != gone["source_key"]}


POLICY = "tiers:\n  - {name: long, when: [{signal: {kernel: %s}, min: 1}]}\n  - {name: rest}\n"


def retiered(go: Go, tmp_path: Path, kernel: str) -> tuple[RunDir, RunDir]:
    """The run before and after another policy over the signal `kernel`."""
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(number)} for number in range(5)])
    run = tmp_path / "run"
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}), run)
    before = RunDir.open(str(run))
    (tmp_path / "policy.yaml").write_text(POLICY % kernel, encoding="utf-8")
    go(shorthand.retier(str(run), str(tmp_path / "policy.yaml")), run)
    return before, RunDir.open(str(run))


def test_tier_runs_nothing_before_the_tiers_again(go: Go, tmp_path: Path) -> None:
    before, after = retiered(go, tmp_path, "chars")
    assert set(published(tmp_path / "run")["tier"].to_pylist()) == {"long"}
    kept = [name for name in before.published if before.published[name] == after.published[name]]
    assert kept == [name for name in before.published if name not in ("tier", "publish")]


def test_tier_measures_what_only_the_new_policy_looks_at(go: Go, tmp_path: Path) -> None:
    before, after = retiered(go, tmp_path, "paragraphs")
    assert set(published(tmp_path / "run")["tier"].to_pylist()) == {"long"}
    assert before.published["text"] == after.published["text"]
    assert before.published["measure"] != after.published["measure"]
    assert before.accounts() == after.accounts()


def test_tier_refuses_a_run_whose_input_changed(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}), tmp_path / "run")
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(2)}])
    with pytest.raises(UsageError, match="input is not what it was"):
        shorthand.retier(str(tmp_path / "run"))


def test_tier_refuses_a_run_whose_rules_changed(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    rule = "- {override: common.too_short, keep_when: {min: %d}}\n"
    (tmp_path / "mine.yaml").write_text(rule % 30, encoding="utf-8")
    rules = ["common", str(tmp_path / "mine.yaml")]
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=rules), tmp_path / "run")
    (tmp_path / "mine.yaml").write_text(rule % 40, encoding="utf-8")
    with pytest.raises(UsageError, match="rules are not what they were"):
        shorthand.retier(str(tmp_path / "run"))
