"""The records of the simulated world, with ids and timestamps: accounts, channels, messages, jobs, interactions.

Contract: records with their JSON form. They hold no references to servers, sockets or tasks. The only place that turns
a clock into an id or a timestamp.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.data.kinds import JobKind
from simulator.data.pictures import DrawnPicture

_EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Increasing ids that contain the millisecond of their creation."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, (now_ms() - _EPOCH_MS) << 22)
        return str(self._last)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def timestamp() -> str:
    """The current time in Discord's format."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True)
class User:
    id: str
    username: str


@dataclass(frozen=True, kw_only=True)
class SimulatedAccount:
    """A user with a token that can log in, and its places."""

    token: str
    user_id: str
    username: str
    guild_id: str
    channel_id: str
    dm_channel_id: str
    niji_dm_channel_id: str

    @property
    def user(self) -> User:
        return User(id=self.user_id, username=self.username)


@dataclass(frozen=True, kw_only=True)
class NonceAudience:
    """The recipients of a nonce and of INTERACTION_*: the session named in the POST, or while it is not alive every
    other one of the user."""

    user_id: str
    session_id: str


# What may keep an account from drawing: it does not see its channel, may not use commands there, no bot is a member of
# its server, the bots offer no /imagine, Discord requires it to verify itself.
ACCESSES = ("full", "no_channel", "no_permission", "no_bot", "no_imagine", "locked")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """An account's choices at MidJourney, and its access at Discord."""

    mode: str = "fast"
    remix: bool = False
    stealth: bool = False
    variability: bool = True
    version: str = ""  # empty: the era's default
    access: str = "full"  # one of ACCESSES


@dataclass(kw_only=True)
class Message:
    """`body` is the REST object; gateway-only keys are added when an event is made."""

    body: dict[str, Any]
    ephemeral_to: str | None = None  # user id of the only reader
    job: "Job | None" = None  # the job shown by this message
    is_v2: bool = False  # sent in the form of Components V2, which `body` has not

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def flags(self) -> int:
        return int(self.body["flags"])


@dataclass(kw_only=True)
class Channel:
    id: str
    guild_id: str | None
    readers: set[str]  # user ids
    bot_id: str | None = None  # of a private channel: its bot
    messages: dict[str, Message] = field(default_factory=dict)  # oldest first


@dataclass(kw_only=True)
class Interaction:
    """One POST to /interactions, as received."""

    time: int
    account: SimulatedAccount
    channel_id: str
    nonce: str | None
    session_id: str
    type: int
    name: str  # the command's name or the button's custom id
    data: dict[str, Any]
    message_id: str | None
    application_id: str
    id: str = ""
    outcome: str = "received"
    is_closed: bool = False  # later messages do not answer it: no events, no nonce

    @property
    def answer_nonce(self) -> str | None:
        """The nonce of its first answer."""
        return None if self.is_closed else self.nonce

    @property
    def audience(self) -> NonceAudience:
        return NonceAudience(user_id=self.account.user_id, session_id=self.session_id)

    @property
    def values(self) -> dict[str, Any]:
        """A command's options, by name."""
        given = self.data.get("options") or []
        return {item["name"]: item.get("value") for item in given if isinstance(item, dict) and "name" in item}

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id or None,
            "time": self.time,
            "account": self.account.token,
            "nonce": self.nonce,
            "type": self.type,
            "command": self.name if self.type == 2 else None,
            "custom_id": None if self.type == 2 else self.name,
            "channel_id": self.channel_id,
            "message_id": self.message_id,
            "outcome": self.outcome,
        }


@dataclass(kw_only=True)
class Job:
    """One drawing, of an account or a stranger."""

    job_id: str
    kind: JobKind
    user: User
    account: SimulatedAccount | None  # None: a stranger's
    channel: Channel
    interaction_id: str
    session_id: str | None
    nonce: str | None
    prompt: str
    prompt_echoed: str
    created: int
    bot: User
    mode: str = "fast"
    stealth: bool = False
    custom_id: str | None = None  # of the button that requested it
    opened_by: str = ""  # the interaction with the dialog that was filled in
    inpaint: dict[str, Any] | None = None  # the facts about the mask
    link: str = ""  # of the described picture
    texts: tuple[str, ...] = ()  # the answer of /describe and /shorten
    index: int = 0
    parent: "Job | None" = None
    parent_message: Message | None = None
    scenes: tuple[str, ...] = ()
    status: str = "waiting"
    finished: int | None = None
    stop_requested: bool = False
    message_ids: list[str] = field(default_factory=list)
    image_urls: list[str] = field(default_factory=list)

    @property
    def slash(self) -> bool:
        return self.parent_message is None

    @property
    def audience(self) -> NonceAudience | None:
        """None for a stranger's job, whose nonce nobody receives."""
        return None if self.session_id is None else NonceAudience(user_id=self.user.id, session_id=self.session_id)

    @property
    def status_words(self) -> str:
        """The text in brackets: the mode and the visibility."""
        return f"{self.mode}, stealth" if self.stealth else self.mode

    @property
    def seed(self) -> int:
        """The prompt's seed, or one derived from the job."""
        asked = re.search(r"--seed (\d{1,10})", self.prompt)
        return int(asked[1]) if asked else int(self.job_id[:8], 16)

    def picture(self, *, percent: int = 100) -> DrawnPicture:
        return DrawnPicture(
            job_id=self.job_id,
            index=str(self.index or ""),
            prompt=self.prompt,
            nonce=self.nonce or "",
            parent=self.parent.job_id if self.parent else "",
            scenes=self.scenes,
            percent=percent,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "job_id": self.job_id,
            "foreign": self.account is None,
            "account": self.account.token if self.account else None,
            "nonce": self.nonce,
            "kind": self.kind.family,
            "command": self.kind.command,
            "custom_id": self.custom_id,
            "bot": self.bot.id,
            "mode": self.mode,
            "seed": self.seed,
            "prompt": self.prompt,
            "prompt_echoed": self.prompt_echoed,
            "status": self.status,
            "created": self.created,
            "finished": self.finished,
            "message_ids": list(self.message_ids),
            "parent": self.parent.job_id if self.parent else None,
            "index": self.index or None,
            "image_urls": list(self.image_urls),
            "inpaint": self.inpaint,
        }
