"""MidJourney's embeds and panels: errors, account information, the answers of /describe and /shorten, and /settings.

Contract: pure. Descriptions are generated from a seed; no picture is examined. Of the button ids of /settings only the
form `MJ::Settings::Name::1` and HighVariabilityMode are known; the other names are invented.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from simulator.data.components import SECONDARY, SELECT, SUCCESS, Component, button, rows
from simulator.data.eras import Era
from simulator.data.troubles import Trouble
from simulator.world.records import Profile

_LATER_SECONDS = 600


def trouble_embed(trouble: Trouble, prompt: str, *, coloured: bool = True) -> dict[str, Any]:
    """The embed of an error or notice; its footer usually repeats the command as sent."""
    body: dict[str, Any] = {
        "type": "rich",
        "title": trouble.title,
        "description": trouble.description.replace("{later}", str(int(time.time()) + _LATER_SECONDS)),
        "content_scan_version": 0,
    }
    if (coloured or trouble.always_coloured) and trouble.colour is not None:
        body["color"] = trouble.colour
    if trouble.footer:
        body["footer"] = {"text": trouble.footer.replace("{prompt}", prompt)}
    return body


def trouble_text(trouble: Trouble, prompt: str) -> str:
    return trouble.content.replace("{prompt}", prompt)


def hail(user_id: str, colour: int) -> dict[str, Any]:
    """The embed under a result whose buttons another user pressed without effect."""
    text = f"Hey <@{user_id}>\nOnly the one who asked for this picture can do that, and only with a subscription."
    return {"type": "rich", "description": text, "color": colour, "content_scan_version": 1}


def info(username: str, profile: Profile, running: Sequence[str], queued: int) -> dict[str, Any]:
    relaxed = profile.mode == "relaxed"
    facts = (
        ("Subscription", "Pro (Active monthly, renews next on <t:1900000000>)"),
        ("Job Mode", {"relaxed": "Relaxed", "turbo": "Turbo"}.get(profile.mode, "Fast")),
        ("Visibility Mode", "Stealth" if profile.stealth else "Public"),
        ("Fast Time Remaining", "29.5/30.0 hours (98.33%)"),
        ("Lifetime Usage", "0 images (0.00 hours)"),
        ("Relaxed Usage", "0 images (0.00 hours)"),
        ("Queued Jobs (fast)", str(0 if relaxed else queued)),
        ("Queued Jobs (relax)", str(queued if relaxed else 0)),
        ("Running Jobs", ", ".join(running) or "None"),
    )
    lines = [f"**{name}**:".ljust(32) + value for name, value in facts]
    lines.insert(6, "")
    return {"type": "rich", "title": f"Your info - {username}", "description": "\n".join(lines)}


# ---------------------------------------------------------------- /describe and /shorten

_WHO = ("a lighthouse keeper", "a paper boat", "an old red fox", "a bicycle", "two herons", "a brass kettle")
_WHERE = ("beside a frozen canal", "under plum trees", "on a tin roof", "in a quiet harbour", "behind the mill")
_HOW = ("in flat gouache", "as a linocut", "in soft morning light", "drawn in sepia ink", "in pale watercolour")


def descriptions(seed: str) -> tuple[str, ...]:
    chance = Random(seed)
    texts = [f"{chance.choice(_WHO)} {chance.choice(_WHERE)}, {chance.choice(_HOW)}" for _ in range(4)]
    return tuple(f"{text[0].upper()}{text[1:]} --ar {chance.choice(('1:1', '3:2', '4:5'))}" for text in texts)


def described(texts: Sequence[str], image: dict[str, Any]) -> dict[str, Any]:
    shown = [
        *texts[:-1],
        texts[-1].replace(" in ", " in the manner of [Ada Wren](https://example.com/?q=Ada%20Wren), "),
    ]
    return {"type": "rich", "description": _numbered(shown), "image": image}


def shorter(prompt: str) -> tuple[str, ...]:
    """Five prompts, each with fewer of the words."""
    words = prompt.split() or ["picture"]
    return tuple(" ".join(words[: max(1, round(len(words) * share / 6))]) for share in range(5, 0, -1))


def shortened(prompt: str, texts: Sequence[str]) -> dict[str, Any]:
    words = prompt.split()
    tokens = " ".join(f"**{word}**" if number % 2 == 0 else f"~~{word}~~" for number, word in enumerate(words))
    text = f"## Important tokens\n{tokens}\n\n## Shortened prompts\n{_numbered(texts)}"
    return {"type": "rich", "title": "", "description": text}


def _numbered(texts: Sequence[str]) -> str:
    return "\n\n".join(f"{number}️⃣ {text}" for number, text in enumerate(texts, 1))


# ---------------------------------------------------------------- /settings

VERSION_SELECTOR = "MJ::Settings::VersionSelector"
_MODES = {"FastMode": "fast", "RelaxMode": "relaxed", "TurboMode": "turbo"}
SETTINGS_TEXT = "Adjust your settings here. They hold for every job you start from now on."


def settings_rows(profile: Profile, era: Era) -> list[Component]:
    def switch(name: str, label: str, emoji: str, *, on: bool) -> Component:
        return button(f"MJ::Settings::{name}::1", label, emoji, SUCCESS if on else SECONDARY)

    return rows(
        [_versions(profile.version or era.default_version, era)],
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
        numbered=era.numbered_components,
    )


def _versions(chosen: str, era: Era) -> Component:
    options = [{"label": f"Use V{version}", "value": version, "default": version == chosen} for version in era.versions]
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
