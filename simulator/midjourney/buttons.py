"""The buttons under the bots' messages: some start a job, some open a dialog first, some answer at once.

Contract: a button is identified by its custom id alone; its message determines what it belongs to.
"""

from collections.abc import Callable
from typing import Any

from simulator.data import components, wording
from simulator.data.components import ButtonPress
from simulator.midjourney import embeds
from simulator.midjourney.dialogs import Answer, Dialogs
from simulator.midjourney.drawing import Drawings, without_answer_keys
from simulator.midjourney.inpaint import Inpaint
from simulator.midjourney.replies import Replies
from simulator.midjourney.studio import Studio
from simulator.world.chat import Chat
from simulator.world.records import Interaction, Job, Message
from simulator.world.state import World

_PANS = ("pan_left", "pan_right", "pan_up", "pan_down")
_ZOOMS = {"zoom_2x": "2", "zoom_1_5x": "1.5"}
# In Remix mode these open a dialog first.
_REMIXED = ("variation", "low_variation", "high_variation", "reroll", *_PANS, *_ZOOMS)
_ANIMATIONS = {
    "animate_high": ("high", 0),
    "animate_low": ("low", 0),
    "animate_high_extend": ("high", 1),
    "animate_low_extend": ("low", 1),
}


class Buttons:
    def __init__(
        self,
        world: World,
        *,
        replies: Replies,
        chat: Chat,
        studio: Studio,
        drawings: Drawings,
        dialogs: Dialogs,
        inpaint: Inpaint,
    ) -> None:
        self._world = world
        self._replies = replies
        self._chat = chat
        self._studio = studio
        self._drawings = drawings
        self._dialogs = dialogs
        self._inpaint = inpaint

    def press(self, interaction: Interaction) -> None:
        message = self._replies.channel(interaction).messages.get(interaction.message_id or "")
        press = components.read_custom_id(interaction.name)
        if message is None or press is None:
            self._replies.not_simulated(interaction)
            return
        answer = self._free(press.command)
        if answer is not None:
            answer(interaction, message, press)
        elif message.job is None:
            self._replies.not_simulated(interaction)
        else:
            self._of_job(interaction, message, message.job, press)

    def _free(self, command: str) -> Callable[[Interaction, Message, ButtonPress], None] | None:
        """Buttons that do not belong to a result."""
        return {
            "cancel": self._cancel,
            "bookmark": self._rate,
            "appeal": self._appeal,
            "setting": self._set,
        }.get(command)

    # At once

    def _cancel(self, interaction: Interaction, _: Message, press: ButtonPress) -> None:
        self._replies.succeed(interaction)
        if job := self._world.jobs.get(press.job_id):
            self._studio.stop(job)

    def _rate(self, interaction: Interaction, message: Message, _: ButtonPress) -> None:
        channel = self._replies.channel(interaction)
        text = wording.rated(channel.guild_id or "@me", channel.id, message.id)
        self._replies.note(interaction, text, answered=message)

    def _appeal(self, interaction: Interaction, _: Message, press: ButtonPress) -> None:
        self._drawings.appeal(interaction, press.word)

    def _set(self, interaction: Interaction, message: Message, press: ButtonPress) -> None:
        token = interaction.account.token
        values = interaction.data.get("values")
        profile = embeds.switched(self._world.profile(token), press.word, values if isinstance(values, list) else [])
        self._world.profiles[token] = profile
        rows = embeds.settings_rows(profile, self._world.era)
        channel = self._replies.channel(interaction)
        self._replies.succeed_around(interaction, lambda: self._chat.edit(channel, message, components=rows))

    # On a result

    def _of_job(self, interaction: Interaction, message: Message, job: Job, press: ButtonPress) -> None:
        command, remix = press.command, self._world.profile(interaction.account.token).remix
        if command == "region":
            self._open_region(interaction, message, press)
        elif command == "custom_zoom":
            self._open_zoom(interaction, message, job, "2")
        elif command == "animate_manual":
            self._open_animation(interaction, message, job, f"animate_{press.word}", press.index)
        elif command in ("pic_reader", "pic_reader_all", "describe_again", "analyzed"):
            self._of_texts(interaction, message, job, press, remix=remix)
        elif remix and command in _ANIMATIONS:
            self._open_animation(interaction, message, job, command, press.index)
        elif remix and command in _REMIXED:
            self._open_remix(interaction, message, job, press)
        else:
            self._drawings.derive(interaction, message, command, press.index)

    def _then(self, interaction: Interaction, message: Message, command: str, index: int) -> Answer:
        """The answer of a dialog that starts this button's job with the entered text."""

        def answer(submit: Interaction, text: str) -> None:
            self._drawings.derive(submit, message, command, index, prompt=text, pressed=interaction)

        return answer

    def _open_remix(self, interaction: Interaction, message: Message, job: Job, press: ButtonPress) -> None:
        command, index, value = press.command, press.index, job.prompt_echoed
        if command in _ZOOMS:
            self._open_zoom(interaction, message, job, _ZOOMS[command])
            return
        if command in _PANS:
            direction = command.removeprefix("pan_")
            custom_id, field, title = f"MJ::PanModal::{direction}::{job.job_id}::{index}", "MJ::PanModal::prompt", "Pan"
        elif command == "reroll":
            custom_id, field = f"MJ::ImagineModal::{message.id}", "MJ::ImagineModal::new_prompt"
            title = "Reroll"
        else:
            strong = int(command != "low_variation")
            custom_id, field = f"MJ::RemixModal::{job.job_id}::{index}::{strong}", "MJ::RemixModal::new_prompt"
            title = "Remix Prompt"
        answer = self._then(interaction, message, command, index)
        self._dialogs.open(interaction, custom_id=custom_id, field=field, title=title, value=value, answer=answer)

    def _open_zoom(self, interaction: Interaction, message: Message, job: Job, factor: str) -> None:
        self._dialogs.open(
            interaction,
            custom_id=f"MJ::OutpaintCustomZoomModal::{job.job_id}",
            field="MJ::OutpaintCustomZoomModal::prompt",
            title="Zoom Out",
            value=f"{job.prompt_echoed} --zoom {factor}",
            answer=self._then(interaction, message, "custom_zoom", 1),
        )

    def _open_animation(self, interaction: Interaction, message: Message, job: Job, command: str, index: int) -> None:
        motion, extends = _ANIMATIONS[command]
        self._dialogs.open(
            interaction,
            custom_id=f"MJ::AnimateModal::{job.job_id}::{index}::{motion}::{extends}",
            field="MJ::AnimateModal::prompt",
            title="Animate Image",
            value=job.prompt_echoed,
            answer=self._then(interaction, message, command, index),
        )

    def _open_region(self, interaction: Interaction, message: Message, press: ButtonPress) -> None:
        def answer(prompt: str, mask: dict[str, Any]) -> None:
            # The page contacts the bot, not Discord: what follows has the press's id, but no nonce.
            follow_up = without_answer_keys(interaction)
            text = prompt or None
            self._drawings.derive(
                follow_up, message, "region", press.index, prompt=text, pressed=interaction, inpaint=mask
            )

        self._inpaint.open(interaction, answer)

    # Under the answers of /describe and /shorten

    def _of_texts(
        self, interaction: Interaction, message: Message, job: Job, press: ButtonPress, *, remix: bool
    ) -> None:
        if press.command == "describe_again":
            self._drawings.describe_again(interaction, message, job)
        elif press.command == "pic_reader_all":
            self._drawings.imagine_all(interaction, job.texts, message)
        elif press.index > len(job.texts):
            self._replies.not_simulated(interaction)
        elif press.command == "pic_reader":
            self._open_text(
                interaction,
                message,
                custom_id=f"MJ::Picreader::Modal::{press.index}",
                field="MJ::Picreader::Modal::PromptField",
                value=job.texts[press.index - 1],
            )
        elif remix:
            self._open_text(
                interaction,
                message,
                custom_id=f"MJ::ImagineModal::{message.id}",
                field="MJ::ImagineModal::new_prompt",
                value=job.texts[press.index - 1],
            )
        else:
            self._drawings.imagine(interaction, job.texts[press.index - 1], pressed=message)

    def _open_text(self, interaction: Interaction, message: Message, *, custom_id: str, field: str, value: str) -> None:
        def answer(submit: Interaction, text: str) -> None:
            self._drawings.imagine(submit, text, pressed=message, opened_by=interaction)

        self._dialogs.open(
            interaction, custom_id=custom_id, field=field, title="Imagine This!", value=value, answer=answer
        )
