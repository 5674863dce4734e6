"""Run a pipeline file once, as a process that may be killed: run_once.py PIPELINE RUN MASTER [STAGE].

With STAGE the process kills itself with SIGKILL between the last write of that stage and its commit. The variable
RUN_ONCE_ROWS_HERE says up to how many records narrow stages run without Spark.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from corpus import pipeline, runner
from corpus.execute import execute
from corpus.flow import ROWS_HERE
from corpus.manifest import Manifest


def main() -> None:
    path, root, master, *stage = sys.argv[1:]
    real = runner.commit

    def commit(manifest: Manifest, uri: str) -> Any:
        if stage and manifest.stage == stage[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(manifest, uri)

    runner.commit = commit
    rows_here = int(os.environ.get("RUN_ONCE_ROWS_HERE", ROWS_HERE))
    execute(pipeline.read(path), root, master=master, split_bytes=1 << 15, part_bytes=1 << 15, rows_here=rows_here)


if __name__ == "__main__":
    main()
