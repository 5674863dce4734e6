"""Launch files are sound shell, say what was asked, and start every rank of a real job."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.errors import UsageError
from train.launch import FILES, Job, Kind, rendered, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("nodes", [1, 2, 36])
@pytest.mark.parametrize("kind", ["slurm", "deepspeed", "docker"])
def test_every_file_says_what_was_asked_and_shell_can_read_it(kind: Kind, nodes: int, tmp_path: Path) -> None:
    job = Job("sft", "my runs/sft.yaml", nodes=nodes, ranks=8, name="run 7")
    for path in write(job, kind, str(tmp_path)):
        text = Path(path).read_text()
        assert "${" not in re.sub(
            r"\$\{(HF_HUB_OFFLINE|OMP_NUM_THREADS|TORCH_ELASTIC_SHUTDOWN_TIMEOUT|BASH_SOURCE)[^}]*\}", "", text
        )
        if path.endswith((".sh", ".sbatch")):
            subprocess.run(["bash", "-n", path], check=True)
            assert "corpus train sft 'my runs/sft.yaml'" in text
            assert os.access(path, os.X_OK)
    texts = rendered(job, kind)
    if kind == "slurm":
        lines = dict(re.findall(r"#SBATCH --([\w-]+)=?(.*)", texts["slurm.sbatch"]))
        assert lines["nodes"] == str(nodes)
        assert lines["gpus-per-node"] == "8"
        assert lines["job-name"] == "run-7"
        assert "requeue" in lines
        assert f"--nnodes {nodes} --nproc-per-node 8" in texts["slurm.sbatch"]
    if kind == "deepspeed":
        assert texts["hostfile"].split() == [part for place in range(nodes) for part in (f"node{place + 1}", "slots=8")]


def test_the_local_file_starts_every_rank_of_a_real_job(tmp_path: Path) -> None:
    (path,) = write(Job("doctor", str(tmp_path), ranks=2), "local", str(tmp_path / "job"))
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, module in (("torchrun", "torch.distributed.run"), ("corpus", "cli.main")):
        (folder / name).write_text(f'#!/bin/sh\nunset PYTHONSAFEPATH\nexec "{sys.executable}" -m {module} "$@"\n')
        (folder / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([path, "--json"], capture_output=True, text=True, env=environment, timeout=120, check=True)
    assert sorted(re.findall(r'"RANK", "level": "fine", "said": "(\d)"', done.stdout)) == ["0", "1"]


def test_nonsense_and_files_that_are_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nodes 0: at least 1; ranks 0"):
        Job("sft", "c.yaml", nodes=0, ranks=0)
    with pytest.raises(UsageError, match="one machine"):
        rendered(Job("sft", "c.yaml", nodes=2), "local")
    write(Job("sft", "c.yaml"), "local", str(tmp_path))
    with pytest.raises(UsageError, match=r"holds local\.sh already"):
        write(Job("sft", "c.yaml"), "local", str(tmp_path))
    assert {name for names in FILES.values() for name in names} >= {path.name for path in tmp_path.iterdir()}
