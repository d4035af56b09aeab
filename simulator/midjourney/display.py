"""The messages that show a job, from its acknowledgement to its end.

Contract: only writes messages; the studio decides when. `wording` and `embeds` provide the words, `eras` the format.
"""

from dataclasses import replace
from typing import Any

from simulator.data import components, wording
from simulator.data.compatibility import is_hd
from simulator.data.eras import layout_of
from simulator.data.layouts import TEXT_LAYOUTS
from simulator.data.pictures import DrawnPicture
from simulator.data.troubles import EDIT, NOTE, RED, Trouble
from simulator.midjourney import embeds
from simulator.midjourney.magic import Fate
from simulator.world.chat import Chat
from simulator.world.messages import (
    CHAT_INPUT_COMMAND,
    DEFAULT,
    LOADING,
    REPLY,
    Source,
    interaction_keys,
    reference,
)
from simulator.world.records import Channel, Job, Message
from simulator.world.state import STRANGERS, World

_VIDEO_EDGE, _VIDEO_FRAMES = 624, 4
_CLIP_EDGE, _CLIP_FRAMES = 256, 3
_WEBSITE_SHARE = 0.5  # of the results with a website link, in eras that have it


class Display:
    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self._chat = chat

    # Keys

    def answer_keys(self, job: Job) -> dict[str, Any]:
        """The keys that tie a message to the interaction it answers."""
        pressed = job.parent_message
        source = Source(
            id=job.interaction_id,
            user=job.user,
            bot=job.bot,
            guild_id=job.channel.guild_id,
            name=job.kind.slash_name if pressed is None else None,
            pressed=pressed.id if pressed else "",
            opened_by=job.opened_by,
        )
        keys = interaction_keys(source, metadata=self._world.era.interaction_metadata)
        return keys if pressed is None else {**keys, "message_reference": self._reference(job, pressed)}

    def _reference(self, job: Job, message: Message) -> dict[str, Any]:
        newer = self._world.era.newer_keys
        return reference(job.channel.id, job.channel.guild_id, message.id, newer_keys=newer)

    # Beginnings

    def first(self, job: Job, nonce: str | None) -> Message:
        """The acknowledgement; for /describe and /shorten an empty message."""
        kind = job.kind
        if kind.shape == "texts":
            keys = {**self.answer_keys(job), "flags": LOADING}
            return self._post(job, "", nonce, keys, private=False)
        keys = self.answer_keys(job)
        if not job.slash and kind.can_cancel:
            keys["components"] = components.cancel_row(job.job_id, numbered=self._world.era.numbered_components)
        return self._post(job, kind.before or self._waiting(job), nonce, keys)

    def begin(self, job: Job, message: Message) -> None:
        """Follows a first message that only announces the job."""
        self._chat.edit(job.channel, message, content=self._waiting(job))

    def _waiting(self, job: Job) -> str:
        prompt = job.prompt if job.kind.raw_waiting else job.prompt_echoed
        return wording.waiting(job.kind, prompt, job.user.id, job.index)

    def _post(
        self, job: Job, content: str, nonce: str | None, keys: dict[str, Any], *, private: bool | None = None
    ) -> Message:
        """Answer buttons in private, commands in public."""
        private = not job.slash if private is None else private
        return self._chat.post(
            job.channel,
            content,
            type_=CHAT_INPUT_COMMAND if job.slash else REPLY,
            author=job.bot,
            mentions=(job.user,),
            reader=job.user if private else None,
            job=job,
            nonce=nonce,
            audience=job.audience,
            keys=keys,
        )

    # In between

    def progress(self, job: Job, message: Message, percent: int, step: int, *, preview: bool) -> None:
        era, chance = self._world.era, self._world.random
        content = wording.progress(job.kind, job.prompt_echoed, job.user.id, percent, job.status_words)
        if chance.random() < era.footer_share:
            content += era.footer
        shown = self._previews(job, percent, step) if preview else []
        attachments = [
            self._chat.attach(job.channel, picture, name, ephemeral=not job.slash) for picture, name in shown
        ]
        self._chat.edit(job.channel, message, content=content, attachments=attachments)

    def _previews(self, job: Job, percent: int, step: int) -> list[tuple[DrawnPicture, str]]:
        picture = job.picture(percent=percent)
        if job.kind.shape != "video":
            preview = replace(picture, format="webp").sized(job.kind.preview)
            return [(preview, wording.preview_name(self._world.era, job.job_id))]
        edge = job.kind.preview
        cells = [replace(picture, format="jpeg", scenes=(scene,), width=edge, height=edge) for scene in job.scenes]
        return [(cell, wording.frame_name(job.job_id, number, step)) for number, cell in enumerate(cells)]

    def paused(self, job: Job, message: Message) -> None:
        content = wording.paused(job.kind, job.prompt_echoed, job.user.id, job.status_words)
        self._chat.edit(job.channel, message, content=content)

    def note(self, job: Job, trouble: Trouble) -> None:
        """A private message beside the job, or instead of its message."""
        content, more = self._content_of(job, trouble)
        self._post(job, content, None, {**self.answer_keys(job), "embeds": more}, private=True)

    def _content_of(self, job: Job, trouble: Trouble) -> tuple[str, list[dict[str, Any]]]:
        if trouble.content:
            return embeds.trouble_text(trouble, job.prompt), []
        coloured = self._world.random.random() < self._world.era.colour_share
        return "", [embeds.trouble_embed(trouble, job.prompt, coloured=coloured)]

    # Ends

    def result(self, job: Job, progress: Message) -> Message:
        """Post the result as a new message, then delete the progress message."""
        world, chance, era = self._world, self._world.random, self._world.era
        keys = self.finished_keys(job)
        job.image_urls.append(keys["attachments"][0]["url"])
        world.set_status(job, "finished", done=True)
        type_ = REPLY
        if job.slash:
            type_ = REPLY if chance.random() < era.reply_share else DEFAULT
        if job.parent_message or era.links_to_start:
            keys["message_reference"] = self._reference(job, job.parent_message or progress)
        content = self.finished_content(job)
        message = self._chat.post(
            job.channel, content, type_=type_, author=job.bot, mentions=(job.user,), job=job, keys=keys
        )
        # A button's private progress message may stay or be deleted; both are seen.
        if job.slash or chance.random() < 0.5:
            self._chat.delete(job.channel, progress)
        return message

    def finished_content(self, job: Job) -> str:
        era = self._world.era
        wanted = self._world.settings.website
        website = wanted == "with" or (wanted == "random" and self._world.random.random() < _WEBSITE_SHARE)
        return wording.final(
            era,
            job.kind,
            job.prompt_echoed,
            job.user.id,
            index=job.index,
            job_id=job.job_id,
            mode=job.status_words,
            footer=self._world.random.random() < era.footer_share,
            website=website,
        )

    def finished_keys(self, job: Job) -> dict[str, Any]:
        """The picture and buttons of a result."""
        era = self._world.era
        picture = self._picture(job)
        prefix = wording.file_prefix(era, job.user.username, job.user.id)
        name = wording.file_name(prefix, job.prompt_echoed, job.job_id, picture.format)
        rows = components.lay_out(
            layout_of(era, self._shape(job)),
            job.job_id,
            index=job.index or 1,
            square=picture.width == picture.height,
            numbered=era.numbered_components,
        )
        return {"attachments": [self._chat.attach(job.channel, picture, name)], "components": rows}

    def _shape(self, job: Job) -> str:
        shape = f"{job.kind.shape}_hd" if is_hd(job.prompt) else job.kind.shape
        return shape if shape in self._world.era.layouts else job.kind.shape

    def _picture(self, job: Job) -> DrawnPicture:
        era, picture = self._world.era, job.picture()
        if job.kind.shape == "video":
            return replace(picture, format="webp", frames=_VIDEO_FRAMES, width=_VIDEO_EDGE, height=_VIDEO_EDGE)
        if job.kind.shape == "clip":
            return replace(picture, format="mp4", frames=_CLIP_FRAMES, width=_CLIP_EDGE, height=_CLIP_EDGE)
        return replace(picture, format=era.grid_format if job.kind.grid else era.single_format).sized(1024)

    def texts(self, job: Job, message: Message | None, nonce: str | None) -> None:
        """The answer of /describe or /shorten: an edit of the empty message, or the first message itself."""
        numbered = self._world.era.numbered_components
        rows = components.lay_out(TEXT_LAYOUTS[job.kind.command], "", numbered=numbered)
        if job.kind.command == "describe":
            embed = embeds.described(job.texts, self._chat.embedded(job.link))
            job.image_urls[:] = [job.link]
        else:
            embed = embeds.shortened(job.prompt, job.texts)
            job.image_urls.clear()
        self._world.set_status(job, "finished", done=True)
        if message is None:
            keys = {**self.answer_keys(job), "embeds": [embed], "components": rows}
            self._post(job, "", nonce, keys)
        else:
            self._chat.edit(job.channel, message, embeds=[embed], components=rows, flags=0)

    def stopped(self, job: Job, message: Message) -> None:
        content = wording.stopped(job.kind, job.prompt_echoed, job.user.id)
        self._world.set_status(job, "stopped", done=True)
        self._chat.edit(job.channel, message, content=content, components=[])

    def withdrawn(self, job: Job, message: Message) -> None:
        self._world.set_status(job, "withdrawn", done=True)
        self._chat.delete(job.channel, message)

    def failed(self, job: Job, message: Message, trouble: Trouble, fate: Fate) -> None:
        """Report a failure by editing the progress message or replying to it."""
        content, more = self._content_of(job, trouble)
        self._world.set_status(job, "failed", done=True)
        forms = [form for form in trouble.forms if form != NOTE]
        if (fate.form or self._world.random.choice(forms or [EDIT])) == EDIT:
            self._chat.edit(job.channel, message, embeds=more, components=[], flags=message.flags & ~LOADING)
            return
        keys = {
            "embeds": more,
            "application_id": job.bot.id,
            "webhook_id": job.bot.id,
            "message_reference": self._reference(job, message),
        }
        reader = None if job.slash else job.user
        self._chat.post(
            job.channel, content, type_=REPLY, author=job.bot, mentions=(job.user,), reader=reader, job=job, keys=keys
        )

    def edit(self, channel: Channel, message: Message, **changes: Any) -> None:
        self._chat.edit(channel, message, **changes)

    def add_foreign_error(self, job: Job, message: Message) -> None:
        """Another user pressed the result's buttons without effect."""
        stranger = self._world.random.choice(STRANGERS)
        self._chat.edit(job.channel, message, embeds=[embeds.hail(stranger.id, RED)])
