"""What judging costs beside the model: processor time a question, against a server on loopback that answers at once.

    python bench/bench_judge.py [QUESTIONS]

The server runs in a process of its own and is not counted. Prints milliseconds of processor time a question asked over
HTTP (two fsynced ledger lines each) and a question that the ledger answers.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from judge_server import MODEL, serving  # noqa: E402

from corpus.judge.client import Judge, Terms  # noqa: E402
from corpus.judge.ledger import opened  # noqa: E402
from corpus.judge.prompts import load_prompt  # noqa: E402
from corpus.judge.schema import Question  # noqa: E402
from corpus.judge.wire import Endpoint  # noqa: E402


def serve(end: Connection) -> None:
    with serving() as server:
        end.send(server.url)
        end.recv()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    process.start()
    url = here.recv()
    prompt = load_prompt("quality_zh")
    questions = [Question(str(n), prompt, {"text": f"第{n}篇" + "河边的柳树绿了。" * 200}) for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:

        async def ask() -> int:
            with opened(Path(folder) / "ledger.jsonl") as ledger:
                async with Judge(Endpoint(MODEL, url), ledger, Terms(concurrency=32)) as judge:
                    return sum(answer.bought for answer in await judge.ask(questions))

        for name in ("over HTTP", "from the ledger"):
            began, wall = time.process_time(), time.monotonic()
            bought = asyncio.run(ask())
            taken = time.process_time() - began
            print(f"{name}: {1000 * taken / count:.3f} ms of processor time a question, {bought:,} bought, "
                  f"{count / (time.monotonic() - wall):,.0f} a second")  # fmt: skip
    here.send(None)
    process.join()


if __name__ == "__main__":
    main()
