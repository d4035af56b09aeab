"""The API under test with the `/mj` routes, and what its tests bring along."""

from __future__ import annotations

import base64
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from api.app import MAX_BODY
from api.http.auth import Access
from api.http.links import Links
from api.mj.routes import Load, MjRoutes
from tasks.domain.model import Action, Button, Task
from tests.support.service_twin import Answer, Caller, Twin, finished, running

FOUR_KEYS = ["code", "description", "result", "properties"]
BUTTONS = (
    Button(custom_id="MJ::JOB::upsample::1::adbd1ba4", label="U1", does=Action.UPSCALE, index=1),
    Button(custom_id="MJ::JOB::reroll::0::adbd1ba4::SOLO", emoji="🔄", style=2, does=Action.REROLL),
    Button(custom_id="MJ::CustomZoom::adbd1ba4", label="Custom Zoom", does=Action.ZOOM, opens_dialog=True),
    Button(custom_id="MJ::JOB::animate_low_extend::1::adbd1ba4", label="Extend", does=Action.VIDEO, index=1),
    Button(custom_id="MJ::JOB::animate_low_extend::2::adbd1ba4", label="Extend", does=Action.VIDEO, index=2),
    Button(custom_id="MJ::JOB::animate_high_extend::1::adbd1ba4", label="Extend", does=Action.VIDEO, index=1),
)


def png(width: int = 2, height: int = 3) -> bytes:
    """No pixels, but all that is looked at."""
    head = struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0" + bytes(4)
    return b"\x89PNG\r\n\x1a\n" + head + bytes(4) + b"IEND\xaeB`\x82"


def data_url(data: bytes | None = None) -> str:
    return "data:image/png;base64," + base64.b64encode(png() if data is None else data).decode()


def add_parent(service: Twin, **fields: Any) -> Task:
    """A finished drawing with buttons."""
    task = finished(service.add(buttons=BUTTONS, **fields))
    service.tasks[task.id] = task
    return task


@asynccontextmanager
async def speaking_mj(
    service: Twin | None = None,
    *,
    access: Access | None = None,
    links: Links | None = None,
    max_body: int = MAX_BODY,
    queued_code: int = 22,
    load: Load | None = None,
) -> AsyncIterator[Caller]:
    service = service or Twin()
    routes = MjRoutes(service, links or Links(), queued_code=queued_code, load=load).routes()
    async with running(service, access=access, links=links, max_body=max_body, more=routes) as caller:
        yield caller


def told(answer: Answer) -> Any:
    """A submit's answer, after what holds for each of them."""
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"] == "application/json"
    found = answer.json
    assert list(found) == FOUR_KEYS
    assert answer.body == msgspec.json.encode(found)  # compact
    assert type(found["code"]) is int
    assert isinstance(found["description"], str)
    assert found["description"]
    assert isinstance(found["properties"], dict)
    assert ("Error-Code" in answer.headers) is (found["code"] not in (1, 21, 22))
    assert "Traceback" not in found["description"]
    return found


async def taken(api: Caller, path: str, body: Any, code: int = 1) -> Task:
    """The task that a submit made."""
    found = told(await api.post(path, json=body))
    assert found["code"] == code, found
    return api.service.tasks[found["result"]]


async def refused(api: Caller, path: str, body: Any, code: int = 4) -> str:
    found = told(await api.post(path, json=body))
    assert found["code"] == code, found
    assert found["result"] is None
    description: str = found["description"]
    return description
