"""CONTRIBUTING.md and the other pages name files that exist; the look-up table answers by file names.

Contract: reads the pages and the tree.
"""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT, documents

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^\| (\w[^|]*\?) \| `([^`]+)` \|$", PAGE, re.M)
PATHS = sorted(set(re.findall(r"`((?:\w[\w.-]*/)+(?:[\w.-]+)?|\w+\.(?:toml|md))`", PAGE)))
SOURCE = re.compile(r"`((?:tasks|bot|storage|api|app|cli|settings|simulator|tests|benchmarks)/[\w/]+\.(?:py|toml))`")


def test_ten_questions_have_ten_different_answers() -> None:
    assert len(QUESTIONS) == len({path for _, path in QUESTIONS}) == 10


@pytest.mark.parametrize(("question", "path"), QUESTIONS)
def test_a_question_is_answered_by_a_file(question: str, path: str) -> None:
    assert (ROOT / path).is_file(), question


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("page", documents())
def test_a_page_names_sources_that_exist(page: str) -> None:
    named = SOURCE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("settings/groups.py", "TranslatorName"),
        ("app/translators.py", "DEFAULT_ORDER"),
        ("app/translators.py", "_providers"),
        ("app/translators.py", "_usable"),
        ("tests/bot/translation/test_providers.py", "MAKERS"),
        ("bot/grammar/ids.py", "_DOES"),
        ("bot/grammar/ids.py", "_OPENS"),
        ("bot/grammar/ids.py", "_QUICK"),
        ("bot/grammar/ids.py", "_VARIANTS"),
        ("bot/grammar/embeds.py", "REFUSALS_BY_CODE"),
        ("bot/grammar/embeds.py", "_WORDS"),
        ("tests/bot/grammar/test_events.py", "REFUSALS"),
        ("tasks/domain/errors.py", "ADVICE"),
    ],
)
def test_a_recipe_names_what_is_there(path: str, name: str) -> None:
    assert f"`{name}`" in PAGE
    assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))
