"""The document of a task: flat, without defaults, and readable in the shape that earlier versions wrote."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from storage.task_documents import document_of, task_in
from tasks.domain.model import Action, Button, Image, Phase, Status, Task, TaskProgress, TaskRequest, TaskResult
from tests.support.tasks import built

FINISHED = built(
    id="1684310738264000",
    prompt="a dog",
    prompt_en="a dog",
    content="a dog",
    api="mj",
    status=Status.SUCCESS,
    phase=Phase.OVER,
    account="22",
    percent=100,
    job_id="adbd1ba4-0123-4567-89ab-cdef01234567",
    message_id="1108302168013938689",
    image=Image(url="https://cdn.test/a.png", width=1024, height=1024),
    buttons=(Button(custom_id="U1", does=Action.UPSCALE, index=1, is_quick=True), Button(custom_id="again")),
    finish_time=9,
)


def with_every_field(task: Task) -> dict[str, Any]:
    """As versions before this one wrote it: one flat object, defaults and all."""
    document = asdict(task)
    for part in ("request", "progress", "result"):
        fields = document.pop(part)
        document |= {"progress" if name == "percent" else name: value for name, value in fields.items()}
    return document


def test_a_document_leaves_out_every_default() -> None:
    assert json.loads(document_of(built(id="1"))) == {"id": "1", "action": "IMAGINE"}
    document = json.loads(document_of(FINISHED))
    assert document["progress"] == 100
    assert document["buttons"] == [
        {"custom_id": "U1", "does": "UPSCALE", "index": 1, "is_quick": True},
        {"custom_id": "again"},
    ]
    assert document.keys().isdisjoint({"request", "result", "percent", "fail_code", "uploads"})


def test_a_default_that_was_read_is_left_out_when_it_is_written_again() -> None:
    read = task_in(msgspec.json.encode(with_every_field(built(id="1"))))
    assert json.loads(document_of(read)) == {"id": "1", "action": "IMAGINE"}


@pytest.mark.parametrize("record", [Task, TaskRequest, TaskProgress, TaskResult, Button, Image])
def test_every_field_is_written_and_read(record: type[Any]) -> None:
    """One at a time, so that no field can be mistaken for another one."""
    for field in fields(record):
        if field.name in ("request", "progress", "result"):
            continue
        value = example_of(get_type_hints(record)[field.name], field.default)
        if record is Button:
            task = built(id="1", buttons=(replace(Button(custom_id="b"), **{field.name: value}),))
        elif record is Image:
            task = built(id="1", image=replace(Image(url="u"), **{field.name: value}))
        else:
            task = built(**{"id": "1", field.name: value})
        assert task_in(document_of(task)) == task, field.name


def example_of(type_: Any, default: object) -> Any:
    """A value of the type that is not the default."""
    kinds = get_args(type_) if isinstance(type_, UnionType) else (type_,)
    kind = kinds[0]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return [*kind][-1]
    if get_origin(kind) is tuple:
        one, *others = get_args(kind)
        return tuple(example_of(each, None) for each in (one, *(each for each in others if each is not ...)))
    if kind is bool:
        return not default
    return {str: "x", int: 7, Image: Image(url="p"), Button: Button(custom_id="c")}[kind]


def test_a_document_with_every_field_reads_the_same() -> None:
    document = with_every_field(FINISHED)
    assert task_in(msgspec.json.encode(document)) == FINISHED == task_in(document_of(FINISHED))


def test_an_unknown_field_is_skipped() -> None:
    document = with_every_field(FINISHED) | {"of_a_later_version": [1]}
    assert task_in(msgspec.json.encode(document)) == FINISHED


@pytest.mark.parametrize("wrong", [{"attempts": "1"}, {"progress": "100%"}, {"status": "DONE"}, {"buttons": [{}]}])
def test_a_field_of_the_wrong_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        task_in(msgspec.json.encode(with_every_field(FINISHED) | wrong))


@pytest.mark.parametrize("missing", ["id", "action"])
def test_a_document_without_a_required_field_is_refused(missing: str) -> None:
    document = {name: value for name, value in with_every_field(FINISHED).items() if name != missing}
    with pytest.raises(msgspec.ValidationError):
        task_in(msgspec.json.encode(document))
