"""The live check names what it does not understand."""

from __future__ import annotations

from typing import Any

from app.commands.live_check import _kind, _of_commands
from bot.grammar.ids import APPLICATIONS
from bot.interactions import parse_command_index
from tasks.domain.model import Bot


def message(**parts: Any) -> dict[str, Any]:
    author = {"id": APPLICATIONS[Bot.MIDJOURNEY], "bot": True}
    return {"id": "1400000000000000001", "channel_id": "1", "type": 0, "author": author, "content": "", **parts}


def test_an_unknown_message_has_a_kind_and_a_reason() -> None:
    embed = {"title": "Quota changed", "description": "Something new", "color": 16711680, "type": "rich"}
    found = _kind(message(embeds=[embed], mentions=[{"id": "7"}]), "a", "7")
    assert found.endswith("unknown_error")
    assert "Quota" not in found


def test_a_drawing_in_progress_is_understood() -> None:
    assert _kind(message(content="**a dog** - <@7> (31%) (fast)"), "a", "7") == ""


def test_missing_and_unknown_commands_are_named() -> None:
    names = ("imagine", "conjure")
    listed = [{"id": "1", "version": "1", "name": n, "application_id": APPLICATIONS[Bot.NIJI]} for n in names]
    [found] = _of_commands("Account a", parse_command_index({"application_commands": listed}))
    assert "unknown here: conjure" in found.text
    assert "blend" in found.fix
