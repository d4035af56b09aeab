"""/metrics: what is counted, by which words, and that the documents and the dashboard know every name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.app import make_app, serve
from api.http.auth import Access
from api.http.links import Links
from api.live.connection_limits import StreamLimits
from api.live.feed import TimelinePage
from api.ops.http_meter import HttpMeter
from api.ops.metrics import Metrics
from api.ops.task_meter import MAX_TRACKED, TaskMeter
from storage.images import CopyPolicy, Images
from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Account, Action, Image, Phase, Status, Task, TaskRequest
from tasks.domain.timeline import Detail, Line
from tasks.domain.version import VERSION
from tests.support.house import SetClock
from tests.support.records import a_hook, a_task, an_attempt
from tests.support.service_twin import Twin, finished

DOCS = Path(__file__).parents[3] / "docs"
NAME = re.compile(r"\b(?:mj|process|python)_[a-z0-9_]+\b")
DETAILS = {"last_heartbeat_seconds": 12, "last_event_seconds": None, "reconnects": 3, "problem": "x"}
ACCOUNTS = (
    Account(id="11", connected=True, capacity=3, details=DETAILS),
    Account(id="22", connected=True, capacity=12, paused="token_invalid"),
)

Samples = dict[str, float]


class Broken:
    """A database that cannot be read."""

    async def counts(self) -> NoReturn:
        raise StoreFailed

    async def count_open(self) -> Mapping[tuple[str, ...], int]:
        raise StoreFailed

    async def count_waiting(self) -> int:
        raise StoreFailed

    async def waiting(self, limit: int) -> list[Task]:
        raise StoreFailed


def metrics_of(
    *,
    tasks: Any = None,
    hooks: Any = None,
    copies: Any = None,
    ways: TaskMeter | None = None,
    http: HttpMeter | None = None,
) -> Metrics:
    return Metrics(
        http=http or HttpMeter(),
        ways=ways or TaskMeter(),
        tasks=tasks or Broken(),
        hooks=hooks or Broken(),
        copies=copies or Broken(),
        accounts=lambda: ACCOUNTS,
        seats=StreamLimits(),
        cut=lambda: 4,
        clock=SetClock(100_000),
    )


async def page(metrics: Metrics, http: HttpMeter | None = None, *before: tuple[str, str]) -> str:
    """/metrics, after these requests (method and path) have been answered."""
    app = make_app(service=Twin(), access=Access(secret="sesame"), links=Links(), more=metrics.routes(), meter=http)
    async with serve(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as session:
        headers = {"mj-api-secret": "sesame"}
        for method, path in before:
            async with session.request(method, url + path, headers=headers):
                pass
        async with session.get(f"{url}/metrics") as refused:
            assert refused.status == 401
        async with session.get(f"{url}/metrics", headers=headers) as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("text/plain; version=")
            return await response.text()


def samples(text: str) -> Samples:
    """Each sample, as it is written, and its value."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def names(text: str) -> set[str]:
    """Every name that an expression may ask for."""
    found: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        found |= {f"{name}{end}" for end in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
    return found


# ---------------------------------------------------------------- what is now


async def test_the_queue_and_the_open_tasks_are_counted_from_the_table(tmp_path: Path) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        store, outbox = Tasks(database), Outbox(database)
        await store.insert(a_task(1, submit_time=40_000), [a_hook(1), a_hook(1, "http://other.test/")])
        await store.insert(a_task(2, submit_time=90_000, phase=Phase.READY))
        running = {"account": "11", "status": Status.IN_PROGRESS, "phase": Phase.SENT}
        await store.insert(a_task(3, **running))
        await store.insert(a_task(4, **running))
        await store.insert(a_task(5, status=Status.SUCCESS, phase=Phase.OVER))
        [first, _] = await outbox.of_task("1")
        await outbox.settle(an_attempt(first, "given_up", error="gone"))
        told = samples(await page(metrics_of(tasks=store, hooks=outbox, copies=Images(database))))
    assert told['mj_tasks{account="",action="IMAGINE",status="NOT_START"}'] == 2
    assert told['mj_tasks{account="11",action="IMAGINE",status="IN_PROGRESS"}'] == 2
    assert sum(value for name, value in told.items() if name.startswith("mj_tasks{")) == 4
    assert (told["mj_queue_length"], told["mj_queue_oldest_age_seconds"]) == (2, 60)
    assert (told["mj_webhooks_due"], told["mj_webhooks_given_up"]) == (1, 1)
    assert told["mj_database_up"] == 1


async def test_the_copies_of_results_are_counted_from_their_table(tmp_path: Path) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        store, images = Tasks(database, clock=SetClock(), copies=CopyPolicy(place="disk")), Images(database)
        over = [a_task(n, status=Status.SUCCESS, phase=Phase.OVER, image=Image(url=f"u{n}")) for n in range(1, 7)]
        await store.save(over)
        waiting = await images.due(SetClock().now(), 10)
        for copy, size in zip(waiting[:3], (7, 8, 9), strict=True):
            await images.mark_written(copy, type="image/png", size=size)
            await images.mark_stored(copy)
        await images.mark_removed(waiting[2])
        await images.give_up(waiting[3], "gone")
        told = samples(await page(metrics_of(tasks=store, hooks=Outbox(database), copies=images)))
    assert told['mj_archive_copies{state="due"}'] == 2
    assert told['mj_archive_copies{state="stored"}'] == 2
    assert told['mj_archive_copies{state="given_up"}'] == 1
    assert told["mj_archive_stored_bytes"] == 15


async def test_the_accounts_and_the_streams() -> None:
    told = samples(await page(metrics_of()))
    assert told['mj_account_connected{account="22"}'] == 1
    assert told['mj_account_usable{account="22"}'] == 0
    assert told['mj_account_paused{account="22"}'] == 1
    assert told['mj_account_heartbeat_age_seconds{account="11"}'] == 12
    assert 'mj_account_last_event_age_seconds{account="11"}' not in told  # nothing was said yet
    assert told['mj_account_reconnects_total{account="11"}'] == 3
    assert told['mj_streams_open{kind="all"}'] == 0
    assert told["mj_streams_cut_total"] == 4
    assert told[f'mj_build_info{{version="{VERSION}"}}'] == 1
    assert told["process_resident_memory_bytes"] > 0


async def test_a_database_that_cannot_be_read_is_a_figure() -> None:
    told = samples(await page(metrics_of()))
    assert told["mj_database_up"] == 0
    assert "mj_queue_length" not in told


# ---------------------------------------------------------------- requests


async def test_requests_by_route() -> None:
    http = HttpMeter()
    text = await page(
        metrics_of(http=http),
        http,
        ("GET", "/api/v1/task/list"),
        ("GET", "/api//v1/task/list/"),
        ("GET", "/"),
        ("GET", "/api/v1/task/fetch?_id=secret-words"),
        ("GET", "/secret-words"),
        ("PROPFIND", "/health"),
    )
    told = samples(text)
    assert told['mj_http_requests_total{method="GET",route="/api/v1/task/list",status="200"}'] == 2
    assert told['mj_http_requests_total{method="GET",route="/",status="200"}'] == 1
    assert told['mj_http_requests_total{method="any",route="none",status="404"}'] == 1
    assert told['mj_http_requests_total{method="any",route="none",status="405"}'] == 1
    assert told['mj_http_requests_total{method="GET",route="/metrics",status="401"}'] == 1
    assert told['mj_http_refusals_total{code="task_not_found"}'] == 1
    assert told['mj_http_request_duration_seconds_count{route="/api/v1/task/list"}'] == 2
    assert told['mj_http_request_duration_seconds_bucket{le="+Inf",route="/api/v1/task/list"}'] == 2
    assert 0 < told['mj_http_request_duration_seconds_sum{route="/api/v1/task/list"}'] < 5
    assert "secret" not in text


# ---------------------------------------------------------------- tasks


def line(task: Task, time: int, kind: str, **detail: Detail) -> Line:
    return Line(id=time, task_id=task.id, time=time, kind=kind, detail=detail)


def seen(task: Task, *lines: Line) -> TaskMeter:
    ways = TaskMeter()
    ways.observe(TimelinePage(end=1, is_whole=True, lines=lines, tasks={task.id: task}))
    return ways


def leg(told: Samples, name: str) -> tuple[float, float]:
    """How often it was gone, and how long it took in all (s)."""
    given = f'{{leg="{name}"}}'
    return told.get(f"mj_task_leg_seconds_count{given}", 0), told.get(f"mj_task_leg_seconds_sum{given}", 0)


TASK = finished(Task(id="1", request=TaskRequest(action=Action.IMAGINE, submit_time=1000, prompt="secret words")))


async def test_the_way_of_a_task_is_timed_leg_by_leg() -> None:
    assert TASK.result.finish_time is not None
    ways = seen(
        TASK,
        line(TASK, 1000, "submitted"),
        line(TASK, 3000, "sent", purpose="draw"),
        line(TASK, 3500, "posted", purpose="draw", outcome="taken"),
        line(TASK, 4000, "heard", event="Started", by="nonce"),
        line(TASK, 9000, "heard", event="Progressed", by="message"),
        line(TASK, 34_000, "changed", status="SUCCESS", phase="over"),
        line(TASK, TASK.result.finish_time + 500, "told", event="end", outcome="due", http_status=502),
        line(TASK, TASK.result.finish_time + 2500, "told", event="end", outcome="done", http_status=200),
        line(TASK, TASK.result.finish_time + 9999, "told", event="end", outcome="given_up"),
    )
    text = await page(metrics_of(ways=ways))
    told = samples(text)
    assert leg(told, "submit_to_sent") == (1, 2)
    assert leg(told, "sent_to_heard") == (1, 1)
    assert leg(told, "heard_to_end") == (1, 30)
    assert leg(told, "end_to_webhook") == (1, 2.5)
    assert told['mj_tasks_submitted_total{action="IMAGINE",api="v1"}'] == 1
    assert told['mj_tasks_ended_total{action="IMAGINE",fail_code="",status="SUCCESS"}'] == 1
    assert told['mj_sends_total{outcome="taken",purpose="draw"}'] == 1
    assert told['mj_events_heard_total{by="message",event="Progressed"}'] == 1
    assert told['mj_webhook_attempts_total{answer="5xx"}'] == 1
    assert told['mj_webhook_attempts_total{answer="none"}'] == 1
    assert told['mj_webhooks_settled_total{outcome="done"}'] == 1
    assert told['mj_webhooks_settled_total{outcome="given_up"}'] == 1
    assert "secret" not in text
    assert "_created" not in text


async def test_a_task_sent_again_is_timed_from_its_newest_send() -> None:
    ways = seen(
        TASK,
        line(TASK, 2000, "sent", purpose="draw"),
        line(TASK, 3000, "heard", event="Refused", by="nonce"),
        line(TASK, 60_000, "sent", purpose="draw"),
        line(TASK, 61_000, "sent", purpose="cancel"),
        line(TASK, 64_000, "heard", event="Started", by="nonce"),
        line(TASK, 65_000, "changed", status="FAILURE", fail_code="silence"),
    )
    told = samples(await page(metrics_of(ways=ways)))
    assert leg(told, "submit_to_sent") == (1, 1)
    assert leg(told, "sent_to_heard") == (2, 1 + 4)
    assert leg(told, "heard_to_end") == (1, 1)
    assert told['mj_tasks_ended_total{action="IMAGINE",fail_code="silence",status="FAILURE"}'] == 1


def test_what_never_ends_is_forgotten() -> None:
    ways = TaskMeter()
    for number in range(MAX_TRACKED + 5):
        task = Task(id=str(number), request=TaskRequest(action=Action.IMAGINE))
        ways.observe(
            TimelinePage(end=1, is_whole=True, lines=[line(task, 1, "sent", purpose="draw")], tasks={task.id: task})
        )
    assert len(ways._times) == MAX_TRACKED


# ---------------------------------------------------------------- documents


async def all_names(folder: Path) -> set[str]:
    async with Database(folder / "tasks.db") as database:
        metrics = metrics_of(tasks=Tasks(database), hooks=Outbox(database), copies=Images(database))
        return names(await page(metrics))


def expressions(panel: object) -> Iterator[str]:
    """Every PromQL text in a dashboard."""
    if isinstance(panel, dict):
        for key, value in panel.items():
            if key in ("expr", "definition", "query") and isinstance(value, str):
                yield value
            else:
                yield from expressions(value)
    elif isinstance(panel, list):
        for each in panel:
            yield from expressions(each)


async def test_the_dashboard_asks_for_what_there_is(tmp_path: Path) -> None:
    dashboard = json.loads((DOCS / "grafana" / "dashboard.json").read_text())
    asked = {name for text in expressions(dashboard) for name in NAME.findall(text)}
    known = await all_names(tmp_path)
    assert len(asked) > 15
    assert asked <= known
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert all(panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"} for panel in panels)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert [v["name"] for v in dashboard["templating"]["list"] if v["type"] == "datasource"] == ["datasource"]


async def test_the_document_names_every_metric_and_asks_for_what_there_is(tmp_path: Path) -> None:
    text = (DOCS / "metrics.md").read_text()
    known = await all_names(tmp_path)
    listed = set(re.findall(r"^\| `(mj_\w+)` \|", text, re.MULTILINE))
    whole = {re.sub(r"_(bucket|sum|count)$", "", name) if name not in listed else name for name in known}
    assert listed == {name for name in whole if name.startswith("mj_")}
    alerts = "".join(re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    asked = {name for rule in re.findall(r"expr: (.*)", alerts) for name in NAME.findall(rule)}
    assert len(asked) >= 6
    assert asked <= known


@pytest.mark.parametrize("name", ["mj_tasks_ended_total", "mj_task_leg_seconds_bucket"])
async def test_names_are_read_from_the_page(tmp_path: Path, name: str) -> None:
    assert name in await all_names(tmp_path)
    assert "mj_nothing" not in await all_names(tmp_path)
