"""The settings in groups: each setting is declared once, on its field.

Contract: a field states the type, the bounds and the default of a setting; its `Declaration` states the name, the unit,
the reason, the reader, the old names and whether it is secret. The table, the reader, the log filter and the tests of
`.env.example` and docs/settings.md derive everything from that. Groups are frozen; each constructor gets its own group
and never the whole.

Longer than other files on purpose: a reader finds every setting in one list.
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
        why="The Discord account that draws. It is as good as a password. Not needed with --simulator.",
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


class DiscordSettings(SettingsGroup, frozen=True, kw_only=True):
    """The accounts, the addresses of Discord and the client to identify as. An empty address is Discord's own."""

    accounts: tuple[AccountSettings, ...] = ()
    accounts_file: Annotated[str, Declaration(
        "ACCOUNTS_FILE", "file", offline=True,
        why="Several accounts, each with limits of its own, instead of the four above; see docs/accounts.md.",
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
        why="A proxy for everything said to Discord. Proxy variables of the system are not read.",
    )] = ""
    fetch_build: Annotated[bool, Declaration(
        "DISCORD_FETCH_BUILD", "true or false", read=readers.flag, offline=True, simulator=False,
        why="Ask Discord's own pages at the start which build its web client is, to look like it; 10 s at most.",
    )] = True
    build_number: Annotated[Whole, Declaration(
        "DISCORD_BUILD_NUMBER", "number",
        why="The build of Discord's web client to name when its pages cannot be asked.",
    )] = 599_441
    chrome_version: Annotated[int, Meta(ge=100, le=999), Declaration(
        "DISCORD_CHROME_VERSION", "major version",
        why="The Chrome to pass for; the default is the one whose TLS handshake the pinned curl_cffi speaks.",
    )] = 150


class TaskSettings(SettingsGroup, frozen=True, kw_only=True):
    """Limits and waiting times of the rules."""

    account_choice: Annotated[Literal["free", "turn", "weight", "fill"], Declaration(
        "ACCOUNT_CHOICE", "free, turn, weight or fill", read=str.lower,
        why="Who draws, of several accounts with a slot: most free slots, in turn, by weight, or the first until full.",
    )] = "free"
    send_interval_ms: Annotated[int, Meta(ge=0, le=600_000), Declaration(
        "SEND_INTERVAL_MS", "milliseconds", simulator=0,
        why="The least pause between two sends of one account, plus some jitter: bursts look like a machine.",
    )] = 1000
    settle_seconds: Annotated[int, Meta(ge=1, le=3600), Declaration(
        "SETTLE_SECONDS", "seconds",
        why="After a send with an unknown outcome: how long the channel must show nothing before that counts as a no.",
    )] = 120
    history_pages: Annotated[int, Meta(ge=1, le=500), Declaration(
        "HISTORY_PAGES", "pages of 100 messages",
        why="After a gap: how much of the channel's history is read at a time; then there is a pause of ten seconds.",
    )] = 20
    silence_minutes: Annotated[Minutes, Declaration(
        "SILENCE_MINUTES", "minutes",
        why="A task of which nothing at all has been heard fails after this long; a new one shows within seconds.",
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
        why="More waiting tasks than this are refused as 'queue full', so that a runaway caller cannot fill the disk.",
    )] = 10_000
    max_queue_per_secret: Annotated[int, Meta(ge=0), Declaration(
        "MAX_QUEUE_PER_SECRET", "tasks, 0 for no limit",
        why="The same for each named secret, so that one caller cannot fill the queue for the others.",
    )] = 1000
    prompt_suffix: Annotated[str, Declaration(
        "PROMPT_SUFFIX", "parameters, such as --ar 16:9 --stylize 200",
        why="Appended to each prompt that does not have these parameters.",
    )] = ""
    max_drawings_per_prompt: Annotated[int, Meta(ge=1, le=100), Declaration(
        "MAX_DRAWINGS_PER_PROMPT", "drawings",
        why="Prompts that make more, by {a, b} or --repeat, are refused: each is paid, and a task shows one result.",
    )] = 1
    banned_words_file: Annotated[str, Declaration(
        "BANNED_WORDS_FILE", "file, a word or phrase on each line",
        why="Replaces the built-in list of words that are refused: repeated tries with them get an account blocked.",
    )] = ""
    modal_timeout_minutes: Annotated[Minutes, Declaration(
        "MODAL_TIMEOUT", "minutes",
        why="A task that waits for its caller's second input (status MODAL) is cancelled after this long.",
    )] = 30
    remix_auto_submit: Annotated[bool, Declaration(
        "REMIX_AUTO_SUBMIT", "true or false", read=readers.flag,
        why="A Remix dialog that opens unasked is sent on with its own text. Off, /mj tasks turn MODAL then.",
    )] = True
    fallback_to_relax: Annotated[bool, Declaration(
        "FALLBACK_TO_RELAX", "true or false", read=readers.flag,
        why="When the account's fast hours are gone, send drawings again in relaxed mode. Off, the account pauses.",
    )] = False
    max_prompt_length: Annotated[Whole, Declaration(
        "MAX_PROMPT_LENGTH", "characters",
        why="Longer prompts are refused at once: Discord takes no longer option of a command.",
    )] = 6000
    max_state_kb: Annotated[int, Meta(ge=1, le=256), Declaration(
        "MAX_STATE_KB", "KiB",
        why="A longer state is refused: it is kept, and told again with each step of its task.",
    )] = 64


class HttpSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where the API listens and which requests it accepts."""

    host: Annotated[str, Declaration(
        "HOST", "address", read=readers.host,
        why="Where to listen. The default is reachable from this machine alone; 0.0.0.0 is every interface.",
    )] = "127.0.0.1"
    port: Annotated[Port, Declaration(
        "PORT", "TCP port",
        why="Where to listen; the reference's port.",
    )] = 3000
    api_secrets: Annotated[tuple[ApiSecret, ...], Declaration(
        "API_SECRET", "text, or a list of name:secret and name:secret:shared", read=readers.api_secrets, secret=True,
        why="What callers must send along. Without it only this machine is served: each drawing costs money.",
    )] = ()
    admin_secret: Annotated[str, Declaration(
        "ADMIN_SECRET", "text", read=readers.word, secret=True,
        why="What the operator's own requests send along. It also shows every task. Empty: nobody is the operator.",
    )] = ""
    rate_limit: Annotated[int, Meta(ge=0, le=100_000), Declaration(
        "RATE_LIMIT", "submits per minute, 0 for no limit",
        why="For each secret; as many may come at once. What is beyond is refused. Look-ups are not counted.",
    )] = 0
    max_connections: Annotated[int, Meta(ge=10, le=100_000), Declaration(
        "MAX_CONNECTIONS", "connections",
        why="The longest silent goes for one more; if all are busy it gets 503. One address has 7/8 of them at most.",
    )] = 800
    allow_anonymous: Annotated[bool, Declaration(
        "ALLOW_ANONYMOUS", "true or false", read=readers.flag,
        why="Serve other machines without API_SECRET. Only where something else keeps strangers out.",
    )] = False
    allowed_hosts: Annotated[tuple[str, ...], Declaration(
        "ALLOWED_HOSTS", "list separated by commas", read=readers.list_of(readers.host),
        why="Names besides loopback under which the service is called without API_SECRET; it stops DNS rebinding.",
    )] = ()
    cors_origins: Annotated[tuple[str, ...], Declaration(
        "CORS_ORIGINS", "list separated by commas", read=readers.list_of(readers.origin),
        why="Web pages that may call without API_SECRET. With it any page may, as it must know the secret.",
    )] = ()
    public_url: Annotated[str, Declaration(
        "PUBLIC_URL", "URL", read=readers.base_url,
        why="How users reach this service, for links to itself. Empty: http://HOST:PORT.",
    )] = ""
    max_body_mb: Annotated[int, Meta(ge=1, le=1024), Declaration(
        "MAX_BODY_MB", "MiB",
        why="Larger requests are refused. Pictures come as base64, a third larger than their files.",
    )] = 64
    queued_code: Annotated[Literal[1, 22], Declaration(
        "MJ_QUEUED_CODE", "22 or 1",
        why="The code with which /mj answers a submit that has to wait. Some clients take 22 for a failure.",
    )] = 22
    names_tiles: Annotated[bool, Declaration(
        "MJ_GRID_TILES", "true or false", read=readers.flag,
        why="Name the four pictures of a grid in /mj's imageUrls, cut from our copy. They need ARCHIVE.",
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
        why="Hears the end of every task, besides the task's own hook. The operator's word: no address is refused.",
    )] = ""
    alert_hook: Annotated[str, Declaration(
        "ALERT_HOOK", "http or https URL", read=readers.url, secret=True,
        why="Hears when an account pauses because a human is needed. The operator's word: no address is refused.",
    )] = ""
    webhook_secret: Annotated[tuple[str, ...], Declaration(
        "WEBHOOK_SECRET", "whsec_ and base64; two separated by a comma while rotating",
        read=readers.list_of(readers.webhook_secret), secret=True,
        why="Signs every call-back and alert, so that receivers know who speaks; docs/webhooks.md.",
    )] = ()
    hook_allow: Annotated[tuple[str, ...], Declaration(
        "HOOK_ALLOW", "list of host names and networks, separated by commas",
        read=readers.list_of(readers.allowed_name),
        why="Where callers' URLs may lead besides public addresses: hooks.internal, *.apps.internal, 10.1.2.0/24.",
    )] = ()
    allow_private_hooks: Annotated[bool, Declaration(
        "ALLOW_PRIVATE_HOOKS", "true or false", read=readers.flag, simulator=True,
        why="Let callers' hooks and picture URLs reach loopback and private addresses; no stranger should.",
    )] = False


class TranslationSettings(SettingsGroup, frozen=True, kw_only=True):
    """Translation of prompts into English."""

    enabled: Annotated[bool, Declaration(
        "TRANSLATION", "true or false", read=readers.flag,
        why="Translate prompts that are not English. Off, they go to MidJourney as they are and to no translator.",
    )] = True
    translators: Annotated[tuple[TranslatorName, ...], Declaration(
        "TRANSLATORS", "list of baidu, deepl, google, libretranslate, openai, mymemory",
        read=readers.list_of(str.lower), offline=True,
        why="Who is asked, in this order. Empty: all whose keys are set, then MyMemory and Google without one.",
    )] = ()
    translate_from: Annotated[Literal["all", "non-latin"], Declaration(
        "TRANSLATE_FROM", "all or non-latin", read=str.lower,
        why="non-latin leaves languages in Latin letters as they are: which is which has to be guessed from words.",
    )] = "all"
    baidu_appid: Annotated[str, Declaration(
        "BAIDU_APPID", "text", read=readers.word, old=("baiduAPPID",), offline=True,
        why="Baidu's translator is asked when this and BAIDU_SECRET are set.",
    )] = ""
    baidu_secret: Annotated[str, Declaration(
        "BAIDU_SECRET", "text", read=readers.word, old=("baiduSECRET",), secret=True, offline=True,
        why="Signs what is asked of Baidu.",
    )] = ""
    baidu_url: Annotated[str, Declaration(
        "BAIDU_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for Baidu's translator.",
    )] = "https://fanyi-api.baidu.com"
    deepl_key: Annotated[str, Declaration(
        "DEEPL_KEY", "text", read=readers.word, secret=True, offline=True,
        why="DeepL is asked when it is set. A key that ends with :fx is one of the free plan.",
    )] = ""
    deepl_url: Annotated[str, Declaration(
        "DEEPL_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for DeepL. Empty: the free plan's or the pro plan's, as the key says.",
    )] = ""
    google_key: Annotated[str, Declaration(
        "GOOGLE_TRANSLATE_KEY", "text", read=readers.word, secret=True, offline=True,
        why="Google Cloud Translation is asked when it is set, in place of Google's keyless end point.",
    )] = ""
    google_url: Annotated[str, Declaration(
        "GOOGLE_TRANSLATE_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for Google Cloud Translation.",
    )] = "https://translation.googleapis.com"
    google_keyless_url: Annotated[str, Declaration(
        "GOOGLE_KEYLESS_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for Google's end point that needs no key, and that nobody promises.",
    )] = "https://translate.googleapis.com"
    libretranslate_url: Annotated[str, Declaration(
        "LIBRETRANSLATE_URL", "URL", read=readers.base_url, offline=True,
        why="LibreTranslate is asked when it is set: your own server's address, or a public one's.",
    )] = ""
    libretranslate_key: Annotated[str, Declaration(
        "LIBRETRANSLATE_KEY", "text", read=readers.word, secret=True, offline=True,
        why="For servers of LibreTranslate that want one.",
    )] = ""
    openai_model: Annotated[str, Declaration(
        "OPENAI_MODEL", "name of a model", read=readers.word, offline=True,
        why="A chat model is asked when it is set, at OPENAI_URL: OpenAI's, or any with the same API, as Ollama's.",
    )] = ""
    openai_url: Annotated[str, Declaration(
        "OPENAI_URL", "URL with the version", read=readers.base_url, offline=True,
        why="Where the chat model is. For Ollama on this machine: http://127.0.0.1:11434/v1.",
    )] = "https://api.openai.com/v1"
    openai_key: Annotated[str, Declaration(
        "OPENAI_KEY", "text", read=readers.word, secret=True, offline=True,
        why="For chat models that want one.",
    )] = ""
    mymemory_url: Annotated[str, Declaration(
        "MYMEMORY_URL", "URL", read=readers.base_url, offline=True,
        why="Another address for MyMemory, the translator that needs no key.",
    )] = "https://api.mymemory.translated.net"
    mymemory_email: Annotated[str, Declaration(
        "MYMEMORY_EMAIL", "address", read=readers.word, offline=True,
        why="MyMemory translates ten times as much a day for a caller who names one.",
    )] = ""
    translation_proxy: Annotated[str, Declaration(
        "TRANSLATION_PROXY", "http, https, socks5 or socks5h URL", read=readers.proxy_url, secret=True, offline=True,
        why="A proxy for everything said to translators but those on this machine.",
    )] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, le=60), Declaration(
        "TRANSLATION_TIMEOUT_SECONDS", "seconds",
        why="In all, for every translator together; then the original text is sent, with a note.",
    )] = 5.0
    pause_seconds: Annotated[float, Meta(ge=0, le=86_400), Declaration(
        "TRANSLATION_PAUSE_SECONDS", "seconds",
        why="A translator that failed is left alone this long, so that it delays one task and not each.",
    )] = 60.0
    cache_size: Annotated[int, Meta(ge=0, le=1_000_000), Declaration(
        "TRANSLATION_CACHE_SIZE", "translations",
        why="So many are kept in the database, to be neither paid nor waited for again. 0: none.",
    )] = 10_000


class StorageSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where tasks are stored, and for how long."""

    data_dir: Annotated[Path, Declaration(
        "DATA_DIR", "folder", read=Path,
        why="What must survive a restart. Set in the environment, its .env is read as well; /data in the container.",
    )] = Path("data")
    database_path: Annotated[Path, Declaration(
        "DATABASE_PATH", "file", read=Path,
        why="Every task ever asked for. Empty: tasks.db in DATA_DIR, with --simulator simulator.db.",
    )] = Path("data/tasks.db")
    capture_dir: Annotated[str, Declaration(
        "CAPTURE_DIR", "folder",
        why="Keeps what MidJourney says and is not understood; docs/troubleshooting.md. Empty: it is only logged.",
    )] = ""
    task_retention: Annotated[int, Meta(ge=0, le=36_500), Declaration(
        "TASK_RETENTION", "days",
        why="Finished tasks older than this are removed. 0 keeps them for ever: nothing is lost unless you say so.",
    )] = 0
    purge_at: Annotated[str, Declaration(
        "PURGE_AT", "HH:MM, in the machine's time", read=readers.time_of_day,
        why="Each day at this time every finished task is removed; docs/operations.md. Empty: never.",
    )] = ""


