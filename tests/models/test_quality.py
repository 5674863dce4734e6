"""Quality classifiers: one a language, of good, bad, raw and dirtied rows, with a report and a policy that works."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from corpus.demo.prose import GENRES, compose
from corpus.errors import UsageError
from corpus.models.card import Card
from corpus.models.directory import read
from corpus.models.quality import POLICY, REPORT, Wanted, train_quality
from corpus.ruleset.quality import load_quality
from corpus.scores.dirty.kinds import dirtied
from corpus.scores.quality_files import evaluate_files


def prose(lang: str, count: int, seed: int) -> list[str]:
    random = Random(seed)
    return [compose(lang, GENRES[place % len(GENRES)], random).text for place in range(count)]


def write(path: Path, texts: list[str]) -> str:
    path.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("rows")
    dirty = [dirtied(text, "boilerplate", amount=0.9) for text in prose("zh", 90, 2)]
    return {
        "good": write(folder / "good.jsonl", prose("zh", 120, 1) + prose("en", 8, 1)),
        "bad": write(folder / "bad.jsonl", dirty),
        "raw": write(folder / "raw.jsonl", prose("zh", 60, 3)),
        "new_good": write(folder / "new_good.jsonl", prose("zh", 40, 4)),
        "new_bad": write(
            folder / "new_bad.jsonl", [dirtied(text, "boilerplate", 9, 0.9) for text in prose("zh", 40, 5)]
        ),
    }


def wanted(files: dict[str, str], **more: object) -> Wanted:
    return Wanted(good=(files["good"],), **more)  # type: ignore[arg-type]


def test_a_classifier_a_language_with_report_and_policy(files, tmp_path):
    made = train_quality(wanted(files, bad=(files["bad"],), raw=(files["raw"],)), tmp_path / "model")
    (one,) = made.trained
    assert (one.lang, one.card.view, one.card.positive) == ("zh", "chars", "good")
    # As many bad rows as good ones: those given, the rest from the raw rows.
    assert one.rows["raw"] == one.rows["good"] - one.rows["bad"]
    assert made.too_few == {"en": (8, 0)}
    assert read(tmp_path / "model" / "zh", Card).digest == one.card.digest
    report = json.loads((tmp_path / "model" / REPORT).read_text(encoding="utf-8"))
    found = report["languages"]["zh"]
    assert (found["digest"], found["view"]) == (one.card.digest, "chars")
    assert [(pair["first"], pair["second"]) for pair in found["agreement"]] == [
        ("classifier", "default"), ("classifier", "label"), ("default", "label"),
    ]  # fmt: skip
    assert sum(map(sum, found["agreement"][0]["confusion"])) == found["agreement"][0]["rows"]

    policy = load_quality(str(tmp_path / "model" / POLICY))
    assert policy.parts[0].name == "classifier.zh"
    assert policy.parts[0].weight > 1
    assert len(policy.parts) == len(load_quality("default").parts) + 1
    judged = evaluate_files([files["new_good"]], [files["new_bad"]], policy)
    assert judged.parts["classifier.zh"].auc > 0.9
    assert judged.quality.auc > 0.9


def test_the_same_rows_give_the_same_bytes_and_a_language_can_be_given(files, tmp_path):
    asked = wanted(files, synthetic=("no_marks", "stutter"), langs=("zh",))
    for name in ("one", "two"):
        train_quality(asked, tmp_path / name)
    for file in ("report.json", "quality.yaml", "zh/card.json", "zh/model.bin"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    rows = json.loads((tmp_path / "one" / REPORT).read_text(encoding="utf-8"))["languages"]["zh"]["rows"]
    assert abs(rows["good"] - rows["synthetic"]) <= 1


def test_a_view_is_stored_in_the_card(files, tmp_path):
    asked = wanted(files, bad=(files["bad"],), view="words", langs=("zh",))
    assert train_quality(asked, tmp_path / "model").trained[0].card.view == "words"


def test_mistakes_are_told_and_nothing_is_left(files, tmp_path):
    out = tmp_path / "model"
    with pytest.raises(UsageError, match="teach nothing"):
        train_quality(wanted(files), out)
    with pytest.raises(UsageError, match="no language has 20 good and 20 bad rows"):
        train_quality(Wanted(good=(files["bad"],), bad=(files["bad"],), langs=("fr",)), out)
    few = write(tmp_path / "few.jsonl", prose("zh", 5, 8))
    with pytest.raises(UsageError, match="zh: .* good and 5 bad"):
        train_quality(wanted(files, bad=(few,)), out)
    assert not out.exists()
    out.mkdir()
    (out / "there").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        train_quality(wanted(files, bad=(files["bad"],)), out)
