from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from corpus.models.card import Card, find
from corpus.models.directory import read, text_of, user_root


def test_a_card_reads_back_as_it_was_written(ads: Path) -> None:
    card = read(ads, Card)
    assert text_of(card) == (ads / "card.json").read_bytes()


def test_everything_wrong_with_a_card_is_said_at_once(ads: Path, tmp_path: Path) -> None:
    content = json.loads((ads / "card.json").read_text())
    content["model"]["name"] = "../model.bin"
    content["view"] = "letters"
    content["surplus"] = 1
    (tmp_path / "card.json").write_text(json.dumps(content))
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, Card)
    assert [problem.message.split(":")[0] for problem in caught.value.problems] == ["model.name", "surplus", "view"]


def test_the_digest_follows_what_decides_a_score_and_nothing_else(ads: Path) -> None:
    card = read(ads, Card)
    assert card.digest == card.model_copy(update={"licence": "own", "name": "other", "thresholds": {}}).digest
    assert card.digest != card.model_copy(update={"calibration": {}}).digest
    assert card.digest != card.model_copy(update={"view": "words"}).digest


def test_a_classifier_is_found_beside_a_file_and_by_its_name(
    ads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    shutil.copytree(ads, tmp_path / "config" / "corpus" / "models" / "my" / "ads")
    assert find("my/ads") == user_root() / "my" / "ads"
    assert find("model", ads.parent) == ads
    assert find("model/card.json", ads.parent) == ads
    with pytest.raises(UsageError, match="no classifier 'absent'"):
        find("absent")
