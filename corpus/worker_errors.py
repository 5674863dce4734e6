"""Errors that tasks raised on workers, as the errors they are.

Spark hands the driver a worker's exception as text inside an exception of its own. A user's mistake (a damaged
tokenizer file) or a full disk would look like a bug; here it becomes the error it was.
"""

from __future__ import annotations

import re

from corpus import errors
from corpus.errors import CorpusError, EnvironmentProblem

_OURS = re.compile(r"^corpus\.errors\.(\w+): (.*)$", re.MULTILINE)
_SYSTEM = re.compile(r"^(?:\w+\.)*(?:OSError|PermissionError|\w*NotFoundError|ConnectionError): (.*)$", re.MULTILINE)


def from_worker(error: BaseException) -> CorpusError | None:
    """The error of this package, or of the system, that made a Spark job fail; None when it is neither."""
    if not type(error).__module__.startswith(("pyspark.", "py4j.")):
        return None
    for name, message in reversed(_OURS.findall(str(error))):
        kind = getattr(errors, name, None)
        if isinstance(kind, type) and issubclass(kind, CorpusError) and kind is not errors.ConfigError:
            return kind(message)
    said = _SYSTEM.findall(str(error))
    if said:
        return EnvironmentProblem(
            f"a task failed on its worker: {said[-1]}. What was finished is kept: repeat the command"
        )
    return None
