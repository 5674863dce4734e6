from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.evaluation.asking import FAMILIES, prompts_of
from corpus.evaluation.categories import NONE, category_of, family_of, folded
from corpus.evaluation.words import category


@pytest.mark.parametrize(
    ("said", "meant"),
    [("closed\xa0qa", "closed qa"), ("Closed_QA", "closed qa"), ("ｍａｔｈ", "maths"),
     ("summarization", "summarisation"),
     (" Extract ", "extraction"), ("开放式问答", "open qa"), ("rewrite", "rewriting"), ("code", "code")],
)  # fmt: skip
def test_names_mean_the_same_whatever_their_width_case_and_spaces(said: str, meant: str) -> None:
    assert category_of(said) == (meant, True)


def test_a_name_we_do_not_know_is_kept_and_said_to_be_unknown() -> None:
    assert category_of("星 象") == ("星 象", False)
    assert category_of(None) == category_of("  ") == (NONE, True)


@given(st.text(max_size=20), st.text(max_size=5))
def test_every_category_has_a_prompt_in_both_languages_and_both_ways_of_judging(name: str, reference: str) -> None:
    family = family_of(category_of(name)[0], reference)
    assert family in FAMILIES
    for mode in ("judge", "pairwise"):
        for lang in ("zh", "en"):
            asked = prompts_of(mode, lang)[family]  # type: ignore[arg-type]
            assert ("reference" in asked.parts) == (family != "open")


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


def test_a_reference_is_used_where_there_is_one_but_for_open_categories() -> None:
    assert family_of("rewriting", "Good morning") == "reference"
    assert family_of("generation", "a poem") == "open"
    assert (family_of("maths", "4"), family_of("maths", " ")) == ("maths", "open")
    assert category("maths").zh == "数学"
