"""A taxonomy with a classifier of the user's: it decides where it is sure, and only the pinned one is loaded."""

from __future__ import annotations

import shutil

import labelled
import pyarrow as pa
import pytest
from taxonomy import SMALL

from corpus.errors import ConfigError, UsageError
from corpus.models.examples import Given
from corpus.models.training import Plan, train
from corpus.tags.load import load_tags
from corpus.tags.score import columns

AD, PROSE = "apple", "pear"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A taxonomy beside a model that tells advertising, here called apple, from prose, here called pear."""
    place = tmp_path_factory.mktemp("tags")
    rows = [{**row, "label": {"ad": AD, "prose": PROSE}[row["label"]]} for row in labelled.rows(("ad", "prose"), 120)]
    file = labelled.write(place / "rows.jsonl", rows)
    train(Given(labelled=(str(file),)), Plan("fruit", positive=AD), place / "model")
    (place / "fruit.yaml").write_text(SMALL.replace("tags:\n", "model: {name: model, least: 0.9}\ntags:\n"))
    return place


def test_the_model_decides_where_it_is_sure_and_the_rules_elsewhere(folder):
    tagset = load_tags([str(folder / "fruit.yaml")])
    rules = load_tags([str(folder / "fruit.yaml")]).taxonomies[0]
    assert rules.model is not None
    texts = [row["text"] for row in labelled.rows(("ad", "prose"), 120)][:40]
    found = columns(pa.array([*texts, "雪梨", "", None], pa.large_string()), tagset)[0].to_pylist()
    truth = [{"ad": AD, "prose": PROSE}[row["label"]] for row in labelled.rows(("ad", "prose"), 120)][:40]
    given = [(one, two) for one, two in zip(found, truth, strict=False) if one is not None]
    assert len(given) > 20
    assert sum(one == two for one, two in given) >= 0.9 * len(given)
    assert found[-2:] == [None, None]


def test_the_digest_names_the_model_and_another_model_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    before = load_tags([str(folder / "fruit.yaml")])
    copied = load_tags([str(tmp_path / "copy" / "fruit.yaml")])
    assert before.digest == copied.digest
    assert before.digest != load_tags([_without(tmp_path, folder)]).digest
    shutil.rmtree(tmp_path / "copy" / "model")
    with pytest.raises(UsageError, match="is not on this machine"):
        columns(pa.array(["x"], pa.large_string()), copied)
    with pytest.raises(ConfigError, match="no classifier 'model'"):
        load_tags([str(tmp_path / "copy" / "fruit.yaml")])


def test_a_model_of_other_labels_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    path = tmp_path / "copy" / "fruit.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: pear", "id: plum"), encoding="utf-8")
    with pytest.raises(ConfigError, match="labels that are no tags here: pear"):
        load_tags([str(path)])


def _without(tmp_path, folder) -> str:
    text = (folder / "fruit.yaml").read_text(encoding="utf-8")
    path = tmp_path / "plain.yaml"
    path.write_text(text.replace("model: {name: model, least: 0.9}\n", ""), encoding="utf-8")
    return str(path)
