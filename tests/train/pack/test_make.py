"""Packed tiers hold every record or say why not, and what is learnt of them are the answers."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import words
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import AuditError, UsageError
from corpus.spread import spread
from train import packed
from train.pack import make
from train.pack.encode import Words
from train.pack.make import pack
from train.templates import FAMILIES, get

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def talk(*turns: str, system: str = "") -> list[dict[str, str]]:
    roles = ["user", "assistant"] * len(turns)
    head = [{"role": "system", "content": system}] if system else []
    return head + [{"role": role, "content": text} for role, text in zip(roles, turns, strict=False)]


TALKS = [
    talk("山有多高？", "三千米。"),
    talk("How long?", "300 m.", "And wide?", "It is\n\n20 m wide.", system="Answer briefly."),
    talk("月光", " 先空一格，再说", "\n换行", "\n先换行再说\n"),
    talk("say <|im_end|> and </s> and <s>", "the mark <|im_end|></s> ends a turn"),
    talk("", "没有问题"),
    talk("1+1=", "2"),
]


def run(folder: Path, rows: list[dict[str, Any]], tier: str = "sft/stage=1", group: int = 3) -> str:
    place = folder / tier
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), place / "part-0.parquet", row_group_size=group)
    return str(folder)


def rows_of(out: str, tier: str, split: str = "train") -> list[dict[str, Any]]:
    part = packed.read(out).parts[tier, split]
    return [row for file in part.files for row in pq.read_table(file.uri, partitioning=None).to_pylist()]


def sequences(rows: list[dict[str, Any]]) -> list[tuple[list[int], list[bool], int]]:
    found = []
    for row in rows:
        at = 0
        for length, source in zip(row["seq_lengths"], row["seq_sources"], strict=True):
            mask = row["loss_mask"][at : at + length] if "loss_mask" in row else [True] * length
            found.append((row["input_ids"][at : at + length], mask, source))
            at += length
        assert at == len(row["input_ids"])
    return found


@pytest.fixture(scope="module", params=[True, False], ids=["bytes", "characters"])
def vocabulary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    letters = "".join(turn["content"] for one in TALKS for turn in one) + "甲乙丙丁桥"
    return words.folder(tmp_path_factory.mktemp("words") / "w", request.param, letters=letters)


def learnt(some: list[tuple[list[int], list[bool], int]]) -> list[list[int]]:
    """The tokens of each stretch that is learnt."""
    return [
        [ids[place] for place, _ in group]
        for ids, mask, _ in some
        for asked, group in groupby(enumerate(mask), key=lambda pair: pair[1])
        if asked
    ]


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_what_is_learnt_is_what_the_assistant_said_and_its_end(name: str, vocabulary: str, tmp_path: Path) -> None:
    given = run(tmp_path / "run", [{"messages": one, "source": "s"} for one in TALKS])
    pack(given, vocabulary, str(tmp_path / "p"), 256, name)
    tokenizer = Words(vocabulary).whole
    closes = get(name).closes.replace("{eos}", "</s>")
    found = learnt(sequences(rows_of(str(tmp_path / "p"), "stage=1")))
    texts = [tokenizer.decode(ids, clean_up_tokenization_spaces=False) for ids in found]
    wanted = [turn["content"] + closes for one in TALKS for turn in one if turn["role"] == "assistant"]
    # The space that some templates write before an answer belongs to its first word.
    assert sorted(text.removeprefix(" ") for text in texts) == sorted(text.removeprefix(" ") for text in wanted)
    end = tokenizer.convert_tokens_to_ids(closes.strip())
    assert all(ids.count(end) == 1 and ids[-1] == end for ids in found)


def test_marks_in_what_people_wrote_stay_text(vocabulary: str, tmp_path: Path) -> None:
    pack(run(tmp_path / "run", [{"messages": TALKS[3], "source": "s"}]), vocabulary, str(tmp_path / "p"), 256, "qwen")
    ((ids, _, _),) = sequences(rows_of(str(tmp_path / "p"), "stage=1"))
    tokenizer = Words(vocabulary).whole
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    marks = [tokenizer.convert_ids_to_tokens(number) for number in ids if number in special]
    assert marks == ["<|im_start|>", "<|im_end|>"] * 2
    assert tokenizer.decode(ids).count("<|im_end|>") == 4


def test_documents_end_with_their_token_and_long_ones_go_on(vocabulary: str, tmp_path: Path) -> None:
    texts = ["山有多高？" * 40, "桥", "How long is the bridge? " * 9, "with </s> in it", "x" * 30]
    given = [
        {"text": text, "source": f"s{place % 2}", "split": "validation" if place == 4 else "train"}
        for place, text in enumerate(texts)
    ]
    page = pack(run(tmp_path / "run", given, "pretrain/tier=high"), vocabulary, str(tmp_path / "p"), 32)
    told = page["tiers"]["high"]
    assert (told["train"]["records"], told["validation"]["records"]) == (4, 1)
    assert told["train"]["split_documents"] >= 2
    tokenizer = Words(vocabulary).whole
    eos = tokenizer.eos_token_id
    found = sequences(rows_of(str(tmp_path / "p"), "high"))
    assert sum(ids[-1] == eos for ids, _, _ in found) == 4
    assert all(eos not in ids[:-1] for ids, _, _ in found)
    assert sum(len(ids) for ids, _, _ in found) == told["train"]["tokens"]
    whole = Words(vocabulary).fast
    whole.encode_special_tokens = True
    assert told["train"]["tokens"] == sum(
        len(whole.encode(text, add_special_tokens=False).ids) + 1 for text in texts[:4]
    )
    assert told["train"]["by_source"].keys() == {"s0", "s1"}
    assert told["train"]["loss_tokens"] == told["train"]["tokens"] - len(found)
    assert "loss_mask" not in rows_of(str(tmp_path / "p"), "high")[0]


def test_what_is_too_long_is_cut_behind_an_answer_or_left_out_and_counted(vocabulary: str, tmp_path: Path) -> None:
    long = talk(*["甲乙丙丁"] * 2, *["甲乙丙丁" * 20] * 2)
    rows = [
        {"messages": one, "source": "s"} for one in (long, talk("甲" * 200, "乙"), talk("甲", ""), talk("丙", "丁"))
    ]
    page = pack(run(tmp_path / "run", rows), vocabulary, str(tmp_path / "p"), 64, "belle")
    told = page["tiers"]["stage=1"]["train"]
    assert (told["records"], told["packed"], told["truncated"], told["dropped"]) == (4, 3, 1, {"too_long": 1})
    texts = [Words(vocabulary).whole.decode(ids) for ids, _, _ in sequences(rows_of(str(tmp_path / "p"), "stage=1"))]
    assert any(text.endswith("甲乙丙丁</s>") and "甲乙丙丁甲" not in text for text in texts)


def test_a_document_without_a_word_is_left_out_and_counted(vocabulary: str, tmp_path: Path) -> None:
    rows = [{"text": text, "source": "s"} for text in ("桥", "", "甲乙")]
    page = pack(run(tmp_path / "run", rows, "pretrain/tier=high"), vocabulary, str(tmp_path / "p"), 16)
    told = page["tiers"]["high"]["train"]
    assert (told["records"], told["packed"], told["dropped"]) == (3, 2, {"empty": 1})


def test_where_the_shards_are_packed_does_not_show(
    vocabulary: str, tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "LEAST", 1)
    rows = [{"messages": TALKS[place % 3], "source": f"s{place % 4}", "split": "train"} for place in range(200)]
    given = run(tmp_path / "run", rows)
    one, two = (pack(given, vocabulary, str(tmp_path / f"p{count}"), 64, "qwen", processes=count) for count in (1, 2))
    files = one["tiers"]["stage=1"]["train"]["files"]
    assert len(files) > 10
    assert one == two
    assert one == pack(given, vocabulary, str(tmp_path / "spark"), 64, "qwen", each=partial(spread, spark))
    there = sorted(str(path.relative_to(tmp_path / "spark")) for path in (tmp_path / "spark").rglob("*.parquet"))
    assert there == sorted(file["path"] for file in files)
    assert one["digest"] != pack(given, vocabulary, str(tmp_path / "p3"), 64, "qwen", seed=1)["digest"]


def test_a_tokenizer_that_changed_in_its_folder_is_read_again(vocabulary: str, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    given, folder = run(tmp_path / "run", [{"text": "桥上", "source": "s"}], "pretrain/tier=high"), tmp_path / "words"
    ends = {}
    for name in ("</s>", "<s>"):
        tokenizer = AutoTokenizer.from_pretrained(vocabulary)
        tokenizer.eos_token = name
        tokenizer.save_pretrained(folder)
        out = str(tmp_path / f"packed{len(ends)}")
        pack(given, str(folder), out, 16)
        ends[name] = rows_of(out, "high")[0]["input_ids"][-1], tokenizer.eos_token_id
    assert all(last == eos for last, eos in ends.values())
    assert len({last for last, _ in ends.values()}) == 2


def test_a_mistake_found_on_an_executor_is_told_as_one_and_nothing_is_left(
    vocabulary: str, tmp_path: Path, spark: SparkSession
) -> None:
    given = run(tmp_path / "run", [{"messages": TALKS[0], "source": "s", "split": "test"}])
    with pytest.raises(UsageError, match="rows of the split 'test' would be lost"):
        pack(given, vocabulary, str(tmp_path / "p"), 64, "qwen", each=partial(spread, spark))
    assert not (tmp_path / "p").exists()


@given(st.lists(st.integers(1, 40 << 20), min_size=1, max_size=40))
def test_shards_are_row_groups_that_stand_together_and_none_is_small_but_the_last(sizes: list[int]) -> None:
    groups = [("f", place, size) for place, size in enumerate(sizes)]
    shards = make.cut("high", groups)
    assert [group for shard in shards for group in shard.groups] == [group[:2] for group in groups]
    assert all(sum(sizes[place] for _, place in shard.groups) >= make.LEAST for shard in shards[:-1])
    assert all(sum(sizes[place] for _, place in shard.groups[:-1]) < make.LEAST for shard in shards)


def test_what_teaches_nothing_or_cannot_be_is_refused_and_nothing_is_left(vocabulary: str, tmp_path: Path) -> None:
    given = run(tmp_path / "run", [{"messages": talk("甲" * 99, "乙"), "source": "s"}])
    bare = str(tmp_path / "bare")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(vocabulary)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(bare)
    out = str(tmp_path / "p")
    for words_, template, size, kind, said in (
        (vocabulary, "belle", 16, AuditError, "no token to learn from"),
        (vocabulary, None, 64, UsageError, "need a template"),
        (vocabulary, "own", 64, UsageError, "marks nothing as learnt"),
        (bare, "belle", 64, UsageError, "no end-of-sequence token"),
        (str(tmp_path), "belle", 64, UsageError, "no tokenizer can be loaded"),
    ):
        with pytest.raises(kind, match=said):
            pack(given, words_, out, size, template)
    with pytest.raises(UsageError, match="holds no tier stage=9"):
        pack(given, vocabulary, out, 64, "belle", ["stage=9"])
    assert not Path(out).exists()
