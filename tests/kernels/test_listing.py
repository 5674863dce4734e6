from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.listing import measure_listing
from corpus.kernels.signal import SignalCall

ARCHIVE = "河边\n首页\n归档\n2021-03-04\n修船\n三月 2020\n换桨\n1\n2\n»"


def test_a_listing_is_the_share_of_entries_outside_sentences(ask: Any) -> None:
    assert ask("listing_ratio", ARCHIVE) == pytest.approx(5 / 10)
    assert ask("listing_ratio", "Home\nMar 4, 2021\nnew oars\n03-04\nNext") == pytest.approx(4 / 5)
    # 2 of 4 lines; of the two others 4 of 14 characters are no sentence.
    assert ask("listing_ratio", "首页\n船修好了，可以下水。\n归档\n修船日记") == pytest.approx(2 / 4 * 4 / 14)
    assert ask("listing_ratio", "首页\n归档\n标签") == 1


def test_dates_and_numbers_among_sentences_are_no_listing(ask: Any) -> None:
    diary = "2021-03-04\n今天修船，木头不够，明天再去镇上买。\n2021-03-05\n镇上的木头也卖完了，只好等船。"
    assert ask("listing_ratio", diary) == 0
    assert ask("listing_ratio", "目录学是研究目录的学问\n更多的人来了\n1998 年的桥") == 0
    assert ask("listing_ratio", "3.14\n1,000\n第一章\n12345") == 0


def test_a_chronicle_is_no_listing(ask: Any) -> None:
    assert ask("listing_ratio", "大事\n1998-03-04\n桥建成\n2003-05-06\n桥被水冲走\n2004-01-02\n重修") == 0
    assert ask("listing_ratio", "关于\n2004-01-02\n河水从山里来\n冬天也不结冰") == 0


def test_numbers_of_lines_of_code_are_no_listing(ask: Any) -> None:
    assert ask("listing_ratio", "怎样排序\n1\n2\n3\nfor one in boats:\n    mend(one)\nrow()") == 0


def test_what_shows_nothing_has_no_value(ask: Any) -> None:
    assert ask("listing_ratio", "") is None
    assert ask("listing_ratio", " \n\t\n") is None
    assert ask("listing_ratio", None) is None


@given(st.lists(st.text(alphabet="船桥，。 \n1首页更多-2021Home.", max_size=40), max_size=6))
def test_rows_do_not_depend_on_each_other(texts: list[str]) -> None:
    call = SignalCall("listing_ratio", ())
    whole = measure_listing(pa.array(texts, pa.large_string()), [call])[0].to_pylist()
    alone = [measure_listing(pa.array([one], pa.large_string()), [call])[0].to_pylist()[0] for one in texts]
    assert whole == alone
    assert all(value is None or 0 <= value <= 1 for value in whole)
