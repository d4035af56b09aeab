"""Tasks counted and timed from their timelines: how many came, how they ended, how long each leg of their way took.

Law: reads what the feed reads and asks for nothing more. Labels are words of ours and ids of accounts, never a caller's
text. Counted from the start of the process: a task whose earlier lines were written before it is not timed.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from api.live.feed import Page
from tasks.domain.model import Purpose, Status, Task
from tasks.domain.timeline import Detail, Line

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
MOST = 20_000  # tasks whose way is followed at a time
_OVER = frozenset(status.value for status in Status if status.is_over)
_BEGINS = frozenset({Purpose.DRAW.value, Purpose.OPEN.value, Purpose.SUBMIT.value, Purpose.ASK.value, "switch"})


@dataclass(slots=True)
class _Way:
    """Times (ms) at which a task passed; None: not yet."""

    sent: int | None = None
    heard: int | None = None


class TaskMeter:
    """Its figures are in `registry`."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(name, meaning, labels, registry=registry)

        self._ways: dict[str, _Way] = {}
        self._submitted = counter("mj_tasks_submitted", "Tasks that came.", "action", "api")
        self._ended = counter("mj_tasks_ended", "Tasks that ended.", "action", "status", "fail_code")
        self._sends = counter("mj_sends", "POSTs to Discord, by what became of them.", "purpose", "outcome")
        self._heard = counter("mj_events_heard", "Events of Discord, by the key that matched them.", "event", "by")
        self._attempts = counter("mj_webhook_attempts", "Call-backs tried, by what was answered.", "answer")
        self._settled = counter("mj_webhooks_settled", "Call-backs done with.", "outcome")
        self._legs = Histogram(
            "mj_task_leg_seconds", "How long a leg of a task's way took.", ("leg",), registry=registry, buckets=BUCKETS
        )

    def look(self, page: Page) -> None:
        for line in page.lines:
            task = page.tasks.get(line.task_id)
            if task is not None:
                self._line(line, task)

    def _line(self, line: Line, task: Task) -> None:
        match line.kind:
            case "submitted":
                self._submitted.labels(task.request.action.value, task.request.api).inc()
            case "sent" if line.detail.get("purpose") in _BEGINS:
                self._left(line, task)
            case "posted":
                self._sends.labels(_word(line.detail.get("purpose")), _word(line.detail.get("outcome"))).inc()
            case "heard":
                self._answered(line)
            case "changed" if line.detail.get("status") in _OVER:
                self._over(line, task)
            case "told":
                self._told(line, task)

    def _left(self, line: Line, task: Task) -> None:
        way = self._ways.get(line.task_id)
        if way is None:
            if len(self._ways) >= MOST:
                del self._ways[next(iter(self._ways))]
            way = self._ways[line.task_id] = _Way()
            self._took("submit_to_sent", task.request.submit_time, line.time)
        way.sent, way.heard = line.time, None  # sent again: it is the newest that is answered

    def _answered(self, line: Line) -> None:
        self._heard.labels(_word(line.detail.get("event")), _word(line.detail.get("by"))).inc()
        way = self._ways.get(line.task_id)
        if way is not None and way.sent is not None and way.heard is None:
            way.heard = line.time
            self._took("sent_to_heard", way.sent, line.time)

    def _over(self, line: Line, task: Task) -> None:
        status = _word(line.detail.get("status"))
        code = _word(line.detail.get("fail_code")) if status == Status.FAILURE else ""
        self._ended.labels(task.request.action.value, status, code).inc()
        way = self._ways.pop(line.task_id, None)
        if way is not None and way.heard is not None:
            self._took("heard_to_end", way.heard, line.time)

    def _told(self, line: Line, task: Task) -> None:
        status, outcome = line.detail.get("http_status"), _word(line.detail.get("outcome"))
        self._attempts.labels(f"{status // 100}xx" if isinstance(status, int) else "none").inc()
        if outcome != "due":
            self._settled.labels(outcome).inc()
        if outcome == "done" and line.detail.get("event") == "end" and task.result.finish_time is not None:
            self._took("end_to_webhook", task.result.finish_time, line.time)

    def _took(self, leg: str, began: int, ended: int) -> None:
        self._legs.labels(leg).observe(max(0, ended - began) / 1000)


def _word(value: Detail) -> str:
    return "" if value is None else str(value)
