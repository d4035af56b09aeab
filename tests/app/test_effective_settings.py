"""The settings in force, as they are shown: every one of them, and no secret."""

from __future__ import annotations

from base64 import b64encode

from app.effective_settings import effective_settings
from settings import TABLE, load


def test_every_setting_is_told_and_no_secret_is() -> None:
    secret = "s3cret-value"
    environ = {setting.name: secret for setting in TABLE if setting.secret and "URL" not in setting.unit}
    environ |= {
        "DISCORD_TOKEN": f"{secret}-1,{secret}-2",
        "DISCORD_GUILD_ID": "11",
        "DISCORD_CHANNEL_ID": "21,22",
        "ADMIN_SECRET": f"{secret}-of-the-operator",
        "TRANSLATION_PROXY": f"http://me:{secret}@proxy:3128",
        "PROXY_URL": f"http://me:{secret}@proxy:3128",
        "NOTIFY_HOOK": f"https://hooks.example/{secret}",
        "ALERT_HOOK": f"https://hooks.example/{secret}",
        "BAIDU_APPID": "app",
        "WEBHOOK_SECRET": f"whsec_{b64encode(secret.encode() * 3).decode()}",
        "DISCORD_CDN_BASE": f"https://me:{secret}@mirror.example/cdn?key={secret}",
        "ALLOWED_HOSTS": "one,two",
    }
    shown = effective_settings(load(environ, ()))
    assert list(shown) == [setting.name for setting in TABLE]
    told = "\n".join(shown.values())
    assert secret not in told
    assert "whsec_" not in told
    assert (shown["DISCORD_TOKEN"], shown["API_SECRET"], shown["PROXY_URL"]) == ("set", "set", "set")
    assert (shown["DISCORD_GUILD_ID"], shown["DISCORD_CHANNEL_ID"]) == ("11, 11", "21, 22")
    assert shown["DISCORD_CDN_BASE"] == "https://mirror.example/cdn?…"
    assert (shown["ALLOWED_HOSTS"], shown["ALLOW_ANONYMOUS"], shown["MAX_QUEUE"]) == ("one, two", "false", "10000")


def test_what_is_not_set_is_told_so() -> None:
    shown = effective_settings(load({}, (), simulator=True))
    assert (shown["API_SECRET"], shown["DISCORD_TOKEN"], shown["PUBLIC_URL"]) == ("not set", "not set", "")
