"""Requests made from the document, by schemathesis: right ones and wrong ones, on every route, from one seed.

Contract: a request is made, sent and judged one by one; nothing is kept but counts and what went wrong.
"""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from tests.schema.judging import Answer, Judge
from tests.schema.spoiling import SPOILERS, Asked

STRIDE = 20  # requests to a route before the next one has its turn
SPOILT = 0.2  # of the requests
PROMPTS = (
    "a dog",
    "一只狗",
    "a {red, blue} dog",
    "a dog --ar 16:9",
    "gore",
    "dog --v 99",
    "http://a.example/x.png dog",
)
MOST_FAILURES = 50  # kept to be shown
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


@dataclass(kw_only=True)
class Report:
    """What a round found."""

    seed: int
    requests: int = 0
    seconds: float = 0.0
    tasks: int = 0  # stored
    slowest: tuple[float, str] = (0.0, "")
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def fail(self, text: str) -> None:
        if len(self.failures) < MOST_FAILURES:
            self.failures.append(text)

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.requests} requests to {len(self.routes)} operations in {self.seconds:.1f} s, "
            f"{self.tasks} tasks stored, {len(self.failures)} failures",
            f"  slowest   {self.slowest[0]:.1f} s, {self.slowest[1]}",
            "  statuses  " + "  ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items())),
            "  refusals  " + "  ".join(f"{code}: {count}" for code, count in self.codes.most_common()),
            "  at least  " + "  ".join(f"{route}: {count}" for route, count in self.routes.most_common()[:-4:-1]),
            *(f"  FAILED  {failure}" for failure in self.failures),
        ]
        return "\n".join(lines)


@dataclass(kw_only=True)
class Known:
    """Ids that mean something to the service, so that requests reach what lies behind the first check."""

    hook: str = ""
    ids: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    buttons: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    jobs: deque[str] = field(default_factory=lambda: deque(maxlen=100))

    def learn(self, answer: Answer) -> None:
        if answer.status != 200 or answer.media != "application/json" or not answer.body or len(answer.body) > 20_000:
            return
        told = json.loads(answer.body)
        if not isinstance(told, dict):
            return
        if isinstance(told.get("result"), str) and told["result"].isdigit():
            self.ids.append(told["result"])
        self.buttons.extend(button["customId"] for button in told.get("buttons", ()))
        self.jobs.extend([told["jobId"]] if told.get("jobId") else [])

    def value(self, name: str, chance: Random) -> Any:
        """Something sensible for this field; None when there is nothing."""
        found = self._values(chance).get(name, ())
        return chance.choice(found) if found else None

    def _values(self, chance: Random) -> dict[str, Sequence[Any]]:
        ids = [*self.ids]
        return {
            **dict.fromkeys(("id", "_id", "taskId", "before"), ids),
            **dict.fromkeys(("base64", "image", "endImage", "maskBase64"), (PICTURE,)),
            "base64Array": [[PICTURE] * count for count in range(1, 6)],
            "ids": [ids[:5]],
            "customId": [*self.buttons],
            "jobId": [*self.jobs],
            "content": [f"{task} {press}" for task in ids[:20] for press in ("U1", "V4", "R")],
            "prompt": PROMPTS,
            "notifyHook": [self.hook, ""],
            "accountFilter": [{"modes": [chance.choice(("FAST", "RELAX", "TURBO"))]}],
        }


