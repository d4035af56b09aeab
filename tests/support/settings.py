"""Settings for tests: an environment with one account, and what a reading of it gives or refuses."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from settings import Settings, SettingsError, load

ACCOUNT = {"DISCORD_TOKEN": "secret.token", "DISCORD_GUILD_ID": "11", "DISCORD_CHANNEL_ID": "22"}
KEYS = [f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(2)]
SECRETS = {
    "DISCORD_TOKEN": "tokentoken",
    "API_SECRET": "apisecret",
    "BAIDU_APPID": "app",
    "BAIDU_SECRET": "baidusecret",
    "DEEPL_KEY": "deeplkey",
    "GOOGLE_TRANSLATE_KEY": "googlekey",
    "LIBRETRANSLATE_KEY": "librekey",
    "OPENAI_KEY": "openaikey",
    "TRANSLATION_PROXY": "socks5://me:secondpass@proxy.example:1080",
    "NOTIFY_HOOK": "https://hook.example/?key=hookkey",
    "ALERT_HOOK": "https://alert.example/alertkey",
    "PROXY_URL": "http://me:proxypass@proxy.example:8080",
    "WEBHOOK_SECRET": f"{KEYS[0]},{KEYS[1]}",
}


def read(*dotenv: Path, **environ: str) -> Settings:
    return load({**ACCOUNT, **environ}, dotenv)


def mistakes(*dotenv: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(*dotenv, **environ)
    return str(caught.value)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
