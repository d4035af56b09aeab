"""Matching: by identity before text, never against a contradiction, never by luck."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.events import Keys
from tasks.domain.model import Action, Bot, Task
from tasks.rules.matching import Candidate, Match, contradicts, match, snowflake_time
from tests.support.tasks import NOW, USER, keys, snowflake, task


def find(given_keys: Keys, *tasks: Task | Candidate, final: bool = True) -> Match:
    return match(given_keys, [t if isinstance(t, Candidate) else Candidate(task=t) for t in tasks], USER, final=final)


def sent(task_id: int, nonce: str, *interactions: str, **fields: Any) -> Candidate:
    return Candidate(task=task(task_id, **fields), nonces=frozenset({nonce}), interaction_ids=frozenset(interactions))


def test_a_nonce_decides_before_everything_else() -> None:
    wanted = sent(2, "n2", progress_message_id="m1")
    found = find(keys(nonce="n2", prompt="other words", message_id="m9"), sent(1, "n1"), wanted)
    assert (found.task_id, found.by) == ("2", "nonce")


@pytest.mark.parametrize("key", [{"prompt": "a dog", "user_id": USER}, {"job_id": "j1"}, {"reference_id": "m1"}])
def test_a_nonce_that_no_send_has_decides_nothing(key: dict[str, Any]) -> None:
    known = sent(1, "n1", job_id="j1", progress_message_id="m1")
    with_it, without = find(keys(nonce="the bot's", **key), known), find(keys(**key), known)
    assert with_it == without
    assert with_it.task_id == "1"


def test_a_nonce_counts_only_on_the_account_that_issued_it() -> None:
    assert find(keys(account="b", nonce="n1"), sent(1, "n1")).task_id is None


@pytest.mark.parametrize(
    ("field", "key", "by"),
    [("progress_message_id", "message_id", "message"), ("job_id", "job_id", "job")],
)
def test_known_ids_decide(field: str, key: str, by: str) -> None:
    found = find(keys(**{key: "x"}), task(1), task(2, **{field: "x"}))
    assert (found.task_id, found.by) == ("2", by)


def test_an_interaction_id_decides() -> None:
    assert find(keys(interaction_id="i2"), sent(1, "n1", "i1"), sent(2, "n2", "i2")).by == "interaction"


def test_one_press_may_draw_several_jobs_and_the_first_is_the_tasks() -> None:
    mine = sent(1, "n1", "i1", job_id="j1", action=Action.VARIATION)
    assert find(keys(interaction_id="i1", job_id="j1"), mine).task_id == "1"
    assert find(keys(interaction_id="i1", job_id="j2"), mine).task_id is None


def test_an_edit_of_the_described_message_is_the_answer_to_describing_again() -> None:
    again = {"action": Action.DESCRIBE, "custom_id": "MJ::Picread::Retry", "parent_message_id": "m"}
    old = keys(message_id="m", interaction_id="long ago", sent_at=NOW - 1_000_000, edited=True)
    found = find(old, sent(2, "n2", "i2", **again), sent(1, "n1", "i1", **again))
    assert (found.task_id, found.by) == ("1", "message")
    assert find(old, sent(3, "n3", "i3", **{**again, "action": Action.VARIATION})).task_id is None


def test_a_result_that_refers_to_its_own_progress_message() -> None:
    one, two = task(1, progress_message_id="p1"), task(2, progress_message_id="p2")
    assert find(keys(reference_id="p2", prompt="a dog", user_id=USER), one, two).task_id == "2"


def pressed(task_id: int, index: int, **fields: Any) -> Task:
    return task(task_id, action=Action.VARIATION, index=index, parent_message_id="grid", parent_id="9", **fields)


def test_a_result_that_refers_to_the_pressed_message() -> None:
    found = find(keys(reference_id="grid", action=Action.VARIATION), pressed(1, 1))
    assert (found.task_id, found.by) == ("1", "reference")


def test_two_presses_on_one_grid_are_told_apart_by_index() -> None:
    asked = keys(reference_id="grid", action=Action.VARIATION, index=3)
    assert find(asked, pressed(1, 1), pressed(3, 3), final=False).task_id == "3"


def test_the_answer_of_one_bot_is_not_the_others() -> None:
    one, other = task(1), task(2, bot=Bot.NIJI)
    shown = {"prompt": "a dog", "user_id": USER}
    assert find(keys(bot=Bot.NIJI, **shown), one, other).task_id == "2"
    assert find(keys(bot=Bot.MIDJOURNEY, **shown), other).task_id is None
    assert find(keys(**shown), one, other).ambiguous == ("1", "2")


@pytest.mark.parametrize("known", [{"progress_message_id": "x"}, {"job_id": "x"}])
def test_what_mentions_another_user_is_never_ours(known: dict[str, str]) -> None:
    """A message that mentions nobody may have been taken for ours; its edit tells."""
    shown = {"message_id": "x", "job_id": "x"}
    assert find(keys(user_id=USER, **shown), task(1, **known)).task_id == "1"
    assert find(keys(user_id="4999", **shown), task(1, **known)).task_id is None


def test_a_command_has_no_answer_that_refers_to_what_was_there_before() -> None:
    """A reroll by hand of an older grid with the same words is nobody's."""
    old, new = snowflake(NOW - 60_000), snowflake(NOW + 500)
    shown = {"prompt": "a dog", "user_id": USER}
    assert find(keys(reference_id=new, **shown), sent(1, "n", snowflake(NOW))).task_id == "1"
    assert find(keys(reference_id=old, **shown), sent(1, "n", snowflake(NOW))).task_id is None
    assert find(keys(reference_id=old, **shown), task(1)).task_id is None


