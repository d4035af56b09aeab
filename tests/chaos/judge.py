"""What became of everything: is each accepted task at its true end, was each paid once, has each its own picture?

Contract: pure but for reading the table of sends; the simulator's records are the truth: a job names the nonce that
asked for it, and the nonce names the task, the owner's hand or another service. A complaint is a defect, a count is
news. What an era cannot give is data (`LIMITS`), and is counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.chaos.caller import Asked, Document

NEVER = ("repeated_nonces", "errors", "not_simulated", "unknown_routes")  # counters of the simulator
_OF_PICTURES = ("DESCRIBE", "BLEND")
_UNTOLD = ("outcome_unknown", "silence")
_WORDS = ("DESCRIBE", "SHORTEN")  # whose answer has no picture of its own


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What nobody can tell apart there. Each is counted where it happens, and is a defect everywhere else."""

    equal_words: bool = False  # nothing ties a result to its command: a drawing with equal words may be taken for it
    unclaimed: bool = False  # beside a drawing with equal words a task may end as outcome_unknown, although drawn


# By era. Only messages since 2024 name the interaction that they answer.
LIMITS: Mapping[str, Limits] = {
    "2023": Limits(equal_words=True, unclaimed=True),
    "2024": Limits(),
    "2026": Limits(),
    "2026-10": Limits(),
}
LINK_LOST = Limits(unclaimed=True)  # killed between a send and its INTERACTION_CREATE: the interaction is never known


class Truth(Protocol):
    """The simulator, as a witness."""

    @property
    def jobs(self) -> list[Document]: ...
    @property
    def interactions(self) -> list[Document]: ...
    def state(self) -> Document: ...


@dataclass(kw_only=True)
class Verdict:
    counts: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        self.complaints.append(text)

    def include(self, other: Verdict, name: str) -> None:
        """Another verdict of the same round: its counts are added, its complaints say where they are from."""
        self.counts.update(other.counts)
        self.complaints.extend(f"{name}: {text}" for text in other.complaints)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the service's database says of its tasks."""

    documents: Mapping[str, Document]  # as stored, by id
    nonces: Mapping[str, str]  # task by nonce

    def same(self, one: str, other: str) -> bool:
        """Tasks that ask for the very same: nobody could tell their pictures apart without a nonce."""
        return _sameness(self.documents[one]) == _sameness(self.documents[other])


def _sameness(document: Document) -> tuple[Any, ...]:
    return tuple(document.get(key) for key in ("action", "parent_id", "custom_id", "index", "content", "account"))


