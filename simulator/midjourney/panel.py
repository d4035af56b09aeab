"""/settings: the private message with buttons that change an account's modes.

Contract: pure. A profile in, rows out; a press and a profile in, a profile out. Of the button ids only the form
`MJ::Settings::Name::1` and HighVariabilityMode are known; the other names are invented.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from simulator.data.components import SECONDARY, SELECT, SUCCESS, Component, button, rows
from simulator.world.records import Profile

VERSION_SELECTOR = "MJ::Settings::VersionSelector"
_VERSIONS = ("5.2", "6", "6.1", "7")
_MODES = {"FastMode": "fast", "RelaxMode": "relaxed", "TurboMode": "turbo"}
TEXT = "Adjust your settings here. They hold for every job you start from now on."


def panel(profile: Profile, *, numbered: bool) -> list[Component]:
    def switch(name: str, label: str, emoji: str, *, on: bool) -> Component:
        return button(f"MJ::Settings::{name}::1", label, emoji, SUCCESS if on else SECONDARY)

    return rows(
        [_versions(profile)],
        [
            switch("RemixMode", "Remix mode", "🎛️", on=profile.remix),
            switch("HighVariabilityMode", "High Variation Mode", "🎨", on=profile.variability),
            switch("StealthMode", "Stealth mode", "🕵️", on=profile.stealth),
        ],
        [
            switch("TurboMode", "Turbo mode", "🚀", on=profile.mode == "turbo"),
            switch("FastMode", "Fast mode", "⚡", on=profile.mode == "fast"),
            switch("RelaxMode", "Relax mode", "🐢", on=profile.mode == "relaxed"),
        ],
        numbered=numbered,
    )


def _versions(profile: Profile) -> Component:
    options = [
        {"label": f"Use V{version}", "value": version, "default": version == profile.version} for version in _VERSIONS
    ]
    return {"type": SELECT, "custom_id": VERSION_SELECTOR, "min_values": 1, "max_values": 1, "options": options}


def switched(profile: Profile, name: str, values: Sequence[Any]) -> Profile:
    """The profile after a press; unchanged by unknown names."""
    if name in _MODES:
        return replace(profile, mode=_MODES[name])
    if name == "RemixMode":
        return replace(profile, remix=not profile.remix)
    if name == "StealthMode":
        return replace(profile, stealth=not profile.stealth)
    if name == "HighVariabilityMode":
        return replace(profile, variability=not profile.variability)
    if name == "VersionSelector" and values:
        return replace(profile, version=str(values[0]))
    return profile
