"""Vary (Region): the two endpoints of its web page, which receive a mask and a prompt.

Contract: a token starts one job for the account that pressed. A setting selects which of the two endpoints is served;
the other returns 404.
"""

import base64
import binascii
import io
import json
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web
from PIL import Image

from simulator.midjourney.replies import Replies
from simulator.world.records import Interaction
from simulator.world.responses import json_response
from simulator.world.state import World

Answer = Callable[[str, dict[str, object]], None]  # the prompt, and the facts about the mask

_TITLES = ("Vary (Region)", "Inpaint")  # both have been seen
OLD, NEW, BOTH = "old", "new", "both"


class Inpaint:
    def __init__(self, world: World, replies: Replies) -> None:
        self._world = world
        self._replies = replies
        self._open: dict[str, Answer] = {}

    def reset(self) -> None:
        self._open.clear()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/inpaint/api/submit-job", self._old)
        router.add_post("/.proxy/inpaint/api/submit-job/{token}", self._new)

    def open(self, interaction: Interaction, answer: Answer) -> None:
        token = secrets.token_hex(16)
        self._open[token] = answer
        path = f"/inpaint/index.html?custom_id=MJ%3A%3Aiframe%3A%3A{token}"
        self._replies.frame(interaction, title=self._world.random.choice(_TITLES), path=path, token=token)
        self._world.touch()

    async def _old(self, request: web.Request) -> web.Response:
        body = await _read(request)
        return await self._submitted(OLD, str(body.get("customId")), body)

    async def _new(self, request: web.Request) -> web.Response:
        return await self._submitted(NEW, request.match_info["token"], await _read(request))

    async def _submitted(self, form: str, token: str, body: dict[str, Any]) -> web.Response:
        if self._world.settings.inpaint not in (form, BOTH) or token not in self._open:
            return _refused(404, "Not Found")
        prompt, mask = body.get("prompt"), _mask(body.get("mask"))
        if not isinstance(prompt, str):
            return _refused(400, "prompt is required")
        if mask is None:
            return _refused(400, "mask is no picture in base64")
        answer = self._open.pop(token)
        answer(prompt, {"form": form, **mask})
        return json_response({"status": "ok"})


def _mask(text: Any) -> dict[str, object] | None:
    """Format and size of the mask, and the share of white, the area to change."""
    try:
        data = base64.b64decode(text, validate=True)
        with Image.open(io.BytesIO(data)) as image:
            white = image.convert("L").histogram()[128:]
            share = sum(white) / (image.width * image.height)
            return {"mask": str(image.format), "size": list(image.size), "white": round(share, 3)}
    except (TypeError, ValueError, binascii.Error, OSError):
        return None


async def _read(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _refused(status: int, text: str) -> web.Response:
    return json_response({"error": text}, status)
