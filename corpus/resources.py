"""Where the rules and word lists are: in the installed package, beside it in a checkout, or in the zip it runs from.

They are data, not modules: nothing here looks at sys.path, so a user's own `rules` package is never picked up.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import zipfile
from pathlib import Path

from corpus.errors import EnvironmentProblem

_PACKAGE = Path(__file__).resolve().parent


def rules_root() -> Path:
    """The directory that holds `common/`, `zh/`, `en/` and `tiers/`; EnvironmentProblem when there is none."""
    return _find("rules", "common")


def blacklists_root() -> Path:
    """The directory that holds `MANIFEST.toml` and the word lists; EnvironmentProblem when there is none."""
    return _find("blacklists", "MANIFEST.toml")


def _find(name: str, holds: str) -> Path:
    packaged = _PACKAGE / "_data" / name
    if (packaged / holds).exists():
        return packaged
    checkout = _PACKAGE.parent
    # The project file tells a checkout from a site-packages in which somebody else installed a package `rules`.
    if (checkout / name / holds).exists() and (checkout / "pyproject.toml").is_file():
        return checkout / name
    unpacked = _unpacked()
    if unpacked is not None and (unpacked / name / holds).exists():
        return unpacked / name
    raise EnvironmentProblem(
        f"the {name}/ that come with this package are missing: neither {packaged} nor {checkout / name} holds "
        f"{holds!r}. Reinstall the package, or run from a complete checkout."
    )


@functools.lru_cache(maxsize=1)
def _unpacked() -> Path | None:
    """The data of a package that is imported from a zip, as spark-submit ships it, in a directory that ends with us."""
    archive = next((parent for parent in _PACKAGE.parents if parent.is_file()), None)
    if archive is None:
        return None
    target = Path(tempfile.mkdtemp(prefix="corpus-data-"))
    atexit.register(shutil.rmtree, target, ignore_errors=True)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target, [name for name in packed.namelist() if name.startswith("corpus/_data/")])
    return target / "corpus" / "_data"
