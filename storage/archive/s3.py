"""Copies of pictures in a bucket: Amazon S3, MinIO, Cloudflare R2, and Alibaba OSS with the bucket in the host name.

Contract: an object exists completely or not at all; object names equal the paths of the disk archive. Errors of the
library are shortened: its own messages contain addresses and requests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from storage.archive.disk import place_of
from tasks.domain.errors import ArchiveFailed
from tasks.results.image_copy import ImageCopy

if TYPE_CHECKING:
    from obstore.store import S3Config  # types only, absent at run time

SECONDS = timedelta(seconds=60)  # per request
RETRY_SECONDS = timedelta(
    seconds=20
)  # for the library's retries; `tasks.results.archiver` retries after longer failures
LINK_SECONDS = timedelta(hours=1)
KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    name: str
    endpoint: str = ""  # without the bucket; "" is Amazon's
    region: str = "us-east-1"
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)
    prefix: str = ""
    virtual_hosted: bool = False  # the host name includes the bucket

    @property
    def address(self) -> str:
        """The endpoint as the library expects it: with the bucket if the host name includes it."""
        if not self.endpoint or not self.virtual_hosted:
            return self.endpoint
        parts = urlsplit(self.endpoint)
        host = parts.netloc
        return urlunsplit(parts._replace(netloc=host if host.startswith(f"{self.name}.") else f"{self.name}.{host}"))


class S3Archive:
    """`links`: redirect readers to signed URLs of the bucket instead of streaming the bytes."""

    def __init__(self, bucket: Bucket, *, links: bool = False) -> None:
        self._links = links
        self._where = bucket.name
        config: S3Config = {
            "region": bucket.region,
            "access_key_id": bucket.access_key_id,
            "secret_access_key": bucket.secret_access_key,
            "virtual_hosted_style_request": bucket.virtual_hosted,
            "disable_bulk_delete": True,  # OSS does not support it
        }
        if bucket.address:
            config["endpoint"] = bucket.address
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "timeout": SECONDS,
                "connect_timeout": timedelta(seconds=10),
            },
            retry_config={"max_retries": 3, "retry_timeout": RETRY_SECONDS},
        )

    async def put(self, copy: ImageCopy, data: bytes, type: str) -> None:  # noqa: A002 - the field's name
        """Raises ArchiveFailed."""
        with self._translated():
            attributes = {"Content-Type": type, "Cache-Control": KEPT}
            await obstore.put_async(self._store, place_of(copy.name), data, attributes=attributes)

    async def delete(self, copies: Sequence[ImageCopy]) -> None:
        """Raises ArchiveFailed."""
        for copy in copies:
            try:
                with self._translated():
                    await obstore.delete_async(self._store, place_of(copy.name))
            except FileNotFoundError:
                continue

    async def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`. Raises FileNotFoundError when the object is missing,
        ArchiveFailed."""
        with self._translated():
            span = (start, copy.size if end is None else end)
            found = await obstore.get_async(self._store, place_of(copy.name), options={"range": span})
            async for piece in found.stream():
                yield bytes(piece)

    async def link(self, copy: ImageCopy) -> str | None:
        """A public URL, valid for an hour; None when the service streams the bytes itself. Raises ArchiveFailed."""
        if not self._links:
            return None
        with self._translated():
            return await obstore.sign_async(self._store, "GET", place_of(copy.name), LINK_SECONDS)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise ArchiveFailed("The bucket does not exist.", hint="Create it, or correct S3_BUCKET.") from None
            raise
        except (PermissionDeniedError, UnauthenticatedError, PermissionError):
            hint = "Check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and the permissions of that key."
            raise ArchiveFailed(f"The storage denied access to the bucket {self._where}.", hint=hint) from None
        except (BaseError, OSError, ValueError) as error:
            words = "The storage did not complete the request."
            hint = "Check that S3_ENDPOINT is reachable and that S3_REGION and S3_VIRTUAL_HOSTED are correct."
            raise ArchiveFailed(f"{words} ({type(error).__name__})", hint=hint) from None
