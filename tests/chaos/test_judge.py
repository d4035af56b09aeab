"""The judge sees what is wrong: each complaint is made when it must be, and none when all is well."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.chaos.caller import Asked, Document
from tests.chaos.judge import LIMITS, LINK_LOST, Kept, Limits, Verdict, judge
from tests.chaos.soak import gain

BERTS = {"id": "2", "action": "IMAGINE", "status": "CANCEL", "failCode": ""}
URL = "http://cdn/attachments/1/2/a.png"


@dataclass(kw_only=True)
class Witness:
    jobs: list[Document]
    interactions: list[Document]
    counters: dict[str, int] = field(default_factory=dict)
    mixups: int = 0

    def state(self) -> Document:
        return {"counters": self.counters, "mixups": self.mixups}


def job(number: int, nonce: str, **changes: Any) -> Document:
    return {
        "job_id": f"job {number}",
        "foreign": False,
        "nonce": nonce,
        "command": "imagine",
        "status": "finished",
        "prompt": "a",
        "image_urls": [f"{URL}?ex={number}" if number == 1 else f"http://cdn/{number}.png"],
        **changes,
    }


def document(**changes: Any) -> Document:
    common = {"id": "1", "action": "IMAGINE", "status": "SUCCESS", "failCode": "", "failReason": "", "videoUrl": ""}
    return {**common, "jobId": "job 1", "imageUrl": f"{URL}?ex=9", **changes}


def verdict_on(
    shown: Document | None,
    *,
    jobs: list[Document] | None = None,
    told: list[Document] | None = None,
    cancelled: bool = False,
    bert: bool = False,
    limits: Limits | None = None,
    **witness: Any,
) -> Verdict:
    """Task 1, of nonce 11; tasks 2 (equal) and 3 (another) have the nonces 22 and 33. The owner's hand has nonce 44."""

    async def judged() -> Verdict:
        task = Asked(id="1", route="imagine", cancelled=cancelled)
        if shown is not None:
            task.ended.set_result(shown)
        kept = Kept(
            documents={"1": {"content": "a"}, "2": {"content": "a"}, "3": {"content": "b"}},
            nonces={"11": "1", "12": "1", "22": "2", "33": "3"},
        )
        given = [job(1, "11")] if jobs is None else jobs
        said = Witness(**{"jobs": given, "interactions": [{"nonce": "11"}], **witness})
        heard = {"1": ([shown] if shown else []) if told is None else told}
        if bert:
            other = Asked(id="2", route="imagine", caller="bert")
            other.ended.set_result(BERTS)
            heard["2"] = [BERTS]
        asked = [task, *([other] if bert else [])]
        return judge(asked, said, kept, heard, others={"44": "the owner's own drawing"}, limits=limits)

    return asyncio.run(judged())


def test_all_is_well() -> None:
    verdict = verdict_on(document())
    assert verdict.complaints == []
    assert verdict.counts["own pictures"] == verdict.counts["ends delivered"] == 1


def test_equal_tasks_may_exchange_their_pictures() -> None:
    verdict = verdict_on(document(), jobs=[job(1, "22")])
    assert verdict.complaints == []
    assert verdict.counts["pictures of an equal task"] == 1


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"shown": None}, "has no end"),
        ({"shown": document(), "jobs": [job(1, "33")]}, "has the picture of task 3"),
        ({"shown": document(), "jobs": [job(1, "99")]}, "has the picture of task None"),
        ({"shown": document(), "jobs": [job(1, "11"), job(2, "12")]}, "drawn, and paid, 2 times"),
        ({"shown": document(jobId="job 7")}, "none of ours"),
        ({"shown": document(imageUrl="http://cdn/other.png")}, "no picture of its job"),
        ({"shown": document(status="FAILURE", failCode="silence")}, "and was drawn"),
        ({"shown": document(status="CANCEL")}, "nobody asked for that"),
        ({"shown": document(), "told": []}, "nobody was told"),
        ({"shown": document(), "told": [document(status="FAILURE")]}, "was told as FAILURE"),
        ({"shown": document(), "interactions": [{"nonce": "77"}]}, "have no row among the sends"),
        ({"shown": document(), "counters": {"repeated_nonces": 1}}, "counted 1 repeated_nonces"),
        ({"shown": document(), "mixups": 1}, "1 mix-ups"),
    ],
)
def test_what_is_wrong_is_seen(given: dict[str, Any], part: str) -> None:
    verdict = verdict_on(**given)
    assert [text for text in verdict.complaints if part in text], verdict.complaints


