"""docker-compose.yaml by its structure: a profile for the demo and one for the real thing, both locked up, and nothing
in it that the service or the image does not have. No container is started."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from run import parse
from settings import TABLE
from tests.docs.blocks import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_each_has_its_profile_and_none_starts_without() -> None:
    assert {name: each["profiles"] for name, each in SERVICES.items()} == {"service": ["service"], "demo": ["demo"]}


@pytest.mark.parametrize("name", SERVICES)
def test_it_is_locked_up(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "user", "network_mode", "pid", "cap_add", "devices"} & service.keys()


def test_the_demo_is_for_this_machine_alone_and_keeps_nothing() -> None:
    demo = SERVICES["demo"]
    assert parse(demo["command"]).simulator
    assert demo["ports"] == ["127.0.0.1:3000:3000", "127.0.0.1:8765:8765"]
    assert "volumes" not in demo
    assert "env_file" not in demo  # no token gets near it


def test_the_real_one_demands_a_secret_and_keeps_tasks_and_pictures() -> None:
    service = SERVICES["service"]
    assert "ALLOW_ANONYMOUS" not in service["environment"]
    assert service["ports"] == ["5400:3000"]
    mounted = dict(volume.split(":") for volume in service["volumes"])
    assert mounted == {"data": service["environment"]["DATA_DIR"], "images": service["environment"]["ARCHIVE_DIR"]}
    assert mounted.keys() == COMPOSE["volumes"].keys()


def test_what_is_mounted_belongs_to_the_user_of_the_image() -> None:
    """A new volume takes its owner from the image's folder; one that the image does not have is root's."""
    made = re.search(r"install -d -o service -g service -m 0700 (.*)$", DOCKERFILE, re.M)
    assert made is not None
    folders = {volume.split(":")[1] for volume in SERVICES["service"]["volumes"]}
    assert folders == set(made[1].split())
    uid = re.search(r"useradd --uid (\d+)", DOCKERFILE)
    assert uid is not None
    assert f"/data:uid={uid[1]},gid={uid[1]},mode=0700" in SERVICES["demo"]["tmpfs"]


@pytest.mark.parametrize("name", SERVICES)
def test_its_variables_are_settings(name: str) -> None:
    known = {setting.name for setting in TABLE} | {"DATA_DIR"}
    assert SERVICES[name]["environment"].keys() <= known


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docker-compose.yaml"])
def test_the_commands_that_are_told_name_these_profiles(page: str) -> None:
    told = re.findall(r"docker compose (.*?) up", (ROOT / page).read_text(encoding="utf-8"))
    assert sorted(told) == ["--profile demo", "--profile service"]
