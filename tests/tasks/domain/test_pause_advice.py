"""What people are told of an account's pause."""

from __future__ import annotations

import pytest

from bot.http.refusals import ACCOUNT
from tasks.domain.pause_advice import advice_for


@pytest.mark.parametrize("reason", sorted({*ACCOUNT.values(), "captcha", "refused: Discord answered 403: Limited"}))
def test_each_reason_of_discords_has_a_remedy_of_its_own(reason: str) -> None:
    assert "requires a human" not in advice_for("a", reason)
    assert f"({reason})" in advice_for("a", reason)


def test_a_pause_by_the_operator_is_called_so() -> None:
    assert (
        advice_for("a", "paused by the operator") == "Account a is paused by the operator; resume it when it may draw."
    )
    expected = "Account a is paused by the operator (on holiday); resume it when it may draw."
    assert advice_for("a", "paused by the operator: on holiday") == expected
