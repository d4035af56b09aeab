"""The names and the atomic writing of saved pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import CommandFailed
from cli.picture_file import kind_of, name_for, save

PNG = b"\x89PNG\r\n\x1a\n"


@given(st.text(max_size=300))
def test_a_name_is_harmless_whatever_the_prompt(prompt: str) -> None:
    name = name_for("1684310738264000", prompt, "png")
    assert name.startswith("1684310738264000")
    assert name.endswith(".png")
    assert len(name.encode()) <= 255
    assert all(character.isalnum() or character in "-." for character in name)
    assert name.count(".") == 1
    assert Path(name).name == name


def test_a_name_has_the_words_of_the_prompt() -> None:
    assert name_for("1", "A red cat! --ar 16:9", "png") == "1-a-red-cat.png"
    assert name_for("1", "<https://s.mj.run/x> https://a/b 一只猫", "webp") == "1-一只猫.webp"
    assert name_for("../../1", "", "png") == "1.png"
    assert len(name_for("1684310738264000", "𠀀" * 300, "webp").encode()) <= 255


def test_a_file_is_whole_and_replaced(tmp_path: Path) -> None:
    first = save(PNG + b"1", tmp_path / "new", "1", "a cat")
    assert save(PNG + b"2", tmp_path / "new", "1", "a cat") == first
    assert first.read_bytes() == PNG + b"2"
    assert [*first.parent.iterdir()] == [first]


@pytest.mark.parametrize("data", [b"", b"<html>", b"PNG"])
def test_what_is_no_picture_is_not_saved(tmp_path: Path, data: bytes) -> None:
    assert kind_of(data) == ""
    with pytest.raises(CommandFailed, match="no picture"):
        save(data, tmp_path, "1", "a cat")
    assert [*tmp_path.iterdir()] == []