def kept_in(path: Path) -> Kept:
    with closing(sqlite3.connect(path)) as database:
        documents = {str(row[0]): json.loads(row[1]) for row in database.execute("SELECT id, document FROM tasks")}
        nonces = {nonce: str(task) for nonce, task in database.execute("SELECT nonce, task_id FROM sends")}
    return Kept(documents=documents, nonces=nonces)


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What is known when a task is looked at."""

    jobs: Mapping[str, Document]  # all that the account's user was drawn, by job id
    kept: Kept
    callers: Mapping[str, str]  # by task
    others: Mapping[str, str]
    limits: Limits
    drawn: Mapping[str, list[Document]]  # the jobs of each task

    def task_of(self, job: Document) -> str | None:
        return self.kept.nonces.get(job["nonce"] or "")

    def has_rival(self, task_id: str) -> bool:
        """Somebody else asked for the very same, or was drawn from the very same words."""
        if any(self.kept.same(other, task_id) and not self.is_equal(other, task_id) for other in self.kept.documents):
            return True
        own = {_words(job) for job in self.drawn.get(task_id, ())}
        return any(
            _words(job) in own and not self.is_equal(self.task_of(job), task_id)
            for job in self.jobs.values()
            if self.task_of(job) != task_id
        )

    def is_equal(self, owner: str | None, task_id: str) -> bool:
        """Tasks of one caller that ask for the same: which picture goes to which does not matter."""
        if owner is None or owner not in self.kept.documents or task_id not in self.kept.documents:
            return False
        return self.kept.same(owner, task_id) and self.callers.get(owner, "") == self.callers.get(task_id, "")


def judge(
    asked: Iterable[Asked],
    simulator: Truth,
    kept: Kept,
    told: Mapping[str, list[Document]],
    *,
    others: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Verdict:
    """`told`: the ends that receivers have taken, by task. `others`: who else asked on this account, by nonce."""
    verdict, tasks, others = Verdict(), list(asked), others or {}
    jobs = {job["job_id"]: job for job in simulator.jobs if not job["foreign"]}
    ours = {job_id: job for job_id, job in jobs.items() if job["nonce"] not in others}
    _paid_once(verdict, ours, simulator, kept, others)
    drawn: defaultdict[str, list[Document]] = defaultdict(list)
    for job in ours.values():
        drawn[kept.nonces.get(job["nonce"] or "", "")].append(job)
    scene = _Scene(
        jobs=jobs,
        kept=kept,
        callers={task.id: task.caller for task in tasks},
        others=others,
        limits=limits or Limits(),
        drawn=drawn,
    )
    for task in tasks:
        document = task.document
        verdict.counts["accepted"] += 1
        if document is None:
            verdict.complain(f"{task.route} {task.id} has no end; its jobs: {_told(drawn[task.id])}")
            continue
        verdict.counts[document["status"]] += 1
        if document["status"] == "SUCCESS":
            _own_picture(verdict, task.id, document, scene)
        elif document["status"] == "CANCEL" and not task.cancelled:
            verdict.complain(f"{task.route} {task.id} is CANCEL, and nobody asked for that")
        elif document["status"] == "FAILURE":
            _true_reason(verdict, task, document, scene)
        _told_of(verdict, task.id, document, told.get(task.id, []))
    return verdict


def _paid_once(
    verdict: Verdict, jobs: Mapping[str, Document], simulator: Truth, kept: Kept, others: Mapping[str, str]
) -> None:
    state = simulator.state()
    if state["mixups"]:
        verdict.complain(f"{state['mixups']} mix-ups of accounts")
    for name in NEVER:
        if count := state["counters"].get(name):
            verdict.complain(f"the simulator counted {count} {name}")
    posts = [post for post in simulator.interactions if post["nonce"] not in others]
    strangers = [post for post in posts if post["nonce"] not in kept.nonces]
    if strangers:
        verdict.complain(f"{len(strangers)} POSTs have no row among the sends, the first: {strangers[0]}")
    verdict.counts["posts"] = len(posts)
    verdict.counts["drawn"] = len(jobs)
    by_task = Counter(kept.nonces.get(job["nonce"] or "") for job in jobs.values())
    for task_id, count in by_task.items():
        if count > 1:
            verdict.complain(f"task {task_id} was drawn, and paid, {count} times")


def _own_picture(verdict: Verdict, task_id: str, document: Document, scene: _Scene) -> None:
    job = scene.jobs.get(document["jobId"])
    if document["action"] in _WORDS and not document["jobId"]:
        return
    if job is None:
        verdict.complain(f"task {task_id} shows the job {document['jobId']!r}, which is none of ours")
        return
    shown = urlsplit(document["imageUrl"] or document["videoUrl"]).path
    if document["action"] not in _WORDS and shown not in [urlsplit(url).path for url in job["image_urls"]]:
        verdict.complain(f"task {task_id} shows {shown}, which is no picture of its job {job['job_id']}")
    owner = scene.task_of(job)
    if owner == task_id:
        verdict.counts["own pictures"] += 1
    elif scene.is_equal(owner, task_id):
        verdict.counts["pictures of an equal task"] += 1
    else:
        _wrong_picture(verdict, task_id, document, job, scene)


def _wrong_picture(verdict: Verdict, task_id: str, document: Document, job: Document, scene: _Scene) -> None:
    """Somebody else's. Where its words are equal and nothing else links a result, that is the era's limit."""
    owner = scene.task_of(job)
    whose = scene.others.get(job["nonce"]) or f"task {owner}"
    if owner is not None and scene.callers.get(owner, "") != scene.callers.get(task_id, ""):
        whose += f", another caller's ({scene.callers.get(owner)})"
    own = {_words(mine) for mine in scene.drawn.get(task_id, ())}
    if scene.limits.equal_words and _words(job) in own:
        verdict.counts["limit: picture of an equal drawing"] += 1
    else:
        verdict.complain(f"task {task_id} ({document['action']}) has the picture of {whose}")


def _true_reason(verdict: Verdict, task: Asked, document: Document, scene: _Scene) -> None:
    code, drawn = document["failCode"], scene.drawn.get(task.id, [])
    verdict.counts[f"FAILURE {code}"] += 1
    if document["action"] in _OF_PICTURES and code in _UNTOLD:
        # The answer repeats neither words nor files of ours: once the interaction is unknown, nothing says whose it is.
        verdict.counts["answers to pictures nobody could claim"] += bool(drawn)
        return
    if not any(job["status"] == "finished" for job in drawn):
        return
    if scene.limits.unclaimed and code in _UNTOLD and scene.has_rival(task.id):
        verdict.counts["limit: drawn and left open"] += 1
    else:
        verdict.complain(f"{task.route} {task.id} is FAILURE {code}, and was drawn: {document['failReason']}")


def _words(job: Document) -> tuple[str, ...]:
    """What was asked for, as it was typed."""
    return job["command"], *job["prompt"].split()


def _told_of(verdict: Verdict, task_id: str, document: Document, told: list[Document]) -> None:
    verdict.counts["ends delivered"] += bool(told)
    verdict.counts["ends repeated"] += max(len(told) - 1, 0)
    if not told:
        verdict.complain(f"nobody was told of the end of task {task_id}")
    elif {one["status"] for one in told} != {document["status"]}:
        verdict.complain(f"task {task_id} is {document['status']}, and was told as {told[-1]['status']}")


def _told(jobs: list[Document]) -> str:
    return ", ".join(f"{job['command']} {job['status']}" for job in jobs) or "none"
