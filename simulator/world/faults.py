"""Faults on demand: the kinds, their fields, and which occasions they affect.

Contract: a table of kinds and a list of armed faults. A new kind is one entry in `KINDS`; affected code calls `take`.
The control API carries out faults that happen at once, because it knows gateway and world.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulator.data.troubles import TROUBLES

# Values of the fault `trouble`: an error of MidJourney, or its captcha's frame.
TROUBLE_NAMES = (*TROUBLES, "captcha")
# The subject of a gateway event: a job's first message, its percentages, its end and later edits, its deletion; a
# private note; INTERACTION_CREATE, SUCCESS and FAILURE; a dialog; anything else.
STAGES = ("any", "first", "progress", "end", "delete", "note", "answer", "dialog", "other")
LONGEST_SECONDS = 3600


class FaultError(ValueError):
    """A fault's kind or field is invalid; the text states the valid ones."""


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """`at_once`: happens when it is posted. Otherwise it waits for a matching occasion."""

    meaning: str
    at_once: bool = False
    fields: Mapping[str, tuple[type | tuple[type, ...], Any]] = field(default_factory=dict)  # name: (type, default)


KINDS: dict[str, FaultKind] = {
    "interaction": FaultKind(
        meaning="POST /interactions returns `status`; with `accepted` the job starts nevertheless",
        fields={
            "status": (int, 500),
            "accepted": (bool, False),
            "retry_after": ((int, float), 1.0),
            "global": (bool, False),
            "code": (int, 0),
            "message": (str, ""),
        },
    ),
    "drop_connection": FaultKind(
        meaning="the connection of POST /interactions is cut without a response, before or after accepting; "
        "`orderly`: closed, not reset",
        fields={"accepted": (bool, False), "orderly": (bool, False)},
    ),
    "no_answer": FaultKind(
        meaning="POST /interactions gets no response; its connection is cut after `seconds`",
        fields={"accepted": (bool, False), "seconds": ((int, float), 60.0)},
    ),
    "false_failure": FaultKind(meaning="INTERACTION_FAILURE is sent instead of the success, and the job runs as usual"),
    "event_lost": FaultKind(meaning="a gateway event is lost", fields={"stage": (str, "any")}),
    "event_twice": FaultKind(
        meaning="a gateway event is repeated after `seconds`",
        fields={"stage": (str, "any"), "seconds": ((int, float), 0.0)},
    ),
    "event_late": FaultKind(
        meaning="a gateway event is delayed by `seconds`, and later events wait behind it",
        fields={"stage": (str, "any"), "seconds": ((int, float), 0.2)},
    ),
    "event_overtaken": FaultKind(
        meaning="a gateway event is delayed by `seconds`, and later events overtake it",
        fields={"stage": (str, "any"), "seconds": ((int, float), 0.2)},
    ),
    "no_nonce": FaultKind(meaning="a gateway event is sent without its nonce", fields={"stage": (str, "any")}),
    "no_ack": FaultKind(meaning="a heartbeat is not acknowledged"),
    "job_fails": FaultKind(meaning="a drawing ends with MidJourney's error"),
    "job_withdrawn": FaultKind(
        meaning="a drawing's message is deleted at 93 % without a result; with `note` a private note follows",
        fields={"note": (bool, False)},
    ),
    "job_silent": FaultKind(meaning="an interaction succeeds and nothing follows"),
    "trouble": FaultKind(
        meaning="a drawing, or the action of a button, fails with the error of that `name`",
        fields={"name": (str, "failed")},
    ),
    "captcha": FaultKind(meaning="POST /interactions returns 400 with Discord's own captcha; nothing starts"),
    "button_gone": FaultKind(
        meaning="a press returns 50035 COMPONENT_VALIDATION_FAILED, as if its message had no such button; nothing "
        "starts"
    ),
    "drop_gateway": FaultKind(
        meaning="gateway sockets are cut and refused for `seconds`; events in that time are only in history",
        at_once=True,
        fields={"seconds": ((int, float), 1.0)},
    ),
    "abort_gateway": FaultKind(meaning="gateway sockets are cut; RESUME works and replays", at_once=True),
    "dead_gateway": FaultKind(
        meaning="gateway sockets stay open without any further frame; RESUME works and replays",
        at_once=True,
    ),
    "storm": FaultKind(
        meaning="for `seconds` each POST /interactions returns 429, with `global` every request; a `retry_after` of 0 "
        "is the remaining time",
        at_once=True,
        fields={"seconds": ((int, float), 1.0), "retry_after": ((int, float), 0.0), "global": (bool, False)},
    ),
    "op7": FaultKind(meaning="the gateway asks to reconnect", at_once=True),
    "op9": FaultKind(
        meaning="the gateway declares sessions invalid", at_once=True, fields={"resumable": (bool, False)}
    ),
    "close": FaultKind(
        meaning="the gateway closes sockets with `code`",
        at_once=True,
        fields={"code": (int, 4000), "reason": (str, "")},
    ),
    "dead_token": FaultKind(
        meaning="the account's token is rejected from now on: 401 over REST, 4004 at the gateway", at_once=True
    ),
    "new_versions": FaultKind(meaning="all commands get new versions; old ones return 50035", at_once=True),
}

