"""Call-backs through the whole service: signed, repeated under one id, listed for the operator and tried again."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.support.whole_service import Whole, whole

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(2))
ENVIRON = {"WEBHOOK_SECRET": f"{NEW},{OLD}", "ADMIN_SECRET": "operator"}


async def as_operator(house: Whole, method: str, path: str) -> Any:
    url = f"{house.client.url}/api/v1/deliveries{path}"
    async with house.client.session.request(method, url, headers={"mj-api-secret": "operator"}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_signed_given_up_and_delivered_when_the_operator_says_so(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=ENVIRON) as house:
        house.hooks.answers = [410]
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(task)
        [given_up] = await settled(house, task)
        shown = [given_up[key] for key in ("taskId", "event", "status", "attempts", "lastStatus", "lastError")]
        assert shown == [task, "end", "given_up", 1, 410, "answered 410"]
        assert given_up["receiver"] == house.hooks.url.removesuffix("/hook")

        assert (await as_operator(house, "POST", f"/{given_up['id']}/retry"))["id"] == given_up["id"]
        await house.hooks.until(lambda: len(house.hooks.came) == 2)
        for headers, body in house.hooks.came:
            for secret in (OLD, NEW):
                assert Webhook(secret).verify(body, headers)["_id"] == task
        assert len({headers["webhook-id"] for headers, _ in house.hooks.came}) == 1
        assert [delivery["status"] for delivery in await settled(house, task)] == ["done"]


async def settled(house: Whole, task: str) -> list[dict[str, Any]]:
    """The task's deliveries, once none is due: an answer is written down a moment after it was given."""
    while True:
        found: list[dict[str, Any]] = await as_operator(house, "GET", f"?taskId={task}")
        if all(delivery["status"] != "due" for delivery in found):
            return found
