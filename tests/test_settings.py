"""Settings: every name is documented, every mistake is told at once, no secret is shown."""

from __future__ import annotations

import base64
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from curl_cffi.requests.impersonate import DEFAULT_CHROME
from hypothesis import given
from hypothesis import strategies as st

import settings
from app.factories import make_allowlist
from settings import (
    ROOT,
    TABLE,
    AccountSettings,
    ApiSecret,
    Setting,
    Settings,
    SettingsError,
    SettingsGroup,
    load,
    warnings,
)

ACCOUNT = {"DISCORD_TOKEN": "secret.token", "DISCORD_GUILD_ID": "11", "DISCORD_CHANNEL_ID": "22"}
each_setting = pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)


def read(*dotenv: Path, **environ: str) -> Settings:
    return load({**ACCOUNT, **environ}, dotenv)


def mistakes(*dotenv: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(*dotenv, **environ)
    return str(caught.value)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# ---------------------------------------------------------------- the documents


@each_setting
def test_env_example_names_it_with_unit_default_and_why(setting: Setting) -> None:
    entry = (
        f"# {setting.why}{f' Old name: {setting.old[0]}.' if setting.old else ''}\n"
        f"# Unit: {setting.unit}. Default: {setting.default_text or 'none'}.\n"
    )
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert entry in text
    assert text.split(entry)[1].splitlines()[0].removeprefix("# ") == f"{setting.name}={setting.default_text}"


@each_setting
def test_the_docs_name_it_with_unit_default_and_why(setting: Setting) -> None:
    default = f"`{setting.default_text}`" if setting.default_text else "none"
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"\n| `{setting.name}` | {setting.unit} | {default} | {setting.why}" in text
    assert all(f"Old name: `{old}`" in text for old in setting.old)
    if setting.simulator is not None:
        assert f"\n| `{setting.name}` | `{str(setting.simulator).lower()}` |" in text


def test_the_documents_name_nothing_else() -> None:
    names = {setting.name for setting in TABLE}
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("# ").split("=")[0] for line in lines if "=" in line} == names
    rows = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    assert {row.split("`")[1] for row in rows if row.startswith("| `")} == names


def test_env_example_is_usable_as_it_is() -> None:
    assert load({}, [ROOT / ".env.example"], simulator=True) == load({}, [], simulator=True)


@each_setting
def test_it_has_a_field_of_its_own(setting: Setting) -> None:
    assert setting.type is not None
    assert [(other.group, other.field) for other in TABLE].count((setting.group, setting.field)) == 1
    assert [name for other in TABLE for name in other.names].count(setting.name) == 1


def test_every_field_has_a_setting() -> None:
    ours = {"accounts", "simulator", *settings.GROUPS}
    groups: list[type[SettingsGroup]] = [AccountSettings, *settings.GROUPS.values(), Settings]
    for group in groups:
        declared = {setting.field for setting in TABLE if setting.group is group}
        assert {field.name for field in msgspec.structs.fields(group)} - ours == declared


@each_setting
def test_its_default_is_what_its_text_says(setting: Setting) -> None:
    if setting.default_text:
        again = msgspec.convert(setting.read(setting.default_text), setting.type, strict=False)
        assert again == setting.default


def test_the_chrome_to_pass_for_is_the_one_curl_imitates() -> None:
    assert f"chrome{settings.DiscordSettings().chrome_version}" == DEFAULT_CHROME


# ---------------------------------------------------------------- where values come from


def test_defaults() -> None:
    got = read()
    assert got.discord.accounts == (AccountSettings(token="secret.token", guild_id="11", channel_id="22"),)
    assert (got.http.host, got.http.port, got.simulator_port) == ("127.0.0.1", 3000, 8765)
    assert got.storage.database_path == ROOT / "data" / "tasks.db"
    assert got.tasks.send_interval_ms == 1000
    assert not got.hooks.allow_private_hooks


