"""What a reviewer would ask of rewrites, and whether their examples hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from corpus.errors import Problem
from corpus.kernels.rewrites.catalogue import rewrite
from corpus.ruleset.doubts import doubts, foreign, of_pattern
from corpus.ruleset.model import Applies
from corpus.ruleset.rewrites import Rewrite


def lint_rewrites(rewrites: Sequence[Rewrite]) -> list[Problem]:
    """Everything doubtful about the rewrites as written, in file order; empty for clean ones. Runs no kernel."""
    found = [_problem(one, message) for one in rewrites for message in _doubts(one)]
    return sorted(found + list(_twice(rewrites)))


def test_rewrites(rewrites: Sequence[Rewrite]) -> list[Problem]:
    """Examples that the real kernels change otherwise than they say; empty when all hold."""
    problems: list[Problem] = []
    for one in rewrites:
        texts = pa.array([example.before for example in one.examples], pa.large_string())
        done = rewrite(texts, one.call).text.to_pylist()
        for number, (example, found) in enumerate(zip(one.examples, done, strict=True), start=1):
            if found != example.after:
                problems.append(_problem(one, f"example {number} becomes {found!r}, not {example.after!r}"))
    return problems


def _doubts(one: Rewrite) -> Iterator[str]:
    yield from doubts(one.id, one.reason, one.at, one.idle)
    told = list(foreign(one.applies, [example.before for example in one.examples], "example"))
    # One in another language may show what is left alone; only such ones show nothing.
    yield from told if len(told) == len(one.examples) else ()
    changes = [example.before != example.after for example in one.examples]
    if not any(changes) or all(changes):
        yield "needs an example that changes and one that must not; those of an overridden call are not its own"
    if len({example.before for example in one.examples}) < len(one.examples):
        yield "has an example twice"
    pattern = dict(one.call.args).get("pattern")
    if pattern is not None:
        yield from of_pattern(str(pattern))


def _twice(rewrites: Sequence[Rewrite]) -> Iterator[Problem]:
    """Rewrites that change nothing that an earlier one has left."""
    for index, one in enumerate(rewrites):
        for other in rewrites[:index]:
            if other.call == one.call and _covers(other.applies, one.applies):
                yield _problem(
                    one, f"does the same as {other.id} ({other.at}) to the same records; one of them is idle"
                )
                break


def _covers(wide: Applies, narrow: Applies) -> bool:
    """Whether every record of `narrow` is one of `wide`."""
    pairs = ((wide.lang, narrow.lang), (wide.source, narrow.source), (wide.kind, narrow.kind))
    if any(large and not (small and set(small) <= set(large)) for large, small in pairs):
        return False
    low = wide.min_chars is None or (narrow.min_chars is not None and narrow.min_chars >= wide.min_chars)
    return low and (wide.max_chars is None or (narrow.max_chars is not None and narrow.max_chars <= wide.max_chars))


def _problem(one: Rewrite, message: str) -> Problem:
    at = one.overridden or one.at
    return Problem(at.path, at.line, 1, f"{one.id}: {message}")
