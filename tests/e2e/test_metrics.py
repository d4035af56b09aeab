"""/metrics of the whole service: what was drawn is counted, and each leg of its way is timed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.api.ops.test_metrics import samples
from tests.support.whole_service import Client, whole

ENDED = 'mj_tasks_ended_total{action="IMAGINE",fail_code="%s",status="%s"}'


async def scraped(client: Client) -> dict[str, float]:
    async with client.session.get(f"{client.url}/metrics") as response:
        assert response.status == 200
        return samples(await response.text())


async def test_what_was_drawn_is_counted_and_timed(tmp_path: Path) -> None:
    async with whole(tmp_path, job_seconds=0.1) as house:
        client = house.client
        drawn = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(2)]
        banned = await client.submit(action="IMAGINE", prompt="a dog sim-banned")
        async with client.session.get(f"{client.url}/api/v1/events?lastEventId=0") as listening:
            await house.hooks.until_ended(*drawn, banned)
            async with asyncio.timeout(60):
                while (told := await scraped(client)).get(ENDED % ("", "SUCCESS"), 0) < 2:
                    await listening.content.readline()  # whatever is told was counted before
        assert told[ENDED % ("banned_prompt", "FAILURE")] == 1
        for leg in ("submit_to_sent", "sent_to_heard", "heard_to_end"):
            assert told[f'mj_task_leg_seconds_count{{leg="{leg}"}}'] == 3
        assert told['mj_sends_total{outcome="taken",purpose="draw"}'] == 3
        assert told['mj_http_requests_total{method="POST",route="/api/v1/trigger/submit",status="200"}'] == 3
        assert told["mj_database_up"] == 1
        [connected] = [value for name, value in told.items() if name.startswith("mj_account_connected{")]
        assert connected == 1
