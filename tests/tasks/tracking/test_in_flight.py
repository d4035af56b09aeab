"""The index of the tasks in flight: a key leads to the one task that has it now."""

from __future__ import annotations

from tasks.tracking.in_flight import InFlightIndex, InFlightTask
from tests.support.tasks import keys, task


def test_who_goes_takes_no_key_along_that_has_become_anothers() -> None:
    in_flight = InFlightIndex()
    first = InFlightTask(task=task(1, progress_message_id="m"))
    second = InFlightTask(task=task(2, progress_message_id="m"))
    in_flight.add(first)
    in_flight.add(second)
    in_flight.remove(first)
    assert in_flight.names(keys(message_id="m"))
    in_flight.remove(second)
    assert not in_flight.names(keys(message_id="m"))
