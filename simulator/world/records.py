"""The things of the simulated world: accounts, channels, messages, jobs, interactions.

Contract: records with their own views as JSON. They hold no references to servers, sockets or tasks.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from simulator.data.kinds import JobKind
from simulator.data.pictures import DrawnPicture


@dataclass(frozen=True, kw_only=True)
class User:
    id: str
    username: str


@dataclass(frozen=True, kw_only=True)
class SimulatedAccount:
    """A user whose token may log in, and the places that belong to it."""

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
class Asker:
    """Who hears a nonce and INTERACTION_*: the session that the POST named, and while that does not live every other
    one of the user."""

    user_id: str
    session_id: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What an account has chosen at MidJourney."""

    mode: str = "fast"
    remix: bool = False
    stealth: bool = False
    variability: bool = True
    version: str = "7"


@dataclass(kw_only=True)
class Message:
    """`body` is the REST object; what only the gateway adds is added when an event is made."""

    body: dict[str, Any]
    ephemeral_to: str | None = None  # user id of the only reader
    job: "Job | None" = None  # the job that this message shows

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
    bot_id: str | None = None  # of a private channel: with which bot
    messages: dict[str, Message] = field(default_factory=dict)  # oldest first


@dataclass(kw_only=True)
class Interaction:
    """One POST to /interactions, as it arrived."""

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
    unheard: bool = False  # what is said now is no answer to it: no events, no nonce

    @property
    def answer_nonce(self) -> str | None:
        """What its first answer carries."""
        return None if self.unheard else self.nonce

    @property
    def asker(self) -> Asker:
        return Asker(user_id=self.account.user_id, session_id=self.session_id)

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
    """One drawing, ours or somebody else's."""

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
    custom_id: str | None = None  # of the button that asked for it
    opened_by: str = ""  # the interaction whose dialog was filled
    inpaint: dict[str, Any] | None = None  # what came with the mask
    link: str = ""  # of the picture that is described
    texts: tuple[str, ...] = ()  # what /describe and /shorten answer
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
    def asker(self) -> Asker | None:
        """None for a stranger's: nobody waits for its nonce."""
        return None if self.session_id is None else Asker(user_id=self.user.id, session_id=self.session_id)

    @property
    def status_words(self) -> str:
        """As they stand in brackets: the mode, and whether others may see the picture."""
        return f"{self.mode}, stealth" if self.stealth else self.mode

    @property
    def seed(self) -> int:
        """The prompt's own, or one that follows from the job."""
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
