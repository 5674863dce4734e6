"""Conversations for the demo of training: the seed tasks as instructions, with the pipeline that stages them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import orjson

from corpus.synth.seeds import LANGUAGES, load

PIPELINE = """\
# The seed tasks of this project as conversations in three stages, by how difficult they are.
name: talks
kind: conversation
sources: [{name: seeds, paths: talks.jsonl, importer: alpaca}]
rules: [sft/common]
tags: [tasks]
quality: conversation
"""


def write_talks(directory: Path) -> Path:
    """Write the file and its pipeline; where the pipeline is."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = [asdict(seed) for lang in LANGUAGES for seed in load(lang)]
    (directory / "talks.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    path = directory / "talks.yaml"
    path.write_text(PIPELINE, encoding="utf-8")
    return path
