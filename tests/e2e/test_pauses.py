"""A pause, wherever it starts, reaches the operator: once, and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.whole_service import receiver, whole


async def test_a_dead_token_is_told_once(tmp_path: Path) -> None:
    async with receiver() as operator, whole(tmp_path, environ={"ALERT_HOOK": operator.url}) as house:
        account = house.simulator.accounts[0]
        house.simulator.add_fault({"kind": "dead_token"})
        await operator.until(lambda: bool(operator.heard))
        [told] = operator.heard
        assert list(told) == ["event", "account", "reason", "text", "time"]
        assert (told["event"], told["account"], told["reason"]) == (
            "account_paused",
            account.channel_id,
            "token_invalid",
        )
        assert "DISCORD_TOKEN" in told["text"]
        async with house.client.session.get(f"{house.client.url}/health") as response:
            health = await response.json()
        assert health["reasons"] == [told["text"]]
        assert health["accounts"][0]["paused"] == "token_invalid"
    assert len(operator.heard) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "captcha"}, "solve it in Discord"),  # Discord's, in its answer to our POST
        ({"kind": "interaction", "status": 401}, "DISCORD_TOKEN"),
        ({"kind": "interaction", "status": 403, "code": 40002}, "wants the account verified"),
        ({"kind": "interaction", "status": 403, "code": 50001}, "cannot see its channel"),
        ({"kind": "interaction", "status": 404, "code": 10003}, "knows no such channel"),
        ({"kind": "trouble", "name": "captcha"}, "solve it in Discord"),  # MidJourney's
        ({"kind": "trouble", "name": "blocked"}, "MidJourney has blocked it"),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)
async def test_what_a_send_meets_is_told_once(tmp_path: Path, fault: dict[str, Any], words: str) -> None:
    async with receiver() as operator, whole(tmp_path, environ={"ALERT_HOOK": operator.url}) as house:
        house.simulator.add_fault(fault)
        await house.client.submit(action="IMAGINE", prompt="a dog")
        await operator.until(lambda: bool(operator.heard))
    [told] = operator.heard
    assert words in told["text"]
