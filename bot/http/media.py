"""Uploads, links and reactions: an account's requests to Discord that do not draw.

Contract: all of these are free, so a transient failure is retried once, and an unknown outcome counts as not sent.
Refusals are those of a send. File names are made here: plain ASCII, unique, and with the extension of the actual type,
because MidJourney refuses links with unknown extensions.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import discord
from discord.http import Route

from bot.grammar.payload import mapping, mappings, text
from bot.grammar.sanitize import sanitize
from bot.http import refusals, send
from bot.http.client import DiscordHttp
from bot.http.nonces import new_nonce
from bot.http.session import RateLimited, ResponseLost, SingleUse
from tasks.domain.errors import NotSent, OutcomeUnknown, SendError, SendRefused
from tasks.domain.interactions import UploadedAttachment
from tasks.domain.model import Picture

PAUSE_SECONDS = 1.0  # before the second attempt
MOST_LINKS = 50  # per refresh request, Discord's limit

_EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
)
_LONGEST_STEM = 40
_TRANSIENT = (408, 429)  # of the store's 4xx

T = TypeVar("T")


async def upload(rest: DiscordHttp, channel_id: str, pictures: Sequence[Picture]) -> list[UploadedAttachment]:
    """Upload the files to Discord's store: request a place for each, then send the bytes."""
    if not pictures:
        return []
    names = [safe_name(picture) for picture in pictures]
    files = [
        {"id": str(n), "filename": name, "file_size": len(picture.data)}
        for n, (name, picture) in enumerate(zip(names, pictures, strict=True))
    ]
    answer = await _request(rest, _in_channel("POST", "/attachments", channel_id), json={"files": files})
    uploads = []
    for name, picture, (url, uploaded) in zip(names, pictures, _places(answer, len(files)), strict=True):
        await _put(rest, url, picture.data)
        uploads.append(UploadedAttachment(filename=name, uploaded_filename=uploaded))
    return uploads


async def publish(rest: DiscordHttp, channel_id: str, pictures: Sequence[Picture]) -> list[str]:
    """Post the files as a message. The links are Discord's own, with their signatures: MidJourney must load them."""
    if not pictures:
        return []
    uploads = await upload(rest, channel_id, pictures)
    message = {
        "content": "",
        "nonce": new_nonce(),
        "channel_id": channel_id,
        "type": 0,
        "sticker_ids": [],
        "attachments": [
            {"id": str(n), "filename": upload.filename, "uploaded_filename": upload.uploaded_filename}
            for n, upload in enumerate(uploads)
        ],
    }
    answer = await _request(rest, _in_channel("POST", "/messages", channel_id), json=message)
    return _links(answer, uploads)


async def react(rest: DiscordHttp, channel_id: str, message_id: str, emoji: str) -> None:
    path = "/messages/{message_id}/reactions/{emoji}/@me"
    await _request(rest, _in_channel("PUT", path, channel_id, message_id=message_id, emoji=emoji), params={"type": 0})


async def refresh(rest: DiscordHttp, urls: Sequence[str]) -> dict[str, str]:
    """Expired Discord link -> the same link with a new signature. Links that Discord does not know are left out."""
    fresh: dict[str, str] = {}
    wanted = list(dict.fromkeys(urls))
    for start in range(0, len(wanted), MOST_LINKS):
        some = {"attachment_urls": wanted[start : start + MOST_LINKS]}
        answer = await _request(rest, lambda: Route("POST", "/attachments/refresh-urls"), json=some)
        for item in mappings(mapping(answer).get("refreshed_urls")):
            if text(item.get("original")) and text(item.get("refreshed")):
                fresh[text(item["original"])] = text(item["refreshed"])
    return fresh


def safe_name(picture: Picture) -> str:
    """The file's name for Discord and MidJourney."""
    extension = _EXTENSIONS.get(picture.type)
    if extension is None:
        raise SendRefused(f"MidJourney takes no files of the type {picture.type!r}.")
    stem = re.sub(r"[^A-Za-z0-9]+", "-", picture.filename.rpartition(".")[0] or picture.filename)
    return f"{stem[:_LONGEST_STEM].strip('-') or 'picture'}-{secrets.token_hex(6)}.{extension}"


# ---------------------------------------------------------------- responses


def _places(answer: Any, count: int) -> list[tuple[str, str]]:
    """For each file: the upload URL and Discord's name for it. Discord returns the ids as numbers."""
    given = {str(item.get("id")): item for item in mappings(mapping(answer).get("attachments"))}
    items = [given.get(str(n), {}) for n in range(count)]
    places = [(text(item.get("upload_url")), text(item.get("upload_filename"))) for item in items]
    if not all(url and uploaded for url, uploaded in places):
        raise SendRefused("Discord named no place for a file.")
    return places


def _links(answer: Any, uploads: Sequence[UploadedAttachment]) -> list[str]:
    """In the order of the uploads. A file that Discord renamed is found by its position."""
    found = mappings(mapping(answer).get("attachments"))
    urls = {text(item.get("filename")): text(item.get("url")) for item in found}
    by_place = [text(item.get("url")) for item in found]
    if len(by_place) != len(uploads) or not all(by_place):
        raise SendRefused("Discord named no link for a file.")
    by_name = [urls.get(upload.filename, "") for upload in uploads]
    return by_name if all(by_name) else by_place


# ---------------------------------------------------------------- requests


def _in_channel(method: Any, path: str, channel_id: str, **parts: str) -> Callable[[], Route]:
    return lambda: Route(method, "/channels/{channel_id}" + path, channel_id=channel_id, **parts)


async def _request(rest: DiscordHttp, route: Callable[[], Route], **request: Any) -> Any:
    """Each attempt has its own permit, so that this module retries and not the library, which would try five times."""
    return sanitize(await _with_retry(lambda: rest.request(route(), once=SingleUse(), **request)))


async def _put(rest: DiscordHttp, url: str, data: bytes) -> None:
    async def put() -> None:
        try:
            await rest.upload_to_cloud(url, data)
        except discord.HTTPException as error:  # from the store: its 401 does not concern the account
            if error.status in _TRANSIENT or error.status // 100 != 4:
                raise ResponseLost(f"HTTP {error.status} from the store") from error
            refused = f"Discord's store for files answered {error.status}."
            raise SendRefused(refused, status=error.status) from error

    await _with_retry(put)


async def _with_retry(attempt: Callable[[], Awaitable[T]]) -> T:
    """At most two attempts, plus waits for rate limits."""
    deadline = asyncio.get_running_loop().time() + send.RATE_LIMIT_BUDGET_SECONDS
    retried = False
    while True:
        try:
            return await attempt()
        except RateLimited as limited:
            await send.wait(limited, deadline)
        except Exception as error:  # of two libraries; `bot.http.refusals` knows them
            failure = _as_free(refusals.to_error(error))
            if retried or not isinstance(failure, NotSent) or failure.retry_after:
                raise failure from error
            retried = True
            await asyncio.sleep(PAUSE_SECONDS)


def _as_free(error: SendError) -> SendError:
    """A free request with an unknown outcome counts as not sent."""
    return NotSent(error.message) if isinstance(error, OutcomeUnknown) else error
