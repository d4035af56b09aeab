"""The settings in groups: each setting is declared once, on its field.

Contract: a field states the type, the bounds and the default of a setting; its `Declaration` states the name, the unit,
the reason, the reader, the old names and whether it is secret. The table, the reader, the log filter and the tests of
`.env.example` and docs/settings.md derive everything from that. Groups are frozen; each constructor gets its own group
and never all of them.

Longer than other files on purpose: one list contains every setting.
"""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from settings import readers
from settings.declaration import Declaration, SettingsGroup
from settings.secrets import ApiSecret

Whole = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Minutes = Annotated[int, Meta(ge=1, le=10_000)]
TranslatorName = Literal["baidu", "deepl", "google", "libretranslate", "openai", "mymemory"]

_CHANNEL_ADDRESS = "It is in the channel's address in a browser: discord.com/channels/<guild>/<channel>."

# fmt: off


class AccountSettings(SettingsGroup, frozen=True, kw_only=True):
    """One Discord account and the channel it draws in. Write several accounts as lists of equal length."""

    token: Annotated[str, Declaration(
        "DISCORD_TOKEN", "token, or a list separated by commas",
        read=readers.token, old=("SALAI_TOKEN",), secret=True, offline=True,
        why="The Discord account that draws. Anyone who has it controls the account. Not needed with --simulator.",
        missing="With a Discord account: DISCORD_TOKEN=… python run.py, or write it into .env.\n"
        "    Without one: python run.py --simulator",
    )]
    guild_id: Annotated[str, Declaration(
        "DISCORD_GUILD_ID", "id, or a list; one is shared by all tokens",
        read=readers.digits, old=("SERVER_ID",), offline=True,
        why="The Discord server in which the MidJourney bot is a member.",
        missing=f"Set it to the id of the Discord server to draw in. {_CHANNEL_ADDRESS}",
    )]
    channel_id: Annotated[str, Declaration(
        "DISCORD_CHANNEL_ID", "id, or a list; one is shared by all tokens",
        read=readers.digits, old=("CHANNEL_ID",), offline=True,
        why="The channel to draw in; a private one keeps strangers' pictures and yours apart.",
        missing=f"Set it to the id of the Discord channel to draw in. {_CHANNEL_ADDRESS}",
    )]
    concurrency: Annotated[int, Meta(ge=1, le=100), Declaration(
        "CONCURRENCY", "drawings at once, or a list; one is shared by all tokens", old=("NUMBER",),
        why="What the MidJourney plan allows in fast mode: Basic and Standard 3, Pro and Mega 12.",
    )] = 3
    concurrency_relaxed: Annotated[int, Meta(ge=0, le=100), Declaration(
        "CONCURRENCY_RELAXED", "relaxed drawings at once, or a list; one is shared by all tokens",
        why="What the plan allows in relaxed mode: 3. 0: CONCURRENCY, at most 3.",
    )] = 0
    concurrency_video: Annotated[int, Meta(ge=0, le=100), Declaration(
        "CONCURRENCY_VIDEO", "clips at once, or a list; one is shared by all tokens",
        why="What the plan allows in fast mode: Basic 1, Standard 3, Pro 6, Mega 12. 0: CONCURRENCY.",
    )] = 0
    concurrency_video_relaxed: Annotated[int, Meta(ge=0, le=100), Declaration(
        "CONCURRENCY_VIDEO_RELAXED", "relaxed clips at once, or a list; one is shared by all tokens",
        why="What the plan allows in relaxed mode: 3. 0: CONCURRENCY, at most 3.",
    )] = 0


