"""The control API under /_simulator/: inspect everything, change settings, inject faults, reset.

Contract: a thin JSON interface to the world, for tests in any language. A mistake returns 400 with {"error": …}, which
states what is wrong and what is valid. Other machines get 403 unless the control is open: pictures may have to be
reachable from elsewhere, but the control API can read tokens and stop everything.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from simulator.wire.limits import RateLimits
from simulator.world.faults import KINDS, Fault, FaultError, read
from simulator.world.gateway import SimulatedGateway
from simulator.world.records import SimulatedAccount
from simulator.world.responses import json_response
from simulator.world.settings import SimulatorSettingsError, apply_choices, apply_settings
from simulator.world.state import World

PREFIX = "/_simulator"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    def __init__(
        self,
        world: World,
        gateway: SimulatedGateway,
        limits: RateLimits,
        reset: Callable[[], Awaitable[None]],
        *,
        is_open: bool = False,
    ) -> None:
        self._world = world
        self._gateway = gateway
        self._limits = limits
        self._reset = reset
        self._is_open = is_open

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for method, path, handler in (
            ("GET", "jobs", self._get_jobs),
            ("GET", "interactions", self._get_interactions),
            ("GET", "state", self._get_state),
            ("POST", "settings", self._post_settings),
            ("POST", "accounts", self._post_accounts),
            ("GET", "faults", self._get_faults),
            ("POST", "faults", self._post_faults),
            ("POST", "reset", self._post_reset),
        ):
            router.add_route(method, f"{PREFIX}/{path}", self._guarded(handler))

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            peer = request.transport.get_extra_info("peername") if request.transport else None
            if self._is_open or is_local(peer):
                return await handler(request)
            return _mistake("the control API serves this machine only: use 127.0.0.1", 403)

        return answer

    # Shared by the in-process API and the routes

    def jobs(self) -> list[dict[str, Any]]:
        return [job.as_json() for job in self._world.jobs.values()]

    def interactions(self) -> list[dict[str, Any]]:
        return [interaction.as_json() for interaction in self._world.interactions]

    def state(self) -> dict[str, Any]:
        accounts = [
            {
                "token": account.token,
                "guild_id": account.guild_id,
                "channel_id": account.channel_id,
                "dm_channel_id": account.dm_channel_id,
                "user_id": account.user_id,
                "username": account.username,
                **asdict(self._world.profile(account.token)),
                "connected": self._gateway.connected(account),
            }
            for account in self._world.accounts
        ]
        return {
            "accounts": accounts,
            "counters": dict(self._world.counters),
            "mixups": self._world.mixups,
            "settings": self._world.settings.as_json(),
            "faults": self._world.faults.as_json(),
        }

    def configure(self, values: Mapping[str, Any]) -> None:
        self._world.apply(apply_settings(self._world.settings, values))

    def set_account(self, key: Any, choices: Mapping[str, Any]) -> None:
        """Set an account's choices at MidJourney, as if by /settings."""
        account = self._account(key)
        self._world.profiles[account.token] = apply_choices(self._world.profile(account.token), choices)
        self._world.touch()

    def _account(self, key: Any) -> SimulatedAccount:
        account = self._world.account(key) if isinstance(key, int | str) else None
        if account is None:
            raise FaultError(f"no account {key!r}: give a token or a place from 0 to {len(self._world.accounts) - 1}")
        return account

    def add_faults(self, sources: list[Any]) -> list[Fault]:
        """Add all faults, or none if one is invalid."""
        faults = [self._read(source) for source in sources]
        for fault in faults:
            if KINDS[fault.kind].at_once:
                self._carry_out(fault)
                self._world.counters[f"fault_{fault.kind}"] += 1
            else:
                self._world.faults.arm(fault)
        return faults

    def _read(self, source: Any) -> Fault:
        if not isinstance(source, dict):
            raise FaultError(f"a fault is an object with a kind, not {source!r}")
        fault = read(source)
        key = source.get("account")
        if key is not None:
            fault.account = self._account(key).token
        return fault

    def _carry_out(self, fault: Fault) -> None:
        token, values, gateway = fault.account, fault.values, self._gateway
        match fault.kind:
            case "drop_gateway":
                gateway.drop(values["seconds"], token)
            case "abort_gateway":
                gateway.abort(token)
            case "dead_gateway":
                gateway.mute(token)
            case "storm":
                self._limits.storm(
                    token,
                    seconds=values["seconds"],
                    retry_after=values["retry_after"],
                    everywhere=values["global"],
                )
            case "op7":
                gateway.ask_to_reconnect(token)
            case "op9":
                gateway.invalidate(token, resumable=values["resumable"])
            case "close":
                gateway.close(values["code"], values["reason"], token)
            case "dead_token":
                self._world.dead_tokens |= {token} if token else set(self._world.by_token)
                gateway.close(4004, "Authentication failed.", token)
            case "new_versions":
                self._world.new_versions()

    # Routes

    async def _get_jobs(self, _: web.Request) -> web.Response:
        return json_response(self.jobs())

    async def _get_interactions(self, _: web.Request) -> web.Response:
        return json_response(self.interactions())

    async def _get_state(self, _: web.Request) -> web.Response:
        return json_response(self.state())

    async def _get_faults(self, _: web.Request) -> web.Response:
        kinds = {name: {"meaning": kind.meaning, "fields": list(kind.fields)} for name, kind in KINDS.items()}
        return json_response({"faults": self._world.faults.as_json(), "kinds": kinds})

    async def _post_settings(self, request: web.Request) -> web.Response:
        body = await _json(request)
        if not isinstance(body, dict):
            return _mistake("settings are an object of names and values")
        try:
            self.configure(body)
        except SimulatorSettingsError as error:
            return _mistake(str(error))
        return json_response(self._world.settings.as_json())

    async def _post_accounts(self, request: web.Request) -> web.Response:
        body = await _json(request)
        if not isinstance(body, dict):
            return _mistake("an account's choices are an object with its account")
        try:
            self.set_account(body.pop("account", None), body)
        except (SimulatorSettingsError, FaultError) as error:
            return _mistake(str(error))
        return json_response(self.state()["accounts"])

    async def _post_faults(self, request: web.Request) -> web.Response:
        body = await _json(request)
        try:
            faults = self.add_faults(body if isinstance(body, list) else [body])
        except FaultError as error:
            return _mistake(str(error))
        return json_response([fault.as_json() for fault in faults])

    async def _post_reset(self, _: web.Request) -> web.Response:
        await self._reset()
        return json_response(self.state())


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.text())
    except ValueError:
        return None


def _mistake(text: str, status: int = 400) -> web.Response:
    return json_response({"error": text}, status)


def is_local(peer: Any) -> bool:
    """Whether a connection from this socket address comes from loopback. False if unknown."""
    try:
        address = ipaddress.ip_address(peer[0])
    except (TypeError, IndexError, KeyError, ValueError):
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
