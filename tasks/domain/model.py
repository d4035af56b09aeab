"""The records the rules speak of. Frozen, keyword-only, without behaviour beyond reading themselves.

Times are integers: milliseconds since 1970 (UTC). Ids of Discord are strings of decimal digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    """What a task asks MidJourney for; the names are those of the `/mj` contract."""

    IMAGINE = "IMAGINE"
    UPSCALE = "UPSCALE"
    VARIATION = "VARIATION"
    REROLL = "REROLL"
    DESCRIBE = "DESCRIBE"
    BLEND = "BLEND"
    ACTION = "ACTION"
    PAN = "PAN"
    ZOOM = "ZOOM"
    OUTPAINT = "OUTPAINT"
    INPAINT = "INPAINT"
    SHORTEN = "SHORTEN"
    VIDEO = "VIDEO"
    SHOW = "SHOW"


class Status(StrEnum):
    """What users see of a task's life."""

    NOT_START = "NOT_START"
    SUBMITTED = "SUBMITTED"
    IN_PROGRESS = "IN_PROGRESS"
    MODAL = "MODAL"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCEL = "CANCEL"

    @property
    def is_over(self) -> bool:
        return self in (Status.SUCCESS, Status.FAILURE, Status.CANCEL)


class Phase(StrEnum):
    """Where a task stands on our own road; internal, never shown."""

    NEW = "new"  # to be prepared: translation, pictures to upload
    READY = "ready"  # waits for a slot
    CLAIMED = "claimed"  # holds a slot, nothing written yet: a crash here sends it back to READY
    SENT = "sent"  # a send is written: Discord may know of it
    HELD = "held"  # waits for the user's second input; holds no slot
    OVER = "over"


class Lane(StrEnum):
    """Drawings hold a slot at MidJourney to their end; quick ones neither hold nor await one."""

    DRAW = "draw"
    QUICK = "quick"


class Mode(StrEnum):
    FAST = "fast"
    RELAXED = "relaxed"
    TURBO = "turbo"


class Bot(StrEnum):
    MIDJOURNEY = "MID_JOURNEY"
    NIJI = "NIJI_JOURNEY"


class Purpose(StrEnum):
    """What a send is for. Only `DRAW` and `SUBMIT` are paid."""

    DRAW = "draw"
    OPEN = "open"
    SUBMIT = "submit"
    CANCEL = "cancel"
    RATE = "rate"
    ASK = "ask"
    SWITCH = "switch"  # a press in the settings: its success alone is the answer

    @property
    def is_paid(self) -> bool:
        return self in (Purpose.DRAW, Purpose.SUBMIT)

    @property
    def must_not_repeat(self) -> bool:
        """Not to be repeated without knowing: it would be paid twice, or turned back."""
        return self.is_paid or self is Purpose.SWITCH


