"""What the documents promise exists: commands, links, tests, routes, libraries. Both READMEs say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from api.http.links import Links
from api.v1.schema import v1_document
from tests.support.service_twin import Twin
from tests.support.whole_service import whole

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh-CN.md")
NOT_OURS = frozenset({"data", "node_modules"})  # a user's own; other dependencies and caches begin with a dot

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.M)
ROUTE_ROW = re.compile(r"^\| ((?:`/[^`]*`(?:, )?)+) \| ([A-Z, ]+) \|", re.M)
METHODS = {"GET", "HEAD", "POST", "PATCH", "DELETE"}
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|root|Users|work|tmp)/|[A-Za-z]:\\)")


def documents() -> list[str]:
    """Every Markdown file of the project, as a path from its root."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(path) for path in found if not any(p.startswith(".") or p in NOT_OURS for p in path.parts))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose_of(name: str) -> str:
    """Without the fenced blocks, in which `#` and `[…](…)` mean something else."""
    return FENCE.sub("", text_of(name))


def blocks_of(name: str, language: str) -> list[str]:
    return [code for kind, code in FENCE.findall(text_of(name)) if kind == language]


def routes_of(name: str) -> Iterator[tuple[str, set[str]]]:
    """Each route of the tables, with its methods."""
    for paths, methods in ROUTE_ROW.findall(text_of(name)):
        for path in re.findall(r"`([^`]+)`", paths):
            yield path, set(methods.split(", "))


def anchors_of(name: str) -> set[str]:
    """The fragments that headings give."""
    headings = (heading.replace("`", "").lower() for _, heading in HEADING.findall(prose_of(name)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def links() -> Iterator[tuple[str, str, str]]:
    """Every link that leads to a file of ours: document, text, target."""
    for name in documents():
        for text, target in LINK.findall(prose_of(name)):
            if not re.match(r"[a-z]+:", target):
                yield name, text, unquote(target)


def test_the_documents_are_found() -> None:
    assert {*READMES, "docs/architecture.md", "docs/libraries.md"} <= set(documents())


@pytest.mark.parametrize("readme", READMES)
def test_it_names_the_two_commands(readme: str) -> None:
    shell = "".join(blocks_of(readme, "sh"))
    makefile = text_of("Makefile")
    for command in ("demo", "test"):
        assert re.search(rf"^make {command}\b", shell, re.M)
        assert re.search(rf"^{command}:", makefile, re.M)


@pytest.mark.parametrize(("name", "text", "target"), tuple(links()))
def test_a_link_leads_somewhere(name: str, text: str, target: str) -> None:
    path, _, fragment = target.partition("#")
    there = (ROOT / name).parent / path if path else ROOT / name
    assert there.exists(), f"{name} links to {target}"
    assert there.resolve().is_relative_to(ROOT), f"{name} links out of the project: {target}"
    if fragment:
        assert fragment in anchors_of(str(there.resolve().relative_to(ROOT))), f"{name} links to {target}"
    if text.startswith("`test_"):
        assert f"def {text.strip('`')}(" in there.read_text(encoding="utf-8"), f"{target} has no {text}"


def test_both_readmes_have_the_same_shape() -> None:
    english, chinese = READMES
    for level in (1, 2, 3):
        counts = [sum(len(marks) == level for marks, _ in HEADING.findall(prose_of(name))) for name in READMES]
        assert counts[0] == counts[1], f"headings of level {level}"
    assert blocks_of(english, "json") == blocks_of(chinese, "json")
    english_links, chinese_links = ({target for _, target in LINK.findall(prose_of(name))} for name in READMES)
    assert english_links - {chinese} == chinese_links - {english}


@pytest.mark.parametrize("readme", READMES)
def test_both_tell_the_same_commands(readme: str) -> None:
    def commands(name: str) -> list[str]:
        return [re.sub(r"\s+#.*", "", line) for block in blocks_of(name, "sh") for line in block.splitlines()]

    assert commands(readme) == commands(READMES[0])


async def test_the_routes_page_lists_the_routes_of_the_service(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, house.client.session.get(f"{house.client.url}/openapi.json") as answer:
        document = await answer.json()
    served = {path: {method.upper() for method in item} & METHODS for path, item in document["paths"].items()}
    files_of_pages = {"/docs/{file}", "/console/{file}", "/console/{version}/{file}"}
    for page in ("docs/routes.md", "docs/routes.zh-CN.md"):
        listed = dict(routes_of(page))
        assert {path: served.get(path) for path in listed} == listed
        assert served.keys() - listed.keys() == files_of_pages


TRANSLATED = ("routes", "promises", "install", "first-account")


@pytest.mark.parametrize("page", TRANSLATED)
def test_a_translated_page_has_the_shape_of_the_english_one(page: str) -> None:
    """The same headings, tests and commands; each links to the other."""
    english, chinese = f"docs/{page}.md", f"docs/{page}.zh-CN.md"
    levels = [[marks for marks, _ in HEADING.findall(prose_of(name))] for name in (english, chinese)]
    assert levels[0] == levels[1]
    targets = [{target for _, target in LINK.findall(prose_of(name))} for name in (english, chinese)]
    assert f"{page}.zh-CN.md" in targets[0]
    assert f"{page}.md" in targets[1]
    tests = [
        [text for text, _ in LINK.findall(prose_of(name)) if text.startswith("`test_")] for name in (english, chinese)
    ]
    assert tests[0] == tests[1]
    commands = [
        [re.sub(r"\s+#.*", "", line) for block in blocks_of(name, "sh") for line in block.splitlines()]
        for name in (english, chinese)
    ]
    assert commands[0] == commands[1]


@pytest.mark.parametrize("readme", READMES)
def test_its_answers_have_the_keys_of_ours(readme: str) -> None:
    block = next(block for block in blocks_of(readme, "json") if '"_id"' in block)
    assert list(json.loads(block)) == list(v1_document(Twin().add(), Links()))


@pytest.mark.parametrize("name", documents())
def test_no_path_of_a_machine(name: str) -> None:
    assert not MACHINE_PATH.findall(text_of(name))


def test_every_pinned_library_has_its_reason() -> None:
    pinned = {
        line.partition("==")[0]
        for name in ("requirements.txt", "requirements-mcp.txt", "requirements-dev.txt")
        for line in text_of(name).splitlines()
        if "==" in line and not line.startswith("#")
    }
    assert pinned
    missing = sorted(library for library in pinned if f"`{library}`" not in text_of("docs/libraries.md"))
    assert not missing


def test_pictures_are_small_and_can_be_opened() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    for path in pictures:
        assert path.stat().st_size < 150_000
        with Image.open(path) as image:
            image.verify()