def test_equal_words_about_different_pictures_are_told_apart_by_what_was_echoed() -> None:
    one = task(1, content="https://a.example/1.png a dog", echoed_prompt="<https://s.mj.run/a> a dog")
    two = task(2, content="https://a.example/2.png a dog", echoed_prompt="<https://s.mj.run/b> a dog")
    shown = keys(prompt=two.progress.echoed_prompt, user_id=USER)
    assert find(shown, one, two).task_id == "2"
    assert find(shown, replace(one, progress=replace(one.progress, echoed_prompt="")), two).ambiguous == ("1", "2")


def test_a_press_has_no_result_that_calls_itself_another_kind_of_its_action() -> None:
    subtle = task(1, action=Action.VARIATION, custom_id="low::1", parent_message_id="r", parent_id="9")
    strong = replace(subtle, id="2", request=replace(subtle.request, custom_id="high::1"))
    shown = {"reference_id": "r", "action": Action.VARIATION}
    assert find(keys(**shown), subtle, strong).ambiguous == ("1", "2")
    assert find(keys(**shown, not_of=frozenset({"low::"})), subtle, strong).task_id == "2"
    assert find(keys(**shown, not_of=frozenset({"high::"})), strong).task_id is None
    assert (
        find(
            keys(**shown, not_of=frozenset({"high::"})),
            replace(strong, request=replace(strong.request, custom_id=None)),
        ).task_id
        == "2"
    )


def test_what_ends_with_an_answer_has_no_drawing() -> None:
    """A favourite of the grid whose V1 is drawn meanwhile."""
    rated = task(1, action=Action.ACTION, custom_id="heart", answer_ends=True, parent_message_id="grid", parent_id="9")
    drawing = keys(reference_id="grid", action=Action.VARIATION, prompt="a dog", user_id=USER)
    assert find(drawing, rated, pressed(2, 1)).task_id == "2"
    assert find(drawing, rated).task_id is None
    assert find(keys(reference_id="grid"), rated, final=False).task_id == "1"
    plain = keys(prompt="a dog", user_id=USER, candidates=frozenset({Action.IMAGINE}))
    assert find(plain, rated, task(2)).task_id == "2"


def test_a_reroll_is_no_imagine_that_refers_to_nothing() -> None:
    again = task(1, action=Action.REROLL, parent_message_id="grid", parent_id="9")
    shown = {"prompt": "a dog", "user_id": USER}
    either = frozenset({Action.IMAGINE, Action.REROLL})
    assert find(keys(**shown, reference_id="grid", candidates=either), again).task_id == "1"
    assert find(keys(**shown, action=Action.IMAGINE), again).task_id is None


def test_two_presses_on_one_grid_without_index_are_left_open() -> None:
    found = find(keys(reference_id="grid", action=Action.VARIATION), pressed(1, 1), pressed(3, 3))
    assert found.task_id is None
    assert set(found.ambiguous) == {"1", "3"}


def test_two_videos_of_one_picture_are_told_apart_by_what_their_running_messages_echoed() -> None:
    def video(task_id: int, echo: str, **fields: Any) -> Task:
        parent = {"parent_message_id": "r", "parent_id": "9", "custom_id": f"c{task_id}"}
        return task(task_id, action=Action.VIDEO, echoed_prompt=echo, **parent, **fields)

    shown = keys(reference_id="r", action=Action.VIDEO, prompt="a dog --motion low --video 1", user_id=USER)
    high, low = video(1, "a dog --motion high --video 1"), video(2, "a dog --motion low --video 1")
    assert find(shown, high, low).task_id == "2"
    assert find(shown, high, low, video(3, low.progress.echoed_prompt)).ambiguous == ("2", "3")
    assert find(shown, high, low, video(3, "")).ambiguous == ("1", "2", "3")


