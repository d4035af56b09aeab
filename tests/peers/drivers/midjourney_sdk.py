"""PyPI midjourney-sdk-py: REST alone, with a fixed version of /imagine and a session of its own."""

from __future__ import annotations

import os
from pathlib import Path

from midjourney_sdk_py import Midjourney
from report import GIVEN, jobs, refusal, step

client = step(
    "open", lambda: Midjourney(GIVEN["channel"], GIVEN["token"], "peers-session"), lambda one: f"guild {one.guild_id}"
)
PROMPT = "a red fox in the snow --v 6.1"  # it looks for these very words in the answer
message = step("imagine", lambda: client.imagine(PROMPT), lambda one: one["raw_message"]["content"])


def upscaled() -> str:
    url: str = client.upscale(message, 1)
    [job] = [one for one in jobs() if one["kind"] == "upscale"]
    assert job["index"] == 2, job
    return url


url = step("U2", upscaled, lambda one: one.split("?")[0].rsplit("/", 1)[-1])
step(
    "download as JPEG",
    lambda: Path(client.download_and_convert_image(url, "fox", ".", 0.9, (64, 64), True)).stat().st_size,
    lambda size: f"{size} bytes",
)

step("a command of today's version", lambda: refusal(lambda: client.imagine(PROMPT)))
os._exit(0)  # its thread would wait for minutes
