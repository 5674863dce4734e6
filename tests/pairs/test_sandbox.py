from __future__ import annotations

import os

from corpus.pairs.sandbox import run_python

TRIES = """
import os, socket
found = []
if FORKS:
    try:
        os.fork()
        found.append("fork")
    except OSError:
        pass
try:
    open("big", "wb").write(b"0" * (4 << 20))
    found.append("big file")
except OSError:
    pass
try:
    held = bytearray(2 << 30)
    found.append("memory")
except MemoryError:
    pass
found += [name for name in os.environ if "KEY" in name or "TOKEN" in name or name == "HOME"]
print(found)
assert not found
"""


def test_a_program_passes_or_fails_and_says_what_it_said() -> None:
    assert run_python("print('好'); assert 1 + 1 == 2", need_isolation=False).ended == "passed"
    failed = run_python("def f(): return 3\nassert f() == 4, 'no'", need_isolation=False)
    assert failed.ended == "failed"
    assert "AssertionError" in failed.said


def test_a_program_that_does_not_end_is_ended() -> None:
    assert run_python("while True: pass", seconds=0.5, need_isolation=False).ended == "timeout"


def test_it_may_make_no_process_no_large_file_take_little_memory_and_see_no_key() -> None:
    forks = os.geteuid() != 0  # the kernel does not bound the processes of root
    ran = run_python(TRIES.replace("FORKS", str(forks)), need_isolation=False)
    assert ran.ended == "passed", ran.said


def test_where_the_kernel_grants_no_namespace_it_is_not_run_and_where_it_does_there_is_no_network() -> None:
    ran = run_python(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError as error:\n"
        "    print('errno', error.errno)\n    raise SystemExit(0 if error.errno == 101 else 1)\n"
    )
    assert ran.ended in ("no_sandbox", "passed"), ran.said
