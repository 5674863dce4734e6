from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from corpus.demo.prose import distinct
from corpus.errors import ConfigError, UsageError
from corpus.kernels.catalogue import measure
from corpus.models.ngram.files import train_files
from corpus.models.ngram.scorer import load
from corpus.models.ngram.train import Settings
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import RuleSet

RULE = """
- id: my.garble
  signal: {kernel: %s, model: %s%s}
  keep_when: {max: 100000}
  otherwise: drop
  reason: nobody writes like this
  source: own
  examples:
    keep: ["天气很好，我们去公园。"]
    drop: ["鏺龘齉爨癵驫麤灪龗厵滟鱻籲"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model in `models/zh`."""
    folder = tmp_path_factory.mktemp("rules")
    texts = [item.text for item in distinct("zh", 100, random.Random(0))]
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    train_files([str(folder / "rows.jsonl")], folder / "models" / "zh", Settings())
    return folder


def rules(folder: Path, name: str, model: str = "models/zh", more: str = "") -> RuleSet:
    (folder / "mine.yaml").write_text(RULE % (name, model, more), encoding="utf-8")
    return load_rules([str(folder / "mine.yaml")])


def batch(*texts: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])


@pytest.mark.parametrize("name", ["perplexity", "worst_perplexity", "perplexity_deviation"])
def test_a_rule_names_a_model_beside_its_file_and_pins_it(folder: Path, name: str) -> None:
    (rule,) = rules(folder, name).rules
    model = load(str(folder / "models" / "zh"))
    assert rule.signal.arguments["digest"] == model.card.digest
    asked = batch("今天天气很好。", "", None)
    found = measure(asked, [rule.signal])
    assert found.column(0).equals(model.columns(asked["text"])[name])
    assert found.column(0).null_count == 2


def test_a_model_that_is_missing_or_other_than_pinned_is_a_mistake_in_the_file(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine.yaml:3:\d+: .*no language model 'models/en'"):
        rules(folder, "perplexity", "models/en")
    with pytest.raises(ConfigError, match=r"mine.yaml:3:\d+: .*it is \w{12} now, not 000000000000"):
        rules(folder, "perplexity", more=", digest: '000000000000'")


def test_a_model_that_changes_after_the_rules_were_read_stops_the_stage(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "models", tmp_path / "models")
    (rule,) = rules(tmp_path, "perplexity").rules
    shutil.rmtree(tmp_path / "models" / "zh")
    with pytest.raises(UsageError, match="is not on this worker"):
        measure(batch("好"), [rule.signal])
