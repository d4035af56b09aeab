"""Copies of pictures in a bucket: Amazon's S3, MinIO, Cloudflare R2, and Alibaba's OSS with the bucket in the host.

Contract: an object is there whole or not at all, and by the names that files on disk would have. What the library says
is passed on in a few words: its own repeat addresses and requests.
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
    from obstore.store import S3Config  # not there at run time

SECONDS = timedelta(seconds=60)  # for one request
RETRY_SECONDS = timedelta(
    seconds=20
)  # for repeating it; what fails for longer is tried again by `tasks.results.archiver`
LINK_SECONDS = timedelta(hours=1)
KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    name: str
    endpoint: str = ""  # without the bucket; "": Amazon's own
    region: str = "us-east-1"
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)
    prefix: str = ""
    virtual_hosted: bool = False  # the bucket is named in the host

    @property
    def address(self) -> str:
        """As the library wants it: with the bucket, where that belongs into the host."""
        if not self.endpoint or not self.virtual_hosted:
            return self.endpoint
        parts = urlsplit(self.endpoint)
        host = parts.netloc
        return urlunsplit(parts._replace(netloc=host if host.startswith(f"{self.name}.") else f"{self.name}.{host}"))


class S3Archive:
    """`links`: are readers sent to the storage itself?"""

    def __init__(self, bucket: Bucket, *, links: bool = False) -> None:
        self._links = links
        self._where = bucket.name
        config: S3Config = {
            "region": bucket.region,
            "access_key_id": bucket.access_key_id,
            "secret_access_key": bucket.secret_access_key,
            "virtual_hosted_style_request": bucket.virtual_hosted,
            "disable_bulk_delete": True,  # OSS has none
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
            told = {"Content-Type": type, "Cache-Control": KEPT}
            await obstore.put_async(self._store, place_of(copy.name), data, attributes=told)

    async def delete(self, copies: Sequence[ImageCopy]) -> None:
        """Raises ArchiveFailed."""
        for copy in copies:
            try:
                with self._translated():
                    await obstore.delete_async(self._store, place_of(copy.name))
            except FileNotFoundError:
                continue

    async def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`. Raises FileNotFoundError when it is not there, ArchiveFailed."""
        with self._translated():
            span = (start, copy.size if end is None else end)
            found = await obstore.get_async(self._store, place_of(copy.name), options={"range": span})
            async for piece in found.stream():
                yield bytes(piece)

    async def link(self, copy: ImageCopy) -> str | None:
        """An address that anybody may load for an hour; None when bytes are to be passed on. Raises ArchiveFailed."""
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
                raise ArchiveFailed("There is no such bucket.", hint="Create it, or mend S3_BUCKET.") from None
            raise
        except (PermissionDeniedError, UnauthenticatedError, PermissionError):
            hint = "Mend S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and what they may do."
            raise ArchiveFailed(f"The storage does not let us into the bucket {self._where}.", hint=hint) from None
        except (BaseError, OSError, ValueError) as error:
            words = "The storage did not do what it was asked."
            hint = "Can S3_ENDPOINT be reached? Are S3_REGION and S3_VIRTUAL_HOSTED right?"
            raise ArchiveFailed(f"{words} ({type(error).__name__})", hint=hint) from None
