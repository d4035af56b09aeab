"""Is this answer one that the document promises? Pure: the document, an answer and its route → what is wrong.

Contract: nothing about a route is known here but what the document says. Every problem is one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema_rs import Draft202012Validator

Json = dict[str, Any]

METHODS = ("get", "head", "post", "put", "patch", "delete")
LEAKS = (b"Traceback", b'File "/', b"sqlite3.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return self.headers.get("Error-Code", "")

    @property
    def media(self) -> str:
        return self.headers.get("Content-Type", "")


class Judge:
    """Knows the document; its validators are made once."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._responses: dict[tuple[str, str], Json] = {}
        self._validators: dict[tuple[str, str, str], Draft202012Validator] = {}
        for path, entry in document["paths"].items():
            for method in METHODS:
                for status, answer in entry.get(method, {}).get("responses", {}).items():
                    self._responses.setdefault((method, path), {})[status] = self._found(answer)

    def documented(self, method: str, path: str) -> bool:
        return (method.lower(), path) in self._responses

    def problems(self, method: str, path: str, answer: Answer) -> Iterator[str]:
        """What is wrong with an answer of a route of the document."""
        promised = self._responses[method.lower(), path]
        yield from self.general(answer)
        if str(answer.status) not in promised:
            yield f"the status {answer.status} ({answer.code}) is not in the document"
            return
        response = promised[str(answer.status)]
        codes = response.get("headers", {}).get("Error-Code", {}).get("schema", {}).get("enum", [])
        if answer.code and answer.code not in codes:
            yield f"Error-Code {answer.code} is not in the document under {answer.status}"
        if method == "HEAD" or answer.status == 304:
            return
        media = answer.media.partition(";")[0]
        content = response.get("content", {})
        if "application/octet-stream" in content:
            return
        if media not in content:
            yield f"Content-Type {answer.media!r} is not in the document under {answer.status}"
        elif media == "application/json":
            yield from self._mismatches((method.lower(), path, str(answer.status)), content[media]["schema"], answer)

    def general(self, answer: Answer) -> Iterator[str]:
        """What holds for any answer whatsoever."""
        if answer.status >= 500 and answer.status != 503:
            yield f"the status is {answer.status}"
        if any(leak in answer.body for leak in LEAKS):
            yield "the answer tells of our inside"
        if answer.status >= 400 and answer.body:
            yield from _wrong_refusal(answer)

    def _mismatches(self, key: tuple[str, str, str], schema: Json, answer: Answer) -> Iterator[str]:
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(schema | {"components": self._document["components"]})
        try:
            value = json.loads(answer.body)
        except ValueError:
            yield f"the answer is no JSON: {answer.body[:80]!r}"
            return
        for error in self._validators[key].iter_errors(value):
            yield f"the answer does not fit its schema: {error.message[:200]}"

    def _found(self, answer: Json) -> Json:
        found: Any = answer
        if "$ref" in answer:
            found = self._document
            for part in answer["$ref"].removeprefix("#/").split("/"):
                found = found[part]
        return dict(found)


def _wrong_refusal(answer: Answer) -> Iterator[str]:
    """One shape of refusals, whatever was asked."""
    if answer.status == 503 and not answer.code:
        return  # a health route: it tells a state, not a refusal
    if answer.media != "application/json":
        yield f"a refusal is {answer.media!r}"
        return
    told = json.loads(answer.body)
    keys = {"code", "description"} | ({"message", "error"} if answer.status == 401 else set())
    if set(told) != keys or told["code"] != 0 or not told["description"] or not answer.code:
        yield f"a refusal has another shape: {answer.body[:120]!r}"
    if answer.status in (429, 503) and not answer.headers.get("Retry-After", "").isdigit():
        yield f"{answer.status} without Retry-After"
