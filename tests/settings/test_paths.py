"""Where `.env` files lie."""

from __future__ import annotations

from pathlib import Path

import settings
from settings import (
    ROOT,
)
from tests.support.settings import write


def test_dotenv_files_are_the_projects_own_and_that_of_the_data_folder(tmp_path: Path) -> None:
    assert settings.dotenv_files({}) == (ROOT / ".env",)
    assert settings.dotenv_files({"DATA_DIR": "/data"}, tmp_path) == (tmp_path / ".env", Path("/data/.env"))


def test_the_example_is_put_into_the_data_folder_once(tmp_path: Path) -> None:
    target = tmp_path / "data" / ".env.example"
    assert settings.provide_example(target.parent) == target
    assert target.read_text(encoding="utf-8") == (ROOT / ".env.example").read_text(encoding="utf-8")
    write(target, "edited")
    assert settings.provide_example(target.parent) is None
    assert target.read_text(encoding="utf-8") == "edited"


def test_a_data_folder_that_cannot_be_written_is_no_error_here(tmp_path: Path) -> None:
    assert settings.provide_example(write(tmp_path / "file", "") / "data") is None
