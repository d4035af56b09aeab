"""The table of expectations, the comparison with what programs report, and what docs/peers.md says of them."""

from __future__ import annotations

import json
import re

import pytest

from tests.peers import isolation
from tests.peers.expectations import TABLE, Expectation, Observation, compared, read
from tests.peers.installation import HERE, ROOT
from tests.peers.programs import DRIVERS, NAMES, OF_DISCORD, OF_THE_SERVICE

OUTDATED = Expectation(fails="50035", reason="its versions are fixed")


def seen(step: str, works: bool, words: str = "") -> Observation:
    return Observation(step=step, works=works, seen=words)


def judged(expected: dict[str, Expectation], *observations: Observation) -> list[tuple[str, bool]]:
    return [(row.step, row.as_expected) for row in compared("a program", expected, observations)]


def test_what_works_and_should_is_as_expected() -> None:
    assert judged({"U2": Expectation()}, seen("U2", True)) == [("U2", True)]


def test_what_fails_and_should_work_deviates() -> None:
    assert judged({"U2": Expectation()}, seen("U2", False, "404")) == [("U2", False)]


def test_what_fails_in_the_expected_way_is_as_expected() -> None:
    assert judged({"U2": OUTDATED}, seen("U2", False, "400 with code 50035")) == [("U2", True)]


def test_what_fails_in_another_way_deviates() -> None:
    assert judged({"U2": OUTDATED}, seen("U2", False, "no answer within 10 s")) == [("U2", False)]


def test_what_should_fail_and_works_deviates() -> None:
    assert judged({"U2": OUTDATED}, seen("U2", True)) == [("U2", False)]


def test_a_step_that_is_missing_on_either_side_deviates() -> None:
    assert judged({"U2": Expectation()}, seen("V3", True)) == [("V3", False), ("U2", False)]


@pytest.mark.parametrize("value", ['"fine"', "true", '{ fails = "404" }', '{ fails = "404", reason = "", more = 1 }'])
def test_an_entry_that_says_neither_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"midjourney\.U2"):
        read(f"[midjourney]\nU2 = {value}\n")


def test_the_table_is_of_the_programs_and_each_failure_has_a_reason() -> None:
    table = read(TABLE.read_text(encoding="utf-8"))
    assert set(table) == set(NAMES)
    assert all(steps for steps in table.values())
    assert [
        step for steps in table.values() for step in steps.values() if step.fails is not None and not step.reason
    ] == []


def test_each_program_has_its_driver_and_each_driver_its_program() -> None:
    shared = {"report.py", "report.mjs", "webhooks.mjs"}
    drivers = {program.driver for program in OF_DISCORD + OF_THE_SERVICE}
    assert drivers | shared == {path.name for path in DRIVERS.iterdir() if path.is_file()}


def test_the_page_names_every_program_with_its_pinned_version() -> None:
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (HERE / "requirements.txt").read_text(encoding="utf-8"), re.M))
    pins |= json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    rows = re.findall(
        r"^\| (?:npm|PyPI) (`[^|]+) \| ([\d., ]+) \|", (ROOT / "docs/peers.md").read_text(encoding="utf-8"), re.M
    )
    told = {
        name: version
        for names, versions in rows
        for name, version in zip(re.findall(r"`([^`]+)`", names), versions.split(", "), strict=True)
    }
    assert told.keys() == {*NAMES, "typescript"}
    assert told == {name: pins[name] for name in told}


def test_a_hosts_file_leads_every_name_to_one_address() -> None:
    local, names = isolation.hosts_file("127.0.0.9").splitlines()
    assert local == "127.0.0.1 localhost"
    assert names.split() == ["127.0.0.9", *isolation.HOSTS]
