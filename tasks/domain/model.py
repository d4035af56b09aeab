"""The records of the rules: frozen and keyword-only, with no behaviour except derived properties.

Times are integers: milliseconds since 1970 (UTC). Discord ids are strings of decimal digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What a task requests from MidJourney. The names are those of the `/mj` contract."""

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
    """The public state of a task."""

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
    """The internal state of a task; never shown."""

    NEW = "new"  # to be prepared: translation, pictures to upload
    READY = "ready"  # waits for a slot
    CLAIMED = "claimed"  # holds a slot, nothing written yet: a crash here sends it back to READY
    SENT = "sent"  # a send is on disk: it may have reached Discord
    HELD = "held"  # waits for the user's second input; holds no slot
    OVER = "over"


class Lane(StrEnum):
    """DRAW tasks hold a slot at MidJourney until they end; QUICK tasks neither hold nor wait for one."""

    DRAW = "draw"
    QUICK = "quick"


class Mode(StrEnum):
    FAST = "fast"
    RELAXED = "relaxed"
    TURBO = "turbo"


class SlotKind(StrEnum):
    """MidJourney limits each kind of drawings at once on its own."""

    IMAGES_FAST = "images_fast"  # fast and turbo
    IMAGES_RELAXED = "images_relaxed"
    VIDEOS_FAST = "videos_fast"
    VIDEOS_RELAXED = "videos_relaxed"

    @property
    def is_relaxed(self) -> bool:
        return self in (SlotKind.IMAGES_RELAXED, SlotKind.VIDEOS_RELAXED)


RELAXED_AT_ONCE = 3  # relaxed drawings, and relaxed clips, of every plan (MidJourney's documentation, 2026-10)


class Bot(StrEnum):
    MIDJOURNEY = "MID_JOURNEY"
    NIJI = "NIJI_JOURNEY"


class Purpose(StrEnum):
    """The purpose of a send. Only `DRAW` and `SUBMIT` are paid."""

    DRAW = "draw"
    OPEN = "open"
    SUBMIT = "submit"
    CANCEL = "cancel"
    RATE = "rate"
    ASK = "ask"
    SWITCH = "switch"  # a press in the settings: only its success is the answer

    @property
    def is_paid(self) -> bool:
        return self in (Purpose.DRAW, Purpose.SUBMIT)

    @property
    def must_not_repeat(self) -> bool:
        """Whether a repeat would be paid twice or would undo the first send. Never repeat these without knowing the
        outcome."""
        return self.is_paid or self is Purpose.SWITCH


