"""What became of everything: is each accepted task at its true end, was each paid once, has each its own picture?

Law: pure but for reading the table of sends; the simulator's records are the truth. A complaint is a defect, a count is
news.
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


def judge(asked: Iterable[Asked], simulator: Truth, kept: Kept, told: Mapping[str, list[Document]]) -> Verdict:
    """`told`: the ends that receivers have taken, by task."""
    verdict = Verdict()
    jobs = {job["job_id"]: job for job in simulator.jobs if not job["foreign"]}
    _paid_once(verdict, jobs, simulator, kept)
    drawn: defaultdict[str, list[Document]] = defaultdict(list)
    for job in jobs.values():
        drawn[kept.nonces.get(job["nonce"] or "", "")].append(job)
    for task in asked:
        document = task.document
        verdict.counts["accepted"] += 1
        if document is None:
            verdict.complain(f"{task.route} {task.id} has no end; its jobs: {_told(drawn[task.id])}")
            continue
        verdict.counts[document["status"]] += 1
        if document["status"] == "SUCCESS":
            _own_picture(verdict, task.id, document, jobs, kept)
        elif document["status"] == "CANCEL" and not task.cancelled:
            verdict.complain(f"{task.route} {task.id} is CANCEL, and nobody asked for that")
        elif document["status"] == "FAILURE":
            _true_reason(verdict, task, document, drawn[task.id])
        _told_of(verdict, task.id, document, told.get(task.id, []))
    return verdict


def _paid_once(verdict: Verdict, jobs: Mapping[str, Document], simulator: Truth, kept: Kept) -> None:
    state = simulator.state()
    if state["mixups"]:
        verdict.complain(f"{state['mixups']} mix-ups of accounts")
    for name in NEVER:
        if count := state["counters"].get(name):
            verdict.complain(f"the simulator counted {count} {name}")
    strangers = [post for post in simulator.interactions if post["nonce"] not in kept.nonces]
    if strangers:
        verdict.complain(f"{len(strangers)} POSTs have no row among the sends, the first: {strangers[0]}")
    verdict.counts["posts"] = len(simulator.interactions)
    verdict.counts["drawn"] = len(jobs)
    by_task = Counter(kept.nonces.get(job["nonce"] or "") for job in jobs.values())
    for task_id, count in by_task.items():
        if count > 1:
            verdict.complain(f"task {task_id} was drawn, and paid, {count} times")


def _own_picture(verdict: Verdict, task_id: str, document: Document, jobs: Mapping[str, Document], kept: Kept) -> None:
    job = jobs.get(document["jobId"])
    if document["action"] in _WORDS and not document["jobId"]:
        return
    if job is None:
        verdict.complain(f"task {task_id} shows the job {document['jobId']!r}, which is none of ours")
        return
    shown = urlsplit(document["imageUrl"] or document["videoUrl"]).path
    if document["action"] not in _WORDS and shown not in [urlsplit(url).path for url in job["image_urls"]]:
        verdict.complain(f"task {task_id} shows {shown}, which is no picture of its job {job['job_id']}")
    owner = kept.nonces.get(job["nonce"] or "")
    if owner == task_id:
        verdict.counts["own pictures"] += 1
    elif owner is not None and kept.same(owner, task_id):
        verdict.counts["pictures of an equal task"] += 1
    else:
        verdict.complain(f"task {task_id} ({document['action']}) has the picture of task {owner}")


def _true_reason(verdict: Verdict, task: Asked, document: Document, drawn: list[Document]) -> None:
    code = document["failCode"]
    verdict.counts[f"FAILURE {code}"] += 1
    if document["action"] in _OF_PICTURES and code in _UNTOLD:
        # The answer repeats neither words nor files of ours: once the interaction is unknown, nothing says whose it is.
        verdict.counts["answers to pictures nobody could claim"] += bool(drawn)
        return
    if any(job["status"] == "finished" for job in drawn):
        verdict.complain(f"{task.route} {task.id} is FAILURE {code}, and was drawn: {document['failReason']}")


def _told_of(verdict: Verdict, task_id: str, document: Document, told: list[Document]) -> None:
    verdict.counts["ends delivered"] += bool(told)
    verdict.counts["ends repeated"] += max(len(told) - 1, 0)
    if not told:
        verdict.complain(f"nobody was told of the end of task {task_id}")
    elif {one["status"] for one in told} != {document["status"]}:
        verdict.complain(f"task {task_id} is {document['status']}, and was told as {told[-1]['status']}")


def _told(jobs: list[Document]) -> str:
    return ", ".join(f"{job['command']} {job['status']}" for job in jobs) or "none"
