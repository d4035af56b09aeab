"""What events and a command index teach, and what they contradict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storage.facts import Facts
from storage.sqlite.database import Database
from tasks.domain.events import Connected, DiscordEvent, Finished, Informed, OfferedVersion, Refused
from tasks.domain.facts import FactKey, FactKind
from tasks.domain.model import Bot, Image, Mode, SubmitOptions, Task
from tasks.rules.learning import NOTHING_LEARNED, conflicts_in, from_account, from_event
from tests.support.house import Desk, house
from tests.support.tasks import NOW, account, keys, task
from tests.tasks.sending.test_dispatcher import over

PICTURE = Image(url="https://cdn.test/a.png")
REFUSAL = "`--oref` is not compatible with `--version 8.2`"


FOX = task(content="a fox")


def learned(event: DiscordEvent, task: Task | None = FOX, by: str = "nonce") -> dict[tuple[str, str], str]:
    """Kind and subject of each learned fact, with its value."""
    lesson = from_event(event, NOW, task=task, by=by)
    return {(fact.kind, fact.subject): fact.value for fact in lesson.learned}


@pytest.mark.parametrize(
    ("reason", "subjects"),
    [
        (REFUSAL, ["--oref with --v 8.2"]),
        ("Invalid parameter: `--oref` is not compatible with `--version 8.1`", ["--oref with --v 8.1"]),
        ("--oref and --ow are not compatible with --v 8.2", ["--oref with --v 8.2", "--ow with --v 8.2"]),
        ("`--q` is incompatible with version 8.2.", ["--quality with --v 8.2"]),
        ("`--cref` is not compatible with `--niji 7`", ["--cref with --niji 7"]),
        ("`::` is not compatible with `--version 8.2`", [":: with --v 8.2"]),
        ("`--oref` is not compatible with `--draft`", []),
        ("Unrecognized parameter", []),
    ],
)
def test_a_refusal_names_the_parameter_and_the_version(reason: str, subjects: list[str]) -> None:
    assert conflicts_in(reason) == subjects


def test_only_a_certain_refusal_teaches() -> None:
    refused = Refused(keys=keys(message_id="9"), code="invalid_parameter", reason=REFUSAL)
    assert learned(refused) == {("parameter_refused", "--oref with --v 8.2"): REFUSAL}
    assert learned(refused, by="prompt") == {}
    assert from_event(refused, NOW, task=None, by="") == NOTHING_LEARNED


def test_a_refused_mode_is_learned_and_a_drawing_in_it_contradicts() -> None:
    reason = "You can not submit any more jobs in relax mode"
    refused = Refused(keys=keys(), code="action_restricted", reason=reason)
    assert learned(refused) == {("mode_refused", "a relaxed"): reason}
    drawn = Finished(keys=keys(), mode=Mode.RELAXED, image=PICTURE)
    [forgotten] = from_event(drawn, NOW, task=task(), by="nonce").forgotten
    assert forgotten == FactKey(bot=Bot.MIDJOURNEY, kind=FactKind.MODE_REFUSED, subject="a relaxed")


def test_the_echo_shows_the_default_version() -> None:
    drawn = Finished(keys=keys(prompt="a fox --v 8.2"), image=PICTURE)
    assert learned(drawn) == {("version", "v 8.2"): "exists", ("default_version", "a"): "v 8.2"}
    assert learned(drawn, task=task(content="a fox --v 8.2")) == {("version", "v 8.2"): "exists"}
    assert learned(drawn, task=task(command="blend")) == {}
    assert learned(replace(drawn, image=None)) == {}


def test_a_drawing_contradicts_the_refusals_of_its_parameters() -> None:
    drawn = Finished(keys=keys(prompt="a fox::2 --oref https://s.mj.run/a --niji 7"), image=PICTURE)
    gone = [key.subject for key in from_event(drawn, NOW, task=task(), by="job").forgotten]
    assert {"--oref with --niji 7", ":: with --niji 7"} <= {*gone}


def test_settings_and_info_are_read() -> None:
    offered = (OfferedVersion(label="Use V7"), OfferedVersion(label="Niji Model V6", selected=True))
    private = keys(flags=64)
    assert learned(Informed(keys=private, versions=offered), task=None) == {
        ("version", "v 7"): "exists",
        ("version", "niji 6"): "exists",
        ("default_version", "a"): "niji 6",
    }
    text = (
        "**Subscription**: Pro (Active monthly, renews next on <t:1>)\n**Fast Time Remaining**: 29.5/30.0 hours (98%)"
    )
    assert learned(Informed(keys=private, title="Your info - otter", text=text), task=None) == {
        ("plan", "a"): "Pro",
        ("fast_hours", "a"): "29.5/30.0 hours (98%)",
    }
    assert learned(Informed(keys=keys(), title="Your info - otter", text=text), task=None) == {}


def test_what_is_unknown_is_kept_without_the_prompt_links_and_ids() -> None:
    words = "We lost a fox of <@4001>, see https://x.test/secret 123456789012345678"
    [message] = learned(Informed(keys=keys(), text=words)).items()
    assert message == (("unknown_message", "answer: We lost … of …, see"), "We lost … of …, see … …")
    [error] = learned(Refused(keys=keys(), code="unknown_error", reason="Out of ink 7")).items()
    assert error == (("unknown_message", "error: Out of ink #"), "Out of ink 7")
    assert learned(Informed(keys=keys(), text="known", is_known=True)) == {}
    assert learned(Informed(keys=keys(prompt="a fox"), text="half a result")) == {}
    button = Finished(keys=keys(), image=PICTURE, unknown_buttons=(("MJ::JOB::sculpt::#", "Sculpt"),))
    assert learned(button) == {("unknown_button", "MJ::JOB::sculpt::#"): "Sculpt"}


def test_the_command_index_shows_limits_and_names() -> None:
    lesson = from_account(account(prompt_limit=4000, localised_names=(("prompt", "提示词"),)), NOW)
    assert {(f.kind, f.subject): f.value for f in lesson.learned} == {
        ("prompt_limit", "a"): "4000",
        ("localised_name", "prompt"): "提示词",
    }
    [gone] = from_account(account(), NOW).forgotten
    assert gone.kind is FactKind.PROMPT_LIMIT


async def test_the_tracker_learns_and_writes(tmp_path: Path) -> None:
    desk = Desk()
    desk.known = {"a": account("a", prompt_limit=4000)}
    async with house(tmp_path, desk) as home:
        home.tracker.enqueue(Connected(account="a"))
        first = await home.service.imagine(SubmitOptions(), prompt="a fox --oref https://x.test/a.png")
        await home.until_said(1)
        told = keys(nonce=desk.said[0][2], message_id="9", flags=64)
        home.tracker.enqueue(Refused(keys=told, code="invalid_parameter", reason=REFUSAL))
        await home.until_task(first.id, over)
    async with Database(tmp_path / "tasks.db") as database:  # written when the service has stopped
        facts = {fact.kind: fact for fact in await Facts(database).all()}
        assert facts[FactKind.PROMPT_LIMIT].value == "4000"
        assert (facts[FactKind.PARAMETER_REFUSED].subject, facts[FactKind.PARAMETER_REFUSED].message_id) == (
            "--oref with --v 8.2",
            "9",
        )
