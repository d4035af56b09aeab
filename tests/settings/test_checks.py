"""Settings that are wrong together, and warnings."""

from __future__ import annotations

import pytest

from settings import (
    SettingsError,
    load,
    warnings,
)
from tests.support.settings import mistakes, read


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


def test_translators_are_named_in_order_and_have_what_they_need() -> None:
    got = read(TRANSLATORS="Google, mymemory,deepl", DEEPL_KEY="k", TRANSLATE_FROM="Non-Latin").translation
    assert (got.translators, got.translate_from) == (("google", "mymemory", "deepl"), "non-latin")
    text = mistakes(TRANSLATORS="baidu,openai,libretranslate,deepl")
    for name in ("BAIDU_APPID", "OPENAI_MODEL", "LIBRETRANSLATE_URL", "DEEPL_KEY"):
        assert f"{name} is not set.\n    TRANSLATORS names" in text
    assert "list of baidu, deepl" in mistakes(TRANSLATORS="bing")


def test_the_operator_has_a_secret_of_its_own() -> None:
    assert "ADMIN_SECRET is one of API_SECRET" in mistakes(API_SECRET="same", ADMIN_SECRET="same")
    assert "ADMIN_SECRET is one of API_SECRET" in mistakes(API_SECRET="anna:a,bert:same", ADMIN_SECRET="same")


def test_short_secrets_are_reported_where_others_can_guess_them() -> None:
    short = {"API_SECRET": "anna:short,bert:long-enough-for-this", "ADMIN_SECRET": "tiny"}
    reported = [*warnings(read(HOST="0.0.0.0", **short))]
    assert ["anna" in reported[0], "ADMIN_SECRET" in reported[1]] == [True, True]
    assert len(reported) == 2
    assert not any(secret in " ".join(reported) for secret in ("short,", "tiny"))
    assert [*warnings(read(**short))] == []


def test_a_bucket_wants_its_name_and_keys() -> None:
    reported = mistakes(ARCHIVE="S3", S3_BUCKET="b")
    assert "ARCHIVE=s3 needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY" in reported
    assert "ARCHIVE_REDIRECT" in mistakes(ARCHIVE_REDIRECT="yes")
    got = read(ARCHIVE="s3", S3_BUCKET="b", S3_ACCESS_KEY_ID="key-id", S3_SECRET_ACCESS_KEY="key-secret")
    assert "key-" not in repr(got)
    assert {"key-id", "key-secret"} <= {*got.secrets()}
