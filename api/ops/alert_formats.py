"""Alerts in the formats of chat services: plain JSON, ntfy, Telegram, Discord, Slack, Feishu and DingTalk.

Contract: pure. One format is one POST, as the chat service documents its incoming webhooks. An alert mentions nobody,
whatever its text contains.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAME = "MidJourney API"  # every text begins with it: DingTalk and Feishu can require a keyword
LONGEST = 1900  # characters; Discord accepts 2,000, the others more
_JSON = {"Content-Type": "application/json"}


class AlertFormat(StrEnum):
    JSON = "json"
    NTFY = "ntfy"
    TELEGRAM = "telegram"
    DISCORD = "discord"
    SLACK = "slack"
    FEISHU = "feishu"
    DINGTALK = "dingtalk"


_HOSTS = {
    "ntfy.sh": AlertFormat.NTFY,
    "api.telegram.org": AlertFormat.TELEGRAM,
    "discord.com": AlertFormat.DISCORD,
    "discordapp.com": AlertFormat.DISCORD,
    "hooks.slack.com": AlertFormat.SLACK,
    "open.feishu.cn": AlertFormat.FEISHU,
    "open.larksuite.com": AlertFormat.FEISHU,
    "oapi.dingtalk.com": AlertFormat.DINGTALK,
}


def format_of(url: str) -> AlertFormat:
    """The format that the URL's host expects; plain JSON for any other host."""
    return _HOSTS.get((urlsplit(url).hostname or "").lower(), AlertFormat.JSON)


def request_of(kind: AlertFormat, url: str, document: Mapping[str, object]) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of the POST. `document` is the alert as plain JSON; its `text` is for people."""
    text = f"{NAME}: {document['text']}"[:LONGEST]
    match kind:
        case AlertFormat.NTFY:
            headers = {
                "Content-Type": "text/plain; charset=utf-8",
                "Title": NAME,
                "Priority": "high",
                "Tags": "warning",
            }
            return text.encode("utf-8", "replace"), headers
        case AlertFormat.TELEGRAM:
            chat = parse_qs(urlsplit(url).query).get("chat_id", [""])[0]
            return _encoded({"chat_id": chat, "text": text}), _JSON
        case AlertFormat.DISCORD:
            return _encoded({"content": text, "allowed_mentions": {"parse": []}}), _JSON
        case AlertFormat.SLACK:
            for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                text = text.replace(sign, escaped)
            return _encoded({"text": text}), _JSON
        case AlertFormat.FEISHU:
            return _encoded({"msg_type": "text", "content": {"text": text}}), _JSON
        case AlertFormat.DINGTALK:
            return _encoded({"msgtype": "text", "text": {"content": text}}), _JSON
        case AlertFormat.JSON:
            return _encoded(document), _JSON


def refusal_in(kind: AlertFormat, answer: bytes) -> str:
    """The error code that Feishu or DingTalk put into a response with status 200; "" if they accepted the alert."""
    field = {AlertFormat.FEISHU: "code", AlertFormat.DINGTALK: "errcode"}.get(kind)
    if field is None:
        return ""
    try:
        document: Any = json.loads(answer)
    except ValueError:
        return ""
    code = document.get(field, 0) if isinstance(document, dict) else 0
    return f"refused with {field} {code}" if isinstance(code, int) and code != 0 else ""


def _encoded(document: Mapping[str, object]) -> bytes:
    # A lone surrogate, which UTF-8 cannot encode, becomes a JSON escape.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