class DiscordSettings(SettingsGroup, frozen=True, kw_only=True):
    """The accounts, the addresses of Discord and the client to identify as. An empty address is Discord's own."""

    accounts: tuple[AccountSettings, ...] = ()
    accounts_file: Annotated[str, Declaration(
        "ACCOUNTS_FILE", "file", offline=True,
        why="The accounts that the console and the API write; see docs/accounts.md. Empty: accounts.toml in DATA_DIR.",
    )] = ""
    api_base: Annotated[str, Declaration(
        "DISCORD_API_BASE", "URL with the version", read=readers.base_url, offline=True,
        why="Another address for Discord's REST API: a reverse proxy, where Discord cannot be reached.",
    )] = "https://discord.com/api/v9"
    gateway_url: Annotated[str, Declaration(
        "DISCORD_GATEWAY_URL", "ws or wss URL", read=readers.gateway_url, offline=True,
        why="Another address for Discord's gateway. Empty: Discord's own.",
    )] = ""
    cdn_base: Annotated[str, Declaration(
        "DISCORD_CDN_BASE", "URL", read=readers.base_url, offline=True,
        why="Replaces Discord's CDN when pictures are loaded and in the URLs that callers see. Empty: Discord's own.",
    )] = ""
    upload_base: Annotated[str, Declaration(
        "DISCORD_UPLOAD_BASE", "URL", read=readers.base_url, offline=True,
        why="Replaces the host to which pictures are uploaded. Empty: the one Discord names.",
    )] = ""
    activity_base: Annotated[str, Declaration(
        "DISCORD_ACTIVITY_BASE", "URL", read=readers.base_url, offline=True,
        why="Replaces the host of MidJourney's web dialog for Vary (Region). Empty: the one Discord gives each bot.",
    )] = ""
    proxy_url: Annotated[str, Declaration(
        "PROXY_URL", "http, https, socks5 or socks5h URL", read=readers.proxy_url, secret=True, offline=True,
        why="A proxy for all traffic to Discord. The system's proxy variables are ignored.",
    )] = ""
    fetch_build: Annotated[bool, Declaration(
        "DISCORD_FETCH_BUILD", "true or false", read=readers.flag, offline=True, simulator=False,
        why="At start, read the build of Discord's web client from its pages, to identify as it; 10 s at most.",
    )] = True
    build_number: Annotated[Whole, Declaration(
        "DISCORD_BUILD_NUMBER", "number",
        why="The build of Discord's web client to name when its pages cannot be read.",
    )] = 599_441
    chrome_version: Annotated[int, Meta(ge=100, le=999), Declaration(
        "DISCORD_CHROME_VERSION", "major version",
        why="The Chrome version to identify as. The default matches the TLS handshake of the pinned curl_cffi.",
    )] = 150


class TaskSettings(SettingsGroup, frozen=True, kw_only=True):
    """Limits and waiting times of the rules."""

    account_choice: Annotated[Literal["free", "turn", "weight", "fill"], Declaration(
        "ACCOUNT_CHOICE", "free, turn, weight or fill", read=str.lower,
        why="How to choose among accounts with a free slot: most free slots, in turn, by weight, or first until full.",
    )] = "free"
    send_interval_ms: Annotated[int, Meta(ge=0, le=600_000), Declaration(
        "SEND_INTERVAL_MS", "milliseconds", simulator=0,
        why="The minimum time between two sends of one account, plus jitter: bursts look automated.",
    )] = 1000
    settle_seconds: Annotated[int, Meta(ge=1, le=3600), Declaration(
        "SETTLE_SECONDS", "seconds",
        why="After a send of unknown outcome: how long the channel must show nothing to count as not sent.",
    )] = 120
    history_pages: Annotated[int, Meta(ge=1, le=500), Declaration(
        "HISTORY_PAGES", "pages of 100 messages",
        why="After a gap: how much of the channel's history is read at a time, followed by a pause of ten seconds.",
    )] = 20
    silence_minutes: Annotated[Minutes, Declaration(
        "SILENCE_MINUTES", "minutes",
        why="A task without any event fails after this long; normally the first event arrives within seconds.",
    )] = 5
    silence_minutes_fast: Annotated[Minutes, Declaration(
        "SILENCE_MINUTES_FAST", "minutes",
        why="The same for a running drawing in fast or turbo mode, which shows progress every few seconds.",
    )] = 15
    silence_minutes_relaxed: Annotated[Minutes, Declaration(
        "SILENCE_MINUTES_RELAXED", "minutes",
        why="The same in relaxed mode or in MidJourney's own queue, where hours may pass.",
    )] = 180
    max_queue: Annotated[Whole, Declaration(
        "MAX_QUEUE", "tasks",
        why="Submits beyond this number of waiting tasks are refused, so that a runaway caller cannot fill the disk.",
    )] = 10_000
    max_queue_per_secret: Annotated[int, Meta(ge=0), Declaration(
        "MAX_QUEUE_PER_SECRET", "tasks, 0 for no limit",
        why="The same for each named secret, so that one caller cannot fill the queue for the others.",
    )] = 1000
    prompt_suffix: Annotated[str, Declaration(
        "PROMPT_SUFFIX", "parameters, such as --ar 16:9 --stylize 200",
        why="Appended to each prompt that lacks these parameters.",
    )] = ""
    max_drawings_per_prompt: Annotated[int, Meta(ge=1, le=100), Declaration(
        "MAX_DRAWINGS_PER_PROMPT", "drawings",
        why="Prompts that make more, by {a, b} or --repeat, are refused: each is paid, and a task shows one result.",
    )] = 1
    banned_words_file: Annotated[str, Declaration(
        "BANNED_WORDS_FILE", "file, a word or phrase on each line",
        why="Replaces the built-in list of banned words: repeated attempts with them get an account blocked.",
    )] = ""
    modal_timeout_minutes: Annotated[Minutes, Declaration(
        "MODAL_TIMEOUT", "minutes",
        why="A task that waits for its caller's second input (status MODAL) is cancelled after this long.",
    )] = 30
    remix_auto_submit: Annotated[bool, Declaration(
        "REMIX_AUTO_SUBMIT", "true or false", read=readers.flag,
        why="Submit a Remix dialog that opens unrequested with its own text. Off: /mj tasks become MODAL instead.",
    )] = True
    fallback_to_relax: Annotated[bool, Declaration(
        "FALLBACK_TO_RELAX", "true or false", read=readers.flag,
        why="When the account's fast hours are used up, send drawings again in relaxed mode. Off: the account pauses.",
    )] = False
    max_prompt_length: Annotated[Whole, Declaration(
        "MAX_PROMPT_LENGTH", "characters",
        why="Longer prompts are refused at once: Discord accepts no longer command option.",
    )] = 6000
    max_state_kb: Annotated[int, Meta(ge=1, le=256), Declaration(
        "MAX_STATE_KB", "KiB",
        why="A longer state is refused: it is stored, and sent with every webhook of its task.",
    )] = 64


class HttpSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where the API listens and which requests it accepts."""

    host: Annotated[str, Declaration(
        "HOST", "address", read=readers.host,
        why="The address to listen on. The default is reachable from this machine only; 0.0.0.0 is every interface.",
    )] = "127.0.0.1"
    port: Annotated[Port, Declaration(
        "PORT", "TCP port",
        why="The port to listen on; the same as Midjourney-node-api's.",
    )] = 3000
    api_secrets: Annotated[tuple[ApiSecret, ...], Declaration(
        "API_SECRET", "text, or a list of name:secret and name:secret:shared", read=readers.api_secrets, secret=True,
        why="The secret that callers must send. Without it only this machine is served: each drawing costs money.",
    )] = ()
    admin_secret: Annotated[str, Declaration(
        "ADMIN_SECRET", "text", read=readers.word, secret=True,
        why="The operator's secret. It also gives access to every task. Empty: nobody is the operator.",
    )] = ""
    rate_limit: Annotated[int, Meta(ge=0, le=100_000), Declaration(
        "RATE_LIMIT", "submits per minute, 0 for no limit",
        why="Per secret, with bursts of the same size. More submits are refused. Reads are not counted.",
    )] = 0
    max_connections: Annotated[int, Meta(ge=10, le=100_000), Declaration(
        "MAX_CONNECTIONS", "connections",
        why="A new one replaces the longest idle one; if all are busy it gets 503. One address has at most 7/8.",
    )] = 800
    allow_anonymous: Annotated[bool, Declaration(
        "ALLOW_ANONYMOUS", "true or false", read=readers.flag,
        why="Serve other machines without API_SECRET. Only where something else controls access.",
    )] = False
    allowed_hosts: Annotated[tuple[str, ...], Declaration(
        "ALLOWED_HOSTS", "list separated by commas", read=readers.list_of(readers.host),
        why="Host names, besides loopback, accepted without API_SECRET; prevents DNS rebinding.",
    )] = ()
    cors_origins: Annotated[tuple[str, ...], Declaration(
        "CORS_ORIGINS", "list separated by commas", read=readers.list_of(readers.origin),
        why="Origins of web pages that may call without API_SECRET. With it any page may that knows the secret.",
    )] = ()
    public_url: Annotated[str, Declaration(
        "PUBLIC_URL", "URL", read=readers.base_url,
        why="The URL by which users reach this service, for links to itself. Empty: http://HOST:PORT.",
    )] = ""
    max_body_mb: Annotated[int, Meta(ge=1, le=1024), Declaration(
        "MAX_BODY_MB", "MiB",
        why="Larger requests are refused. Pictures are sent as base64, a third larger than their files.",
    )] = 64
    queued_code: Annotated[Literal[1, 22], Declaration(
        "MJ_QUEUED_CODE", "22 or 1",
        why="The code with which /mj answers a queued submit. Some clients treat 22 as a failure.",
    )] = 22
    names_tiles: Annotated[bool, Declaration(
        "MJ_GRID_TILES", "true or false", read=readers.flag,
        why="List the four pictures of a grid in /mj's imageUrls, cut from the archived copy. Requires ARCHIVE.",
    )] = False

    @property
    def address(self) -> str:
        """The address of the service, for links and for the console."""
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class HookSettings(SettingsGroup, frozen=True, kw_only=True):
    """Webhooks and alerts."""

    notify_hook: Annotated[str, Declaration(
        "NOTIFY_HOOK", "http or https URL", read=readers.url, secret=True,
        why="Receives the end of every task, besides the task's own webhook. Any address is allowed.",
    )] = ""
    alert_hook: Annotated[str, Declaration(
        "ALERT_HOOK", "http or https URL", read=readers.url, secret=True,
        why="Receives an alert when an account pauses and needs a human. Any address is allowed.",
    )] = ""
    alert_format: Annotated[
        Literal["auto", "json", "ntfy", "telegram", "discord", "slack", "feishu", "dingtalk"], Declaration(
        "ALERT_FORMAT", "auto, json, ntfy, telegram, discord, slack, feishu or dingtalk", read=str.lower,
        why="The format of alerts. auto recognises the services by the host of ALERT_HOOK; docs/webhooks.md.",
    )] = "auto"
    webhook_secret: Annotated[tuple[str, ...], Declaration(
        "WEBHOOK_SECRET", "whsec_ and base64; two separated by a comma while rotating",
        read=readers.list_of(readers.webhook_secret), secret=True,
        why="Signs every webhook and alert, so that receivers can verify the sender; docs/webhooks.md.",
    )] = ()
    hook_allow: Annotated[tuple[str, ...], Declaration(
        "HOOK_ALLOW", "list of host names and networks, separated by commas",
        read=readers.list_of(readers.allowed_name),
        why="Addresses allowed in callers' URLs besides public ones: hooks.internal, *.apps.internal, 10.1.2.0/24.",
    )] = ()
    allow_private_hooks: Annotated[bool, Declaration(
        "ALLOW_PRIVATE_HOOKS", "true or false", read=readers.flag, simulator=True,
        why="Allow callers' webhooks and picture URLs to reach loopback and private addresses. Trusted callers only.",
    )] = False


class TranslationSettings(SettingsGroup, frozen=True, kw_only=True):
    """Translation of prompts into English."""

    enabled: Annotated[bool, Declaration(
        "TRANSLATION", "true or false", read=readers.flag,
        why="Translate prompts that are not English. Off: they go to MidJourney unchanged, and to no translator.",
    )] = True
    translators: Annotated[tuple[TranslatorName, ...], Declaration(
        "TRANSLATORS", "list of baidu, deepl, google, libretranslate, openai, mymemory",
        read=readers.list_of(str.lower), offline=True,
        why="The translators to use, in this order. Empty: all with their keys set, then MyMemory and keyless Google.",
    )] = ()
    translate_from: Annotated[Literal["all", "non-latin"], Declaration(
        "TRANSLATE_FROM", "all or non-latin", read=str.lower,
        why="non-latin does not translate languages in Latin letters, which must be guessed from their words.",
    )] = "all"
    baidu_appid: Annotated[str, Declaration(
        "BAIDU_APPID", "text", read=readers.word, old=("baiduAPPID",), offline=True,
        why="Baidu's translator is used when this and BAIDU_SECRET are set.",
    )] = ""
    baidu_secret: Annotated[str, Declaration(
        "BAIDU_SECRET", "text", read=readers.word, old=("baiduSECRET",), secret=True, offline=True,
        why="Signs requests to Baidu.",
    )] = ""
    baidu_url: Annotated[str, Declaration(
        "BAIDU_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for Baidu's translator.",
    )] = "https://fanyi-api.baidu.com"
    deepl_key: Annotated[str, Declaration(
        "DEEPL_KEY", "text", read=readers.word, secret=True, offline=True,
        why="DeepL is used when it is set. A key that ends with :fx belongs to the free plan.",
    )] = ""
    deepl_url: Annotated[str, Declaration(
        "DEEPL_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for DeepL. Empty: the free plan's or the pro plan's, as the key says.",
    )] = ""
    google_key: Annotated[str, Declaration(
        "GOOGLE_TRANSLATE_KEY", "text", read=readers.word, secret=True, offline=True,
        why="Google Cloud Translation is used when it is set, instead of Google's keyless endpoint.",
    )] = ""
    google_url: Annotated[str, Declaration(
        "GOOGLE_TRANSLATE_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for Google Cloud Translation.",
    )] = "https://translation.googleapis.com"
    google_keyless_url: Annotated[str, Declaration(
        "GOOGLE_KEYLESS_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for Google's keyless endpoint, which is unofficial.",
    )] = "https://translate.googleapis.com"
    libretranslate_url: Annotated[str, Declaration(
        "LIBRETRANSLATE_URL", "URL", read=readers.base_url, offline=True,
        why="LibreTranslate is used when it is set: the address of your own server, or of a public one.",
    )] = ""
    libretranslate_key: Annotated[str, Declaration(
        "LIBRETRANSLATE_KEY", "text", read=readers.word, secret=True, offline=True,
        why="For LibreTranslate servers that require one.",
    )] = ""
    openai_model: Annotated[str, Declaration(
        "OPENAI_MODEL", "name of a model", read=readers.word, offline=True,
        why="A chat model is used when it is set, at OPENAI_URL: OpenAI's, or any with the same API, such as Ollama.",
    )] = ""
    openai_url: Annotated[str, Declaration(
        "OPENAI_URL", "URL with the version", read=readers.base_url, offline=True,
        why="The address of the chat model. For Ollama on this machine: http://127.0.0.1:11434/v1.",
    )] = "https://api.openai.com/v1"
    openai_key: Annotated[str, Declaration(
        "OPENAI_KEY", "text", read=readers.word, secret=True, offline=True,
        why="For chat models that require one.",
    )] = ""
    mymemory_url: Annotated[str, Declaration(
        "MYMEMORY_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for MyMemory, which needs no key.",
    )] = "https://api.mymemory.translated.net"
    mymemory_email: Annotated[str, Declaration(
        "MYMEMORY_EMAIL", "address", read=readers.word, offline=True,
        why="With an address, MyMemory's daily limit is ten times as high.",
    )] = ""
    translation_proxy: Annotated[str, Declaration(
        "TRANSLATION_PROXY", "http, https, socks5 or socks5h URL", read=readers.proxy_url, secret=True, offline=True,
        why="A proxy for all translators except those on this machine.",
    )] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, le=60), Declaration(
        "TRANSLATION_TIMEOUT_SECONDS", "seconds",
        why="In total, for all translators together; then the original text is sent, with a note.",
    )] = 5.0
    pause_seconds: Annotated[float, Meta(ge=0, le=86_400), Declaration(
        "TRANSLATION_PAUSE_SECONDS", "seconds",
        why="A failed translator is skipped for this long, so that it delays only one task.",
    )] = 60.0
    cache_size: Annotated[int, Meta(ge=0, le=1_000_000), Declaration(
        "TRANSLATION_CACHE_SIZE", "translations",
        why="The number of stored translations; these cost neither money nor time again. 0: none.",
    )] = 10_000


class StorageSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where tasks are stored, and for how long."""

    data_dir: Annotated[Path, Declaration(
        "DATA_DIR", "folder", read=Path,
        why="Data that must survive a restart. Set in the environment, its .env is read, too; /data in the container.",
    )] = Path("data")
    database_path: Annotated[Path, Declaration(
        "DATABASE_PATH", "file", read=Path,
        why="The database of all tasks. Empty: tasks.db in DATA_DIR, with --simulator simulator.db.",
    )] = Path("data/tasks.db")
    database_url: Annotated[str, Declaration(
        "DATABASE_URL", "postgresql URL", read=readers.database_url, secret=True, offline=True,
        why="Keeps tasks in PostgreSQL 14 or newer instead of a file; docs/operations.md. Ignored with --simulator.",
    )] = ""
    capture_dir: Annotated[str, Declaration(
        "CAPTURE_DIR", "folder",
        why="Stores messages of MidJourney that were not understood; docs/troubleshooting.md. Empty: only logged.",
    )] = ""
    task_retention: Annotated[int, Meta(ge=0, le=36_500), Declaration(
        "TASK_RETENTION", "days",
        why="Finished tasks older than this are removed. 0 keeps them for ever.",
    )] = 0
    purge_at: Annotated[str, Declaration(
        "PURGE_AT", "HH:MM, in the machine's time", read=readers.time_of_day,
        why="Each day at this time every finished task is removed; docs/operations.md. Empty: never.",
    )] = ""


