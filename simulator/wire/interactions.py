"""POST /interactions: recorded, checked as Discord checks it, and passed to the bot.

Contract: every POST is recorded with its outcome, including refused ones. This is the only place in REST that applies
faults.
"""

import asyncio
import time
from typing import Any

from aiohttp import web

from simulator.data import components
from simulator.midjourney.bots import MidJourney
from simulator.midjourney.replies import COMPONENT, SLASH
from simulator.midjourney.slash import upload_of
from simulator.wire.bodies import read_body
from simulator.wire.limits import RateLimits
from simulator.world import uploads
from simulator.world.commands import ATTACHMENT, STRING, find
from simulator.world.commands import SLASH as SLASH_COMMAND
from simulator.world.faults import Fault
from simulator.world.gateway import SimulatedGateway
from simulator.world.records import Interaction, SimulatedAccount, now_ms
from simulator.world.responses import (
    DiscordError,
    captcha_required,
    invalid_command,
    invalid_component,
    invalid_form,
    missing_access,
    of_status,
    outdated_command,
    unknown,
)
from simulator.world.state import World

_OUTCOMES = {"interaction": "fault {status}", "drop_connection": "cut", "no_answer": "unanswered"}
_LOOK_SECONDS = 0.05


class Interactions:
    def __init__(self, world: World, gateway: SimulatedGateway, bot: MidJourney, limits: RateLimits) -> None:
        self._world = world
        self._gateway = gateway
        self._bot = bot
        self._limits = limits

    async def post(self, request: web.Request, account: SimulatedAccount) -> web.StreamResponse:
        sent = await read_body(request)
        body = sent.values
        interaction = self._record(body, account)
        if sent.files:
            interaction.data["attachments"] = uploads.attach_files(
                self._world, account, interaction.channel_id, sent.files, interaction.data.get("attachments")
            )
        headers: dict[str, str] = {}
        try:
            headers = self._limits.spend(account.token, "POST /interactions", self._world.settings.rate_limit)
            response = await self._handled(request, body, interaction)
            response.headers.update(headers)
            return response
        except DiscordError as error:
            error.headers = {**headers, **error.headers}
            if interaction.outcome == "received":
                interaction.outcome = f"refused {error.status}/{error.body.get('code', 0)}"
            raise
        finally:
            self._world.touch()

    def _record(self, body: dict[str, Any], account: SimulatedAccount) -> Interaction:
        data = body.get("data")
        if not isinstance(data, dict) or not isinstance(body.get("type"), int):
            raise invalid_form("data", "BASE_TYPE_REQUIRED", "This field is required")
        nonce = body.get("nonce")
        interaction = Interaction(
            time=now_ms(),
            account=account,
            channel_id=str(body.get("channel_id")),
            nonce=None if nonce is None else str(nonce),
            session_id=str(body.get("session_id")),
            type=body["type"],
            name=str(data.get("name") if body["type"] == SLASH else data.get("custom_id")),
            data=data,
            message_id=None if body.get("message_id") is None else str(body["message_id"]),
            application_id=str(body.get("application_id")),
        )
        if interaction.nonce is not None:
            self._world.note_nonce(interaction.nonce, account)
        self._world.interactions.append(interaction)
        self._world.counters["interactions"] += 1
        return interaction

    async def _handled(
        self, request: web.Request, body: dict[str, Any], interaction: Interaction
    ) -> web.StreamResponse:
        token = interaction.account.token
        if self._world.faults.take("captcha", token):
            interaction.outcome = "captcha"
            raise captcha_required()
        met = self._matching_fault(token)
        name = "" if met is None else _OUTCOMES[met.kind].format(**met.values)
        if met is not None and not met.values["accepted"]:
            interaction.outcome = name
        else:
            self._check(body, interaction)
            self._bot.accept(interaction)
            interaction.outcome = f"{name}, accepted" if name else "accepted"
            self._world.note_accepted(interaction.nonce)
        self._world.touch()
        await asyncio.sleep(self._world.settings.latency_ms / 1000)
        if met is not None:
            await _carry_out(met, request)
        return web.Response(status=204)

    def _matching_fault(self, token: str) -> Fault | None:
        for kind in _OUTCOMES:
            if fault := self._world.faults.take(kind, token):
                return fault
        return None

    # Checks, in the order in which Discord reports errors

    def _check(self, body: dict[str, Any], interaction: Interaction) -> None:
        account = interaction.account
        channel = self._world.channels.get(interaction.channel_id)
        guild_id = body.get("guild_id")
        if channel is None:
            raise unknown("Channel", 10003)
        if not self._world.sees(account, channel):
            raise missing_access()
        if channel.guild_id is not None and guild_id is None:
            raise unknown("Channel", 10003, status=400)
        if guild_id is not None and str(guild_id) != channel.guild_id:
            raise unknown("Guild", 10004)
        if interaction.application_id not in self._world.offered_to(account) or channel.bot_id not in (
            None,
            interaction.application_id,
        ):
            raise unknown("Application", 10002)
        self._check_session(interaction)
        if interaction.type == SLASH:
            self._check_command(interaction)
        elif interaction.type == COMPONENT:
            self._check_button(interaction)
        else:
            self._bot.dialogs.check(interaction)

    def _check_session(self, interaction: Interaction) -> None:
        session = self._gateway.sessions.get(interaction.session_id)
        if session is None or session.connection is None:
            # Discord's reaction is unknown: count and accept it.
            self._world.counters["dead_session"] += 1
        if session is not None and session.account is not interaction.account:
            self._world.mixup(f"session {session.id} belongs to another account than the interaction's token")

    def _check_command(self, interaction: Interaction) -> None:
        data = interaction.data
        command = find(interaction.application_id, str(data.get("id")), int(data.get("type") or SLASH_COMMAND))
        if command is None or command.name != interaction.name:
            raise invalid_command()
        if not self._world.takes_version(str(data.get("version"))):
            raise outdated_command()
        given, known = interaction.values, {option["name"]: option for option in command.options}
        missing = [name for name, option in known.items() if option["required"] and name not in given]
        if missing or not set(given) <= set(known):
            raise invalid_form("data.options", "BASE_TYPE_REQUIRED", "This field is required")
        for name, value in given.items():
            if known[name]["type"] == STRING and not isinstance(value, str):
                raise invalid_form("data.options", "BASE_TYPE_REQUIRED", "This field is required")
            if known[name]["type"] == ATTACHMENT and upload_of(self._world, interaction, str(value)) is None:
                raise DiscordError(400, 50146, "Uploaded file not found.")

    def _check_button(self, interaction: Interaction) -> None:
        if self._world.faults.take("button_gone", interaction.account.token):
            raise invalid_component()
        message = self._world.channels[interaction.channel_id].messages.get(interaction.message_id or "")
        if message is None or not self._world.visible(interaction.account, message):
            raise unknown("Message", 10008)
        if message.body["author"]["id"] != interaction.application_id:
            raise unknown("Application", 10002)
        if components.find(message.body["components"], interaction.name) is None:
            raise invalid_component()


async def _carry_out(fault: Fault, request: web.Request) -> None:
    """Raise the fault's error, or cut the connection, after which the response reaches nobody."""
    if fault.kind == "interaction":
        raise _error(fault)
    if fault.kind == "no_answer":
        deadline = time.monotonic() + fault.values["seconds"]
        while request.transport is not None and time.monotonic() < deadline:  # noqa: ASYNC110 - no event reports a disconnect
            await asyncio.sleep(_LOOK_SECONDS)
    if request.transport is not None:
        if fault.values.get("orderly"):
            request.transport.close()
        else:
            request.transport.abort()


def _error(fault: Fault) -> DiscordError:
    values = fault.values
    return of_status(
        values["status"],
        code=values["code"],
        message=values["message"],
        retry_after=values["retry_after"],
        everywhere=values["global"],
    )
