"""Settings → the chain of translators and the HTTP client that they share.

Contract: constructs only; the order of translators is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from bot.translation.cache import TranslationCache
from bot.translation.chain import TranslatorChain
from bot.translation.providers.baidu import Baidu
from bot.translation.providers.chat import ChatModel
from bot.translation.providers.deepl import DeepL
from bot.translation.providers.google import Google
from bot.translation.providers.google_keyless import GoogleKeyless
from bot.translation.providers.libretranslate import LibreTranslate
from bot.translation.providers.mymemory import MyMemory
from bot.translation.providers.provider import Provider
from settings import TranslationSettings
from storage.database_port import SqlDatabase
from storage.translations import Translations
from tasks.domain.ports import Clock

LOOPBACK = ("127.0.0.1", "[::1]", "localhost")  # never through a proxy
# Translators with keys first, as the operator chose them. Google without a key last: the endpoint is unofficial.
DEFAULT_ORDER = ("baidu", "deepl", "google", "libretranslate", "openai", "mymemory")


def make_translation_client(given: TranslationSettings) -> httpx.AsyncClient:
    """The client of all translators; ignores proxy variables of the environment."""
    proxy = given.translation_proxy or None
    direct = {f"all://{host}": httpx.AsyncHTTPTransport() for host in LOOPBACK} if proxy else {}
    return httpx.AsyncClient(trust_env=False, timeout=given.timeout_seconds, proxy=proxy, mounts=direct)


def make_translator(
    client: httpx.AsyncClient, given: TranslationSettings, clock: Clock, database: SqlDatabase | None = None
) -> TranslatorChain:
    store = Translations(database, size=given.cache_size, clock=clock) if database and given.cache_size else None
    return TranslatorChain(
        _providers(client, given) if given.enabled else (),
        timeout=given.timeout_seconds,
        pause=given.pause_seconds,
        scope=given.translate_from,
        cache=TranslationCache(store),
        clock=clock,
    )


def _providers(client: httpx.AsyncClient, given: TranslationSettings) -> list[Provider]:
    keyless = GoogleKeyless(client, base_url=given.google_keyless_url)
    makers: Mapping[str, Callable[[], Provider]] = {
        "baidu": lambda: Baidu(client, appid=given.baidu_appid, secret=given.baidu_secret, base_url=given.baidu_url),
        "deepl": lambda: DeepL(client, key=given.deepl_key, base_url=given.deepl_url),
        "google": lambda: (
            Google(client, key=given.google_key, base_url=given.google_url) if given.google_key else keyless
        ),
        "libretranslate": lambda: LibreTranslate(
            client, base_url=given.libretranslate_url, key=given.libretranslate_key
        ),
        "openai": lambda: ChatModel(client, base_url=given.openai_url, model=given.openai_model, key=given.openai_key),
        "mymemory": lambda: MyMemory(client, base_url=given.mymemory_url, email=given.mymemory_email),
    }
    return [makers[name]() for name in given.translators or _usable(given)]


def _usable(given: TranslationSettings) -> list[str]:
    """The configured translators in the default order."""
    configured = {
        "baidu": given.baidu_appid,
        "deepl": given.deepl_key,
        "google": given.google_key,
        "libretranslate": given.libretranslate_url,
        "openai": given.openai_model,
        "mymemory": "needs no key",
    }
    names = [name for name in DEFAULT_ORDER if configured[name]]
    return names if given.google_key else [*names, "google"]