class ArchiveSettings(SettingsGroup, frozen=True, kw_only=True):
    """Copies of results, which outlive Discord's links."""

    place: Annotated[Literal["off", "disk", "s3"], Declaration(
        "ARCHIVE", "off, disk or s3", read=str.lower,
        why="Where results are copied to, so that imageUrl stays; docs/archive.md. off leaves them at Discord.",
    )] = "disk"
    folder: Annotated[Path, Declaration(
        "ARCHIVE_DIR", "folder", read=Path,
        why="Where disk keeps them. Empty: images in DATA_DIR, with --simulator simulator-images.",
    )] = Path("data/images")
    previews: Annotated[bool, Declaration(
        "ARCHIVE_PREVIEWS", "true or false", read=readers.flag,
        why="Copy the pictures of drawings under way, too, for callers who cannot reach Discord.",
    )] = False
    days: Annotated[int, Meta(ge=0, le=36_500), Declaration(
        "ARCHIVE_DAYS", "days",
        why="Copies older than this are removed; their tasks stay. 0 keeps them as long as their tasks.",
    )] = 0
    max_mb: Annotated[int, Meta(ge=0, le=100_000_000), Declaration(
        "ARCHIVE_MAX_MB", "MiB",
        why="When the copies take more than this, the oldest go. 0 is no limit but the disk's.",
    )] = 0
    first_seconds: Annotated[int, Meta(ge=0, le=300), Declaration(
        "ARCHIVE_FIRST_SECONDS", "seconds",
        why="How long the call-back of a task's end waits for the copy, so that it names ours. 0: not at all.",
    )] = 0
    redirect: Annotated[bool, Declaration(
        "ARCHIVE_REDIRECT", "true or false", read=readers.flag,
        why="With s3: send browsers to the storage by a signed link instead of passing the bytes on.",
    )] = False
    s3_bucket: Annotated[str, Declaration(
        "S3_BUCKET", "name", read=readers.word,
        why="The bucket that s3 keeps them in.",
    )] = ""
    s3_endpoint: Annotated[str, Declaration(
        "S3_ENDPOINT", "URL", read=readers.base_url,
        why="The storage's address, without the bucket. Empty: Amazon's own of the region.",
    )] = ""
    s3_region: Annotated[str, Declaration(
        "S3_REGION", "region", read=readers.word,
        why="The bucket's region, as its requests are signed for; auto at Cloudflare R2.",
    )] = "us-east-1"
    s3_access_key_id: Annotated[str, Declaration(
        "S3_ACCESS_KEY_ID", "text", read=readers.word, secret=True,
        why="Signs what is asked of the storage.",
    )] = ""
    s3_secret_access_key: Annotated[str, Declaration(
        "S3_SECRET_ACCESS_KEY", "text", read=readers.word, secret=True,
        why="Belongs to S3_ACCESS_KEY_ID.",
    )] = ""
    s3_prefix: Annotated[str, Declaration(
        "S3_PREFIX", "path", read=readers.object_prefix,
        why="A folder in the bucket, where it is shared with others.",
    )] = ""
    s3_virtual_hosted: Annotated[bool, Declaration(
        "S3_VIRTUAL_HOSTED", "true or false", read=readers.flag,
        why="Name the bucket in the host and not in the path, as Alibaba's OSS demands.",
    )] = False


class LogSettings(SettingsGroup, frozen=True, kw_only=True):
    """What is logged to stderr."""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Declaration(
        "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", read=str.upper,
        why="INFO is one line per thing that happened to a task.",
    )] = "INFO"
    format: Annotated[Literal["text", "json"], Declaration(
        "LOG_FORMAT", "text or json", read=str.lower,
        why="json is for machines that collect logs.",
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
        why="Where --simulator lets its fake Discord listen.",
    )] = 8765
