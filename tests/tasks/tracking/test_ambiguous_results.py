"""Results that are kept open: which one a deletion tells of."""

from __future__ import annotations

from tasks.domain.events import Finished
from tasks.domain.model import Image
from tasks.tracking.ambiguous_results import DELETED_WITHIN, AmbiguousResults
from tests.support.tasks import NOW, keys

PICTURE = Image(url="https://cdn.discordapp.com/x.png")


def kept(*times: int, prompt: str = "a dog") -> AmbiguousResults:
    unsettled = AmbiguousResults()
    for number, time in enumerate(times):
        unsettled.keep(Finished(keys=keys(message_id=f"r{number}", prompt=prompt, sent_at=time), image=PICTURE), ["1"])
    return unsettled


def taken(unsettled: AmbiguousResults, echo: str = "a dog") -> str | None:
    found = unsettled.only("a", echo)
    return found.keys.message_id if found else None


def test_the_only_one_with_these_words_is_told_by_a_deletion_once() -> None:
    unsettled = kept(NOW)
    assert (taken(unsettled, "a cat"), taken(unsettled), taken(unsettled)) == (None, "r0", None)


def test_of_two_at_once_a_deletion_tells_neither() -> None:
    assert taken(kept(NOW, NOW + 500)) is None


def test_one_that_was_left_open_long_ago_hides_no_later_one() -> None:
    assert taken(kept(NOW, NOW + DELETED_WITHIN + 1)) == "r1"


def test_links_are_shortened_in_a_result() -> None:
    assert taken(kept(NOW, prompt="<https://s.mj.run/a> <https://s.mj.run/b> --v 5.2"), "http://a/1 http://a/2") == "r0"
