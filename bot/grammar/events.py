"""Converts Discord's payloads into domain events: the only way in from the wire.

Contract: pure; a payload becomes one event or None. `bot.grammar.reading` determines what a payload says. `tasks`
decides which task it belongs to and what follows, never this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.grammar import payload as payloads
from bot.grammar.embeds import NOTICE, REFUSALS_BY_CODE, known_title, with_time
from bot.grammar.ids import VERSION_SELECTOR, form, is_cancel, is_known, is_of_result, rivals, snowflake, time_of
from bot.grammar.reading import Reading, read
from bot.grammar.sanitize import sanitize
from bot.grammar.text import sentence_in
from tasks.domain.events import (
    Acknowledged,
    CaptchaAsked,
    DiscordEvent,
    Finished,
    Informed,
    InteractionFailed,
    Keys,
    ModalOpened,
    OfferedVersion,
    Progressed,
    Queued,
    Refused,
    Started,
    Withdrawn,
)

__all__ = ["Reading", "parse_event", "read"]

_THINKING = 128  # message flag LOADING: /describe and /shorten begin so


def parse_event(
    event_name: str, payload: Any, *, account: str, user_id: str | None, from_history: bool = False
) -> DiscordEvent | None:
    """The event of a gateway payload, or of a history message as MESSAGE_CREATE; None if it means nothing. Never
    raises.

    `user_id`: the account's Discord user; an embed that addresses another user is ignored. Values that cannot be stored
    are replaced in the whole payload first: see `bot.grammar.sanitize`.
    """
    if not isinstance(payload, Mapping):
        return None
    payload = sanitize(payload)
    edited = event_name == "MESSAGE_UPDATE"
    if event_name.startswith("INTERACTION_"):
        return _interaction(event_name, payload, account)
    if event_name == "MESSAGE_DELETE":
        return _withdrawn(payload, account)
    if event_name != "MESSAGE_CREATE" and not edited:
        return None
    reading = read(event_name, payload, user_id=user_id)
    make = _MADE.get(reading.kind)
    if make is None:
        return None
    return make(reading, payload, _keys(reading, payload, account, edited=edited, from_history=from_history))


def _keys(reading: Reading, message: Mapping[str, Any], account: str, *, edited: bool, from_history: bool) -> Keys:
    message_id = snowflake(message.get("id"))
    return Keys(
        account=account,
        nonce=_nonce(message),
        interaction_id=payloads.interaction_id(message),
        triggering_id=payloads.triggering_id(message),
        message_id=message_id,
        channel_id=snowflake(message.get("channel_id")),
        job_id=reading.job_id,
        reference_id=payloads.reference_id(message),
        action=reading.action,
        candidates=reading.candidates,
        not_of=rivals(reading.action, reading.variant),
        index=reading.index,
        prompt=reading.prompt,
        user_id=reading.user_id,
        bot=payloads.bot_of(message),
        sent_at=time_of(message_id),
        flags=payloads.number(message.get("flags")) or 0,
        edited=edited,
        from_history=from_history,
    )


def _nonce(payload: Mapping[str, Any]) -> str | None:
    """The nonce as sent: mostly digits, but any text may return. Some libraries send it as a number."""
    nonce = payload.get("nonce")
    if isinstance(nonce, int) and not isinstance(nonce, bool):
        return str(nonce)
    return payloads.text(nonce) or None


# ---------------------------------------------------------------- messages, by the kind of their reading


def _started(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent:
    return Started(keys=keys, cancel_id=_cancel_id(reading))


def _progressed(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent:
    return Progressed(
        keys=keys,
        percent=reading.progress,
        mode=reading.mode,
        preview=payloads.image(message),
        cancel_id=_cancel_id(reading),
    )


def _cancel_id(reading: Reading) -> str | None:
    return next((button.custom_id for button in reading.buttons if is_cancel(button.custom_id)), None)


def _finished(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent | None:
    if reading.embed is not None:
        picture = payloads.image(message) or payloads.embedded_image(reading.embed)
        return Finished(
            keys=keys,
            image=picture,
            buttons=reading.buttons,
            text=reading.text,
            unknown_buttons=_unknown(reading),
        )
    picture = payloads.image(message)
    if picture is None and not any(is_of_result(b.custom_id) for b in reading.buttons):
        # A result has a picture or buttons; the other half of this one may still come.
        return Informed(keys=keys, text=payloads.content(message))
    return Finished(
        keys=keys, mode=reading.mode, image=picture, buttons=reading.buttons, unknown_buttons=_unknown(reading)
    )


def _unknown(reading: Reading) -> tuple[tuple[str, str], ...]:
    """The buttons of unknown forms, each form once."""
    found = {form(b.custom_id): b.label or b.emoji for b in reading.buttons if not is_known(b.custom_id)}
    return tuple(found.items())


def _queued(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent:
    return Queued(keys=keys)


def _refused(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent:
    reason = reading.reason or ""
    if reading.code == "captcha":
        return CaptchaAsked(keys=keys, reason=reason)
    refusal = REFUSALS_BY_CODE.get(reading.code, REFUSALS_BY_CODE["unknown_error"])
    return Refused(
        keys=keys,
        code=refusal.code,
        reason=with_time(reason, reading.retry_at),
        pauses_account=refusal.pauses_account,
        retry=refusal.retry,
        retry_at=reading.retry_at,
    )


def _informed(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent:
    pressable = tuple(button for button in reading.buttons if button.type == payloads.BUTTON)  # no lists to choose from
    return Informed(
        keys=keys,
        title=reading.title,
        text=reading.text or _labels(reading),
        seed=reading.seed or "",
        buttons=pressable,
        is_known=_is_known(reading),
        versions=_versions(message),
    )


def _noticed(reading: Reading, message: Mapping[str, Any], keys: Keys) -> DiscordEvent | None:
    """An ignored message may still answer a task's interaction: pass its words on, and the empty message that the
    answer fills later."""
    if reading.why == "empty" and keys.flags & _THINKING:
        return Started(keys=keys)
    words = reading.text or _labels(reading)
    if not (reading.title or words):
        return None
    return Informed(keys=keys, title=reading.title, text=words, is_known=reading.why == NOTICE)


def _versions(message: Mapping[str, Any]) -> tuple[OfferedVersion, ...]:
    """The versions that /settings offers in its select (its custom_id from clients' code, 2026)."""
    return tuple(
        OfferedVersion(
            label=payloads.text(option.get("label")) or payloads.text(option.get("value")),
            selected=option.get("default") is True,
        )
        for option in payloads.options_of(message, VERSION_SELECTOR)
    )


def _labels(reading: Reading) -> str:
    """The text of a message that has buttons only."""
    return " ".join(f"[{button.label or button.emoji or button.custom_id}]" for button in reading.buttons)


def _is_known(reading: Reading) -> bool:
    return reading.seed is not None or sentence_in(reading.text) is not None or known_title(reading.title)


_MADE: Mapping[str, Callable[[Reading, Mapping[str, Any], Keys], DiscordEvent | None]] = {
    "waiting": _started,
    "progress": _progressed,
    "done": _finished,
    "queued": _queued,
    "error": _refused,
    "info": _informed,
    "ignore": _noticed,
}


# ---------------------------------------------------------------- interactions, dialogs, deletions


def _interaction(event_name: str, payload: Mapping[str, Any], account: str) -> DiscordEvent | None:
    id_, nonce = snowflake(payload.get("id")), _nonce(payload)
    if id_ is None and nonce is None:
        return None
    reading = read(event_name, payload)
    keys = Keys(
        account=account,
        nonce=nonce,
        interaction_id=id_,
        channel_id=snowflake(payload.get("channel_id")),
        job_id=reading.job_id,
        action=reading.action,
        index=reading.index,
        sent_at=time_of(id_),
    )
    if event_name == "INTERACTION_CREATE":
        return Acknowledged(keys=keys)
    if event_name == "INTERACTION_SUCCESS":
        return Acknowledged(keys=keys, confirmed=True)
    if event_name == "INTERACTION_FAILURE":
        return InteractionFailed(keys=keys, reason_code=payloads.number(payload.get("reason_code")))
    if reading.kind == "captcha":
        return CaptchaAsked(keys=keys, reason=reading.reason or "")
    return _opened(payload, keys) if reading.kind == "modal" else None


def _opened(payload: Mapping[str, Any], keys: Keys) -> DiscordEvent | None:
    """A dialog without ids cannot be filled, as the submit must repeat them."""
    custom_id = payloads.text(payload.get("custom_id"))
    if keys.interaction_id is None or not custom_id:
        return None
    return ModalOpened(
        keys=keys,
        modal_id=keys.interaction_id,
        custom_id=custom_id,
        title=payloads.text(payload.get("title")),
        fields=payloads.text_fields(payload.get("components")),
        labelled=payloads.labelled_fields(payload.get("components")),
        iframe_path=payloads.text(payload.get("iframe_path")),
    )


def _withdrawn(payload: Mapping[str, Any], account: str) -> DiscordEvent | None:
    message_id = snowflake(payload.get("id"))
    if message_id is None:
        return None
    return Withdrawn(
        keys=Keys(
            account=account,
            message_id=message_id,
            channel_id=snowflake(payload.get("channel_id")),
            sent_at=time_of(message_id),
        )
    )
