"""Pictures behind links: fetched over real sockets from a server of the test's own, within limits, and never from
where a stranger must not lead us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import httpcore
import pytest
from aiohttp import web

from api.images.picture_fetch import REDIRECTS, PictureFetch
from api.outbound.allowlist import EVERYTHING, Allowlist
from api.outbound.guarded_transport import GuardedBackend
from tasks.prompts.images import MOST_BYTES, BadPicture
from tests.support.mj_client import data_url, png, speaking_mj, told
from tests.support.service_twin import Caller
from tests.support.web_server import loopback

IMAGINE, DESCRIBE, BLEND, MODAL = (f"/mj/submit/{name}" for name in ("imagine", "describe", "blend", "modal"))
PUBLIC = "1.1.1.1"


class Pictures:
    """A server of pictures; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sent = 0
        self.url = ""
        self.left = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path:
            case "/dog.png":
                return web.Response(body=png())
            case "/cat":
                return web.Response(body=png(5, 5), content_type="text/plain")
            case "/svg":
                return web.Response(body=b"<svg xmlns='x'/>", content_type="image/png")
            case "/large":
                return await self._endless(request, web.StreamResponse())
            case "/slow":
                await self.left.wait()
                return web.Response()
            case "/missing":
                return web.Response(status=404)
            case "/cookie":
                raise web.HTTPFound("/cookies", headers={"Set-Cookie": "a=b"})
            case "/cookies":
                return web.Response(body=png() if "Cookie" not in request.headers else b"")
            case "/heavy":
                return await self._endless(request, web.StreamResponse(status=302, headers={"Location": "/dog.png"}))
            case "/away":
                raise web.HTTPFound(request.query["to"])
        raise web.HTTPFound("/round")

    async def _endless(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        await response.prepare(request)
        try:
            while self.sent < 10 * MOST_BYTES:
                await response.write(bytes(2**20))
                self.sent += 2**20
        except ConnectionError:
            self.left.set()
        return response


@pytest.fixture
async def pictures() -> AsyncIterator[Pictures]:
    made = Pictures()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with loopback(app) as made.url:
        try:
            yield made
        finally:
            made.left.set()


@asynccontextmanager
async def speaking(allowed: Allowlist = EVERYTHING, *, seconds: float = 20) -> AsyncIterator[Caller]:
    async with PictureFetch(allowed, seconds=seconds) as load, speaking_mj(load=load) as mj:
        yield mj


async def refusal(mj: Caller, url: str) -> str:
    found = told(await mj.post(IMAGINE, json={"prompt": "a", "base64Array": [url]}))
    assert found["code"] == 4, found
    assert not mj.service.tasks
    description: str = found["description"]
    return description


# ---------------------------------------------------------------- through the routes


async def test_a_link_stands_for_its_picture(pictures: Pictures) -> None:
    async with speaking() as mj:
        dog, cat = f" {pictures.url}/dog.png?x=1 ", f"{pictures.url}/cat"
        told(await mj.post(DESCRIBE, json={"base64": dog}))
        told(await mj.post(BLEND, json={"base64Array": [cat, data_url(), dog, cat]}))
        [picture, link], [blended, _] = mj.service.brought
        assert (picture.data, picture.filename, link) == (png(), "picture1.png", "")  # type: ignore[attr-defined]  # what was brought are pictures
        assert [p.data for p in blended] == [png(5, 5), png(), png(), png(5, 5)]  # type: ignore[attr-defined]  # what was brought are pictures
        assert sorted(pictures.asked) == ["/cat", "/dog.png", "/dog.png"]  # one request loads a link once


async def test_a_mask_may_be_a_link(pictures: Pictures) -> None:
    async with speaking() as mj:
        task = mj.service.add()
        body = {"taskId": task.id, "maskBase64": f"{pictures.url}/dog.png"}
        assert told(await mj.post(MODAL, json=body))["code"] == 1
        assert mj.service.brought == [(None, png())]
        other = {"prompt": "a", "maskBase64": f"{pictures.url}/missing"}
        assert told(await mj.post(IMAGINE, json=other))["code"] == 1  # imagine has no masks


async def test_links_that_are_midjourneys_to_load_are_not_loaded(pictures: Pictures) -> None:
    async with speaking() as mj:
        url = f"{pictures.url}/dog.png"
        told(await mj.post(DESCRIBE, json={"link": url}))
        told(await mj.post("/mj/submit/video", json={"prompt": "a", "image": url}))
        assert [given[:2] for given in mj.service.brought] == [(None, url), ("", url)]
        assert pictures.asked == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/svg", "an SVG drawing"),
        ("/missing?token=s3cret", "the server answered 404"),
        ("/round", "redirects more than 3 times"),
        ("/away?to=file:///etc/passwd", "not http or https"),
        ("/away?to=http://[", "127.0.0.1 cannot be loaded"),
    ],
)
async def test_what_is_no_picture_is_refused_with_the_reason(pictures: Pictures, path: str, why: str) -> None:
    async with speaking() as mj:
        description = await refusal(mj, pictures.url + path)
        assert why in description
        assert "s3cret" not in description
        assert len(pictures.asked) <= REDIRECTS + 1


