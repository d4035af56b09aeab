"""Which events the receiver accepts: its channel, its interactions, private messages if enabled; no payload raises."""

from typing import Any

import pytest

from bot.gateway.receiver import EventReceiver
from tasks.domain.events import Acknowledged, Event, Informed, Withdrawn

OURS, PRIVATE, FOREIGN = "100", "200", "300"
READY = {
    "user": {"id": "7"},
    "private_channels": [{"id": PRIVATE, "type": 1, "recipient_ids": ["936929561302675456"]}, {"id": "201", "type": 3}],
}


def ear(heard: list[Event], *, private: bool = False) -> EventReceiver:
    one = EventReceiver(account="a0", channel_id=OURS, sink=heard.append, private=private)
    one.on_ready(READY)
    return one


def test_ready_says_who_we_are() -> None:
    assert ear([]).user_id == "7"
    unheard: list[Event] = []
    nobody = EventReceiver(account="a0", channel_id=OURS, sink=unheard.append, private=True)
    nobody.on_ready({})
    assert nobody.user_id is None


@pytest.mark.parametrize("private", [False, True])
def test_other_channels_are_not_heard(private: bool) -> None:
    heard: list[Event] = []
    listening = ear(heard, private=private)
    for channel in (OURS, PRIVATE, FOREIGN, "201"):
        listening.on_event("MESSAGE_DELETE", {"id": "5", "channel_id": channel})
    assert [event.keys.channel_id for event in heard if isinstance(event, Withdrawn)] == [OURS]


@pytest.mark.parametrize(("private", "seeds"), [(False, []), (True, ["77"])])
def test_in_private_channels_only_seeds_are_told(private: bool, seeds: list[str]) -> None:
    job = "6b049f49-994d-4139-bfaf-1b86b47566a1"
    heard: list[Event] = []
    listening = ear(heard, private=private)
    for content in (f"**a dog**\n**Job ID**: {job}\n**seed** 77", "**a dog** - <@7> (31%) (fast)"):
        message = {"id": "5", "channel_id": PRIVATE, "author": {"id": "936929561302675456"}, "content": content}
        listening.on_event("MESSAGE_CREATE", message)
    assert [event.seed for event in heard if isinstance(event, Informed)] == seeds
    assert len(heard) == len(seeds)


def test_a_bulk_deletion_is_many_deletions() -> None:
    heard: list[Event] = []
    ear(heard).on_event("MESSAGE_DELETE_BULK", {"ids": ["5", "6"], "channel_id": OURS})
    assert [event.keys.message_id for event in heard if isinstance(event, Withdrawn)] == ["5", "6"]


def test_interactions_without_a_channel_are_ours() -> None:
    heard: list[Event] = []
    ear(heard).on_event("INTERACTION_CREATE", {"id": "1574339878022283264", "nonce": "1574339878019504058"})
    assert [type(event) for event in heard] == [Acknowledged]
    ear(heard).on_event("INTERACTION_MODAL_CREATE", {"id": "1", "nonce": "2", "channel_id": FOREIGN})
    assert len(heard) == 1


@pytest.mark.parametrize("payload", [None, [], "text", 5, {}, {"channel_id": OURS}, {"channel_id": OURS, "ids": None}])
def test_strange_payloads_harm_nobody(payload: Any) -> None:
    heard: list[Event] = []
    listening = ear(heard)
    for name in ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE_BULK", "INTERACTION_SUCCESS", "RESUMED"):
        listening.on_event(name, payload)