class Round:
    """One round of requests to the service at `host`:`port`."""

    def __init__(
        self, document: Mapping[str, Any], *, host: str, port: int, secret: str, admin: str, seed: int
    ) -> None:
        self.report = Report(seed=seed)
        self.known = Known()
        self._document = document
        self._judge = Judge(dict(document))
        self._address = (host, port)
        self._secret, self._admin = secret, admin
        self._chance = Random(seed)
        self._connection = self._connected()
        self._cases: dict[str, deque[Asked]] = {}

    def run(self, count: int, *, each: int = 0) -> Report:
        """Send `count` requests, or `each` for each operation, spread over all of them, in turns again and again."""
        schema = schemathesis.openapi.from_dict(dict(self._document))
        turns = [
            (operation.ok(), mode)
            for operation in schema.get_all_operations()
            if isinstance(operation, Ok)
            for mode in GenerationMode
        ]
        count = each * len(turns) // len(GenerationMode) if each else count
        turn = 0
        while self.report.requests < count:
            operation, mode = turns[turn % len(turns)]
            left = min(STRIDE, max(1, count // len(turns)), count - self.report.requests)
            self._ask(operation, mode, left, self.report.seed + turn)
            turn += 1
        self._connection.close()
        return self.report

    def _ask(self, operation: Any, mode: GenerationMode, count: int, seed: int) -> None:
        """`count` requests; where a route has nothing to choose, the same again, spoilt in other ways."""
        done = 0
        seen: list[Case[Any]] = []

        def one(case: Case[Any]) -> None:
            nonlocal done
            if done < count and self._one(case, is_sound=mode is GenerationMode.POSITIVE):
                seen[:] = [case]
                done += 1

        try:
            _generated(operation.as_strategy(generation_mode=mode), one, count, seed)()
        except Unsatisfiable:
            return  # nothing about it can be wrong
        while seen and done < count:
            self._one(seen[0], is_sound=False, spoilt=True)
            done += 1

    def _one(self, case: Case[Any], *, is_sound: bool, spoilt: bool = False) -> bool:
        """Whether a request could be made of the case."""
        asked = self._asked(case, is_sound=is_sound)
        if asked is None:
            return False
        if spoilt or self._chance.random() < SPOILT:
            asked = self._chance.choice(SPOILERS)(asked, self._chance)
        route = f"{case.operation.method.upper()} {case.operation.path}"
        self.report.requests += 1
        self.report.routes[route] += 1
        began = time.monotonic()
        answer = self._sent(asked)
        self.report.slowest = max(self.report.slowest, (time.monotonic() - began, route))
        if answer is None:
            self.report.fail(f"{route}: no answer to {asked}")
            return True
        self.report.statuses[answer.status] += 1
        if answer.code:
            self.report.codes[answer.code] += 1
        for problem in self._problems(case.operation.path, asked, answer):
            self.report.fail(
                f"{route}: {problem}\n    -> {answer.status} {answer.body[:300]!r}\n    <- {_shown(asked)}"
            )
        self.known.learn(answer)
        return True

    def _problems(self, path: str, asked: Asked, answer: Answer) -> Iterator[str]:
        if answer.status in asked.may_answer or not self._judge.documented(asked.method, path):
            yield from self._judge.general(answer)
            if answer.status < 400:
                yield f"{asked.method} is answered, and not in the document"
            return
        yield from self._judge.problems(asked.method, path, answer)
        if (
            asked.is_sound
            and not _is_multipart(asked)
            and answer.code in ("malformed", "unknown_content_type", "unauthorized")
        ):
            yield f"what the document allows is refused as {answer.code}"

    def _asked(self, case: Case[Any], *, is_sound: bool) -> Asked | None:
        self._put_known(case)
        try:
            made = requests.Request(**_without_cookies(case.as_transport_kwargs(base_url="http://localhost"))).prepare()
            headers = {
                **made.headers,
                "mj-api-secret": self._admin if "operator" in (case.operation.tags or ()) else self._secret,
            }
            encoded = tuple((_text(name), _text(value)) for name, value in headers.items())
        except (ValueError, UnicodeError, requests.RequestException):
            return None  # what no client could send
        # What is no text is bytes here: the generator gives no streams.
        body = made.body.encode() if isinstance(made.body, str) else bytes(made.body) if made.body else None  # type: ignore[arg-type]
        target = made.path_url
        if case.operation.path.startswith("/mj") and self._chance.random() < 0.3:
            target = self._chance.choice(("/mj-fast", "/mj-relax", "/mj-turbo")) + target
        return Asked(method=case.method.upper(), target=target, headers=encoded, body=body, is_sound=is_sound)

    def _put_known(self, case: Case[Any]) -> None:
        """Ids that exist, in place of some that do not."""
        for values in (case.path_parameters, case.query, case.body):
            if isinstance(values, dict):
                for name in values:
                    if self._chance.random() < 0.5:
                        value = self.known.value(name, self._chance)
                        if value is not None:
                            values[name] = value
        if case.operation.path.endswith("/wait") and isinstance(case.query, dict):
            case.query["timeout"] = self._chance.choice(("0", "0.05", "-1", "301", "x"))

    def _sent(self, asked: Asked) -> Answer | None:
        """The answer; a connection that the server had closed is opened anew, once."""
        for _ in range(2):
            try:
                return self._sent_once(asked)
            except (http.client.HTTPException, OSError):
                self._connection.close()
                self._connection = self._connected()
        return None

    def _sent_once(self, asked: Asked) -> Answer:
        connection = self._connection
        names = {name.lower() for name, _ in asked.headers}
        connection.putrequest(asked.method, asked.target, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in asked.headers:
            if name.lower() not in ("content-length", "transfer-encoding"):
                connection.putheader(name, value.encode("latin-1", errors="replace"))
        if asked.body is not None:
            connection.putheader("Content-Length", str(len(asked.body)))
        connection.endheaders(asked.body)
        response = connection.getresponse()
        if response.headers.get("Content-Type", "").startswith("text/event-stream"):
            connection.close()  # a stream has no end: that it began is what was asked
            return Answer(status=response.status, headers=dict(response.headers), body=b"")
        return Answer(status=response.status, headers=dict(response.headers), body=response.read())

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=30)


def _generated(strategy: Any, one: Callable[[Case[Any]], None], count: int, seed: int) -> Callable[[], None]:
    """Hypothesis's own loop; nothing is shrunk or kept, as what fails is written down with its request."""
    settings = hypothesis.settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
        deadline=None,
    )
    # Hypothesis leaves what its decorators return without a type.
    made: Callable[[], None] = hypothesis.seed(seed)(settings(hypothesis.given(strategy)(one)))  # type: ignore[no-untyped-call]
    return made


def _is_multipart(asked: Asked) -> bool:
    """Of a form's part the document cannot say that it has a file's name, nor that it is JSON."""
    return any(name == "Content-Type" and value.startswith("multipart/") for name, value in asked.headers)


def _without_cookies(given: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in given.items()
        if name in ("method", "url", "headers", "params", "json", "data", "files")
    }


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _shown(asked: Asked) -> str:
    return str(
        replace(
            asked,
            headers=tuple(pair for pair in asked.headers if pair[0] in ("Content-Type", "Idempotency-Key")),
            body=(asked.body or b"")[:600],
        )
    )