def test_the_environment_wins_over_dotenv_and_the_first_dotenv_over_the_next(tmp_path: Path) -> None:
    first = write(tmp_path / "first", "PORT=1\nMAX_QUEUE=1\nLOG_LEVEL=\n")
    second = write(tmp_path / "second", "MAX_QUEUE=2\nLOG_LEVEL=debug\n")
    got = read(first, second, tmp_path / "none", PORT="5")
    assert (got.http.port, got.tasks.max_queue, got.log.level) == (5, 1, "DEBUG")


def test_an_empty_value_is_none_and_hides_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / ".env", "API_SECRET=from-the-file\n")
    assert read(path, API_SECRET=" ", PORT='""').http.api_secrets == (ApiSecret(secret="from-the-file"),)


def test_a_dotenv_of_a_windows_editor_with_quotes_comments_and_dollars(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xef\xbb\xbfAPI_SECRET='a${b}c'\r\nPORT=81 # the second\r\nexport LOG_FORMAT=json\r\n")
    got = read(path)
    assert (got.http.api_secrets[0].secret, got.http.port, got.log.format) == ("a${b}c", 81, "json")


def test_a_dotenv_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe")
    assert "cannot be read" in mistakes(tmp_path / ".env")


def test_dotenv_files_are_the_projects_own_and_that_of_the_data_folder(tmp_path: Path) -> None:
    assert settings.dotenv_files({}) == (ROOT / ".env",)
    assert settings.dotenv_files({"DATA_DIR": "/data"}, tmp_path) == (tmp_path / ".env", Path("/data/.env"))


def test_names_of_the_reference_work() -> None:
    old = {"SALAI_TOKEN": "t", "SERVER_ID": "1", "CHANNEL_ID": "2", "NUMBER": "12", "baiduAPPID": "a"}
    got = load({**old, "baiduSECRET": "b"}, [])
    assert got.discord.accounts == (AccountSettings(token="t", guild_id="1", channel_id="2", concurrency=12),)
    assert (got.translation.baidu_appid, got.translation.baidu_secret) == ("a", "b")


def test_the_new_name_wins(tmp_path: Path) -> None:
    path = write(tmp_path / ".env", "CONCURRENCY=5\n")
    assert read(path, NUMBER="7").discord.accounts[0].concurrency == 5


def test_data_dir_moves_the_database() -> None:
    assert read(DATA_DIR="/data").storage.database_path == Path("/data/tasks.db")
    assert read(DATA_DIR="/data", DATABASE_PATH="mine.db").storage.database_path == ROOT / "mine.db"


# ---------------------------------------------------------------- accounts


def test_several_accounts_share_what_is_given_once() -> None:
    got = read(DISCORD_TOKEN="'a', b", DISCORD_CHANNEL_ID="3,4", CONCURRENCY="3,12")
    assert got.discord.accounts == (
        AccountSettings(token="a", guild_id="11", channel_id="3", concurrency=3),
        AccountSettings(token="b", guild_id="11", channel_id="4", concurrency=12),
    )


def test_lists_of_unequal_length_are_refused() -> None:
    assert "DISCORD_CHANNEL_ID has 3 values for 2 tokens" in mistakes(DISCORD_TOKEN="a,b", DISCORD_CHANNEL_ID="1,2,3")


def test_without_a_token_both_ways_are_named() -> None:
    text = mistakes(DISCORD_TOKEN="")
    assert "DISCORD_TOKEN=… python run.py" in text
    assert "python run.py --simulator" in text


@pytest.mark.parametrize("token", ["Bot abc", "Bearer abc", "a,,b", "a b", "päss"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(token: str) -> None:
    text = mistakes(DISCORD_TOKEN=token)
    assert "DISCORD_TOKEN: the value (not shown)" in text
    assert token not in text


# ---------------------------------------------------------------- mistakes


def test_all_mistakes_are_told_at_once_with_name_value_and_mend() -> None:
    wrong = {
        "PORT": "70000",
        "NUMBER": "0",
        "DISCORD_GUILD_ID": "abc",
        "NOTIFY_HOOK": "ftp://x",
        "DISCORD_GATEWAY_URL": "https://x",
        "ALLOW_ANONYMOUS": "maybe",
        "LOG_LEVEL": "loud",
        "TRANSLATION_TIMEOUT_SECONDS": "nan",
        "HOST": "http://x",
        "CORS_ORIGINS": "https://a.example/path",
        "ALLOWED_HOSTS": "a b",
        "BAIDU_APPID": "1",
    }
    text = mistakes(**wrong)
    assert all(name in text for name in wrong)
    assert (
        "PORT: '70000' is not usable.\n    It must be a whole number from 1 to 65535 (TCP port), or be left out" in text
    )
    assert "NUMBER (the old name of CONCURRENCY)" in text
    assert "BAIDU_SECRET is not set" in text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_without_a_secret_any_host_but_loopback_is_refused_naming_both_ways_out(host: str) -> None:
    text = mistakes(HOST=host)
    assert "API_SECRET" in text
    assert "ALLOW_ANONYMOUS=true" in text
    with pytest.raises(SettingsError, match="ALLOW_ANONYMOUS=true"):
        load({"HOST": host}, [], simulator=True)
    assert read(HOST=host, API_SECRET="s").http.host == host
    assert read(HOST=host, ALLOW_ANONYMOUS="true").http.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_secret(host: str) -> None:
    assert read(HOST=host).http.host == host.strip("[]")


@pytest.mark.parametrize(
    "url",
    ["x", "http://", "https://a b", "http://a:99999", "http://a:x", "http://a:0", "//a", "javascript:1", "http://["],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    assert "PUBLIC_URL" in mistakes(PUBLIC_URL=url)


def test_base_urls_end_without_a_slash() -> None:
    assert read(DISCORD_API_BASE="http://proxy.example/api/v9/").discord.api_base == "http://proxy.example/api/v9"


KEYS = [f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(2)]


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
def test_a_webhook_secret_that_is_none_is_told_how_to_make_one(secret: str) -> None:
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


def test_a_secret_in_the_wrong_line_is_not_shown() -> None:
    token = "MTA4" * 12
    text = mistakes(
        DISCORD_GUILD_ID=token, DISCORD_API_BASE="ftp://me:password@host", PROXY_URL="socks5://me:password@h"
    )
    assert token not in text
    assert "password" not in text


@given(st.dictionaries(st.sampled_from([setting.name for setting in TABLE]), st.text(max_size=60)))
def test_any_text_is_read_or_refused(values: dict[str, str]) -> None:
    try:
        load({**ACCOUNT, **values}, [])
    except SettingsError as error:
        assert str(error)


def test_a_caller_needs_no_account() -> None:
    got = settings.load_caller({"PORT": "81", "API_SECRET": "s", "PROXY_URL": "http://p:1"}, [])
    assert got == ("http://127.0.0.1:81", "s", "http://p:1")
    assert settings.load_caller({"API_SECRET": "anna:first,bert:second"}, []).secret == "first"
    with pytest.raises(SettingsError, match="PORT"):
        settings.load_caller({"PORT": "many"}, [])


def test_translators_are_named_in_order_and_have_what_they_need() -> None:
    got = read(TRANSLATORS="Google, mymemory,deepl", DEEPL_KEY="k", TRANSLATE_FROM="Non-Latin").translation
    assert (got.translators, got.translate_from) == (("google", "mymemory", "deepl"), "non-latin")
    text = mistakes(TRANSLATORS="baidu,openai,libretranslate,deepl")
    for name in ("BAIDU_APPID", "OPENAI_MODEL", "LIBRETRANSLATE_URL", "DEEPL_KEY"):
        assert f"{name} is not set.\n    TRANSLATORS names" in text
    assert "list of baidu, deepl" in mistakes(TRANSLATORS="bing")


@pytest.mark.parametrize("proxy", ["http://p:8080", "https://p", "socks5://me:word@p:1080", "socks5h://p:1080"])
def test_a_proxy_for_translators_may_speak_socks(proxy: str) -> None:
    assert read(TRANSLATION_PROXY=proxy).translation.translation_proxy == proxy
    assert "socks5://" in mistakes(TRANSLATION_PROXY=proxy.replace("://", "x://"))


# ---------------------------------------------------------------- secrets

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


def test_repr_and_str_show_no_secret() -> None:
    got = read(**SECRETS)
    for text in (repr(got), str(got), f"{got}", repr(got.discord), repr(got.discord.accounts[0]), repr(got.http)):
        assert not any(secret in text for secret in got.secrets())


def test_every_secret_is_handed_to_the_log() -> None:
    own = {"proxypass", "me:proxypass", "secondpass", "me:secondpass"}
    assert set(read(**SECRETS).secrets()) == {*SECRETS.values(), *own, *KEYS} - {
        "app",
        SECRETS["WEBHOOK_SECRET"],
    }


def test_groups_are_frozen() -> None:
    with pytest.raises(AttributeError):
        read().http.port = 1  # type: ignore[misc]  # it is frozen


# ---------------------------------------------------------------- who may call


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
    told = mistakes(API_SECRET=text)
    assert "API_SECRET: the value (not shown)" in told
    assert "hidden" not in told


def test_the_operator_has_a_secret_of_its_own() -> None:
    assert "ADMIN_SECRET is one of API_SECRET" in mistakes(API_SECRET="same", ADMIN_SECRET="same")
    assert "ADMIN_SECRET is one of API_SECRET" in mistakes(API_SECRET="anna:a,bert:same", ADMIN_SECRET="same")


def test_each_named_secret_is_kept_from_reprs_and_handed_to_the_log() -> None:
    got = read(API_SECRET="anna:first-one,bert:second-one:shared", ADMIN_SECRET="third-one")
    assert {"first-one", "second-one", "third-one"} <= set(got.secrets())
    assert not any(word in repr(got) + repr(got.http.api_secrets) for word in ("first-one", "second-one", "third-one"))


def test_a_slip_in_a_name_is_told_beside_what_is_missing(tmp_path: Path) -> None:
    dotenv = write(tmp_path / ".env", "DISCORD_GULID_ID=1\nDISCORD_TOKEN=hidden\nDISCORD_CHANNEL_ID=2\n")
    with pytest.raises(SettingsError) as caught:
        load({}, [dotenv])
    [missing, slip] = caught.value.mistakes
    assert missing.startswith("DISCORD_GUILD_ID is not set.")
    assert slip == f"{dotenv} sets DISCORD_GULID_ID, which is no setting.\n    Did you mean DISCORD_GUILD_ID?"


def test_short_secrets_are_told_where_others_can_guess_at_them() -> None:
    short = {"API_SECRET": "anna:short,bert:long-enough-for-this", "ADMIN_SECRET": "tiny"}
    told = [*warnings(read(HOST="0.0.0.0", **short))]
    assert ["anna" in told[0], "ADMIN_SECRET" in told[1]] == [True, True]
    assert len(told) == 2
    assert not any(secret in " ".join(told) for secret in ("short,", "tiny"))
    assert [*warnings(read(**short))] == []


# ---------------------------------------------------------------- the simulator


def test_the_simulator_needs_no_account_and_reads_nothing_that_leads_outside() -> None:
    got = load(
        {**SECRETS, "DISCORD_API_BASE": "http://proxy.example/api/v9", "MYMEMORY_URL": "http://x"}, [], simulator=True
    )
    assert got.simulator
    assert got.discord.accounts == ()
    assert got.discord == settings.DiscordSettings(fetch_build=False)
    assert got.translation == settings.TranslationSettings()
    assert got.tasks.send_interval_ms == 0
    assert got.hooks.allow_private_hooks
    assert got.storage.database_path == ROOT / "data" / "simulator.db"


def test_the_simulator_keeps_what_is_set() -> None:
    got = load({"DATABASE_PATH": "/tmp/x.db", "SEND_INTERVAL_MS": "7", "ALLOW_PRIVATE_HOOKS": "no"}, [], simulator=True)
    assert got.storage.database_path == Path("/tmp/x.db")
    assert got.tasks.send_interval_ms == 7
    assert not got.hooks.allow_private_hooks
    assert load({"DATA_DIR": "/data"}, [], simulator=True).storage.database_path == Path("/data/simulator.db")


def test_at_simulator_points_everything_there() -> None:
    account = AccountSettings(token="t", guild_id="1", channel_id="2")
    got = settings.at_simulator(load({}, [], simulator=True), "http://127.0.0.1:8765", [account])
    assert got.discord.accounts == (account,)
    assert got.discord.api_base == "http://127.0.0.1:8765/api/v9"
    assert got.discord.gateway_url == "ws://127.0.0.1:8765/gateway"
    assert got.discord.cdn_base == got.discord.upload_base == "http://127.0.0.1:8765"
    assert got.translation.mymemory_url == "http://127.0.0.1:8765/translate"
    assert got.translation.translators == ("mymemory",)  # no other may be asked


# ---------------------------------------------------------------- small helpers


def test_the_address_on_the_screen() -> None:
    assert read(HOST="0.0.0.0", API_SECRET="s").http.address == "http://127.0.0.1:3000"
    assert read(HOST="::1", PORT="80").http.address == "http://[::1]:80"
    assert read(PUBLIC_URL="https://draw.example/").http.address == "https://draw.example"


def test_the_example_is_put_into_the_data_folder_once(tmp_path: Path) -> None:
    target = tmp_path / "data" / ".env.example"
    assert settings.provide_example(target.parent) == target
    assert target.read_text(encoding="utf-8") == (ROOT / ".env.example").read_text(encoding="utf-8")
    write(target, "edited")
    assert settings.provide_example(target.parent) is None
    assert target.read_text(encoding="utf-8") == "edited"


def test_a_data_folder_that_cannot_be_written_is_no_error_here(tmp_path: Path) -> None:
    assert settings.provide_example(write(tmp_path / "file", "") / "data") is None


def test_what_the_commands_need_is_read_without_an_account() -> None:
    environ = {"DATA_DIR": "/data", "PORT": "no number"}
    assert settings.load_storage(environ, []).database_path == Path("/data/tasks.db")
    assert settings.load_storage(environ, [], simulator=True).database_path == Path("/data/simulator.db")
    assert (
        settings.load_storage(environ | {"DATABASE_PATH": "/x.db"}, [])
        == read(**environ | {"PORT": "1"}, DATABASE_PATH="/x.db").storage
    )
    with pytest.raises(SettingsError, match="PURGE_AT"):
        settings.load_storage({"PURGE_AT": "25:00"}, [])


def test_copies_lie_in_the_data_folder_the_simulator_s_apart() -> None:
    assert read().archive.folder == ROOT / "data" / "images"
    assert read(DATA_DIR="/data").archive.folder == Path("/data/images")
    assert load({"DATA_DIR": "/data"}, [], simulator=True).archive.folder == Path("/data/simulator-images")
    assert read(ARCHIVE_DIR="/x").archive.folder == Path("/x")


def test_a_bucket_wants_its_name_and_keys() -> None:
    told = mistakes(ARCHIVE="S3", S3_BUCKET="b")
    assert "ARCHIVE=s3 needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY" in told
    assert "ARCHIVE_REDIRECT" in mistakes(ARCHIVE_REDIRECT="yes")
    got = read(ARCHIVE="s3", S3_BUCKET="b", S3_ACCESS_KEY_ID="key-id", S3_SECRET_ACCESS_KEY="key-secret")
    assert "key-" not in repr(got)
    assert {"key-id", "key-secret"} <= {*got.secrets()}


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
