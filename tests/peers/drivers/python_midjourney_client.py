"""PyPI python-midjourney: REST of v10 alone, with a fixed version of /imagine and a session of its own."""

from __future__ import annotations

import os
import time

from python_midjourney import MidjourneyClient
from report import GIVEN, jobs, refusal, step

client = step("open", lambda: MidjourneyClient(GIVEN["token"], GIVEN["channel"]), lambda _: "done")
step("the channel", client.get_channel_info, lambda one: one["name"])


def whole() -> dict[str, object]:
    result = client.generate_image("a red fox in the snow", timeout=12)
    assert result, "it gave up; what it printed says why"
    return dict(result)


def ended() -> str:
    """It takes the first picture that it sees, which may be a step on the way."""
    until = time.monotonic() + 5
    while time.monotonic() < until and jobs()[0]["status"] != "finished":
        time.sleep(0.05)
    return str(jobs()[0]["status"])


step("imagine", whole, lambda one: f"{one['total_files']} files")
step("the job ends", ended)
step("a command of today's version", lambda: refusal(lambda: client.generate_image("a blue whale", timeout=1)))
os._exit(0)  # its thread may still wait
