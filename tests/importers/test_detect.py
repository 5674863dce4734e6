"""What rows look like, and how sure that is."""

from __future__ import annotations

import pytest
from dialogues import ROWS

from corpus.importers.convert import KINDS, convert_batch
from corpus.importers.detect import SURE, detect
from corpus.importers.model import Format, Reason

DOUBTFUL = {Format.TEXT}


@pytest.mark.parametrize("fmt", sorted(ROWS))
def test_every_format_is_known_by_its_rows(fmt: Format) -> None:
    found = detect([ROWS[fmt]] * 5)
    assert (found.format, found.kind) == (fmt, KINDS[fmt])
    assert found.confidence >= SURE
    assert not found.ambiguous


def test_plain_texts_may_be_documents_and_that_is_said() -> None:
    found = detect([{"text": "一篇文章。"}] * 5)
    assert (found.format, found.ambiguous) == (Format.TEXT, True)
    assert "document" in found.why


def test_configuration_is_told_from_data() -> None:
    found = detect([{"a": {"file_name": "a.json"}, "b": {"hf_hub_url": "x/b", "columns": {}}}])
    assert (found.format, found.kind) == (Format.CONFIGURATION, None)


def test_configuration_among_data_is_left_aside() -> None:
    info = {"a": {"file_name": "a.json"}}
    assert detect([info, *[ROWS[Format.ALPACA]] * 2]).confidence == 1.0
    records, problems = convert_batch([info, ROWS[Format.ALPACA]], Format.ALPACA)
    assert (records.num_rows, problems[0][1]) == (1, Reason.CONFIGURATION)


def test_a_mixture_is_ambiguous_and_names_both() -> None:
    found = detect([ROWS[Format.ALPACA]] * 6 + [ROWS[Format.SHAREGPT]] * 4)
    assert (found.format, found.runner_up, found.ambiguous) == (Format.ALPACA, Format.SHAREGPT, True)
    assert found.confidence == pytest.approx(0.6)
    assert "6 of 10" in found.why


def test_flattened_dialogues_among_plain_rows_are_one_format() -> None:
    found = detect([ROWS[Format.ALPACA]] * 9 + [ROWS[Format.FLATTENED]])
    assert (found.format, found.confidence) == (Format.FLATTENED, 1.0)


def test_a_few_broken_rows_leave_the_format_certain() -> None:
    broken = {"instruction": "a", "input": "", "output": ""}
    assert detect([ROWS[Format.ALPACA]] * 9 + [broken]).confidence == 1.0


@pytest.mark.parametrize("rows", [[], [1, 2], [{"title": "a"}], [{}]])
def test_rows_of_no_format_are_none(rows: list[object]) -> None:
    found = detect(rows)
    assert (found.format, found.confidence) == (None, 0.0)
    assert found.why
