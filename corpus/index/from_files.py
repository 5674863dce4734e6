"""Files put into an index: deduplicated into a run directory against it, and the run added."""

from __future__ import annotations

from collections.abc import Sequence

from corpus import shorthand, storage
from corpus.config import Dedup, Fields
from corpus.errors import UsageError
from corpus.index.generation import Index
from corpus.index.grow import Added, add
from corpus.manifest import digest_of
from corpus.runner import Progress

RUNS = "runs"
HERE = 48 << 20
"""Up to so many stored bytes are read in this process: starting Spark costs as much as 40 MB of text."""


def are_runs(given: Sequence[str]) -> bool:
    """Whether run directories were given; UsageError when only some of it are."""
    runs = [storage.size(storage.join(one, "run.json")) is not None for one in given if not _has_wildcard(one)]
    runs += [False] * (len(given) - len(runs))
    if any(runs) and not all(runs):
        files = [one for one, run in zip(given, runs, strict=True) if not run]
        raise UsageError(f"{', '.join(files)}: is no run directory; give runs or files, not both")
    return any(runs)


def _has_wildcard(given: str) -> bool:
    return any(mark in given for mark in "*?[")


def add_files(
    index: Index,
    inputs: Sequence[str],
    fields: Fields,
    lang: str | None = None,
    run: str | None = None,
    master: str | None = None,
    progress: Progress | None = None,
) -> tuple[Index, list[Added]]:
    """`index` with the records of `inputs` too; their texts as they came, no quality rule.

    The run directory is `run`, else one inside the index that is named by the input; repeating the command resumes.
    """
    from corpus.execute import execute
    from corpus.pipeline import compose

    settings = shorthand.dedup(inputs, fields, lang)
    dedup = Dedup(exact=index.now.shape.exact is not None, near=index.near, against=(index.root,))
    pipeline = compose(settings.model_copy(update={"dedup": dedup}))
    name = digest_of([[split.key for split in pipeline.splits()], fields.model_dump(mode="json"), lang])[:16]
    root = run or storage.join(index.root, RUNS, name)
    execute(pipeline, root, master=master, progress=progress, bytes_here=HERE)
    return add(index, [root])
