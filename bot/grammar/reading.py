"""Reads one payload without any context: the `Reading`. docs/grammar.md lists the order of the checks.

Contract: pure; no account, no task, no earlier message. The kinds are waiting, progress, done, queued, error, info,
ignore, modal and captcha. `bot.grammar.events` turns a reading into an event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.grammar import payload as payloads
from bot.grammar.actions import action_of, command_action, shows_previews_only
from bot.grammar.embeds import INFO, NOTICE, VAGUE, Embed, embed, known_title, names_conflict, plain
from bot.grammar.ids import (
    ANALYZER,
    BOTS,
    CAPTCHA,
    PICREADER,
    dialog_form,
    is_cancel,
    is_of_result,
    job_of,
    snowflake,
)
from bot.grammar.text import Drawing, Sentence, command_prompt, drawing, seed_in, sentence_in
from tasks.domain.model import Action, Button, Mode

_IN_EMBEDS = ("describe", "shorten")
_KINDS = {"waiting": "waiting", "progress": "progress", "paused": "progress", "stopped": "error", "done": "done"}
_MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
_ACKS = ("INTERACTION_CREATE", "INTERACTION_SUCCESS", "INTERACTION_FAILURE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The content of a payload. `action` None: the payload does not say; `candidates` are the possible actions, if
    known."""

    kind: str
    action: Action | None = None
    prompt: str | None = None
    progress: int | None = None
    mode: Mode | None = None
    index: int | None = None
    job_id: str | None = None
    buttons: tuple[Button, ...] = ()
    reason: str | None = None

    candidates: frozenset[Action] = frozenset()
    variant: str | None = None  # strong, subtle, region, creative, remix, left…
    stealth: bool = False
    paused: bool = False
    recoverable: bool = False  # MidJourney offers an appeal
    already_done: bool = False  # an edit of a message whose job had finished earlier
    options: int | None = None  # number of prompts in the answer of /describe or /shorten
    seed: str | None = None
    custom_id: str | None = None  # of a dialog
    why: str | None = None  # of ignore: ack, delete, reaction, human, other_bot, empty, fragment, malformed…

    code: str = ""  # of an error: stable, see bot.grammar.embeds.REFUSALS_BY_CODE
    retry_at: int | None = None  # ms
    user_id: str | None = None  # the user that the text addresses
    title: str = ""
    text: str = ""
    embed: Mapping[str, Any] | None = None  # the embed that was read


def ignored(why: str) -> Reading:
    return Reading(kind="ignore", why=why)


def read(event_name: str, payload: Any, *, user_id: str | None = None) -> Reading:
    """Read one gateway event, or a history message as MESSAGE_CREATE. Never raises, whatever the payload is.

    `user_id`: the account's Discord user. An embed that addresses another user is ignored.
    """
    if not isinstance(payload, Mapping):
        return ignored("malformed")
    if event_name in _MESSAGES:
        return _message(payload, user_id, edited=event_name == "MESSAGE_UPDATE")
    if event_name in _ACKS:
        return ignored("ack")
    if event_name in ("INTERACTION_MODAL_CREATE", "INTERACTION_IFRAME_MODAL_CREATE"):
        return _dialog(payload)
    if event_name.startswith("MESSAGE_DELETE"):
        return ignored("delete")
    if event_name.startswith("MESSAGE_REACTION"):
        return ignored("reaction")
    return ignored("other")


def _message(message: Mapping[str, Any], user_id: str | None, *, edited: bool) -> Reading:
    from_bot = payloads.is_from_bot(message)
    if from_bot is None:
        return ignored("fragment")
    if not from_bot:
        author = payloads.mapping(message.get("author"))
        return ignored("other_bot" if author.get("bot") is True else "human")
    content = payloads.content(message)
    buttons = payloads.buttons(message)
    sentence = sentence_in(content)
    drawn = None if sentence else _drawn(content, message)
    if drawn is not None:
        reading = _drawing(drawn, message, buttons, edited=edited)
        return reading if reading.kind == "done" else _with_error(reading, message, user_id)
    sentence = sentence or seed_in(content)
    if sentence is not None and sentence.code in VAGUE and names_conflict(content):
        sentence = replace(sentence, code="invalid_parameter")
    if sentence is not None:
        reading = _sentence(sentence, content, message, buttons)
        return _with_error(reading, message, user_id) if reading.kind == "waiting" else reading
    if edited and "content" not in message and not content and not _answers_in_embed(message, buttons):
        return _fragment(message)
    answer = _embeds(message, buttons, user_id)
    if answer is None or answer.kind in ("info", "ignore"):
        if (panel := _panels(message, buttons, user_id)) is not None:
            return panel
        if (spoken := plain(content)) is not None:
            return _plain(spoken, message, buttons, user_id)
    return answer or _unread(content, message, buttons)


