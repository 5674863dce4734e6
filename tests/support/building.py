"""Small inputs and ways to look at what a run made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus import config
from corpus.execute import Result
from corpus.rundir import RunDir

SENTENCES = (
    "清晨的集市上，卖豆腐的老人把扁担靠在墙边，慢慢数着手里的零钱。",
    "河水涨起来以后，渡口停了三天，镇上的人只好绕远路去对岸的学校。",
    "工程师把旧的水泵拆开，发现里面的轴承早已磨损，需要换一个新的。",
    "她在信里写道，北方的冬天比想象中漫长，屋檐下的冰凌像一排刀子。",
    "图书馆二楼的窗户朝南，下午三点以后，阳光正好落在地图柜上。",
    "实验的第二阶段把温度降低了五度，结果反应的速度只慢了一半。",
    "村里决定修一条水渠，把山脚的泉水引到东边那片干旱的坡地。",
    "老师让学生先观察蚂蚁搬家的路线，再画一张简单的示意图。",
)


def prose(seed: int, sentences: int = 6) -> str:
    """Two paragraphs of Chinese prose, different for every seed below 40,000."""
    picked = [SENTENCES[(seed + step * (1 + 2 * (seed % 4))) % len(SENTENCES)] for step in range(sentences)]
    picked[0] = f"第{seed}号记录写于一个平常的日子，记录的人说他只写亲眼看到的事情。" + picked[0]
    return "".join(picked[: sentences // 2]) + "\n\n" + "".join(picked[sentences // 2 :])


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any] | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def settings(*sources: Mapping[str, Any], **more: Any) -> config.Pipeline:
    return config.Pipeline.model_validate({"name": "test", "sources": list(sources), **more})


def published(run: str | Path) -> pa.Table:
    files = sorted(Path(run).glob("dataset/**/*.parquet"))
    tables = [
        pq.ParquetFile(file).read().append_column("tier", pa.array([file.parent.name.removeprefix("tier=")] * rows))
        for file in files
        if (rows := pq.read_metadata(file).num_rows)
    ]
    return pa.concat_tables(tables) if tables else pa.table({})


def rows_of(run: str | Path, folder: str) -> list[dict[str, Any]]:
    files = sorted(Path(run).glob(f"{folder}/**/*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def contents(run: str | Path) -> dict[str, Any]:
    """What must not change between runs that only differ in how they ran."""
    opened = RunDir.open(str(run))
    return {name: [stage.manifest.content, dict(stage.manifest.digests)] for name, stage in opened.published.items()}


Go = Callable[..., Result]
"""The `go` fixture: settings and a directory in, a finished run out."""
