"""What can be heard from Discord, in our words. Made by `bot.grammar.events`, understood by `tasks.tracking.tracker`.

Each event about a task carries `Keys`: all that the payload says about whose it is. No event says which task it
belongs to; `tasks.rules.matching` decides that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.domain.model import Action, Bot, Button, Image, Mode

LONGEST_WORDS = 500  # of MidJourney's, as a task keeps them


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """What a payload tells about the task it belongs to. Missing means: the payload does not say."""

    account: str  # the account whose gateway (or history) brought it
    nonce: str | None = None
    interaction_id: str | None = None  # INTERACTION_*: id; messages: interaction_metadata.id or interaction.id
    message_id: str | None = None
    channel_id: str | None = None
    job_id: str | None = None
    reference_id: str | None = None  # message_reference.message_id
    action: Action | None = None  # None: the message alone does not tell
    candidates: frozenset[Action] = frozenset()  # where `action` is None: what it may be; empty: anything
    not_of: frozenset[str] = frozenset()  # parts of custom_ids: what pressed such a button does not call itself so
    index: int | None = None
    prompt: str | None = None  # as MidJourney echoes it
    user_id: str | None = None  # whom the text addresses after its last `** - `
    bot: Bot | None = None  # which of the two says it
    sent_at: int = 0  # ms, from the message's or interaction's id
    flags: int = 0
    edited: bool = False  # came as MESSAGE_UPDATE
    from_history: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """INTERACTION_CREATE: Discord has our interaction and gave it an id. `confirmed`: INTERACTION_SUCCESS."""

    keys: Keys
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionFailed:
    """INTERACTION_FAILURE. No proof of failure: such jobs have been seen to finish."""

    keys: Keys
    reason_code: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """MidJourney keeps the job in its own queue ("Job queued")."""

    keys: Keys


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """Accepted, no percentage yet ("(Waiting to start)", "Animating..."). `cancel_id`: of its Cancel button."""

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
    """A result."""

    keys: Keys
    mode: Mode | None = None
    image: Image | None = None
    buttons: tuple[Button, ...] = ()
    text: str = ""  # what DESCRIBE and SHORTEN answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """MidJourney says no, or gave up. `code` is stable (docs/errors.md), `reason` its own words.

    `pauses_account`: a human must mend the account. `retry`: the job may be sent again later ("Queue full").
    """

    keys: Keys
    code: str
    reason: str
    pauses_account: bool = False
    retry: bool = False
    retry_at: int | None = None  # ms


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """A message was deleted. Of a progress message this follows the result and means nothing by itself."""

    keys: Keys


@dataclass(frozen=True, kw_only=True, slots=True)
class ModalOpened:
    """A dialog to be filled. All ids are read from here, none is built. `iframe_path` is set for web dialogs."""

    keys: Keys
    modal_id: str
    custom_id: str
    title: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)  # custom_id of each text field -> its pre-filled text
    labelled: frozenset[str] = frozenset()  # the fields that stand in a label; the others stand in rows
    iframe_path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptchaAsked:
    """MidJourney wants to see a human. Never solved by us: the account pauses."""

    keys: Keys
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Informed:
    """A notice or an answer of the bot that starts, ends and fails nothing by itself. `seed`: of the job in `keys`.
    `is_known`: the grammar knows these words, and they are no refusal."""

    keys: Keys
    title: str = ""
    text: str = ""
    seed: str = ""
    buttons: tuple[Button, ...] = ()
    is_known: bool = False

    @property
    def words(self) -> str:
        """In one line."""
        return " ".join(": ".join(part for part in (self.title, self.text) if part).split())[:LONGEST_WORDS]


# ---------------------------------------------------------------- about the connection and our own sends


@dataclass(frozen=True, kw_only=True, slots=True)
class Connected:
    """The account hears Discord. `gap_since` (ms): events may have been missed from then on; 0 where nothing was heard
    before, by this connection; None: none were."""

    account: str
    gap_since: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Disconnected:
    account: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryPage:
    """A stretch of a channel's history, oldest first; no event of its own. `more_since` (ms): from then on there is
    more; None: it was read up to now."""

    events: tuple[DiscordEvent, ...] = ()
    more_since: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRead:
    """History was read up to now and everything in it stands before this event in the queue. Not `complete`: it could
    not be read, or not to its end, and proves nothing."""

    account: str
    since: int
    complete: bool = True


# what became of a POST of ours: told by the dispatcher, so that one loop alone changes a task in flight


@dataclass(frozen=True, kw_only=True, slots=True)
class SendPosted:
    """Discord took it (2xx)."""

    nonce: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SendNotMade:
    """Nothing reached Discord: the task may be sent again, `retry_after` seconds from now at the earliest."""

    nonce: str
    reason: str
    retry_after: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SendDenied:
    """A definite no. `requeue`: the fault is the account's, not the task's, which may go another way."""

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
    """A caller wants a task in flight to end."""

    task_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdoptRequested:
    """The operator says that this result is what became of a task whose end was left open."""

    task_id: str
    result: Finished


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryRequested:
    """The operator wants a task whose end was left open to be sent again, and accepts that it may be paid twice."""

    task_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyStored:
    """We have a copy of one of a task's pictures. `url` is its link at Discord, without the signature."""

    task_id: str
    role: str  # result | preview
    url: str
    name: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyRemoved:
    """The copy of that name is about to go."""

    task_id: str
    role: str
    url: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinksRenewed:
    """Discord has signed the links to a task's pictures anew. `fresh`: old link -> new link."""

    task_id: str
    fresh: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """Time has passed: look at the deadlines. `now` in ms, when it was put on the queue."""

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
