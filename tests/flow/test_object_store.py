"""A whole run on S3: input, stages and data set in a bucket, through pyarrow.fs alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from building import Go, contents, prose, settings, write_jsonl

from corpus import storage
from corpus.rundir import RunDir

At = Callable[[str], str]


def test_a_run_in_a_bucket_gives_the_content_of_a_local_run(
    go: Go, tmp_path: Path, bucket: Callable[[str], str]
) -> None:
    rows: list[Any] = [{"text": prose(number % 50), "id": f"r{number}"} for number in range(80)] + [{"text": "短"}]
    local = write_jsonl(tmp_path / "in.jsonl", rows)
    remote = bucket("in/in.jsonl")
    storage.put_atomic(remote, local.read_bytes())

    go(settings({"name": "s", "paths": str(local)}), tmp_path / "run", split_bytes=1 << 13)
    root = bucket("run")
    go(settings({"name": "s", "paths": bucket("in")}), root, split_bytes=1 << 13)

    assert contents(root) == contents(tmp_path / "run")
    opened = RunDir.open(root)
    assert opened.verify() == []
    files = [
        info.uri
        for info in storage.list_files(storage.join(root, "dataset"))
        if info.uri.split("?")[0].endswith(".parquet")
    ]
    assert sum(pq.read_table(storage.open_read(uri)).num_rows for uri in files) == opened.account().kept == 50

    go(settings({"name": "s", "paths": bucket("in")}, rules=[]), root, split_bytes=1 << 13)
    opened = RunDir.open(root)
    assert opened.account().kept == 51
    assert opened.verify() == [], "files of the earlier data set are gone from view"
    assert "AWS" not in json.dumps(opened.settings.model_dump(mode="json")), "no credential is written down"
