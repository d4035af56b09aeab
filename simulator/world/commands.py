"""The commands of the two bots, with ids and options, and the command index.

Contract: pure. The ids of /turbo and of the message command "Cancel Job" are invented, since none was seen in public.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.world.messages import APPLICATION_ID, BOTS, NIJI_ID, application_object

Json = dict[str, Any]
STRING, ATTACHMENT = 3, 11
SLASH, ON_MESSAGE = 1, 3


def _option(kind: int, name: str, *, required: bool = False) -> Json:
    return {"type": kind, "name": name, "description": f"The {name} to use", "required": required}


@dataclass(frozen=True, kw_only=True)
class ApplicationCommand:
    """One command; a bot without an id for it does not offer it."""

    name: str
    midjourney: str | None = None
    niji: str | None = None
    type: int = SLASH
    options: tuple[Json, ...] = ()

    def id_at(self, application_id: str) -> str | None:
        return {APPLICATION_ID: self.midjourney, NIJI_ID: self.niji}.get(application_id)


_PROMPT = _option(STRING, "prompt", required=True)
COMMANDS: tuple[ApplicationCommand, ...] = (
    ApplicationCommand(name="imagine", midjourney="938956540159881230", niji="1023054140580057099", options=(_PROMPT,)),
    ApplicationCommand(
        name="blend",
        midjourney="1062880104792997970",
        niji="1061216934374424697",
        options=(
            *(_option(ATTACHMENT, f"image{n}", required=n <= 2) for n in range(1, 6)),
            _option(STRING, "dimensions"),
        ),
    ),
    ApplicationCommand(
        name="describe",
        midjourney="1092492867185950852",
        niji="1092683500743831652",
        options=(_option(ATTACHMENT, "image"), _option(STRING, "link")),
    ),
    ApplicationCommand(
        name="shorten", midjourney="1121575372539039774", niji="1121575453916942376", options=(_PROMPT,)
    ),
    ApplicationCommand(
        name="show",
        midjourney="1169435442328911902",
        niji="1023054140580057101",
        options=(_option(STRING, "job_id", required=True),),
    ),
    ApplicationCommand(name="info", midjourney="972289487818334209", niji="1023054140580057102"),
    ApplicationCommand(name="settings", midjourney="1000850743479255081", niji="1023054140634579025"),
    ApplicationCommand(name="fast", midjourney="972289487818334212", niji="1023054140580057107"),
    ApplicationCommand(name="relax", midjourney="972289487818334213", niji="1023054140634579024"),
    ApplicationCommand(name="turbo", midjourney="1340000000000000001", niji="1340000000000000002"),
    ApplicationCommand(
        name="Cancel Job", midjourney="1340000000000000003", niji="1340000000000000004", type=ON_MESSAGE
    ),
)


def find(application_id: str, command_id: str, type_: int) -> ApplicationCommand | None:
    return next((item for item in COMMANDS if item.id_at(application_id) == command_id and item.type == type_), None)


# Names of commands and options in another language; the words that MidJourney uses are not known.
_LOCALISED: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        "imagine": "想象",
        "blend": "混合",
        "describe": "描述",
        "shorten": "缩短",
        "show": "显示",
        "info": "信息",
        "settings": "设置",
        "fast": "快速",
        "relax": "放松",
        "turbo": "极速",
        "Cancel Job": "取消任务",
        "prompt": "提示词",
        "image": "图片",
        "link": "链接",
        "dimensions": "尺寸",
        "job_id": "任务编号",
        **{f"image{n}": f"图片{n}" for n in range(1, 6)},
    }
}


def command_index(
    version: str, applications: Iterable[str], locale: str = "", *, without: Collection[str] = ()
) -> Json:
    """The response of every application-command-index route; localised if `locale` has translations.

    `without`: names of commands to leave out.
    """
    words = _LOCALISED.get(locale, {})
    listed = list(applications)
    commands = [
        _object(command, application_id, command_id, version, words)
        for application_id in listed
        for command in COMMANDS
        if command.name not in without and (command_id := command.id_at(application_id))
    ]
    return {
        "applications": [application_object(BOTS[item]) for item in listed],
        "application_commands": commands,
        "version": version,
    }


def _named(name: str, words: Mapping[str, str]) -> Json:
    return {"name": words[name], "name_default": name} if name in words else {"name": name}


def _object(
    command: ApplicationCommand, application_id: str, command_id: str, version: str, words: Mapping[str, str]
) -> Json:
    slash = command.type == SLASH
    return {
        "id": command_id,
        "application_id": application_id,
        "version": version,
        "type": command.type,
        **_named(command.name, words),
        "description": f"The {command.name} command" if slash else "",
        "options": [{**option, **_named(option["name"], words)} for option in command.options],
        "default_member_permissions": None,
        "dm_permission": True,
        "contexts": [0, 1, 2],
        "integration_types": [0, 1],
        "nsfw": False,
        "global_popularity_rank": 1,
    }
