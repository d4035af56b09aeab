"""Documents that are kept: never those of another task, another state of it, or another address."""

from __future__ import annotations

from dataclasses import replace

from api.http.links import Links
from api.http.response_cache import ResponseCache
from api.mj.schema import render_mj, render_mj_list
from tasks.domain.model import Action, Image, Status, Task, TaskRequest, TaskResult

COPIED = Task(
    id="1",
    request=TaskRequest(action=Action.IMAGINE),
    result=TaskResult(image=Image(url="https://a.example/1.png", stored="1.png")),
    status=Status.SUCCESS,
)
AT_HOME, OUTSIDE = Links(address="http://127.0.0.1:8080"), Links(address="https://draw.example")


class Counted:
    """The real documents, counted."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, task: Task, links: Links) -> bytes:
        self.made += 1
        return render_mj(task, links)


def test_what_has_not_changed_is_rendered_once() -> None:
    rendered = ResponseCache(render := Counted())
    for _ in range(3):
        assert rendered(COPIED, replace(AT_HOME)) == render_mj(COPIED, AT_HOME)
    assert render.made == 1


def test_what_changed_is_rendered_anew() -> None:
    rendered = ResponseCache(render_mj)
    for task in (
        COPIED,
        replace(COPIED, result=replace(COPIED.result, seed="5")),
        replace(COPIED, result=replace(COPIED.result, seed="6")),
        COPIED,
        replace(COPIED, id="2"),
    ):
        assert rendered(task, AT_HOME) == render_mj(task, AT_HOME)


def test_each_is_told_the_address_by_which_it_reaches_us() -> None:
    rendered = ResponseCache(render_mj)
    for links in (AT_HOME, OUTSIDE, AT_HOME, Links(), Links(public_url="https://draw.example/")):
        assert rendered(COPIED, links) == render_mj(COPIED, links)


def test_the_address_that_is_told_when_we_listen_is_heard() -> None:
    rendered, links = ResponseCache(render_mj), Links()
    assert b"127.0.0.1" not in rendered(COPIED, links)
    links.address = AT_HOME.address
    assert rendered(COPIED, links) == render_mj(COPIED, AT_HOME)


def test_a_list_is_that_of_its_documents() -> None:
    rendered = ResponseCache(render_mj)
    for tasks in ([], [COPIED], [COPIED, replace(COPIED, id="2"), COPIED]):
        assert rendered.each(tasks, AT_HOME) == render_mj_list(tasks, AT_HOME)


def test_no_more_are_kept_than_so_many() -> None:
    rendered = ResponseCache(render := Counted(), size=2)
    first, second, third = (replace(COPIED, id=str(number)) for number in range(3))
    for task in (first, second, third):
        rendered(task, AT_HOME)
    rendered(third, AT_HOME)
    rendered(second, AT_HOME)
    assert render.made == 3
    rendered(first, AT_HOME)
    assert render.made == 4
