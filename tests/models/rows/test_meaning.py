"""The third opinion: what a sentence model knows of words that no labelled row has; and the model that is asked for."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import labelled
import neural
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from corpus.errors import UsageError
from corpus.models.card import Card, Reader
from corpus.models.classifier import load
from corpus.models.directory import CARD, read, text_of
from corpus.models.instruction import Labels, Parts, read_labelled
from corpus.models.metrics import area
from corpus.models.registry import manage
from corpus.models.rows.features import cleaned
from corpus.models.rows.meaning import vectors_of
from corpus.models.rows.model import line_of, meant, open_model
from corpus.models.rows.training import FILE, train
from corpus.models.training import Plan

PLAN = Plan("hard", 0.5, positive="hard", view="rows")
HEAVY = ("论证", "推导", "权衡", "剖析", "反驳")
LIGHT = ("说出", "列举", "改写", "诵读", "翻译")


@dataclass(frozen=True)
class Knows:
    """Vectors that tell both kinds of verbs apart, by all of their words."""

    name: str = "knows"
    digest: str = "0123456789ab"
    dim: int = 2

    def embed(self, texts: pa.Array) -> np.ndarray:
        """(1, 0) for a text with a heavy verb, (0, 1) for others, zeros for none."""
        said = texts.to_pylist()
        heavy = np.array([any(one in text for one in HEAVY) for text in said])
        some = np.array([bool(text) for text in said])
        return np.stack([heavy & some, ~heavy & some], axis=1).astype(np.float16)


def write(path: Path, many: int, verbs: int, seed: int = 0) -> str:
    """Rows that are hard by their verb: one of the first `verbs` of each kind, or of the last, if negative."""
    chance = random.Random(seed)
    items: list[object] = []
    for place in range(many):
        kind = HEAVY if place % 3 == 0 else LIGHT
        verb = chance.choice(kind[:verbs] if verbs > 0 else kind[verbs:])
        thing = "".join(chance.choice("山水舟桥灯塔田园") for _ in range(4))
        tier = "hard" if (place % 3 == 0) ^ (place % 12 == 7) else "not_hard"
        items.append({"instruction": f"{verb}{thing}", "input": "", "output": f"关于{thing}", "tier": tier})
    return str(labelled.write(path, items))


def test_a_sentence_model_ranks_rows_whose_words_no_labelled_row_has(tmp_path: Path) -> None:
    examples = read_labelled([write(tmp_path / "rows.jsonl", 240, 3)], Parts(), Labels())
    card, _ = train(examples, PLAN, tmp_path / "with", Knows())
    train(examples, PLAN, tmp_path / "without")
    assert card.reader == Reader(name="knows", digest="0123456789ab")
    unseen = pl.read_ndjson(write(tmp_path / "unseen.jsonl", 120, -2, seed=5))
    lines = line_of(unseen.rename({"input": "given", "output": "answer"}))
    hard = (unseen["tier"] == "hard").to_numpy()
    with_it, without = (open_model(tmp_path / name / FILE) for name in ("with", "without"))
    found = area(with_it.odds(lines, meant(lines, Knows())), hard)
    alone = area(without.odds(lines), hard)
    assert found is not None
    assert alone is not None
    assert found > 0.8 > alone + 0.15
    with pytest.raises(UsageError, match="none were given"):
        with_it.odds(lines)


def test_the_ask_is_the_instruction_and_the_input_on_the_next_line() -> None:
    asked: list[str] = []

    class Listens(Knows):
        def embed(self, texts: pa.Array) -> np.ndarray:
            asked.extend(texts.to_pylist())
            return super().embed(texts)

    rows = pl.DataFrame({"instruction": ["列举", "翻译"], "given": ["无", "灯塔"], "answer": ["论证", ""]})
    found = vectors_of(cleaned(rows), Listens())
    assert asked == ["列举", "翻译\n灯塔", "论证", ""]
    assert found.tolist() == [[0, 1, 1, 0], [0, 1, 0, 0]]


def test_a_pinned_model_is_opened_with_the_card_and_no_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corpus.embed.sentence import load as sentences

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    manage.add(str(neural.sentences(tmp_path / "tiny")), "tiny", licence="own")
    examples = read_labelled([write(tmp_path / "rows.jsonl", 150, 3)], Parts(), Labels())
    train(examples, PLAN, tmp_path / "model", sentences("tiny"))
    rows = pl.read_ndjson(write(tmp_path / "unseen.jsonl", 30, 3, seed=2))
    lines = line_of(rows.rename({"input": "given", "output": "answer"}))
    model = load(str(tmp_path / "model"))
    whole = model.raw(lines)
    assert np.isfinite(whole).all()
    assert np.array_equal(model.raw(lines.slice(7, 5)), whole[7:12])
    card = read(tmp_path / "model", Card)
    assert card.reader is not None
    other = card.model_copy(update={"reader": Reader(name="tiny", digest="0" * 12)})
    assert other.digest != card.digest
    (tmp_path / "model" / CARD).write_bytes(text_of(other))
    with pytest.raises(UsageError, match="was trained with 000000000000"):
        load(str(tmp_path / "model"))
    (tmp_path / "model" / CARD).write_bytes(text_of(card.model_copy(update={"reader": None})))
    with pytest.raises(UsageError, match="do not agree"):
        load(str(tmp_path / "model"))
