"""An error that replies to a running message, read from history, while a drawing with the same words has its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import OutcomeUnknown
from tasks.domain.events import Connected, HistoryRead, Refused, Started
from tasks.domain.interactions import Interaction
from tasks.domain.model import Action, Status, SubmitOptions
from tasks.tracking.unclaimed_messages import UnclaimedMessages
from tests.support.house import house
from tests.support.tasks import NOW, USER, keys, snowflake
from tests.tasks.sending.test_dispatcher import over, result


async def vanish(_account: str, _order: Interaction, _nonce: str) -> None:
    raise OutcomeUnknown("502")


async def test_the_error_ends_one_of_two_equal_tasks_and_the_result_the_other(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.answer = vanish
        ids = [(await home.service.imagine(SubmitOptions(), prompt="a dog")).id for _ in range(2)]
        for task_id in ids:
            await home.until_posted(task_id, 1, "unknown")
        now = home.clock.now()
        home.tracker.enqueue(Connected(account="a", gap_since=now))
        await home.until_recalled()  # what is told below comes after it
        begun = {"message_id": snowflake(now + 500), "interaction_id": snowflake(now + 100), "prompt": "a dog"}
        said = {"message_id": snowflake(now + 900), "reference_id": begun["message_id"], "prompt": "a dog"}
        for event in (
            Started(keys=keys(**begun, user_id=USER, sent_at=now + 500, from_history=True)),
            Refused(keys=keys(**said, sent_at=now + 900, from_history=True), code="internal_error", reason="No."),
            result(1, sent_at=now + 950, from_history=True),
            HistoryRead(account="a", since=0),
        ):
            home.tracker.enqueue(event)
        ended = [await home.until_task(task_id, over) for task_id in ids]
        assert sorted((task.status, task.result.fail_code) for task in ended) == [
            (Status.FAILURE, "internal_error"),
            (Status.SUCCESS, ""),
        ]


@pytest.mark.parametrize("pressed", [None, "grid"])
def test_what_an_error_leaves_out_its_running_message_has_told(pressed: str | None) -> None:
    unclaimed = UnclaimedMessages()
    known = {"interaction_id": snowflake(NOW), "reference_id": pressed, "action": Action.VARIATION, "index": 2}
    unclaimed.note(Started(keys=keys(message_id="p", prompt="a dog --v 7", user_id=USER, **known)))
    error = unclaimed.with_interaction(keys(message_id="e", reference_id="p", prompt="a dog"))
    unclaimed.note(Refused(keys=error, code="internal_error", reason="No."))
    [group] = unclaimed.groups("a")
    assert group.keys == keys(message_id="e", prompt="a dog", user_id=USER, **known)
