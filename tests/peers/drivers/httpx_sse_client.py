"""PyPI httpx-sse: server-sent events over httpx."""

from __future__ import annotations

import asyncio
import json

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse
from report import GIVEN, astep

SECRET = {"mj-api-secret": GIVEN["secret"]}


async def submit(http: httpx.AsyncClient, prompt: str) -> str:
    answer = await http.post("/api/v1/trigger/submit", json={"action": "IMAGINE", "prompt": prompt})
    return str(answer.json()["result"])


async def main() -> None:
    async with httpx.AsyncClient(base_url=GIVEN["service"], headers=SECRET, timeout=10) as http:
        heard: list[ServerSentEvent] = []

        async def everything() -> str:
            async with aconnect_sse(http, "GET", "/api/v1/events") as source:
                events = source.aiter_sse()
                wanted = asyncio.create_task(submit(http, "a red fox"))
                async for event in events:
                    if event.event != "task":
                        continue
                    told = json.loads(event.data)
                    if told["taskId"] != await wanted:
                        continue
                    heard.append(event)
                    if told["task"]["finishTime"]:
                        assert told["task"]["status"] == "SUCCESS", told
                        return f"{'several' if len(heard) > 2 else len(heard)} events, the last one SUCCESS"
            raise AssertionError("the stream ended")

        async def goes_on() -> str:
            first = heard[0].id
            async with aconnect_sse(http, "GET", "/api/v1/events", headers={"Last-Event-ID": first}) as source:
                async for event in source.aiter_sse():
                    if event.event == "task":
                        assert int(event.id) > int(first), f"{event.id} after {first}"
                        return "what followed, without what was seen"
            raise AssertionError("the stream ended")

        async def one() -> str:
            wanted = await submit(http, "a blue whale")
            status = ""
            async with aconnect_sse(http, "GET", f"/api/v1/tasks/{wanted}/events") as source:
                async for event in source.aiter_sse():
                    if event.event == "task":
                        status = json.loads(event.data)["task"]["status"]
            return f"{status}, then the stream ended"

        await astep("all tasks", everything)
        await astep("go on after a cut, by Last-Event-ID", goes_on)
        await astep("one task, until the stream ends", one)


asyncio.run(main())
