"""The bots' commands: /imagine and others, and "Cancel Job" in a message's context menu.

Contract: one method per command. `drawing` decides whether and what to draw.
"""

from dataclasses import replace

from simulator.data.troubles import TROUBLES
from simulator.midjourney import embeds
from simulator.midjourney.display import Display
from simulator.midjourney.drawing import Drawings
from simulator.midjourney.replies import Replies
from simulator.midjourney.studio import Studio
from simulator.world import uploads
from simulator.world.chat import Chat
from simulator.world.messages import CHAT_INPUT_COMMAND
from simulator.world.records import Interaction, Job
from simulator.world.state import UploadedFile, World

_MODES = {"fast": "fast", "relax": "relaxed", "turbo": "turbo"}


class SlashCommands:
    def __init__(
        self, world: World, *, replies: Replies, chat: Chat, display: Display, studio: Studio, drawings: Drawings
    ) -> None:
        self._world = world
        self._replies = replies
        self._chat = chat
        self._display = display
        self._studio = studio
        self._drawings = drawings

    def run(self, interaction: Interaction) -> None:
        name = interaction.name
        answers = {
            "imagine": self._imagine,
            "blend": self._blend,
            "describe": self._describe,
            "shorten": self._shorten,
            "show": self._show,
            "info": self._info,
            "settings": self._settings,
            "Cancel Job": self._cancel,
        }
        if name in _MODES:
            self._switch(interaction, _MODES[name])
        else:
            answers[name](interaction)

    def _imagine(self, interaction: Interaction) -> None:
        self._drawings.imagine(interaction, str(interaction.values["prompt"]))

    def _shorten(self, interaction: Interaction) -> None:
        self._drawings.shorten(interaction, str(interaction.values["prompt"]))

    def _blend(self, interaction: Interaction) -> None:
        values = interaction.values
        urls = [self._link(interaction, str(values[key])) for key in sorted(values) if key.startswith("image")]
        ratio = str(values.get("dimensions") or "").removeprefix("--ar").strip()
        self._drawings.blend(interaction, urls, ratio)

    def _describe(self, interaction: Interaction) -> None:
        values = interaction.values
        link = self._link(interaction, str(values["image"])) if "image" in values else str(values.get("link") or "")
        if link.startswith(("http://", "https://")):
            self._drawings.describe(interaction, link)
        else:
            self._drawings.refuse(interaction, TROUBLES["invalid_link"], link, None)

    def _link(self, interaction: Interaction, number: str) -> str:
        """The URL of a picture attached to the command."""
        channel = self._replies.channel(interaction)
        upload = upload_of(self._world, interaction, number)
        if upload is None:
            raise ValueError("The command was accepted without its picture.")
        return str(self._chat.attach_upload(channel, upload, ephemeral=True)["url"])

    # About jobs

    def _show(self, interaction: Interaction) -> None:
        """Post the finished job again, with its buttons, as a new message."""
        job = self._world.jobs.get(str(interaction.values["job_id"]))
        if job is None or job.account is not interaction.account or job.status != "finished" or not job.image_urls:
            self._drawings.refuse(interaction, TROUBLES["invalid_request"], "", None)
            return
        self._replies.succeed_around(interaction, lambda: self._post_again(interaction, job))

    def _post_again(self, interaction: Interaction, job: Job) -> None:
        self._chat.post(
            self._replies.channel(interaction),
            self._display.finished_content(job),
            type_=CHAT_INPUT_COMMAND,
            author=job.bot,
            mentions=(job.user,),
            job=job,
            nonce=interaction.answer_nonce,
            audience=interaction.audience,
            keys={**self._replies.keys(interaction), **self._display.finished_keys(job)},
        )

    def _cancel(self, interaction: Interaction) -> None:
        channel = self._replies.channel(interaction)
        message = channel.messages.get(str(interaction.data.get("target_id")))
        job = message.job if message else None
        if job is None or job.account is not interaction.account or not self._studio.stop(job):
            self._drawings.refuse(interaction, TROUBLES["invalid_request"], "", None)
            return
        self._replies.succeed(interaction)

    # About the account

    def _info(self, interaction: Interaction) -> None:
        account = interaction.account
        running, queued = self._studio.load(account.token)
        embed = embeds.info(account.username, self._world.profile(account.token), running, queued)
        self._replies.answer(interaction, embed=embed)

    def _switch(self, interaction: Interaction, mode: str) -> None:
        token = interaction.account.token
        self._world.profiles[token] = replace(self._world.profile(token), mode=mode)
        self._replies.note(interaction, f"Done! Your jobs are now {mode}.")

    def _settings(self, interaction: Interaction) -> None:
        profile = self._world.profile(interaction.account.token)
        rows = embeds.settings_rows(profile, self._world.era)
        self._replies.answer(interaction, embeds.SETTINGS_TEXT, rows=rows)


def upload_of(world: World, interaction: Interaction, number: str) -> UploadedFile | None:
    """The uploaded file named by the command's attachment with this number."""
    items = interaction.data.get("attachments") or []
    named = (item for item in items if isinstance(item, dict) and str(item.get("id")) == number)
    return next((upload for item in named if (upload := uploads.find(world, item)) is not None), None)
