"""A model of rows through its whole life: trained, written, opened, applied, and its card."""

from __future__ import annotations

import random
from pathlib import Path

import labelled
import numpy as np
import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.models.applying import evaluate_files
from corpus.models.card import Card
from corpus.models.classifier import load
from corpus.models.directory import CARD, read
from corpus.models.instruction import Labels, Parts, read_labelled
from corpus.models.registry.look import look
from corpus.models.rows.model import line_of, open_model, texts_of
from corpus.models.rows.training import FILE, folds, train
from corpus.models.training import Plan
from corpus.scores.cuts import Wanted
from corpus.scores.files import SCORES, apply_files

THINGS = ("河流", "石桥", "书店", "茶馆", "渡口", "灯塔", "果园")
PLAN = Plan("hard", 0.5, positive="hard", view="rows")


def write(path: Path, many: int, seed: int = 0) -> str:
    """Rows whose ask says whether they are hard, but for one in twelve."""
    chance = random.Random(seed)
    items: list[object] = []
    for place in range(many):
        hard = place % 3 == 0
        ask = f"{'论证并比较' if hard else '说出'}{chance.choice(THINGS)}与{chance.choice(THINGS)}{place}"
        said = "".join(chance.choice(THINGS) for _ in range(chance.randint(1, 30 if hard else 5)))
        tier = "hard" if hard ^ (place % 12 == 7) else "not_hard"
        items.append({"instruction": ask, "input": "", "output": said, "tier": tier})
    return str(labelled.write(path, items))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    train(read_labelled([write(folder / "rows.jsonl", 400)], Parts(), Labels()), PLAN, folder / "model")
    return folder / "model"


def test_the_card_accounts_for_every_row_and_measures_rows_held_out(made: Path) -> None:
    card = read(made, Card)
    assert (card.format, card.view, card.positive, card.model.name) == ("rows", "rows", "hard", FILE)
    assert card.rows is not None
    assert card.rows.read == 400 == sum(sum(one.values()) for one in card.rows.split.values())
    assert {name: one["tune"] for name, one in card.rows.split.items()} == {"hard": 0, "not_hard": 0}
    assert card.held_out is not None
    assert card.held_out.rows == sum(one["test"] for one in card.rows.split.values())
    assert card.held_out.of[card.labels.index("hard")].auc > 0.85  # type: ignore[operator]


def test_rows_it_never_saw_are_ranked_labelled_and_cut_into_stages(made: Path, tmp_path: Path) -> None:
    model = load(str(made))
    unseen = write(tmp_path / "unseen.jsonl", 96, seed=7)
    examples = read_labelled([unseen], Parts(), Labels(), view=model.card.view)
    measured = evaluate_files(model, examples).evaluation
    assert measured.of[model.card.labels.index("hard")].auc > 0.85  # type: ignore[operator]
    done = apply_files(model, [unseen], Parts(), tmp_path / "out", Wanted(stages=2, resamples=20))
    assert (done.read, done.scored) == (96, 96)
    found = pl.read_parquet(tmp_path / "out" / SCORES)
    assert found["difficulty"].is_between(0, 1).all()
    assert found["label"].to_list()[:3] == ["hard", "not_hard", "not_hard"]


def test_the_same_rows_give_the_same_model_whatever_their_order(made: Path, tmp_path: Path) -> None:
    path = Path(write(tmp_path / "rows.jsonl", 400))
    path.write_text("".join(sorted(path.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
    again, _ = train(read_labelled([str(path)], Parts(), Labels()), PLAN, tmp_path / "model")
    assert again.digest == read(made, Card).digest


def test_a_row_has_the_same_score_in_any_batch(made: Path) -> None:
    rows = pl.DataFrame(
        {
            "instruction": [f"说出{one}" for one in THINGS * 50], "given": ["", None] * 175,
            "answer": ["、".join(THINGS[: place % 7]) for place in range(350)],
        }
    )  # fmt: skip
    model = open_model(made / FILE)
    whole = model.odds(line_of(rows))
    assert np.isnan(whole).tolist() == [place % 7 == 0 for place in range(350)]
    for at in range(0, 350, 41):
        assert np.array_equal(model.odds(line_of(rows[at : at + 41])), whole[at : at + 41], equal_nan=True)
    assert model.odds(line_of(rows[:0])).tolist() == []


def test_the_file_holds_arrays_and_no_pickle_and_can_be_pinned(made: Path, tmp_path: Path) -> None:
    assert look(made).kind == "classifier"
    with np.load(made / FILE, allow_pickle=False) as found:
        assert all(found[name].dtype.kind in "fui" for name in found.files)
    np.savez(tmp_path / "other.npz", buckets=np.array([object()]))
    with pytest.raises(UsageError, match="is no model of rows"):
        open_model(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(UsageError, match="is no model of rows"):
        open_model(tmp_path / "text.npz")


def test_a_changed_file_is_not_opened(made: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name in (FILE, CARD):
        (tmp_path / "model" / name).write_bytes((made / name).read_bytes())
    with (tmp_path / "model" / FILE).open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(UsageError, match="its card says"):
        load(str(tmp_path / "model"))


def test_lines_hold_the_three_texts_and_nothing_can_pretend_to_be_a_seam() -> None:
    rows = pl.DataFrame({"instruction": ["a\x1eb\n"], "given": [""], "answer": ["c\n\n"]})
    split, known = texts_of(line_of(rows))
    assert split.rows() == [("a b\n", "", "c\n\n")]
    assert known.all()
    empty = pl.DataFrame({"instruction": [" ", "a"], "given": ["x", ""], "answer": ["b", "\n"]})
    assert line_of(empty).to_pylist() == ["\n", "\n"]


def test_folds_have_as_many_rows_of_each_label() -> None:
    has = np.array([True] * 10 + [False] * 25)
    assert np.bincount(folds(has)[has]).tolist() == [2] * 5
    assert np.bincount(folds(has)[~has]).tolist() == [5] * 5


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path) -> None:
    examples = read_labelled([write(tmp_path / "rows.jsonl", 45)], Parts(), Labels())
    with pytest.raises(UsageError, match="each label needs 20"):
        train(examples, PLAN, tmp_path / "model")
    assert not (tmp_path / "model").exists()