class SendState(StrEnum):
    WRITTEN = "written"  # on disk, not yet known whether it reached the wire
    POSTED = "posted"  # Discord answered 2xx, or an event proved it
    REFUSED = "refused"  # a definite no
    UNKNOWN = "unknown"  # time-out, 5xx, cut, or a crash after it was written


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A button of a result, as Discord sent it, and what pressing it does."""

    custom_id: str
    label: str = ""
    emoji: str = ""
    style: int = 2
    type: int = 2
    does: Action | None = None  # None: not known to us; it can still be pressed by its custom_id
    index: int | None = None  # which of the four pictures, where the button names one
    opens_dialog: bool = False  # pressing it draws nothing: it opens a dialog to be filled
    is_quick: bool = False  # needs no slot at MidJourney: U1–U4, favourite, settings
    is_switch: bool = False  # of the settings: turns one of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture (or clip) at Discord. `url` is Discord's own; it carries a signature that expires. `stored` is the name
    of our copy; "" when there is none."""

    url: str
    filename: str = ""
    content_type: str = ""
    width: int | None = None
    height: int | None = None
    size: int | None = None
    stored: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRequest:
    """What the caller requested and how MidJourney is asked for it. Fixed at submit; a second input may change the
    prompt, and a drawing that its account cannot make fast changes to relaxed mode."""

    action: Action
    prompt: str = ""  # as given
    index: int | None = None
    parent_id: str | None = None  # id of the task whose button is pressed
    custom_id: str | None = None  # the button to press
    state: str = ""  # the caller's opaque string, returned unchanged
    notify_hook: str = ""
    api: str = "v1"  # the contract of the submit; webhooks have its shape
    owner: str = ""  # name of the secret it was submitted with; "" for an unnamed secret, or none
    bot: Bot = Bot.MIDJOURNEY
    mode_asked: Mode | None = None  # None: as the account is set
    accounts: tuple[str, ...] = ()  # only these may run it; empty: any
    submit_time: int = 0

    # how it is sent
    command: str = "imagine"  # the slash command, where no button is pressed
    options: tuple[tuple[str, str], ...] = ()  # of the command, besides the prompt
    answer_ends: bool = False  # ends with the bot's answer, without a picture: favourite, info, settings
    switch: str = ""  # label of the settings' button that is pressed, here or in the answer to /settings
    opens_dialog: bool = False  # the press opens a dialog, which is filled and submitted
    dialog_prompt: str | None = None  # text for the dialog; None: the dialog's own text
    sends_remix_on: bool = True  # a dialog that opens unrequested is submitted with its own text

    # the result whose button is pressed
    parent_message_id: str | None = None
    parent_message_flags: int = 0
    parent_job_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskProgress:
    """What is known of the current attempt. A task that goes back to the queue starts again with an empty one."""

    percent: int | None = None
    mode: Mode | None = None  # the mode that MidJourney reports
    queued: bool = False  # in MidJourney's queue
    sent_after: int = 0  # when the newest message was made that the account had received by the send (ms, Discord's)
    heard_time: int | None = None  # the last sign of life from MidJourney
    echoed_prompt: str = ""
    preview: Image | None = None
    words: str = ""  # MidJourney's last ones of no known form: why there is no drawing, if none comes

    # keys by which Discord's messages are matched to the task
    progress_message_id: str | None = None
    progress_message_flags: int = 0
    cancel_id: str | None = None  # custom_id of the Cancel button of that message
    cancel_asked: bool = False
    job_id: str | None = None  # MidJourney's uuid of the job


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskResult:
    """How the task ended, and what MidJourney gave."""

    message_id: str | None = None
    message_flags: int = 0
    image: Image | None = None
    buttons: tuple[Button, ...] = ()
    description: str = ""
    seed: str = ""  # requested after the end
    finish_time: int | None = None
    fail_code: str = ""
    fail_reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One thing a caller requested, from submit to its end."""

    id: str  # decimal digits, below 2**53, rising with time: the queue's order
    request: TaskRequest
    progress: TaskProgress = TaskProgress()
    result: TaskResult = TaskResult()

    status: Status = Status.NOT_START
    phase: Phase = Phase.NEW
    lane: Lane = Lane.DRAW
    account: str | None = None
    not_before: int = 0  # back-off: not sent earlier
    attempts: int = 0  # sends made for it
    start_time: int | None = None  # when the send was written

    # prepared
    prompt_en: str = ""  # translated; equals the prompt when nothing needed translation
    content: str = ""  # the text sent to MidJourney
    pictures: int = 0  # how many the caller brought; their bytes are kept until the end
    uploads: tuple[tuple[str, str, str], ...] = ()  # option, file name, Discord's name of the upload
    notes: tuple[str, ...] = ()  # for the caller: a translation that failed, an unknown parameter

    # MODAL
    held_until: int | None = None  # when waiting for the second input ends (ms)
    remix: bool = False  # the dialog that opened is Remix

    corrected: bool = False  # an earlier end was reported that did not hold: a late result, or the operator's retry

    @property
    def is_over(self) -> bool:
        return self.phase is Phase.OVER

    @property
    def in_flight(self) -> bool:
        return self.phase is Phase.SENT

    def redoes(self, message_id: str | None) -> bool:
        """Describing again: the answer is an edit of the message whose button is pressed."""
        request = self.request
        again = request.action is Action.DESCRIBE and request.custom_id is not None
        return again and message_id is not None and message_id == request.parent_message_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """One POST to Discord. Nonces belong to sends, never to tasks."""

    nonce: str
    task_id: str
    account: str
    purpose: Purpose
    state: SendState = SendState.WRITTEN
    interaction_id: str | None = None
    time: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    """A caller's Idempotency-Key: the same key and body answer the same task. Both are digests, never the texts."""

    key: str  # of the caller's name, the route and the key
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmitOptions:
    """What a caller says with every submit, whatever it asks for."""

    state: str = ""
    notify_hook: str = ""
    api: str = "v1"  # the contract it came through
    owner: str = ""  # on whose behalf, where that is not who asks
    bot: Bot = Bot.MIDJOURNEY
    mode: Mode | None = None  # None: the account's own
    accounts: tuple[str, ...] = ()  # only these; empty: any
    once: IdempotencyKey | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture that a caller brings, checked by `tasks.prompts.images`."""

    filename: str
    type: str  # image/png, image/jpeg, image/webp or image/gif
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoRequest:
    """A clip that begins with a picture. A picture given as text is a link."""

    prompt: str = ""
    motion: str = ""  # low or high; "": as the prompt has it, else low
    image: Picture | str | None = None
    end_image: Picture | str | None = None
    loop: bool = False


BY_OPERATOR = "paused by the operator"


def paused_by_operator(reason: str) -> str:
    """How an account's pause is told that the operator asked for, with the reason; "" is none."""
    return reason if not reason or reason.startswith(BY_OPERATOR) else f"{BY_OPERATOR}: {reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account as the rules see it, at this moment."""

    id: str
    connected: bool
    capacity: int  # drawings at once
    user_id: str | None = None  # the Discord user it is; a message that addresses another user is not ours
    paused: str = ""  # why a human must mend it; "" when nothing is wrong
    connected_since: int | None = None
    bots: frozenset[Bot] = frozenset()  # those it can speak to; empty: any
    modes: tuple[Mode, ...] = ()  # those it draws in, its own first; empty: any, as MidJourney has it set
    weight: int = 1  # its share of the drawings, where accounts are chosen by weight
    max_waiting: int = 0  # tasks that wait for it alone; 0: as many as the queue takes
    hours: str = ""  # when it works, such as 08:00-22:30 by the machine's clock; "": always
    daily_limit: int = 0  # drawings from one midnight to the next; 0: no limit
    prompt_limit: int | None = None  # characters of a prompt, as its command index says; None: the index does not say
    asleep: bool = False  # outside its working hours: nothing new is said with it
    left: int | None = None  # drawings that it may still begin today; None: any number
    details: Mapping[str, str | int | None] = field(default_factory=dict)  # for people; never a secret

    @property
    def is_usable(self) -> bool:
        return self.connected and not self.paused

    @property
    def spent(self) -> bool:
        """Has it drawn as much as it may today?"""
        return self.left is not None and self.left <= 0

    def takes(self, lane: Lane) -> bool:
        """Is it ready for a new task now, if it has a slot?"""
        return self.is_usable and not self.asleep and not (self.spent and lane is Lane.DRAW)
