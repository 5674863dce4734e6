"""The S3 server of the tests, for runs in a bucket."""

from __future__ import annotations

from objectstore import bucket, s3_address

__all__ = ["bucket", "s3_address"]
