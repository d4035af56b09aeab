"""A short round in the ordinary suite; `python -m tests.schema` makes long ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.schema.rounds import run

REQUESTS = int(os.environ.get("SCHEMA_REQUESTS", "400"))
SEED = int(os.environ.get("SCHEMA_SEED", "1"))


@pytest.mark.timeout(60 + REQUESTS // 20)
async def test_whatever_is_asked_is_answered_as_the_document_says(tmp_path: Path) -> None:
    report = await run(REQUESTS, SEED, tmp_path)
    assert report.failures == [], str(report)
    assert report.requests == REQUESTS
    assert report.tasks > 3
    assert {200, 400, 401, 404, 405} <= set(report.statuses), str(report)
