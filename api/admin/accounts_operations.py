"""What the routes of `/api/v1/accounts` say of themselves. Law: declarations only."""

from __future__ import annotations

from typing import Any

from api.admin.accounts_types import AccountV1, Pause, Wanted
from api.http.operations import Answer, Operation
from api.mj.types import OneAccount
from api.v1.operations import BODY_ERRORS
from api.v1.types import Done
from tasks.domain.errors import AccountExists, AccountNotFound, BadAccount, BadRequest

_ERRORS = (BadRequest, BadAccount, AccountExists, AccountNotFound)


def _operation(name: str, summary: str, answer: Any, *, status: int = 200, **more: Any) -> Operation:
    return Operation(
        name=name,
        tag="operator",
        summary=summary,
        answers={status: Answer(means="As it is then.", type=answer)},
        errors=(*_ERRORS, *BODY_ERRORS),
        **more,
    )


LIST = _operation("accounts", "The accounts (账号列表)", list[AccountV1])
ADD = _operation(
    "add_account",
    "Add an account (添加账号)",
    AccountV1,
    status=201,
    body=Wanted,
    needs_body=True,
    example={"token": "…", "guildId": "1108302168013930000", "channelId": "1108302168013938000"},
)
CHANGE = _operation(
    "change_account",
    "Change an account (修改账号)",
    AccountV1,
    place=OneAccount,
    body=Wanted,
    needs_body=True,
    example={"concurrency": 3},
)
REMOVE = _operation("remove_account", "Remove an account (删除账号)", Done, place=OneAccount)
PAUSE = _operation(
    "pause_account",
    "Pause an account (暂停账号)",
    AccountV1,
    place=OneAccount,
    body=Pause,
    forms=True,
    example={"reason": "its owner draws by hand"},
)
RESUME = _operation("resume_account", "Let it draw again (恢复账号)", AccountV1, place=OneAccount)
