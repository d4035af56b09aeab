"""HTTP responses in Discord's format.

Contract: the one place that writes response bodies and headers for REST.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

_OUTDATED = "This command is outdated, please try again in a few minutes"
_INVALID = "This command is invalid, please try again in a few minutes"
_COMPONENT = "Component validation failed"
# By the request's X-Discord-Locale. The Chinese sentence on outdated commands is Discord's own.
_LOCALISED: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        _OUTDATED: "该权限已过时，请稍候几分钟再试",
        _INVALID: "该命令无效，请稍候几分钟再试",
        _COMPONENT: "组件验证失败",
    }
}


class DiscordError(Exception):
    """An error response: Discord's status, code and message."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "code": code, **extra}
        self.headers: dict[str, str] = {}


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # Clients compare the type with `application/json` exactly: no charset here.
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def error_response(error: DiscordError, locale: str = "") -> web.Response:
    """Localise the texts of the error tree that Discord localises."""
    words = _LOCALISED.get(locale, {})
    body = {**error.body, "errors": _translated(error.body["errors"], words)} if "errors" in error.body else error.body
    return json_response(body, error.status, error.headers)


def _translated(tree: Any, words: Mapping[str, str]) -> Any:
    if isinstance(tree, list):
        return [_translated(item, words) for item in tree]
    if isinstance(tree, dict):
        return {key: _translated(value, words) for key, value in tree.items()}
    return words.get(tree, tree)


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def unknown(what: str, code: int, status: int = 404) -> DiscordError:
    return DiscordError(status, code, f"Unknown {what}")


def missing_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def must_verify() -> DiscordError:
    """The account is locked until its owner verifies it."""
    return DiscordError(403, 40002, "You need to verify your account in order to perform this action.")


def invalid_form(path: str, code: str, message: str) -> DiscordError:
    """50035: a tree of keys names the invalid field."""
    tree: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(path.split(".")):
        tree = {key: tree}
    return DiscordError(400, 50035, "Invalid Form Body", errors=tree)


def outdated_command() -> DiscordError:
    return invalid_form("data", "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION", _OUTDATED)


def invalid_command() -> DiscordError:
    return invalid_form("data", "INTERACTION_APPLICATION_COMMAND_INVALID", _INVALID)


def invalid_component() -> DiscordError:
    return invalid_form("data", "COMPONENT_VALIDATION_FAILED", _COMPONENT)


def rate_limited(retry_after: float, *, everywhere: bool = False) -> DiscordError:
    error = DiscordError(429, 0, "You are being rate limited.", retry_after=retry_after, **{"global": everywhere})
    del error.body["code"]
    error.headers = {
        "Retry-After": str(max(1, math.ceil(retry_after))),
        "X-RateLimit-Scope": "global" if everywhere else "user",
    }
    if everywhere:
        error.headers["X-RateLimit-Global"] = "true"
    return error


def captcha_required() -> DiscordError:
    """Discord's own captcha, for requests that look automated."""
    error = DiscordError(400, 0, "")
    error.body = {
        "captcha_key": ["captcha-required"],
        "captcha_sitekey": "00000000-0000-4000-8000-000000000000",
        "captcha_service": "hcaptcha",
        "captcha_session_id": "simulated-session",
        "captcha_rqdata": "simulated-data",
        "captcha_rqtoken": "simulated-token",
        "should_serve_invisible": False,
    }
    return error


_DEFAULTS = {
    401: (0, "401: Unauthorized"),
    403: (50001, "Missing Access"),
    404: (10003, "Unknown Channel"),
}


def of_status(status: int, *, code: int, message: str, retry_after: float, everywhere: bool) -> DiscordError:
    """The error of a fault, with Discord's usual body by default."""
    if status == 429:
        return rate_limited(retry_after, everywhere=everywhere)
    usual_code, usual_message = _DEFAULTS.get(status, (0, f"{status}: simulated fault"))
    return DiscordError(status, code or usual_code, message or usual_message)
