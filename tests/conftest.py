"""What holds for every test: it leaves no task behind, and is judged by what it finds, not by how fast it finds it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import hypothesis
import pytest

from tests.support import chromium

# A deadline for each example fails on a busy machine; pytest's timeout ends what hangs. Where it is judged what may
# land, the examples are the same each time: new ones are looked for at home.
hypothesis.settings.register_profile("ours", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("ours")

# A shell that starts us in the background has us ignore Ctrl+C, and whatever we start would ignore it, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = [] if chromium.IS_WANTED else ["console"]


def pytest_report_header() -> list[str]:
    return [f"no Chromium here, so without {name}: apt-get install chromium" for name in collect_ignore]


@pytest.fixture(autouse=True)
async def no_task_left_behind() -> AsyncIterator[None]:
    """Whatever a test started has ended when the test and its fixtures have."""
    yield
    left = [task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()} if not task.done()]
    assert not left, f"still running after the test: {', '.join(left)}"
