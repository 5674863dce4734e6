"""Run a pipeline file once, as a process that may be killed: run_once.py PIPELINE RUN MASTER [STAGE].

With STAGE the process kills itself with SIGKILL between the last write of that stage and its commit.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from corpus import pipeline, runner
from corpus.execute import execute
from corpus.manifest import Manifest


def main() -> None:
    path, root, master, *stage = sys.argv[1:]
    real = runner.commit

    def commit(manifest: Manifest, uri: str) -> Any:
        if stage and manifest.stage == stage[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(manifest, uri)

    runner.commit = commit
    execute(pipeline.read(path), root, master=master, split_bytes=1 << 15, part_bytes=1 << 15)


if __name__ == "__main__":
    main()
