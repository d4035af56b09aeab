"""Drawings that nobody claimed, and tasks of which nothing was told: looked at together, never by luck."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.events import Keys
from tasks.rules.matching import Candidate
from tasks.tracking.assignment import assign
from tests.support.tasks import NOW, USER, keys, snowflake, task


def waiting(task_id: int, content: str = "a dog", start_time: int = NOW) -> Candidate:
    return Candidate(task=task(task_id, content=content, start_time=start_time), awaits_interaction=True)


def drawing(made: int = NOW + 500, prompt: str = "a dog") -> Keys:
    return keys(interaction_id=snowflake(made), prompt=prompt, user_id=USER, sent_at=made + 300)


def test_the_only_drawing_with_its_words_is_its_own() -> None:
    assert assign({"i": drawing()}, [waiting(1), waiting(2, "a cat")], USER) == {"i": "1"}


def test_one_drawing_more_than_there_are_tasks_is_another_hands_and_nobody_gets_any() -> None:
    assert assign({"i": drawing(), "h": drawing(NOW + 900)}, [waiting(1)], USER) == {}


def test_equal_ones_are_shared_by_the_time_of_their_sends() -> None:
    candidates = [waiting(1), waiting(2, start_time=NOW + 5_000), waiting(3, start_time=NOW + 10_000)]
    drawings = {"third": drawing(NOW + 10_500), "second": drawing(NOW + 5_500)}
    assert assign(drawings, candidates, USER) == {"second": "2", "third": "3"}


def test_what_fits_two_kinds_of_tasks_settles_neither() -> None:
    candidates = [waiting(1, "a dog --ar 1:1"), waiting(2, "a dog --s 100")]
    assert assign({"i": drawing()}, candidates, USER) == {}


def test_each_of_two_that_differ_in_a_parameter_gets_its_own() -> None:
    candidates = [waiting(1), waiting(2, "a dog --ar 3:2")]
    drawings = {"a": drawing(prompt="a dog --v 6.1"), "b": drawing(prompt="a dog --ar 3:2 --v 6.1")}
    assert assign(drawings, candidates, USER) == {"a": "1", "b": "2"}


texts = st.sampled_from(["a dog", "a dog --ar 3:2", "a cat"])
times = st.integers(NOW, NOW + 9_000)  # nearer than our clock may differ from Discord's


@given(
    st.lists(st.tuples(times, texts), max_size=6),
    st.lists(st.tuples(times, texts), max_size=6),
    st.randoms(),
)
def test_nobody_gets_two_and_order_never_decides(
    drawn: list[tuple[int, str]], asked: list[tuple[int, str]], random: object
) -> None:
    drawings = {str(number): drawing(made, prompt) for number, (made, prompt) in enumerate(drawn)}
    candidates = [waiting(number, text, start) for number, (start, text) in enumerate(asked, start=1)]
    taken = assign(drawings, candidates, USER)
    assert len(set(taken.values())) == len(taken)
    contents = {candidate.task.id: candidate.task.content for candidate in candidates}
    assert all(drawings[name].prompt == contents[task_id] for name, task_id in taken.items())
    for text in contents.values():
        fitting = [name for name, each in drawings.items() if each.prompt == text]
        if len(fitting) > list(contents.values()).count(text):
            assert not set(fitting) & set(taken)
    names = list(drawings)
    random.shuffle(names)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    shuffled = assign({name: drawings[name] for name in names}, candidates[::-1], USER)
    assert {taken[name] for name in taken} == {shuffled[name] for name in shuffled}
