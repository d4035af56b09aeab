"""Files: pictures of results, uploads, and their storage.

Contract: pictures are rendered on request, in a thread, with a small cache. Paths are Discord's own, so that a client
needs to replace only the host.
"""

import asyncio
from collections import OrderedDict
from urllib.parse import quote

from aiohttp import web

from simulator.data.pictures import CONTENT_TYPES, DrawnPicture, render
from simulator.wire.bodies import read_json
from simulator.wire.rest import Rest
from simulator.world import uploads
from simulator.world.records import SimulatedAccount, now_ms
from simulator.world.responses import DiscordError, json_response
from simulator.world.state import World

_KEPT = 64
_HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=86400"}


class Cdn:
    def __init__(self, world: World, rest: Rest, *, upload_base: str) -> None:
        self._world = world
        self._rest = rest
        self._upload_base = upload_base
        self._drawn: OrderedDict[DrawnPicture, bytes] = OrderedDict()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for folder in ("attachments", "ephemeral-attachments"):
            router.add_get(f"/{folder}/{{channel}}/{{attachment}}/{{filename}}", self._get)
        self._rest.serve(router, (("POST", "/channels/{channel}/attachments", self._announce),))
        # Google's storage, which receives uploads, has paths of two parts.
        router.add_put("/{folder:[0-9a-f-]{36}}/{filename}", self._put)

    async def _get(self, request: web.Request) -> web.Response:
        file = None if _expired(request) else self._world.files.get(request.match_info["attachment"])
        if isinstance(file, DrawnPicture):
            data = await self._picture(file)
            return web.Response(body=data, content_type=CONTENT_TYPES[file.format], headers=_HEADERS)
        if file is not None and file.data is not None:
            return web.Response(body=file.data, content_type=file.content_type, headers=_HEADERS)
        return web.Response(status=404, text="This content is no longer available.", headers=_HEADERS)

    async def _picture(self, picture: DrawnPicture) -> bytes:
        data = self._drawn.get(picture)
        if data is None:
            data = await asyncio.to_thread(render, picture)
            self._drawn[picture] = data
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(picture)
        return data

    async def _announce(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        """The first step of an upload: reserve a place for each file."""
        channel = self._rest.channel_of(request, account)
        files = (await read_json(request)).get("files")
        if not isinstance(files, list) or not files:
            raise DiscordError(400, 50035, "Invalid Form Body")
        answer = []
        for item in files:
            name = uploads.announce(self._world, account, channel.id, str(item.get("filename") or "file"))
            upload_url = f"{self._upload_base}/{quote(name)}?upload_id={self._world.snowflakes.next()}"
            answer.append({"id": item.get("id"), "upload_url": upload_url, "upload_filename": name})
        return json_response({"attachments": answer})

    async def _put(self, request: web.Request) -> web.Response:
        """The second step: the bytes. The storage uses secret names instead of tokens."""
        name = f"{request.match_info['folder']}/{request.match_info['filename']}"
        return web.Response(status=200 if uploads.put(self._world, name, await request.read()) else 404)


def _expired(request: web.Request) -> bool:
    """Whether the signature is older than a day. Links of older eras have none."""
    try:
        return int(request.query.get("ex", "ffffffffff"), 16) * 1000 < now_ms()
    except ValueError:
        return True
