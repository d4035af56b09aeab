"""Counts and times tasks from their timelines: submits, outcomes and the duration of each stage.

Contract: consumes the pages that the feed reads and makes no queries. Labels are constants and account ids, never text
of a client. Counting begins with the process: a task with earlier timeline lines is not timed.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from api.live.feed import TimelinePage
from tasks.domain.model import Purpose, Status, Task
from tasks.domain.timeline import Detail, Line

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
MAX_TRACKED = 20_000  # tasks timed at once
_OVER = frozenset(status.value for status in Status if status.is_over)
_BEGINS = frozenset({Purpose.DRAW.value, Purpose.OPEN.value, Purpose.SUBMIT.value, Purpose.ASK.value, "switch"})


@dataclass(slots=True)
class _Times:
    """When a task reached each stage (ms); None: not yet."""

    sent: int | None = None
    heard: int | None = None


class TaskMeter:
    """Its metrics are in `registry`."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(name, meaning, labels, registry=registry)

        self._times: dict[str, _Times] = {}
        self._submitted = counter("mj_tasks_submitted", "Tasks that came.", "action", "api")
        self._ended = counter("mj_tasks_ended", "Tasks that ended.", "action", "status", "fail_code")
        self._sends = counter("mj_sends", "POSTs to Discord, by what became of them.", "purpose", "outcome")
        self._heard = counter("mj_events_heard", "Events of Discord, by the key that matched them.", "event", "by")
        self._attempts = counter("mj_webhook_attempts", "Call-backs tried, by what was answered.", "answer")
        self._settled = counter("mj_webhooks_settled", "Call-backs done with.", "outcome")
        self._legs = Histogram(
            "mj_task_leg_seconds", "How long a leg of a task's way took.", ("leg",), registry=registry, buckets=BUCKETS
        )

    def observe(self, page: TimelinePage) -> None:
        for line in page.lines:
            task = page.tasks.get(line.task_id)
            if task is not None:
                self._line(line, task)

    def _line(self, line: Line, task: Task) -> None:
        match line.kind:
            case "submitted":
                self._submitted.labels(task.request.action.value, task.request.api).inc()
            case "sent" if line.detail.get("purpose") in _BEGINS:
                self._record_sent(line, task)
            case "posted":
                self._sends.labels(_word(line.detail.get("purpose")), _word(line.detail.get("outcome"))).inc()
            case "heard":
                self._record_heard(line)
            case "changed" if line.detail.get("status") in _OVER:
                self._record_end(line, task)
            case "told":
                self._record_attempt(line, task)

    def _record_sent(self, line: Line, task: Task) -> None:
        times = self._times.get(line.task_id)
        if times is None:
            if len(self._times) >= MAX_TRACKED:
                del self._times[next(iter(self._times))]
            times = self._times[line.task_id] = _Times()
            self._record_leg("submit_to_sent", task.request.submit_time, line.time)
        times.sent, times.heard = line.time, None  # after another send, the newest one counts

    def _record_heard(self, line: Line) -> None:
        self._heard.labels(_word(line.detail.get("event")), _word(line.detail.get("by"))).inc()
        times = self._times.get(line.task_id)
        if times is not None and times.sent is not None and times.heard is None:
            times.heard = line.time
            self._record_leg("sent_to_heard", times.sent, line.time)

    def _record_end(self, line: Line, task: Task) -> None:
        status = _word(line.detail.get("status"))
        code = _word(line.detail.get("fail_code")) if status == Status.FAILURE else ""
        self._ended.labels(task.request.action.value, status, code).inc()
        times = self._times.pop(line.task_id, None)
        if times is not None and times.heard is not None:
            self._record_leg("heard_to_end", times.heard, line.time)

    def _record_attempt(self, line: Line, task: Task) -> None:
        status, outcome = line.detail.get("http_status"), _word(line.detail.get("outcome"))
        self._attempts.labels(f"{status // 100}xx" if isinstance(status, int) else "none").inc()
        if outcome != "due":
            self._settled.labels(outcome).inc()
        if outcome == "done" and line.detail.get("event") == "end" and task.result.finish_time is not None:
            self._record_leg("end_to_webhook", task.result.finish_time, line.time)

    def _record_leg(self, leg: str, start: int, end: int) -> None:
        self._legs.labels(leg).observe(max(0, end - start) / 1000)


def _word(value: Detail) -> str:
    return "" if value is None else str(value)
