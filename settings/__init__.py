"""Every setting of the service: its name in the environment, its unit, its default and the reason for it.

Contract: imports nothing else of the project. `groups` declares each setting once; `table` lists all; `reading` reads.
"""

from settings.checks import warnings
from settings.declaration import Declaration, SettingsGroup
from settings.errors import SettingsError
from settings.groups import (
    AccountSettings,
    ArchiveSettings,
    DiscordSettings,
    HookSettings,
    HttpSettings,
    LogSettings,
    Settings,
    StorageSettings,
    TaskSettings,
    TranslationSettings,
    TranslatorName,
)
from settings.paths import COMES_WITH, IS_BINARY, ROOT, dotenv_files, is_open_to_others, provide_example
from settings.readers import is_loopback
from settings.reading import CallerSettings, at_simulator, load, load_caller, load_storage, misspelt
from settings.secrets import ApiSecret, secrets_in
from settings.table import GROUPS, TABLE, Setting

__all__ = [
    "COMES_WITH",
    "GROUPS",
    "IS_BINARY",
    "ROOT",
    "TABLE",
    "AccountSettings",
    "ApiSecret",
    "ArchiveSettings",
    "CallerSettings",
    "Declaration",
    "DiscordSettings",
    "HookSettings",
    "HttpSettings",
    "LogSettings",
    "Setting",
    "Settings",
    "SettingsError",
    "SettingsGroup",
    "StorageSettings",
    "TaskSettings",
    "TranslationSettings",
    "TranslatorName",
    "at_simulator",
    "dotenv_files",
    "is_loopback",
    "is_open_to_others",
    "load",
    "load_caller",
    "load_storage",
    "misspelt",
    "provide_example",
    "secrets_in",
    "warnings",
]
