"""A small model of this machine as one of those that answer."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytest.importorskip("transformers")
from neural import causal

from corpus.errors import UsageError
from corpus.judge.schema import Sampling
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of
from corpus.pairs import store
from corpus.pairs.generate import Answered, Asking, by_local
from corpus.pairs.plan import Wanted, plan


def planned(folder: Path, name: str, questions: tuple[str, ...]) -> Path:
    pool = folder / f"{name}.jsonl"
    pool.write_text("".join(json.dumps({"prompt": one}, ensure_ascii=False) + "\n" for one in questions), "utf-8")
    plan([str(pool)], Wanted(9), folder / name)
    return folder / name


def pinned(folder: Path, chat: bool) -> str:
    return f"{causal(folder, chat=chat)}@{digest_of(hashed(folder))}"


def texts(root: Path) -> dict[tuple[str, int], str | None]:
    rows = pq.read_table(root / "answers/own" / store.ANSWERS).to_pylist()
    return {(row["seed"], row["draw"]): row["text"] for row in rows}


def test_an_answer_does_not_depend_on_other_seeds_and_is_not_made_twice(tmp_path: Path) -> None:
    model = pinned(tmp_path / "lm", chat=True)

    def answer(root: Path) -> Answered:
        asking, sampling = Asking("own", draws=2, policy=True), Sampling(1.0, None, 12, 3, "none")
        return by_local(root, asking, model, sampling, lambda _: None)

    many, few = planned(tmp_path, "many", ("天地？", "日月？", "来往？")), planned(tmp_path, "few", ("日月？",))
    done = answer(many)
    assert done.wanted == 6 == done.answered + sum(done.failed.values())
    assert done.failed.get("cut_off", 0) > 0
    answer(few)
    assert all(texts(many)[key] == text for key, text in texts(few).items())
    before = (many / "answers/own" / store.LEDGER).read_bytes()
    assert answer(many).answered == done.answered
    assert (many / "answers/own" / store.LEDGER).read_bytes() == before


def test_a_model_without_a_chat_template_is_a_mistake_that_is_told(tmp_path: Path) -> None:
    model = pinned(tmp_path / "lm", chat=False)
    root = planned(tmp_path, "r", ("天地？",))
    with pytest.raises(UsageError, match="no chat template"):
        by_local(root, Asking("own"), model, Sampling(0.0, None, 5, None, "none"), lambda _: None)
