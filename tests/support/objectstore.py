"""An S3 server in this process, on loopback. Import both fixtures where they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Host and port of an S3 server in this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """`bucket("key")` is the location of a key in a fresh bucket."""
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = boto3.client("s3", endpoint_url=f"http://{s3_address}")
    client.create_bucket(Bucket="corpus-test")
    for item in client.list_objects_v2(Bucket="corpus-test").get("Contents", []):
        client.delete_object(Bucket="corpus-test", Key=item["Key"])
    client.close()
    return lambda key: f"s3://corpus-test/{key}?endpoint_override={s3_address}&scheme=http"
