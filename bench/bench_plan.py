"""`corpus train plan` of a made-up pack of 1.5 T tokens on 288 ranks: seconds and peak memory of the whole command.

    python bench/bench_plan.py [--files 1000] [--groups 1431]

The pack is its manifest alone: a row group has 256 rows of 4,096 tokens, which is all that a plan reads.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEQ, ROWS, RANKS = 4096, 256, 288
SHAPE = {"model_type": "llama", "hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40,
         "num_attention_heads": 40, "vocab_size": 39424}  # fmt: skip


def manifest(files: int, groups: int) -> dict[str, Any]:
    """Of one tier in `files` files of `groups` row groups."""
    rows = files * groups * ROWS
    split = {
        "records": rows, "rows": rows, "tokens": rows * SEQ, "loss_tokens": rows * SEQ, "mean_document_tokens": 900.0,
        "files": [{"path": f"tier=high/part-{number:05d}.parquet", "rows_in_groups": [ROWS] * groups}
                  for number in range(files)],
    }  # fmt: skip
    return {
        "format": 1, "kind": "pretrain", "seq_len": SEQ, "packer": "1", "template": None, "sources": ["made"],
        "tokenizer": {"digest": "t", "vocab_size": SHAPE["vocab_size"], "eos": 2, "pad": 0},
        "dataset": {"manifest_digest": "m"}, "digest": "d", "tiers": {"high": {"train": split}},
    }  # fmt: skip


def main() -> None:
    """Print what the command says, then one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=1431)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "manifest.json").write_text(json.dumps(manifest(given.files, given.groups)))
        (folder / "config.json").write_text(json.dumps(SHAPE))
        settings = {"packed": [name], "config": f"{name}/config.json", "out": "out", "global_batch": 8 * RANKS,
                    "phases": [{"tiers": {"high": 1}}], "deepspeed": "z3"}  # fmt: skip
        (folder / "pretrain.json").write_text(json.dumps(settings))  # YAML, too
        command = "import atexit; from cli.main import main; from peak import peak; "
        command += "atexit.register(lambda: print('peak', peak())); main()"
        began = time.perf_counter()
        told = subprocess.run(
            [sys.executable, "-c", command, "train", "plan", f"{name}/pretrain.json", "--ranks", str(RANKS)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    said, _, held = told.rpartition("peak ")
    print(said)
    rows = given.files * given.groups * ROWS
    print(
        f"{rows * SEQ:,} tokens in {rows:,} rows and {given.files * given.groups:,} row groups on {RANKS} ranks: "
        f"{wall:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of CPU, peak {float(held) / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main()
