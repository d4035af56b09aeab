"""Streams of events: told at once, resumed without a gap, cut when slow, ended in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.http.auth import WRONG_PER_MINUTE, Access
from api.http.links import Links
from api.http.principals import Caller, NamedSecret
from api.live.connection_limits import SEATS, SEATS_PER_CALLER
from api.live.feed import MOST, TimelinePage
from api.live.sse import HEARTBEAT, RETRY, WRITE_SECONDS, StreamTiming
from api.live.tickets import MOST as TICKETS
from api.live.tickets import MOST_PER_CALLER as TICKETS_OF_EACH
from api.v1.schema import v1_document
from tasks.domain.model import Status
from tasks.domain.timeline import Line
from tests.support.sse_client import House, WatchedSeats, house

SECRET = {"mj_api_secret": "sesame"}
ALL = "/api/v1/events"
TICKET = "/api/v1/events/ticket"


async def test_a_task_is_told_as_it_is_now(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.listen() as ear:
        task = await home.add(state="given back")
        first = await ear.heard()
        assert (first.event, first.data["kind"], first.data["taskId"]) == ("task", "submitted", task.id)
        assert first.data["detail"] == {"action": "IMAGINE", "status": "NOT_START", "api": "v1"}
        assert first.data["task"] == v1_document(task, Links()) | {"notes": []}
        await home.end(task)
        second = await ear.heard()
        assert second.data["task"]["status"] == "SUCCESS"
        assert int(second.id) > int(first.id)
        assert list(second.data) == ["taskId", "kind", "time", "detail", "task"]
        assert ear.retry == "3000"


async def test_the_other_shape(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.listen(f"{ALL}?shape=mj") as ear:
        task = await home.add()
        assert (await ear.heard()).data["task"]["id"] == task.id
        told = await home.get(f"{ALL}?shape=xml", 400)
        assert "xml" in told["description"]


async def test_a_listener_goes_on_where_it_was(tmp_path: Path) -> None:
    async with house(tmp_path, page=3) as home:
        tasks = [await home.add() for _ in range(7)]
        async with home.listen(Last_Event_ID="2") as ear:
            heard = [await ear.heard() for _ in range(5)]
            assert [event.data["taskId"] for event in heard] == [task.id for task in tasks[2:]]
            late = await home.add()
            assert (await ear.heard()).data["taskId"] == late.id
        async with home.listen(f"{ALL}?lastEventId=1", Last_Event_ID="7") as ear:
            assert (await ear.heard()).data["taskId"] == late.id


async def test_a_new_listener_hears_nothing_old_and_knows_where_it_stands(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add()
        await home.told()
        async with home.listen() as ear:
            task = await home.add()
            heard = await ear.heard()
            assert (heard.id, heard.data["taskId"]) == ("2", task.id)


async def test_many_lines_of_one_task_are_one_event(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task, other = await home.add(), await home.add()
        for percent in (10, 20, 30):
            task = await home.change(task, attempts=percent, status=Status.SUBMITTED)
        async with home.listen(Last_Event_ID="0") as ear:
            first, second = await ear.heard(), await ear.heard()
            assert (first.id, first.data["taskId"]) == ("2", other.id)
            assert (second.id, second.data["detail"]["attempts"]) == ("5", 30)


@pytest.mark.parametrize("last", ["0", "2", "999"])
async def test_what_cannot_be_told_any_more_is_said(tmp_path: Path, last: str) -> None:
    """Retention took a line that was not told yet, or the id is another database's."""
    async with house(tmp_path) as home:
        gone, kept = await home.add(), await home.add()
        await home.change(gone, attempts=1, status=Status.SUBMITTED)
        await home.told()
        await delete(home, gone.id)
        async with home.listen(Last_Event_ID=last) as ear:
            reset = await ear.heard()
            assert (reset.event, reset.id) == ("reset", "3")
            assert "anew" in reset.data["reason"]
            await home.change(kept, attempts=1, status=Status.SUBMITTED)
            assert (await ear.heard()).data["taskId"] == kept.id


