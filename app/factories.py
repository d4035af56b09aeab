"""Settings → constructor arguments. Pure, except that the operator's list of banned words is read from its file.

Contract: a setting is converted to the terms of another package here and nowhere else. Nothing is opened, nothing runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import time
from urllib.parse import urlsplit

from api.http.auth import Access
from api.http.principals import NamedSecret
from api.ops.alert_formats import AlertFormat
from api.ops.alerts import Alerts
from api.outbound.allowlist import EVERYTHING, Allowlist
from api.webhooks.signing import Signer
from app.accounts_file import AccountsFile, slot_limits
from bot.account_state import AccountConfig
from bot.gateway.receiver import Observer
from bot.http.client_identity import ClientIdentity
from bot.http.endpoints import Endpoints
from bot.pool import Pool
from settings import (
    ROOT,
    AccountSettings,
    DiscordSettings,
    HookSettings,
    HttpSettings,
    StorageSettings,
    TaskSettings,
)
from tasks.domain.clock import SteadyClock
from tasks.domain.events import Event
from tasks.domain.ports import Clock
from tasks.prompts.banned import BannedWords, BannedWordsUnreadable
from tasks.prompts.check import PromptRules
from tasks.results.retention import RetentionPolicy
from tasks.rules.deadlines import MINUTE, Deadlines
from tasks.use_cases.service import Limits


def make_endpoints(discord: DiscordSettings) -> Endpoints:
    given = {
        "api_base": discord.api_base,
        "gateway_url": discord.gateway_url,
        "cdn_base": discord.cdn_base,
        "upload_base": discord.upload_base,
        "activity_base": discord.activity_base,
    }
    return Endpoints(**{name: url for name, url in given.items() if url})


def account_configs(accounts: Sequence[AccountSettings]) -> list[AccountConfig]:
    """Name each account after its channel, which outlives a changed token; number accounts that share a channel."""
    seen: Counter[str] = Counter()
    configs = []
    for account in accounts:
        seen[account.channel_id] += 1
        nth = seen[account.channel_id]
        configs.append(
            AccountConfig(
                id=account.channel_id if nth == 1 else f"{account.channel_id}-{nth}",
                token=account.token,
                guild_id=account.guild_id,
                channel_id=account.channel_id,
                capacity=account.concurrency,
                limits=slot_limits(
                    account.concurrency_relaxed, account.concurrency_video, account.concurrency_video_relaxed
                ),
            )
        )
    return configs


def make_pool(
    discord: DiscordSettings,
    accounts: Sequence[AccountConfig],
    history_pages: int,
    sink: Callable[[Event], None],
    *,
    on_pause: Callable[[str, str], None],
    observe: Observer,
    clock: SteadyClock,
) -> Pool:
    return Pool(
        accounts,
        sink=sink,
        endpoints=make_endpoints(discord),
        proxy_url=discord.proxy_url,
        properties=ClientIdentity(build_number=discord.build_number, chrome=discord.chrome_version),
        history_pages=history_pages,
        receive_private=True,  # MidJourney sends seeds in private messages
        fetch_properties=None if discord.fetch_build else False,
        on_pause=on_pause,
        observe=observe,
        clock=clock,
        set_clock=clock.set_by,
    )


def accounts_of(discord: DiscordSettings, file: AccountsFile | None, shared: Endpoints) -> list[AccountConfig]:
    """The accounts of the settings, then those of the file with other ids. Raises BadAccount."""
    plain = account_configs(discord.accounts)
    known = {config.id for config in plain}
    filed = [] if file is None else [fields.config(shared) for fields in file.read()]
    return [*plain, *(config for config in filed if config.id not in known)]


def make_access(given: HttpSettings) -> Access:
    public = urlsplit(given.public_url).hostname  # the public name of the service is one of its hosts
    return Access(
        secret=next((each.secret for each in given.api_secrets if not each.name), ""),
        named=tuple(
            NamedSecret(name=each.name, secret=each.secret, shared=each.shared)
            for each in given.api_secrets
            if each.name
        ),
        admin_secret=given.admin_secret,
        submits_per_minute=given.rate_limit,
        is_public_https=given.public_url.startswith("https://"),
        allowed_hosts=frozenset([*given.allowed_hosts, *([public] if public else [])]),
        cors_origins=frozenset(given.cors_origins),
    )


def make_allowlist(given: HookSettings) -> Allowlist:
    """The addresses besides public ones that client URLs may lead to."""
    return EVERYTHING if given.allow_private_hooks else Allowlist.of(given.hook_allow)


def make_alerts(given: HookSettings, clock: Clock) -> Alerts:
    kind = None if given.alert_format == "auto" else AlertFormat(given.alert_format)
    return Alerts(given.alert_hook, clock=clock, signer=Signer(given.webhook_secret), kind=kind)


def make_deadlines(given: TaskSettings) -> Deadlines:
    return Deadlines(
        no_event=given.silence_minutes * MINUTE,
        fast=given.silence_minutes_fast * MINUTE,
        relaxed=given.silence_minutes_relaxed * MINUTE,
        settle=given.settle_seconds * 1000,
    )


def make_limits(given: TaskSettings) -> Limits:
    return Limits(
        max_queue=given.max_queue,
        max_queue_of_each=given.max_queue_per_secret,
        longest_state=given.max_state_kb * 1024,
        modal_timeout=given.modal_timeout_minutes * MINUTE,
        sends_remix_on=given.remix_auto_submit,
    )


def make_retention_policy(given: StorageSettings) -> RetentionPolicy:
    return RetentionPolicy(
        days=given.task_retention, purge_at=time.fromisoformat(given.purge_at) if given.purge_at else None
    )


def make_rules(given: TaskSettings) -> PromptRules:
    """Raises BannedWordsUnreadable when the operator's list cannot be read."""
    own = given.banned_words_file
    try:
        banned = BannedWords.parse((ROOT / own).read_text("utf-8")) if own else BannedWords.default()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BannedWordsUnreadable(
            f"The banned words in {ROOT / own} cannot be read: {why}.", hint="Correct BANNED_WORDS_FILE."
        ) from error
    return PromptRules(
        banned=banned,
        max_length=given.max_prompt_length,
        permutations=0 if given.max_drawings_per_prompt == 1 else given.max_drawings_per_prompt,
        default_suffix=given.prompt_suffix,
    )
