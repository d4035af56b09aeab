"""Secrets stay out of reprs and reach the log filter."""

from __future__ import annotations

from tests.support.settings import KEYS, SECRETS, read


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


def test_each_named_secret_is_kept_from_reprs_and_handed_to_the_log() -> None:
    got = read(API_SECRET="anna:first-one,bert:second-one:shared", ADMIN_SECRET="third-one")
    assert {"first-one", "second-one", "third-one"} <= set(got.secrets())
    assert not any(word in repr(got) + repr(got.http.api_secrets) for word in ("first-one", "second-one", "third-one"))