class ArchiveSettings(SettingsGroup, frozen=True, kw_only=True):
    """Copies of results, which outlive Discord's links."""

    place: Annotated[Literal["off", "disk", "s3"], Declaration(
        "ARCHIVE", "off, disk or s3", read=str.lower,
        why="Where results are copied to, so that imageUrl stays valid; docs/archive.md. off leaves them at Discord.",
    )] = "disk"
    folder: Annotated[Path, Declaration(
        "ARCHIVE_DIR", "folder", read=Path,
        why="The folder of the disk archive. Empty: images in DATA_DIR, with --simulator simulator-images.",
    )] = Path("data/images")
    previews: Annotated[bool, Declaration(
        "ARCHIVE_PREVIEWS", "true or false", read=readers.flag,
        why="Also copy previews of running drawings, for callers who cannot reach Discord.",
    )] = False
    days: Annotated[int, Meta(ge=0, le=36_500), Declaration(
        "ARCHIVE_DAYS", "days",
        why="Copies older than this are removed; their tasks stay. 0 keeps them as long as their tasks.",
    )] = 0
    max_mb: Annotated[int, Meta(ge=0, le=100_000_000), Declaration(
        "ARCHIVE_MAX_MB", "MiB",
        why="When the copies take more space than this, the oldest are removed. 0: no limit.",
    )] = 0
    first_seconds: Annotated[int, Meta(ge=0, le=300), Declaration(
        "ARCHIVE_FIRST_SECONDS", "seconds",
        why="How long the webhook of a task's end waits for the copy, so that it has its link. 0: not at all.",
    )] = 0
    redirect: Annotated[bool, Declaration(
        "ARCHIVE_REDIRECT", "true or false", read=readers.flag,
        why="With s3: redirect browsers to the storage by a signed link instead of streaming the bytes.",
    )] = False
    s3_bucket: Annotated[str, Declaration(
        "S3_BUCKET", "name", read=readers.word,
        why="The bucket of the s3 archive.",
    )] = ""
    s3_endpoint: Annotated[str, Declaration(
        "S3_ENDPOINT", "URL", read=readers.base_url,
        why="The address of the storage, without the bucket. Empty: Amazon's, in the region.",
    )] = ""
    s3_region: Annotated[str, Declaration(
        "S3_REGION", "region", read=readers.word,
        why="The bucket's region, used in signatures; auto for Cloudflare R2.",
    )] = "us-east-1"
    s3_access_key_id: Annotated[str, Declaration(
        "S3_ACCESS_KEY_ID", "text", read=readers.word, secret=True,
        why="The access key for the storage.",
    )] = ""
    s3_secret_access_key: Annotated[str, Declaration(
        "S3_SECRET_ACCESS_KEY", "text", read=readers.word, secret=True,
        why="The secret of S3_ACCESS_KEY_ID.",
    )] = ""
    s3_prefix: Annotated[str, Declaration(
        "S3_PREFIX", "path", read=readers.object_prefix,
        why="A folder in a shared bucket.",
    )] = ""
    s3_virtual_hosted: Annotated[bool, Declaration(
        "S3_VIRTUAL_HOSTED", "true or false", read=readers.flag,
        why="Put the bucket into the host name instead of the path, as Alibaba's OSS requires.",
    )] = False


class LogSettings(SettingsGroup, frozen=True, kw_only=True):
    """What is logged to stderr."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Declaration(
        "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", read=str.upper,
        why="INFO is one line per event of a task.",
    )] = "INFO"
    format: Annotated[Literal["text", "json"], Declaration(
        "LOG_FORMAT", "text or json", read=str.lower,
        why="json is for log collectors.",
    )] = "text"


class Settings(SettingsGroup, frozen=True, kw_only=True):
    """All groups. Only app/ uses this; it passes each constructor the group that it needs."""

    discord: DiscordSettings = DiscordSettings()
    tasks: TaskSettings = TaskSettings()
    http: HttpSettings = HttpSettings()
    hooks: HookSettings = HookSettings()
    translation: TranslationSettings = TranslationSettings()
    storage: StorageSettings = StorageSettings()
    archive: ArchiveSettings = ArchiveSettings()
    log: LogSettings = LogSettings()
    simulator: bool = False  # from the command line, not from the environment
    simulator_port: Annotated[Port, Declaration(
        "SIMULATOR_PORT", "TCP port",
        why="The port of the simulated Discord of --simulator.",
    )] = 8765
