"""The headers of a call-back, checked with the library that receivers use."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from api.webhooks.signing import Signer, message_id

OLD, NEW, OTHER = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(3))
MINUTES = 60_000


def now() -> int:
    return time.time_ns() // 1_000_000


@given(st.text(st.characters(codec="utf-8")).map(str.encode))
def test_a_receiver_verifies_what_was_signed(body: bytes) -> None:
    headers = Signer([NEW]).headers("msg_1_a", now(), body)
    Webhook(NEW).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body + b" ", headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, headers | {"webhook-id": "msg_2_a"}, json_parse=False)


def test_while_secrets_change_a_receiver_may_know_either() -> None:
    headers = Signer([NEW, OLD]).headers("msg_1_a", now(), b"{}")
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(OTHER).verify(b"{}", headers)


def test_without_a_secret_there_is_no_signature() -> None:
    assert Signer().headers("msg_1_a", 1_700_000_000_999, b"{}") == {
        "webhook-id": "msg_1_a",
        "webhook-timestamp": "1700000000",
    }


@pytest.mark.parametrize(("skew", "words"), [(-6, "too old"), (6, "too new")])
def test_a_clock_that_is_off_by_more_than_five_minutes_is_told_as_such(skew: int, words: str) -> None:
    headers = Signer([NEW]).headers("msg_1_a", now() + skew * MINUTES, b"{}")
    with pytest.raises(WebhookVerificationError, match=words):
        Webhook(NEW).verify(b"{}", headers)


@pytest.mark.parametrize("skew", [-4, 4])
def test_a_clock_that_is_off_by_less_is_forgiven(skew: int) -> None:
    headers = Signer([NEW]).headers("msg_1_a", now() + skew * MINUTES, b"{}")
    assert Webhook(NEW).verify(b"{}", headers) == {}


def test_the_example_of_the_scheme() -> None:
    """From the specification: this message, signed with this secret, has this signature."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    headers = Signer([secret]).headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_ids_are_stable_and_differ_by_delivery_and_by_database() -> None:
    given = (7, "1684310738264000", "end", 1_684_310_741_027)
    assert message_id(*given) == message_id(*given)
    others = {
        message_id(8, *given[1:]),
        message_id(7, "1684310738264001", *given[2:]),
        message_id(*given[:2], "corrected", given[3]),
        message_id(*given[:3], given[3] + 1),
    }
    assert len(others | {message_id(*given)}) == 5
    assert message_id(*given).startswith("msg_7_")


def test_no_secret_in_a_repr() -> None:
    assert NEW.removeprefix("whsec_") not in repr(Signer([NEW])) + repr(vars(Signer([NEW])))