def _drawn(content: str, message: Mapping[str, Any]) -> Drawing | None:
    """The drawing in the text. Components V2 may put a heading before it as a separate text."""
    if (found := drawing(content)) is not None or payloads.text(message.get("content")).strip():
        return found
    return next((found for part in payloads.component_texts(message) if (found := drawing(part)) is not None), None)


def _fragment(message: Mapping[str, Any]) -> Reading:
    """An embed added to a message whose other parts are absent. Keep its words, except those of link previews, which
    Discord adds itself."""
    own = [raw for raw in payloads.mappings(message.get("embeds")) if payloads.text(raw.get("type")) in ("", "rich")]
    found = [embed(raw) for raw in own]
    return replace(ignored("fragment"), text="\n".join(e.reason for e in found if e.hails is None and e.reason))


def _plain(found: Embed, message: Mapping[str, Any], buttons: tuple[Button, ...], user_id: str | None) -> Reading:
    if _for_another(found, message, user_id):
        return ignored("foreign_embed")
    return replace(_embed(found, message, buttons), embed=None)


# ---------------------------------------------------------------- drawings


def _drawing(drawn: Drawing, message: Mapping[str, Any], buttons: tuple[Button, ...], *, edited: bool) -> Reading:
    ids = [b.custom_id for b in buttons]
    action, candidates = action_of(drawn, message, ids)
    kind = _KINDS[drawn.state]
    if kind == "done" and _still_runs(message, ids):
        kind = "progress"
    return Reading(
        kind=kind,
        action=action,
        candidates=candidates,
        prompt=drawn.prompt,
        progress=drawn.percent if kind == "progress" else None,
        mode=drawn.mode,
        index=drawn.index,
        job_id=payloads.job_in_files(message) or job_of(ids) or drawn.job_id,
        buttons=buttons,
        reason="Stopped" if kind == "error" else None,
        code="stopped" if kind == "error" else "",
        variant=drawn.variant,
        stealth=drawn.stealth,
        paused=drawn.state == "paused",
        already_done=edited and kind == "done" and not _is_temporary(message),
        user_id=drawn.user_id,
    )


def _still_runs(message: Mapping[str, Any], ids: Sequence[str]) -> bool:
    """A message with a Cancel button or with previews only has not ended, unless it has a button of a result."""
    return not any(map(is_of_result, ids)) and (any(map(is_cancel, ids)) or shows_previews_only(message))


def _is_temporary(message: Mapping[str, Any]) -> bool:
    """Answers to interactions name their application or webhook; finals do not (seen 2023 to 2024)."""
    return any(snowflake(message.get(key)) in BOTS for key in ("webhook_id", "application_id"))


def _with_error(reading: Reading, message: Mapping[str, Any], user_id: str | None) -> Reading:
    """Apply an error embed: some errors are edits of the progress message and leave its text."""
    panels = [panel for panel in payloads.panels(message) if drawing(payloads.text(panel.get("description"))) is None]
    for raw in (*payloads.mappings(message.get("embeds")), *panels):
        found = embed(raw)
        if found.kind == "error" and not _for_another(found, message, user_id):
            return replace(
                reading,
                kind="error",
                progress=None,
                reason=found.reason or "MidJourney refused this",
                code=found.code,
                recoverable=found.code == "action_needed",
                retry_at=found.retry_at,
                paused=False,
                embed=raw,
            )
    return reading


# ---------------------------------------------------------------- sentences and embeds


def _sentence(sentence: Sentence, content: str, message: Mapping[str, Any], buttons: tuple[Button, ...]) -> Reading:
    return Reading(
        kind=sentence.kind,
        action=Action.VIDEO if sentence.kind == "waiting" else None,
        prompt=sentence.prompt,
        job_id=sentence.job_id or job_of(b.custom_id for b in buttons),
        buttons=buttons,
        reason=content.strip() if sentence.kind == "error" else None,
        code=sentence.code,
        seed=sentence.seed,
        text=content,
    )


def _answers_in_embed(message: Mapping[str, Any], buttons: Sequence[Button]) -> bool:
    """/describe and /shorten answer with an embed, often by an edit of an empty message (seen 2023 to 2025)."""
    return _has(PICREADER, buttons) or _has(ANALYZER, buttons) or payloads.command_name(message) in _IN_EMBEDS


