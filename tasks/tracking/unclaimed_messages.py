"""Remembers running messages that no task claims: drawings made by hand or by another service on the same account, or
tasks whose keys have not arrived yet.

Contract: bounded, in memory, separate per account; decides nothing. Later messages are tied to a remembered one by
message, job or interaction id. After a restart the history backfill fills it again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tasks.domain.events import DiscordEvent, Finished, Keys, Progressed, Started

REMEMBERED = 2_000  # keys of each kind; the oldest are dropped
KEPT = 300  # interactions whose last events are kept for later matching

Known = tuple[str, str]  # account, key


K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(OrderedDict[K, V]):
    """Holds at most `most` entries; the least recently set one is dropped."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, key: K, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)


@dataclass(kw_only=True, slots=True)
class Group:
    """The latest events of one interaction."""

    account: str
    interaction_id: str
    events: dict[str, DiscordEvent] = field(default_factory=dict)  # by kind

    def keep(self, event: DiscordEvent) -> None:
        kind = "running" if isinstance(event, Started | Progressed) else type(event).__name__
        self.events.pop(kind, None)
        self.events[kind] = event

    @property
    def keys(self) -> Keys:
        """The combined keys of all events: the last one counts, earlier ones fill in missing keys. An error that
        replies to the running message names neither the user nor the pressed button; that message does."""
        *earlier, last = (event.keys for event in self.events.values())
        own = {keys.message_id for keys in (*earlier, last)}
        for keys in reversed(earlier):
            last = replace(
                last,
                user_id=last.user_id or keys.user_id,
                action=last.action or keys.action,
                index=keys.index if last.index is None else last.index,
                prompt=keys.prompt if last.prompt is None else last.prompt,
                reference_id=keys.reference_id if last.reference_id in own else last.reference_id,
            )
        return last


class UnclaimedMessages:
    def __init__(self) -> None:
        self._groups: BoundedDict[Known, Group] = BoundedDict(KEPT)
        self._interactions: BoundedDict[tuple[str, str, str], str] = BoundedDict(REMEMBERED)  # account, kind, key
        self._running: OrderedDict[Known, str] = OrderedDict()  # message -> its echo, until its end
        self._echoes: dict[Known, set[str]] = {}  # echo -> messages that show it

    def with_interaction(self, keys: Keys) -> Keys:
        """The keys, with the interaction named by earlier messages of the same message or job."""
        if keys.interaction_id is not None or not self._interactions:
            return keys
        for kind, key in (("message", keys.message_id), ("job", keys.job_id), ("message", keys.reference_id)):
            found = self._interactions.get((keys.account, kind, key)) if key else None
            if found is not None:
                return replace(keys, interaction_id=found)
        return keys

    def with_interaction_of(self, keys: Keys, other: Keys) -> Keys:
        """The keys, with the interaction known from the other message."""
        return replace(keys, interaction_id=self.with_interaction(other).interaction_id)

    def note(self, event: DiscordEvent) -> None:
        """Remember an unclaimed event."""
        keys = event.keys
        if isinstance(event, Started | Progressed) and keys.message_id is not None and keys.prompt is not None:
            self._add_running(keys.account, keys.message_id, keys.prompt)
        if isinstance(event, Finished):
            self.ended(keys)
        if keys.interaction_id is None:
            return
        known = (keys.account, keys.interaction_id)
        group = self._groups.get(known) or Group(account=keys.account, interaction_id=keys.interaction_id)
        group.keep(event)
        self._groups.put(known, group)
        if isinstance(event, Started | Progressed):
            for kind, key in (("message", keys.message_id), ("job", keys.job_id)):
                if key is not None:
                    self._interactions.put((keys.account, kind, key), keys.interaction_id)

    def ended(self, keys: Keys) -> None:
        """Its running message has its result, or was deleted."""
        for message_id in (keys.message_id, keys.reference_id):
            if message_id is not None:
                self._stop((keys.account, message_id))

    def _add_running(self, account: str, message_id: str, echo: str) -> None:
        known = (account, message_id)
        self._stop(known)
        self._running[known] = echo
        self._echoes.setdefault((account, echo), set()).add(message_id)
        if len(self._running) > REMEMBERED:
            self._stop(next(iter(self._running)))

    def _stop(self, known: Known) -> None:
        echo = self._running.pop(known, None)
        if echo is not None:
            messages = self._echoes[known[0], echo]
            messages.discard(known[1])
            if not messages:
                del self._echoes[known[0], echo]

    def echo_of(self, account: str, message_id: str | None) -> str | None:
        """The echo of this unclaimed running message; None if there is no such message."""
        return self._running.get((account, message_id or ""))

    def runs_with(self, keys: Keys) -> bool:
        """Whether an unclaimed drawing runs with exactly this prompt."""
        return (keys.account, keys.prompt or "") in self._echoes

    def groups(self, account: str) -> list[Group]:
        return [group for group in self._groups.values() if group.account == account]

    def claim(self, account: str, interaction_id: str) -> list[DiscordEvent]:
        """A task claims the interaction: return its earlier events in order, and forget it."""
        group = self._groups.pop((account, interaction_id), None)
        if group is None:
            return []
        for event in group.events.values():
            self.ended(event.keys)
        return list(group.events.values())
