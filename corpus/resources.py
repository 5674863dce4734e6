"""Where the rules and word lists are: inside the installed package, or beside it in a checkout.

They are data, not modules: nothing here looks at sys.path, so a user's own `rules` package is never picked up.
"""

from __future__ import annotations

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
    raise EnvironmentProblem(
        f"the {name}/ that come with this package are missing: neither {packaged} nor {checkout / name} holds "
        f"{holds!r}. Reinstall the package, or run from a complete checkout."
    )
