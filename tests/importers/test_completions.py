"""Several rated answers become the best against the worst."""

from __future__ import annotations

import copy

from dialogues import ROWS
from importing import imported, refused

from corpus.importers.model import Format, Reason


def test_the_best_answer_stands_against_the_worst_and_all_are_kept() -> None:
    record = imported(ROWS[Format.COMPLETIONS], Format.COMPLETIONS)
    assert (record.chosen, record.rejected) == ([("assistant", "The one for Leith.")], [("assistant", "I cannot.")])
    assert (record.chosen_score, record.rejected_score) == (8.5, 2.0)
    assert len((record.meta or {})["completions"]) == 3


def test_answers_that_are_rated_alike_or_not_at_all_are_no_preference() -> None:
    row = copy.deepcopy(ROWS[Format.COMPLETIONS])
    for one in row["completions"]:
        one["overall_score"] = 5
    assert refused(row, Format.COMPLETIONS) == Reason.TIED
    for one in row["completions"]:
        del one["overall_score"]
    assert refused(row, Format.COMPLETIONS) == Reason.NO_ANSWER
    assert refused({"instruction": "a", "completions": [1]}, Format.COMPLETIONS) == Reason.NOT_THIS_FORMAT
