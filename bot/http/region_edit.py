"""Submits Vary (Region), whose dialog is MidJourney's own web page in a frame of Discord.

Contract: the submit is paid, so each of its two forms is posted at most once, and the older one only after a response
that shows that the newer one does not exist. After an unknown outcome nothing is posted. The page never receives
Discord's token, and its refusals do not concern the account.
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
_TIMED_OUT = 408  # from a proxy, which may have passed the request on
_LONGEST_TEXT = 200

Post = Callable[[str, Mapping[str, Any], Mapping[str, str]], Awaitable[tuple[int, str]]]  # URL, JSON, headers


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionContext:
    """The place where the dialog was opened."""

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
    status, text = await _post(newer(order, place), order, post)
    if _is_missing(status, text):
        log.info("the dialog of Vary (Region) does not know the newer form (HTTP %d): trying the older one", status)
        status, text = await _post(older(order, place), order, post)
    if status // 100 != 2:
        raise _refusal(status, text)


def newer(order: RegionEditInteraction, place: InteractionContext) -> EndpointForm:
    """The request of the dialog's page of 2026."""
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
    """The request of 2023 and 2024, at one host for both bots."""
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


async def _post(form: EndpointForm, order: RegionEditInteraction, post: Post) -> tuple[int, str]:
    try:
        status, text = await post(form.url, form.body, form.headers)
    except Exception as error:  # of the HTTP library; `bot.http.refusals` knows them
        raise refusals.to_error(error, order) from error
    if status == _TIMED_OUT:
        raise OutcomeUnknown(f"MidJourney's answer is not known (HTTP {status}).")
    return status, text


def _is_missing(status: int, text: str) -> bool:
    """The dialog refuses in JSON; a refusal in another form comes from a server that lacks the route."""
    return status in _NOT_THERE or (status // 100 == 4 and not _is_json(text))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def _refusal(status: int, text: str) -> SendRefused:
    reason = f": {sanitize_text(text[:_LONGEST_TEXT])}" if _is_json(text) else "."
    return SendRefused(
        f"MidJourney's dialog answered {status}{reason}",
        hint="It may have expired: press Vary (Region) again.",
        status=status,
    )