_COMMON: dict[str, tuple[type | tuple[type, ...], Any]] = {
    "times": (int, None),
    "share": ((int, float), None),
    "account": ((str, int), None),
}


@dataclass(kw_only=True)
class Fault:
    """An armed fault: for the next `times` matches, or for a `share` of them until the reset."""

    kind: str
    values: dict[str, Any]
    times: int | None = 1
    share: float | None = None
    account: str | None = None
    met: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "account": self.account,
            "times": self.times,
            "share": self.share,
            "met": self.met,
            **self.values,
        }


def read(source: Mapping[str, Any]) -> Fault:
    """Parse a posted fault. `account` may still be an index, which the caller resolves."""
    name = source.get("kind")
    if not isinstance(name, str) or name not in KINDS:
        raise FaultError(f"unknown kind {name!r}; there are: {', '.join(KINDS)}")
    kind = KINDS[name]
    allowed = {**({"account": _COMMON["account"]} if kind.at_once else _COMMON), **kind.fields}
    for key, value in source.items():
        if key == "kind" or (value is None and key in _COMMON):
            continue
        if key not in allowed:
            raise FaultError(f"{name} takes no {key!r}; it takes: {', '.join(allowed) or 'nothing'}")
        wanted = allowed[key][0]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise FaultError(f"{name}: {key} has the wrong type: {value!r}")
    times, share = source.get("times"), source.get("share")
    if times is not None and (share is not None or times < 1):
        raise FaultError(f"{name}: give either times (at least 1) or share")
    if share is not None and not 0 <= share <= 1:
        raise FaultError(f"{name}: share must be between 0 and 1, not {share!r}")
    seconds, stage = source.get("seconds", 0), source.get("stage", "any")
    if not 0 <= seconds <= LONGEST_SECONDS:
        raise FaultError(f"{name}: seconds must be from 0 to {LONGEST_SECONDS}, not {seconds!r}")
    if stage not in STAGES:
        raise FaultError(f"{name}: no stage {stage!r}; there are: {', '.join(STAGES)}")
    if name == "trouble" and source.get("name", "failed") not in TROUBLE_NAMES:
        raise FaultError(f"{name}: no name {source['name']!r}; there are: {', '.join(TROUBLE_NAMES)}")
    status = source.get("status", 500)
    if not 400 <= status <= 599:
        raise FaultError(f"{name}: status must be between 400 and 599, not {status!r}")
    values = {key: source.get(key, default) for key, (_, default) in kind.fields.items()}
    account = source.get("account")
    lasting = None if share is not None else times or 1
    return Fault(
        kind=name, values=values, times=lasting, share=share, account=None if account is None else str(account)
    )


class Faults:
    """The armed faults."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        self._armed.append(fault)

    def take(self, kind: str, token: str | None, *, stage: str = "any") -> Fault | None:
        """The fault for this occasion, if any; it is used up by one."""
        for fault in self._armed:
            if fault.kind != kind or fault.account not in (None, token):
                continue
            if fault.values.get("stage", "any") not in ("any", stage):
                continue
            if fault.share is not None and self._chance.random() >= fault.share:
                continue
            fault.met += 1
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._armed.remove(fault)
            return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        return [fault.as_json() for fault in self._armed]
