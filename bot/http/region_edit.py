"""The submit of Vary (Region): MidJourney draws its dialog on a web page of its own, which Discord only frames.

Law: it is paid, so each of its two forms is posted once at most, and the older one only after an answer which shows
that the newer is not there. Where nobody knows what became of a POST nothing follows. No token of Discord's goes there,
and what that page refuses says nothing about the account.
"""

import base64
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.grammar.ids import APPLICATIONS
from bot.grammar.sanitize import sanitize_text
from bot.http import refusals
from bot.http.endpoints import Endpoints, activity_host
from tasks.domain.errors import OutcomeUnknown, SendRefused
from tasks.domain.interactions import RegionEditInteraction
from tasks.domain.model import Bot

log = logging.getLogger(__name__)

IFRAME = "MJ::iframe::"
_NOT_THERE = (404, 405, 410)
_TIMED_OUT = 408  # said by something in between, which may have passed the request on
_LONGEST_TEXT = 200

Post = Callable[[str, Mapping[str, Any], Mapping[str, str]], Awaitable[tuple[int, str]]]  # URL, JSON, headers


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionContext:
    """Where the dialog was opened."""

    endpoints: Endpoints
    guild_id: str
    channel_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointForm:
    url: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


async def submit(order: RegionEditInteraction, *, post: Post, place: InteractionContext) -> None:
    """Raises `NotSent`, `SendRefused` or `OutcomeUnknown`."""
    if not order.custom_id.startswith(IFRAME):
        raise SendRefused("This is not the dialog of Vary (Region).")
    status, said = await _posted(newer(order, place), order, post)
    if _is_missing(status, said):
        log.info("the dialog of Vary (Region) does not know the newer form (HTTP %d): the older one is tried", status)
        status, said = await _posted(older(order, place), order, post)
    if status // 100 != 2:
        raise _refusal(status, said)


def newer(order: RegionEditInteraction, place: InteractionContext) -> EndpointForm:
    """As its page of 2026 does it."""
    application = APPLICATIONS[order.bot]
    opened, token = quote(order.custom_id, safe=""), quote(_token(order), safe="")
    host = activity_host(application)
    page = (
        f"{host}/.proxy/inpaint/index.html?instance_id={place.channel_id}:{application}:{opened}&custom_id={opened}"
        f"&channel_id={place.channel_id}&guild_id={place.guild_id}&frame_id={uuid.uuid4()}&platform=desktop"
    )
    return EndpointForm(
        url=f"{place.endpoints.activity(application)}/.proxy/inpaint/api/submit-job/{token}",
        body={"mask": _encoded(order.mask), "prompt": order.prompt},
        headers={"Origin": host, "Referer": page},
    )


def older(order: RegionEditInteraction, place: InteractionContext) -> EndpointForm:
    """As it was in 2023 and 2024: at one host for both bots."""
    application = APPLICATIONS[Bot.MIDJOURNEY]
    return EndpointForm(
        url=f"{place.endpoints.activity(application)}/inpaint/api/submit-job",
        body={
            "customId": _token(order),
            "mask": _encoded(order.mask),
            "prompt": order.prompt,
            "userId": "0",
            "username": "0",
            "full_prompt": None,
        },
        headers={"Origin": activity_host(application)},
    )


def _token(order: RegionEditInteraction) -> str:
    return order.custom_id.removeprefix(IFRAME)


def _encoded(mask: bytes) -> str:
    return base64.b64encode(mask).decode()


async def _posted(form: EndpointForm, order: RegionEditInteraction, post: Post) -> tuple[int, str]:
    try:
        status, said = await post(form.url, form.body, form.headers)
    except Exception as error:  # of the HTTP library; `bot.http.refusals` knows them
        raise refusals.to_error(error, order) from error
    if status == _TIMED_OUT:
        raise OutcomeUnknown(f"MidJourney's answer is not known (HTTP {status}).")
    return status, said


def _is_missing(status: int, said: str) -> bool:
    """The dialog itself refuses in JSON; whatever else says no, stands before it and knows no such route."""
    return status in _NOT_THERE or (status // 100 == 4 and not _is_json(said))


def _is_json(said: str) -> bool:
    try:
        return isinstance(json.loads(said), dict | list)
    except ValueError:
        return False


def _refusal(status: int, said: str) -> SendRefused:
    reason = f": {sanitize_text(said[:_LONGEST_TEXT])}" if _is_json(said) else "."
    return SendRefused(
        f"MidJourney's dialog answered {status}{reason}",
        hint="It may have expired: press Vary (Region) again.",
        status=status,
    )