def _has(form: str, buttons: Sequence[Button]) -> bool:
    return any(b.custom_id.startswith(form) for b in buttons)


def _panels(message: Mapping[str, Any], buttons: tuple[Button, ...], user_id: str | None) -> Reading | None:
    """The panels of Components V2, read as embeds. `_unread` handles panels of unknown words."""
    found = _read_embeds(payloads.panels(message), buttons)
    known = [
        replace(e, prompt=e.prompt or command_prompt(e.text)) for e in found if e.kind != INFO or known_title(e.title)
    ]
    return _chosen(known, message, buttons, user_id)


def _embeds(message: Mapping[str, Any], buttons: tuple[Button, ...], user_id: str | None) -> Reading | None:
    return _chosen(_read_embeds(payloads.mappings(message.get("embeds")), buttons), message, buttons, user_id)


def _read_embeds(raws: Sequence[Mapping[str, Any]], buttons: Sequence[Button]) -> list[Embed]:
    describes, shortens = _has(PICREADER, buttons), _has(ANALYZER, buttons)
    return [embed(raw, describes=describes, shortens=shortens) for raw in raws]


def _chosen(
    found: Sequence[Embed], message: Mapping[str, Any], buttons: tuple[Button, ...], user_id: str | None
) -> Reading | None:
    mine = [e for e in found if not _for_another(e, message, user_id)]
    if not mine:
        return ignored("foreign_embed") if found else None
    decisive = [e for e in mine if e.kind != "info"]
    return _embed((decisive or mine)[0], message, buttons)


def _for_another(found: Embed, message: Mapping[str, Any], user_id: str | None) -> bool:
    if found.hails is None:
        return False
    return found.hails not in {user_id, _requester(message)}


def _requester(message: Mapping[str, Any]) -> str | None:
    """The user whose interaction the message answers."""
    return snowflake(payloads.mapping(payloads.interaction(message).get("user")).get("id"))


def _embed(found: Embed, message: Mapping[str, Any], buttons: tuple[Button, ...]) -> Reading:
    if found.kind == NOTICE:
        return replace(ignored(NOTICE), title=found.title, text=found.text)
    is_error = found.kind == "error"
    return Reading(
        kind=found.kind,
        action=found.action or command_action(message),
        prompt=found.prompt,
        job_id=None if found.kind == "info" else job_of(b.custom_id for b in buttons),
        buttons=buttons,
        reason=(found.reason or "MidJourney refused this") if is_error else None,
        code=found.code,
        recoverable=found.code == "action_needed",
        options=found.options,
        retry_at=found.retry_at,
        user_id=found.hails or (_requester(message) if found.action else None),
        title=found.title,
        text=found.text,
        embed=found.raw,
    )


def _unread(content: str, message: Mapping[str, Any], buttons: tuple[Button, ...]) -> Reading:
    """Unknown words of the bot: information if they answer an interaction, else not understood."""
    if not content.strip() and not buttons:
        return ignored("empty")
    answers = payloads.interaction_id(message) or snowflake(message.get("nonce")) or any(b.is_switch for b in buttons)
    if answers:
        return Reading(kind="info", buttons=buttons, text=content)
    return replace(ignored("malformed"), text=content, buttons=buttons)


# ---------------------------------------------------------------- dialogs


def _dialog(payload: Mapping[str, Any]) -> Reading:
    """A dialog to fill, or a captcha (from clients' code, 2023 to 2026)."""
    application = snowflake(payloads.mapping(payload.get("application")).get("id")) or snowflake(
        payload.get("application_id")
    )
    if application is not None and application not in BOTS:
        return ignored("other_bot")
    custom_id, title = payloads.text(payload.get("custom_id")), payloads.text(payload.get("title"))
    path = f"/{payloads.text(payload.get('iframe_path')).lstrip('/')}"  # Discord may omit the first slash (2026)
    if "/captcha/" in path or custom_id.startswith(CAPTCHA) or title.casefold().startswith("action required to"):
        return Reading(
            kind="captcha",
            reason=title or "Action required to continue",
            code="captcha",
            custom_id=custom_id or None,
            title=title,
        )
    form = dialog_form(custom_id)
    values = list(payloads.text_fields(payload.get("components")).values())
    return Reading(
        kind="modal",
        action=Action.VARIATION if "/inpaint/" in path else form.action,
        prompt=values[0] if values else None,
        index=form.index,
        job_id=form.job_id,
        custom_id=custom_id or None,
        title=title,
    )