async def test_what_is_too_large_is_cut_off(pictures: Pictures) -> None:
    async with speaking() as mj:
        assert "larger than 20 MB" in await refusal(mj, f"{pictures.url}/large")
        await asyncio.wait_for(pictures.left.wait(), 60)
        assert pictures.sent < 5 * MOST_BYTES


async def test_what_comes_with_a_redirect_is_not_read(pictures: Pictures) -> None:
    async with PictureFetch(EVERYTHING) as load:
        url = f"{pictures.url}/heavy"
        assert await load([url]) == {url: png()}
        await asyncio.wait_for(pictures.left.wait(), 60)
        assert pictures.sent < MOST_BYTES


async def test_what_is_too_slow_is_given_up(pictures: Pictures) -> None:
    async with speaking(seconds=0.05) as mj:
        assert "did not arrive in time" in await refusal(mj, f"{pictures.url}/slow")


async def test_too_many_links_are_not_loaded(pictures: Pictures) -> None:
    async with speaking() as mj:
        found = told(await mj.post(IMAGINE, json={"base64Array": [f"{pictures.url}/cat?{n}" for n in range(6)]}))
        assert "at most 5" in found["description"]
        assert pictures.asked == []


async def test_a_server_that_is_not_there_is_told() -> None:
    async with speaking() as mj:
        assert "there is no connection" in await refusal(mj, "http://127.0.0.1:9/x.png")


async def test_no_cookie_is_kept(pictures: Pictures) -> None:
    async with PictureFetch(EVERYTHING) as load:
        url = f"{pictures.url}/cookie"
        assert await load([url]) == {url: png()}


# ---------------------------------------------------------------- where a link may lead


async def test_private_addresses_are_refused(pictures: Pictures) -> None:
    port = pictures.url.rpartition(":")[2]
    async with speaking(Allowlist()) as mj:
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"):
            assert "not public" in await refusal(mj, f"http://{host}:{port}/dog.png")
        assert pictures.asked == []


class Detour(httpcore.AsyncNetworkBackend):
    """Leads the one public address to the test's own server."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        assert host == PUBLIC
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", port, timeout, local_address, socket_options)


async def look_up(name: str) -> Sequence[str]:
    return [PUBLIC if name == "pictures.example" else "127.0.0.1"]


async def test_a_redirect_leads_to_public_addresses_only(pictures: Pictures) -> None:
    port = pictures.url.rpartition(":")[2]
    base = f"http://pictures.example:{port}"
    async with PictureFetch(Allowlist(), guard=GuardedBackend(Allowlist(), lookup=look_up, inner=Detour())) as load:
        allowed = f"{base}/away?to={base}/dog.png"
        assert await load([allowed]) == {allowed: png()}
        with pytest.raises(BadPicture, match=r"pictures\.example cannot be loaded: .* not public"):
            await load([f"{base}/away?to=http://inside.example:{port}/dog.png"])
        assert pictures.asked == ["/away", "/dog.png", "/away"]


async def test_the_operator_may_allow_a_name(pictures: Pictures) -> None:
    port = pictures.url.rpartition(":")[2]
    allowed = Allowlist.of(["*.inside.example"])
    async with PictureFetch(allowed, guard=GuardedBackend(allowed, lookup=look_up)) as load:
        url = f"http://files.inside.example:{port}/dog.png"
        assert await load([url]) == {url: png()}
        with pytest.raises(BadPicture, match="not public"):
            await load([f"http://files.inside.example:{port}/away?to=http://127.0.0.1:{port}/dog.png"])


class Speaks(httpcore.AsyncNetworkBackend):
    """One answer for each connection, over TLS or not."""

    def __init__(self, *answers: bytes) -> None:
        self.ports: list[int] = []
        self._answers = iter(answers)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.ports.append(port)
        return httpcore.AsyncMockStream([next(self._answers)])


@pytest.mark.parametrize(("target", "is_followed"), [("http", False), ("https", True)])
async def test_what_was_asked_for_over_tls_does_not_come_without_it(target: str, is_followed: bool) -> None:
    away = f"HTTP/1.1 302 Found\r\nLocation: {target}://pictures.example/dog.png\r\nContent-Length: 0\r\n\r\n"
    wire = Speaks(away.encode(), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ndog")
    async with PictureFetch(Allowlist(), guard=GuardedBackend(Allowlist(), lookup=look_up, inner=wire)) as load:
        url = "https://pictures.example/dog.png"
        if is_followed:
            assert await load([url]) == {url: b"dog"}
        else:
            with pytest.raises(BadPicture, match="redirects from https to http"):
                await load([url])
    assert wire.ports == [443, 443] if is_followed else [443]
