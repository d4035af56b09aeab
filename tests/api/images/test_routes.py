"""/images over a socket: whole, in part, known already, cut, gone; to anybody, and never as what it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from api.http.auth import Access
from api.http.links import Links
from api.images.routes import WIDTHS, ImageRoutes
from storage.archive.image_variants import WIDTHS as CUT_WIDTHS
from tasks.domain.errors import ArchiveFailed, CannotCut, CuttingBusy
from tasks.domain.model import Image
from tasks.results.image_copy import ImageCopy
from tests.storage.archive.test_disk import COPY
from tests.support.service_twin import FETCH, Answer, Twin, running

DATA = bytes(range(256)) * 4
PICTURE = replace(COPY, size=len(DATA))
CLIP = replace(PICTURE, name=COPY.name.replace(".png", ".mp4"), type="video/mp4")
PATH = f"/images/{PICTURE.name}"


class Shelf:
    """An archive in memory. `breaks` is raised by whatever reads; `after` bytes come first."""

    def __init__(self) -> None:
        self.copies = {PICTURE.name: PICTURE, CLIP.name: CLIP}
        self.breaks: Exception | None = None
        self.after = 0
        self.cuts: list[tuple[int | None, int | None]] = []
        self.elsewhere: str | None = None

    async def find(self, name: str) -> ImageCopy | None:
        return self.copies.get(name)

    async def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        if self.after:
            yield DATA[: self.after]
        if self.breaks is not None:
            raise self.breaks
        for place in range(start, len(DATA) if end is None else end, 100):
            yield DATA[place : min(place + 100, len(DATA) if end is None else end)]

    async def cut(self, copy: ImageCopy, width: int | None, tile: int | None) -> bytes:
        if self.breaks is not None:
            raise self.breaks
        self.cuts.append((width, tile))
        return b"a cut"

    async def link(self, copy: ImageCopy) -> str | None:
        return self.elsewhere


async def asked(
    path: str = PATH, shelf: Shelf | None = None, method: str = "GET", secret: str = "s", **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with running(access=Access(secret=secret), more=ImageRoutes(shelf or Shelf()).routes()) as api:
        return await api.ask(method, path, headers=named)


async def test_whole_and_kept_for_ever_without_a_secret() -> None:
    answer = await asked()
    assert (answer.status, answer.body) == (200, DATA)
    told = answer.headers
    assert told["Content-Type"] == "image/png"
    assert told["Content-Length"] == str(len(DATA))
    assert told["Cache-Control"] == "public, max-age=31536000, immutable"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Content-Security-Policy"].endswith("sandbox")
    assert told["Content-Disposition"] == 'inline; filename="adbd1ba4-0123-4567-89ab-cdef01234567.png"'
    assert told["ETag"] == f'"{PICTURE.name}"'
    assert told["Access-Control-Allow-Origin"] == "*"
    assert told["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("secret", ["s", ""])
async def test_a_page_of_any_origin_may_read_it(secret: str) -> None:
    answer = await asked(secret=secret, Origin="https://page.example")
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


async def test_to_be_saved() -> None:
    answer = await asked(f"{PATH}?download=1")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")


async def test_head_tells_the_same_without_the_bytes() -> None:
    answer = await asked(method="HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize(
    ("asked_for", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=1000-", 1000, 1024), ("bytes=-5", 1019, 1024), ("bytes=10-5000", 10, 1024)],
)
async def test_a_part(asked_for: str, start: int, end: int) -> None:
    answer = await asked(f"/images/{CLIP.name}", Range=asked_for)
    assert (answer.status, answer.body) == (206, DATA[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert answer.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("asked_for", ["bytes=1024-", "bytes=5000-6000"])
async def test_no_such_part(asked_for: str) -> None:
    answer = await asked(Range=asked_for)
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (416, b"", f"bytes */{len(DATA)}")


@pytest.mark.parametrize("asked_for", ["bytes=0-1,5-6", "lines=1-2", "bytes=9-1", "x"])
async def test_a_range_that_is_not_understood_is_answered_whole(asked_for: str) -> None:
    answer = await asked(Range=asked_for)
    assert (answer.status, answer.body) == (200, DATA)


async def test_a_part_of_another_version_is_answered_whole() -> None:
    assert (await asked(Range="bytes=0-1", If_Range='"other"')).status == 200
    assert (await asked(Range="bytes=0-1", If_Range=f'"{PICTURE.name}"')).status == 206


@pytest.mark.parametrize("known", [f'"{PICTURE.name}"', f'"x", W/"{PICTURE.name}"', "*"])
async def test_what_is_known_is_not_sent_again(known: str) -> None:
    answer = await asked(If_None_Match=known)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["Cache-Control"].endswith("immutable")


# ---------------------------------------------------------------- cut


@pytest.mark.parametrize(
    ("query", "cut"), [("w=320", (320, None)), ("tile=3", (None, 3)), ("tile=1&w=160", (160, 1)), ("w=&tile=", None)]
)
async def test_cut(query: str, cut: tuple[int | None, int | None] | None) -> None:
    shelf = Shelf()
    answer = await asked(f"{PATH}?{query}", shelf)
    assert answer.status == 200
    assert (answer.body, answer.headers["Content-Type"]) == ((b"a cut", "image/webp") if cut else (DATA, "image/png"))
    assert shelf.cuts == ([cut] if cut else [])
    assert (answer.headers["ETag"] == f'"{PICTURE.name}"') is (cut is None)


@pytest.mark.parametrize("query", ["w=321", "w=-1", "w=%D9%A1%D9%A6%D9%A0", "tile=0", "tile=5", "w=320.0", "tile=1e0"])
async def test_only_what_is_offered_can_be_asked_for(query: str) -> None:
    shelf = Shelf()
    answer = await asked(f"{PATH}?{query}", shelf)
    assert (answer.status, answer.headers["Error-Code"], shelf.cuts) == (400, "bad_request", [])


def test_the_widths_are_those_that_are_cut() -> None:
    assert WIDTHS == CUT_WIDTHS


@pytest.mark.parametrize(
    ("error", "status"), [(CannotCut(), 400), (CuttingBusy(), 503), (ArchiveFailed(), 503), (FileNotFoundError(), 404)]
)
async def test_a_cut_that_cannot_be_had(error: Exception, status: int) -> None:
    shelf = Shelf()
    shelf.breaks = error
    answer = await asked(f"{PATH}?w=320", shelf)
    assert answer.status == status
    assert answer.headers["Cache-Control"] == "no-store"


# ---------------------------------------------------------------- what is not there


@pytest.mark.parametrize(
    "path",
    [
        "/images/x.png",
        f"{PATH}x",
        "/images/..%2F..%2Fetc%2Fpasswd",
        "/images/%2e%2e",
        f"/images/a%2F{PICTURE.name}",
        f"/images/{PICTURE.name.upper()}",
    ],
)
async def test_no_such_picture(path: str) -> None:
    answer = await asked(path)
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert b'"code":0' in answer.body


@pytest.mark.parametrize("path", ["/images", "/images/"])
async def test_there_is_no_list(path: str) -> None:
    assert (await asked(path, secret="")).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_changed(method: str) -> None:
    assert (await asked(method=method, secret="")).status == 405


@pytest.mark.parametrize(("error", "status"), [(FileNotFoundError(), 404), (ArchiveFailed("at /secret/path"), 503)])
async def test_a_file_that_cannot_be_opened_is_answered_as_such(error: Exception, status: int) -> None:
    shelf = Shelf()
    shelf.breaks = error
    answer = await asked(shelf=shelf)
    assert answer.status == status
    assert b"secret" not in answer.body


async def test_what_breaks_off_on_the_way_is_seen_to_be_cut() -> None:
    shelf = Shelf()
    shelf.breaks, shelf.after = ArchiveFailed(), 100
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await asked(shelf=shelf)


async def test_readers_are_sent_to_the_storage_where_that_is_set() -> None:
    shelf = Shelf()
    shelf.elsewhere = "https://bucket.example/x?signature"
    answer = await asked(shelf=shelf)
    assert (answer.status, answer.headers["Location"]) == (302, shelf.elsewhere)
    assert answer.headers["Cache-Control"].startswith("private")


# ---------------------------------------------------------------- links

STORED = Image(url="https://cdn.discordapp.com/attachments/1/2/a.png?ex=1", stored=PICTURE.name)


@pytest.mark.parametrize(
    ("links", "url"),
    [
        (Links(public_url="https://draw.example/"), f"https://draw.example{PATH}"),
        (Links(address="http://127.0.0.1:3000"), f"http://127.0.0.1:3000{PATH}"),
        (Links(public_url="https://draw.example", address="http://127.0.0.1:3000"), f"https://draw.example{PATH}"),
        (Links(), STORED.url),
        (Links(cdn_base="http://cdn.example"), "http://cdn.example/attachments/1/2/a.png?ex=1"),
    ],
)
def test_a_copy_is_named_where_we_know_our_own_address(links: Links, url: str) -> None:
    assert links.image(STORED) == url
    assert links.image(replace(STORED, stored="")) == links.picture(STORED.url)


async def fetched(**headers: str) -> Any:
    """What fetch answers of a task with a copy, asked under this name."""
    twin = Twin()
    task = twin.add(image=STORED)
    async with running(twin, access=Access(secret="s")) as api:
        named = {"mj-api-secret": "s"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return (await api.get(f"{FETCH}?_id={task.id}", headers=named)).json


async def test_an_answer_names_us_as_we_were_asked() -> None:
    assert (await fetched(Host="draw.example:8080"))["imageUrl"] == f"http://draw.example:8080{PATH}"
    forwarded = await fetched(Host="draw.example", X_Forwarded_Proto="https")
    assert forwarded["imageUrl"] == f"https://draw.example{PATH}"
    assert forwarded["uri"] == STORED.url
    assert (await fetched(Host='x"><script>'))["imageUrl"] == STORED.url


async def test_many_read_at_once() -> None:
    async with running(more=ImageRoutes(Shelf()).routes()) as api:
        answers = await asyncio.gather(*(api.get(PATH) for _ in range(50)))
        assert {answer.body for answer in answers} == {DATA}
