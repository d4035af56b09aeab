"""From the text of a setting to its value, or a refusal that shows no secret."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.factories import make_allowlist
from settings import (
    TABLE,
    ApiSecret,
    SettingsError,
    load,
)
from tests.support.settings import ACCOUNT, KEYS, mistakes, read


@pytest.mark.parametrize(
    "url",
    ["x", "http://", "https://a b", "http://a:99999", "http://a:x", "http://a:0", "//a", "javascript:1", "http://["],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    assert "PUBLIC_URL" in mistakes(PUBLIC_URL=url)


def test_base_urls_end_without_a_slash() -> None:
    assert read(DISCORD_API_BASE="http://proxy.example/api/v9/").discord.api_base == "http://proxy.example/api/v9"


def test_webhook_secrets_are_one_or_two_keys() -> None:
    assert read().hooks.webhook_secret == ()
    assert read(WEBHOOK_SECRET=KEYS[0]).hooks.webhook_secret == (KEYS[0],)
    assert read(WEBHOOK_SECRET=f"{KEYS[0]}, {KEYS[1]}").hooks.webhook_secret == tuple(KEYS)


@pytest.mark.parametrize(
    "secret",
    [
        *("mysecret", "whsec_mysecret", "whsec_", "whsec_ä", KEYS[0].removeprefix("whsec_"), KEYS[0][:20]),
        *(KEYS[0].replace("A", "-"), KEYS[0].rstrip("="), f"{KEYS[0]},plain", f"whsec_{'A' * 100}"),
    ],
)
def test_an_invalid_webhook_secret_is_refused_with_the_command_that_makes_one(secret: str) -> None:
    text = mistakes(WEBHOOK_SECRET=secret)
    assert secret.rsplit(",", maxsplit=1)[-1] not in text.replace("whsec_ and", "").replace("'whsec_'", "")
    command = next(line.strip() for line in text.splitlines() if line.strip().startswith("python -c"))
    made = subprocess.run([sys.executable, *shlex.split(command)[1:]], capture_output=True, text=True, check=True)
    assert read(WEBHOOK_SECRET=made.stdout.strip()).hooks.webhook_secret


def test_hook_allow_takes_names_wildcards_and_networks() -> None:
    text = "Hooks.Internal, *.Apps.internal., 10.1.2.0/24, 192.168.7.7, [fd00::1], fd00:1::/64"
    entries = ("hooks.internal", "*.apps.internal", "10.1.2.0/24", "192.168.7.7/32", "fd00::1/128", "fd00:1::/64")
    assert read(HOOK_ALLOW=text).hooks.hook_allow == entries
    allowed = make_allowlist(read(HOOK_ALLOW=text).hooks)
    assert allowed.allows_name("hooks.internal") and allowed.allows_name("a.apps.internal")
    assert len(allowed.networks) == 4
    assert make_allowlist(read(ALLOW_PRIVATE_HOOKS="true").hooks).everything


@pytest.mark.parametrize(
    "entry", ["http://a.internal", "a.internal:80", "10.1.2.3/24", "*", "*.", "a*.b", "300.1.1.1", "*.*.b"]
)
def test_hook_allow_refuses_what_is_neither(entry: str) -> None:
    assert "*.example.internal, and networks" in mistakes(HOOK_ALLOW=entry)


@given(st.dictionaries(st.sampled_from([setting.name for setting in TABLE]), st.text(max_size=60)))
def test_any_text_is_read_or_refused(values: dict[str, str]) -> None:
    try:
        load({**ACCOUNT, **values}, [])
    except SettingsError as error:
        assert str(error)


@pytest.mark.parametrize("proxy", ["http://p:8080", "https://p", "socks5://me:word@p:1080", "socks5h://p:1080"])
def test_a_proxy_for_translators_may_speak_socks(proxy: str) -> None:
    assert read(TRANSLATION_PROXY=proxy).translation.translation_proxy == proxy
    assert "socks5://" in mistakes(TRANSLATION_PROXY=proxy.replace("://", "x://"))


def test_one_secret_needs_no_name_and_several_have_theirs() -> None:
    assert read(API_SECRET="sesame").http.api_secrets == (ApiSecret(secret="sesame"),)
    assert read(API_SECRET="anna:one, 'b-2:two:shared'").http.api_secrets == (
        ApiSecret(name="anna", secret="one"),
        ApiSecret(name="b-2", secret="two", shared=True),
    )


@pytest.mark.parametrize(
    "text",
    ["anna:", ":hidden1", "Anna:hidden1", "an na:hidden1", "anna:hidden1:all", "hidden1,hidden2", "anna:hidden1,",
     f"{'a' * 33}:hidden1", "anna:hidden1,anna:hidden2", "anna:hidden1,bert:hidden1", "anna:hidden1:shared:more"],
)  # fmt: skip
def test_a_list_of_secrets_that_is_not_clear_is_refused_and_not_shown(text: str) -> None:
    reported = mistakes(API_SECRET=text)
    assert "API_SECRET: the value (not shown)" in reported
    assert "hidden" not in reported


@pytest.mark.parametrize(("text", "path"), [("/a/b/", "a/b"), ("a", "a"), ("a.b/c-d_e", "a.b/c-d_e")])
def test_a_prefix_in_a_bucket(text: str, path: str) -> None:
    assert read(S3_PREFIX=text).archive.s3_prefix == path


@pytest.mark.parametrize("text", ["a//b", "..", "a/../b", "/", "ä", "a b"])
def test_a_prefix_that_is_none_is_refused(text: str) -> None:
    assert "S3_PREFIX" in mistakes(S3_PREFIX=text)


@pytest.mark.parametrize("text", ["4:30", "24:00", "12:60", "noon", "04:30:00", "٠٤:٣٠"])
def test_an_hour_that_is_none_is_refused(text: str) -> None:
    assert "PURGE_AT" in mistakes(PURGE_AT=text)
    assert read(PURGE_AT="04:30").storage.purge_at == "04:30"
