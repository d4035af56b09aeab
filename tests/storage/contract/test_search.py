"""What is found among all tasks, whose it is, and that it keeps up with every change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.database_port import SqlDatabase, Statement
from storage.tasks import Tasks
from tasks.domain.model import Action, Status
from tasks.domain.search import MOST_WORDS, Search, words_of
from tests.support.records import a_task


async def test_each_word_is_found_as_a_piece_and_the_total_is_true(database: SqlDatabase) -> None:
    store = Tasks(database)
    prompts = ["A Red fox, snow", "red kite", "雪地里的红狐", "50% of a fox_1"]
    for number, prompt in enumerate(prompts, start=1):
        await store.insert(a_task(number, prompt=prompt))

    async def found(text: str, limit: int = 10, before: str | None = None) -> tuple[list[str], int]:
        page = await store.search(Search(words=words_of(text)), limit, before)
        return [task.id for task in page.tasks], page.total

    assert await found("RED") == (["2", "1"], 2)
    assert await found("fox red") == (["1"], 1)
    assert await found("红") == (["3"], 1)
    assert await found("50% _") == (["4"], 1)
    assert await found("") == (["4", "3", "2", "1"], 4)
    assert await found("", 2) == (["4", "3"], 4)
    assert await found("", 2, "3") == (["2", "1"], 4)
    assert await found("nothing") == ([], 0)
    await store.insert(a_task(1600000000000005, prompt="a boat", job_id="62e9077d-34b3-401a-b7ad-28916646e669"))
    assert await found("62e9") == await found("0005") == ([], 0)
    for name in ("1600000000000005", "62E9077D-34b3-401a-b7ad-28916646e669", "boat 28916646e669"):
        assert await found(name) == (["1600000000000005"], 1)


async def test_a_search_keeps_up_with_what_changes_and_what_is_removed(database: SqlDatabase) -> None:
    store = Tasks(database)
    await store.insert(a_task(1, prompt="a fox"))
    failed = a_task(1, prompt="a fox", status=Status.FAILURE, fail_reason="Banned prompt")
    await store.save([failed])
    for search in (Search(words=("banned", "fox")), Search(statuses=(Status.FAILURE,), actions=(Action.IMAGINE,))):
        assert (await store.search(search, 10)).total == 1
    for search in (Search(statuses=(Status.SUCCESS,)), Search(actions=(Action.BLEND,))):
        assert (await store.search(search, 10)).total == 0
    await database.write(Statement("DELETE FROM tasks"))
    assert await database.read("SELECT count(*) FROM searched") == [(0,)]


async def test_an_owner_finds_and_counts_its_own_alone(database: SqlDatabase) -> None:
    store = Tasks(database)
    await store.insert(a_task(1, prompt="a fox", owner="anna"))
    await store.insert(a_task(2, prompt="a fox", owner="bert"))
    page = await store.search(Search(words=("fox",)), 10, owner="anna")
    assert ([task.id for task in page.tasks], page.total) == (["1"], 1)
    assert (await store.search(Search(), 10)).total == 2


@given(st.text(max_size=60))
def test_words_are_each_once_without_capitals(text: str) -> None:
    words = words_of(text)
    assert len(set(words)) == len(words)
    assert not any(letter.isspace() or "A" <= letter <= "Z" for word in words for letter in word)
    assert words_of(" ".join(words)) == words
    assert MOST_WORDS == 8