class SendState(StrEnum):
    WRITTEN = "written"  # on disk; may not have reached the network
    POSTED = "posted"  # Discord answered 2xx, or an event proved it
    REFUSED = "refused"  # definitely refused
    UNKNOWN = "unknown"  # time-out, 5xx, disconnect, or a crash after it was written


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A button of a result, as sent by Discord, and the action of pressing it."""

    custom_id: str
    label: str = ""
    emoji: str = ""
    style: int = 2
    type: int = 2
    does: Action | None = None  # None: unknown; it can still be pressed by its custom_id
    index: int | None = None  # which of the four pictures, if the button names one
    opens_dialog: bool = False  # pressing it opens a dialog and draws nothing
    is_quick: bool = False  # needs no slot at MidJourney: U1–U4, favourite, settings
    is_switch: bool = False  # a settings button that toggles an option


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture (or clip) at Discord. `url` is Discord's own and has a signature that expires. `stored` is the name
    of the archived copy; "" without one."""

    url: str
    filename: str = ""
    content_type: str = ""
    width: int | None = None
    height: int | None = None
    size: int | None = None
    stored: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRequest:
    """The caller's request, and how it is sent to MidJourney. Fixed at submit, with two exceptions: a second input
    may change the prompt, and a drawing that its account cannot run in fast mode changes to relaxed mode."""

    action: Action
    prompt: str = ""  # as given
    index: int | None = None
    parent_id: str | None = None  # id of the task whose button is pressed
    custom_id: str | None = None  # the button to press
    state: str = ""  # the caller's opaque string, returned unchanged
    notify_hook: str = ""
    api: str = "v1"  # the contract of the submit; it determines the format of webhooks
    owner: str = ""  # name of the secret it was submitted with; "" for an unnamed secret, or none
    bot: Bot = Bot.MIDJOURNEY
    requested_mode: Mode | None = None  # None: the account's setting
    accounts: tuple[str, ...] = ()  # only these may run it; empty: any
    submit_time: int = 0

    # how it is sent
    command: str = "imagine"  # the slash command, unless a button is pressed
    options: tuple[tuple[str, str], ...] = ()  # of the command, besides the prompt
    answer_ends: bool = False  # ends with the bot's answer, without a picture: favourite, info, settings
    switch: str = ""  # label of the settings button to press, directly or in the answer to /settings
    opens_dialog: bool = False  # the press opens a dialog, which is filled in and submitted
    dialog_prompt: str | None = None  # text for the dialog; None: the dialog's own text
    sends_remix_on: bool = True  # submit a dialog that opens unrequested with its own text

    # the result whose button is pressed
    parent_message_id: str | None = None
    parent_message_flags: int = 0
    parent_job_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskProgress:
    """State of the current attempt. A task that returns to the queue starts with an empty one."""

    percent: int | None = None
    mode: Mode | None = None  # the mode that MidJourney reports
    queued: bool = False  # in MidJourney's queue
    sent_after: int = 0  # time of the newest message the account had received when sending (ms, Discord's clock)
    last_event_time: int | None = None  # the last sign of life from MidJourney
    echoed_prompt: str = ""
    preview: Image | None = None
    words: str = ""  # MidJourney's last text of unknown form; reported if no drawing arrives

    # keys that match Discord's messages to the task
    progress_message_id: str | None = None
    progress_message_flags: int = 0
    cancel_id: str | None = None  # custom_id of the Cancel button of that message
    cancel_requested: bool = False
    job_id: str | None = None  # MidJourney's uuid of the job


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskResult:
    """How the task ended, with MidJourney's result."""

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
    """One request of a caller, from submit to its end."""

    id: str  # decimal digits, below 2**53, increasing with time: the order of the queue
    request: TaskRequest
    progress: TaskProgress = TaskProgress()
    result: TaskResult = TaskResult()

    status: Status = Status.NOT_START
    phase: Phase = Phase.NEW
    lane: Lane = Lane.DRAW
    account: str | None = None
    not_before: int = 0  # not sent before this time (ms)
    attempts: int = 0  # number of sends
    start_time: int | None = None  # when the send was written

    # prepared
    prompt_en: str = ""  # translated; equals the prompt when nothing needed translation
    content: str = ""  # the text sent to MidJourney
    pictures: int = 0  # how many the caller sent; their bytes are kept until the end
    uploads: tuple[tuple[str, str, str], ...] = ()  # option, file name, Discord's name of the upload
    notes: tuple[str, ...] = ()  # for the caller: failed translations, unknown parameters

    # MODAL
    held_until: int | None = None  # when waiting for the second input ends (ms)
    remix: bool = False  # the open dialog is Remix

    corrected: bool = False  # an earlier reported end was replaced, by a late result or the operator's retry

    @property
    def is_over(self) -> bool:
        return self.phase is Phase.OVER

    @property
    def in_flight(self) -> bool:
        return self.phase is Phase.SENT

    def redoes(self, message_id: str | None) -> bool:
        """True for a repeated describe: the answer is an edit of the message that has the pressed button."""
        request = self.request
        again = request.action is Action.DESCRIBE and request.custom_id is not None
        return again and message_id is not None and message_id == request.parent_message_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """One POST to Discord. Nonces belong to sends, not to tasks."""

    nonce: str
    task_id: str
    account: str
    purpose: Purpose
    state: SendState = SendState.WRITTEN
    interaction_id: str | None = None
    time: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    """A caller's Idempotency-Key: the same key and body return the same task. Both are stored as digests only."""

    key: str  # of the caller's name, the route and the key
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmitOptions:
    """Options common to all submits."""

    state: str = ""
    notify_hook: str = ""
    api: str = "v1"  # the contract it came through
    owner: str = ""  # name of the secret that submits; "" for an unnamed secret, or none
    bot: Bot = Bot.MIDJOURNEY
    mode: Mode | None = None  # None: the account's setting
    accounts: tuple[str, ...] = ()  # only these; empty: any
    once: IdempotencyKey | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture sent by a caller, checked by `tasks.prompts.images`."""

    filename: str
    type: str  # image/png, image/jpeg, image/webp or image/gif
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoRequest:
    """A clip that starts with a picture. A picture given as text is a link."""

    prompt: str = ""
    motion: str = ""  # low or high; "": as in the prompt, else low
    image: Picture | str | None = None
    end_image: Picture | str | None = None
    loop: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionRequest:
    """A clip that is made longer. Where the parent shows several clips, one is opened first."""

    parent: str
    motion: str = "low"
    index: int | None = None  # 0 to 3, which of the clips; None: the parent shows one
    prompt: str | None = None  # None: the clip's own
    notes: tuple[str, ...] = ()  # fields of the request that an extension has no use for


BY_OPERATOR = "paused by the operator"


def paused_by_operator(reason: str) -> str:
    """The reason of a pause requested by the operator; "" when there is no pause."""
    return reason if not reason or reason.startswith(BY_OPERATOR) else f"{BY_OPERATOR}: {reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The current state of an account, as the rules see it."""

    id: str
    connected: bool
    capacity: int  # concurrent fast images; other kinds have their limits, or take theirs from this one
    limits: Mapping[SlotKind, int] = field(default_factory=dict)  # where they differ from those by `capacity`
    user_id: str | None = None  # its Discord user; a message that addresses another user belongs to somebody else
    paused: str = ""  # why it is unusable until a human fixes it; "" if it is usable
    connected_since: int | None = None
    bots: frozenset[Bot] = frozenset()  # the bots it can use; empty: any
    modes: tuple[Mode, ...] = ()  # the modes it may use, its own first; empty: any, as set at MidJourney
    weight: int = 1  # its share of the drawings, where accounts are chosen by weight
    max_waiting: int = 0  # tasks that may wait for it alone; 0: no limit but the queue's
    hours: str = ""  # when it works, such as 08:00-22:30 by the machine's clock; "": always
    daily_limit: int = 0  # drawings from one midnight to the next; 0: no limit
    prompt_limit: int | None = None  # characters of a prompt, from its command index; None: the index gives no limit
    localised_names: tuple[tuple[str, str], ...] = ()  # of its commands and options: original name, name shown
    asleep: bool = False  # outside its working hours: nothing new is sent
    left: int | None = None  # drawings it may still start today; None: any number
    details: Mapping[str, str | int | None] = field(default_factory=dict)  # for people; never a secret

    @property
    def is_usable(self) -> bool:
        return self.connected and not self.paused

    @property
    def spent(self) -> bool:
        """Whether it has used up its daily limit."""
        return self.left is not None and self.left <= 0

    def kind_of(self, *, is_video: bool, mode: Mode | None) -> SlotKind:
        """The kind of slot that a drawing holds on this account. `mode` None: the account's own, fast if unknown."""
        is_relaxed = (mode or next(iter(self.modes), None)) is Mode.RELAXED
        if is_video:
            return SlotKind.VIDEOS_RELAXED if is_relaxed else SlotKind.VIDEOS_FAST
        return SlotKind.IMAGES_RELAXED if is_relaxed else SlotKind.IMAGES_FAST

    def has(self, kind: SlotKind) -> bool:
        """Whether its modes allow drawings of this kind."""
        wanted = {Mode.RELAXED} if kind.is_relaxed else {Mode.FAST, Mode.TURBO}
        return not self.modes or bool(wanted & {*self.modes})

    def limit(self, kind: SlotKind) -> int:
        """How many drawings of this kind it may run at once."""
        return self.limits.get(kind, min(self.capacity, RELAXED_AT_ONCE) if kind.is_relaxed else self.capacity)

    def takes(self, lane: Lane) -> bool:
        """Whether it can accept a task of this lane now, given a free slot."""
        return self.is_usable and not self.asleep and not (self.spent and lane is Lane.DRAW)


class Occupied(NamedTuple):
    """Drawings in flight that hold the same kind of slot on one account. `mode` None: the account's own."""

    account: str
    is_video: bool = False
    mode: Mode | None = None
