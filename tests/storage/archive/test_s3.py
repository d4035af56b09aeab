"""Copies in a bucket, against a server that speaks S3; and the address by which Alibaba's OSS is spoken to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from moto.server import ThreadedMotoServer

from storage.archive.s3 import Bucket, S3Archive
from tasks.domain.errors import ArchiveFailed
from tasks.results.image_copy import ImageCopy
from tests.storage.archive.test_disk import COPY, DATA

SECRET = "s3cr3t-of-the-bucket"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        httpx.put(f"http://{host}:{port}/pictures", trust_env=False).raise_for_status()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def bucket(endpoint: str, **more: Any) -> Bucket:
    fields: dict[str, Any] = {
        "name": "pictures",
        "endpoint": endpoint,
        "access_key_id": "key",
        "secret_access_key": SECRET,
        **more,
    }
    return Bucket(**fields)


async def got(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def all_of(archive: S3Archive, copy: ImageCopy = COPY, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in archive.read(copy, start, end)])


async def test_what_is_put_is_read_whole_or_in_part_and_removed(endpoint: str) -> None:
    archive = S3Archive(bucket(endpoint, prefix="some/where"))
    await archive.put(COPY, DATA, "image/png")
    assert await all_of(archive) == DATA
    assert await all_of(archive, start=3, end=5) == b"34"
    assert await archive.link(COPY) is None
    listed = (await got(f"{endpoint}/pictures")).text
    assert f"<Key>some/where/01/23/{COPY.name}</Key>" in listed
    await archive.delete([COPY])
    await archive.delete([COPY])
    with pytest.raises(FileNotFoundError):
        await all_of(archive)


async def test_readers_may_be_sent_to_the_storage(endpoint: str) -> None:
    archive = S3Archive(bucket(endpoint), links=True)
    await archive.put(COPY, DATA, "image/png")
    link = await archive.link(COPY)
    assert link is not None
    assert SECRET not in link
    answer = await got(link)
    assert (answer.content, answer.headers["content-type"]) == (DATA, "image/png")
    assert answer.headers["cache-control"].endswith("immutable")


@pytest.mark.parametrize(
    "given", ["https://oss-cn-hangzhou.aliyuncs.com", "https://pictures.oss-cn-hangzhou.aliyuncs.com"]
)
async def test_oss_has_the_bucket_in_the_host(given: str) -> None:
    archive = S3Archive(bucket(given, region="cn-hangzhou", virtual_hosted=True, prefix="midjourney"), links=True)
    parts = urlsplit(await archive.link(COPY) or "")
    assert parts.netloc == "pictures.oss-cn-hangzhou.aliyuncs.com"
    assert parts.path == f"/midjourney/01/23/{COPY.name}"
    assert "cn-hangzhou%2Fs3%2Faws4_request" in parts.query


@pytest.mark.parametrize(
    ("endpoint_given", "host", "path"),
    [
        ("https://account.r2.cloudflarestorage.com", "account.r2.cloudflarestorage.com", "/pictures/"),
        ("http://minio:9000", "minio:9000", "/pictures/"),
        ("", "s3.eu-central-1.amazonaws.com", "/pictures/"),
    ],
)
async def test_others_have_it_in_the_path(endpoint_given: str, host: str, path: str) -> None:
    archive = S3Archive(bucket(endpoint_given, region="eu-central-1"), links=True)
    parts = urlsplit(await archive.link(COPY) or "")
    assert (parts.netloc, parts.path.startswith(path)) == (host, True)


async def test_what_goes_wrong_is_told_without_secrets(endpoint: str) -> None:
    broken = (bucket(endpoint, name="nothing-here"), bucket("http://127.0.0.1:9"))
    for each in broken:
        archive = S3Archive(each)
        with pytest.raises(ArchiveFailed) as caught:
            await archive.put(COPY, DATA, "image/png")
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(each)
    with pytest.raises(ArchiveFailed):
        await S3Archive(bucket(endpoint)).put(replace(COPY, name="../x"), DATA, "image/png")
