"""`python -m simulator` as it is typed: what cannot be is told in a line, without a trace."""

from __future__ import annotations

import sys

import pytest

from simulator.__main__ import arguments, main


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("--port 65536", "--port: must be a number from 0 to 65535"),
        ("--port=-1", "--port: must be a number from 0 to 65535"),
        ("--port many", "--port: must be a number from 0 to 65535"),
        ("--accounts 0", "--accounts: must be a number from 1 to 1000"),
        ("--era 1999", "--era: invalid choice"),
    ],
)
def test_what_cannot_be_is_told(typed: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(typed.split())
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_a_setting_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["simulator", "--port", "0", "--job-seconds", "-1"])
    with pytest.raises(SystemExit, match="simulator: job_seconds must be seconds from 0 to 86400"):
        main()


def test_without_a_word_the_port_is_that_of_the_documents() -> None:
    assert (arguments([]).port, arguments([]).accounts, arguments(["--port", "0"]).port) == (8765, 2, 0)
