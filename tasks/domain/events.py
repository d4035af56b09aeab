"""Events received from Discord, in the service's terms. `bot.grammar.events` creates them, `tasks.tracking.tracker`
handles them.

Each event about a task carries `Keys`: everything in its payload that identifies the task. No event names its task;
`tasks.rules.matching` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.domain.model import Action, Bot, Button, Image, Mode

LONGEST_WORDS = 500  # characters of MidJourney's words that a task keeps


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """What a payload reveals about its task. A missing key means that the payload does not contain it."""

    account: str  # the account that received it, by gateway or history
    nonce: str | None = None
    interaction_id: str | None = None  # INTERACTION_*: id; messages: interaction_metadata.id or interaction.id
    triggering_id: str | None = None  # after a dialog: the press that opened it, by triggering_interaction_metadata.id
    message_id: str | None = None
    channel_id: str | None = None
    job_id: str | None = None
    reference_id: str | None = None  # message_reference.message_id
    action: Action | None = None  # None: the message alone does not determine it
    candidates: frozenset[Action] = frozenset()  # if `action` is None: possible actions; empty: any
    not_of: frozenset[str] = frozenset()  # parts of custom_ids: pressing such a button never produces this text
    index: int | None = None
    prompt: str | None = None  # as echoed by MidJourney
    user_id: str | None = None  # the user addressed after the text's last `** - `
    bot: Bot | None = None  # which bot sent it
    sent_at: int = 0  # ms, from the message's or interaction's id
    flags: int = 0
    edited: bool = False  # came as MESSAGE_UPDATE
    from_history: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """INTERACTION_CREATE: Discord accepted the interaction and assigned an id. `confirmed`: INTERACTION_SUCCESS."""

    keys: Keys
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionFailed:
    """INTERACTION_FAILURE. Not a proof of failure: such jobs have been seen to finish."""

    keys: Keys
    reason_code: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """The job waits in MidJourney's own queue ("Job queued")."""

    keys: Keys


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """Accepted, no percentage yet ("(Waiting to start)", "Animating..."). `cancel_id` is the custom_id of its Cancel
    button."""

    keys: Keys
    cancel_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Progressed:
    """A percentage, or paused (percent None)."""

    keys: Keys
    percent: int | None = None
    mode: Mode | None = None
    preview: Image | None = None
    cancel_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A result. `unknown_buttons`: the custom_ids' forms that the grammar does not know, with the buttons' labels."""

    keys: Keys
    mode: Mode | None = None
    image: Image | None = None
    buttons: tuple[Button, ...] = ()
    text: str = ""  # the answer of DESCRIBE and SHORTEN
    unknown_buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """MidJourney refused the job or gave up. `code` is stable (docs/errors.md), `reason` is its own text.

    `pauses_account`: the account pauses until a human fixes it. `retry`: the job may be sent again later ("Queue
    full").
    """

    keys: Keys
    code: str
    reason: str
    pauses_account: bool = False
    retry: bool = False
    retry_at: int | None = None  # ms


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """A message was deleted. A progress message is deleted after its result, which by itself means nothing."""

    keys: Keys


@dataclass(frozen=True, kw_only=True, slots=True)
class ModalOpened:
    """A dialog to fill in. All ids are read from here, never built. `iframe_path` is set for web dialogs."""

    keys: Keys
    modal_id: str
    custom_id: str
    title: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)  # custom_id of each text field -> its pre-filled text
    labelled: frozenset[str] = frozenset()  # fields inside a label; the others are in rows
    iframe_path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptchaAsked:
    """MidJourney requests a captcha. The service never solves it: the account pauses."""

    keys: Keys
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedVersion:
    """A version that /settings offers, in MidJourney's words, such as "Use V8.2". `selected`: it is set."""

    label: str
    selected: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Informed:
    """A notice or an answer of the bot that neither starts, ends nor fails a task. `seed`: of the job in `keys`.
    `is_known`: the grammar knows the text, and it is not a refusal. `versions`: those that /settings offers."""

    keys: Keys
    title: str = ""
    text: str = ""
    seed: str = ""
    buttons: tuple[Button, ...] = ()
    is_known: bool = False
    versions: tuple[OfferedVersion, ...] = ()

    @property
    def words(self) -> str:
        """The text in one line."""
        return " ".join(": ".join(part for part in (self.title, self.text) if part).split())[:LONGEST_WORDS]


# ---------------------------------------------------------------- connections and own sends


@dataclass(frozen=True, kw_only=True, slots=True)
class Connected:
    """The account receives events. `gap_since` (ms): events may have been missed since then; 0: this connection
    received none before; None: none were missed."""

    account: str
    gap_since: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Disconnected:
    account: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryPage:
    """Part of a channel's history, oldest first; not an event itself. `more_since` (ms): where the next part starts;
    None: it was read up to now."""

    events: tuple[DiscordEvent, ...] = ()
    more_since: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRead:
    """History was read up to now, and all its events precede this one in the queue. Not `complete`: it could not be
    read, or not to its end, and proves nothing."""

    account: str
    since: int
    complete: bool = True


# Outcomes of a POST. The dispatcher queues them, so that only the tracker's loop changes tasks in flight.


@dataclass(frozen=True, kw_only=True, slots=True)
class SendPosted:
    """Discord accepted it (2xx)."""

    nonce: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SendNotMade:
    """Nothing reached Discord: the task may be sent again after `retry_after` seconds."""

    nonce: str
    reason: str
    retry_after: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SendDenied:
    """Discord definitely refused it. `requeue`: the refusal concerns the account, not the task; another account may
    run it."""

    nonce: str
    code: str
    reason: str
    requeue: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SendUncertain:
    """It may or may not have reached Discord."""

    nonce: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelRequested:
    """A caller cancels a task in flight."""

    task_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdoptRequested:
    """The operator declares this result to be that of a task with an unsettled outcome."""

    task_id: str
    result: Finished


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryRequested:
    """The operator retries a task with an unsettled outcome, accepting that it may be paid twice."""

    task_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyStored:
    """A copy of one of a task's pictures is stored. `url` is its link at Discord, without the signature."""

    task_id: str
    role: str  # result | preview
    url: str
    name: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyRemoved:
    """The copy with this name is about to be removed."""

    task_id: str
    role: str
    url: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinksRenewed:
    """Discord signed the links to a task's pictures again. `fresh` maps old links to new ones."""

    task_id: str
    fresh: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """Time has passed: check deadlines. `now` is the time (ms) at which the tick was queued."""

    now: int


DiscordEvent = (
    Acknowledged
    | InteractionFailed
    | Queued
    | Started
    | Progressed
    | Finished
    | Refused
    | Withdrawn
    | ModalOpened
    | CaptchaAsked
    | Informed
)
SendResult = SendPosted | SendNotMade | SendDenied | SendUncertain
OperatorRequest = CancelRequested | AdoptRequested | RetryRequested
CopyChange = CopyStored | CopyRemoved
Event = (
    DiscordEvent
    | Connected
    | Disconnected
    | HistoryRead
    | SendResult
    | OperatorRequest
    | CopyChange
    | LinksRenewed
    | Tick
)