@pytest.mark.parametrize(
    ("jobs", "bert", "part"),
    [
        ([job(1, "44")], False, "has the picture of the owner's own drawing"),
        ([job(1, "22")], True, "another caller's (bert)"),
    ],
)
def test_equal_words_excuse_nobody_elses_picture(jobs: list[Document], bert: bool, part: str) -> None:
    own = job(2, "11")
    verdict = verdict_on(document(), jobs=[*jobs, own], bert=bert, limits=LIMITS["2026"])
    assert [text for text in verdict.complaints if part in text], verdict.complaints


def test_where_nothing_links_a_result_equal_words_are_counted_and_others_are_a_defect() -> None:
    for words, count in (("a", 1), ("b", 0)):
        jobs = [job(1, "44", prompt=words), job(2, "11")]
        verdict = verdict_on(document(), jobs=jobs, limits=LIMITS["2023"])
        assert verdict.counts["limit: picture of an equal drawing"] == count
        assert bool(verdict.complaints) is not bool(count)


def test_a_hand_drawing_is_no_task_that_was_paid_twice() -> None:
    jobs = [job(1, "11"), job(2, "44"), job(3, "44")]
    assert verdict_on(document(), jobs=jobs, interactions=[{"nonce": "11"}, {"nonce": "44"}]).complaints == []


@pytest.mark.parametrize(("limits", "is_counted"), [(LINK_LOST, True), (None, False)])
def test_beside_an_equal_drawing_a_lost_link_may_leave_a_task_open(limits: Limits | None, is_counted: bool) -> None:
    shown = document(status="FAILURE", failCode="outcome_unknown", jobId="", imageUrl="")
    verdict = verdict_on(shown, jobs=[job(1, "11"), job(2, "44")], limits=limits)
    assert bool(verdict.complaints) is not is_counted
    assert verdict.counts["limit: drawn and left open"] == is_counted


def test_a_lost_link_is_no_reason_where_no_other_drawing_is_equal() -> None:
    shown = document(status="FAILURE", failCode="outcome_unknown", jobId="", imageUrl="")
    assert verdict_on(shown, jobs=[job(1, "11"), job(2, "44", prompt="b")], limits=LINK_LOST).complaints


def test_what_was_not_drawn_may_fail_and_is_counted() -> None:
    shown = document(status="FAILURE", failCode="outcome_unknown", jobId="", imageUrl="")
    verdict = verdict_on(shown, jobs=[])
    assert verdict.complaints == []
    assert verdict.counts["FAILURE outcome_unknown"] == 1


@pytest.mark.parametrize("action", ["DESCRIBE", "BLEND"])
def test_an_answer_to_pictures_may_be_unclaimed_and_a_drawing_may_not(action: str) -> None:
    shown = document(status="FAILURE", failCode="outcome_unknown", action=action)
    verdict = verdict_on(shown)
    assert verdict.complaints == []
    assert verdict.counts["answers to pictures nobody could claim"] == 1
    assert verdict_on({**shown, "action": "SHORTEN"}).complaints


def test_a_rise_is_measured_through_the_noise() -> None:
    times = [float(n) for n in range(100)]
    assert gain(times, [10 + (n % 7) for n in range(100)]) == pytest.approx(0, abs=1)
    assert gain(times, [10 + 0.5 * n + (n % 7) for n in range(100)]) == pytest.approx(49.5, abs=1)
