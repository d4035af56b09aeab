"""Every setting is documented and has exactly one field."""

from __future__ import annotations

import msgspec
import pytest

import settings
from settings import (
    ROOT,
    TABLE,
    AccountSettings,
    Setting,
    Settings,
    SettingsGroup,
    load,
)

each_setting = pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)


@each_setting
def test_env_example_names_it_with_unit_default_and_why(setting: Setting) -> None:
    entry = (
        f"# {setting.why}{f' Old name: {setting.old[0]}.' if setting.old else ''}\n"
        f"# Unit: {setting.unit}. Default: {setting.default_text or 'none'}.\n"
    )
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert entry in text
    assert text.split(entry)[1].splitlines()[0].removeprefix("# ") == f"{setting.name}={setting.default_text}"


@each_setting
def test_the_docs_name_it_with_unit_default_and_why(setting: Setting) -> None:
    default = f"`{setting.default_text}`" if setting.default_text else "none"
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"\n| `{setting.name}` | {setting.unit} | {default} | {setting.why}" in text
    assert all(f"Old name: `{old}`" in text for old in setting.old)
    if setting.simulator is not None:
        assert f"\n| `{setting.name}` | `{str(setting.simulator).lower()}` |" in text


def test_the_documents_name_nothing_else() -> None:
    names = {setting.name for setting in TABLE}
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("# ").split("=")[0] for line in lines if "=" in line} == names
    rows = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    assert {row.split("`")[1] for row in rows if row.startswith("| `")} == names


def test_env_example_is_usable_as_it_is() -> None:
    assert load({}, [ROOT / ".env.example"], simulator=True) == load({}, [], simulator=True)


@each_setting
def test_it_has_a_field_of_its_own(setting: Setting) -> None:
    assert setting.type is not None
    assert [(other.group, other.field) for other in TABLE].count((setting.group, setting.field)) == 1
    assert [name for other in TABLE for name in other.names].count(setting.name) == 1


def test_every_field_has_a_setting() -> None:
    ours = {"accounts", "simulator", *settings.GROUPS}
    groups: list[type[SettingsGroup]] = [AccountSettings, *settings.GROUPS.values(), Settings]
    for group in groups:
        declared = {setting.field for setting in TABLE if setting.group is group}
        assert {field.name for field in msgspec.structs.fields(group)} - ours == declared


@each_setting
def test_its_default_is_what_its_text_says(setting: Setting) -> None:
    if setting.default_text:
        again = msgspec.convert(setting.read(setting.default_text), setting.type, strict=False)
        assert again == setting.default
