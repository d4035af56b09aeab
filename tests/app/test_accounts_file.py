"""ACCOUNTS_FILE: read strictly, written whole, with the operator's comments kept and no token in any error."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from app.accounts import Accounts
from app.accounts_file import AccountFields, AccountsFile
from bot.http.endpoints import Endpoints
from bot.pool import Pool
from tasks.domain.errors import BadAccount
from tasks.domain.model import Bot, Mode

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.very-secret"

TWO = f"""# the studio's accounts
[[account]]
name = "day"  # the fast one
token = "{TOKEN}"
guild_id = "11"
channel_id = "12"
concurrency = 12
modes = ["turbo", "fast"]
bots = ["MID_JOURNEY"]
hours = "08:00-22:30"

[[account]]
token = "two"
channel_id = "22"
proxy_url = "socks5://127.0.0.1:1080"
api_base = "https://discord.example/api/v9"
"""


def file_of(folder: Path, text: str) -> AccountsFile:
    path = folder / "accounts.toml"
    path.write_text(text, "utf-8")
    return AccountsFile(path)


def test_accounts_as_they_are_written(tmp_path: Path) -> None:
    day, other = file_of(tmp_path, TWO).read()
    assert (day.id, day.concurrency, day.modes, day.bots) == ("day", 12, (Mode.TURBO, Mode.FAST), (Bot.MIDJOURNEY,))
    assert (other.id, other.guild_id, other.concurrency) == ("22", "", 3)
    shared = Endpoints(cdn_base="https://cdn.example")
    assert day.config(shared).endpoints is None
    own = other.config(shared)
    assert own.endpoints == Endpoints(cdn_base="https://cdn.example", api_base="https://discord.example/api/v9")
    assert own.proxy_url == "socks5://127.0.0.1:1080"


def test_a_file_that_is_not_there_has_no_accounts(tmp_path: Path) -> None:
    assert AccountsFile(tmp_path / "none.toml").read() == []


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('channel_id = "12"', 'channel_id = "x"', "channel_id"),
        ('channel_id = "12"', "", "account 1: `channel_id` is missing."),
        ("concurrency = 12", "concurrency = 0", "concurrency"),
        ("concurrency = 12", 'concurency = "12"', "concurency"),
        ('"turbo"', '"hyper"', "modes"),
        ('hours = "08:00-22:30"', 'hours = "8-22"', "span"),
        ('name = "day"', 'name = "22"', "the name 22"),
        ("[[account]]\nname", "[account]\nname", "[[account]]"),
        ("# the studio's accounts", "token = 1", "'token'"),
        ('guild_id = "11"', 'guild_id = "11', "line 5"),
        ('proxy_url = "socks5:', 'proxy_url = "ftp:', "proxy_url"),
    ],
)
def test_a_mistake_is_named_and_no_token(tmp_path: Path, old: str, new: str, word: str) -> None:
    assert old in TWO
    with pytest.raises(BadAccount) as caught:
        file_of(tmp_path, TWO.replace(old, new)).read()
    assert word in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_it_is_written_with_its_comments_for_its_owner_alone(tmp_path: Path) -> None:
    file = file_of(tmp_path, TWO)
    file.path.chmod(0o644)
    day, _ = file.read()
    file.put(msgspec.structs.replace(day, concurrency=3))
    file.put(AccountFields(name="third", token="three", channel_id="33"))
    text = file.path.read_text("utf-8")
    assert "# the studio's accounts" in text
    assert "# the fast one" in text
    assert [fields.id for fields in file.read()] == ["day", "22", "third"]
    assert "concurrency" not in text, "what is the default is not written"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["accounts.toml"]
    file.remove("22")
    assert [fields.id for fields in file.read()] == ["day", "third"]


def test_a_link_to_it_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.toml"
    real.parent.mkdir()
    real.write_text(TWO, "utf-8")
    link = tmp_path / "accounts.toml"
    link.symlink_to(real)
    AccountsFile(link).remove("22")
    assert link.is_symlink()
    assert [fields.id for fields in AccountsFile(real).read()] == ["day"]


def test_what_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    file = file_of(tmp_path, TWO)
    file.read()
    file.path.write_text("", "utf-8")
    assert not file.has_settled()
    file.path.write_text(TWO.replace("concurrency = 12", "concurrency = 1"), "utf-8")
    assert not file.has_settled()
    assert file.has_settled()
    file.read()
    assert not file.has_settled()


async def test_what_was_edited_by_hand_meanwhile_holds_too(tmp_path: Path) -> None:
    file = file_of(tmp_path, TWO)
    pool = Pool([fields.config(Endpoints()) for fields in file.read()], sink=lambda event: None)
    accounts = Accounts(file, pool, Endpoints(), changed=lambda: None)
    file.path.write_text(TWO.replace("concurrency = 12", "concurrency = 1"), "utf-8")
    await accounts.change("22", {"weight": 5})
    assert {config.id: (config.capacity, config.weight) for config in pool.configs()}["day"][0] == 1
    assert next(config for config in pool.configs() if config.id == "22").weight == 5
    assert not file.has_settled()


async def test_while_accounts_are_exchanged_those_that_come_are_there_first(tmp_path: Path) -> None:
    file = file_of(tmp_path, TWO)
    pool = Pool([fields.config(Endpoints()) for fields in file.read()], sink=lambda event: None)
    seen: list[set[str]] = []
    remove = pool.remove

    async def watched(account: str) -> None:
        seen.append({config.id for config in pool.configs()})
        await remove(account)

    pool.remove = watched  # type: ignore[method-assign]  # this pool alone
    accounts = Accounts(file, pool, Endpoints(), changed=lambda: None)
    file.path.write_text(TWO.replace('name = "day"', 'name = "night"'), "utf-8")
    await accounts.reload()
    assert seen == [{"day", "22", "night"}]


def test_what_would_not_be_read_is_not_written(tmp_path: Path) -> None:
    file = file_of(tmp_path, TWO)
    before = file.path.read_bytes()
    with pytest.raises(BadAccount):
        file.put(AccountFields(token="", channel_id="33"))
    assert file.path.read_bytes() == before


def test_it_knows_when_somebody_else_wrote_it(tmp_path: Path) -> None:
    file = file_of(tmp_path, TWO)
    file.read()
    assert not file.has_settled()
    file.put(AccountFields(name="third", token="three", channel_id="33"))
    assert [file.has_settled(), file.has_settled()] == [False, False]
    file.path.write_text("", "utf-8")
    assert [file.has_settled(), file.has_settled()] == [False, True]
    file.read()
    file.path.unlink()
    assert [file.has_settled(), file.has_settled()] == [False, True]


def test_a_repr_has_no_token(tmp_path: Path) -> None:
    assert TOKEN not in repr(file_of(tmp_path, TWO).read())


def test_what_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    fields = AccountFields(token=TOKEN, channel_id="12")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "accounts.toml", tmp_path / "folder"):
        with pytest.raises(BadAccount) as caught:
            AccountsFile(path).put(fields)
        assert TOKEN not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
