"""Which button a custom_id means, where a client has put it together itself."""

from __future__ import annotations

import pytest

from tasks.domain.errors import ButtonNotFound
from tasks.domain.model import Action, Button, Task, TaskProgress, TaskRequest, TaskResult
from tasks.rules.buttons import find_custom_id, is_grid

JOB = "adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001"
MESSAGE = "1108302168013938689"


def button(form: str, does: Action | None = None, index: int | None = None) -> Button:
    return Button(custom_id=form.format(JOB), does=does, index=index)


GRID = Task(
    id="1",
    request=TaskRequest(action=Action.IMAGINE),
    progress=TaskProgress(job_id=JOB),
    result=TaskResult(
        message_id=MESSAGE,
        buttons=(
            *(button(f"MJ::JOB::upsample::{n}::{{}}", Action.UPSCALE, n) for n in (1, 2, 3, 4)),
            *(button(f"MJ::JOB::variation::{n}::{{}}", Action.VARIATION, n) for n in (1, 2, 3, 4)),
            button("MJ::JOB::reroll::0::{}::SOLO", Action.REROLL, 0),
        ),
    ),
)
SINGLE = Task(
    id="2",
    request=TaskRequest(action=Action.UPSCALE),
    progress=TaskProgress(job_id=JOB),
    result=TaskResult(
        message_id=MESSAGE,
        buttons=(
            button("MJ::JOB::low_variation::1::{}::SOLO", Action.VARIATION, 1),
            button("MJ::JOB::high_variation::1::{}::SOLO", Action.VARIATION, 1),
            button("MJ::Outpaint::50::1::{}::SOLO", Action.ZOOM, 1),
            button("MJ::CustomZoom::{}", Action.ZOOM),
        ),
    ),
)


@pytest.mark.parametrize(
    ("source", "asked", "found"),
    [
        (GRID, f"MJ::JOB::upsample::2::{MESSAGE}", f"MJ::JOB::upsample::2::{JOB}"),
        (GRID, f"MJ::JOB::variation::4::{MESSAGE}", f"MJ::JOB::variation::4::{JOB}"),
        (GRID, f"MJ::JOB::reroll::0::{MESSAGE}", f"MJ::JOB::reroll::0::{JOB}::SOLO"),
        (SINGLE, f"MJ::JOB::low_variation::3::{MESSAGE}", f"MJ::JOB::low_variation::1::{JOB}::SOLO"),
        (SINGLE, f"MJ::CustomZoom::{MESSAGE}", f"MJ::CustomZoom::{JOB}"),
    ],
)
def test_the_messages_id_stands_for_the_jobs(source: Task, asked: str, found: str) -> None:
    assert find_custom_id(source, asked).custom_id == found


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        (GRID, "MJ::JOB::upsample::2::1108302168013938600"),  # another message
        (GRID, f"MJ::JOB::upsample::5::{MESSAGE}"),
        (SINGLE, f"MJ::JOB::upsample::2::{MESSAGE}"),
        (SINGLE, f"MJ::JOB::variation::1::{MESSAGE}"),
    ],
)
def test_what_is_no_button_stays_none(source: Task, asked: str) -> None:
    with pytest.raises(ButtonNotFound):
        find_custom_id(source, asked)


def test_a_grid_is_known_by_its_buttons() -> None:
    assert is_grid(GRID)
    assert not is_grid(SINGLE)
