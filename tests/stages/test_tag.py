"""The sidecar of tags has the columns of its contract, and a run can take it as it is."""

from __future__ import annotations

import pickle

import pyarrow as pa

from corpus.stages.tag import Tags
from corpus.tags.load import load_tags


def test_the_columns_are_those_of_the_contract():
    stage = Tags(load_tags(["tasks", "subjects", "domains", "safety"]))
    texts = ["把这句话翻译成法语：我明天去海边。", "def add(a, b):\n    return a + b", "", None]
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    found = stage(batch)
    assert dict(zip(found.schema.names, found.schema.types, strict=True)) == dict(stage.contract.adds)
    assert found.schema.names == ["tag_task", "tag_subject", "tag_domain", "tag_safety", "has_code", "has_maths"]
    assert found.column("tag_task").to_pylist() == ["translation", "code", None, None]
    assert found.column("has_code").to_pylist() == [False, True, False, None]
    assert stage(batch.slice(0, 0)).num_rows == 0
    again = pickle.loads(pickle.dumps(stage))
    assert again(batch).equals(found)
    assert stage.settings() == again.settings()


def test_what_is_asked_of_a_dialogue_is_read_where_the_stage_is_told_so():
    stage = Tags(load_tags(["tasks", "domains"]), asks="instruction")
    texts = ["写一首诗。\n央行下调利率，银行贷款和债券资金增加。"]
    columns = [pa.array(texts, pa.large_string()), pa.array(["翻译成英文"], pa.large_string())]
    found = stage(pa.RecordBatch.from_arrays(columns, names=["text", "instruction"]))
    assert (found.column("tag_task")[0].as_py(), found.column("tag_domain")[0].as_py()) == (
        "translation",
        "economy/finance",
    )
    assert set(stage.contract.reads) == {"text", "instruction"}