def test_what_is_left_open_is_settled_when_the_other_has_its_job() -> None:
    found = find(
        keys(reference_id="grid", action=Action.VARIATION, job_id="j2"), pressed(1, 1, job_id="j1"), pressed(3, 3)
    )
    assert found.task_id == "3"


def test_a_result_may_refer_to_a_first_message_that_was_missed() -> None:
    """In 2026 each result refers to its own running message; "Job queued" is only a note before that."""
    shown = keys(reference_id="missed", prompt="a dog", user_id=USER)
    assert find(shown, task(1)).task_id == "1"
    assert find(shown, task(1, progress_message_id="note", queued=True)).task_id == "1"
    assert find(shown, task(1, progress_message_id="running")).task_id is None
    assert find(shown, task(1, progress_message_id="note", queued=True, parent_message_id="grid")).task_id is None


def test_equal_prompts_go_to_the_oldest() -> None:
    found = find(keys(prompt="a dog", user_id=USER), task(12), task(3), task(7))
    assert (found.task_id, found.by) == ("3", "prompt")


def test_different_prompts_that_both_fit_are_left_open() -> None:
    found = find(
        keys(prompt="a dog", user_id=USER), task(1, content="a dog --ar 1:1"), task(2, content="a dog --s 100")
    )
    assert found.task_id is None
    assert len(found.ambiguous) == 2


@pytest.mark.parametrize(
    "contradiction",
    [
        {"user_id": "4999"},
        {"user_id": None},
        {"job_id": "other"},
        {"interaction_id": "other"},
        {"reference_id": "other"},
        {"action": Action.UPSCALE},
        {"sent_at": NOW - 60_000},
        {"prompt": "a cat"},
    ],
)
def test_a_contradicted_task_is_no_candidate(contradiction: dict[str, Any]) -> None:
    known = sent(1, "n", snowflake(NOW), job_id="mine", progress_message_id="p")
    fits = {"prompt": "a dog", "user_id": USER}
    assert find(keys(**fits), known).task_id == "1"
    assert find(keys(**{**fits, **contradiction}), known).task_id is None


def test_progress_in_another_message_is_another_jobs() -> None:
    running = task(1, progress_message_id="p")
    assert find(keys(prompt="a dog", user_id=USER, message_id="q"), running, final=False).task_id is None
    assert find(keys(prompt="a dog", user_id=USER, message_id="q"), running, final=True).task_id == "1"


def test_a_refusal_may_answer_the_tasks_own_running_message() -> None:
    running = task(1, progress_message_id="p")
    assert find(keys(reference_id="p"), running, task(2), final=False).task_id == "1"


def test_a_private_answer_needs_no_mention() -> None:
    assert find(keys(prompt="a dog", flags=64), task(1), final=False).task_id == "1"


def test_snowflakes_carry_their_time() -> None:
    assert snowflake_time(snowflake(NOW, 77)) == NOW
    assert snowflake_time("not an id") == 0


def test_words_alone_decide_nothing_while_the_interaction_may_be_told() -> None:
    waiting = replace(sent(1, "n1"), awaits_interaction=True)
    shown = {"prompt": "a dog", "user_id": USER}
    assert find(keys(**shown, interaction_id="i"), waiting).task_id is None
    assert find(keys(**shown, interaction_id="i", nonce="n1"), waiting).task_id == "1"
    assert find(keys(**shown, interaction_id="i", message_id="p"), replace(waiting, task=task(1))).task_id is None
    assert find(keys(**shown), waiting).task_id == "1"


def test_the_result_of_a_dialog_names_the_press_that_opened_it() -> None:
    """The id of the dialog's submit was lost in a gap: the press before it is the key."""
    waiting = replace(sent(1, "n1"), interaction_ids=frozenset({"press"}), awaits_interaction=True)
    shown = {"prompt": "another text", "user_id": USER, "interaction_id": "submit"}
    assert find(keys(**shown, triggering_id="press"), waiting) == Match(task_id="1", by="interaction")
    assert contradicts(waiting, keys(**shown, triggering_id="other"))
    assert not contradicts(waiting, keys(**shown))
    assert contradicts(replace(waiting, awaits_interaction=False), keys(**shown))


