"""Turns an interaction into a job: what to draw, whether it is allowed, and the error otherwise.

Contract: each call that starts a job starts one. Commands, buttons, dialogs and Vary (Region) all pass through here, so
slots, faults and magic words apply to all of them.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace

from simulator.data import compatibility, components, rewriting, scenery
from simulator.data.eras import kind_of
from simulator.data.kinds import STRANGE_MODE, JobKind, choose_wording, reroll_kind, strangely_worded
from simulator.data.troubles import NOTE, QUEUED, TROUBLES, Trouble, incompatible
from simulator.midjourney import embeds
from simulator.midjourney.crowd import Crowd
from simulator.midjourney.display import Display
from simulator.midjourney.magic import USUAL, Fate, fate_of
from simulator.midjourney.replies import Replies
from simulator.midjourney.studio import Studio
from simulator.world.faults import Faults
from simulator.world.messages import BOTS, NIJI
from simulator.world.records import Interaction, Job, Message, now_ms
from simulator.world.state import World

_NIJI_VERSION = "--niji 6"
_BEFORE_SHARE = 0.5  # of the videos by command that start with "Animating..."


class Drawings:
    def __init__(self, world: World, *, replies: Replies, studio: Studio, display: Display, crowd: Crowd) -> None:
        self._world = world
        self._replies = replies
        self._studio = studio
        self._display = display
        self._crowd = crowd
        self._appeals: dict[str, str] = {}  # prompt by key
        self._upscaled: dict[tuple[str, int], float] = {}

    def reset(self) -> None:
        self._appeals.clear()
        self._upscaled.clear()

    # New drawings

    def imagine(
        self,
        interaction: Interaction,
        prompt: str,
        *,
        pressed: Message | None = None,
        opened_by: Interaction | None = None,
    ) -> None:
        """Draw from /imagine, or from the texts of `pressed`; with --video a video, in eras that have it."""
        prompts = rewriting.drawings_of(prompt) if self._world.era.draws_several else [prompt]
        if len(prompts) > 1 and (trouble := self._too_many(interaction, prompts)):
            self.refuse(interaction, TROUBLES[trouble], prompt, pressed)
            return
        for number, text in enumerate(prompts):
            origin = interaction if number == 0 else without_answer_keys(interaction)
            job = self._imagine_one(origin, text, pressed=pressed, opened_by=opened_by)
            if job is not None and number == 0 and pressed is None:
                self._crowd.join(job)

    def _too_many(self, interaction: Interaction, prompts: Sequence[str]) -> str:
        """The name of the trouble with several drawings at once."""
        mode = rewriting.requested_mode(prompts[0]) or self._world.profile(interaction.account.token).mode
        return "restricted" if mode == "relaxed" else "invalid" if len(prompts) > rewriting.MOST_DRAWINGS else ""

    def _imagine_one(
        self, interaction: Interaction, prompt: str, *, pressed: Message | None, opened_by: Interaction | None
    ) -> Job | None:
        """None for a prompt that is refused before it becomes a job."""
        era = self._world.era
        if not prompt.strip():
            self.refuse(interaction, TROUBLES["empty"], prompt, pressed)
            return None
        is_video = "video" in era.kinds and rewriting.asks_for_video(prompt)
        if is_video and not rewriting.has_link(prompt):
            self.refuse(interaction, TROUBLES["invalid_request"], prompt, pressed)
            return None
        if self._is_incompatible(interaction, prompt, pressed, is_video=is_video):
            return None
        kind = era.kinds["video" if is_video else "imagine"]
        if is_video and self._world.random.random() >= _BEFORE_SHARE:
            kind = replace(kind, before="")
        job = self._new_job(interaction, kind, prompt)
        self._answer_to(job, pressed)
        if opened_by is not None:
            job.opened_by, job.custom_id = opened_by.id, opened_by.name
        job.prompt_echoed = self._echo(job, prompt)
        if is_video:
            moving = rewriting.with_motion(job.prompt_echoed, kind.motion)
            job.prompt_echoed = rewriting.with_end_loop(moving) if era.checks_parameters else moving
        job.scenes = scenery.scene_names(_digest(prompt), job.job_id, 4)
        self._draw(interaction, job)
        return job

    def _is_incompatible(
        self, interaction: Interaction, prompt: str, pressed: Message | None, *, is_video: bool = False
    ) -> bool:
        """Whether the prompt was refused for parameters that do not go together."""
        era = self._world.era
        if not era.checks_parameters or BOTS[interaction.application_id] is NIJI:
            return False
        default = self._world.profile(interaction.account.token).version or era.default_version
        text = compatibility.refusal_of_video(prompt) if is_video else compatibility.refusal_of(prompt, default=default)
        if text:
            form = self._world.settings.refusal_form
            form = self._world.random.choice(("embed", "text", "v2")) if form == "random" else form
            trouble = incompatible(text, is_plain=form != "embed")
            self.refuse(interaction, trouble, prompt, pressed, is_v2=form == "v2" or None)
        return bool(text)

    def blend(self, interaction: Interaction, urls: Sequence[str], ratio: str) -> None:
        prompt = " ".join([*urls, *([f"--ar {ratio}"] if ratio else [])])
        job = self._new_job(interaction, self._world.era.kinds["blend"], prompt)
        job.prompt_echoed = self._echo(job, prompt)
        job.scenes = scenery.scene_names(_digest(prompt), job.job_id, 4)
        self._draw(interaction, job)

    def describe(self, interaction: Interaction, link: str) -> None:
        job = self._new_job(interaction, self._world.era.kinds["describe"], link)
        job.link, job.texts = link, embeds.descriptions(job.job_id)
        self._draw(interaction, job)

    def describe_again(self, interaction: Interaction, message: Message, job: Job) -> None:
        """Replace the texts in the same message."""
        job.texts = embeds.descriptions(job.texts[0] + job.job_id)
        self._replies.succeed_around(interaction, lambda: self._display.texts(job, message, None))

    def imagine_all(self, interaction: Interaction, texts: Sequence[str], pressed: Message) -> None:
        """One job per text; only the first message answers the interaction."""
        for number, text in enumerate(texts):
            self.imagine(interaction if number == 0 else without_answer_keys(interaction), text, pressed=pressed)

    def shorten(self, interaction: Interaction, prompt: str) -> None:
        job = self._new_job(interaction, self._world.era.kinds["shorten"], prompt)
        job.texts = embeds.shorter(prompt)
        self._draw(interaction, job)

    def derive(
        self,
        interaction: Interaction,
        message: Message,
        command: str,
        index: int,
        *,
        prompt: str | None = None,
        pressed: Interaction | None = None,
        inpaint: dict[str, object] | None = None,
    ) -> None:
        """A job from a result: by its button, or by the text (`prompt`) of a dialog of that button."""
        parent = message.job
        if parent is None:
            raise ValueError("The message shows no job.")
        origin = pressed or interaction
        kind = self._derived_kind(command, parent)
        changed = prompt is not None and prompt not in (parent.prompt, parent.prompt_echoed)
        kind = kind if command == "reroll" else choose_wording(kind, self._world.random, remixed=changed)
        job = self._new_job(interaction, kind, parent.prompt if prompt is None else prompt)
        self._answer_to(job, message)
        job.index, job.custom_id, job.inpaint = index, origin.name, inpaint
        job.nonce = interaction.nonce or origin.nonce
        job.opened_by = origin.id if origin is not interaction and interaction.type == 5 else ""
        job.prompt_echoed = self._echo(job, prompt) if prompt is not None and changed else parent.prompt_echoed
        self._reshape(job, kind)
        chosen = parent.scenes[(index - 1) % len(parent.scenes)]
        job.scenes = scenery.scene_names(scenery.palette_of(chosen), job.job_id, 4) if kind.grid else (chosen,)
        if self._is_too_soon(job, message, interaction):
            return
        if self._draw(interaction, job):
            self.mark(job, message, origin.name)

    def mark(self, job: Job, message: Message, custom_id: str) -> None:
        """Change the colour of a used button, by editing its message."""
        used = components.pressed(message.body["components"], custom_id)
        self._display.edit(job.channel, message, components=used)

    def _derived_kind(self, command: str, parent: Job) -> JobKind:
        era = self._world.era
        if command == "reroll":
            again = parent.kind if parent.kind.command == "reroll" else kind_of(era, parent.kind.command)
            return reroll_kind(choose_wording(again or parent.kind, self._world.random))
        kind = kind_of(era, command)
        if kind is None:
            raise ValueError(f"Era {era.name} has no {command}.")
        return kind

    def _reshape(self, job: Job, kind: JobKind) -> None:
        if kind.aspect:
            job.prompt = rewriting.with_aspect(job.prompt, kind.aspect)
            job.prompt_echoed = rewriting.with_aspect(job.prompt_echoed, kind.aspect)
        if kind.shape == "video":
            job.prompt_echoed = rewriting.with_motion(job.prompt_echoed, kind.motion)
        if kind.command == "custom_zoom":
            job.prompt_echoed = rewriting.without(job.prompt_echoed, "zoom")
        if self._world.era.checks_parameters and (kind.family in ("zoom", "pan") or kind.command == "region"):
            # These give pictures in SD.
            job.prompt = rewriting.without(job.prompt, "hd")
            job.prompt_echoed = rewriting.without(job.prompt_echoed, "hd")

    def _is_too_soon(self, job: Job, message: Message, interaction: Interaction) -> bool:
        """Whether the same picture is upscaled twice within the seconds of the setting."""
        if job.kind.command != "upscale" or job.parent is None:
            return False
        key, now = (job.parent.job_id, job.index), time.monotonic()
        last = self._upscaled.get(key)
        if last is not None and now - last < self._world.settings.upscale_cooldown:
            self.refuse(interaction, TROUBLES["slow_down"], job.prompt, message)
            return True
        self._upscaled[key] = now
        return False

    def appeal(self, interaction: Interaction, key: str) -> None:
        """Draw a prompt that moderation had held back."""
        prompt = self._appeals.pop(key, None)
        if prompt is None:
            self.refuse(interaction, TROUBLES["invalid_request"], "", None)
            return
        job = self._new_job(interaction, self._world.era.kinds["imagine"], prompt)
        job.prompt_echoed = self._echo(job, prompt)
        job.scenes = scenery.scene_names(_digest(prompt), job.job_id, 4)
        self._begin(interaction, job, USUAL)

    # Jobs

    def _new_job(self, interaction: Interaction, kind: JobKind, prompt: str) -> Job:
        profile = self._world.profile(interaction.account.token)
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
            bot=BOTS[interaction.application_id],
            mode=rewriting.requested_mode(prompt) or profile.mode,
            stealth=profile.stealth,
            custom_id=None if interaction.type == 2 else interaction.name,
        )

    def _answer_to(self, job: Job, pressed: Message | None) -> None:
        job.parent_message = pressed
        job.parent = pressed.job if pressed else None

    def _echo(self, job: Job, prompt: str) -> str:
        era = self._world.era
        echoed = rewriting.echo(prompt, job.job_id, _NIJI_VERSION if job.bot is NIJI else self._version(job))
        if not (era.checks_parameters and compatibility.edits(prompt)):
            return echoed
        form = self._world.settings.edit_echo
        form = self._world.random.choice(("kept", "front")) if form == "random" else form
        return rewriting.with_links_in_front(echoed) if form == "front" else echoed

    def _version(self, job: Job) -> str:
        """The parameter that may be added to the prompt: the version chosen in /settings, if the era draws by it."""
        era = self._world.era
        chosen = self._world.profile(job.account.token).version if job.account else ""
        return f"--v {chosen}" if chosen and era.checks_parameters else era.version

    def _draw(self, interaction: Interaction, job: Job) -> bool:
        """Start, queue or refuse the job; True if the bot accepted it."""
        fate = self._fate(job)
        free = not job.kind.holds_slot or self._studio.has_slot(job)
        if fate.ending == "silent":
            self._replies.succeed(interaction)
            self._world.add_job(job)
            self._world.set_status(job, "silent")
            return False
        if fate.captcha:
            token = secrets.token_hex(12)
            self._replies.frame(
                interaction, title="Action required to continue", path=f"/captcha/embedded/{token}", token=token
            )
            return False
        if not (free or self._studio.has_queue(job)):
            fate = replace(USUAL, trouble="queue_full")
        if fate.trouble:
            trouble = TROUBLES[fate.trouble]
            form = self._form(trouble)
            if form == NOTE:
                self.refuse(interaction, trouble, job.prompt, job.parent_message)
                return False
            fate = replace(fate, ending="failed", error=trouble.name, form=form, until=0)
        if fate.strange:
            job.kind, job.mode = strangely_worded(job.kind), STRANGE_MODE
        if free and not fate.queued:
            self._begin(interaction, job, fate)
            return True
        embed = embeds.trouble_embed(QUEUED, job.prompt)
        self._replies.note(interaction, embed=embed, keys=self._display.answer_keys(job))
        if free:
            self._studio.begin_after(job, fate, self._world.settings.job_seconds / 4)
        else:
            self._studio.enqueue(job, fate)
        return True

    def _begin(self, interaction: Interaction, job: Job, fate: Fate) -> None:
        nonce = interaction.answer_nonce
        self._replies.succeed_around(interaction, lambda: self._studio.begin(job, fate, nonce=nonce))

    def _form(self, trouble: Trouble) -> str:
        wanted = self._world.settings.error_form
        return wanted if wanted in trouble.forms else self._world.random.choice(trouble.forms)

    def _fate(self, job: Job) -> Fate:
        token, faults = job.account.token if job.account else None, self._world.faults
        if faults.take("job_silent", token):
            return Fate(ending="silent")
        if faults.take("job_fails", token):
            return Fate(ending="failed")
        if fault := faults.take("job_withdrawn", token):
            return Fate(ending="withdrawn", note="output_filters" if fault.values["note"] else "")
        return _ordered(faults, token) or fate_of(job.prompt)

    def refuse(
        self,
        interaction: Interaction,
        trouble: Trouble,
        prompt: str,
        answered: Message | None,
        *,
        is_v2: bool | None = None,
    ) -> None:
        """A private note and no job; in Components V2 if `is_v2` says so, else as the setting says."""
        era, rows = self._world.era, []
        if trouble.appeal:
            key = secrets.token_hex(8)
            self._appeals[key] = prompt.replace("sim-appeal", "").strip()
            rows = components.appeal_row(key, numbered=era.numbered_components)
        if trouble.content:
            text = embeds.trouble_text(trouble, prompt)
            self._replies.note(interaction, text, answered=answered, rows=rows, is_v2=is_v2)
            return
        coloured = self._world.random.random() < era.colour_share
        embed = embeds.trouble_embed(trouble, prompt, coloured=coloured)
        self._replies.note(interaction, embed=embed, answered=answered, rows=rows, is_v2=is_v2)


def _ordered(faults: Faults, token: str | None) -> Fate | None:
    fault = faults.take("trouble", token)
    if fault is None:
        return None
    name = fault.values["name"]
    return Fate(captcha=True) if name == "captcha" else Fate(trouble=name)


def without_answer_keys(interaction: Interaction) -> Interaction:
    """The same interaction for messages after its first answer: no nonce, no events."""
    return replace(interaction, nonce=None, is_closed=True)


def _digest(prompt: str) -> str:
    return hashlib.blake2b(prompt.encode(errors="replace"), digest_size=8).hexdigest()
