"""Open dialogs and their submits: the modals of Remix mode, Custom Zoom, /describe and others.

Contract: an open dialog costs and blocks nothing, however long it stays open. A submit must match the dialog it names:
the same account, bot and ids; each dialog is filled in once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from simulator.data import components
from simulator.data.components import LABEL, ROW, TEXT_INPUT
from simulator.midjourney.replies import Replies
from simulator.world.messages import BOTS, application_object
from simulator.world.records import Interaction, SimulatedAccount
from simulator.world.responses import invalid_component, invalid_form, unknown
from simulator.world.state import World

Answer = Callable[[Interaction, str], None]  # the submit, and the entered text


@dataclass(frozen=True, kw_only=True)
class Dialog:
    account: SimulatedAccount
    application_id: str
    custom_id: str
    field: str
    label: bool  # the field is in a label instead of a row; the submit must mirror that
    answer: Answer


class Dialogs:
    def __init__(self, world: World, replies: Replies) -> None:
        self._world = world
        self._replies = replies
        self._open: dict[str, Dialog] = {}

    def reset(self) -> None:
        self._open.clear()

    def open(
        self, interaction: Interaction, *, custom_id: str, field: str, title: str, value: str, answer: Answer
    ) -> None:
        """Send the dialog to the session that pressed; nothing else happens until it is filled in."""
        self._open[interaction.id] = Dialog(
            account=interaction.account,
            application_id=interaction.application_id,
            custom_id=custom_id,
            field=field,
            label=self._world.settings.dialog_form == "label",
            answer=answer,
        )
        entry = components.text_input(field, "Prompt", value)
        self._replies.open_dialog(
            "INTERACTION_MODAL_CREATE",
            interaction,
            channel_id=interaction.channel_id,
            custom_id=custom_id,
            application=application_object(BOTS[interaction.application_id]),
            title=title,
            components=components.with_label("Prompt", entry)
            if self._open[interaction.id].label
            else components.rows([entry]),
        )
        self._world.touch()

    def check(self, interaction: Interaction) -> None:
        """Raise Discord's error for a submit that does not match."""
        data = interaction.data
        dialog = self._open.get(str(data.get("id")))
        if dialog is not None and dialog.account is not interaction.account:
            self._world.mixup(f"dialog {data.get('id')} was filled by another account")
            dialog = None
        if dialog is None:
            raise unknown("interaction", 10062)
        if dialog.application_id != interaction.application_id:
            raise unknown("Application", 10002)
        if data.get("custom_id") != dialog.custom_id:
            raise invalid_component()
        if not _entered(data, dialog):
            raise invalid_form("data.components", "BASE_TYPE_REQUIRED", "This field is required")

    def take(self, interaction: Interaction) -> Callable[[], None]:
        """The answer to a checked submit, to be run when the bot receives it."""
        dialog = self._open.pop(str(interaction.data["id"]))
        return lambda: dialog.answer(interaction, _entered(interaction.data, dialog))


def _entered(data: dict[str, Any], dialog: Dialog) -> str:
    """The text of the dialog's field, in the structure in which it was shown; empty when it is missing there."""
    for item in _fields(data.get("components"), label=dialog.label):
        found, value = item.get("type") == TEXT_INPUT and item.get("custom_id") == dialog.field, item.get("value")
        if found and isinstance(value, str):
            return value
    return ""


def _fields(value: Any, *, label: bool) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, dict):
            continue
        inner = [item.get("component")] if label else item.get("components")
        if item.get("type") == (LABEL if label else ROW) and isinstance(inner, list):
            yield from (field for field in inner if isinstance(field, dict))
