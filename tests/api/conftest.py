"""The API on a free port, around the twin of the use-cases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.twin import Caller, running


@pytest.fixture
async def api() -> AsyncIterator[Caller]:
    async with running() as caller:
        yield caller
