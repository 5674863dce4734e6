from __future__ import annotations

import random
from pathlib import Path

import labelled
import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.models.applying import evaluate_files
from corpus.models.classifier import lines, load
from corpus.models.instruction import Labels, Parts, read_labelled, rows, shown
from corpus.models.training import Plan, train
from corpus.scores.cuts import Wanted
from corpus.scores.files import SCORES, apply_files, score_files

THINGS = ("河流", "石桥", "书店", "茶馆", "渡口", "灯塔", "果园")


def written(path: Path, many: int, seed: int = 0) -> str:
    """Rows whose ask says whether they are hard, with a number that says it too."""
    chance = random.Random(seed)
    items: list[object] = []
    for place in range(many):
        hard = place % 3 == 0
        ask = f"{'论证并比较' if hard else '说出'}{chance.choice(THINGS)}与{chance.choice(THINGS)}{place}"
        said = "".join(chance.choice(THINGS) for _ in range(chance.randint(1, 30 if hard else 5)))
        tier, score = ("hard", 4.5) if hard else ("not_hard", 1.25)
        items.append({"instruction": ask, "input": "", "output": said, "tier": tier, "score": score})
    return str(labelled.write(path, items))


def line(instruction: str | None, given: str | None, answer: str | None) -> str:
    frame = pl.DataFrame({"instruction": [instruction], "given": [given], "answer": [answer]}, schema_overrides={
        "instruction": pl.String, "given": pl.String, "answer": pl.String})  # fmt: skip
    return str(shown(frame)[0].as_py())


def test_the_line_tells_ask_input_and_answer_apart_and_ends_once() -> None:
    found = line("Sort these", "pear apple", "apple pear\npear")
    assert found.count("\n") == 1
    assert found.split()[-2:] == ["apple", "pear"]
    assert found.count("q_sort q_these s_") == 2
    assert "g_pear g_apple s_" in found
    assert "n_lines2" in found


def test_a_text_cannot_write_the_tokens_of_the_line() -> None:
    found = line("n_answer9 s_ g_x", "", "q_trick s_")
    assert {token for token in found.split() if token.startswith(("q_", "g_", "s_", "n_answer"))} == {
        "q_n", "q_answer", "q_0", "q_s", "q_g", "q_x", "s_", "n_answer4"
    }  # fmt: skip


@pytest.mark.parametrize("parts", [(None, "", "b"), ("a", "", None), ("", None, "b"), ("a", "x", "。！")])
def test_a_row_without_ask_or_answer_has_nothing_to_read(parts: tuple[str | None, str | None, str | None]) -> None:
    assert line(*parts) == "\n"


def test_fields_are_guessed_or_named_also_nested(tmp_path: Path) -> None:
    items: list[object] = [
        {"prompt": "问", "response": "答", "tier": "hard"},
        {"data": {"ask": "问", "said": "答"}, "tier": "hard"},
    ]
    path = str(labelled.write(tmp_path / "rows.jsonl", items))
    guessed, _ = next(rows([path], Parts()))
    assert guessed["instruction"].to_list() == ["问", None]
    named, _ = next(rows([path], Parts("data.ask", None, "data.said")))
    assert named["answer"].to_list() == [None, "答"]


def test_a_number_makes_the_same_labels_as_their_names(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", 90)
    by_name = read_labelled([path], Parts(), Labels("tier")).frame
    assert by_name.equals(read_labelled([path], Parts(), Labels("score", 3.5)).frame)


def test_a_model_learns_and_ranks_rows_it_never_saw(tmp_path: Path) -> None:
    examples = read_labelled([written(tmp_path / "rows.jsonl", 300)], Parts(), Labels(), view="instruction")
    card, _ = train(examples, Plan("hard", 0.5, balance="none", positive="hard", view="instruction"), tmp_path / "m")
    assert card.held_out is not None
    model = load(str(tmp_path / "m"))
    unseen = written(tmp_path / "unseen.jsonl", 90, seed=7)
    measured = evaluate_files(model, read_labelled([unseen], Parts(), Labels(), view="instruction")).evaluation
    assert measured.of[card.labels.index("hard")].auc == 1
    done = apply_files(model, [unseen], Parts(), tmp_path / "out", Wanted(stages=2, resamples=20))
    assert (done.read, done.scored) == (90, 90)
    found = pl.read_parquet(tmp_path / "out" / SCORES)
    assert found["label"].to_list() == ["hard", "not_hard", "not_hard"] * 30
    assert found["stage"].to_list() == [2, 1, 1] * 30


def test_offline_scores_account_for_every_row(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", 120)
    with Path(path).open("a", encoding="utf-8") as stream:
        stream.write('{"instruction": "问", "output": ""}\n{broken\n')
    done = score_files([path], Parts(), tmp_path / "out")
    assert (done.read, done.scored, done.noise) == (122, 120, {"no_answer": 1})
    assert sum(done.unreadable.values()) == 1
    with pytest.raises(UsageError, match="is there already"):
        score_files([path], Parts(), tmp_path / "out")


@pytest.mark.parametrize(
    ("parts", "labels", "said"),
    [
        (Parts(), Labels("level"), "no row has the field 'level'"),
        (Parts(), Labels("tier", 3.5), "no row has the field 'tier' with a number"),
        (Parts("nothing"), Labels(), "no labelled row has an instruction and an answer"),
        (Parts("it's"), Labels(), "has no quote"),
    ],
)
def test_rows_that_cannot_be_used_are_refused_with_the_field(
    tmp_path: Path, parts: Parts, labels: Labels, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        read_labelled([written(tmp_path / "rows.jsonl", 6)], parts, labels)


def test_a_model_of_rows_is_not_used_on_texts() -> None:
    with pytest.raises(UsageError, match="reads instruction rows, not texts"):
        lines(pl.Series(["text"]).to_arrow(), "instruction")