async def test_the_newest_line_gone_is_no_other_database(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        gone = await home.add()
        await home.told()
        await delete(home, gone.id)
        async with home.listen(Last_Event_ID="1") as ear:
            await home.add()
            assert (await ear.heard()).event == "task"


async def delete(home: House, task_id: str) -> None:
    from storage.database_port import Statement

    await home.store._database.write(Statement("DELETE FROM tasks WHERE id = ?", [(int(task_id),)]))


@pytest.mark.parametrize("given", ["x", "-1", "1.0", "٣", "9" * 30])
async def test_a_wrong_id_is_refused(tmp_path: Path, given: str) -> None:
    async with house(tmp_path) as home:
        told = await home.get(f"{ALL}?lastEventId={given}", 400)
        assert "Last-Event-ID" in told["description"]


# ---------------------------------------------------------------- one task


async def test_the_stream_of_a_task_begins_with_it_and_ends_with_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task, other = await home.add(), await home.add()
        async with home.listen(f"/api/v1/tasks/{task.id}/events") as ear:
            assert (await ear.heard()).data["task"]["status"] == "NOT_START"
            await home.end(other)
            await home.end(task)
            [last] = await ear.rest()
            assert last.data["task"]["status"] == "SUCCESS"
        path = f"/api/v1/tasks/{task.id}/events"
        async with home.listen(path) as late:
            assert [event.id for event in await late.rest()] == [last.id]
        async with home.listen(path, Last_Event_ID="1") as late:
            assert [event.id for event in await late.rest()] == [last.id]
        await home.get(path, 204, Last_Event_ID=last.id)
        assert not home.seats.kinds.total()


async def test_who_has_heard_the_newest_waits_for_the_next(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.add()
        async with home.listen(f"/api/v1/tasks/{task.id}/events", Last_Event_ID="1") as ear:
            await home.end(task)
            assert [event.data["task"]["status"] for event in await ear.rest()] == ["SUCCESS"]


async def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path in ("events", "wait", "timeline"):
            assert "task does not exist" in (await home.get(f"/api/v1/tasks/1/{path}", 400))["description"]
        assert "task does not exist" in (await home.get("/api/v1/tasks/x", 400))["description"]


async def test_two_hundred_listeners_hear_every_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.add() for _ in range(20)]

        async def hear(number: int) -> int:
            if number % 2:
                async with home.listen(f"/api/v1/tasks/{tasks[number % 20].id}/events") as ear:
                    return sum(event.data["task"]["status"] == "SUCCESS" for event in await ear.rest())
            async with home.listen(Last_Event_ID="20") as ear:
                ended: set[str] = set()
                while len(ended) < len(tasks):
                    ended.add((await ear.heard()).data["taskId"])
                return len(ended)

        async with asyncio.TaskGroup() as group:
            listening = [group.create_task(hear(number)) for number in range(200)]
            await home.until(lambda: home.seats.kinds.total() == 200)
            for task in tasks:
                await home.end(task)
        assert sum(task.result() for task in listening) == 100 + 100 * len(tasks)


# ---------------------------------------------------------------- whose


async def test_a_named_secret_hears_of_its_own_tasks(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        theirs = await home.add(owner="ann")
        ticket = home.events._tickets.issue(Caller(name="bob", sees_all=False)).text
        async with home.listen(f"{ALL}?ticket={ticket}&lastEventId=0") as ear:
            ours = await home.add(owner="bob")
            assert (await ear.heard()).data["taskId"] == ours.id
            await home.end(theirs)
            await home.end(ours)
            assert (await ear.heard()).data["taskId"] == ours.id
        ticket = home.events._tickets.issue(Caller(name="bob", sees_all=False)).text
        assert (
            "task does not exist"
            in (await home.get(f"/api/v1/tasks/{theirs.id}/events?ticket={ticket}", 400))["description"]
        )


# ---------------------------------------------------------------- tickets


async def test_a_ticket_opens_one_stream(tmp_path: Path) -> None:
    async with house(tmp_path, access=Access(secret="sesame")) as home:
        await home.get(ALL, 401)
        async with home.session.post(home.url + TICKET) as refused:
            assert refused.status == 401
        ticket = await issue(home)
        assert ticket["expires"] == home.clock.now() + 60_000
        async with home.listen(f"{ALL}?ticket={ticket['ticket']}"):
            pass
        told = await home.get(f"{ALL}?ticket={ticket['ticket']}", 401)
        assert "ticket" in told["error"]


async def test_a_ticket_is_good_for_a_minute(tmp_path: Path) -> None:
    async with house(tmp_path, access=Access(secret="sesame")) as home:
        early, late = await issue(home), await issue(home)
        home.clock.time += 59_999
        async with home.listen(f"{ALL}?ticket={early['ticket']}"):
            pass
        home.clock.time += 1
        assert (await home.get(f"{ALL}?ticket={late['ticket']}", 401))["error"].startswith("The ticket is")


async def test_a_ticket_opens_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path, access=Access(secret="sesame")) as home:
        ticket = (await issue(home))["ticket"]
        assert (await home.get(f"/api/v1/task/list?ticket={ticket}", 401))["error"].startswith("The API secret")


async def test_tickets_are_few(tmp_path: Path) -> None:
    async with house(tmp_path, access=Access(secret="sesame"), tickets=2) as home:
        await issue(home)
        await issue(home)
        async with home.session.post(home.url + TICKET, headers={"mj-api-secret": "sesame"}) as refused:
            assert (refused.status, refused.headers["Error-Code"]) == (503, "streams_full")
        home.clock.time += 60_000
        await issue(home)


async def test_who_takes_many_tickets_leaves_some_for_others(tmp_path: Path) -> None:
    access = Access(named=(NamedSecret(name="anna", secret="sesame"), NamedSecret(name="bob", secret="bobs-secret")))
    async with house(tmp_path, access=access, tickets=3, tickets_of_each=2) as home:
        await issue(home)
        await issue(home)
        async with home.session.post(home.url + TICKET, headers={"mj-api-secret": "sesame"}) as refused:
            assert (refused.status, refused.headers["Error-Code"]) == (429, "too_many_streams")
        await issue(home, "bobs-secret")


async def test_guessing_at_a_stream_counts_as_guessing_elsewhere(tmp_path: Path) -> None:
    async with house(tmp_path, access=Access(secret="sesame")) as home:
        wrong = {"mj-api-secret": "wrong"}
        for _ in range(WRONG_PER_MINUTE):
            async with home.session.get(home.url + ALL, headers=wrong) as refused:
                assert refused.status == 401
        for path in (ALL, "/api/v1/task/list"):
            async with home.session.get(home.url + path, headers=wrong) as refused:
                assert (refused.status, refused.headers["Error-Code"]) == (429, "too_many_wrong_secrets")


async def issue(home: House, secret: str = "sesame") -> dict[str, object]:
    async with home.session.post(home.url + TICKET, headers={"mj-api-secret": secret}) as response:
        assert response.status == 200
        told: dict[str, object] = await response.json()
        return told


# ---------------------------------------------------------------- connections


async def test_a_silent_stream_shows_that_it_lives(tmp_path: Path) -> None:
    async with house(tmp_path, pace=StreamTiming(heartbeat=0.01)) as home, home.listen() as ear:
        heard = await ear.next()
        assert heard is not None
        assert heard.comment == "ping"


async def test_who_leaves_gives_the_seat_back_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.add()
        for path in (ALL, f"/api/v1/tasks/{task.id}/events"):
            async with home.listen(path) as ear:
                assert home.seats.kinds.total() == 1
                ear.response.close()
                await home.until(lambda: not home.seats.kinds.total())


async def test_who_leaves_while_the_past_is_told_is_not_read_for_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(line_id: int) -> TimelinePage:  # a past in which nothing is this caller's
        await asyncio.sleep(0)
        lines = [] if line_id >= home.feed.position else [Line(id=line_id + 1, task_id="7", time=0, kind="changed")]
        return TimelinePage(end=line_id + len(lines), is_whole=True, lines=lines, tasks={})

    async with house(tmp_path) as home:
        task = await home.add()
        await home.told()
        first = await home.store.last_line_of(task.id)
        assert first is not None
        monkeypatch.setattr(home.feed, "page_after", endless)
        home.feed.position = 2**62
        async with home.listen(Last_Event_ID=str(first.id)):
            assert home.seats.kinds["all"] == 1
        await home.until(lambda: home.seats.kinds["all"] == 0)


async def test_seats_are_counted(tmp_path: Path) -> None:
    async with house(tmp_path, seats=WatchedSeats(seats=2, per_caller=1)) as home:
        task = await home.add()
        async with home.listen():
            async with home.session.get(f"{home.url}/api/v1/tasks/{task.id}/wait") as refused:
                assert (refused.status, refused.headers["Error-Code"]) == (429, "too_many_streams")
                assert refused.headers["Retry-After"]
            ann, bob = (home.events._tickets.issue(Caller(name=name)).text for name in ("ann", "bob"))
            async with home.listen(f"{ALL}?ticket={ann}"):
                refused = await home.session.get(f"{home.url}{ALL}?ticket={bob}")
                assert (refused.status, refused.headers["Error-Code"]) == (503, "streams_full")
                assert refused.headers["Retry-After"]
                refused.release()


async def test_a_listener_with_too_much_before_it_is_cut(tmp_path: Path) -> None:
    async with house(tmp_path, most=5) as home, home.listen() as ear:
        with home.feed.listen() as slow:
            tasks = [await home.add() for _ in range(6)]
            await home.told()
            assert slow.is_slow
            assert await slow.next() == []
        assert (await ear.heard()).data["taskId"] == tasks[0].id


async def test_a_listener_that_takes_nothing_is_cut_and_holds_up_nobody(tmp_path: Path) -> None:
    async with house(tmp_path, pace=StreamTiming(write=2.0)) as home:
        host, port = home.url.removeprefix("http://").split(":")
        _, deaf = await asyncio.open_connection(host, int(port), limit=1024)  # bytes; then it reads no more
        deaf.write(f"GET {ALL}?lastEventId=0 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        await home.until(lambda: home.seats.kinds["all"] == 1)
        async with home.listen() as ear:
            task, percent = await home.add(prompt="x" * 100_000), 0
            assert (await ear.heard()).event == "task"  # each line by itself: two would be told as one
            while not home.events.cut:
                percent += 1
                task = await home.change(task, attempts=percent, status=Status.SUBMITTED)
                assert (await ear.heard()).event == "task"
            await home.until(lambda: home.seats.kinds["all"] == 1)
        deaf.transport.abort()


async def test_streams_and_waits_end_with_the_service(tmp_path: Path) -> None:
    async with asyncio.timeout(60), house(tmp_path) as home:
        task = await home.add()
        await home.told()
        async with home.listen() as ear:
            waiting = asyncio.create_task(home.get(f"/api/v1/tasks/{task.id}/wait?timeout=300"))
            await home.until(lambda: home.seats.kinds.total() == 2)
            await home.events.close(None)  # type: ignore[arg-type]  # it looks at no application
            assert [event.event for event in await ear.rest()] == []
            assert (await waiting)["status"] == "NOT_START"


async def test_a_page_may_read_it(tmp_path: Path) -> None:
    origin = {"Origin": "https://my.page"}
    async with house(tmp_path, access=Access(secret="sesame")) as home:
        async with home.listen(**SECRET, **origin) as ear:
            assert ear.response.headers["Access-Control-Allow-Origin"] == "*"
        asks = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "last-event-id"}
        async with home.session.options(home.url + ALL, headers=asks) as preflight:
            assert "last-event-id" in preflight.headers["Access-Control-Allow-Headers"]


# ---------------------------------------------------------------- documents


async def test_the_documents_name_every_route_and_limit(tmp_path: Path) -> None:
    docs = Path(__file__).parents[3] / "docs"
    api, streams = (docs / "http-api.md").read_text(), (docs / "streams.md").read_text()
    async with house(tmp_path) as home:
        for route in home.events.routes():
            assert f"\n| `{route.path}` |" in api
    for limit in (
        f"{SEATS} of all",
        f"{SEATS_PER_CALLER} streams",
        f"{TICKETS:,} tickets",
        f"{TICKETS_OF_EACH} tickets",
        f"{MOST:,} tasks",
    ):
        assert limit in streams
    assert f"every {HEARTBEAT:.0f} seconds" in streams
    assert f"nothing for {WRITE_SECONDS:.0f} seconds" in streams
    assert f"retry: {RETRY}\n" in streams
