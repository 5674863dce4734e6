"""What `doctor` finds about storage elsewhere. Credentials are reported as present or absent, never looked at."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import storage


@dataclass(frozen=True)
class Finding:
    """One thing examined: `ok` is True, False, or None for what is worth knowing and stops nothing."""

    name: str
    ok: bool | None
    found: str
    fix: str = ""


def examine_remote(locations: Sequence[str]) -> Iterator[Finding]:
    """Whether what `locations` need to be reached is here: the HDFS client, credentials for S3."""
    for location in locations:
        if not storage.is_local(location) and "@" in location.partition("://")[2].partition("/")[0]:
            fix = "Locations are written into manifests: give credentials in the environment instead."
            yield Finding("location", False, f"{shown(location)} carries a user name or a password", fix)
    if any(map(is_hdfs, locations)):
        yield libhdfs_finding("libhdfs", libhdfs())
    if any(location.startswith("s3") for location in locations):
        where = _s3_credentials()
        fix = (
            ""
            if where
            else "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, unless the machine has a role."
        )
        yield Finding("s3 credentials", True if where else None, where or "none visible", fix)


def shown(location: str) -> str:
    """A location fit for a screen: without user, password and query."""
    scheme, mark, rest = location.partition("?")[0].partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}/{rest.partition('/')[2]}" if mark else location


def is_hdfs(location: str) -> bool:
    """Whether `location` is on HDFS."""
    return location.startswith(("hdfs://", "viewfs://"))


def libhdfs() -> str | None:
    """Where the native HDFS client is found, as Arrow looks for it; None when it cannot be loaded."""
    roots = [os.environ.get("ARROW_LIBHDFS_DIR"), os.environ.get("HADOOP_HOME")]
    names = [str(Path(root) / part / "libhdfs.so") for root in roots if root for part in ("", "lib/native")]
    for name in [*names, "libhdfs.so"]:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    return None


def libhdfs_finding(name: str, found: str | None) -> Finding:
    """What `libhdfs` found, here or on an executor."""
    fix = "Install Hadoop's client; set HADOOP_HOME or ARROW_LIBHDFS_DIR, and CLASSPATH=`hadoop classpath --glob`."
    return Finding(name, found is not None, found or "not found", "" if found else fix)


def _s3_credentials() -> str:
    """Where credentials for S3 would come from, never what they are."""
    if os.environ.get("AWS_ACCESS_KEY_ID") and os.environ.get("AWS_SECRET_ACCESS_KEY"):
        return "in the environment"
    for name in ("AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        if os.environ.get(name):
            return f"through {name}"
    file = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    return "in the shared credentials file" if file.is_file() else ""
