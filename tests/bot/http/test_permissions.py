"""What a member may do in a channel, by Discord's own algorithm."""

from __future__ import annotations

from typing import Any

import pytest

from bot.http.permissions import USE_APPLICATION_COMMANDS, may_use_commands, membership_of

BIT = str(USE_APPLICATION_COMMANDS)
GUILD, ME, PAINTERS, MUTED = "10", "7", "11", "12"


def ready(*, everyone: str = BIT, roles: tuple[str, ...] = (), owner: str = "1", **more: Any) -> dict[str, Any]:
    listed = [{"id": GUILD, "permissions": everyone}, {"id": PAINTERS, "permissions": BIT}, {"id": MUTED}]
    guild = {"id": GUILD, "roles": listed, "properties": {"owner_id": owner}}
    member = {"user_id": ME, "roles": list(roles)}
    return {"user": {"id": ME}, "guilds": [{"id": "9"}, guild], "merged_members": [[], [member]], **more}


def overwrite(id_: str, type_: int | str, *, allow: str = "0", deny: str = "0") -> dict[str, Any]:
    return {"id": id_, "type": type_, "allow": allow, "deny": deny}


def may(document: dict[str, Any], *overwrites: dict[str, Any]) -> bool | None:
    return may_use_commands(membership_of(document, GUILD), {"permission_overwrites": list(overwrites)})


@pytest.mark.parametrize(
    ("document", "overwrites", "answer"),
    [
        (ready(), (), True),
        (ready(everyone="0"), (), False),
        (ready(everyone="0", roles=(PAINTERS,)), (), True),
        (ready(everyone="8"), (overwrite(GUILD, 0, deny=BIT),), True),  # an administrator
        (ready(everyone="0", owner=ME), (), True),
        (ready(), (overwrite(GUILD, 0, deny=BIT),), False),
        (ready(), (overwrite(GUILD, "role", deny=BIT),), False),  # as the API wrote it before v8
        (ready(roles=(PAINTERS,)), (overwrite(GUILD, 0, deny=BIT), overwrite(PAINTERS, 0, allow=BIT)), True),
        (ready(), (overwrite(GUILD, 0, deny=BIT), overwrite(PAINTERS, 0, allow=BIT)), False),  # not its role
        (
            ready(roles=(PAINTERS, MUTED)),
            (overwrite(MUTED, 0, deny=BIT), overwrite(PAINTERS, 0, allow=BIT)),
            True,  # among roles, to allow wins
        ),
        (ready(), (overwrite(ME, 1, deny=BIT),), False),
        (ready(), (overwrite(ME, 0, deny=BIT),), True),  # a role with the member's id is another thing
    ],
)
def test_permissions(document: dict[str, Any], overwrites: tuple[dict[str, Any], ...], answer: bool) -> None:
    assert may(document, *overwrites) is answer


@pytest.mark.parametrize(
    "document",
    [
        ready(guilds=[{"id": GUILD, "unavailable": True}]),
        ready(guilds=[]),
        ready(merged_members=[[], []]),
        ready(merged_members="odd"),
        {},
    ],
)
def test_what_ready_does_not_say_is_unknown(document: dict[str, Any]) -> None:
    assert may(document) is None


def test_a_thread_has_no_overwrites_of_its_own() -> None:
    assert may_use_commands(membership_of(ready(everyone="0"), GUILD), {"type": 11}) is None


def test_members_inside_the_guild_serve_as_well() -> None:
    member = {"user": {"id": ME}, "roles": []}
    guild = {"id": GUILD, "owner_id": "1", "roles": [{"id": GUILD, "permissions": "0"}], "members": [member]}
    assert may({"user": {"id": ME}, "guilds": [guild]}) is False