def test_what_was_there_when_the_send_was_written_is_not_its_answer() -> None:
    waiting = task(1, sent_after=NOW + 2000)
    shown = {"prompt": "a dog", "user_id": USER}
    assert find(keys(**shown, sent_at=NOW + 1999), waiting).task_id is None
    assert find(keys(**shown, sent_at=NOW + 2000), waiting).task_id == "1"
    assert find(keys(**shown, sent_at=NOW + 2500, interaction_id=snowflake(NOW + 1000)), waiting).task_id is None


@pytest.mark.parametrize(("echo", "owner"), [("a dog --v 6.1", "1"), ("a dog --ar 3:2 --v 6.1", "2")])
def test_of_two_that_differ_in_a_parameter_each_gets_its_own(echo: str, owner: str) -> None:
    assert find(keys(prompt=echo, user_id=USER), task(1), task(2, content="a dog --ar 3:2")).task_id == owner


def test_the_best_fit_comes_before_ambiguity() -> None:
    found = find(keys(prompt="a dog --v 7.0", user_id=USER), task(1), task(2, content="a dog --v 7"))
    assert found.task_id == "2"


ids = st.none() | st.sampled_from(["x", "y", "z"])
some_keys = st.builds(
    Keys,
    account=st.sampled_from(["a", "b"]),
    nonce=ids,
    interaction_id=ids,
    message_id=ids,
    job_id=ids,
    reference_id=ids,
    action=st.none() | st.sampled_from(Action),
    index=st.none() | st.integers(1, 4),
    prompt=st.none() | st.sampled_from(["a dog", "a cat"]),
    user_id=st.sampled_from([None, USER, "4999"]),
    sent_at=st.sampled_from([0, NOW - 60_000, NOW + 5]),
)
some_candidates = st.lists(
    st.builds(
        Candidate,
        task=st.builds(
            task,
            st.integers(1, 9),
            account=st.sampled_from(["a", "b"]),
            action=st.sampled_from([Action.IMAGINE, Action.VARIATION, Action.UPSCALE]),
            progress_message_id=ids,
            parent_message_id=ids,
            job_id=ids,
            content=st.sampled_from(["a dog", "a cat"]),
        ),
        nonces=st.frozensets(st.sampled_from(["x", "y"]), max_size=1),
        interaction_ids=st.frozensets(st.sampled_from(["x", "y"]), max_size=1),
    ),
    max_size=5,
    unique_by=lambda c: c.task.id,
)


@given(some_keys, some_candidates, st.booleans())
def test_what_is_found_is_never_another_accounts_nor_anothers_user(
    asked: Keys, candidates: list[Candidate], final: bool
) -> None:
    found = match(asked, candidates, USER, final=final)
    by_id = {c.task.id: c.task for c in candidates}
    if found.task_id is not None:
        assert by_id[found.task_id].account == asked.account
        assert not found.ambiguous
        if found.by in ("reference", "prompt"):
            assert asked.user_id in (None, USER)


@given(some_keys, some_candidates, st.booleans())
def test_no_nonce_that_is_not_ours_changes_what_is_found(asked: Keys, candidates: list[Candidate], final: bool) -> None:
    strange, none = replace(asked, nonce="the bot's"), replace(asked, nonce=None)
    assert match(strange, candidates, USER, final=final) == match(none, candidates, USER, final=final)


@given(some_keys, some_candidates, st.randoms())
def test_the_order_of_candidates_never_decides(asked: Keys, candidates: list[Candidate], random: Any) -> None:
    shuffled = candidates[:]
    random.shuffle(shuffled)
    one, other = match(asked, candidates, USER, final=True), match(asked, shuffled, USER, final=True)
    if one.by in ("reference", "prompt"):
        assert (one.task_id, set(one.ambiguous)) == (other.task_id, set(other.ambiguous))


@pytest.mark.parametrize("sent_at", [NOW, NOW + 5_000])
@pytest.mark.parametrize("name", ["interaction_id", "reference_id"])
def test_of_equal_drawings_the_one_sent_as_this_was_begun_is_the_likely_one(sent_at: int, name: str) -> None:
    equal = [Candidate(task=task(n, start_time=start)) for n, start in ((1, NOW), (2, NOW + 5_000))]
    begun = {name: snowflake(sent_at + 300)}
    said = keys(prompt="a dog", user_id=USER, message_id="m", sent_at=NOW + 9_000, **begun)
    found = match(said, equal, USER, final=name == "reference_id")
    assert (found.task_id, found.by) == ("1" if sent_at == NOW else "2", "prompt")
