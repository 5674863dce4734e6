from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpus.manifest import File, Part
from corpus.stages.publish import group_parts


def part(number: int, size: int) -> Part:
    return Part(number=number, rows=1, files=(File(table="text", path="p", rows=1, bytes=size, sha256=""),))


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 2000))
def test_groups_hold_every_part_once_in_order_and_stay_within_the_target(sizes: list[int], target: int) -> None:
    parts = [part(number, size) for number, size in enumerate(sizes)]
    groups = group_parts(parts, target)
    assert [item for group in groups for item in group] == parts
    assert all(groups)
    for group in groups:
        assert len(group) == 1 or sum(sizes[item.number] for item in group) <= target


def test_a_small_run_has_a_group_for_each_core_s_turn() -> None:
    assert len(group_parts([part(number, 100) for number in range(10)], 1 << 30)) == 10
    assert len(group_parts([part(number, 100) for number in range(80)], 1 << 30)) == 8
