"""The bot: hears an interaction, answers it, and lets the studio draw.

Law: one method for each command or button. Every answer begins with INTERACTION_CREATE and succeeds before or
after the first message, as the settings say. What a job does later is the studio's business.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

from simulator import components, magic, scenery, wording
from simulator.background import Background
from simulator.chat import Chat
from simulator.crowd import Crowd
from simulator.eras import Kind
from simulator.gateway import Gateway
from simulator.magic import Fate
from simulator.messages import CHAT_INPUT_COMMAND, REPLY, interaction_keys, reference
from simulator.records import Interaction, Job, Message
from simulator.rewriting import echo, with_aspect
from simulator.snowflakes import now_ms
from simulator.state import World
from simulator.studio import Studio

_REFUSALS = {"banned": wording.BANNED, "invalid": wording.INVALID, "queue_full": wording.QUEUE_FULL}
_MODES = {"fast": "fast", "relax": "relaxed"}


class MidJourney:
    def __init__(
        self,
        world: World,
        *,
        gateway: Gateway,
        chat: Chat,
        studio: Studio,
        crowd: Crowd,
        background: Background,
    ) -> None:
        self._world = world
        self._gateway = gateway
        self._chat = chat
        self._studio = studio
        self._crowd = crowd
        self._background = background

    def accept(self, interaction: Interaction) -> None:
        """Takes the interaction over; Discord's own answer to the POST does not wait for this."""
        interaction.id = self._world.snowflakes.next()
        self._background.spawn(self._answer(interaction), f"interaction {interaction.id}")

    async def _answer(self, interaction: Interaction) -> None:
        await asyncio.sleep(self._world.settings.latency_ms / 1000)
        self._event("INTERACTION_CREATE", interaction)
        if interaction.type == 2:
            self._command(interaction)
        else:
            self._button(interaction)

    def _event(self, name: str, interaction: Interaction) -> None:
        body = {"id": interaction.id}
        if interaction.nonce is not None:
            body["nonce"] = interaction.nonce
        self._gateway.to_session(name, interaction.session_id, interaction.account, body)

    def _succeed_around(self, interaction: Interaction, say: Callable[[], object]) -> None:
        order = self._world.settings.success_order
        if order == "random":
            order = self._world.random.choice(("before", "after"))
        if order == "before":
            self._event("INTERACTION_SUCCESS", interaction)
        say()
        if order == "after":
            self._event("INTERACTION_SUCCESS", interaction)

    # Commands

    def _command(self, interaction: Interaction) -> None:
        options = {item["name"]: item["value"] for item in interaction.data.get("options", [])}
        account = interaction.account
        if interaction.name == "imagine":
            job = self._new_job(interaction, self._world.era.kinds["imagine"], str(options["prompt"]))
            job.prompt_echoed = echo(job.prompt, job.job_id)
            job.scenes = scenery.scene_names(_digest(job.prompt), job.job_id, 4)
            self._draw(interaction, job)
            self._crowd.join(job)
        elif interaction.name in _MODES:
            self._world.modes[account.token] = _MODES[interaction.name]
            self._note(interaction, f"Done! Your jobs are now {_MODES[interaction.name]}.")
        elif interaction.name == "info":
            running, queued = self._studio.load(account.token)
            mode = self._world.modes.get(account.token, "fast")
            self._note(interaction, "", wording.info(account.username, mode, running, queued))
        else:
            self._not_simulated(interaction)

    # Buttons

    def _button(self, interaction: Interaction) -> None:
        channel = self._world.channels[interaction.channel_id]
        message = channel.messages.get(interaction.message_id or "")
        press = components.read_custom_id(interaction.name)
        if message is None or press is None:
            self._not_simulated(interaction)
        elif press.command == "cancel":
            self._cancel(interaction, press.job_id)
        elif press.command == "bookmark":
            text = wording.rated(channel.guild_id or "@me", channel.id, message.id)
            self._note(interaction, text, answered=message)
        elif message.job is not None:
            self._derive(interaction, message, message.job, press)

    def _derive(self, interaction: Interaction, message: Message, parent: Job, press: components.Press) -> None:
        kind = self._world.era.kinds[press.command]
        job = self._new_job(interaction, kind, parent.prompt)
        job.parent, job.parent_message, job.index = parent, message, press.index
        job.prompt_echoed = parent.prompt_echoed
        if kind.aspect:
            job.prompt = with_aspect(job.prompt, kind.aspect)
            job.prompt_echoed = with_aspect(job.prompt_echoed, kind.aspect)
        chosen = parent.scenes[(press.index - 1) % len(parent.scenes)]
        job.scenes = scenery.scene_names(scenery.palette_of(chosen), job.job_id, 4) if kind.grid else (chosen,)
        if self._draw(interaction, job):
            used = components.pressed(message.body["components"], interaction.name)
            self._chat.edit(job.channel, message, components=used)

    def _cancel(self, interaction: Interaction, job_id: str) -> None:
        self._event("INTERACTION_SUCCESS", interaction)
        if job := self._world.jobs.get(job_id):
            job.stop_requested = True

    # Drawing

    def _new_job(self, interaction: Interaction, kind: Kind, prompt: str) -> Job:
        return Job(
            job_id=self._world.new_job_id(),
            kind=kind,
            user=interaction.account.user,
            account=interaction.account,
            channel=self._world.channels[interaction.channel_id],
            interaction_id=interaction.id,
            session_id=interaction.session_id,
            nonce=interaction.nonce,
            prompt=prompt,
            prompt_echoed=prompt,
            created=now_ms(),
            mode=self._world.modes.get(interaction.account.token, "fast"),
        )

    def _draw(self, interaction: Interaction, job: Job) -> bool:
        """Starts, queues or refuses the job; True when the bot took it."""
        fate, token = self._fate(job), interaction.account.token
        free = not job.kind.holds_slot or self._studio.has_slot(token)
        if fate.ending == "silent":
            self._event("INTERACTION_SUCCESS", interaction)
            self._world.add_job(job)
            self._world.set_status(job, "silent")
            return False
        if fate.refusal or not (free or self._studio.has_queue(token)):
            self._embed(interaction, job, _REFUSALS[fate.refusal or "queue_full"])
            return False
        if free and not fate.queued:
            self._succeed_around(interaction, lambda: self._studio.begin(job, fate, nonce=job.nonce))
            return True
        self._embed(interaction, job, wording.QUEUED)
        if free:
            self._studio.begin_after(job, fate, self._world.settings.job_seconds / 4)
        else:
            self._studio.enqueue(job, fate)
        return True

    def _fate(self, job: Job) -> Fate:
        token = job.account.token if job.account else None
        if self._world.faults.take("job_silent", token):
            return Fate(ending="silent")
        if self._world.faults.take("job_fails", token):
            return Fate(ending="failed")
        return magic.fate_of(job.prompt)

    # Private answers

    def _embed(self, interaction: Interaction, job: Job, words: tuple[str, str, int]) -> None:
        self._private(interaction, "", self._studio.answer_keys(job), [wording.embed(words, job.prompt)])

    def _note(
        self,
        interaction: Interaction,
        content: str,
        embed: dict[str, Any] | None = None,
        *,
        answered: Message | None = None,
    ) -> None:
        channel = self._world.channels[interaction.channel_id]
        name = interaction.name if interaction.type == 2 else None
        pressed = answered.id if answered else ""
        keys = interaction_keys(interaction.id, interaction.account.user, channel.guild_id, name=name, pressed=pressed)
        if answered is not None:
            keys["message_reference"] = reference(channel.id, channel.guild_id, answered.id)
        self._private(interaction, content, keys, [embed] if embed else [])

    def _private(
        self, interaction: Interaction, content: str, keys: dict[str, Any], embeds: list[dict[str, Any]]
    ) -> None:
        user = interaction.account.user
        self._succeed_around(
            interaction,
            lambda: self._chat.post(
                self._world.channels[interaction.channel_id],
                content,
                type_=REPLY if "message_reference" in keys else CHAT_INPUT_COMMAND,
                reader=user,
                nonce=interaction.nonce,
                session_id=interaction.session_id,
                keys={**keys, "embeds": embeds},
            ),
        )

    def _not_simulated(self, interaction: Interaction) -> None:
        """Says so on the wire rather than being silent: the user's client should end at once."""
        self._world.counters["not_simulated"] += 1
        body = {"id": interaction.id, "reason_code": 2}
        if interaction.nonce is not None:
            body["nonce"] = interaction.nonce
        self._gateway.to_session("INTERACTION_FAILURE", interaction.session_id, interaction.account, body)


def _digest(prompt: str) -> str:
    return hashlib.blake2b(prompt.encode(errors="replace"), digest_size=8).hexdigest()
