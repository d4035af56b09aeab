"""The smallest of some rounds, so that what `make chaos` stands on is exercised by every test run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.company import owner_draws
from tests.chaos.fuzz import grammar
from tests.chaos.hooks import hooks
from tests.chaos.judge import Verdict
from tests.chaos.kills import kills
from tests.chaos.receiver import KIND
from tests.chaos.soak import soak
from tests.chaos.wires import wires

SEED = 1
GROUP = 12


def as_it_must_be(verdict: Verdict, accepted: int = GROUP) -> None:
    assert verdict.complaints == []
    assert verdict.counts["accepted"] == accepted
    assert verdict.counts["SUCCESS"] + verdict.counts["CANCEL"] == accepted


async def test_kills(tmp_path: Path) -> None:
    verdict = await kills(tmp_path, SEED, count=2, groups=1, mood=KIND)
    as_it_must_be(verdict)
    assert verdict.counts["pictures looked into"] > 0


async def test_wires(tmp_path: Path) -> None:
    as_it_must_be(await wires(tmp_path, SEED, groups=1, mood=KIND))


async def test_owner_draws(tmp_path: Path) -> None:
    verdict = await owner_draws(tmp_path, SEED, tasks=8, hands=(2,), latencies=(100,), eras=("2026",), job_seconds=0.5)
    assert verdict.complaints == []
    assert verdict.counts["drawn by hand"] == 2
    assert verdict.counts["own pictures"] + verdict.counts["pictures of an equal task"] >= 7  # one may be refused


async def test_hooks(tmp_path: Path) -> None:
    verdict = await hooks(tmp_path, SEED, tasks=2, job_seconds=0.2)
    assert verdict.complaints == []
    assert verdict.counts["ends told while others hung"] == 2


async def test_grammar() -> None:
    verdict = await grammar(SEED, count=1000)
    assert verdict.complaints == []
    assert verdict.counts["understood as something"] > verdict.counts["understood as nothing"] > 0


async def test_soak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = await soak(tmp_path, SEED, seconds=2.0, mood=KIND)
    assert verdict.counts["MB at the end"] > 10
    assert verdict.counts["files at the end"] > 5
    assert "ms to submit" in capsys.readouterr().out
