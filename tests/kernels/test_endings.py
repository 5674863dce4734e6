from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.endings import ENDINGS, endings, open_fences

LONG = "背阴的阳台适合种蕨类，浇水不要太勤，冬天要搬进屋里来放在窗"


def ending(text: str | None) -> str | None:
    found: str | None = endings(pa.array([text], pa.large_string()))[0]
    return found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("先松土。", "ended"),
        ("他说：“好。”", "ended"),
        ("**Done!**", "ended"),
        ("So good 😀", "ended"),
        ("They left (at last.)  \n\n", "ended"),
        ("1. 松土\n2. 浇水\n3.", "marker"),
        ("- soil\n-", "marker"),
        ("松土\n\n第三步：", "marker"),
        ("松土\n第三步，", "marker"),
        ("3.", "ended"),
        ("先松土，", "comma"),
        ("first of all,", "comma"),
        ("先松土（", "comma"),
        ("return x;", "other"),
        ("甲；乙；", "other"),
        ("You should water the plants and", "word"),
        ("log in and out", "other"),
        ("我们先去北京，再去上海看看，以及", "word"),
        ("步骤如下：", "colon"),
        ("Here is the list:", "colon"),
        ("```python\nx = 1", "fence"),
        ("```python\nx = 1\n```", "other"),
        (LONG, "prose"),
        ("It is made of two parts, and the second of them is the longer one by far", "prose"),
        ("9. The Art of Sleeping. A history of beds and of those who slept in them", "other"),
        ("See it here, where all of it is told: https://example.org/all/of/it", "other"),
        ("番茄", "other"),
        ("42", "other"),
        ("", None),
        (" \n\t", None),
        (None, None),
    ],
)
def test_endings_are_told_apart(text: str | None, label: str | None) -> None:
    assert ending(text) == label


@pytest.mark.parametrize(
    ("text", "unclosed", "opened"),
    [
        ("no fence", 0, 0),
        ("```\na\n```", 0, 0),
        ("```\na", 1, 1),
        ("use ```x``` inline", 0, 0),
        ("````\n```\n````", 0, 0),
        ("```python\na\n```python\nb\n```", 1, 0),
        ("```markdown\n```python\nx\n```\n```", 0, 0),
        ("```python\na\n```\n```bash\nls", 1, 1),
        ("`one` and ``two``", 0, 0),
        ("", 0, 0),
        ("```", 1, 1),
    ],
)
def test_fences_that_nothing_closes_are_counted(text: str, unclosed: int, opened: int) -> None:
    found = open_fences(pa.array([text], pa.large_string()))
    assert (found[0].tolist(), found[1].tolist()) == ([unclosed], [opened])


PIECES = st.sampled_from(
    ["```", "````", "python", "markdown", "\n", " ", "a", "好", "1.", "，", ",", "：", "。", "and", "`"]
)
TEXTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.lists(PIECES, max_size=20).map("".join),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=6), st.integers(0, 6))
def test_any_split_of_a_batch_gives_the_same_endings(texts: list[str | None], cut: int) -> None:
    whole = pa.array(texts, pa.large_string())
    parts = [whole.slice(0, cut), whole.slice(cut)]
    assert endings(whole).to_list() == [label for part in parts for label in endings(part).to_list()]
    for which in range(2):
        assert open_fences(whole)[which].tolist() == [one for part in parts for one in open_fences(part)[which]]


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_a_visible_text_has_an_ending_and_an_open_fence_is_one(text: str | None) -> None:
    label = ending(text)
    assert label is None or label in ENDINGS
    assert (label is None) == (text is None or not text.strip())
    if text is not None and label is not None:
        assert (label == "fence") == bool(open_fences(pa.array([text], pa.large_string()))[1][0])
