from __future__ import annotations

import os
import shutil
from pathlib import Path

import labelled
import pyarrow as pa
import pytest

from corpus.errors import ConfigError, UsageError
from corpus.guard import run_guarded
from corpus.kernels.catalogue import measure
from corpus.kernels.signal import SignalCall
from corpus.models.examples import Given
from corpus.models.training import Plan, train
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import RuleSet
from corpus.stages.measure import Measure

RULE = """
- id: my.ads
  signal: {kernel: classifier_score, model: %s%s}
  keep_when: {max: 0.5}
  otherwise: drop
  reason: advertising
  source: own
  examples:
    keep: ["老师下午去河边散步，心里很平静。"]
    drop: ["面膜限时抢购，买一送一！只要9元。"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rule file, and beside it in `models/ads` and `models/other` two classifiers."""
    folder = tmp_path_factory.mktemp("rules")
    file = labelled.write(folder / "rows.jsonl", labelled.rows(("ad", "prose"), 60))
    for name, seed in (("ads", 0), ("other", 1)):
        train(Given(labelled=(str(file),)), Plan(name, positive="ad", seed=seed), folder / "models" / name)
    (folder / "mine.yaml").write_text(RULE % ("models/ads", ""), encoding="utf-8")
    return folder


def rules(folder: Path, text: str) -> RuleSet:
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    return load_rules([str(folder / "other.yaml")])


def batch(*texts: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])


def test_a_rule_names_a_model_beside_its_file_and_its_label_is_the_one_looked_for(folder: Path) -> None:
    (rule,) = load_rules([str(folder / "mine.yaml")]).rules
    assert rule.signal.arguments["label"] == "ad"
    scores = (
        measure(batch(*rule.examples.drop, *rule.examples.keep, "。。。", None), [rule.signal]).column(0).to_pylist()
    )
    assert scores[0] > 0.5 > scores[1]
    assert scores[2:] == [None, None]


def test_two_labels_of_a_model_add_up_to_one(folder: Path) -> None:
    calls = [rules(folder, RULE % ("models/ads", f", label: {label}")).rules[0].signal for label in ("ad", "prose")]
    scores = measure(batch("面膜买一送一", "去河边看书"), calls)
    assert [a + b for a, b in zip(*(column.to_pylist() for column in scores.columns), strict=True)] == pytest.approx(
        [1, 1]
    )


def test_another_model_under_the_same_name_is_another_fingerprint(folder: Path, tmp_path: Path) -> None:
    def settings(name: str) -> object:
        shutil.rmtree(tmp_path / "model", ignore_errors=True)
        shutil.copytree(folder / "models" / name, tmp_path / "model")
        found = rules(tmp_path, RULE % ("model", ""))
        return found.digest, Measure(found.calls).settings()

    assert settings("ads") == settings("ads")
    assert settings("ads") != settings("other")


def test_where_the_model_lies_is_not_in_the_fingerprint(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "models", tmp_path / "models")
    assert rules(tmp_path, RULE % ("models/ads", "")).digest == rules(folder, RULE % ("models/ads", "")).digest


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        ("models/absent", "", "no classifier 'models/absent'"),
        ("models/ads", ", label: adv", "has no label 'adv'; did you mean"),
        ("models/ads", ", digest: 0123456789ab", "not 0123456789ab"),
    ],
)
def test_a_rule_with_a_wrong_model_is_refused_where_it_stands(folder: Path, model: str, more: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        rules(folder, RULE % (model, more))
    assert "other.yaml:3:" in str(caught.value)


def test_a_model_that_was_changed_after_the_rules_were_read_stops_the_stage(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "models", tmp_path / "models")
    found = rules(tmp_path, RULE % ("models/ads", ""))
    shutil.rmtree(tmp_path / "models" / "ads")
    with pytest.raises(UsageError, match="not on this worker"):
        run_guarded(Measure(found.calls), batch("面膜"))
    shutil.copytree(folder / "models" / "other", tmp_path / "models" / "ads")
    with pytest.raises(UsageError, match="as it was when the rules were read"):
        run_guarded(Measure(found.calls), batch("面膜"))


def test_a_model_file_that_was_changed_is_never_loaded(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "models" / "ads", tmp_path / "ads")
    file = tmp_path / "ads" / "model.bin"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file)
    call = SignalCall("classifier_score", (("model", str(tmp_path / "ads")), ("label", "ad"), ("digest", "")))
    with pytest.raises(UsageError, match="it is not loaded"):
        measure(batch("面膜"), [call])
