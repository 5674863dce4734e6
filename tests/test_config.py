from __future__ import annotations

from pathlib import Path

import pytest

from corpus import config
from corpus.errors import ConfigError

GOOD = """\
name: small
sources:
  - name: news
    paths: data/news.jsonl
    fields: {text: body, id: meta.key}
    priority: 3
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(written(tmp_path, text))
    return [str(problem).replace(str(tmp_path) + "/", "") for problem in caught.value.problems]


def test_a_small_pipeline_gets_the_defaults(tmp_path: Path) -> None:
    pipeline = config.load(written(tmp_path, GOOD))
    assert pipeline.rules == ("common", "zh/web", "en/web")
    assert pipeline.sources[0].paths == (str(tmp_path / "data/news.jsonl"),)
    assert pipeline.sources[0].fields.text == "body"
    assert pipeline.dedup.exact


def test_every_mistake_is_reported_at_its_line(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "name: small\nsources:\n  - name: news\n    pathes: x\n    priority: high\n    format: xml\nlimit: 3\n"
        "publish: {file_bytes: 1}\n",
    )
    assert [line.split(": ")[0] for line in found] == [
        "pipeline.yaml:3:5",
        "pipeline.yaml:4:5",
        "pipeline.yaml:5:5",
        "pipeline.yaml:6:5",
        "pipeline.yaml:7:1",
        "pipeline.yaml:8:11",
    ]
    assert "key 'paths' is missing" in found[0]
    assert 'did you mean "paths"?' in found[1]
    assert 'did you mean "limits"?' in found[4]


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + "  - name: news\n    paths: other.jsonl\n")
    assert found == ["pipeline.yaml:7:5: source 'news' is declared twice; give each its own name"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "pipeline.yaml"),
        ("a: [", "is not YAML"),
        ("name: x\nname: y\n", "given twice"),
        ("name: !!python/object:os.system x\n", "is not YAML"),
        ("- 1\n- 2\n", "pipeline.yaml"),
    ],
)
def test_what_is_no_pipeline_is_a_config_error(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in problems(tmp_path, text))


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path / "none.yaml")


def test_remote_and_absolute_locations_stay_as_they_are(tmp_path: Path) -> None:
    text = GOOD.replace("data/news.jsonl", "[s3://bucket/x/*.jsonl.gz, /data/y]")
    assert config.load(written(tmp_path, text)).sources[0].paths == ("s3://bucket/x/*.jsonl.gz", "/data/y")
